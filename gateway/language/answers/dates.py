"""Reads a day as people type it: `23/11/2026`, `23-11-26`, `2311`, `23 Nov`, `today`, `jana`. Pure.

The order is day, month, year; countries that write the month first are in a table. What can only be meant one way
(a thirteenth month) is read that way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain

from babel.dates import get_month_names

from gateway.language.answers.folding import folded
from gateway.language.formats import babel_locale
from gateway.language.phrases import TONGUES
from gateway.language.words import tongue

MONTH_FIRST = frozenset({"US", "FM", "MH", "PW"})
RELATIVE = re.compile(r"today(?:\s*([+-])\s*(\d{1,6}))?")
PARTS = re.compile(r"[^\W_]+")
LETTER_BORDER = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")
# How many digits of a compact date are day, month and year.
COMPACT = {4: (2, 2), 6: (2, 2, 2), 8: (2, 2, 4)}
YOUNGEST, OLDEST = 20, 79  # a year of two digits lies between 79 years ago and 20 years ahead


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are allowed, both ends included; None is open."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Return True if the day is within."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


def bound(written: str | None, today: date) -> date | None:
    """Return the day that `2026-11-23`, `today` or `today-30` stands for. Raises ValueError for anything else."""
    if written is None:
        return None
    found = RELATIVE.fullmatch(written.strip().lower())
    if not found:
        return date.fromisoformat(written.strip())
    days = int(found[2] or 0)
    return today + timedelta(days=-days if found[1] == "-" else days)


def read_day(typed: str, today: date, span: Span, country: str, language: str) -> date | None:
    """Return the day that was meant; None if none was. Where a year is missing or short, a day within `span` wins."""
    text = folded(typed)
    offset = _spoken(language).get(text)
    if offset is not None:
        return today + timedelta(days=offset)
    candidates = list(_candidates(text, today, country, language))
    if not candidates:
        return None
    within = [day for day in candidates if span.holds(day)]
    return (within or candidates)[0]


def _candidates(text: str, today: date, country: str, language: str) -> Iterator[date]:
    """Give the days that the text can mean, the likeliest first."""
    parts = PARTS.findall(LETTER_BORDER.sub(" ", text))
    if len(parts) == 1 and parts[0].isdecimal() and len(parts[0]) in COMPACT:
        yield from _compact(parts[0], today, country)
        return
    named = [0 if part.isdecimal() else _month_number(part, language) for part in parts]
    words = [place for place, part in enumerate(parts) if not part.isdecimal()]
    if len(parts) not in (2, 3) or len(words) > 1:
        return
    if not words:
        yield from _numeric(parts, today, country)
    elif named[words[0]]:
        rest = [part for part in parts if part.isdecimal()]
        yield from _in_order([rest[0], str(named[words[0]]), *rest[1:]], today)


def _compact(digits: str, today: date, country: str) -> Iterator[date]:
    parts, place = [], 0
    for width in COMPACT[len(digits)]:
        parts.append(digits[place : place + width])
        place += width
    yield from _numeric(parts, today, country)
    if len(digits) == 8:
        yield from _in_order([digits[6:], digits[4:6], digits[:4]], today)


def _numeric(parts: list[str], today: date, country: str) -> Iterator[date]:
    if len(parts[0]) == 4:
        yield from _in_order(parts[::-1], today) if len(parts) == 3 else ()
        return
    first, second, *year = parts
    orders = ([first, second, *year], [second, first, *year])
    likely, other = orders[::-1] if country in MONTH_FIRST else orders
    days = list(_in_order(likely, today))
    yield from days or _in_order(other, today)


def _in_order(parts: list[str], today: date) -> Iterator[date]:
    """Give the days of day, month and (perhaps) year."""
    day, month = (int(part) if len(part) <= 2 else 0 for part in parts[:2])
    for year in _years(parts[2] if len(parts) == 3 else "", today):
        found = _date(year, month, day)
        if found:
            yield found


def _years(written: str, today: date) -> tuple[int, ...]:
    """Return the years that can be meant, the likeliest first. Without one: the nearest, far enough for 29 February."""
    if len(written) == 4:
        return (int(written),) if 1850 <= int(written) <= 2200 else ()
    if len(written) == 2:
        near = today.year - today.year % 100 + int(written)
        likely = near - 100 if near > today.year + YOUNGEST else near + 100 if near < today.year - OLDEST else near
        return (likely, likely - 100, likely + 100)
    return () if written else tuple(today.year + step for step in (0, -1, 1, -2, 2, -3, 3, -4, 4))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _spoken(language: str) -> dict[str, int]:
    """Return the words for today, yesterday and tomorrow, of this language and of English, with their days."""
    found: dict[str, int] = {}
    for words in (TONGUES["en"], tongue(language)):
        found |= dict.fromkeys(words.today, 0) | dict.fromkeys(words.yesterday, -1) | dict.fromkeys(words.tomorrow, 1)
    return {folded(word): days for word, days in found.items()}


@lru_cache(maxsize=64)
def _months(language: str) -> tuple[tuple[str, int], ...]:
    names = chain.from_iterable(
        get_month_names(width, locale=babel_locale(tag)).items()
        for tag in (language, "en")
        for width in ("wide", "abbreviated")
    )
    return tuple((folded(name).rstrip("."), number) for number, name in names)


def _month_number(word: str, language: str) -> int:
    """Return the month a word names, by its whole name or its first three letters or more; 0 if none."""
    months = _months(language)
    exact = {number for name, number in months if name == word}
    near = exact or {number for name, number in months if len(word) >= 3 and name.startswith(word)}
    return near.pop() if len(near) == 1 else 0
