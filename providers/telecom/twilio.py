"""Twilio: SMS in and out, and delivery reports. Sends over the network; all else is pure.

Wire formats after twilio.com/docs (messaging webhooks, webhook security, the Message resource), read in 2026. Callbacks
are signed over the public URL and the fields of the form, and are checked by Twilio's own library.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator

from gateway.messages import (
    Answer,
    Event,
    Failed,
    Later,
    Noted,
    OptOut,
    Receipt,
    Refused,
    Request,
    SendOutcome,
    Sent,
    Sms,
    SmsState,
    Texted,
)
from gateway.speech import Door, Spoken, Text, Turn
from providers.callbacks import posted, with_headers
from providers.exchange import Answered, Url, exchange, json_of, trouble, wait_asked
from providers.forms import (
    FORM,
    MOST_FIELDS,
    form_fields,
    is_form,
    is_unanswerable,
    label,
    msisdn,
    required_label,
    texted_text,
)
from providers.replies import no_screen, nothing_heard

Fields = Mapping[str, str]

EVENTS: Final = ("sms", "fallback", "receipt")
USSD = False
SMS = True
SEND_WITHIN: Final = 30.0  # seconds


class ApiKey(BaseModel):
    """A Twilio API key, which sends in place of the account's auth token."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    sid: str = Field(pattern=r"^SK[0-9a-fA-F]{32}$")
    secret: SecretStr


class Settings(BaseModel):
    """A channel's keys in config.yaml. `auth_tokens` holds one token, or two while one replaces the other.

    `shared_keys` maps ids of Twilio SharedKeys to their secrets; without it only HMAC-SHA1 signatures are taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    auth_tokens: tuple[SecretStr, ...] = Field(min_length=1, max_length=2)
    shared_keys: dict[str, SecretStr] = {}
    api_key: ApiKey | None = None
    sender: str = Field("", alias="from", max_length=20, description="number or sender id that SMS go out from")
    messaging_service: str = Field("", pattern=r"^(MG[0-9a-fA-F]{32})?$")
    status_callback: Url | None = None
    validity_seconds: int = Field(14_400, ge=1, le=36_000)
    send_url: Url | None = None

    @model_validator(mode="after")
    def _has_a_sender(self) -> Self:
        if bool(self.sender) == bool(self.messaging_service):
            raise ValueError("give either `from` or `messaging_service`")
        if any(not token.get_secret_value() for token in self.auth_tokens):
            raise ValueError("an auth token is blank")
        return self


_VALIDATOR: Final[Any] = RequestValidator  # untyped
_SENDERS = re.compile("From[+ ]?[0-9]{7}")

# --- proof --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Signed:
    """The fields of a form with all their values, in the shape that Twilio's validator reads."""

    pairs: tuple[tuple[str, str], ...]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def getall(self, wanted: str) -> list[str]:
        """Return every value of one field."""
        return [value for name, value in self.pairs if name == wanted]


def proofs(settings: Settings) -> list[str]:
    """Say in words what proves this channel's caller."""
    return ["Twilio's signature"]


def prove(request: Request, settings: Settings) -> None:
    """Raise Refused unless Twilio signed the request with a key of ours. All keys are tried."""
    if request.secret:  # the signed address and the signed form have nothing between them
        raise Refused("the address has a part that no address of Twilio's has")
    signature = request.headers.get("x-twilio-signature", "")
    if not signature:
        raise Refused("the header X-Twilio-Signature is missing")
    try:
        signed = _what_is_signed(request)
        right = [
            _VALIDATOR(key.get_secret_value()).validate(request.url, signed, signature, algorithm)
            for key, algorithm in _keys(request, settings)
        ]
    except ValueError:
        raise Refused("the request has no form that Twilio signs") from None
    if not any(right):
        raise Refused("X-Twilio-Signature is wrong; are the auth token and the public base URL right?")


def _keys(request: Request, settings: Settings) -> list[tuple[SecretStr, str]]:
    """Return what may have signed. The request names a SharedKey, so only those that we configured count."""
    named = dict(part.strip().partition("=")[::2] for part in _settings_header(request).split(","))
    key = settings.shared_keys.get(named.get("key", ""))
    if key is not None:
        return [(key, HMAC_SHA256)]
    return [(token, HMAC_SHA1) for token in settings.auth_tokens]


def _settings_header(request: Request) -> str:
    return request.headers.get("x-twilio-webhooks-signature-settings", "")


def _what_is_signed(request: Request) -> _Signed | str:
    """Return the form of a POST, nothing for a GET (its URL holds all), else the body that bodySHA256 vouches for."""
    if request.method == "GET":
        return _Signed(())
    body = request.body.decode("utf-8", "replace")
    if is_form(request):
        return _Signed(_cut_once(parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)))
    if "bodySHA256" not in parse_qs(urlsplit(request.url).query):
        raise ValueError("a body that is no form needs bodySHA256 in the URL")
    return body


