"""Reads callbacks by a description: proves the caller, tells new from going from over, finds number and input. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import SecretStr

from gateway.messages import Ended, Event, Inbound, Noted, Refused, Request, Unreadable
from providers.described.answering import Plain
from providers.described.description import Description
from providers.described.finding import values_of
from providers.described.marks import holds
from providers.forms import label, msisdn, typed_text, with_its_country
from providers.proofs import is_one_of

_PLAIN_DIGITS: Final = re.compile(r"[1-9][0-9]{6,14}")
_HOLE: Final = re.compile(r"\{([^{}]+)\}")
Look = Callable[[str], str | None]


class Told(NamedTuple):
    """A callback as far as its description goes. `look` returns the value at a place, None if none is there."""

    look: Look
    values: dict[str, str]
    description: Description
    url: str

    def first(self, places: Sequence[str] | None) -> tuple[str, str | None]:
        """Return the first place that is there and not blank, else the first that is there, with its value."""
        there = [(place, value) for place in places or () if (value := self.look(place)) is not None]
        filled = [(place, value) for place, value in there if value.strip()]
        return filled[0] if filled else there[0] if there else ((places or ("",))[0], None)

    def label(self, places: Sequence[str] | None, most: int = 128) -> str:
        """Return an id or a code, "" if it is nowhere. Raises Unreadable for one too long or not printable."""
        place, value = self.first(places)
        return label({place: value}, place, most) if value else ""


def told(request: Request, description: Description) -> Told:
    """Read the values of a callback. Raises Unreadable."""
    if request.method not in description.allowed_methods:
        raise Unreadable(f"this telecom calls by {' or '.join(description.allowed_methods)}")
    unnamed = description.unnamed == "ignore"
    values = values_of(request, description.transport, description.encoding, description.path, unnamed)
    return Told(lambda place: values.get(place.lower()), values, description, request.url.partition("?")[0])


def read(request: Request, description: Description) -> Event:
    """Return what a callback says. Raises Unreadable."""
    callback = told(request, description)
    for other in description.others:
        if holds(other.when, callback.look):
            return Noted(other.what)
    marks = description.marks
    if marks.aborted is not None and holds(marks.aborted, callback.look):
        return _ended(callback, "incomplete")
    if marks.timed_out is not None and holds(marks.timed_out, callback.look):
        return _ended(callback, "failed")
    return _turn(callback, _is_first(callback))


def _is_first(callback: Told) -> bool | None:
    marks = callback.description.marks
    if marks.new == "unseen":
        return None
    if holds(marks.new, callback.look):
        return True
    if marks.goes_on is None or marks.goes_on == "otherwise" or holds(marks.goes_on, callback.look):
        return False
    raise Unreadable("the callback is marked neither as new, nor as going on, nor as over")


def _ended(callback: Told, outcome: str) -> Ended:
    description = callback.description
    number = _number(callback, needed=description.known_by != "id")
    word = "failed" if outcome == "failed" else "incomplete"
    return Ended(_session(callback), number, word, known_by=description.identity)  # type: ignore[arg-type]


def _turn(callback: Told, first: bool | None) -> Inbound:
    description = callback.description
    transcript = description.input_is == "transcript"
    typed = _typed(callback, first)
    code, opens = _codes(callback, typed, first)
    text = typed if transcript or first is not True else ""
    return Inbound(
        session=_session(callback),
        msisdn=_number(callback, needed=description.known_by != "id" or first is True),
        code=code,
        turn=text if transcript else callback.label(description.fields.sequence),
        text=text,
        cumulative=transcript,
        first=None if transcript else first,
        network=callback.label(description.fields.network, 16),
        known_by=description.identity,
        echo=_echo(callback),
        opens=opens,
    )


def _session(callback: Told) -> str:
    places = callback.description.fields.session
    if places is None or callback.description.known_by == "number":
        return callback.label(places)
    session = callback.label(places)
    if not session:
        raise Unreadable(f"the field {places[0]!r} is missing or blank")
    return session


def _number(callback: Told, *, needed: bool) -> str:
    place, value = callback.first(callback.description.fields.number)
    if value is None or not value.strip():
        if needed:
            raise Unreadable(f"the field {place!r} is missing or blank")
        return ""
    return msisdn(in_full(value, callback.description.country_code))


def in_full(value: str, country_code: str) -> str:
    """Return a number with its plus: `254…`, ` 254…`, `00254…`, `tel:+254…`; `07…` and `7…` where the country is given.

    Raises Unreadable where it is not sure whose number it is.
    """
    number = value.lower().removeprefix("tel:") if value[:4].lower() == "tel:" else value
    if number[:1] == " ":
        number = "+" + number[1:]
    number = number.strip()
    if number.startswith("00"):
        return "+" + number[2:]
    if number.startswith("0") and country_code:
        return f"+{country_code}{number[1:]}"
    return with_its_country(number, country_code) if _PLAIN_DIGITS.fullmatch(number) else number


def _typed(callback: Told, first: bool | None) -> str:
    place, value = callback.first(callback.description.fields.input)
    if value is None and (first is True or callback.description.first_input == "nothing"):
        return ""
    return typed_text({} if value is None else {place: value}, place)


def _codes(callback: Told, typed: str, first: bool | None) -> tuple[str, str]:
    """Return the short code, and what was dialled with what was typed ahead if this turns out to be the first turn."""
    code, kind = _code(callback), callback.description.first_input
    dialled = {"dialled": typed, "suffix": f"{code.strip('*#')}*{typed}"}.get(kind)
    if first is False:
        return ("" if kind == "suffix" else code), ""
    if dialled is None:
        return code, ""
    return ("" if kind == "suffix" else code), wrapped(dialled) or code


def _code(callback: Told) -> str:
    for place in callback.description.fields.code:
        holes = _HOLE.findall(place)
        if not holes:
            found = callback.label((place,), 40)
        else:
            values = {hole: callback.label((hole,), 40) for hole in holes}
            found = place if all(values.values()) else ""
            for hole, value in values.items():
                found = found.replace("{" + hole + "}", value)
        if found:
            return wrapped(found)
    return ""


def wrapped(dialled: str) -> str:
    """Return a dialled string with its star and hash, "" for nothing: `713*4` is `*713*4#`."""
    bare = dialled.strip("*# ")
    return f"*{bare}#" if bare and len(bare) <= 150 else ""


def _echo(callback: Told) -> dict[str, str]:
    echo = {place: callback.look(place) or "" for place in callback.description.echoes}
    return echo | {"url": callback.url} if "url" in callback.description.reply.names() else echo


# --- proof and answers without a screen -----------------------------------------------------------------------------


def prove_parameters(
    request: Request, description: Description, secrets: Mapping[str, Sequence[SecretStr]], otherwise: bool
) -> None:
    """Raise Refused unless every parameter has one of its secret values.

    Where something else proves the caller, too, an end notice may come without them: some telecoms forget them there.
    """
    try:
        callback = told(request, description)
    except Unreadable:
        raise Refused("the callback is not readable, so nothing in it proves the caller") from None
    given = {name: callback.look(name) for name in secrets}
    if otherwise and all(value is None for value in given.values()) and _is_over(callback):
        return
    right = [is_one_of(given[name] or "", wanted) for name, wanted in secrets.items()]
    if not all(right):
        raise Refused("a parameter that proves the caller is wrong or missing")


def _is_over(callback: Told) -> bool:
    marks = callback.description.marks
    return any(mark is not None and holds(mark, callback.look) for mark in (marks.aborted, marks.timed_out))


def plain_answer(request: Request, description: Description) -> tuple[Plain, Callable[[str], str]]:
    """Return the answer to a callback that shows no screen, and what looks its names up."""
    callback = told(request, description)
    other = next((other for other in description.others if holds(other.when, callback.look)), None)

    def look(name: str) -> str:
        if name.startswith("echo."):
            return callback.look(name.removeprefix("echo.")) or ""
        named = {"session": description.fields.session, "network": description.fields.network}
        if name == "code":
            return _code(callback)
        if name == "number":
            return _number(callback, needed=False)
        return callback.label(named.get(name, description.fields.sequence))

    return (other.answer if other is not None else description.ended), look
