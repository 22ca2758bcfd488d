"""One incoming SMS: keywords, conversations, HELP, STOP, START and STATUS. Touches the store and the offices.

The same tree as over USSD. The answer is a message in the same transaction as the turn, and leaves through the outbox;
a message that comes again has no effect.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway import references
from gateway.config import Channel
from gateway.engine import Edition, Facts, Opened, State, Typed
from gateway.language import commands, words
from gateway.language.commands import COMMANDS, portions
from gateway.messages import StoreTrouble, Texted
from gateway.promises import NOTHING, Promised
from gateway.store.records import Again, Kept, Recalled, Stale, Turn
from gateway.talk import TRIES, Talk

log = structlog.get_logger()

CONVERSATION = "\0sms"  # stands for a session's id; no telecom's id can be the same
LASTS = 86400.0  # seconds an SMS conversation waits for the citizen
FRESH = 3600.0  # seconds in which what begins with a keyword is still taken for an answer
WITHIN = 8.0  # seconds for live questions in one turn; nobody's screen is waiting


@dataclass(frozen=True, slots=True)
class Said:
    """What a text comes to: the text of the answer, and what is kept with it."""

    text: str
    state: bytes | None
    edition: str
    more: bool
    promised: Promised
    opt_out: bool | None = None


class Texts:
    """Answers SMS with the conversations of `Talk`."""

    def __init__(self, talk: Talk, clock: Callable[[], float] = time.time) -> None:
        self.talk, self.clock = talk, clock

    async def texted(self, channel: Channel, texted: Texted) -> None:
        """Take one SMS and commit its answer. Raises StoreTrouble: the telecom is to send it again."""
        key = self.talk.keys.session_key(channel.name, texted.msisdn, CONVERSATION)
        mark = self.talk.keys.mark(key, texted.id)
        for _ in range(TRIES):
            now = self.clock()
            recalled = await self.talk.store.recall(key, mark, channel=channel.name, number=texted.msisdn, since=now)
            if recalled.reply is not None:
                return
            said = await self._said(channel, texted, key, recalled, now)
            match await self.talk.store.keep(self._turn(channel, texted, key, mark, recalled, said, now)):
                case Kept() | Again():
                    return
                case Stale():
                    continue
        raise StoreTrouble("the conversation changed again and again while this SMS was answered")

    async def _said(self, channel: Channel, texted: Texted, key: bytes, recalled: Recalled, now: float) -> Said:
        language = self._language(recalled)
        first, _, rest = texted.text.strip().partition(" ")
        command = COMMANDS.get(first.upper().strip(".!"))
        try:
            if command is not None and _meant(command, rest.strip(), recalled):
                return await self._command(command, rest.strip(), texted, recalled, language)
            return await self._conversation(channel, texted, key, recalled, language, now)
        except StoreTrouble:
            raise
        except Exception as error:  # noqa: BLE001  whatever it was, she gets an answer: the same SMS would fail again
            number = self.talk.keys.number_mac(texted.msisdn)
            log.error("turn failed", channel=channel.name, number=number, exc=error)
            return self._beside(words.say("trouble_sms", language), recalled)

    # --- commands: they leave a conversation as it stands

    async def _command(self, command: str, rest: str, texted: Texted, recalled: Recalled, language: str) -> Said:
        match command:
            case "stop":
                return self._beside(words.say("stopped", language), recalled, opt_out=True)
            case "start":
                return self._beside(words.say("started", language), recalled, opt_out=False)
            case "status":
                return self._beside(await self._standing(rest, texted, language), recalled)
        return self._beside(self._with_keywords("help_sms", language), recalled)

    async def _standing(self, rest: str, texted: Texted, language: str) -> str:
        """Say where a request stands, or the citizen's own latest ones; nothing of what was filed in them."""
        if not rest:
            rows = await self.talk.store.own_requests(texted.msisdn, 3)
            missing = "no_requests"
        else:
            reference = references.read(rest)
            row = await self.talk.store.find_request(reference) if reference is not None else None
            rows, missing = (row,) if row is not None else (), "no_such_reference"
        lines = [f"{row.title} {row.reference}: {words.say('state_' + row.state, language)}" for row in rows]
        return "\n".join(lines) or words.say(missing, language)

    def _with_keywords(self, key: str, language: str) -> str:
        services = self.talk.catalogue.current.services.values()
        opened = {code.service for channel in self.talk.config.channels.values() for code in channel.codes.values()}
        roots_first = sorted(services, key=lambda service: service.service not in opened)
        return commands.naming(key, language, commands.keywords(roots_first, language))

    def _beside(self, text: str, recalled: Recalled, opt_out: bool | None = None) -> Said:
        session = recalled.session
        if session is None or session.ended is not None:
            return Said(text, None, self.talk.catalogue.current.hash, False, NOTHING, opt_out)
        return Said(text, session.state, session.edition, True, NOTHING, opt_out)

    # --- conversations

    async def _conversation(
        self, channel: Channel, texted: Texted, key: bytes, recalled: Recalled, language: str, now: float
    ) -> Said:
        opening = await self._opening(texted, recalled, language, now)
        if opening is None:
            return self._beside(self._with_keywords("unknown_keyword", language), recalled)
        edition, state, event = opening
        facts = Facts(
            channel="sms",
            phone=texted.msisdn,
            now=datetime.fromtimestamp(now, self.talk.config.zone),
            seed=self.talk.chance.bits(),
            limits=channel.limits_of(texted.network).as_sms(),
            network=texted.network,
            short_code=channel.sms.short_code if channel.sms is not None else texted.to,
            country=self.talk.config.country,
        )
        turned = await self.talk.stepped(edition, state, event, facts, time.monotonic() + WITHIN)
        step = turned.step
        closed = self.talk.states.closed(step.state, key)
        promised = self.talk.promises.of(channel, turned.effects, step.edition, facts)
        return Said(step.text, closed, step.edition, step.more, promised)

    async def _opening(
        self, texted: Texted, recalled: Recalled, language: str, now: float
    ) -> tuple[Edition, State | None, Opened | Typed] | None:
        """Return what the text begins or goes on with. In a fresh conversation only a keyword alone begins another."""
        text = texted.text.strip()
        first, _, rest = text.partition(" ")
        claimed = self.talk.catalogue.keyword(first)
        session = recalled.session
        live = session is not None and session.ended is None and session.state is not None
        if session is not None and live and now - session.touched < LASTS:
            fresh = now - session.touched < FRESH
            if claimed is None or (fresh and rest.strip()):
                edition = await self.talk.catalogue.edition(session.edition)
                return edition, self.talk.states.opened(session), Typed(text)
        if claimed is None:
            return None
        service, spoken = claimed
        return self.talk.catalogue.current, None, Opened(service, portions(rest), spoken or language)

    def _language(self, recalled: Recalled) -> str:
        session, newcomer = recalled.session, recalled.newcomer
        if session is not None and session.state is not None:
            try:
                return self.talk.states.opened(session).language
            except Exception as error:  # noqa: BLE001  STOP and HELP must work although the conversation does not
                log.error("conversation does not open", exc=error)
        known = newcomer.language if newcomer is not None else None
        services = self.talk.catalogue.current.services
        return known or next((service.languages[0] for service in services.values()), "en")

    def _turn(
        self, channel: Channel, texted: Texted, key: bytes, mark: bytes, recalled: Recalled, said: Said, now: float
    ) -> Turn:
        session = recalled.session
        live = session if session is not None and session.ended is None else None
        answer = channel.limits_of(texted.network).as_sms().shown(said.text)
        reply = self.talk.promises.answer(channel.name, texted.msisdn, answer, texted.link)
        return Turn(
            key=key,
            channel=channel.name,
            number=texted.msisdn,
            mark=mark,
            reply=b"",
            now=now,
            state=said.state,
            edition=said.edition,
            more=said.more and said.state is not None,
            session=live.id if live is not None else None,
            start=live.start if live is not None else (session.start + 1 if session is not None else 1),
            turn=live.turn if live is not None else 0,
            telecom_session="sms",
            inbox=(channel.name, mark.hex()),
            opt_out=said.opt_out,
            language=said.promised.language,
            requests=said.promised.requests,
            ratings=said.promised.ratings,
            messages=(*said.promised.messages, reply),
        )


def _meant(command: str, rest: str, recalled: Recalled) -> bool:
    """True unless the word begins an answer: in a conversation, `Hali ya maji` is no question for a reference."""
    if not rest:
        return True
    live = recalled.session is not None and recalled.session.ended is None
    return command == "status" and (not live or references.read(rest) is not None)
