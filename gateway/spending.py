"""How much SMS may cost, and whom: the caps of `sms_limits`, against SMS pumping. Pure.

Notices (what we send of our own accord) and answers to what a citizen texted are counted apart, so that who makes the
gateway send notices cannot silence its answers.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.language.text import segments
from gateway.settings import Most, SmsLimits
from gateway.store.records import Cap

SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
DAY = SECONDS["day"]


def caps_of(limits: SmsLimits, number: str, text: str, service: str, price: float) -> tuple[Cap, ...]:
    """Return what a notice to a number spends. `price` is what one part costs on its channel."""
    return (
        *_where(limits, number),
        *_by(limits.notices, number, limits.range_digits, ""),
        *_capped("service", service, limits.service),
        *_cost(limits, text, price),
    )


def caps_of_answer(limits: SmsLimits, number: str, text: str, price: float) -> tuple[Cap, ...]:
    """Return what an answer to a citizen's own SMS spends; of the cost of a day both kinds spend together."""
    return (
        *_where(limits, number),
        *_by(limits.answers, number, limits.range_digits, "answers "),
        *_cost(limits, text, price),
    )


def _where(limits: SmsLimits, number: str) -> Iterator[Cap]:
    if limits.countries and not number.startswith(tuple(limits.countries)):
        yield Cap("country", "", DAY, 0.0)


def _by(most: Most, number: str, digits: int, kind: str) -> Iterator[Cap]:
    yield from _capped(f"{kind}number", number, most.number)
    yield from _capped(f"{kind}range", number[:-digits], most.range)
    yield from _capped(f"{kind}total", "", most.total)


def _capped(name: str, key: str, rate: str | None) -> Iterator[Cap]:
    if rate is not None:
        most, _, unit = rate.partition("/")
        yield Cap(name, key, SECONDS[unit], float(most))


def _cost(limits: SmsLimits, text: str, price: float) -> Iterator[Cap]:
    if limits.cost is not None and price:
        yield Cap("cost", "", DAY, limits.cost, segments(text) * price)
