"""Reads what people type, forgivingly: one reader for each kind of answer. Pure.

`read` gives a value or a `Wrong` that names the reason, a key of the built-in texts. The kinds are small frozen
values which the schema fills from a service file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import phonenumbers
import re2

from gateway.language.answers import amounts, checksums, dates
from gateway.language.answers.folding import ascii_digits, folded, tidy
from gateway.language.answers.kinds import (
    AmountOf,
    Date,
    Digits,
    Id,
    Impossible,
    Local,
    Number,
    Phone,
    Pin,
    Place,
    Spec,
    Text,
    Wrong,
    YesNo,
)
from gateway.language.formats import currency_exponent
from gateway.language.phrases import TONGUES
from gateway.language.values import Amount, Value
from gateway.language.words import tongue

__all__ = [
    "NO", "YES", "AmountOf", "Date", "Digits", "Id", "Impossible", "Local", "Number", "Phone", "Pin", "Place", "Spec",
    "Text",
    "Wrong", "YesNo", "choice", "clean", "compiled", "may_be", "phone_number", "prepare", "read",
    "word_match",
]  # fmt: skip

YES: Mapping[str, tuple[str, ...]] = {language: words.yes for language, words in TONGUES.items()}
NO: Mapping[str, tuple[str, ...]] = {language: words.no for language, words in TONGUES.items()}
OPTION_WORDS = sorted({folded(word) for words in TONGUES.values() for word in words.option}, key=len, reverse=True)
PLAIN_CHOICES = {str(number): number for number in range(1, 100)}
NUMBERED = re.compile(rf"(?:(?:{'|'.join(map(re.escape, OPTION_WORDS))})\s*[.:]?\s*)?\(?0*([1-9]\d?)\)?")
PUNCTUATION = str.maketrans("", "", " -./()")
LONGEST_TYPED = 500  # an SMS of three parts; whatever is longer is no answer to anything we ask


# --- choices ------------------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Return a short answer in its plain form: ASCII digits, single blanks, without `#` around or `.` or `)` after."""
    if text.isalnum() and text.isascii():
        return text
    plain = ascii_digits(tidy(text)).strip("# ")
    return plain.rstrip(".) ") if "(" not in plain else plain


def choice(text: str, count: int) -> int | None:
    """Return the option (from 1) that was typed: `1`, ` 1.`, `#1`, `1)`, `(1)`, `Option 1`, `١`; None if it is none."""
    number = PLAIN_CHOICES.get(text)
    if number is None:
        found = NUMBERED.fullmatch(folded(clean(text))) if len(text) <= LONGEST_TYPED else None
        number = int(found[1]) if found else 0
    return number if 0 < number <= count else None


def word_match(text: str, words: Sequence[Sequence[str]]) -> int | None:
    """Return the place (from 0) of the option one of whose words was typed, or their only beginning of 3 letters.

    Case and accents do not matter. None where nothing fits or more than one option does.
    """
    typed = folded(text) if len(text) <= LONGEST_TYPED else ""
    if not typed:
        return None
    options = [[folded(word) for word in option] for option in words]
    whole = [place for place, option in enumerate(options) if typed in option]
    if whole:
        return whole[0] if len(whole) == 1 else None
    begun = [place for place, option in enumerate(options) if any(word.startswith(typed) for word in option)]
    return begun[0] if len(begun) == 1 and len(typed) >= 3 else None


# --- answers ------------------------------------------------------------------------------------------------------


def read(spec: Spec, typed: str, local: Local) -> Value | Wrong:
    """Return the value that was typed, or why it cannot be taken."""
    if len(typed) > LONGEST_TYPED:
        typed = typed[:LONGEST_TYPED]
    plain = clean(typed)
    if spec.allow and plain in spec.allow:
        return plain
    if not plain and not tidy(typed):
        return Wrong("wrong_empty")
    return READERS[type(spec)](spec, typed, local)


def _text(spec: Text, typed: str, local: Local) -> Value | Wrong:
    text = tidy(typed)
    if len(text) < spec.min:
        return Wrong("wrong_text_short", {"min": spec.min})
    if len(text) > spec.max:
        return Wrong("wrong_text_long", {"max": spec.max})
    if spec.pattern is None:
        return text
    match = compiled(spec.pattern).fullmatch
    return next((form for form in (text, clean(text), text.upper()) if match(form)), Wrong("wrong_pattern"))


def _digits(spec: Digits, typed: str, local: Local) -> Value | Wrong:
    digits = clean(typed).translate(PUNCTUATION)
    if not digits.isdecimal() or not spec.min <= len(digits) <= spec.max:
        if spec.min == spec.max:
            return Wrong("wrong_digits_length", {"length": spec.min})
        return Wrong("wrong_digits", {"min": spec.min, "max": spec.max})
    if spec.pattern is not None and not compiled(spec.pattern).fullmatch(digits):
        return Wrong("wrong_pattern")
    return digits


def _number(spec: Number, typed: str, local: Local) -> Value | Wrong:
    number = amounts.written(clean(typed), 0, local.language)
    if number is None:
        return Wrong("wrong_number")
    return _within(number, spec.min, spec.max, lambda whole: whole)


def _amount(spec: AmountOf, typed: str, local: Local) -> Value | Wrong:
    exponent = currency_exponent(spec.currency)
    minor = amounts.written(amounts.without_currency(clean(typed), spec.currency), exponent, local.language)
    if minor is None:
        return Wrong("wrong_amount")
    scale = 10**exponent
    return _within(minor, spec.min * scale, spec.max * scale, lambda minor: Amount(minor, spec.currency))


