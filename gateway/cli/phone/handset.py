"""What the phone does: its keys, its line, the clock of the telecom's session, its messages. Touches its line only.

A key is a character, or a word such as `send`; `tick` looks at the clock. Nothing here draws or reads a keyboard.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway import engine
from gateway.cli.phone.lines import Line, Question
from gateway.engine import Fetch
from gateway.language import text
from gateway.messages import GatewayError
from gateway.workshop.offline import Answer, Turn
from gateway.workshop.rehearsal.conversations import spoken
from gateway.workshop.rehearsal.writing import flow

Call = Literal["idle", "open", "over", "dropped"]
SAYS: Mapping[str, tuple[str, Answer]] = {
    "2": ("there is no such thing", "missing"), "3": ("nothing, it is slow", None), "4": ("nothing, it is down", None),
}  # fmt: skip
LOST = "The call was lost.\nSend dials again."
TIMED_OUT = "The network ended the session: its time is up.\nSend dials again."
HUNG_UP = "You hung up.\nSend dials again."
NO_SERVICE = "Connection problem or invalid code.\nSend dials again."


@dataclass(frozen=True, slots=True)
class Note:
    """One SMS on the phone: `mine` went out, the others came in."""

    text: str
    mine: bool = False


@dataclass(slots=True)
class Handset:
    """A phone in a hand. `clock` gives seconds; a session lasts `time_out`. `drop_after` 0 loses no line."""

    line: Line
    clock: Callable[[], float]
    code: str
    network: str
    time_out: float = 180.0
    drop_after: int = 0
    sms: bool = False
    canned: Callable[[Fetch], Answer | Literal["ask"]] = lambda wish: "ask"
    call: Call = "idle"
    screen: str = ""
    typed: str = ""
    on: bool = True
    inbox: bool = False
    unread: int = 0
    busy: bool = False
    question: Question | None = None
    notes: list[Note] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    started: float = 0.0
    answers: int = 0

    # --- keys

    def key(self, key: str) -> None:
        """Press a key."""
        pressed = KEYS.get(key)
        if pressed is not None:
            pressed(self)
        elif len(key) == 1 and key.isprintable():
            self.typed += key

    def tick(self) -> None:
        """Look at the clock: a session whose time is up is over. An SMS conversation has time."""
        if self.call == "open" and not self.sms and self.left <= 0:
            self.drop(TIMED_OUT)

    @property
    def left(self) -> float:
        """Seconds that are left of the telecom's session."""
        return self.time_out - (self.clock() - self.started)

    def start(self) -> None:
        """Switch on: a phone dials, one for SMS waits for what is texted. Raises GatewayError when nobody answers."""
        if not self.sms:
            self.dial()

    def dial(self) -> None:
        """Dial. Raises GatewayError when nobody answers."""
        self.call, self.typed, self.inbox, self.started, self.answers = "open", "", False, self.clock(), 0
        self._show(self.line.dial())

    def send(self) -> None:
        """Send what was typed; without a session, dial again."""
        if self.question is not None:
            self._reached(self._answer)
        elif self.sms:
            self._reached(self._text)
        elif self.call == "open":
            self._reached(self._press)
        else:
            self.redial()

    def redial(self) -> None:
        """Hang up if need be, and dial again."""
        if self.sms:
            return
        self.question = None
        self._reached(self.dial)

    def drop(self, why: str) -> None:
        """The line is dead; what was typed and not sent is gone."""
        if self.call != "open" or self.sms:
            return
        self.call, self.screen, self.typed, self.question = "dropped", why, "", None
        self.told.append(why.split("\n")[0])

    def clear(self) -> None:
        """Clear what was typed."""
        self.typed = ""

    def rub(self) -> None:
        """Take back one character."""
        self.typed = self.typed[:-1]

    def turn_over(self) -> None:
        """Look at the messages, or back at the call."""
        self.inbox = not self.inbox and not self.sms
        self.unread = 0

    def quit(self) -> None:
        """Put the phone away."""
        self.on = False

    # --- turns

    def _press(self) -> None:
        typed, self.typed, self.inbox = self.typed, "", False
        self.answers += 1
        self._show(self.line.press(typed))
        if self.drop_after and self.answers >= self.drop_after and self.call == "open" and self.question is None:
            self.drop_after = 0
            self.drop(LOST)

    def _text(self) -> None:
        typed, self.typed = self.typed, ""
        if typed.strip():
            self.notes.append(Note(typed, mine=True))
            self._show(self.line.press(typed))

    def _reached(self, turn: Callable[[], None]) -> None:
        try:
            turn()
        except GatewayError as error:
            self.call, self.screen = "dropped", NO_SERVICE
            self.told.append(str(error))

    def _show(self, turn: Turn) -> None:
        self._tell(turn)
        while turn.wish is not None:
            answer = self.canned(turn.wish)
            if answer == "ask":
                self.question = self.line.question(turn.wish)
                return
            turn = self.line.told(answer)
            self._tell(turn)
        if self.sms:
            self.notes.append(Note(turn.text))
        self.screen, self.call = turn.text, "open" if turn.more else "over"

    def _tell(self, turn: Turn) -> None:
        for effect in turn.effects:
            if isinstance(effect, engine.Message):
                self.notes.append(Note(effect.text))
                self.unread += 1
                self.told.append("an SMS arrives (Tab shows it)")
            else:
                self.told.append(said(effect))

    # --- speaking for an office

    def _answer(self) -> None:
        question = self.question
        assert question is not None
        typed, self.typed = self.typed.strip(), ""
        if question.name is not None and question.found is not None:
            self._take(question, question.name, typed)
        elif typed == "1":
            question.found = {}
        elif typed not in SAYS:
            return
        if question.found is None:
            self._speak(question, *SAYS[typed])
        elif question.name is None:
            self._speak(question, flow(question.found), question.found)

    def _take(self, question: Question, name: str, typed: str) -> None:
        sample = question.sample[name]
        value = _value(typed, sample)
        if isinstance(value, list) != isinstance(sample, list):
            form = "a list" if isinstance(sample, list) else "one value"
            self.told.append(f"{name} must be {form}, such as {flow(sample)}; type it again")
            return
        assert question.found is not None
        question.found[name] = value

    def _speak(self, question: Question, words: str, answer: Answer) -> None:
        self.question = None
        self.told.append(f"{question.office} says: {words}")
        self._show(self.line.told(answer))


def _value(typed: str, sample: Any) -> Any:
    """Return what was typed as JSON or as a test has it where it is that, else as a text; nothing is the sample."""
    if not typed:
        return sample
    for read in (json.loads, spoken) if typed[0] in "[{" else (json.loads,):
        try:
            return read(typed)
        except ValueError:
            continue
    return typed


def said(effect: engine.Effect) -> str:
    """Say what would happen outside of the phone."""
    match effect:
        case engine.Submit():
            return f"files {effect.reference} for {effect.office}"
        case engine.Message():
            return f"sends an SMS ({text.segments(effect.text)} part): {effect.text}"
        case engine.Remember():
            return f"remembers the language {effect.language}"
        case engine.Rated(reference, score, comment):
            return f"rates {reference}: {score} of 5" + (f", {comment!r}" if comment else "")


KEYS: Mapping[str, Callable[[Handset], None]] = {
    "send": Handset.send,
    "rub": Handset.rub,
    "clear": Handset.clear,
    "hang up": lambda phone: phone.drop(HUNG_UP),
    "lose": lambda phone: phone.drop(LOST),
    "redial": Handset.redial,
    "messages": Handset.turn_over,
    "quit": Handset.quit,
}
