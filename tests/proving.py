"""Requests that prove themselves in each way that a channel can ask for, and where in a request the proof is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import httpx
from twilio.request_validator import RequestValidator

from gateway.config.settings import ChannelPart
from gateway.speech import Door, Spoken, Text, Turn
from providers.proofs import showing
from providers.telecom import TELECOMS
from tests.town import Town

HOME = "http://127.0.0.1:8000"
AT = 1_772_616_520.0
PROXY, STRANGER = "10.0.0.1", "198.51.100.1"
NETWORKS = {"192.0.2.7": "192.0.2.0/24", "2001:db8::7": "2001:db8::/32", "203.0.113.7": "203.0.113.0/24"}
Fields = dict[str, str]


class Ask(NamedTuple):
    """A request as it comes to the door. `secret` None: the path has no such part."""

    method: str
    secret: str | None
    event: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer: str | None = STRANGER
    channel: str = "theirs"

    async def sent(self, place: Town) -> httpx.Response:
        """Send it from its own network address."""
        path = "/".join(part for part in ("/in", self.channel, self.secret, self.event) if part is not None)
        client: Any = None if self.peer is None else (self.peer, 1)
        door = httpx.ASGITransport(place.gateway, client=client)
        async with httpx.AsyncClient(transport=door, base_url=HOME) as http:
            url = path + (f"?{self.query}" if self.query else "")
            return await http.request(self.method, url, headers=list(self.headers), content=self.body)

    def telling(self, *headers: tuple[str, str]) -> Ask:
        """Return it with more headers."""
        return self._replace(headers=(*self.headers, *headers))


class Place(NamedTuple):
    """Where a proof is: `path`, `peer`, or `header`, `password`, `query`, `form` with a name."""

    kind: str
    name: str = ""

    def read(self, ask: Ask) -> str:
        """Return the proof."""
        match self.kind:
            case "path":
                return ask.secret or ""
            case "peer":
                return ask.peer or ""
            case "query" | "form":
                return dict(_fields(self.kind, ask))[self.name]
        value = next(value for name, value in ask.headers if name == self.name)
        return base64.b64decode(value.removeprefix("Basic ")).decode() if self.kind == "password" else value

    def write(self, ask: Ask, *values: str) -> Ask:
        """Return the request with these in place of the proof: none, one, or it comes twice."""
        match self.kind:
            case "path":
                return ask._replace(secret=values[0] if values else None)
            case "peer":
                return ask._replace(peer=values[0] if values else None)
            case "query" | "form":
                fields = [pair for pair in _fields(self.kind, ask) if pair[0] != self.name]
                written = urlencode([*fields, *((self.name, value) for value in values)])
                return ask._replace(query=written) if self.kind == "query" else ask._replace(body=written.encode())
        said = [basic(value) for value in values] if self.kind == "password" else values
        others = [pair for pair in ask.headers if pair[0] != self.name]
        return ask._replace(headers=(*others, *((self.name, value) for value in said)))


def _fields(kind: str, ask: Ask) -> list[tuple[str, str]]:
    return parse_qsl(ask.query if kind == "query" else ask.body.decode(), keep_blank_values=True)


def basic(pair: str) -> str:
    """Return the header of a user and password; what is blank stays so."""
    return f"Basic {base64.b64encode(pair.encode()).decode()}" if pair else ""


class Scheme(NamedTuple):
    """A way to prove a caller. `told` returns the channel that takes one or two keys; `shows` is where they show."""

    told: Callable[..., dict[str, Any]]
    shows: Place
    keys: tuple[str, str, str, str] = ("made-up-key-0001", "made-up-key-0002", "made-up-key-0003", "made-up-key-0004")
    speak: Callable[[Any, Any, Door, Any], Spoken] | None = None
    unstamped: Callable[[Ask, str], Ask] | None = None
    proxies: str = "[10.0.0.0/8]"
    status: int = 200  # of a request that proves itself

    def asks(self, key: str, id_: str, at: float = AT, channel: str = "theirs") -> Ask:
        """Return a request that proves itself with a key, written by the telecom's own other side."""
        told = self.told(key)
        telecom = TELECOMS[told["provider"]]
        theirs = {name: value for name, value in told.items() if name not in ChannelPart.model_fields}
        chosen = telecom.Settings.model_validate(theirs)
        secret, shown = showing(chosen)
        said: Turn | Text = Text(id_, "+254700000001", "22384", "WATER", at - 5)
        if not telecom.SMS:
            said = Turn(id_, "+254700000001", "*384*70#")
        door = Door("/".join(part for part in (f"{HOME}/in/{channel}", secret) if part), at)
        spoken = self.speak(said, chosen, door, telecom) if self.speak else telecom.speak(said, chosen, door)
        headers = tuple((name.lower(), value) for name, value in {**spoken.headers, **shown}.items())
        ask = Ask(spoken.method, secret or None, spoken.path, spoken.query, headers, spoken.body, channel=channel)
        if self.shows.kind == "peer":
            return ask._replace(peer=key)
        if self.shows.name in ("x-forwarded-for", "x-client-subject"):
            return self.shows.write(ask, key)._replace(peer=PROXY)
        return ask


