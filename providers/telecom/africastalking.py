"""Africa's Talking: USSD, SMS in and out, delivery reports, opt-outs. Sends over the network; all else is pure.

Wire formats after developers.africastalking.com (USSD sessions and notifications; SMS sending and notifications), read
in 2026. Callbacks carry no signature: a secret in the path and an address list stand in for one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ConfigDict, Field

from gateway.messages import (
    Answer,
    Ended,
    Event,
    Failed,
    Inbound,
    Later,
    Noted,
    OptOut,
    Receipt,
    Reply,
    Request,
    SendOutcome,
    Sent,
    Sms,
    SmsState,
    Texted,
    Unreadable,
)
from gateway.speech import Door, Shown, Spoken, Text, Turn
from providers.callbacks import posted
from providers.exchange import Answered, HeaderSecret, Url, exchange, json_of, trouble
from providers.forms import (
    FORM,
    count,
    form_fields,
    is_unanswerable,
    label,
    moment,
    msisdn,
    required_label,
    texted_text,
    typed_text,
)
from providers.proofs import Basic, Network, PathSecret, prove_shown, shown
from providers.replies import ok

Fields = Mapping[str, str]

EVENTS: Final = ("ussd", "ussd-end", "sms", "receipt", "opt-out", "subscription")
USSD = True
SMS = True
SEND_WITHIN: Final = 30.0  # seconds
LATE: Final = 3600.0  # seconds until a message without a route is worth another try


class Settings(BaseModel):
    """A channel's keys in config.yaml. `secrets` holds one path secret, or two while one replaces the other."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    username: str = Field(min_length=1, description="account name; `sandbox` sends through the sandbox")
    api_key: HeaderSecret
    sender: str = Field("", max_length=15, description="sender id or short code of ordinary SMS")
    short_code: str = Field("", max_length=15, description="short code that answers premium on-demand SMS")
    keyword: str = Field("", max_length=40, description="keyword of the premium product")
    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = Field((), description="networks that callbacks come from, as 192.0.2.0/24")
    basic: Basic | None = None
    send_url: Url | None = None
    premium_send_url: Url | None = None


# --- callbacks ----------------------------------------------------------------------------------------------------


proofs, prove = shown, prove_shown


def parse(request: Request, settings: Settings) -> Event:
    """Read a callback. Raises Unreadable."""
    if request.method != "POST":  # in a query, what citizens type would stand in every log on the way
        raise Unreadable("Africa's Talking posts its callbacks")
    return _READERS[request.event](form_fields(request))


def _ussd(fields: Fields) -> Inbound:
    text = typed_text(fields, "text")
    return Inbound(
        session=required_label(fields, "sessionId"),
        msisdn=msisdn(fields.get("phoneNumber", "")),
        code=required_label(fields, "serviceCode", 40),
        turn=text,
        text=text,
        cumulative=True,
        network=label(fields, "networkCode", 16),
    )


_OUTCOMES: Final[Mapping[str, Literal["success", "incomplete", "failed"]]] = {
    "success": "success",
    "incomplete": "incomplete",
    "failed": "failed",
}


def _ussd_end(fields: Fields) -> Ended | Noted:
    session = required_label(fields, "sessionId")
    number = msisdn(fields.get("phoneNumber", ""))
    word = required_label(fields, "status")
    outcome = _OUTCOMES.get(word.lower())
    if outcome is None:
        return Noted("USSD end notice with an unknown status", {"status": word})
    return Ended(session, number, outcome, count(fields, "durationInMillis"), count(fields, "hopsCount"))


def _sms(fields: Fields) -> Texted | Noted:
    id_ = required_label(fields, "id")
    sender = fields.get("from", "")
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    return Texted(
        id=id_,
        msisdn=msisdn(sender),
        to=required_label(fields, "to", 20),
        text=texted_text(fields, "text"),
        sent_at=moment(fields, "date"),
        network=label(fields, "networkCode", 16),
        link=label(fields, "linkId"),
    )


_STATES: Final[Mapping[str, SmsState]] = {
    "sent": SmsState.SENT,
    "submitted": SmsState.SENT,
    "buffered": SmsState.SENT,
    "success": SmsState.DELIVERED,
    "rejected": SmsState.FAILED,
    "failed": SmsState.FAILED,
    "expired": SmsState.FAILED,
}


def _receipt(fields: Fields) -> Receipt:
    word = required_label(fields, "status")
    return Receipt(required_label(fields, "id"), _STATES.get(word.lower()), word, label(fields, "failureReason"))


def _opt_out(fields: Fields) -> OptOut:
    return OptOut(msisdn(fields.get("phoneNumber", "")), sender=label(fields, "senderId", 20))


def _subscription(fields: Fields) -> Noted:
    msisdn(fields.get("phoneNumber", ""))
    update = required_label(fields, "updateType", 20).lower()
    keyword = label(fields, "keyword", 40)
    return Noted("subscription", {"update": update, "short_code": label(fields, "shortCode", 20), "keyword": keyword})


_READERS: Final[Mapping[str, Callable[[Fields], Event]]] = {
    "ussd": _ussd,
    "ussd-end": _ussd_end,
    "sms": _sms,
    "receipt": _receipt,
    "opt-out": _opt_out,
    "subscription": _subscription,
}


