"""MTN MADAPI, SMS: SMS in, delivery reports at the same address, SMS out. Sends over the network; all else is pure.

Wire formats after MTN's published OpenAPI documents and others' adapters (confidence B), read in 2026: ask your MTN
which version its country runs. Callbacks carry no signature.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import httpx
from pydantic import BaseModel, ConfigDict, Field

from gateway.messages import (
    JSON,
    Answer,
    Event,
    Failed,
    Later,
    Noted,
    Receipt,
    Request,
    SendOutcome,
    Sent,
    Sms,
    SmsState,
    Texted,
    to_json,
)
from gateway.speech import Door, Spoken, Text, Turn
from providers.bodies import json_object, plain
from providers.callbacks import posted_json
from providers.exchange import Answered, HeaderSecret, Url, exchange, json_of, trouble
from providers.forms import FORM, anyones_number, count, is_unanswerable, moment_of, required_label, texted_text
from providers.proofs import Basic, Network, PathSecret, prove_shown, shown
from providers.replies import no_screen, nothing_heard

Fields = Mapping[str, str]

EVENTS: Final = ("sms", "receipt")
USSD = False
SMS = True
SEND_WITHIN: Final = 15.0  # seconds, for each of token and SMS


class Settings(BaseModel):
    """A channel's keys in config.yaml. `sender` is the short code or name that the contract gives."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    client_id: str = Field(min_length=1)
    client_secret: HeaderSecret
    sender: str = Field(min_length=1, max_length=20)
    cp_address: str = Field("", max_length=40, description="the content provider's address, where MTN asks for it")
    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = ()
    basic: Basic | None = None
    url: Url = "https://api.mtn.com"


# --- callbacks ----------------------------------------------------------------------------------------------------


proofs, prove = shown, prove_shown


def parse(request: Request, settings: Settings) -> Event:
    """Read a callback: SMS and reports come to one address, and a report has a `deliveryStatus`. Raises Unreadable."""
    fields = plain(json_object(request))
    return _receipt(fields) if "deliveryStatus" in fields else _sms(fields)


def _sms(fields: Fields) -> Texted | Noted:
    sender, id_ = required_label(fields, "senderAddress", 40), _id(fields)
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    created = count(fields, "created")
    return Texted(
        id=id_,
        msisdn=anyones_number(sender),
        to=required_label(fields, "receiverAddress", 20),
        text=texted_text(fields, "message"),
        sent_at=moment_of(created / 1000) if created is not None else None,
    )


def _id(fields: Fields) -> str:
    """Return the SMS's id. Where MTN gives none, who wrote what and when must do: a redelivery repeats it."""
    if fields.get("id", "").strip():
        return required_label(fields, "id")
    required_label(fields, "created", 20)
    same = "\n".join(fields.get(name, "") for name in ("senderAddress", "receiverAddress", "created", "message"))
    return "made-" + hashlib.sha256(same.encode()).hexdigest()[:40]


_STATES: Final[Mapping[str, SmsState]] = {
    "deliveredtonetwork": SmsState.SENT,
    "deliveryuncertain": SmsState.SENT,
    "messagewaiting": SmsState.SENT,
    "delivrd": SmsState.DELIVERED,
    "deliveredtoterminal": SmsState.DELIVERED,
    "expired": SmsState.FAILED,
    "undeliv": SmsState.FAILED,
    "rejectd": SmsState.FAILED,
    "deliveryimpossible": SmsState.FAILED,
}


def _receipt(fields: Fields) -> Receipt:
    word = required_label(fields, "deliveryStatus", 40)
    return Receipt(required_label(fields, "clientCorrelator"), _STATES.get(word.lower()), word)


render = no_screen


def thank(request: Request, settings: Settings) -> Answer:
    """Write the answer to every callback: 200."""
    return Answer(b"{}", "application/json")


# --- sending ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    until: float  # of the monotonic clock


_TOKENS: Final[WeakKeyDictionary[httpx.AsyncClient, _Token]] = WeakKeyDictionary()  # a client is one channel's
_EARLY: Final = 60.0  # seconds before its end a token is no longer used


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Hand one SMS to MTN under our own key, by which it is reported on; before it, a token if there is none."""
    for known in (_TOKENS.get(http), None):  # a token that was withdrawn early is asked for anew, once
        token = known if known is not None and known.until > time.monotonic() else await _token(http, settings)
        if isinstance(token, Later):
            return token
        answered = await _posted(http, settings, sms, token)
        if not isinstance(answered, Answered) or answered.status != 401 or token is not known:
            break
        _TOKENS.pop(http, None)
    return answered if isinstance(answered, Later) else _outcome(answered, sms)


async def _token(http: httpx.AsyncClient, settings: Settings) -> _Token | Later:
    url = settings.url.rstrip("/") + "/v1/oauth/access_token?grant_type=client_credentials"
    who = {"client_id": settings.client_id, "client_secret": settings.client_secret.get_secret_value()}
    body = urlencode(who).encode()
    answered = await exchange(http, "POST", url, SEND_WITHIN, headers={"Content-Type": FORM}, body=body)
    if isinstance(answered, Later):
        return Later(f"no token: {answered.why}")  # nothing was sent yet
    if answered.status >= 300:
        return trouble(answered) or Later(f"no token: answered {answered.status}", "auth")
    try:
        given = json_of(answered)
        token = _Token(str(given["access_token"]), time.monotonic() + float(given["expires_in"]) - _EARLY)
    except (ValueError, KeyError, TypeError):
        return Later("no token: the answer is not the documented JSON", "auth")
    if not token.value.isascii() or not token.value.isprintable():
        return Later("no token: the answer is not the documented JSON", "auth")
    _TOKENS[http] = token
    return token


async def _posted(http: httpx.AsyncClient, settings: Settings, sms: Sms, token: _Token) -> Answered | Later:
    url = settings.url.rstrip("/") + "/v2/messages/sms/outbound"
    headers = {"Authorization": f"Bearer {token.value}", "Content-Type": "application/json"}
    return await exchange(http, "POST", url, SEND_WITHIN, headers=headers, body=to_json(_message(settings, sms)))


def _message(settings: Settings, sms: Sms) -> dict[str, JSON]:
    message: dict[str, JSON] = {
        "senderAddress": settings.sender,
        "receiverAddress": [sms.to.removeprefix("+")],
        "message": sms.text,
        "clientCorrelator": sms.key,
    }
    return message | ({"cpAddress": settings.cp_address} if settings.cp_address else {})


_TAKEN: Final = "0000"


def _outcome(answered: Answered, sms: Sms) -> SendOutcome:
    later = trouble(answered)
    if later is not None:
        return later
    if answered.status >= 400:
        return Failed(str(answered.status), f"MTN answered {answered.status}", "contract")
    try:
        code = str(json_of(answered)["statusCode"])
    except (ValueError, KeyError, TypeError):
        return Later("the answer is not the documented JSON; the SMS may have been sent", "unknown")
    if code == _TAKEN:
        return Sent(sms.key)
    return Failed(code if code.isalnum() and len(code) <= 20 else "refused", "MTN refused it", "contract")


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write an SMS."""
    assert isinstance(said, Text)
    sms = {"senderAddress": said.number[1:], "receiverAddress": said.to, "message": said.text, "id": said.id}
    return posted_json("sms", sms | {"created": int(said.at * 1000)})


hear = nothing_heard
