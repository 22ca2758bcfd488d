"""The telecoms' door: `/in/{channel}/{secret}/{event}`. Plain ASGI, since this is the hot path. Touches the network.

Reads the body once, lets the provider prove and parse it, hands the event to the rooms below and renders the answer.
Whoever is not proven gets the same few bytes as a path that does not exist, and nothing is written.
"""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter

from gateway import turns
from gateway.config import Channel, Config
from gateway.config.settings import ClientCertificate
from gateway.crypto import Keys
from gateway.language import words
from gateway.messages import (
    Answer,
    Ended,
    Event,
    Inbound,
    Noted,
    OptOut,
    Receipt,
    Refused,
    Reply,
    Request,
    StoreTrouble,
    Texted,
    Unreadable,
)
from gateway.parts import Parts
from gateway.sight import Metrics
from gateway.speech import address, kind_of
from gateway.store.store import Store
from gateway.talk import Clock, Talk
from gateway.web.bodies import Bodies, Receive
from gateway.web.errands import Errands
from gateway.web.rates import Rates

log = structlog.get_logger()

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

NOT_FOUND = Answer(b"not found\n", status=404)
BAD_REQUEST = Answer(b"bad request\n", status=400)
TOO_MANY = Answer(b"too many requests\n", status=429)
LATER = Answer(b"try again\n", status=503)


