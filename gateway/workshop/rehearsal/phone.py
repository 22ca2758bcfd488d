"""Runs one conversation offline, as `talk` and `sms` would: the engine, canned offices, a clock that the test sets.

Between every two turns the state goes through its stored form, sealed where there is a secret in it. Touches nothing
but the system's chance, for the seal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal

import orjson

from gateway import engine, references
from gateway.crypto import Keys
from gateway.engine import Edition, Facts, State
from gateway.language import places
from gateway.language.conditions import ConditionError
from gateway.language.text import USSD, Limits
from gateway.workshop import offline
from gateway.workshop.offline import Walk
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
    networks: Mapping[str, Limits] = field(default_factory=dict)


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
    turn = 0
    try:
        phone = _Phone(conversation, conversation.service or service, setting, counter, played, trace or Trace())
        phone.begin()
        for turn, now in enumerate(conversation.turns):
            played.screens.append(phone.screen())
            phone.act(now, last=turn == len(conversation.turns) - 1)
    except Stopped as stopped:
        played.trouble = Trouble(turn, *stopped.args)
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
            what = f"{office} is asked {ask!r} once more than the test has answers ({len(found)})"
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
        self.conversation, self.setting = conversation, setting
        self.counter, self.played, self.trace = counter, played, trace
        self.now = datetime.combine(conversation.today, conversation.now, setting.zone)
        self.turns = 0
        self.shown, self.more = "", False
        self.numbered: dict[str, str] = {}  # R1 … by reference
        self.walk = self._walk(service)
        self.walk.filed = [self._earlier(place) for place in range(len(conversation.requests))]

    def _walk(self, service: str) -> Walk:
        conversation, setting = self.conversation, self.setting
        if service not in setting.edition.services:
            raise Stopped(f"there is no service {service!r}", "correct the name, or the name of the file")
        if setting.edition.services[service].takes:
            raise Stopped(f"{service!r} is given something: only another service can open it", "test that one")
        spoken = {tongue for one in setting.edition.services.values() for tongue in one.languages}
        if conversation.language is not None and conversation.language not in spoken:
            raise Stopped(f"no service speaks {conversation.language!r}", places.nearest(conversation.language, spoken))
        limits = setting.networks.get(conversation.network, setting.limits)
        about = Facts(
            channel=conversation.over,
            phone=conversation.number,
            now=self.now,
            seed=0,
            limits=limits.as_sms() if conversation.over == "sms" else limits,
            network=conversation.network,
            short_code=conversation.code or setting.code,
            country=setting.country,
        )
        edition, language = self.trace.over(setting.edition), conversation.language or ""
        return Walk(edition, service, about, lambda: self.now, lambda: self.turns, language)

    def _earlier(self, place: int) -> dict[str, str]:
        request = self.conversation.requests[place]
        reference = self._number(references.make(EARLIER + place))
        row = {"reference": reference, "title": request.title, "state": request.state, "at": request.on.isoformat()}
        return {**row, "word": request.word} if request.word else row

    # --- what the citizen does

    def begin(self) -> None:
        """Dial, or send the first SMS. Raises Stopped."""
        text = self.conversation.text
        if text is not None:
            self._happen(lambda: self.walk.text(text))
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
            self._happen(lambda: self.walk.text(typed))
        elif self.more:
            self._happen(lambda: self.walk.press(typed))
        else:
            what = f"the session is over here, and the test types {typed!r}"
            raise Stopped(what, "delete it, or dial: again")

    def _dial(self, ahead: str) -> None:
        code = (self.conversation.code or self.setting.code).removesuffix("#")
        ahead = ahead.removeprefix(code).strip("*#")
        inputs = tuple(self._meant(part) for part in ahead.split("*")) if ahead else ()
        self._happen(lambda: self.walk.dial(inputs))

    # --- what the gateway does

    def _happen(self, first: Callable[[], offline.Turn]) -> None:
        """Make one turn, with the offices' answers. Raises Stopped."""
        self.turns += 1
        walk = self.walk
        walk.state = self.trace.marked(_stored(walk.state))
        self.trace.speaking(walk.state.language if walk.state is not None else walk.language)
        try:
            turn = first()
            effects = turn.effects
            while turn.wish is not None:
                turn = walk.told(self.counter.answer(turn.wish))
                effects = (*effects, *turn.effects)
        except engine.MenuTrouble as error:
            raise Stopped(f"the menu cannot go on: {error}", "run `gateway check`") from error
        except ConditionError as error:
            raise Stopped(f"the menu cannot go on: {error}", "mend the expression in the menu") from error
        for effect in effects:
            self._keep(effect)
        self.trace.showed(walk.state, effects)
        self.shown, self.more = turn.text, turn.more

    def _keep(self, effect: engine.Effect) -> None:
        match effect:
            case engine.Submit():
                self._number(effect.reference)
                filed = Filed(office=effect.office, ask=effect.ask, send=self._blind_in(dict(effect.send)))
                self.played.filed.append(filed)
            case engine.Message():
                self.played.sms.append(self._blind(effect.text))
            case engine.Rated():
                reference = self._blind(effect.reference).strip("{}")
                rating = Rating(score=effect.score, comment=effect.comment, reference=reference)
                self.played.rated.append(rating)
            case engine.Remember():
                self.played.remembers = effect.language

    # --- references

    def screen(self) -> Screen:
        """Return what the phone shows."""
        return Screen(self._blind(self.shown), self.more)

    def _number(self, reference: str) -> str:
        self.numbered[reference] = f"R{len(self.numbered) + 1}"
        return reference

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


def _stored(state: State | None) -> State | None:
    """Return a state as it comes back from the store: through JSON, sealed where there is a secret in it."""
    if state is None:
        return None
    body: bytes = orjson.dumps(engine.plain(state))
    if b'"secrets":' in body:
        body = KEYS.open(KEYS.seal(body, ABOUT), ABOUT)
    return engine.restored(orjson.loads(body))