def _cut_once(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return a form that can be cut into fields in one way. Raises ValueError.

    Twilio signs names and values without anything between them: a text that spells out `From+254…` would, cut anew,
    come from that number. Outside the text there is one sender only.
    """
    beside = "".join(name + value for name, value in sorted(pairs) if name != "Body")
    if len(_SENDERS.findall(beside)) > 1:
        raise ValueError("the form names more than one sender")
    return tuple(pairs)


# --- callbacks ----------------------------------------------------------------------------------------------------


def parse(request: Request, settings: Settings) -> Event:
    """Read a callback. Raises Unreadable."""
    return _READERS[request.event](form_fields(request))


def _sms(fields: Fields) -> Texted | OptOut | Noted:
    id_ = required_label(fields, "MessageSid")
    sender = fields.get("From", "")
    if ":" in sender:
        kind = sender.partition(":")[0][:20]
        return Noted("message of another channel, such as WhatsApp", {"id": id_, "channel": kind})
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    number, to = msisdn(sender), required_label(fields, "To", 40)
    match label(fields, "OptOutType").upper():
        case "STOP":
            return OptOut(number, True, to, id_)
        case "START":
            return OptOut(number, False, to, id_)
        case "HELP":
            return Noted("HELP, which Twilio has answered", {"id": id_})
    return Texted(id_, number, to, texted_text(fields, "Body"))


_STATES: Final[Mapping[str, SmsState]] = {
    "accepted": SmsState.QUEUED,
    "scheduled": SmsState.QUEUED,
    "queued": SmsState.QUEUED,
    "sending": SmsState.QUEUED,
    "sent": SmsState.SENT,
    "partially_delivered": SmsState.SENT,
    "delivered": SmsState.DELIVERED,
    "read": SmsState.DELIVERED,
    "undelivered": SmsState.FAILED,
    "failed": SmsState.FAILED,
    "canceled": SmsState.FAILED,
}


def _receipt(fields: Fields) -> Receipt:
    word = required_label(fields, "MessageStatus")
    return Receipt(required_label(fields, "MessageSid"), _STATES.get(word.lower()), word, label(fields, "ErrorCode"))


_READERS: Final[Mapping[str, Callable[[Fields], Event]]] = {"sms": _sms, "fallback": _sms, "receipt": _receipt}


render = no_screen


def thank(request: Request, settings: Settings) -> Answer:
    """Write an empty TwiML document: the callback is taken, and the answer goes out as an SMS of its own."""
    return Answer(b'<?xml version="1.0" encoding="UTF-8"?>\n<Response></Response>', "text/xml; charset=utf-8")


# --- sending ------------------------------------------------------------------------------------------------------

_PERMANENT: Final = (
    *(21211, 21214, 21217, 21408, 21602, 21603, 21604, 21605, 21612, 21614, 21617),
    *(30004, 30005, 30006, 30007),
)
_OURS: Final = (20003, 21212, 21219, 21606, 21703, 21705, 30002, 30018, 30024, 30032, 30034)
_TRANSIENT: Final = (14107, 20429, 20500, 20503, 21611, 30001, 30003, 30008, 30017, 30022, 30023, 30410, 63018)
_PAGE: Final = "twilio.com/docs/errors/"
_REFUSALS: Final[Mapping[int, Later | Failed]] = {
    21610: Failed("21610", "the number opted out of SMS", "opted_out"),
    **{code: Failed(str(code), f"Twilio refuses the number or the text: {_PAGE}{code}") for code in _PERMANENT},
    **{code: Later(f"correct our account or settings: {_PAGE}{code}", "auth") for code in _OURS},
    **{code: Later(f"not now: {_PAGE}{code}") for code in _TRANSIENT},
}


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Hand one SMS to Twilio. There is no idempotency key: a lost answer is Later `unknown`."""
    url = settings.send_url or f"https://api.twilio.com/2010-04-01/Accounts/{settings.account_sid}/Messages.json"
    headers = {"Authorization": _basic(settings), "Content-Type": FORM}
    body = urlencode(_form(settings, sms)).encode()
    answered = await exchange(http, "POST", url, SEND_WITHIN, headers=headers, body=body)
    return answered if isinstance(answered, Later) else _outcome(answered)


def _basic(settings: Settings) -> str:
    user, password = settings.account_sid, settings.auth_tokens[0]
    if settings.api_key is not None:
        user, password = settings.api_key.sid, settings.api_key.secret
    return "Basic " + base64.b64encode(f"{user}:{password.get_secret_value()}".encode()).decode()


def _form(settings: Settings, sms: Sms) -> dict[str, str]:
    form = {"To": sms.to}
    if settings.sender:
        form["From"] = settings.sender
    if settings.messaging_service:
        form["MessagingServiceSid"] = settings.messaging_service
    form["Body"] = sms.text
    if settings.status_callback is not None:
        form["StatusCallback"] = settings.status_callback
    return form | {"ValidityPeriod": str(settings.validity_seconds)}


def _outcome(answered: Answered) -> SendOutcome:
    try:
        data = json_of(answered)
    except ValueError:
        data = None
    fields: Mapping[str, object] = data if isinstance(data, dict) else {}
    if answered.status >= 300:
        return _refusal(answered, fields.get("code"))
    sid = fields.get("sid")
    if isinstance(sid, str) and sid:
        return Sent(sid, str(fields.get("price") or ""))
    return Later("the answer is not the documented JSON; the SMS may have been sent", "unknown")


def _refusal(answered: Answered, code: object) -> Later | Failed:
    number = code if isinstance(code, int) else answered.status
    meant, later = _REFUSALS.get(number), trouble(answered)
    if isinstance(meant, Later):
        return replace(meant, after=wait_asked(answered.headers))
    unknown = Failed(str(number), f"Twilio answered {answered.status}: {_PAGE}{number}", "contract")
    return meant or later or unknown


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write an incoming message, signed with the first auth token."""
    assert isinstance(said, Text)
    fields = {"MessageSid": said.id, "AccountSid": settings.account_sid, "From": said.number, "To": said.to}
    fields |= {"Body": said.text, "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received"}
    spoken = posted("sms", fields)
    signs = _VALIDATOR(settings.auth_tokens[0].get_secret_value()).compute_signature
    return with_headers(spoken, {"x-twilio-signature": signs(spoken.url(door.url), _Signed(tuple(fields.items())))})


hear = nothing_heard
