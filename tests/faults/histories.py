"""Callbacks as networks mangle them, and what must be answered: a model of sessions in sixty lines.

A telecom's callbacks of some citizens are shuffled, dropped, repeated and interleaved. The model knows nothing of the
gateway's code: for each family of telecoms it says which screen each callback must get. The service it answers for
shows the answers that it took so far, so that an answer taken twice, lost, or taken from another citizen shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Literal

Family = Literal["cumulative", "numbered", "unnumbered"]
ASKED = 4  # answers until the end
SOON, LATE = 0.5, 10.0  # seconds between two callbacks: a repeat of the telecom's, and a person who read the screen
REPEAT_WITHIN = 2.0  # seconds

SERVICE = "\n".join(
    [
        "service: county-home", "version: 1", "agency: test", "title: Echo", "languages: [en]", "resume_for: 0",
        "start: s0", 'keys: {back: "*", home: "90", more: "91", keep: "92", skip: "93"}', "screens:",
        *(
            f'  s{n}: {{ask: {{text: "{n}:{"".join(f"{{a{m}}}." for m in range(n))}", save: a{n}, '
            f"answer: {{kind: text, max: 30}}, go: s{n + 1}}}}}"
            for n in range(ASKED)
        ),
        f'  s{ASKED}: {{end: {{text: "{ASKED}:{"".join(f"{{a{m}}}." for m in range(ASKED))}"}}}}',
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Callback:
    """One callback as it arrives: whose, which of the session's it was, what was typed, and how long after the last."""

    citizen: int
    number: int
    typed: tuple[str, ...]  # what she had typed by then
    pause: float


def history(chance: Random) -> list[Callback]:
    """Return a mangled history of one to three citizens."""
    arriving: list[Callback] = []
    for citizen in range(chance.randint(1, 3)):
        answers = tuple(chance.choice(["1", "1", "2", "maji"]) for _ in range(chance.randint(0, ASKED + 1)))
        own = [Callback(citizen, n, answers[:n], chance.choice([SOON, LATE])) for n in range(len(answers) + 1)]
        own = [callback for callback in own if chance.random() > 0.1]
        arriving += [callback for callback in own for _ in range(chance.choice([1, 1, 1, 2, 3]))]
        if chance.random() < 0.3:
            chance.shuffle(arriving)
    if chance.random() < 0.5:
        arriving.sort(key=lambda callback: (callback.number, chance.random()))
    return arriving


@dataclass(slots=True)
class Session:
    """What the model knows of one session."""

    taken: list[str] = field(default_factory=list)
    heard: str = ""  # the transcript
    replies: dict[str, str] = field(default_factory=dict)
    last: str | None = None  # what was typed last
    over: bool = False

    def screen(self) -> str:
        shown = "".join(f"{answer}." for answer in self.taken)
        self.over = len(self.taken) == ASKED
        return f"{'END' if self.over else 'CON'} {len(self.taken)}:{shown}"


GOOD_BYE = "END Thank you. Good-bye."


@dataclass(slots=True)
class Model:
    """Says which screen each callback must get."""

    family: Family
    sessions: dict[int, Session] = field(default_factory=dict)
    touched: dict[int, float] = field(default_factory=dict)

    def answer(self, callback: Callback, now: float) -> str:
        """Return the screen for a callback that arrives at `now`."""
        text = "*".join(callback.typed)
        mark = text if self.family == "cumulative" else str(callback.number)
        session = self.sessions.get(callback.citizen)
        if self.family == "unnumbered":
            soon = now - self.touched.get(callback.citizen, -1e9) < REPEAT_WITHIN
            mark = callback.typed[-1] if callback.typed else ""
            if session is not None and soon and session.last == mark:
                return session.replies[mark]
        elif session is not None and mark in session.replies:
            return session.replies[mark]
        reply = self._new(callback, text, session)
        session = self.sessions[callback.citizen]
        if reply != GOOD_BYE:
            session.replies[mark], session.heard, session.last = reply, text, mark
            self.touched[callback.citizen] = now
        return reply

    def _new(self, callback: Callback, text: str, session: Session | None) -> str:
        begins = callback.number == 0 if self.family != "cumulative" else session is None
        typed = callback.typed[-1] if callback.typed else ""
        if session is not None and self.family == "cumulative":
            goes_on = text.startswith(session.heard) and len(text) > len(session.heard)
            goes_on = goes_on and (not session.heard or text[len(session.heard)] == "*")
            typed = text[len(session.heard) :].removeprefix("*") if session.heard else text
            begins = not goes_on
        if session is None or begins:
            self.sessions[callback.citizen] = session = Session()
            if self.family == "cumulative" and callback.typed and not self.touched.get(callback.citizen):
                return self._ahead(session, callback.typed)
            return session.screen()
        if session.over:
            return GOOD_BYE
        session.taken.append(typed)
        return session.screen()

    def _ahead(self, session: Session, typed: tuple[str, ...]) -> str:
        """A first callback with a transcript: the answers before it were lost on the way, and are taken from it."""
        session.taken += typed[:ASKED]
        return session.screen()
