"""Cuts a text and its options into screens that fit. Pure.

Text breaks between words, options are whole lines, and the lines for more and back are counted in.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from gateway.language.text import Limits

TOKEN = re.compile(r"([ \n]*)([^ \n]+)")


@dataclass(frozen=True, slots=True)
class Footers:
    """Ready lines such as `0 Back` and `98 More`; empty where they do nothing.

    `back_first` is False where there is nothing to go back to from the first page; from a later one there always is.
    """

    back: str = ""
    more: str = ""
    back_first: bool = True

    @property
    def on_first(self) -> Footers:
        """Return the lines of the first page."""
        return self if self.back_first else Footers("", self.more)

    def shown(self, limits: Limits) -> Footers:
        """Return the lines as a network shows them."""
        return Footers(limits.shown(self.back), limits.shown(self.more), self.back_first)


@dataclass(frozen=True, slots=True)
class Page:
    """One screen. `more` is True if another follows; `options` are the places (from 0) of the options it shows."""

    text: str
    more: bool
    options: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """What stays together: a word of the text, or an option (`option` is its place). `gap` comes before it."""

    gap: str
    text: str
    option: int | None = None


@lru_cache(maxsize=4096)
def paginate(text: str, options: tuple[str, ...], footers: Footers, limits: Limits) -> tuple[Page, ...]:
    """Return the screens of a text and its option lines, at least one, each within the limits.

    Without a `more` line the screens are the same but for it: whoever has no way to ask for the next must not need
    one. Raises ValueError if the lines at the foot leave no room for a single character.

    For a network that cannot show Unicode everything is transliterated first, so that it is cut as it will be shown.
    """
    if not limits.unicode:
        text, options, footers = limits.shown(text), tuple(map(limits.shown, options)), footers.shown(limits)
    whole = _page([Piece("", text.strip(" \n")), *_lines(options)], footers.on_first, more=False)
    if limits.fits(whole.text):
        return (whole,)
    rest = [Piece(gap, word) for gap, word in TOKEN.findall(text)] + _lines(options)
    if not rest:
        raise ValueError(f"the line {footers.back!r} alone does not fit a screen of {limits.septets} septets")
    page, rest = _next(rest, footers.on_first, limits)
    pages = [page]
    while rest:
        page, rest = _next(rest, footers, limits)
        pages.append(page)
    return tuple(pages)


def _lines(options: tuple[str, ...]) -> list[Piece]:
    return [Piece("\n", line, place) for place, line in enumerate(options)]


def _page(pieces: list[Piece], footers: Footers, more: bool) -> Page:
    body = "".join(piece.gap + piece.text if place else piece.text for place, piece in enumerate(pieces))
    foot = (footers.more if more else "", footers.back)
    shown = tuple(piece.option for piece in pieces if piece.option is not None)
    return Page("\n".join(line for line in (body.lstrip("\n"), *foot) if line), more, shown)


def _next(rest: list[Piece], footers: Footers, limits: Limits) -> tuple[Page, list[Piece]]:
    most = max(limits.septets, limits.units)  # every piece is a character at least
    if len(rest) <= most:
        last = _page(rest, footers, more=False)
        if limits.fits(last.text):
            return last, []
    count = _most_that_fit(rest, min(len(rest) - 1, most), footers, limits)
    if count:
        return _page(rest[:count], footers, more=True), rest[count:]
    return _cut(rest, footers, limits)


def _most_that_fit(rest: list[Piece], most: int, footers: Footers, limits: Limits) -> int:
    """Return how many of the first pieces fit on a screen with both footers, by halving."""
    fitting, beyond = 0, most + 1
    while beyond - fitting > 1:
        middle = (fitting + beyond) // 2
        if limits.fits(_page(rest[:middle], footers, more=True).text):
            fitting = middle
        else:
            beyond = middle
    return fitting


def _cut(rest: list[Piece], footers: Footers, limits: Limits) -> tuple[Page, list[Piece]]:
    """Return a screen for a first piece that is longer than a screen alone, and what is left."""
    first, others = rest[0], rest[1:]
    if first.option is None:
        return _cut_word(first, others, footers, limits)
    mark = "..." if limits.is_gsm(first.text) else "…"
    more = bool(others)
    for size in range(min(len(first.text), limits.septets), -1, -1):
        page = _page([Piece("", _head(first.text, size) + mark, first.option)], footers, more)
        if limits.fits(page.text):
            return page, others
    raise ValueError(f"no room for the option {first.text!r} above {footers.more!r} and {footers.back!r}")


def _cut_word(first: Piece, others: list[Piece], footers: Footers, limits: Limits) -> tuple[Page, list[Piece]]:
    for size in range(min(len(first.text) - 1, max(limits.septets, limits.units)), 0, -1):
        head = _head(first.text, size)
        page = _page([Piece("", head)], footers, more=True)
        if limits.fits(page.text):
            return page, [Piece("", first.text[len(head) :]), *others]
    raise ValueError(f"the lines {footers.more!r} and {footers.back!r} leave no room on a screen")


def _head(text: str, size: int) -> str:
    """Return at most `size` characters, not parting a letter from the marks that belong to it."""
    end = size
    while 0 < end < len(text) and unicodedata.category(text[end]).startswith("M"):
        end -= 1
    return text[: end or size]
