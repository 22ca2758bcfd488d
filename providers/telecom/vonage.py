"""Vonage (Nexmo), the SMS API: SMS in parts, SMS out, delivery receipts. Sends over the network; all else is pure.

Wire formats after developer.vonage.com (SMS API, signing messages) and Vonage's own library, read in 2026.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, Self
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.messages import (
    Event,
    Failed,
    Later,
    Noted,
    Part,
    Receipt,
    Refused,
    Request,
    SendOutcome,
    Sent,
    Sms,
    SmsState,
    Texted,
    Unreadable,
)
from gateway.speech import Door, Spoken, Text, Turn
from providers.alphabet import is_plain
from providers.bodies import json_object, plain
from providers.callbacks import posted
from providers.exchange import Answered, HeaderSecret, Url, exchange, json_of, trouble
from providers.forms import (
    FORM,
    anyones_number,
    count,
    form_fields,
    is_form,
    is_unanswerable,
    label,
    moment,
    required_label,
    texted_text,
)
from providers.proofs import (
    Basic,
    Network,
    PathSecret,
    SharedSecret,
    hmac_hex,
    is_fresh,
    is_signed,
    md5_with_secret,
    prove_shown,
    shown,
)
from providers.replies import no_screen, nothing_heard, ok

Fields = Mapping[str, str]

EVENTS: Final = ("sms", "receipt")
USSD = False
SMS = True
SEND_WITHIN: Final = 30.0  # seconds
SEND_URL: Final = "https://rest.nexmo.com/sms/json"


class Signature(BaseModel):
    """How the account signs its callbacks: `method` is what the dashboard says, `secrets` one or two of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    method: Literal["md5hash", "md5", "sha1", "sha256", "sha512"]
    secrets: tuple[SharedSecret, ...] = Field(min_length=1, max_length=2)


class Settings(BaseModel):
    """A channel's keys in config.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_key: str = Field(min_length=1, max_length=64, pattern=r"^[^:\s]+$")
    api_secret: HeaderSecret
    sender: str = Field(alias="from", min_length=1, max_length=15, description="number without plus, or sender id")
    receipts: Url | None = Field(None, description="our address for delivery receipts")
    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = ()
    basic: Basic | None = None
    signature: Signature | None = None
    send_url: Url = SEND_URL

    @model_validator(mode="after")
    def _receipts_fit(self) -> Self:
        if self.receipts is not None and len(self.receipts) > 100:
            raise ValueError("Vonage takes addresses of at most 100 characters in `receipts`")
        return self


# --- callbacks ----------------------------------------------------------------------------------------------------


def proofs(settings: Settings) -> list[str]:
    """Say in words what proves this channel's caller."""
    return shown(settings) + (["Vonage's signature, at most five minutes old"] if settings.signature else [])


_SIGNS: Final[Mapping[str, Callable[[bytes, bytes], str]]] = {
    "md5hash": md5_with_secret,
    **{name: hmac_hex(name) for name in ("md5", "sha1", "sha256", "sha512")},
}


def prove(request: Request, settings: Settings) -> None:
    """Raise Refused unless all that is configured is right. Vonage looks for our address with an empty, unsigned GET:
    where a path secret is right it is let through, and tells nobody anything."""
    prove_shown(request, settings)
    if settings.signature is None or (settings.secrets and _is_look(request)):
        return
    try:
        fields = _fields(request)
    except Unreadable:
        raise Refused("the request has no fields that Vonage signs") from None
    signed = _what_is_signed(fields)
    sign = _SIGNS[settings.signature.method]
    if not is_signed(signed, fields.get("sig", ""), settings.signature.secrets, sign):
        raise Refused("`sig` is wrong or missing; do secret and method agree with the dashboard?")
    if not is_fresh(fields.get("timestamp", ""), request.at):
        raise Refused("`timestamp` is missing, or more than five minutes off; is a clock wrong?")


def _what_is_signed(fields: Fields) -> bytes:
    """Return the fields in Vonage's order. A name that holds what parts fields could stand for more than one."""
    if any("&" in name or "=" in name for name in fields):
        raise Refused("a field has a name that Vonage would not sign")
    return "".join(f"&{name}={_tamed(fields[name])}" for name in sorted(fields) if name != "sig").encode()


def _tamed(value: str) -> str:
    return value.replace("&", "_").replace("=", "_")


def _is_look(request: Request) -> bool:
    return request.method == "GET" and "?" not in request.url


def _fields(request: Request) -> Fields:
    if request.method == "GET" or is_form(request):
        return form_fields(request)
    return plain(json_object(request))


def parse(request: Request, settings: Settings) -> Event:
    """Read a callback. Raises Unreadable."""
    if _is_look(request):
        return Noted("Vonage looks whether we are there")
    fields = _fields(request)
    return _sms(fields) if request.event == "sms" else _receipt(fields)


