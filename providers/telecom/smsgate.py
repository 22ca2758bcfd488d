"""SMS Gateway for Android (capcom6): a phone that sends and receives. Sends over the network; all else is pure.

Wire formats after docs.sms-gate.app (webhooks, signing, sending) and the app's source, read in 2026.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, Field

from gateway.messages import (
    JSON,
    Event,
    Failed,
    Later,
    Noted,
    Receipt,
    Refused,
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
from providers.callbacks import posted_json, with_headers
from providers.exchange import Answered, HeaderSecret, Url, exchange, json_of, trouble
from providers.forms import CallingCode, anyones_number, is_unanswerable, label, moment, required_label, texted_text
from providers.proofs import (
    Basic,
    Network,
    PathSecret,
    SharedSecret,
    hmac_hex,
    is_fresh,
    is_signed,
    prove_shown,
    shown,
)
from providers.replies import no_screen, nothing_heard, ok

Fields = Mapping[str, str]

EVENTS: Final = ("sms", "receipt")
USSD = False
SMS = True
SEND_WITHIN: Final = 30.0  # seconds
VALID: Final = 86_400  # seconds that a phone without a network keeps an SMS


class Settings(BaseModel):
    """A channel's keys in config.yaml. `number` is the phone's own; `signing_keys` are one, or two during a change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Url = Field("https://api.sms-gate.app/3rdparty/v1", description="or http://<phone>:8080 for a phone nearby")
    username: str = Field(min_length=1, pattern=r"^[^:\s]+$")
    password: HeaderSecret
    number: str = Field(min_length=1, max_length=20, description="the phone's number, as citizens text it")
    sim: int | None = Field(None, ge=1, le=3)
    calling_code: CallingCode = ""
    signing_keys: tuple[SharedSecret, ...] = Field((), max_length=2)
    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = ()
    basic: Basic | None = None


# --- callbacks ----------------------------------------------------------------------------------------------------


def proofs(settings: Settings) -> list[str]:
    """Say in words what proves this channel's caller. An empty list: nothing does."""
    signed = ["the app's signature, at most five minutes old"] if settings.signing_keys else []
    return shown(settings) + signed


def prove(request: Request, settings: Settings) -> None:
    """Raise Refused unless all that is configured is right. The app signs body and time anew at every attempt."""
    prove_shown(request, settings)
    if not settings.signing_keys:
        return
    timestamp = request.headers.get("x-timestamp", "")
    signed = request.body + timestamp.encode("utf-8", "replace")
    signature = request.headers.get("x-signature", "")
    if not is_signed(signed, signature, settings.signing_keys, hmac_hex("sha256")):
        raise Refused("X-Signature is wrong or missing; is it the signing key of the app's webhook settings?")
    if not is_fresh(timestamp, request.at):
        raise Refused("X-Timestamp is missing, or more than five minutes off; is the phone's clock wrong?")


_STATES: Final[Mapping[str, SmsState]] = {
    "sms:sent": SmsState.SENT,
    "sms:delivered": SmsState.DELIVERED,
    "sms:failed": SmsState.FAILED,
    "sms:cancelled": SmsState.FAILED,
}


def parse(request: Request, settings: Settings) -> Event:
    """Read a callback: whatever its address, its own `event` says what it is. Raises Unreadable."""
    data = json_object(request)
    fields = plain(data)
    word = required_label(fields, "event", 40)
    if word == "sms:received":
        return _sms(required_label(fields, "id"), plain(data.get("payload")), settings)
    if word in _STATES:
        payload = plain(data.get("payload"))
        reason = label(payload, "reason", 400) if word == "sms:failed" else ""
        return Receipt(required_label(payload, "messageId"), _STATES[word], word, reason)
    return Noted("the app's event that we do not need", {"event": word})


def _sms(id_: str, payload: Fields, settings: Settings) -> Texted | Noted:
    """Read an SMS. Its `messageId` is a hash of the content and no id; the webhook's own `id` is."""
    sender = payload.get("sender") or payload.get("phoneNumber", "")
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    return Texted(
        id=id_,
        msisdn=anyones_number(sender, settings.calling_code),
        to=label(payload, "recipient", 20) or settings.number,
        text=texted_text(payload, "message"),
        sent_at=moment(payload, "receivedAt"),
    )


render, thank = no_screen, ok


# --- sending ------------------------------------------------------------------------------------------------------


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Hand one SMS to the phone under our own key: the same key again is refused, so nothing goes out twice."""
    pair = f"{settings.username}:{settings.password.get_secret_value()}".encode()
    headers = {"Authorization": "Basic " + base64.b64encode(pair).decode(), "Content-Type": "application/json"}
    cloud = settings.url.rstrip("/").endswith("/v1")
    url = settings.url.rstrip("/") + ("/messages" if cloud else "/message")
    body = to_json(_message(settings, sms))
    answered = await exchange(http, "POST", url, SEND_WITHIN, headers=headers, body=body)
    return answered if isinstance(answered, Later) else _outcome(answered, sms)


def _message(settings: Settings, sms: Sms) -> dict[str, JSON]:
    message: dict[str, JSON] = {"id": _short(sms.key), "textMessage": {"text": sms.text}, "phoneNumbers": [sms.to]}
    message |= {"withDeliveryReport": True, "ttl": VALID}
    return message | ({"simNumber": settings.sim} if settings.sim else {})


def _short(key: str) -> str:
    """Return our key within the 36 characters that the app's ids have."""
    return key[-36:]


def _outcome(answered: Answered, sms: Sms) -> SendOutcome:
    if answered.status == 409:
        return Sent(_short(sms.key))
    later = trouble(answered)
    if later is not None:
        return later
    if answered.status >= 400:
        return Failed(str(answered.status), f"SMS Gateway for Android answered {answered.status}", "contract")
    try:
        message = json_of(answered)
        id_, state = str(message["id"]), str(message.get("state", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Later("the answer is not the documented JSON; the SMS may have been sent", "unknown")
    if state in ("Failed", "Cancelled"):
        return Failed(state, "the phone could not send it")
    return Sent(id_)


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write what the app posts, signed if the app has a key."""
    assert isinstance(said, Text)
    at = datetime.fromtimestamp(said.at, UTC).isoformat()
    payload = {"messageId": "0", "message": said.text, "sender": said.number, "recipient": said.to, "receivedAt": at}
    spoken = posted_json("sms", {"deviceId": "phone", "event": "sms:received", "id": said.id, "payload": payload})
    if not settings.signing_keys:
        return spoken
    stamp = str(int(door.at))
    signature = hmac_hex("sha256")(settings.signing_keys[0].get_secret_value().encode(), spoken.body + stamp.encode())
    return with_headers(spoken, {"x-timestamp": stamp, "x-signature": signature})


hear = nothing_heard
