"""One number's calls and texts without a gateway: the engine, and a memory of what it was told. Pure.

What offices answer is given from outside: a turn with a `wish` has no screen yet, and `told` goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gateway import engine, references
from gateway.engine import Edition, Effect, Facts, Fetch, Fetched, Opened, Paused, Recall, State, Step, Submit, Typed
from gateway.language import words
from gateway.language.commands import COMMANDS, keywords, naming, portions
from gateway.language.root import Service

Answer = Mapping[str, Any] | Literal["missing"] | None  # what an office says; None: too slow, down or nonsense


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn comes to: the screen and whether the session goes on; or a `wish`, and no screen yet."""

    text: str = ""
    more: bool = True
    effects: tuple[Effect, ...] = ()
    wish: Fetch | None = None


@dataclass(slots=True)
class Walk:
    """A number in front of one edition of the menus. `about` are the facts of every turn but its time and its seed."""

    edition: Edition
    service: str
    about: Facts
    clock: Callable[[], datetime]
    seed: Callable[[], int]
    language: str = ""
    state: State | None = None
    touched: datetime | None = None
    filed: list[dict[str, str]] = field(default_factory=list)
    asking: State | None = None  # where a turn waits for an office; nothing of it is kept until there is a screen
    facts: Facts | None = None

    def dial(self, ahead: tuple[str, ...] = ()) -> Turn:
        """Begin a session; a conversation that was dropped is offered again."""
        event = Opened(self.service, ahead, self.language or None, self._paused())
        return self._happened(None, event)

    def press(self, typed: str) -> Turn:
        """Answer the screen that is shown."""
        return self._happened(self.state, Typed(typed))

    def text(self, written: str) -> Turn:
        """Take one SMS: a command, a keyword, or an answer."""
        first, _, rest = written.strip().partition(" ")
        command = COMMANDS.get(first.upper().strip(".!"))
        if command is not None and not (rest and command != "status"):
            return Turn(self._commanded(command, rest.strip()), self.state is not None)
        claimed = self._claimed(first)
        if self.state is not None and (claimed is None or rest.strip()):
            return self._happened(self.state, Typed(written))
        if claimed is None:
            return Turn(naming("unknown_keyword", self._language(), self.keywords()), False)
        service, spoken = claimed
        return self._happened(None, Opened(service, portions(rest), spoken or self.language or None))

    def told(self, answer: Answer) -> Turn:
        """Go on with what the office answered."""
        assert self.facts is not None and self.asking is not None
        return self._stepped(self.asking, Fetched(answer), self.facts, ())

    # --- the engine

    def _happened(self, state: State | None, event: Opened | Typed) -> Turn:
        self.facts = self.about._replace(now=self.clock(), seed=self.seed(), earlier=self.edition)
        return self._stepped(state, event, self.facts, ())

    def _stepped(
        self, state: State | None, event: Opened | Typed | Fetched, facts: Facts, before: tuple[Effect, ...]
    ) -> Turn:
        step = engine.step(self.edition, state, event, facts)
        effects = (*before, *step.effects)
        self._note(step, facts)
        match step.wish:
            case Recall(reference, service):
                return self._stepped(step.state, Fetched(self._own(reference, service)), facts, effects)
            case Fetch():
                self.asking = _through_json(step.state)
                return Turn(effects=effects, wish=step.wish)
        self.state, self.asking, self.touched = _through_json(step.state), None, facts.now
        return Turn(step.text, step.more, effects)

    def _note(self, step: Step, facts: Facts) -> None:
        day = facts.now.date().isoformat()
        for effect in step.effects:
            match effect:
                case Submit(reference=reference, title=title, service=service):
                    row = {"reference": reference, "title": title, "state": "queued", "at": day}
                    self.filed.insert(0, {**row, "service": service})
                case engine.Remember(language=language):
                    self.language = language

    def _own(self, reference: str | None, service: str | None = None) -> dict[str, Any]:
        rows = (row for row in self.filed if reference is None or row["reference"] == reference)
        return {"requests": [row for row in rows if service is None or row.get("service", service) == service][:5]}

    def _paused(self) -> Paused | None:
        if self.state is None or self.touched is None:
            return None
        waited = (self.clock() - self.touched).total_seconds()
        service = self.edition.services[(self.state.paused.state if self.state.paused else self.state).service]
        return Paused(self.edition.hash, self.state) if waited < service.resume_for else None

    # --- SMS

    def _claimed(self, word: str) -> tuple[str, str | None] | None:
        wanted = word.upper()
        for service in self._services():
            if wanted in service.claimed:
                return service.service, service.claimed[wanted]
        return None

    def _services(self) -> list[Service]:
        """Return the services, the one that is tried first."""
        mine = self.edition.services[self.service]
        return [mine, *(service for service in self.edition.services.values() if service is not mine)]

    def keywords(self) -> list[str]:
        """Return the first keyword of each service that has one, the tried service's first."""
        return keywords(self._services(), self._language())

    def _commanded(self, command: str, rest: str) -> str:
        match command:
            case "stop":
                return self._said("stopped")
            case "start":
                return self._said("started")
            case "status":
                return self._standing(rest)
        return naming("help_sms", self._language(), self.keywords())

    def _standing(self, rest: str) -> str:
        rows = self._own(references.read(rest) or rest if rest else None)["requests"][:3]
        lines = [f"{row['title']} {row['reference']}: {self._said('state_' + row['state'])}" for row in rows]
        return "\n".join(lines) or self._said("no_such_reference" if rest else "no_requests")

    def _said(self, key: str) -> str:
        return words.say(key, self._language())

    def _language(self) -> str:
        spoken = self.state.language if self.state is not None else self.language
        return spoken or self.edition.services[self.service].languages[0]


def _through_json(state: State | None) -> State | None:
    """Return the state as a session would have kept it."""
    return engine.restored(engine.plain(state)) if state is not None else None
