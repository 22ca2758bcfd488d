"""One turn of a conversation, from what the telecom said to the committed answer. Touches the store and the offices.

A USSD turn: recall the session; the same turn again gets the stored reply; else step the engine, fulfil its wishes
within the telecom's time, keep everything in one transaction, and only then answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import structlog

from gateway import engine, turns
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
from gateway.turns import Event, Place

log = structlog.get_logger()

TRIES = 5  # at losing the race for a turn against a repeat of it

Clock = Callable[[], float]


class Turned(NamedTuple):
    """What one turn comes to: the engine's last step, all its effects, and the edition it is on."""

    step: Step
    effects: tuple[engine.Effect, ...]


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
        self._under_way: dict[tuple[bytes, bytes, str], asyncio.Future[bytes]] = {}

    async def ussd(self, channel: Channel, inbound: Inbound) -> Answer:
        """Return the committed screen for one USSD turn. Never raises: trouble is a polite END."""
        key = turns.key_of(self.keys, channel, inbound)
        same = turns.likeness_of(self.keys, key, inbound)
        under_way = (key, same, inbound.msisdn)
        twin = self._under_way.get(under_way)
        if twin is not None:
            return self._written(channel, inbound, await asyncio.shield(twin))
        mine: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._under_way[under_way] = mine
        try:
            body = await self._answered(channel, inbound, key, same)
        except Exception as error:  # noqa: BLE001  whatever it was, she gets a screen, and so does every repeat
            log.error("turn failed", channel=channel.name, number=self.keys.number_mac(inbound.msisdn), exc=error)
            body = self._apology(channel, "trouble", inbound.code, inbound.network)
        except BaseException:
            mine.cancel()
            raise
        finally:
            del self._under_way[under_way]
        mine.set_result(body)
        return self._written(channel, inbound, body)

    async def serves(self, channel: Channel, inbound: Inbound) -> bool:
        """Return whether the channel has the short code of a turn, as `ussd` would judge it now."""
        key, now = turns.key_of(self.keys, channel, inbound), self.clock()
        recalled = await self._recalled(channel, inbound, key, turns.likeness_of(self.keys, key, inbound), now)
        return recalled.reply is not None or self._dialled(channel, inbound, recalled.session, now) is not None

    def _written(self, channel: Channel, inbound: Inbound, body: bytes) -> Answer:
        return channel.telecom.render(turns.reply_of(body), inbound, channel.settings)

    async def _answered(self, channel: Channel, inbound: Inbound, key: bytes, same: bytes) -> bytes:
        until = time.monotonic() + channel.answer_within
        for _ in range(TRIES):
            now = self.clock()
            recalled = await self._recalled(channel, inbound, key, same, now)
            if recalled.reply is not None:
                return recalled.reply
            session = recalled.session
            dialled = self._dialled(channel, inbound, session, now)
            if dialled is None or channel.codes[dialled.code].service not in self.catalogue.current.services:
                return self._apology(channel, "no_service", inbound.code, inbound.network)
            place = self._place(channel, inbound, dialled, key, recalled, now)
            if place is None:
                return self._apology(channel, "good_bye", dialled.code, inbound.network)
            number = inbound.msisdn or (place.session.number if place.session is not None else "")
            turned, facts = await self._turned(channel, inbound, number, dialled.code, place, recalled, until, now)
            reply = turns.kept(Reply(turned.step.text, turned.step.more))
            mark = same if turns.is_numbered(inbound) else turns.mark_of(self.keys, key, inbound, _at(place))
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

    async def _recalled(self, channel: Channel, inbound: Inbound, key: bytes, same: bytes, now: float) -> Recalled:
        """Return the session, and the reply if this turn was answered before."""
        since = now - self.catalogue.longest_pause
        recalled = await self.store.recall(key, same, channel=channel.name, number=inbound.msisdn, since=since)
        session = recalled.session
        if session is None:
            return recalled
        if turns.is_anothers(inbound, session):
            known = recalled.newcomer or await self.store.newcomer(channel.name, inbound.msisdn, since)
            return Recalled(None, None, known, session.start)
        if turns.is_numbered(inbound):
            lately = now - session.touched < turns.REPEATS_FOR
            return recalled if lately else Recalled(session, None, recalled.newcomer)
        if now - session.touched >= channel.repeat_within:
            return Recalled(session, None, recalled.newcomer)
        before = await self.store.recall(key, turns.mark_of(self.keys, key, inbound, session, back=1))
        return Recalled(session, before.reply, recalled.newcomer)

    def _dialled(self, channel: Channel, inbound: Inbound, session: Session | None, now: float) -> turns.Dialled | None:
        """Return the short code of a callback, with what was typed ahead where it begins a session."""
        live = session is not None and session.ended is None and now - session.touched < channel.session_lasts
        if inbound.opens and (inbound.first or not live):
            opened = turns.dialled(channel, inbound._replace(code=inbound.opens))
            if opened is not None:
                return opened
        return turns.dialled(channel, inbound if inbound.code else self._with_code(channel, inbound, session))

    def _with_code(self, channel: Channel, inbound: Inbound, session: Session | None) -> Inbound:
        """Return a callback that does not tell its code with that of the service its session began with."""
        if session is None or session.state is None or len(channel.codes) == 1:
            return inbound
        state = self.states.opened(session)
        root = state.frames[0].service if state.frames else state.service
        codes = (code for code, opened in channel.codes.items() if opened.service == root)
        return inbound._replace(code=next(codes, ""))

    def _place(
        self, channel: Channel, inbound: Inbound, dialled: turns.Dialled, key: bytes, recalled: Recalled, now: float
    ) -> Place | None:
        """Return where the turn goes; None: its session was over already."""
        session = recalled.session
        start = (session.start if session is not None else recalled.start) + 1
        match turns.going(self.keys, key, inbound, dialled.ahead, session, now, channel.session_lasts):
            case turns.Began(inputs) if inbound.msisdn:
                return self._begun(channel, inbound, dialled.code, inputs, recalled, start)
            case Typed() as typed if session is not None:
                return Place(typed, session, session.start)
        return None

    def _begun(
        self, channel: Channel, inbound: Inbound, code: str, inputs: tuple[str, ...], recalled: Recalled, start: int
    ) -> Place:
        """A new conversation; one that was dropped is offered again."""
        newcomer = recalled.newcomer
        unfinished = newcomer.unfinished if newcomer is not None else recalled.session
        paused = self._paused(unfinished, channel, code, self.clock()) if unfinished is not None else None
        language = newcomer.language if newcomer is not None else None
        event = Opened(channel.codes[code].service, inputs, language, paused)
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
        self, channel: Channel, inbound: Inbound, number: str, code: str, place: Place, recalled: Recalled,
        until: float, now: float,
    ) -> tuple[Turned, Facts]:  # fmt: skip
        edition, state = self.catalogue.current, None
        if place.session is not None:
            edition, state = await self.catalogue.edition(place.session.edition), self.states.opened(place.session)
        paused = state.paused if state is not None else getattr(place.event, "paused", None)
        facts = Facts(
            channel="ussd",
            phone=number,
            now=datetime.fromtimestamp(now, self.config.zone),
            seed=self.chance.bits(),
            limits=channel.limits_of(inbound.network),
            network=inbound.network,
            short_code=code,
            country=self.config.country,
            notice=self._cost_notice(channel, code, recalled),
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

    def _cost_notice(self, channel: Channel, code: str, recalled: Recalled) -> str:
        opened = channel.codes[code]
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
            number=facts.phone,
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
            heard_length=len(inbound.text) if inbound.cumulative else 0,
            heard_mac=self._heard(inbound, key, mark),
            retires=place.retires,
            language=promised.language,
            requests=promised.requests,
            messages=promised.messages,
            ratings=promised.ratings,
        )

    # --- when nothing else can be said

    def _heard(self, inbound: Inbound, key: bytes, mark: bytes) -> bytes:
        if not inbound.cumulative:
            return b""
        return mark if inbound.turn == inbound.text else self.keys.mark(key, inbound.text)

    def _apology(self, channel: Channel, key: str, code: str, network: str) -> bytes:
        said = words.say(key, self._language(channel, code), code=code)
        return turns.kept(Reply(channel.limits_of(network).shown(said), False))

    def _language(self, channel: Channel, code: str) -> str:
        opened = channel.codes.get(code)
        service = self.catalogue.current.services.get(opened.service) if opened else None
        return service.languages[0] if service else "en"

    def _count(self, turn: Turn) -> None:
        for request in turn.requests:
            self.metrics.accepted.labels(request.service).inc()
            log.info("accepted", reference=request.reference, service=request.service, office=request.office)


def _at(place: Place) -> Session:
    """Return the session that a turn's mark is made for; a new one has no turns yet."""
    if place.session is not None:
        return place.session
    return Session(0, b"", place.start, "", "", "", 0, None, "", 0, b"", 0.0, 0.0, None)
