"""Where the screens of one service lead: missing targets, dead ends, circles without an answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gateway.language.places import Complaint, Document, Path, nearest
from gateway.language.root import Service
from gateway.language.screens import (
    Ask,
    Branch,
    CallBackScreen,
    Choose,
    Confirm,
    Do,
    End,
    Fetch,
    Kind,
    Language,
    Rate,
    Say,
    Set,
    Status,
    Submit,
)

CONFIRMED = "@confirmed"  # stands among the saved names once the citizen said yes
REFERENCE = "reference"
SILENT = (Branch, Set, Submit, Fetch)  # they ask the citizen nothing

Ways = Mapping[str, Iterable[str]]


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out of a screen: where it is written below the screen's name, where it leads, what it saves or undoes.

    `may` are names that it saves on some ways through another service.
    """

    path: Path
    target: str
    saves: frozenset[str] = frozenset()
    undoes: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()


Exits = Mapping[str, list[Exit]]


def exits(kind: Kind, given_back: frozenset[str] | None = None) -> list[Exit]:
    """Return every way out of a screen.

    `given_back` are the names that surely have a value where the service that a `do` goes into ends; None: not known.
    """
    match kind:
        case Choose():
            return list(_choose_exits(kind))
        case Ask():
            return [Exit(("ask", "go"), kind.go, frozenset({kind.save})), *_too_many("ask", kind.too_many)]
        case Fetch():
            return list(_fetch_exits(kind))
        case Confirm():
            yes, no = frozenset({CONFIRMED}), frozenset({CONFIRMED})
            return [Exit(("confirm", "go"), kind.go, yes), Exit(("confirm", "change"), kind.change, undoes=no)]
        case Submit():
            return [Exit(("submit", "go"), kind.go, frozenset({REFERENCE}))]
        case Branch():
            return [Exit(("branch", place, "go"), arm.go) for place, arm in enumerate(kind.root)]
        case Set():
            return [Exit(("set", "go"), kind.go, frozenset(kind.values))]
        case Do():
            may = frozenset(kind.save.values()) | {REFERENCE}
            return [Exit(("do", "go"), kind.go, _brought(kind, given_back), may=may)]
        case Say():
            return [Exit(("say", "go"), kind.go)]
        case Language():
            return [Exit(("language", "go"), kind.go)]
        case Status():
            return [Exit(("status", "go"), kind.go, frozenset({kind.save} if kind.save is not None else ()))]
        case Rate():
            return [Exit(("rate", "go"), kind.go)]
        case CallBackScreen():
            rung = Exit(("call_back", "go"), kind.go, frozenset({REFERENCE}))
            return [rung] if kind.decline is None else [rung, Exit(("call_back", "decline"), kind.decline)]
        case End():
            return []


def _choose_exits(kind: Choose) -> Iterator[Exit]:
    saves = frozenset(() if kind.save is None else {kind.save}) | frozenset(kind.take.values())
    if kind.go is not None:
        yield Exit(("choose", "go"), kind.go, saves)
    for place, option in enumerate(kind.options):
        if option.go is not None:
            yield Exit(("choose", "options", place, "go"), option.go, saves)
    if kind.none is not None:
        yield Exit(("choose", "none"), kind.none)
    yield from _too_many("choose", kind.too_many)


def _too_many(kind: str, target: str | None) -> Iterator[Exit]:
    if target is not None:
        yield Exit((kind, "too_many"), target)


def _fetch_exits(kind: Fetch) -> Iterator[Exit]:
    yield Exit(("fetch", "go"), kind.go, frozenset(saved.as_ for saved in kind.save.values()))
    if kind.missing is not None:
        yield Exit(("fetch", "missing"), kind.missing)
    if kind.otherwise is not None:
        yield Exit(("fetch", "otherwise"), kind.otherwise)


def _brought(kind: Do, given_back: frozenset[str] | None) -> frozenset[str]:
    if given_back is None:
        return frozenset(kind.save.values())
    brought = frozenset(ours for theirs, ours in kind.save.items() if theirs in given_back)
    return brought | ({REFERENCE} & given_back)


# --- walking over names that lead to each other -------------------------------------------------------------------


