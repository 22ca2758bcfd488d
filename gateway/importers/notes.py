"""What an import says of itself: one note for each thing that is not as it was, with its place. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.language.checks.checker import Operation

Level = Literal["lost", "differs", "doubt"]
WORDS: Mapping[Level, str] = {"lost": "left out", "differs": "differs", "doubt": "please look"}


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One thing that is not as it was: `lost`, `differs` (it behaves otherwise here) or `doubt` (carried over, unsure).

    `line` is that of the source, from 1.
    """

    file: str
    line: int
    level: Level
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {WORDS[self.level]}: {self.what} ({self.todo})"


@dataclass(slots=True)
class Notes:
    """The notes of one import, each once."""

    found: dict[Note, None] = field(default_factory=dict)

    def note(self, place: tuple[str, int], level: Level, what: str, todo: str) -> None:
        """Note one thing at `place`: the file and its line."""
        self.found[Note(*place, level, what, todo)] = None

    def lost(self, place: tuple[str, int], what: str, todo: str) -> None:
        """Note what was left out."""
        self.note(place, "lost", what, todo)

    def differs(self, place: tuple[str, int], what: str, todo: str) -> None:
        """Note what behaves otherwise here."""
        self.note(place, "differs", what, todo)

    def doubt(self, place: tuple[str, int], what: str, todo: str) -> None:
        """Note what was carried over without certainty."""
        self.note(place, "doubt", what, todo)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import gives: the service files by their path below the menu folder, and all there is to say.

    `config` is the suggested `offices:` block of config.yaml, empty if no office is asked; `offices` the same for the
    checker.
    """

    files: Mapping[str, str]
    config: str
    offices: Mapping[str, Mapping[str, Operation]]
    notes: tuple[Note, ...]