def render(reply: Reply, inbound: Inbound, settings: Settings) -> Answer:
    """Write a USSD screen: `CON ` while the session goes on, `END ` with its last screen."""
    return Answer((b"CON " if reply.more else b"END ") + reply.text.lstrip(" ").encode("utf-8", "replace"))


thank = ok


# --- sending ------------------------------------------------------------------------------------------------------

_LIVE: Final = "https://api.africastalking.com/version1/messaging"
_PREMIUM: Final = "https://content.africastalking.com/version1/messaging"
_SANDBOX: Final = "https://api.sandbox.africastalking.com/version1/messaging"

_ACCEPTED: Final = frozenset({100, 101, 102})
_CODES: Final[Mapping[int, str]] = {
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}
_REFUSALS: Final[Mapping[str, Later | Failed]] = {
    "RiskHold": Failed("RiskHold", "Africa's Talking holds the message; ask its support", "contract"),
    "InvalidSenderId": Later("InvalidSenderId: `sender` is not registered for this account", "auth"),
    "InvalidPhoneNumber": Failed("InvalidPhoneNumber", "the number is not valid"),
    "UnsupportedNumberType": Failed("UnsupportedNumberType", "the number cannot be sent SMS"),
    "InsufficientBalance": Later("InsufficientBalance: top up the account", "auth"),
    "UserInBlacklist": Failed("UserInBlacklist", "the number opted out", "opted_out"),
    "CouldNotRoute": Later("CouldNotRoute: no way to the number's network at the moment", after=LATE, alone=True),
    "DoNotDisturbRejection": Failed("DoNotDisturbRejection", "the operator bars such SMS to the number"),
    "InternalServerError": Later("InternalServerError at Africa's Talking"),
    "GatewayError": Later("GatewayError at Africa's Talking"),
    "RejectedByGateway": Failed("RejectedByGateway", "the operator refused the message"),
}


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Hand one SMS to Africa's Talking. There is no idempotency key: a lost answer is Later `unknown`."""
    url, form = _premium(settings, sms) if sms.link else _bulk(settings, sms)
    headers = {"apiKey": settings.api_key.get_secret_value(), "Content-Type": FORM}
    answered = await exchange(http, "POST", url, SEND_WITHIN, headers=headers, body=urlencode(form).encode())
    return answered if isinstance(answered, Later) else _outcome(answered)


def _bulk(settings: Settings, sms: Sms) -> tuple[str, dict[str, str]]:
    url = settings.send_url or (_SANDBOX if settings.username == "sandbox" else _LIVE)
    form = {"username": settings.username, "to": sms.to, "message": sms.text, "bulkSMSMode": "1"}
    return url, form | ({"from": settings.sender} if settings.sender else {}) | {"enqueue": "1"}


def _premium(settings: Settings, sms: Sms) -> tuple[str, dict[str, str]]:
    url = settings.premium_send_url or settings.send_url
    url = url or (_SANDBOX if settings.username == "sandbox" else _PREMIUM)
    form = {"username": settings.username, "to": sms.to, "message": sms.text, "bulkSMSMode": "0", "linkId": sms.link}
    optional = {"from": settings.short_code, "keyword": settings.keyword}
    return url, form | {name: value for name, value in optional.items() if value}


def _outcome(answered: Answered) -> SendOutcome:
    later = trouble(answered)
    if later is not None:
        return later
    if answered.status >= 400:
        return Failed(str(answered.status), f"Africa's Talking answered {answered.status}", "contract")
    try:
        return _recipient(json_of(answered)["SMSMessageData"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Later("the answer is not the documented JSON; the SMS may have been sent", "unknown")


def _recipient(data: Mapping[str, object]) -> SendOutcome:
    recipients = data["Recipients"]
    if not isinstance(recipients, list) or not recipients:
        return _refusal(str(data.get("Message", "")))
    first = recipients[0]
    code = int(first["statusCode"])
    if code not in _ACCEPTED:
        return _refusal(_CODES.get(code, str(code)))
    id_ = str(first["messageId"])
    return Sent("" if id_ == "None" else id_, str(first.get("cost", "")))


def _refusal(word: str) -> Later | Failed:
    code = word if word.isalnum() and word.isascii() and len(word) <= 40 else "refused"
    return _REFUSALS.get(code, Failed(code, "a refusal that the gateway does not know", "contract"))


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write the callback of a turn, of a session's end or of an SMS."""
    at = datetime.fromtimestamp(door.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(said, Text):
        return posted("sms", {"id": said.id, "from": said.number, "to": said.to, "text": said.text, "date": at})
    fields = {"sessionId": said.session, "phoneNumber": said.number, "serviceCode": said.code}
    fields |= {"networkCode": said.network}
    if said.over:
        return posted("ussd-end", {**fields, "date": at, "status": "Incomplete", "durationInMillis": 0, "hopsCount": 1})
    return posted("ussd", fields | {"text": "*".join((*said.ahead, *said.typed))})


def hear(shown: Shown, settings: Settings) -> Reply:
    """Read `CON ` or `END ` and a screen. Raises Unreadable."""
    kind, text = shown.body[:4], shown.body[4:]
    if kind not in (b"CON ", b"END "):
        raise Unreadable("the answer begins with neither CON nor END")
    return Reply(text.decode("utf-8", "replace"), kind == b"CON ")
