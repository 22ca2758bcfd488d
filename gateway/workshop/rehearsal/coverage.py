"""What conversations cover of the services: screens, options, languages, and every way out of a screen.

Ways are followed without the engine's help: in the edition that is walked, the name of the screen that a way leads to
knows where it is written, and the collections in which the engine looks names up take note. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.engine import Edition, Effect, Frame, Remember, State
from gateway.engine.draw import BODIES
from gateway.language.checks import graph
from gateway.language.places import Path
from gateway.language.reader import Read
from gateway.language.root import Service
from gateway.language.screens import Branch, Choose, End, Kind

Sort = Literal["screens", "options", "languages", "ways"]
SORTS: tuple[Sort, ...] = ("screens", "options", "languages", "ways")
Key = tuple[str, str, Path]  # service, screen, path below the screen; a language is a path of its own


class Way(str):
    """The name of a screen or a service, which knows the way that leads there."""

    at: Key


def _way(target: str, *at: Any) -> Way:
    way = Way(target)
    way.at = at
    return way


class _Noting(dict[str, Any]):
    """A collection that takes note of what is looked up in it."""

    def __init__(self, found: Mapping[str, Any], trace: Trace, service: str | None) -> None:
        super().__init__(found)
        self.trace, self.service = trace, service

    def __getitem__(self, name: str) -> Any:
        if isinstance(name, Way):
            self.trace.taken.add(name.at)
        if self.service is not None:
            self.trace.visit(self.service, str(name), super().__getitem__(name))
        return super().__getitem__(name)


@dataclass(slots=True)
class Trace:
    """What has been covered: ways and options by where they are written, screens, and screens by language."""

    taken: set[Key] = field(default_factory=set)
    visited: set[Key] = field(default_factory=set)
    read: set[Key] = field(default_factory=set)
    _edition: Edition | None = None
    _over: Edition | None = None
    _language: str | None = None
    _last: tuple[str, str] = ("", "")

    def over(self, edition: Edition) -> Edition:
        """Return the edition in which every way is followed."""
        if self._over is None or self._edition is not edition:
            services = {name: self._followed(service) for name, service in edition.services.items()}
            self._edition, self._over = edition, Edition(edition.hash, _Noting(services, self, None), edition.lists)
        return self._over

    def forget(self) -> None:
        """Let the edition go; what was covered stays."""
        self._edition = self._over = None

    def add(self, other: Trace) -> None:
        """Add what another trace covered."""
        self.taken |= other.taken
        self.visited |= other.visited
        self.read |= other.read

    def _followed(self, service: Service) -> Service:
        name = service.service
        kinds = {screen: _marked(name, screen, kind) for screen, kind in service.screens.items()}
        return service.model_copy(update={"screens": _Noting(kinds, self, name)})

    def marked(self, state: State | None) -> State | None:
        """Return a state that was stored with the ways back that wait in it."""
        if state is None or self._over is None:
            return state
        paused = state.paused
        if paused is not None:
            within = self.marked(paused.state)
            assert within is not None
            state = state._replace(paused=type(paused)(paused.edition, within))
        return state._replace(frames=tuple(_marked_frame(frame) for frame in state.frames))

    def speaking(self, language: str | None) -> None:
        """Note in which language the next step begins; None: a service's first."""
        self._language = language

    def visit(self, service: str, screen: str, kind: Kind) -> None:
        """Note that the engine comes to a screen."""
        self.visited.add((service, screen, ()))
        self._last = (service, screen)
        if isinstance(kind, End):
            self._note_read(service, screen, self._language)

    def showed(self, state: State | None, effects: Iterable[Effect]) -> None:
        """Note the screen that a turn ends on; without a state it was the last one."""
        spoken = [effect.language for effect in effects if isinstance(effect, Remember)]
        if state is not None and state.mode == "menu":
            self._note_read(state.service, state.screen, state.language)
        elif state is None:
            self._note_read(*self._last, spoken[-1] if spoken else self._language)

    def _note_read(self, service: str, screen: str, language: str | None) -> None:
        if not service:
            return  # an SMS that no service read
        assert self._edition is not None
        tongues = self._edition.services[service].languages
        self.read.add((service, screen, (language if language in tongues else tongues[0],)))


