"""Infobip, SMS API v3: SMS in and delivery reports in batches, SMS out. Sends over the network; all else is pure.

Wire formats after infobip.com/docs (SMS API v3: receive, reports, send), read in 2026. Callbacks carry no signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, Field

from gateway.messages import (
    JSON,
    Event,
    Events,
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
from providers.bodies import each, json_object, plain
from providers.callbacks import posted_json
from providers.exchange import Answered, HeaderSecret, Url, exchange, json_of, trouble
from providers.forms import anyones_number, is_unanswerable, label, moment, required_label, texted_text
from providers.proofs import Basic, Network, PathSecret, prove_shown, shown
from providers.replies import no_screen, nothing_heard, ok

Fields = Mapping[str, str]

EVENTS: Final = ("sms", "receipt")
USSD = False
SMS = True
SEND_WITHIN: Final = 30.0  # seconds


class Settings(BaseModel):
    """A channel's keys in config.yaml. `url` is the account's own address, such as https://abc123.api.infobip.com."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Url
    api_key: HeaderSecret
    sender: str = Field(min_length=1, max_length=20)
    receipts: Url | None = Field(None, description="our address for delivery reports")
    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = ()
    basic: Basic | None = None


# --- callbacks ----------------------------------------------------------------------------------------------------


proofs, prove = shown, prove_shown


def parse(request: Request, settings: Settings) -> Events:
    """Read a batch, which may be empty. Raises Unreadable."""
    results = json_object(request).get("results")
    return each(results, _sms if request.event == "sms" else _receipt, "results")


def _sms(fields: Fields, _: JSON) -> Event:
    id_, sender = required_label(fields, "messageId"), fields.get("from", "")
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    return Texted(
        id=id_,
        msisdn=anyones_number(sender),
        to=required_label(fields, "to", 20),
        text=texted_text(fields, "text"),
        sent_at=moment(fields, "receivedAt"),
    )


_STATES: Final[Mapping[str, SmsState]] = {
    "ACCEPTED": SmsState.QUEUED,
    "PENDING": SmsState.SENT,
    "DELIVERED": SmsState.DELIVERED,
    "UNDELIVERABLE": SmsState.FAILED,
    "EXPIRED": SmsState.FAILED,
    "REJECTED": SmsState.FAILED,
}


def _receipt(fields: Fields, result: JSON) -> Event:
    status, error = plain(result.get("status")), result.get("error")
    word = required_label(status, "groupName", 40)
    wrong = label(plain(error), "name", 60) if isinstance(error, dict) else ""
    state = _STATES.get(word.upper())
    return Receipt(required_label(fields, "messageId"), state, word, wrong if state == SmsState.FAILED else "")


render, thank = no_screen, ok


# --- sending ------------------------------------------------------------------------------------------------------

_TAKEN: Final = frozenset({1, 3})  # groups PENDING and DELIVERED
_REFUSALS: Final[Mapping[str, Later | Failed]] = {
    "REJECTED_NOT_ENOUGH_CREDITS": Later("no credit left; top up the account", "auth"),
    "REJECTED_PREPAID_PACKAGE_EXPIRED": Later("the prepaid package is over", "auth"),
    "REJECTED_SENDER": Later("`sender` is not allowed", "auth"),
    "REJECTED_SOURCE": Later("`sender` is not allowed", "auth"),
    "REJECTED_NETWORK": Later("the number's network is not in the contract", "auth", alone=True),
    "REJECTED_ROUTE_NOT_AVAILABLE": Later("no way to the number's network", after=3600.0, alone=True),
    "REJECTED_SYSTEM_ERROR": Later("trouble at Infobip"),
    "REJECTED_DESTINATION": Failed("REJECTED_DESTINATION", "the number is barred or not valid"),
    "REJECTED_DESTINATION_NOT_REGISTERED": Failed("REJECTED_DESTINATION_NOT_REGISTERED", "a trial account's number"),
    "REJECTED_DESTINATION_ON_BLACKLIST": Failed("REJECTED_DESTINATION_ON_BLACKLIST", "it opted out", "opted_out"),
    "REJECTED_PREFIX_MISSING": Failed("REJECTED_PREFIX_MISSING", "the number is not valid"),
    "REJECTED_DND": Failed("REJECTED_DND", "the operator bars such SMS to the number"),
}


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Hand one SMS to Infobip under our own key, by which it is reported on."""
    key = settings.api_key.get_secret_value()
    headers = {"Authorization": f"App {key}", "Content-Type": "application/json"}
    url = settings.url.rstrip("/") + "/sms/3/messages"
    body = to_json({"messages": [_message(settings, sms)]})
    answered = await exchange(http, "POST", url, SEND_WITHIN, headers=headers, body=body)
    return answered if isinstance(answered, Later) else _outcome(answered)


def _message(settings: Settings, sms: Sms) -> dict[str, JSON]:
    message: dict[str, JSON] = {
        "sender": settings.sender,
        "destinations": [{"to": sms.to.removeprefix("+"), "messageId": sms.key}],
        "content": {"text": sms.text},
    }
    delivery = {"url": settings.receipts, "intermediateReport": True, "contentType": "application/json"}
    return message | ({"webhooks": {"delivery": delivery}} if settings.receipts else {})


def _outcome(answered: Answered) -> SendOutcome:
    later = trouble(answered)
    if later is not None:
        return later
    if answered.status >= 400:
        return Failed(str(answered.status), f"Infobip answered {answered.status}", "contract")
    try:
        first = json_of(answered)["messages"][0]
        group, name = int(first["status"]["groupId"]), str(first["status"].get("name", ""))
        if group in _TAKEN:
            return Sent(str(first["messageId"]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Later("the answer is not the documented JSON; the SMS may have been sent", "unknown")
    code = name if name.replace("_", "").isalnum() and len(name) <= 60 else "refused"
    return _REFUSALS.get(code, Failed(code, "a refusal that the gateway does not know", "contract"))


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write a batch of one SMS."""
    assert isinstance(said, Text)
    at = datetime.fromtimestamp(said.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    sms = {"messageId": said.id, "from": said.number[1:], "to": said.to, "text": said.text, "receivedAt": at}
    return posted_json("sms", {"results": [sms], "messageCount": 1, "pendingMessageCount": 0})


hear = nothing_heard