class TelecomDoor:
    """Answers callbacks. Made once by the app, which hands it everything."""

    def __init__(
        self, config: Config, talk: Talk, texts: Parts, store: Store, keys: Keys, metrics: Metrics, errands: Errands,
        clock: Clock,
    ) -> None:  # fmt: skip
        self.config, self.talk, self.texts, self.store = config, talk, texts, store
        self.keys, self.metrics, self.errands, self.clock = keys, metrics, errands, clock
        self.bodies = Bodies()
        self.rates = Rates(config.limits.number, config.limits.session)
        self.seconds = {name: metrics.seconds.labels(name) for name in config.channels}
        self.outcomes: dict[tuple[str, str], Counter] = {}  # prometheus looks its children up more slowly

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request below `/in/`."""
        started = time.perf_counter()
        name, secret, event = address(scope["path"])
        channel = self.config.channels.get(name)
        body = await self.bodies.read(receive)
        if channel is None or kind_of(event) not in channel.telecom.EVENTS:
            answer, outcome = NOT_FOUND, "unknown path"
        else:
            answer, outcome = await self._answered(channel, scope, body, secret, event)
            self.seconds[name].observe(time.perf_counter() - started)
        self._count(name if channel else "", outcome)
        await sent(send, answer, last=body is None)
        if answer.errand is not None:
            self.errands.run(name, answer.errand)

    def _count(self, name: str, outcome: str) -> None:
        counter = self.outcomes.get((name, outcome))
        if counter is None:
            counter = self.outcomes[name, outcome] = self.metrics.callbacks.labels(name, outcome)
        counter.inc()

    async def _answered(
        self, channel: Channel, scope: Scope, body: bytes | None, secret: str, event: str
    ) -> tuple[Answer, str]:
        request = self._request(scope, body or b"", secret, event)
        try:
            if channel.client_certificate is not None:
                self._prove_certificate(channel.client_certificate, scope, request)
            channel.telecom.prove(request, channel.settings)
            if body is None:  # only who is proven hears of it
                return BAD_REQUEST, "no whole body"
            happened = channel.telecom.parse(request, channel.settings)
        except Refused as refused:
            log.warning("refused", channel=channel.name, why=str(refused), address=request.peer)
            return NOT_FOUND, "refused"
        except Unreadable as unreadable:
            log.warning("unreadable", channel=channel.name, why=str(unreadable), kind=kind_of(event))
            return BAD_REQUEST, "unreadable"
        except Exception as error:  # noqa: BLE001  our bug: whoever is not proven must not learn of it
            log.error("bug", channel=channel.name, exc=error)
            return NOT_FOUND, "trouble"
        try:
            if isinstance(happened, list):
                return await self._all_done(channel, request, happened)
            return await self._done(channel, request, happened)
        except StoreTrouble as trouble:
            log.error("store trouble", channel=channel.name, why=str(trouble))
        except Exception as error:  # noqa: BLE001  our bug: the citizen still gets a screen, the telecom an answer
            log.error("bug", channel=channel.name, exc=error)
        return (self._sorry(channel, happened, "trouble") if isinstance(happened, Inbound) else LATER), "trouble"

    def _request(self, scope: Scope, body: bytes, secret: str, event: str) -> Request:
        headers = headers_of(scope["headers"])
        url = self.config.public_url + scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            url += "?" + scope["query_string"].decode("latin-1")
        peer = self._peer(scope, headers)
        return Request(scope["method"], url, headers, body, peer, event, secret, self.clock())

    def _peer(self, scope: Scope, headers: dict[str, str]) -> str:
        """Return the address that really called: behind our own proxies, the last one that is not theirs."""
        peer = str(scope["client"][0]) if scope.get("client") else ""
        if not self.config.trusted_proxies:
            return peer
        hops = [peer, *reversed([hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()])]
        for hop in hops:
            if not self._trusted(hop):
                return hop
        return hops[-1]

    def _prove_certificate(self, wanted: ClientCertificate, scope: Scope, request: Request) -> None:
        """Raise Refused unless our own proxy, which nobody else can pose as, names the right certificate."""
        subject = request.headers.get(wanted.header.lower(), "")
        right = hmac.compare_digest(subject.encode("utf-8", "replace"), wanted.subject.encode())
        once = [name for name, _ in scope["headers"]].count(wanted.header.lower().encode()) == 1
        direct = str(scope["client"][0]) if scope.get("client") else ""
        if not right or not once or not self._trusted(direct):
            raise Refused("no proxy of ours names the telecom's client certificate")

    def _trusted(self, hop: str) -> bool:
        try:
            address = ipaddress.ip_address(hop)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self.config.trusted_proxies)

    # --- what happened

    async def _all_done(self, channel: Channel, request: Request, events: list[Event]) -> tuple[Answer, str]:
        """Do a batch. All of it or nothing is thanked for: repeats of what was done do no harm."""
        outcome = "empty"
        for event in events:
            answer, outcome = await self._done(channel, request, event)
            if answer is TOO_MANY:
                return answer, outcome
        return channel.telecom.thank(request, channel.settings), outcome

    async def _done(self, channel: Channel, request: Request, event: Event) -> tuple[Answer, str]:
        now = request.at
        match event:
            case Inbound():
                if self.rates.exceeded(channel.name, event.msisdn or event.session, event.session, now):
                    log.warning("too often", channel=channel.name, number=self.keys.number_mac(event.msisdn))
                    return self._sorry(channel, event, "busy"), "too often"
                return await self.talk.ussd(channel, event), "screen"
            case Texted():
                if self.rates.exceeded(channel.name, event.msisdn, "", now):
                    return TOO_MANY, "too often"
                await self.texts.texted(channel, event)
            case Receipt():
                await self.store.receipt(channel.name, event.id, event.state, event.reason, event.word, now)
            case Ended():
                await self.store.end(turns.key_of(self.keys, channel, event), now, number=event.msisdn)
            case OptOut():
                await self.store.opt(channel.name, event.msisdn, out=event.out, now=now)
            case Noted():
                log.info("noted", channel=channel.name, kind=event.what)
        return channel.telecom.thank(request, channel.settings), type(event).__name__.lower()

    def _sorry(self, channel: Channel, inbound: Inbound, key: str) -> Answer:
        opened = channel.codes.get(inbound.code)
        service = self.talk.catalogue.current.services.get(opened.service) if opened else None
        language = service.languages[0] if service else "en"
        said = channel.limits_of(inbound.network).shown(words.say(key, language, code=inbound.code))
        return channel.telecom.render(Reply(said, False), inbound, channel.settings)


def headers_of(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by their names. What is said more than once is joined, so that nothing can stand in for another:
    a hop is not hidden behind one that the caller wrote, and two subjects or signatures are none."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
    if len(headers) < len(pairs):
        every: dict[str, list[str]] = {}
        for name, value in pairs:
            every.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        return {name: ", ".join(values) for name, values in every.items()}
    return headers


async def sent(send: Send, answer: Answer, *, last: bool = False) -> None:
    """Send an answer whole; after the `last` one, whose request never came to its end, the connection is closed."""
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
    ]
    if answer.headers:
        headers += [(name.encode("latin-1"), _wire(value)) for name, value in answer.headers]
    if last:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _wire(value: str) -> bytes:
    """Return a header's value in bytes. What came in a header goes back as it was; what came in JSON may be beyond."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()
