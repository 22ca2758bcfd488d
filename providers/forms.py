"""Reads form bodies strictly, and the phone numbers, dates and counts in them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import unquote_to_bytes

import phonenumbers
from pydantic import AfterValidator, Field

from gateway.messages import Request, Unreadable

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 64
MOST_TEXT: Final = 4000  # characters: a transcript or a long SMS; beyond it nobody has typed it on a phone



def formed(pattern: str, what: str) -> AfterValidator:
    """Return a check that a text has a form. `what` says in words what is wrong where it has not (and what to do)."""
    form = re.compile(pattern)

    def has_the_form(value: str) -> str:
        if form.fullmatch(value) is None:
            raise ValueError(what)
        return value

    return AfterValidator(has_the_form)


CallingCode = Annotated[
    str,
    formed(r"([1-9][0-9]{0,2})?", "this is no country code (write its digits alone, such as 254)"),
    Field(description="254: how national numbers are read"),
]
"""A country's calling code, or nothing."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DIGITS = re.compile(r"[1-9][0-9]{4,14}")
_SENDER = re.compile(r"[+]?[0-9]{3,8}|(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9 &._-]{1,15}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_COUNT = re.compile(r"[0-9]{1,12}")


def is_form(request: Request) -> bool:
    """Return whether the body says that it is a urlencoded form."""
    return request.headers.get("content-type", "")[: len(FORM)].lower() == FORM


def form_fields(request: Request) -> dict[str, str]:
    """Return the fields of a POSTed form, blank ones too, or of the query of a GET.

    Raises Unreadable for another content type, bytes that are not UTF-8, a field that comes twice, or too many of them.
    """
    if request.method == "GET":
        return pairs(request.url.partition("?")[2].encode("utf-8", "surrogatepass"))
    if not is_form(request):
        raise Unreadable(f"the body must be {FORM}")
    return pairs(request.body)


def pairs(raw: bytes) -> dict[str, str]:
    """Return the fields of an urlencoded string. Raises Unreadable as `form_fields` does.

    Every USSD turn passes here: the whole is unquoted at once where that brings no new separator, twice as fast as
    urllib's parse_qsl, which moreover lets bytes that are not UTF-8 pass.
    """
    if raw.count(b"&") >= MOST_FIELDS:
        raise Unreadable(f"the form has more than {MOST_FIELDS} fields")
    spaced = raw.replace(b"+", b" ")
    whole = unquote_to_bytes(spaced)
    try:
        if whole.count(b"&") == raw.count(b"&") and whole.count(b"=") == raw.count(b"="):
            found = [piece.split("=", 1) for piece in whole.decode().split("&")]
        else:
            found = [[unquote_to_bytes(p).decode() for p in piece.split(b"=", 1)] for piece in spaced.split(b"&")]
    except UnicodeDecodeError:
        raise Unreadable("the form is not valid UTF-8") from None
    return _unique([pair for pair in found if pair != [""]] if [""] in found else found)


def raw_pairs(raw: bytes) -> dict[str, bytes]:
    """Return the fields of an urlencoded string with their bytes, which may be in any encoding. Raises Unreadable."""
    if raw.count(b"&") >= MOST_FIELDS:
        raise Unreadable(f"the form has more than {MOST_FIELDS} fields")
    found = [piece.partition(b"=")[::2] for piece in raw.replace(b"+", b" ").split(b"&") if piece]
    fields = {unquote_to_bytes(name).decode("utf-8", "replace"): unquote_to_bytes(value) for name, value in found}
    if len(fields) != len(found):
        raise Unreadable("the form has a field that comes more than once")
    return fields


def utf8(fields: Mapping[str, bytes]) -> dict[str, str]:
    """Return the fields whose bytes are UTF-8."""
    found = {}
    for name, value in fields.items():
        with suppress(UnicodeDecodeError):
            found[name] = value.decode()
    return found


def _unique(found: list[list[str]]) -> dict[str, str]:
    try:
        fields: dict[str, str] = dict(found)
    except ValueError:
        raise Unreadable("the form has a field without '='") from None
    if len(fields) != len(found):
        raise Unreadable("the form has a field that comes more than once")
    return fields


def msisdn(value: str) -> str:
    """Return a number in E.164 form with its plus; a leading blank is a plus that a client forgot to encode.

    Raises Unreadable, without the number, for anything else.
    """
    number = "+" + value[1:] if value[:1] == " " else value
    if _E164.fullmatch(number) is None:
        raise Unreadable("the phone number is not in E.164 form, such as +254700000000")
    return number


def anyones_number(value: str, calling_code: str = "") -> str:
    """Return a number of any of the shapes that gateways use in E.164 form: `+254…`, `254…`, `00254…`, `tel:+254…`.

    `0700…` and `700…` are national, and are read where the channel's `calling_code` (254) says of which country. Raises
    Unreadable.
    """
    number = value.removeprefix("tel:")
    if number[:1] in ("+", " "):
        return msisdn(number)
    number = number.strip()
    if number.startswith("00"):
        return msisdn("+" + number[2:])
    if number.startswith("0") and calling_code:
        return msisdn(f"+{calling_code}{number[1:]}")
    return msisdn(with_its_country(number, calling_code))


def with_its_country(digits: str, calling_code: str) -> str:
    """Return digits without a plus or leading zeros in E.164 form: `254700000001`, or `700000001` of the country.

    Raises Unreadable where the country could have such a number, but has none: in full it would be a stranger's.
    """
    full, own = f"+{digits}", f"+{calling_code}{digits}"
    if not calling_code or not _DIGITS.fullmatch(digits):
        return full
    if digits.startswith(calling_code) and (_is_given_out(full) or not _is_given_out(own)):
        return full
    if _is_given_out(own):
        return own
    if _may_be_a_mobile(own) or not _may_be_a_mobile(full):
        raise Unreadable(f"it is not sure whether the phone number is one of +{calling_code}")
    return full


def _is_given_out(number: str) -> bool:
    read = _looked_up(number)
    return read is not None and phonenumbers.is_valid_number(read)


def _may_be_a_mobile(number: str) -> bool:
    """Return whether a number is as long as mobile numbers of its country are."""
    read, kind = _looked_up(number), phonenumbers.PhoneNumberType.MOBILE
    return read is not None and phonenumbers.is_possible_number_for_type(read, kind)


def _looked_up(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None  # no country has this beginning


def is_unanswerable(value: str) -> bool:
    """Return whether a sender is a short code or a name such as MPESA: a party that no SMS can be sent to."""
    return _SENDER.fullmatch(value) is not None


def typed_text(fields: Mapping[str, str], name: str) -> str:
    """Return what a citizen typed, blank or not, exactly. Raises Unreadable if absent, too long or full of controls."""
    text = fields.get(name)
    if text is None:
        raise Unreadable(f"the field {name!r} is missing")
    if len(text) > MOST_TEXT:
        raise Unreadable(f"the field {name!r} has more than {MOST_TEXT} characters")
    if not text.isprintable() and _CONTROLS.search(text):
        raise Unreadable(f"the field {name!r} has control characters")
    return text


def texted_text(fields: Mapping[str, str], name: str) -> str:
    """Return the text of an SMS, with blanks for the control characters that some networks let through.

    An SMS is redelivered until we take it, so a stray control must not make it Unreadable as it does a USSD turn.
    """
    return typed_text({name: _CONTROLS.sub(" ", fields[name])} if name in fields else {}, name)


def label(fields: Mapping[str, str], name: str, most: int = 128) -> str:
    """Return an id or a code, "" if absent. Raises Unreadable when it is longer than `most` or not printable."""
    value = fields.get(name, "").strip()
    if len(value) > most or not value.isprintable():
        raise Unreadable(f"the field {name!r} is longer than {most} characters or not printable")
    return value


def required_label(fields: Mapping[str, str], name: str, most: int = 128) -> str:
    """Return an id or a code. Raises Unreadable when it is absent, blank, too long or not printable."""
    value = label(fields, name, most)
    if not value:
        raise Unreadable(f"the field {name!r} is missing or blank")
    return value


def count(fields: Mapping[str, str], name: str) -> int | None:
    """Return a whole number, None where there is none to be read."""
    value = fields.get(name, "")
    return int(value) if _COUNT.fullmatch(value) else None


def moment(fields: Mapping[str, str], name: str) -> datetime | None:
    """Return an ISO date and time in UTC, which is also meant where no zone stands; None for anything else."""
    try:
        read = datetime.fromisoformat(fields.get(name, ""))
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def moment_of(seconds: float | None) -> datetime | None:
    """Return unix seconds as a time, None where there is none or none that a calendar has."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
