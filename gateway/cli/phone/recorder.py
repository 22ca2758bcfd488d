"""Writes down what happens on a line, as a test beside the menu says it; and gives offices the answers of such a test.

Touches the test file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gateway.cli.phone.lines import Offline, Question
from gateway.engine import Effect, Fetch
from gateway.language.text import Limits
from gateway.messages import GatewayError, Misconfigured
from gateway.workshop.offline import Answer, Turn
from gateway.workshop.rehearsal import conversations, recording
from gateway.workshop.rehearsal.conversations import SILENT
from gateway.workshop.rehearsal.recording import Answered, Heard


@dataclass(slots=True)
class Recorder:
    """A line that remembers its turns. What an office is asked in a turn that never shows a screen is forgotten."""

    line: Offline
    language: str = ""  # that is remembered for the number when the walk begins
    typed: str | None = None
    text: str | None = None  # the SMS that began it
    ahead: str = ""
    heard: list[Heard] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    wish: Fetch | None = None
    answers: list[Answered] = field(default_factory=list)
    came: list[Effect] = field(default_factory=list)

    @property
    def limits(self) -> Limits:
        return self.line.limits

    @property
    def hint(self) -> str:
        return self.line.hint

    def dial(self) -> Turn:
        self.ahead = self.ahead or "*".join(self.line.ahead)
        self._begun(None)
        return self._kept(self.line.dial())

    def press(self, typed: str) -> Turn:
        first = not self.heard and self.line.walk.about.channel == "sms"
        self.text = typed if first else self.text
        self._begun(None if first else typed)
        return self._kept(self.line.press(typed))

    def told(self, answer: Answer) -> Turn:
        assert self.wish is not None
        self.answers.append((self.wish.office, self.wish.ask, answer))
        return self._kept(self.line.told(answer))

    def question(self, wish: Fetch) -> Question:
        return self.line.question(wish)

    def _begun(self, typed: str | None) -> None:
        self.typed, self.answers, self.came = typed, [], []

    def _kept(self, turn: Turn) -> Turn:
        self.came.extend(turn.effects)
        self.wish = turn.wish
        if turn.wish is None:
            self.heard.append(Heard(self.typed, turn.text, turn.more))
            self.answered += self.answers
            self.effects += self.came
        return turn

    def write(self, file: Path, name: str) -> None:
        """Write the conversation into a test file, after those that it has. Raises GatewayError."""
        walk, about = self.line.walk, self.line.walk.about
        if not self.heard:
            raise GatewayError(f"{file}: nothing was dialled, so that there is nothing to write")
        taken = recording.Walk(
            service=walk.service,
            now=about.now,
            heard=self.heard,
            name=name,
            channel=about.channel,
            dial=self.ahead,
            text=self.text,
            language=self.language or None,
            number=about.phone,
            answered=self.answered,
            effects=self.effects,
        )
        try:
            text = recording.appended(file.read_text(encoding="utf-8"), taken) if file.exists() else None
            file.write_text(text or recording.recorded(taken), encoding="utf-8")
        except (OSError, ValueError) as error:
            raise GatewayError(f"{file}: the conversation is not written: {error}") from error


@dataclass(slots=True)
class Canned:
    """Offices that answer as a test file says; a list of answers one after the other."""

    offices: conversations.Offices
    given: dict[tuple[str, str], int] = field(default_factory=dict)

    def __call__(self, wish: Fetch) -> Answer | Literal["ask"]:
        """Return the answer; `ask` where the file has none, or none any more."""
        found = self.offices.get(wish.office, {}).get(wish.ask, "ask")
        if isinstance(found, list):
            place = self.given.get((wish.office, wish.ask), 0)
            self.given[wish.office, wish.ask] = place + 1
            found = found[place] if place < len(found) else "ask"
        return None if found in SILENT else found


def canned(file: Path) -> Canned:
    """Return the offices of a test file: those of all its conversations, else of the first that has some."""
    try:
        read = conversations.read(file.read_bytes(), str(file))
    except OSError as error:
        raise GatewayError(f"{file}: it cannot be read: {error.strerror}") from error
    if read.suite is None:
        raise Misconfigured([str(complaint) for complaint in sorted(read.document.complaints)])
    own = next((one.offices for one in read.suite.conversations if one.offices), {})
    return Canned({**own, **read.suite.offices})
