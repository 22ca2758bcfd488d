"""Runs one conversation offline, as `talk` and `sms` would: the engine, canned offices, a clock that the test sets.

Between every two turns the state goes through its stored form, sealed where there is a secret in it. Touches nothing
but the system's chance, for the seal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal

import orjson

from gateway import engine, references
from gateway.crypto import Keys
from gateway.engine import Edition, Facts, Fetched, Opened, Paused, State, Typed
from gateway.language import commands
from gateway.language.text import SMS, USSD, Limits
from gateway.workshop.rehearsal.conversations import SILENT, Conversation, Filed, Offices, Rating, Turn
from gateway.workshop.rehearsal.coverage import Trace

KEYS = Keys.derive(bytes(32))  # nothing that is sealed in a rehearsal is kept
ABOUT = b"rehearsal"
EARLIER = 1_000_000  # the seeds of requests that were filed before; no conversation has so many turns


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a conversation takes place: the services, and what the configuration says of the world around them."""

    edition: Edition
    zone: tzinfo
    country: str = "KE"
    code: str = "*384*70#"
    limits: Limits = USSD


@dataclass(frozen=True, slots=True)
class Screen:
    """What the citizen saw, references as {R1}; `more` is False where the session was over."""

    text: str
    more: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a conversation could not go on after the screen of a turn (from 0), and what to do."""

    turn: int
    what: str
    todo: str


@dataclass(slots=True)
class Played:
    """How a conversation went: a screen for each turn it came to, what came out, and the asks that nobody used."""

    screens: list[Screen] = field(default_factory=list)
    filed: list[Filed] = field(default_factory=list)
    sms: list[str] = field(default_factory=list)
    rated: list[Rating] = field(default_factory=list)
    remembers: str | None = None
    trouble: Trouble | None = None
    used: set[tuple[str, str]] = field(default_factory=set)  # answers for all conversations
    unused: list[tuple[str, str, int]] = field(default_factory=list)  # answers of this one: office, ask, which


class Stopped(Exception):
    """The conversation cannot go on: what is wrong, and what to do."""


def rehearse(
    conversation: Conversation, service: str, offices: Offices, setting: Setting, trace: Trace | None = None
) -> Played:
    """Return how the conversation goes. `service` is where it begins if it does not say; `offices` are for all."""
    played = Played()
    counter = _Counter(conversation.offices, offices, played)
    phone = _Phone(conversation, conversation.service or service, setting, counter, played, trace or Trace())
    turn = -1
    try:
        phone.begin()
        for turn, now in enumerate(conversation.turns):
            played.screens.append(phone.screen())
            phone.act(now, last=turn == len(conversation.turns) - 1)
    except Stopped as stopped:
        played.trouble = Trouble(max(turn, 0), *stopped.args)
    played.unused = counter.unused()
    return played


class _Counter:
    """The offices: gives out what the test says that they answer."""

    def __init__(self, own: Offices, shared: Offices, played: Played) -> None:
        self.own, self.shared, self.played = own, shared, played
        self.given: dict[tuple[str, str], int] = {}

    def answer(self, wish: engine.Fetch) -> Mapping[str, Any] | Literal["missing"] | None:
        """Return what the office answers this time. Raises Stopped."""
        key = (wish.office, wish.ask)
        outcome = self._outcome(key)
        if outcome == "missing":
            return "missing"
        return None if outcome in SILENT else outcome

    def _outcome(self, key: tuple[str, str]) -> Any:
        office, ask = key
        mine = ask in self.own.get(office, {})
        found = self.own[office][ask] if mine else self.shared.get(office, {}).get(ask)
        if found is None:
            todo = f"add offices: {{{office}: {{{ask}: …}}}}"
            raise Stopped(f"{office} is asked {ask!r}, and the test does not say what it answers", todo)
        if not mine:
            self.played.used.add(key)
        times = self.given[key] = self.given.get(key, 0) + 1
        if not isinstance(found, list):
            return found
        if times > len(found):
            what = f"{office} is asked {ask!r} {times} times, and the test has {len(found)} answers"
            raise Stopped(what, "add another to the list, or leave the list out")
        return found[times - 1]

    def unused(self) -> list[tuple[str, str, int]]:
        """Return the answers of this conversation that no office gave."""
        left = []
        for office, asks in self.own.items():
            for ask, outcome in asks.items():
                count = len(outcome) if isinstance(outcome, list) else 1
                left += [(office, ask, place) for place in range(self.given.get((office, ask), 0), count)]
        return left


class _Phone:
    """The citizen's phone, and all that the gateway does for it."""

    def __init__(
        self, conversation: Conversation, service: str, setting: Setting, counter: _Counter, played: Played,
        trace: Trace,
    ) -> None:  # fmt: skip
        self.conversation, self.service, self.setting = conversation, service, setting
        self.counter, self.played, self.trace = counter, played, trace
        self.now = datetime.combine(conversation.today, conversation.now, setting.zone)
        self.language = conversation.language
        self.turns = 0
        self.touched = self.now
        self.stored = b""  # the state as it is kept; empty for none
        self.shown, self.more = "", False
        self.numbered: dict[str, str] = {}  # R1 … by reference
        self.rows = [self._earlier(place) for place in range(len(conversation.requests))]

    def _earlier(self, place: int) -> dict[str, str]:
        request = self.conversation.requests[place]
        reference = self._number(references.make(EARLIER + place))
        row = {"reference": reference, "title": request.title, "state": request.state, "at": request.on.isoformat()}
        return {**row, "word": request.word} if request.word else row

    def _number(self, reference: str) -> str:
        self.numbered[reference] = f"R{len(self.numbered) + 1}"
        return reference

    # --- what the citizen does

    def begin(self) -> None:
        """Dial, or send the first SMS. Raises Stopped."""
        if self.conversation.text is not None:
            self._text(self.conversation.text)
        elif self.conversation.over == "sms":
            self._open(self.service, ())
        else:
            self._dial(self.conversation.dial)

    def act(self, turn: Turn, *, last: bool) -> None:
        """Do what the turn says. Raises Stopped."""
        self.now += timedelta(seconds=turn.wait)
        if turn.type is not None:
            self._type(self._meant(turn.type))
        elif turn.drop or turn.dial is not None:
            self._dial(turn.dial or "")
        elif not self.more and not last:
            raise Stopped("the session is over here, and the test has further turns", "delete them, or dial: again")

    def _type(self, typed: str) -> None:
        if self.conversation.over == "sms":
            self._text(typed)
        elif self.more:
            self._happen(Typed(typed), self._state())
        else:
            what = f"the session is over here, and the test types {typed!r}"
            raise Stopped(what, "delete it, or dial: again")

    def _text(self, text: str) -> None:
        """An SMS goes on with the conversation; a keyword alone, or one with nothing to go on with, begins another."""
        first, _, rest = text.strip().partition(" ")
        live = self.more and bool(self.stored)
        claimed = self._claimed(first)
        if live and (claimed is None or rest.strip()):
            self._happen(Typed(text.strip()), self._state())
        elif claimed is not None:
            service, spoken = claimed
            self._open(service, commands.portions(rest), spoken)
        else:
            raise Stopped(f"no service has the keyword {first!r}", "begin with a keyword of the service")

    def _claimed(self, word: str) -> tuple[str, str | None] | None:
        for service in self.setting.edition.services.values():
            if word.upper() in service.claimed:
                return service.service, service.claimed[word.upper()]
        return None

    def _dial(self, ahead: str) -> None:
        inputs = tuple(self._meant(part) for part in ahead.strip("*#").split("*")) if ahead.strip("*#") else ()
        self._open(self.service, inputs)

    def _open(self, service: str, inputs: tuple[str, ...], language: str | None = None) -> None:
        if service not in self.setting.edition.services:
            raise Stopped(f"there is no service {service!r}", "correct the name, or the name of the file")
        if self.setting.edition.services[service].takes:
            raise Stopped(f"{service!r} is given something: only another service can open it", "test that one")
        self._happen(Opened(service, inputs, language or self.language, self._paused(service)), None)

    def _paused(self, root: str) -> Paused | None:
        """Return the conversation that was dropped, if it is not too late to go on with it."""
        if not self.stored or self.conversation.over == "sms":
            return None
        state = self._state()
        stood_in = self.setting.edition.services[(state.paused.state if state.paused else state).service]
        late = (self.now - self.touched).total_seconds() >= stood_in.resume_for
        begun_in = state.frames[0].service if state.frames else state.service
        return None if late or begun_in != root else Paused(self.setting.edition.hash, state)

    # --- what the gateway does

    def _happen(self, event: Opened | Typed, state: State | None) -> None:
        self.turns += 1
        edition, facts = self.setting.edition, self._facts()
        self.trace.speaking(self.language if state is None else state.language)
        try:
            step = engine.step(self.trace.over(edition), self.trace.marked(state), event, facts)
            effects = step.effects
            while step.wish is not None:
                found = self._fulfilled(step.wish)
                step = engine.step(self.trace.over(edition), step.state, Fetched(found), facts)
                effects = (*effects, *step.effects)
        except engine.MenuTrouble as error:
            raise Stopped(f"the menu cannot go on: {error}", "run `gateway check`") from error
        for effect in effects:
            self._keep(effect)
        self.trace.showed(step)
        self.shown, self.more, self.touched = step.text, step.more, self.now
        self.stored = b"" if step.state is None else _closed(step.state)

    def _facts(self) -> Facts:
        conversation, setting = self.conversation, self.setting
        sms = conversation.over == "sms"
        return Facts(
            channel=conversation.over,
            phone=conversation.number,
            now=self.now,
            seed=self.turns,
            limits=SMS if sms else setting.limits,
            network=conversation.network,
            short_code=conversation.code or setting.code,
            country=setting.country,
            earlier=self.trace.over(setting.edition),
        )

    def _fulfilled(self, wish: engine.Wish) -> Mapping[str, Any] | Literal["missing"] | None:
        if isinstance(wish, engine.Fetch):
            return self.counter.answer(wish)
        return {"requests": [row for row in self.rows if wish.reference in (None, row["reference"])]}

    def _keep(self, effect: engine.Effect) -> None:
        match effect:
            case engine.Submit():
                reference = self._number(effect.reference)
                row = {"reference": reference, "title": effect.title, "state": "queued", "at": self._day()}
                self.rows.insert(0, row)
                self.played.filed.append(
                    Filed(office=effect.office, ask=effect.ask, send=self._blind_in(dict(effect.send)))
                )
            case engine.Message():
                self.played.sms.append(self._blind(effect.text))
            case engine.Rated():
                reference = self._blind(effect.reference).strip("{}")
                rating = Rating(score=effect.score, comment=effect.comment, reference=reference)
                self.played.rated.append(rating)
            case engine.Remember():
                self.language = self.played.remembers = effect.language

    def _day(self) -> str:
        return self.now.date().isoformat()

    def _state(self) -> State:
        return engine.restored(orjson.loads(_opened(self.stored)))

    # --- references

    def screen(self) -> Screen:
        """Return what the phone shows."""
        return Screen(self._blind(self.shown), self.more)

    def _blind(self, text: str) -> str:
        for reference, name in self.numbered.items():
            text = text.replace(reference, f"{{{name}}}")
        return text

    def _blind_in(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._blind(value)
        if isinstance(value, dict):
            return {key: self._blind_in(part) for key, part in value.items()}
        return [self._blind_in(part) for part in value] if isinstance(value, list) else value

    def _meant(self, typed: str) -> str:
        for reference, name in self.numbered.items():
            typed = typed.replace(f"{{{name}}}", reference)
        return typed


def _closed(state: State) -> bytes:
    """Return the state as the store keeps it: sealed if there is a secret in it."""
    body: bytes = orjson.dumps(engine.plain(state))
    return b"S" + KEYS.seal(body, ABOUT) if b'"secrets":' in body else b"C" + body


def _opened(stored: bytes) -> bytes:
    return KEYS.open(stored[1:], ABOUT) if stored[:1] == b"S" else stored[1:]