# --- channels -----------------------------------------------------------------------------------------------------


def generic(**proof: Any) -> dict[str, Any]:
    """Return a channel of nobody's in particular."""
    return {
        "provider": "generic_sms",
        "receive": {"transport": "form", "id": "id", "from": "from", "to": "to", "text": "text", "sent_at": "at"},
        "send": {"url": "https://sms.example.org", "form": {"to": "{to}", "text": "{text}"}, "id": "{key}"},
        "sms": {"short_code": "22384"},
        **proof,
    }


def provided(provider: str, **keys: Any) -> dict[str, Any]:
    """Return a channel of a provider's."""
    return {"provider": provider, "sms": {"short_code": "22384"}, **keys}


def by_path(*keys: str) -> dict[str, Any]:
    return provided("africastalking", username="sandbox", api_key="made-up-key", secrets=keys)


def by_address(*keys: str) -> dict[str, Any]:
    return generic(addresses=[NETWORKS.get(key, "192.0.2.0/24") for key in keys])


def by_basic(*keys: str) -> dict[str, Any]:
    return generic(basic={"user": "telecom", "passwords": keys})


def by_parameters(*keys: str) -> dict[str, Any]:
    return {
        "provider": "airtel_flares",
        "parameters": {"userid": "flares", "password": keys},
        "codes": {"*384*70#": {"service": "county-home", "toll_free": True}},
    }


def by_telerivet(*keys: str) -> dict[str, Any]:
    return provided("telerivet", api_key="made-up-key", project="PJ0123456789abcdef", webhook_secrets=keys)


def by_twilio(*keys: str) -> dict[str, Any]:
    account = "AC00000000000000000000000000000001"
    return provided("twilio", account_sid=account, auth_tokens=keys, **{"from": "+15005550006"})


def by_vonage(method: str) -> Callable[..., dict[str, Any]]:
    account = {"api_key": "abcd1234", "api_secret": "made-up-secret", "from": "CIVILREG"}
    return lambda *keys: provided("vonage", signature={"method": method, "secrets": keys}, **account)


def by_smsgate(*keys: str) -> dict[str, Any]:
    account = {"username": "gw", "password": "made-up-password", "number": "+254700000022"}
    return provided("smsgate", signing_keys=keys, **account)


def by_webhook(*keys: str) -> dict[str, Any]:
    return generic(standard_webhooks=keys)


def by_certificate(*keys: str) -> dict[str, Any]:
    return generic(client_certificate={"header": "X-Client-Subject", "subject": keys[0]})


# --- what the telecoms' own side does not write ---------------------------------------------------------------------


def twilio_query(said: Text, chosen: Any, door: Door, telecom: Any) -> Spoken:
    """Write Twilio's message as a GET, whose whole address is signed."""
    posted = telecom.speak(said, chosen, door)
    return _twilio(Spoken("GET", "sms", posted.body.decode()), chosen, door)


