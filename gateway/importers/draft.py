"""A service while it is being made: plain screens that can still be changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.importers import naming
from gateway.importers.sayings import SAYINGS

Place = tuple[str, int]  # file and line of the source
LONGEST_GAP = 80  # characters
WAYS = ("go", "none", "missing", "otherwise", "change")


@dataclass(slots=True)
class Screen:
    """One screen: its kind and what stands below it, as YAML will hold it. `comments` are written above the kind."""

    kind: str
    body: Any
    place: Place
    comments: list[str] = field(default_factory=list)
    made: bool = False  # ours: it stands for nothing that the source names


@dataclass(slots=True)
class Draft:
    """One service. `place` is where it begins in the source; `source` says where it comes from."""

    service: str
    agency: str
    title: Any
    languages: list[str]
    place: Place
    source: str
    start: str = ""
    keywords: list[str] = field(default_factory=list)
    resume_for: str = ""
    words: dict[str, Any] = field(default_factory=dict)
    screens: dict[str, Screen] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()  # names that the source gives its own screens

    @property
    def path(self) -> str:
        """The path of its file below the menu folder."""
        return f"{self.agency}/{self.service.rpartition('/')[2]}.yaml"

    def add(self, wanted: str, kind: str, body: Any, place: Place, *comments: str, made: bool = False) -> str:
        """Add a screen and return the name it got."""
        name = naming.unique(wanted, self.screens.keys() | self.reserved)
        self.screens[name] = Screen(kind, body, place, list(comments), made)
        return name

    def put(self, name: str, kind: str, body: Any, place: Place, *comments: str) -> None:
        """Put the screen that the source calls `name`."""
        self.screens[name] = Screen(kind, body, place, list(comments))

    def said(self, key: str) -> Any:
        """Return one of our sayings in the languages of the service."""
        return told(key, self.languages)

    def gap(self, wanted: str, what: str, go: str, place: Place) -> str:
        """Add a screen that tells the caller, and whoever tries the service, what was not carried over."""
        text = self.missing(what)
        body = {"text": text, "go": go} if go else {"text": text}
        return self.add(wanted, "say" if go else "end", body, place, f"from: {what}; not carried over", made=True)

    def missing(self, what: str) -> str:
        """Return the text that stands where something was not carried over, with the braces that `what` may hold."""
        said = SAYINGS["gap"].get(self.languages[0], SAYINGS["gap"]["en"])
        return f"({said}: {literal(' '.join(what.split())[:LONGEST_GAP])})"

    def ended(self, key: str, wanted: str) -> str:
        """Return the name of a last screen with one of our sayings; it is made once."""
        for name, screen in self.screens.items():
            if screen.made and screen.kind == "end" and screen.body == {"text": self.said(key)}:
                return name
        return self.add(wanted, "end", {"text": self.said(key)}, self.place, made=True)


def literal(text: str) -> str:
    """Return a text as a template that shows just that."""
    return text.replace("{", "{{").replace("}", "}}")


def told(key: str, languages: Iterable[str]) -> Any:
    """Return a saying: one string for one language, else a map. Where we have no words, the English ones."""
    texts = {tongue: SAYINGS[key].get(tongue, SAYINGS[key]["en"]) for tongue in languages}
    return next(iter(texts.values())) if len(texts) == 1 else texts


def ways(screen: Screen) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield every way out of a screen: the map that holds it, and its key there."""
    parts = screen.body if isinstance(screen.body, list) else [screen.body, *screen.body.get("options", ())]
    for part in parts:
        yield from ((part, key) for key in WAYS if isinstance(part.get(key), str))


def targets(screen: Screen) -> list[str]:
    """Return the screens that a screen leads to."""
    return [part[key] for part, key in ways(screen)]


def turn(draft: Draft, old: str, new: str) -> None:
    """Lead every way to another screen."""
    for screen in draft.screens.values():
        for part, key in ways(screen):
            if part[key] == old:
                part[key] = new
    if draft.start == old:
        draft.start = new