def _marked(service: str, screen: str, kind: Kind) -> Kind:
    """Return the screen with targets that know their way."""
    if isinstance(kind, Branch):
        arms = [
            arm.model_copy(update={"go": _way(arm.go, service, screen, ("branch", place, "go"))})
            for place, arm in enumerate(kind.root)
        ]
        return kind.model_copy(update={"root": arms})
    changes: dict[str, Any] = {
        str(way.path[1]): _way(way.target, service, screen, way.path) for way in graph.exits(kind) if len(way.path) == 2
    }
    if isinstance(kind, Choose):
        changes["options"] = [
            option.model_copy(
                update={
                    key: _way(target, service, screen, ("choose", "options", place, key))
                    for key, target in (("go", option.go), ("do", option.do))
                    if target is not None
                }
            )
            for place, option in enumerate(kind.options)
        ]
    return kind.model_copy(update=changes)


def _marked_frame(frame: Frame) -> Frame:
    if frame.go is None:
        return frame
    go = _way(frame.go, frame.service, frame.screen, ("do", "go"))
    return Frame(frame.service, frame.screen, frame.trail, frame.values, frame.secrets, go, frame.save)


# --- what there is to cover ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to cover: its sort and key, and how it is told that nobody did."""

    sort: Sort
    key: Key
    place: Path  # in the file
    what: str


@dataclass(frozen=True, slots=True)
class Uncovered:
    """What no conversation covers, and where it is written."""

    file: str
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of each sort is covered, (covered, all), and what is not."""

    counts: Mapping[Sort, tuple[int, int]]
    uncovered: tuple[Uncovered, ...]

    @property
    def percent(self) -> int:
        """How much of everything is covered, in whole percent; 100 only for all of it."""
        covered, every = (sum(pair[index] for pair in self.counts.values()) for index in (0, 1))
        return 100 * covered // every if every else 100


def coverage(reads: Iterable[Read], trace: Trace) -> Coverage:
    """Return what a trace covers of services that were read."""
    done = {"screens": trace.visited, "options": trace.taken, "languages": trace.read, "ways": trace.taken}
    come_to = {key[:2] for key in trace.visited}  # of a screen that nobody comes to, this alone is told
    counts = dict.fromkeys(SORTS, (0, 0))
    uncovered = []
    for read in reads:
        for item in items(read.service) if read.service is not None else ():
            covered, every = counts[item.sort]
            good = item.key in done[item.sort]
            counts[item.sort] = (covered + good, every + 1)
            if not good and (item.sort == "screens" or item.key[:2] in come_to):
                uncovered.append(Uncovered(read.document.file, *read.document.place(item.place, key=True), item.what))
    return Coverage(counts, tuple(sorted(uncovered, key=lambda one: (one.file, one.line, one.column))))


def items(service: Service) -> Iterator[Item]:
    """Yield everything there is to cover in a service."""
    for screen, kind in service.screens.items():
        at: Path = ("screens", screen)
        yield Item("screens", (service.service, screen, ()), at, f"nobody comes to {screen!r}")
        if type(kind) in BODIES:
            for language in service.languages:
                key = (service.service, screen, (language,))
                yield Item("languages", key, at, f"nobody sees {screen!r} in {language}")
        if isinstance(kind, Choose):
            yield from _options(service, screen, kind)
        for way in graph.exits(kind):
            if way.path[:2] != ("choose", "options"):
                what = f"nobody goes from {screen!r} to {way.target!r} by {_written(way.path)}"
                yield Item("ways", (service.service, screen, way.path), (*at, *way.path), what)


def _options(service: Service, screen: str, kind: Choose) -> Iterator[Item]:
    for place, option in enumerate(kind.options):
        path: Path = ("choose", "options", place, "go" if option.go is not None else "do")
        what = f"nobody chooses {option.value!r} of {screen!r}"
        yield Item("options", (service.service, screen, path), ("screens", screen, *path[:-1]), what)


def _written(path: Path) -> str:
    return f"way {int(path[1]) + 1} of the branch" if path[0] == "branch" else str(path[-1])
