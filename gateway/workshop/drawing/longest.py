"""The longest page of a screen, as the checker measures it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.language import text
from gateway.language.checks.fits.bodies import bodies, footers
from gateway.language.checks.fits.widths import Caller
from gateway.language.pages import paginate
from gateway.language.screens import End, Kind
from gateway.language.text import USSD


@dataclass(frozen=True, slots=True)
class Longest:
    """The longest page of a screen: its length and the limit (septets or UTF-16 units), and how many pages."""

    units: int
    most: int
    count: int


def longest_page(caller: Caller, kind: Kind) -> Longest | None:
    """Return the longest page that a USSD screen can have; None if none of our own text is on it."""
    if isinstance(kind, End):
        pages: tuple[str, ...] = (caller.longest(kind.text),) if kind.text is not None else ()
    else:
        pages = _pages(caller, kind)
    if not pages:
        return None
    units, most = max(map(_measured, pages), key=lambda measured: measured[0] / measured[1])
    return Longest(units, most, len(pages))


def _pages(caller: Caller, kind: Kind) -> tuple[str, ...]:
    """Return the pages of the longest thing that a screen can say."""
    said: list[tuple[str, ...]] = []
    for body in bodies(caller, (), kind):
        try:
            pages = paginate(body.shown, body.lines, footers(caller), USSD)
        except ValueError:  # a line is longer than a screen: the checker says so
            said.append(("\n".join((body.shown, *body.lines)),))
        else:
            said.append(tuple(page.text for page in pages))
    return max(said, key=lambda pages: (len(pages), max(map(text.units, pages))), default=())


def _measured(page: str) -> tuple[int, int]:
    return text.units(page), USSD.septets if text.encoding(page) == "gsm7" else USSD.units
