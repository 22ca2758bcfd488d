"""Which names have a value on which screen: surely, perhaps, or never. Pure."""

from __future__ import annotations

from typing import NamedTuple

from gateway.language.checks import names
from gateway.language.checks.graph import CONFIRMED, REFERENCE, Exits, perhaps, route, surely
from gateway.language.checks.names import Services
from gateway.language.root import Service

NOTHING: frozenset[str] = frozenset()


class Presence(NamedTuple):
    """The names of a service as a screen finds them: saved on every way to it, on some ways, or on none."""

    sure: frozenset[str]
    maybe: frozenset[str]
    never: frozenset[str]


def presence(service: Service, services: Services) -> dict[str, Presence]:
    """Return for each screen that can be reached which of the service's names have a value there."""
    return met(service, names.outs(service, services))


def met(service: Service, outs: Exits) -> dict[str, Presence]:
    """Return the same from the ways out of each screen."""
    known = frozenset({REFERENCE, *(source.name for source in names.sources(service))})
    sure = surely(service.start, outs, service.takes)
    some = perhaps(service.start, outs, service.takes)
    marks = {CONFIRMED}
    return {
        screen: Presence(sure[screen] - marks, some[screen] - sure[screen] - marks, known - some[screen])
        for screen in sure
    }


def way_without(name: str, screen: str, service: Service, outs: Exits) -> str:
    """Return the shortest way to a screen on which a name gets no value, in words; nothing if it is the start."""
    if screen == service.start:
        return ""
    ways = {other: [way.target for way in out if name not in way.saves] for other, out in outs.items()}
    steps = route(service.start, screen.__eq__, ways)
    return f" on the way {' > '.join(steps)}" if steps else ""
