"""The ways through a service, from its first screen to each end, without coming to a screen twice. Pure.

Wrong answers are no ways of their own. What conditions hold is not judged: a branch is taken every way it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from gateway.language.checks import graph
from gateway.language.root import Service
from gateway.language.screens import Branch, Choose, Confirm, Do, End, Fetch

MOST = 1000  # ways of a service that are told
MOST_TRIED = 50_000  # ways that are followed, dead ends among them
Services = Mapping[str, Service]


@dataclass(frozen=True, slots=True)
class Step:
    """A screen on the way. `option` is the place of the option that is chosen there (from 0; items come before)."""

    service: str
    screen: str
    option: int | None = None
    taken: str = ""  # in words, where there is more than one way on


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Here:
    """Where a walk stands: the screen, and below it the services that wait, each with where it goes on (None: ends)."""

    service: str
    screen: str
    waiting: tuple[tuple[str, str | None], ...] = ()


def ways(start: str, services: Services) -> tuple[list[Steps], bool]:
    """Return the ways through a service, and whether these are all of them."""
    tried = islice(_walk(_Here(start, services[start].start), services, (), ()), MOST_TRIED + 1)
    found: list[Steps] = []
    for count, way in enumerate(tried):
        if len(found) == MOST or count == MOST_TRIED:
            return found, False
        if way is not None:
            found.append(way)
    return found, True


def _walk(here: _Here, services: Services, came: tuple[_Here, ...], steps: Steps) -> Iterator[Steps | None]:
    """Yield every way on from here; None where one leads back to where it came from."""
    if here in came:
        yield None
        return
    came = (*came, here)
    kind = services[here.service].screen(here.screen)
    if isinstance(kind, End):
        outer, go = here.waiting[-1] if here.waiting else ("", None)
        if go is None:
            yield (*steps, Step(here.service, here.screen))
        else:  # the end of a service that another one went into is not shown
            yield from _walk(_Here(outer, go, here.waiting[:-1]), services, came, steps)
        return
    for step, there in _on(here, services):
        yield from _walk(there, services, came, (*steps, step))


def _on(here: _Here, services: Services) -> Iterator[tuple[Step, _Here]]:
    kind = services[here.service].screen(here.screen)
    if isinstance(kind, Do):
        into = (*here.waiting, (here.service, kind.go))
        yield Step(here.service, here.screen), _Here(kind.service, services[kind.service].start, into)
        return
    if isinstance(kind, Choose):
        yield from _chosen(here, kind, services)
        return
    for way in graph.exits(kind):
        if way.path[-1] != "too_many":
            taken = str(way.path[-1]) if isinstance(kind, Fetch | Confirm) else ""
            if isinstance(kind, Branch):
                taken = kind.root[int(way.path[1])].when or "otherwise"
            yield Step(here.service, here.screen, None, taken), _Here(here.service, way.target, here.waiting)


def _chosen(here: _Here, kind: Choose, services: Services) -> Iterator[tuple[Step, _Here]]:
    if kind.go is not None:
        yield Step(here.service, here.screen, 0, "an item"), _Here(here.service, kind.go, here.waiting)
    if kind.none is not None:
        yield Step(here.service, here.screen, None, "none"), _Here(here.service, kind.none, here.waiting)
    for place, option in enumerate(kind.options):
        step = Step(here.service, here.screen, place, option.value)
        if option.go is not None:
            yield step, _Here(here.service, option.go, here.waiting)
        elif option.do is not None:
            into = (*here.waiting, (here.service, None))
            yield step, _Here(option.do, services[option.do].start, into)
