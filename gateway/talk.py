"""One turn of a conversation, from what the telecom said to the committed answer. Touches the store and the offices.

A USSD turn: recall the session; the same turn again gets the stored reply; else step the engine, fulfil its wishes
within the telecom's time, keep everything in one transaction, and only then answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway import engine, transcript
from gateway.catalogue import Catalogue
from gateway.config import Channel, Config
from gateway.crypto import Chance, Keys
from gateway.engine import Edition, Facts, Fetched, Opened, Paused, State, Step, Typed
from gateway.language import words
from gateway.language.screens import written
from gateway.lookups import Lookups
from gateway.messages import Answer, Inbound, Reply, StoreTrouble
from gateway.promises import Promises
from gateway.sight import Metrics
from gateway.states import States
from gateway.store.records import Again, Kept, Recalled, Session, Stale, Turn
from gateway.store.store import Store

log = structlog.get_logger()

REPEATS_FOR = 600.0  # seconds after its last turn in which an ended session answers repeats; then its id may be reused
TRIES = 5  # at losing the race for a turn against a repeat of it

NOTHING_MORE = Reply("", False)
Clock = Callable[[], float]
Event = Opened | Typed


@dataclass(frozen=True, slots=True)
class Turned:
    """What one turn comes to: the engine's last step, all its effects, and the edition it is on."""

    step: Step
    effects: tuple[engine.Effect, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new turn goes: the session it continues (None: a new one), its start number, and what happened."""

    event: Event
    session: Session | None
    start: int
    retires: Session | None = None


class Talk:
    """Holds conversations. Everything it needs is handed to it; what it remembers between turns the store has, too."""

    def __init__(
        self, config: Config, store: Store, catalogue: Catalogue, lookups: Lookups, keys: Keys, metrics: Metrics,
        clock: Clock = time.time,
    ) -> None:  # fmt: skip
        self.config, self.store, self.catalogue, self.lookups = config, store, catalogue, lookups
        self.keys, self.metrics, self.clock = keys, metrics, clock
        self.chance = Chance()
        self.states, self.promises = States(keys), Promises(config, keys, self.chance)
        self._under_way: dict[tuple[bytes, bytes], asyncio.Future[bytes]] = {}

    async def ussd(self, channel: Channel, inbound: Inbound) -> Answer:
        """Return the committed screen for one USSD turn. Never raises: trouble is a polite END."""
        opened = channel.codes.get(inbound.code)
        if opened is None or opened.service not in self.catalogue.current.services:
            return self._apology(channel, "no_service", inbound.code)
        key = self.keys.session_key(channel.name, inbound.msisdn, inbound.session)
        mark = self.keys.mark(key, inbound.turn)
        twin = self._under_way.get((key, mark))
        if twin is not None:
            return _again(channel, await asyncio.shield(twin))
        mine: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._under_way[key, mark] = mine
        try:
            body = await self._answered(channel, inbound, key, mark)
        except Exception as error:  # noqa: BLE001  whatever it was, she gets a screen, and so does every repeat
            log.error("turn failed", channel=channel.name, number=self.keys.number_mac(inbound.msisdn), exc=error)
            apology = self._apology(channel, "trouble", inbound.code)
            mine.set_result(apology.body)
            return apology
        except BaseException:
            mine.cancel()
            raise
        finally:
            del self._under_way[key, mark]
        mine.set_result(body)
        return _again(channel, body)

    async def _answered(self, channel: Channel, inbound: Inbound, key: bytes, mark: bytes) -> bytes:
        until = time.monotonic() + channel.answer_within
        for _ in range(TRIES):
            now = self.clock()
            recalled = await self.store.recall(
                key, mark, channel=channel.name, number=inbound.msisdn, since=now - self.catalogue.longest_pause
            )
            place = self._place(channel, inbound, key, recalled, now)
            if isinstance(place, bytes):
                return place
            turned, facts = await self._turned(channel, inbound, place, recalled, until, now)
            reply = channel.telecom.render(Reply(turned.step.text, turned.step.more)).body
            turn = self._turn(channel, inbound, key, mark, reply, place, turned, facts)
            match await self.store.keep(turn):
                case Kept(session):
                    self._count(turn)
                    self.states.note(session, turned.step.state)
                    return reply
                case Again(reply=earlier):
                    return earlier
                case Stale():
                    continue
        raise StoreTrouble("the session changed again and again while this turn was answered")

    # --- what the turn is

    def _place(self, channel: Channel, inbound: Inbound, key: bytes, recalled: Recalled, now: float) -> Place | bytes:
        """Return where the turn goes, or the reply that it was given already."""
        session = recalled.session
        lately = session is not None and now - session.touched < REPEATS_FOR
        if session is not None and lately and recalled.reply is not None:
            return recalled.reply
        live = session if session is not None and session.ended is None and lately else None
        ended = session if session is not None and session.ended is not None and lately else None
        heard = live or ended
        previous = transcript.Heard(heard.heard_length, heard.heard_mac) if heard else None
        start = session.start + 1 if session is not None else 1
        match transcript.read(previous, inbound.text, lambda text: self.keys.mark(key, text)):
            case transcript.Typed(text) if live is not None:
                return Place(Typed(text), live, live.start)
            case transcript.Typed() | transcript.Repeated() if ended is not None:
                return self._apology(channel, "good_bye", inbound.code).body
            case transcript.Began(inputs):
                return self._begun(channel, inbound, inputs, recalled, start)
            case _:
                return self._begun(channel, inbound, (), recalled, start)

    def _begun(
        self, channel: Channel, inbound: Inbound, inputs: tuple[str, ...], recalled: Recalled, start: int
    ) -> Place:
        """A new conversation; one that was dropped is offered again."""
        newcomer = recalled.newcomer
        unfinished = newcomer.unfinished if newcomer is not None else recalled.session
        paused = self._paused(unfinished, channel, inbound.code, self.clock()) if unfinished is not None else None
        language = newcomer.language if newcomer is not None else None
        event = Opened(channel.codes[inbound.code].service, inputs, language, paused)
        return Place(event, None, start, unfinished if paused is not None and not inputs else None)

    def _paused(self, session: Session, channel: Channel, code: str, now: float) -> Paused | None:
        if session.state is None:
            return None
        try:
            state = self.states.opened(session)
        except Exception as error:  # noqa: BLE001  what cannot be gone on with must not keep her out
            log.error("conversation does not open", channel=channel.name, exc=error)
            return None
        root = state.frames[0].service if state.frames else state.service
        stood_in = state.paused.state.service if state.paused is not None else state.service
        service = self.catalogue.current.services.get(stood_in)
        late = service is not None and now - session.touched >= service.resume_for
        return None if late or root != channel.codes[code].service else Paused(session.edition, state)

    # --- stepping

    async def _turned(
        self, channel: Channel, inbound: Inbound, place: Place, recalled: Recalled, until: float, now: float
    ) -> tuple[Turned, Facts]:
        edition, state = self.catalogue.current, None
        if place.session is not None:
            edition, state = await self.catalogue.edition(place.session.edition), self.states.opened(place.session)
        paused = state.paused if state is not None else getattr(place.event, "paused", None)
        facts = Facts(
            channel="ussd",
            phone=inbound.msisdn,
            now=datetime.fromtimestamp(now, self.config.zone),
            seed=self.chance.bits(),
            limits=channel.limits,
            network=inbound.network,
            short_code=inbound.code,
            country=self.config.country,
            notice=self._cost_notice(channel, inbound, recalled),
            earlier=await self._earlier(paused),
        )
        return await self.stepped(edition, state, place.event, facts, until), facts

    async def _earlier(self, paused: Paused | None) -> Edition | None:
        if paused is None:
            return None
        if paused.state.mode == "resume" and paused.state.paused is not None:
            paused = paused.state.paused
        return await self.catalogue.edition(paused.edition)

    async def stepped(self, edition: Edition, state: State | None, event: Event, facts: Facts, until: float) -> Turned:
        """Step the engine until there is a screen, fulfilling its wishes in the time that is left."""
        step = engine.step(edition, state, event, facts)
        effects = step.effects
        while step.wish is not None:
            if step.edition != edition.hash and facts.earlier is not None:
                edition = facts.earlier
            found = await self.lookups.fulfil(step.wish, facts, until - time.monotonic())
            step = engine.step(edition, step.state, Fetched(found), facts)
            effects = (*effects, *step.effects)
        return Turned(step, effects)

    def _cost_notice(self, channel: Channel, inbound: Inbound, recalled: Recalled) -> str:
        opened = channel.codes[inbound.code]
        if opened.cost_notice is None:
            return ""
        service = self.catalogue.current.services[opened.service]
        language = recalled.newcomer.language if recalled.newcomer else None
        return written(opened.cost_notice, "ussd", language or service.languages[0], service.languages)

    # --- keeping

    def _turn(
        self, channel: Channel, inbound: Inbound, key: bytes, mark: bytes, reply: bytes, place: Place, turned: Turned,
        facts: Facts,
    ) -> Turn:  # fmt: skip
        session, step = place.session, turned.step
        promised = self.promises.of(channel, turned.effects, step.edition, facts)
        return Turn(
            key=key,
            channel=channel.name,
            number=inbound.msisdn,
            mark=mark,
            reply=reply,
            now=facts.now.timestamp(),
            state=self.states.closed(step.state, key),
            edition=step.edition,
            more=step.more,
            session=session.id if session is not None else None,
            start=place.start,
            turn=session.turn if session is not None else 0,
            telecom_session=inbound.session,
            heard_length=len(inbound.text),
            heard_mac=mark if inbound.turn == inbound.text else self.keys.mark(key, inbound.text),
            retires=place.retires,
            language=promised.language,
            requests=promised.requests,
            messages=promised.messages,
            ratings=promised.ratings,
        )

    # --- when nothing else can be said

    def _apology(self, channel: Channel, key: str, code: str) -> Answer:
        return channel.telecom.render(Reply(words.say(key, self._language(channel, code), code=code), False))

    def _language(self, channel: Channel, code: str) -> str:
        opened = channel.codes.get(code)
        service = self.catalogue.current.services.get(opened.service) if opened else None
        return service.languages[0] if service else "en"

    def _count(self, turn: Turn) -> None:
        for request in turn.requests:
            self.metrics.accepted.labels(request.service).inc()
            log.info("accepted", reference=request.reference, service=request.service, office=request.office)


def _again(channel: Channel, body: bytes) -> Answer:
    """Return the telecom's form of an answer whose bytes are kept."""
    form = channel.telecom.render(NOTHING_MORE)
    return Answer(body, form.content_type, form.status)
