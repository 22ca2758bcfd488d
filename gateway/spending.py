"""How much SMS may cost, and whom: the caps of `sms_limits`, against SMS pumping. Pure.

Notices (what we send of our own accord) and answers to what a citizen texted are counted apart, so that who makes the
gateway send notices cannot silence its answers. Of the cost of a day both kinds spend together.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.config.settings import Most, SmsLimits
from gateway.language.text import segments
from gateway.store.records import Cap

SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
DAY = SECONDS["day"]
OF = ("number", "range", "total")


class Rate(NamedTuple):
    """A rate as it was read: the cap's name, its window, and how many messages go there."""

    name: str
    seconds: float
    most: float


class Caps:
    """The caps of a configuration, read once: every notice is counted in a turn that somebody waits for."""

    def __init__(self, limits: SmsLimits) -> None:
        self._countries = tuple(limits.countries)
        self._digits, self._cost = limits.range_digits, limits.cost
        self._notices, self._answers = _read(limits.notices, ""), _read(limits.answers, "answers ")
        self._service = _rate("service", limits.service)

    def of_notice(self, number: str, text: str, service: str, price: float) -> tuple[Cap, ...]:
        """Return what a notice to a number spends. `price` is what one part costs on its channel."""
        caps = self._spent(self._notices, number, text, price)
        if self._service is not None:
            caps.append(Cap("service", service, self._service.seconds, self._service.most))
        return tuple(caps)

    def of_answer(self, number: str, text: str, price: float) -> tuple[Cap, ...]:
        """Return what an answer to a citizen's own SMS spends."""
        return tuple(self._spent(self._answers, number, text, price))

    def _spent(self, rates: tuple[tuple[str, Rate], ...], number: str, text: str, price: float) -> list[Cap]:
        keys = {"number": number, "range": number[: -self._digits], "total": ""}
        barred = bool(self._countries) and not number.startswith(self._countries)
        caps = [Cap("country", "", DAY, 0.0)] if barred else []
        caps += [Cap(rate.name, keys[of], rate.seconds, rate.most) for of, rate in rates]
        if self._cost is not None and price:
            caps.append(Cap("cost", "", DAY, self._cost, segments(text) * price))
        return caps


def written(limits: SmsLimits) -> dict[str, str]:
    """Return what the configuration says of each cap, by its name."""
    rates = {f"{kind}{of}": getattr(most, of) for kind, most in (("", limits.notices), ("answers ", limits.answers))
             for of in OF}  # fmt: skip
    rates |= {"service": limits.service, "cost": None if limits.cost is None else f"{limits.cost:.10g}/day"}
    return {name: rate for name, rate in rates.items() if rate is not None}


def _read(most: Most, kind: str) -> tuple[tuple[str, Rate], ...]:
    rates = ((of, _rate(kind + of, getattr(most, of))) for of in OF)
    return tuple((of, rate) for of, rate in rates if rate is not None)


def _rate(name: str, written: str | None) -> Rate | None:
    if written is None:
        return None
    most, _, unit = written.partition("/")
    return Rate(name, SECONDS[unit], float(most))