def twilio_json(said: Text, chosen: Any, door: Door, telecom: Any) -> Spoken:
    """Write Twilio's message as JSON, for whose hash in the address the signature vouches."""
    body = json.dumps({"MessageSid": said.id, "From": said.number, "To": said.to, "Body": said.text}).encode()
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    return _twilio(Spoken("POST", "sms", query, {"content-type": "application/json"}, body), chosen, door)


def _twilio(spoken: Spoken, chosen: Any, door: Door) -> Spoken:
    signer = RequestValidator(chosen.auth_tokens[0].get_secret_value())
    signature = signer.compute_signature(spoken.url(door.url), {})
    return spoken._replace(headers={**spoken.headers, "x-twilio-signature": signature})


def vonage_unstamped(method: str) -> Callable[[Ask, str], Ask]:
    """Return what signs a callback of Vonage's without its timestamp, and rightly so."""

    def signed(ask: Ask, key: str) -> Ask:
        fields = {name: value for name, value in _fields("form", ask) if name not in ("sig", "timestamp")}
        plain = "".join(f"&{name}={fields[name]}" for name in sorted(fields)).encode()
        if method == "md5hash":
            sig = hashlib.md5(plain + key.encode(), usedforsecurity=False).hexdigest()
        else:
            sig = hmac.new(key.encode(), plain, method).hexdigest()
        return ask._replace(body=urlencode({**fields, "sig": sig}).encode())

    return signed


def smsgate_unstamped(ask: Ask, key: str) -> Ask:
    """Sign the body alone."""
    bare = Place("header", "x-timestamp").write(ask)
    return Place("header", "x-signature").write(bare, hmac.new(key.encode(), ask.body, "sha256").hexdigest())


def webhook_unstamped(ask: Ask, key: str) -> Ask:
    """Sign the id and the body alone."""
    id_ = Place("header", "webhook-id").read(ask)
    digest = hmac.new(key.encode(), f"{id_}..".encode() + ask.body, "sha256").digest()
    bare = Place("header", "webhook-timestamp").write(ask)
    return Place("header", "webhook-signature").write(bare, f"v1,{base64.b64encode(digest).decode()}")


ADDRESSES = ("192.0.2.7", "2001:db8::7", STRANGER, "203.0.113.7")
SUBJECTS = ("CN=telecom, O=Telecom", "", "CN=somebody, O=Telecom", "CN=other, O=Telecom")
TOKENS = tuple(str(n) * 32 for n in range(4))
SIGNATURE = Place("header", "x-twilio-signature")

SCHEMES: dict[str, Scheme] = {
    "path": Scheme(by_path, Place("path")),
    "peer": Scheme(by_address, Place("peer"), ADDRESSES, proxies="[]"),
    "proxy": Scheme(by_address, Place("header", "x-forwarded-for"), ADDRESSES),
    "basic": Scheme(by_basic, Place("password", "authorization")),
    "params": Scheme(by_parameters, Place("query", "password")),
    "field": Scheme(by_telerivet, Place("form", "secret")),
    "twilio form": Scheme(by_twilio, SIGNATURE, TOKENS),  # type: ignore[arg-type]
    "twilio query": Scheme(by_twilio, SIGNATURE, TOKENS, twilio_query),  # type: ignore[arg-type]
    "twilio json": Scheme(by_twilio, SIGNATURE, TOKENS, twilio_json, status=400),  # type: ignore[arg-type]
    **{
        f"vonage {method}": Scheme(by_vonage(method), Place("form", "sig"), unstamped=vonage_unstamped(method))
        for method in ("md5hash", "md5", "sha1", "sha256", "sha512")
    },
    "smsgate": Scheme(by_smsgate, Place("header", "x-signature"), unstamped=smsgate_unstamped),
    "webhook": Scheme(by_webhook, Place("header", "webhook-signature"), unstamped=webhook_unstamped),
    "mtls": Scheme(by_certificate, Place("header", "x-client-subject"), SUBJECTS),
}
