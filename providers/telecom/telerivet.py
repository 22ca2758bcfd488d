"""Telerivet: SMS in, delivery reports, SMS out. Sends over the network; all else is pure.

Wire formats after telerivet.com/api (webhook, REST), read in 2026. Every callback quotes a secret in a field.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

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
    Refused,
    Request,
    SendOutcome,
    Sent,
    Sms,
    SmsState,
    Texted,
    Unreadable,
    to_json,
)
from gateway.speech import Door, Spoken, Text, Turn
from providers.callbacks import posted
from providers.exchange import Answered, HeaderSecret, Url, exchange, json_of, trouble
from providers.forms import (
    CallingCode,
    anyones_number,
    count,
    form_fields,
    is_unanswerable,
    label,
    moment_of,
    required_label,
    texted_text,
)
from providers.proofs import Network, SharedSecret, calls_from, is_one_of
from providers.replies import no_screen, nothing_heard

Fields = Mapping[str, str]

EVENTS: Final = ("sms", "receipt")
USSD = False
SMS = True
SEND_WITHIN: Final = 30.0  # seconds


class Settings(BaseModel):
    """A channel's keys in config.yaml. `webhook_secrets` are one, or two while one replaces the other; the first is
    what delivery reports are asked to quote."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_key: HeaderSecret
    project: str = Field(pattern=r"^PJ[0-9A-Za-z]{8,40}$", description="the project's id, PJ…")
    route: str = Field("", max_length=40, description="id of the phone or route that sends; the project's own if none")
    webhook_secrets: tuple[SharedSecret, ...] = Field(min_length=1, max_length=2)
    receipts: Url | None = Field(None, description="our address for delivery reports")
    calling_code: CallingCode = ""
    addresses: tuple[Network, ...] = ()
    url: Url = "https://api.telerivet.com"


# --- callbacks ----------------------------------------------------------------------------------------------------


def proofs(settings: Settings) -> list[str]:
    """Say in words what proves this channel's caller."""
    return ["Telerivet's secret in the form"] + (["the caller's network address"] if settings.addresses else [])


def prove(request: Request, settings: Settings) -> None:
    """Raise Refused unless the form quotes a secret of ours."""
    try:
        given = form_fields(request).get("secret", "") if request.method == "POST" else ""
    except Unreadable:
        given = ""
    if not is_one_of(given, settings.webhook_secrets):
        raise Refused("the field `secret` is wrong or missing; it is the webhook secret of Telerivet's service")
    if settings.addresses and not calls_from(request, settings.addresses):
        raise Refused("the caller's address is not in `addresses`")


def parse(request: Request, settings: Settings) -> Event:
    """Read a callback. Raises Unreadable."""
    fields = form_fields(request)
    match required_label(fields, "event", 40):
        case "incoming_message":
            return _sms(fields, settings)
        case "send_status":
            return _receipt(fields)
        case other:
            return Noted("Telerivet's event that we do not need", {"event": other})


def _sms(fields: Fields, settings: Settings) -> Texted | Noted:
    id_, kind = required_label(fields, "id"), label(fields, "message_type", 20)
    sender = fields.get("from_number_e164") or fields.get("from_number", "")
    if kind not in ("", "sms"):
        return Noted("message of another kind", {"id": id_, "kind": kind})
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    return Texted(
        id=id_,
        msisdn=anyones_number(sender, settings.calling_code),
        to=required_label(fields, "to_number", 20),
        text=texted_text(fields, "content"),
        sent_at=moment_of(count(fields, "time_sent") or count(fields, "time_created")),
    )


_STATES: Final[Mapping[str, SmsState]] = {
    "queued": SmsState.QUEUED,
    "processing": SmsState.QUEUED,
    "failed_queued": SmsState.QUEUED,  # failed once, and will be tried again
    "sent": SmsState.SENT,
    "delivered": SmsState.DELIVERED,
    "read": SmsState.DELIVERED,
    "failed": SmsState.FAILED,
    "not_delivered": SmsState.FAILED,
    "cancelled": SmsState.FAILED,
}


def _receipt(fields: Fields) -> Receipt:
    word = required_label(fields, "status", 40)
    return Receipt(required_label(fields, "id"), _STATES.get(word.lower()), word, label(fields, "error_message", 400))


render = no_screen


def thank(request: Request, settings: Settings) -> Answer:
    """Write an answer without messages: ours go out by themselves."""
    return Answer(b'{"messages":[]}', "application/json")


# --- sending ------------------------------------------------------------------------------------------------------


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Hand one SMS to Telerivet. There is no idempotency key: a lost answer is Later `unknown`."""
    pair = base64.b64encode(f"{settings.api_key.get_secret_value()}:".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
    url = f"{settings.url.rstrip('/')}/v1/projects/{quote(settings.project)}/messages/send"
    body = to_json(_message(settings, sms))
    answered = await exchange(http, "POST", url, SEND_WITHIN, headers=headers, body=body)
    return answered if isinstance(answered, Later) else _outcome(answered)


def _message(settings: Settings, sms: Sms) -> dict[str, JSON]:
    message = {"to_number": sms.to, "content": sms.text, "message_type": "sms"}
    if settings.route:
        message["route_id"] = settings.route
    if settings.receipts:
        secret = settings.webhook_secrets[0].get_secret_value()
        message |= {"status_url": settings.receipts, "status_secret": secret}
    return message


def _outcome(answered: Answered) -> SendOutcome:
    if answered.status == 402:
        return Later("no credit left; top up the account", "auth")
    later = trouble(answered)
    if later is not None:
        return later
    if answered.status >= 400:
        return Failed(str(answered.status), f"Telerivet answered {answered.status}", "contract")
    try:
        message = json_of(answered)
        id_, word = str(message["id"]), str(message.get("status", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Later("the answer is not the documented JSON; the SMS may have been sent", "unknown")
    if _STATES.get(word) == SmsState.FAILED:
        return Failed(word, "Telerivet could not send it")
    return Sent(id_)


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write an incoming message, with the webhook's secret."""
    assert isinstance(said, Text)
    fields = {"event": "incoming_message", "id": said.id, "message_type": "sms", "content": said.text}
    fields |= {"from_number": said.number, "from_number_e164": said.number, "to_number": said.to}
    fields |= {"time_sent": str(int(said.at)), "secret": settings.webhook_secrets[0].get_secret_value()}
    return posted("sms", fields)


hear = nothing_heard