def _within(number: int, least: int, most: int, value: Callable[[int], Value]) -> Value | Wrong:
    if number < least:
        return Wrong("too_small", {"min": value(least)})
    if number > most:
        return Wrong("too_big", {"max": value(most)})
    return value(number)


def _date(spec: Date, typed: str, local: Local) -> Value | Wrong:
    span = dates.Span(dates.bound(spec.min, local.today), dates.bound(spec.max, local.today))
    day = dates.read_day(typed, local.today, span, local.country, local.language)
    if day is None:
        return Wrong("wrong_date")
    if span.first is not None and day < span.first:
        return Wrong("date_too_early", {"min": span.first})
    if span.last is not None and day > span.last:
        return Wrong("date_too_late", {"max": span.last})
    return day


def _phone(spec: Phone, typed: str, local: Local) -> Value | Wrong:
    return phone_number(clean(typed), spec.country or local.country) or Wrong("wrong_phone")


@lru_cache(maxsize=4096)
def phone_number(typed: str, country: str) -> str | None:
    """Return the E.164 form of a number as typed in `country`: `07…`, `+254…`, `254…` or `00254…`; None if invalid."""
    text = ascii_digits(typed).strip()
    digits = text.translate(PUNCTUATION).removeprefix("+")
    if not digits.isdecimal() or not 5 <= len(digits) <= 17:
        return None
    forms = ("+" + digits,) if text.startswith("+") else (digits, "+" + digits.removeprefix("00"))
    for form in forms:
        try:
            number = phonenumbers.parse(form, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def _pin(spec: Pin, typed: str, local: Local) -> Value | Wrong:
    digits = clean(typed).replace(" ", "")
    if digits.isdecimal() and spec.length <= len(digits) <= (spec.max or spec.length):
        return digits
    return Wrong("wrong_pin", {"length": _between(spec.length, spec.max)})


def _between(least: int, most: int | None) -> str:
    return str(least) if most is None or most == least else f"{least}-{most}"


def _yes_no(spec: YesNo, typed: str, local: Local) -> Value | Wrong:
    number = choice(typed, 2)
    if number is not None:
        return number == 1
    typed, own, english = folded(typed), tongue(local.language), TONGUES["en"]
    for words in (own, english):  # her own language first: `no` may be another word there
        for answer, known in ((True, words.yes), (False, words.no)):
            if typed in map(folded, known):
                return answer
    return Wrong("wrong_yes_no")


def _id(spec: Id, typed: str, local: Local) -> Value | Wrong:
    number = clean(typed).translate(PUNCTUATION).upper()
    if not number.isalnum() or not spec.min <= len(number) <= spec.max:
        if spec.min == spec.max:
            return Wrong("wrong_id_length", {"length": spec.min})
        return Wrong("wrong_pattern")
    if spec.pattern is not None and not compiled(spec.pattern).fullmatch(number):
        return Wrong("wrong_pattern")
    if spec.check is not None and not checksums.passes(number, spec.check):
        return Wrong("wrong_check")
    return number


READERS: dict[type[Any], Callable[[Any, str, Local], Value | Wrong]] = {
    Text: _text,
    Digits: _digits,
    Number: _number,
    AmountOf: _amount,
    Date: _date,
    Phone: _phone,
    Pin: _pin,
    YesNo: _yes_no,
    Id: _id,
}


# --- what the schema, the engine and the checker ask ----------------------------------------------------------------


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """Return the compiled RE2 pattern, which takes linear time on any text. Raises Impossible in plain words."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(pattern, options)  # type: ignore[no-untyped-call]
    except re2.error as error:
        told = error.args[0] if error.args else ""
        reason = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        raise Impossible("bad-pattern", f"the pattern {pattern!r} cannot be read: {reason}") from error


def prepare(spec: Spec) -> None:
    """Compile what the answer needs. Raises Impossible that says what is wrong with it."""
    match spec:
        case Text(pattern=str(pattern)) | Digits(pattern=str(pattern)) | Id(pattern=str(pattern)):
            compiled(pattern)
        case Date():
            _prepare_span(spec.min, spec.max)
        case Phone(country=str(country)) if country not in phonenumbers.SUPPORTED_REGIONS:
            raise Impossible("unknown-country", f"{country!r} is not a country that has phone numbers")
    match spec:
        case Text() | Digits() | Number() | AmountOf() | Id() if spec.min > spec.max:
            raise Impossible("min-above-max", f"min is {spec.min}, which is more than max, {spec.max}")
        case Pin(length, int(longest_pin)) if length > longest_pin:
            raise Impossible("min-above-max", f"length is {length}, which is more than max, {longest_pin}")


def _prepare_span(least: str | None, most: str | None) -> None:
    anchor = date(2001, 1, 1)
    ends = []
    for bound in (least, most):
        try:
            ends.append(dates.bound(bound, anchor))
        except (ValueError, OverflowError) as error:
            what = f"{bound!r} is not a day such as 2026-11-23, today or today-30"
            raise Impossible("bad-day", what) from error
    relative = [bound is not None and "today" in bound for bound in (least, most)]
    if relative[0] == relative[1] and ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
        raise Impossible("min-above-max", f"min is {least}, which is after max, {most}")


@lru_cache(maxsize=4096)
def may_be(spec: Spec, typed: str) -> bool:
    """Return True if what a navigation key types could be meant as an answer, so that the key has to give way.

    Free text does not count: nobody writes `0` for a village, and Back must work there.
    """
    if typed in spec.allow:
        return True
    match spec:
        case Text(pattern=None) | Place():
            return False
        case Number() | AmountOf():
            canonical = typed.isdecimal() and str(int(typed)) == typed
            return canonical and spec.min <= int(typed) <= spec.max
    return not isinstance(read(spec, typed, Local("KE", "en", date(2000, 1, 1))), Wrong)
