"""What the sample government remembers while it runs: what it was sent, which SMS, which faults are on. Memory only."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

Mode = Literal["ok", "slow", "down", "refuse", "lost"]
MODES: tuple[str, ...] = get_args(Mode)
COUNTY = (
    "permits", "treasury", "lands", "payroll", "procurement", "roads", "civil-registry", "clinics", "schools",
    "complaints", "emergency",
)  # fmt: skip
OFFICES = ("water", "tax", "projects", *COUNTY, "africastalking", "twilio")

# The names that the gateway's configuration uses mean the same offices.
ALSO_CALLED = {
    "water-billing": "water",
    "water-crm": "water",
    "tax-authority": "tax",
    "projects-register": "projects",
}
QUESTIONS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """How an office behaves at present; `seconds` is how long it takes while it is slow."""

    mode: str = "ok"
    seconds: float = 8.0


@dataclass(slots=True)
class Entry:
    """One request as an office received it. The same key again adds to `times` and makes no second entry."""

    office: str
    operation: str
    key: str | None
    body: Any
    at: str
    times: int = 1
    done: bool = False
    digest: bytes = b""
    answer: dict[str, Any] | None = None


@dataclass(slots=True)
class Desk:
    """Everything the sample government knows. `gateway` is where delivery reports go; empty: nowhere."""

    gateway: str = ""
    report_after: float = 0.5
    faults: dict[str, Fault] = field(default_factory=lambda: dict.fromkeys(OFFICES, Fault()))
    keyed: dict[tuple[str, str], Entry] = field(default_factory=dict)
    questions: deque[Entry] = field(default_factory=lambda: deque(maxlen=QUESTIONS_KEPT))
    sms: list[dict[str, Any]] = field(default_factory=list)
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    reports: set[asyncio.Task[None]] = field(default_factory=set)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def received(self) -> list[dict[str, Any]]:
        """Return what the offices were sent, oldest first, for `GET /received`."""
        entries = sorted([*self.keyed.values(), *self.questions], key=lambda entry: entry.at)
        shown = ("office", "operation", "key", "body", "at", "times", "done", "answer")
        return [{name: getattr(entry, name) for name in shown} for entry in entries]

    def forget_received(self) -> None:
        """Begin again with nothing received: keys and tickets are forgotten too."""
        self.keyed.clear()
        self.questions.clear()
        self.tickets.clear()


def now() -> str:
    """Return the present time in UTC, as ISO 8601 with microseconds."""
    return datetime.now(UTC).isoformat()
