"""What a drawing of a service shows: a box for each screen, and the ways between them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.engine import Edition
from gateway.language import words
from gateway.language.checks.fits.widths import Caller
from gateway.language.checks.graph import Exit, exits
from gateway.language.checks.names import Services
from gateway.language.checks.presence import presence
from gateway.language.root import Service
from gateway.language.screens import (
    KIND_NAMES,
    Branch,
    CallBackScreen,
    Choose,
    Confirm,
    Do,
    End,
    Fetch,
    Kind,
    Set,
    Submit,
    written,
)
from gateway.workshop.drawing.longest import longest_page

CUT = 90  # characters of a screen's text that are shown
SHORTER = 32  # characters of a label on a way
FAILS = frozenset({"missing", "otherwise", "too_many"})
PLAIN: Mapping[str, str] = {
    "missing": "no such thing",
    "otherwise": "slow or down",
    "too_many": "too many wrong answers",
    "none": "nothing in the list",
}
STARTS, INTO = "@start", "do:"

Shape = Literal["screen", "silent", "service", "end", "start"]


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `kind` and what is below are empty where there is nothing to say."""

    name: str
    shape: Shape
    kind: str = ""
    text: str = ""
    length: str = ""
    too_long: bool = False
    saved: str = ""
    figures: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One arrow; `fails` where it is what happens when something goes wrong."""

    source: str
    target: str
    labels: tuple[str, ...] = ()
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn. `boxes` are by their keys: the screens' names, and `do:` and the name for a service."""

    title: str
    boxes: Mapping[str, Box]
    ways: tuple[Way, ...]


def plan(
    edition: Edition,
    name: str,
    language: str,
    *,
    saved: bool = False,
    opened_by: tuple[str, ...] = (),
    figures: Mapping[str, str] | None = None,
) -> Plan:
    """Return the drawing of a service in one language.

    `saved`: say at each screen which names have a value there. `opened_by` are short codes; `figures` stand in the box
    of the screen they are of, such as how many callers leave there.
    """
    service, numbers = edition.services[name], figures or {}
    caller = Caller(service, edition.services, edition.lists, "ussd", language)
    have = _have(service, edition.services) if saved else {}
    boxes = {STARTS: Box(_opened(service, opened_by), "start")}
    for screen, kind in service.screens.items():
        boxes[screen] = _box(caller, screen, kind, have.get(screen, ""), numbers.get(screen, ""))
    ways = [Way(STARTS, service.start)]
    for screen, kind in service.screens.items():
        ways += _ways(service, language, screen, kind)
    for way in ways:
        if way.target not in boxes:
            elsewhere = way.target.startswith(INTO)
            what = "another service" if elsewhere else "there is no such screen"
            boxes[way.target] = Box(way.target.removeprefix(INTO), "service", what, too_long=not elsewhere)
    return Plan(f"{name}: {_title(service, language)}", boxes, tuple(_joined(ways)))


def _opened(service: Service, codes: tuple[str, ...]) -> str:
    keywords = [f"SMS {word}" for word in service.claimed]
    return ", ".join((*codes, *keywords)) or "start"


def _title(service: Service, language: str) -> str:
    return cut(written(service.title, "ussd", language, service.languages), CUT)


def cut(text: str, most: int) -> str:
    """Return a text in one line of so many characters at most."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


# --- boxes --------------------------------------------------------------------------------------------------------


def _box(caller: Caller, screen: str, kind: Kind, have: str, figures: str) -> Box:
    page = longest_page(caller, kind)
    length = ""
    if page is not None:
        length = f"up to {page.units} of {page.most}" + (f", {page.count} pages" if page.count > 1 else "")
    too_long = page is not None and page.units > page.most
    told = cut(_told(caller.service, caller.language, kind), CUT)
    return Box(screen, _shape(kind), KIND_NAMES[type(kind)], told, length, too_long, have, figures)


def _shape(kind: Kind) -> Shape:
    match kind:
        case End():
            return "end"
        case Do():
            return "service"
        case Branch() | Set() | Fetch() | Submit():
            return "silent"
    return "screen"


def _told(service: Service, language: str, kind: Kind) -> str:
    """Return what a screen says or does, in a line."""
    match kind:
        case Fetch():
            return f"asks {kind.office}: {kind.ask}"
        case Submit():
            return f"files with {kind.office}: {kind.ask}"
        case Set():
            return ", ".join(f"{name} = {source}" for name, source in kind.values.items())
        case Do():
            return f"goes into {kind.service} and comes back"
        case CallBackScreen(text=None):
            return words.phrase("ring_you", language, service.words)
        case Branch():
            return ""
    texts = getattr(kind, "text", None)
    return "" if texts is None else written(texts, "ussd", language, service.languages)


def _have(service: Service, services: Services) -> dict[str, str]:
    """Return for each screen which names surely and which maybe have a value there."""
    found = {}
    for screen, there in presence(service, services).items():
        maybe = ", ".join(sorted(there.maybe))
        parts = (", ".join(sorted(there.sure)), f"maybe {maybe}" if maybe else "")
        found[screen] = "; ".join(part for part in parts if part)
    return found


# --- ways ---------------------------------------------------------------------------------------------------------


def _ways(service: Service, language: str, screen: str, kind: Kind) -> Iterator[Way]:
    """Yield the ways out of a screen; those of a menu in the order of their numbers."""
    found = exits(kind)
    if isinstance(kind, Choose):
        options = enumerate(kind.options)
        found += [Exit(("choose", "options", n, "do"), f"{INTO}{one.do}") for n, one in options if one.do is not None]
        found.sort(key=lambda way: int(way.path[2]) if len(way.path) > 2 else len(kind.options))
    for way in found:
        label = _label(service, language, kind, way)
        yield Way(screen, way.target, (label,) if label else (), way.path[-1] in FAILS)


def _label(service: Service, language: str, kind: Kind, way: Exit) -> str:
    key = str(way.path[-1])
    match kind:
        case Choose() if len(way.path) > 2:
            return _option(service, language, kind, int(way.path[2]) + 1)
        case Choose(from_=str(name)) if key == "go":
            return f"each of {name}"
        case Confirm():
            number, word = ("1", "send") if key == "go" else ("2", "change")
            return f"{number} {words.phrase(word, language, service.words)}"
        case CallBackScreen():
            number, word = ("1", "call_me_back") if key == "go" else ("2", "no")
            return f"{number} {words.phrase(word, language, service.words)}"
        case Branch():
            when = kind.root[int(way.path[1])].when
            return "else" if when is None else cut(f"if {when}", SHORTER)
    return PLAIN.get(key, "")


def _option(service: Service, language: str, kind: Choose, number: int) -> str:
    option = kind.options[number - 1]
    label = written(option.label, "ussd", language, service.languages)
    shown = f"{number} {label}" if kind.from_ is None else label
    return cut(shown, SHORTER) + (cut(f" (if {option.when})", SHORTER) if option.when is not None else "")


def _joined(ways: list[Way]) -> Iterator[Way]:
    """Make one way of those that lead from the same screen to the same screen."""
    found: dict[tuple[str, str, bool], list[str]] = {}
    for way in ways:
        found.setdefault((way.source, way.target, way.fails), []).extend(way.labels)
    for (source, target, fails), labels in found.items():
        yield Way(source, target, tuple(dict.fromkeys(labels)), fails)