def reached(start: Iterable[str], ways: Ways) -> frozenset[str]:
    """Return what can be reached, `start` included."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(ways.get(name, ()))
    return frozenset(found)


def route(start: str, goal: Callable[[str], bool], ways: Ways) -> tuple[str, ...]:
    """Return the shortest walk of one step or more from `start` to a goal, both included; empty if there is none."""
    came: dict[str, str] = {}
    waiting = [start]
    for name in waiting:
        for other in ways.get(name, ()):
            if goal(other):
                return (*_steps(came, start, name), other)
            if other not in came and other != start:
                came[other] = name
                waiting.append(other)
    return ()


def _steps(came: Mapping[str, str], start: str, name: str) -> tuple[str, ...]:
    steps = [name]
    while steps[-1] != start:
        steps.append(came[steps[-1]])
    return tuple(reversed(steps))


def circles(ways: Ways) -> list[tuple[str, ...]]:
    """Return a circle for each group of names that lead to each other, such as `(a, b, a)`."""
    found: list[tuple[str, ...]] = []
    done: set[str] = set()
    for name in ways:
        circle = () if name in done else route(name, name.__eq__, ways)
        if circle:
            found.append(circle)
            done |= {other for other in reached([name], ways) if name in reached(ways.get(other, ()), ways)}
    return found


def surely(start: str, outs: Exits, given: Iterable[str] = ()) -> dict[str, frozenset[str]]:
    """Return for each screen that can be reached the names that have a value there whatever way was taken.

    `given` are those that have one from the start.
    """
    found: dict[str, frozenset[str]] = {start: frozenset(given)}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for way in outs.get(name, ()):
            there = (found[name] | way.saves) - way.undoes
            known = found.get(way.target)
            met = there if known is None else known & there
            if met != known:
                found[way.target] = met
                waiting.append(way.target)
    return found


def perhaps(start: str, outs: Exits, given: Iterable[str] = ()) -> dict[str, frozenset[str]]:
    """Return for each screen that can be reached the names that have a value there on some way."""
    found: dict[str, frozenset[str]] = {start: frozenset(given)}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for way in outs.get(name, ()):
            there = found[name] | way.saves | way.may
            known = found.get(way.target)
            met = there if known is None else known | there
            if met != known:
                found[way.target] = met
                waiting.append(way.target)
    return found


# --- complaints ---------------------------------------------------------------------------------------------------


def check_targets(document: Document, service: Service, outs: Exits) -> Iterator[Complaint]:
    """Yield a complaint for each `start`, `go` and the like that names no screen."""
    written = list(document.data["screens"])
    if service.start not in written:
        what = f"there is no screen {service.start!r}"
        yield document.complaint("missing-start", ("start",), what, nearest(service.start, written))
    for screen, ways in outs.items():
        for way in ways:
            if way.target not in written:
                path, what = ("screens", screen, *way.path), f"there is no screen {way.target!r}"
                yield document.complaint("missing-target", path, what, nearest(way.target, written))


def check_ways(document: Document, service: Service, outs: Exits, endless: frozenset[str]) -> Iterator[Complaint]:
    """Yield complaints about screens nobody comes to, screens without a way to an end, and circles without an answer.

    `endless` are the screens that a citizen passes without being asked anything.
    """
    ways = {screen: [way.target for way in out] for screen, out in outs.items()}
    come_to = reached([service.start], ways)
    for screen in service.screens:
        if screen not in come_to:
            what, todo = f"no way leads to the screen {screen!r}", "lead to it with go, or delete it"
            yield document.complaint("unreachable-screen", ("screens", screen), what, todo, key=True)
    backwards: dict[str, list[str]] = {}
    for screen, targets in ways.items():
        for target in targets:
            backwards.setdefault(target, []).append(screen)
    ending = reached([screen for screen in service.screens if _ends(service.screen(screen))], backwards)
    for screen in service.screens:
        if screen in come_to and screen not in ending:
            what = f"from the screen {screen!r} no end can be reached"
            todo = "lead on to a screen of the kind end"
            yield document.complaint("no-way-to-end", ("screens", screen), what, todo, key=True)
    for circle in circles({screen: [t for t in ways[screen] if t in endless] for screen in ways if screen in endless}):
        what = f"the screens go round in a circle without asking anything: {' > '.join(circle)}"
        todo = "put a screen into it that asks or says"
        yield document.complaint("silent-circle", ("screens", circle[0]), what, todo, key=True)


def _ends(kind: Kind) -> bool:
    return isinstance(kind, End) or (isinstance(kind, Choose) and any(option.do is not None for option in kind.options))