def _sms(fields: Fields) -> Texted | Noted:
    id_, sender = required_label(fields, "messageId"), fields.get("msisdn", "")
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    if fields.get("type") == "binary":
        return Noted("binary SMS", {"id": id_})
    return Texted(
        id=id_,
        msisdn=anyones_number(sender),
        to=required_label(fields, "to", 20),
        text=texted_text(fields, "text"),
        sent_at=moment(fields, "message-timestamp"),
        part=_part(fields),
    )


def _part(fields: Fields) -> Part | None:
    if fields.get("concat", "").lower() != "true":
        return None
    total, number = count(fields, "concat-total"), count(fields, "concat-part")
    if total is None or number is None or not 1 <= number <= total <= 255:
        raise Unreadable("concat-part and concat-total do not say which part of a long SMS this is")
    return Part(required_label(fields, "concat-ref", 40), total, number) if total > 1 else None


_STATES: Final[Mapping[str, SmsState]] = {
    "accepted": SmsState.SENT,
    "buffered": SmsState.SENT,
    "delivered": SmsState.DELIVERED,
    "failed": SmsState.FAILED,
    "expired": SmsState.FAILED,
    "rejected": SmsState.FAILED,
}


def _receipt(fields: Fields) -> Receipt:
    word, code = required_label(fields, "status"), label(fields, "err-code", 20)
    return Receipt(
        required_label(fields, "messageId"), _STATES.get(word.lower()), word, "" if code in ("", "0") else code
    )


render, thank = no_screen, ok


# --- sending ------------------------------------------------------------------------------------------------------

_OURS: Final[Mapping[str, str]] = {
    "4": "the API key or secret is wrong",
    "8": "the account is barred",
    "9": "no credit left; top up the account",
    "11": "the account may not use the SMS API",
    "14": "the signature is wrong; the account asks for signed requests",
    "15": "the sender is not allowed",
    "29": "a trial account may only send to listed numbers",
    "32": "the signature secret is wrong",
}
_NUMBER: Final[Mapping[str, str]] = {"7": "the number is barred", "33": "the number is switched off"}
_NOT_NOW: Final[Mapping[str, str]] = {
    "1": "too many SMS a second",
    "5": "trouble at Vonage",
    "10": "too many connections",
}


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Hand one SMS to Vonage. There is no idempotency key: a lost answer is Later `unknown`."""
    pair = f"{settings.api_key}:{settings.api_secret.get_secret_value()}".encode()
    headers = {"Authorization": "Basic " + base64.b64encode(pair).decode(), "Content-Type": FORM}
    body = urlencode(_form(settings, sms)).encode()
    answered = await exchange(http, "POST", settings.send_url, SEND_WITHIN, headers=headers, body=body)
    return answered if isinstance(answered, Later) else _outcome(answered)


def _form(settings: Settings, sms: Sms) -> dict[str, str]:
    form = {"to": sms.to.removeprefix("+"), "from": settings.sender, "text": sms.text}
    if not is_plain(sms.text):
        form["type"] = "unicode"
    return form | ({"status-report-req": "1", "callback": settings.receipts} if settings.receipts else {})


def _outcome(answered: Answered) -> SendOutcome:
    """Read the answer, which is 200 whatever happened. Of a long SMS the first part's id is that of the receipts."""
    later = trouble(answered)
    if later is not None:
        return later
    if answered.status >= 400:
        return Failed(str(answered.status), f"Vonage answered {answered.status}", "contract")
    try:
        parts = json_of(answered)["messages"]
        wrong = next((part for part in parts if str(part["status"]) != "0"), None)
        if wrong is None:
            return Sent(str(parts[0]["message-id"]), _cost(parts))
        refused = _refusal(str(wrong["status"]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Later("the answer is not the documented JSON; the SMS may have been sent", "unknown")
    if wrong is parts[0]:
        return refused
    return Later("only some parts of a long SMS were taken", "unknown")


def _cost(parts: list[Mapping[str, object]]) -> str:
    return f"EUR {sum(float(str(part.get('message-price') or 0)) for part in parts):.4f}"


def _refusal(code: str) -> Later | Failed:
    if code in _NOT_NOW:
        return Later(f"{_NOT_NOW[code]} (status {code})")
    if code in _OURS:
        return Later(f"{_OURS[code]} (status {code})", "auth")
    if code in _NUMBER:
        return Failed(code, _NUMBER[code])
    return Failed(code if code.isdigit() else "refused", "a refusal that the gateway cannot mend", "contract")


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write an incoming SMS, signed if the account signs."""
    assert isinstance(said, Text)
    at = datetime.fromtimestamp(said.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    fields = {"msisdn": said.number[1:], "to": said.to, "messageId": said.id, "text": said.text, "type": "unicode"}
    fields |= {"message-timestamp": at, "timestamp": str(int(door.at)), "nonce": said.id}
    if settings.signature is not None:
        sign, secret = _SIGNS[settings.signature.method], settings.signature.secrets[0].get_secret_value()
        fields["sig"] = sign(secret.encode(), _what_is_signed(fields))
    return posted("sms", fields)


hear = nothing_heard
