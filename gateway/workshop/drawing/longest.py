"""The longest page of a screen, as the checker measures it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.language import text, words
from gateway.language.checks.lengths import Caller
from gateway.language.checks.names import Services
from gateway.language.pages import Footers, paginate
from gateway.language.screens import Choose, Confirm, End, Kind, Say, Service
from gateway.language.text import USSD


@dataclass(frozen=True, slots=True)
class Longest:
    """The longest page of a screen: its length and the limit (septets or UTF-16 units), and how many pages."""

    units: int
    most: int
    count: int


def longest_page(service: Service, services: Services, language: str, kind: Kind) -> Longest | None:
    """Return the longest page that a USSD screen can have in one language; None if it shows none of our own text."""
    texts = getattr(kind, "text", None)
    if texts is None:
        return None
    caller = Caller(service, services, "ussd", language)
    whole = caller.longest(texts)
    pages = (whole,) if isinstance(kind, End) else _pages(caller, kind, whole)
    units, most = max(map(_measured, pages), key=lambda measured: measured[0] / measured[1])
    return Longest(units, most, len(pages))


def _measured(page: str) -> tuple[int, int]:
    return text.units(page), USSD.septets if text.encoding(page) == "gsm7" else USSD.units


def _pages(caller: Caller, kind: Kind, whole: str) -> tuple[str, ...]:
    try:
        pages = paginate(whole, _lines(caller, kind), _footers(caller.service, caller.language), USSD)
    except ValueError:  # a line is longer than a screen: the checker says so
        return (whole,)
    return tuple(page.text for page in pages)


def _lines(caller: Caller, kind: Kind) -> tuple[str, ...]:
    def said(key: str) -> str:
        return words.phrase(key, caller.language, caller.service.words)

    match kind:
        case Choose():
            return tuple(f"{number} {caller.longest(option.label)}" for number, option in enumerate(kind.options, 1))
        case Confirm():
            return (f"1 {said('send')}", f"2 {said('change')}")
        case Say():
            return (f"1 {said('next')}",)
    return ()


def _footers(service: Service, language: str) -> Footers:
    back, more = (words.phrase(key, language, service.words) for key in ("back", "more"))
    return Footers(back=f"{service.keys.back} {back}", more=f"{service.keys.more} {more}")
