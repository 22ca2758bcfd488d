"""Jasmin SMS Gateway: SMS in, delivery reports, SMS out over its HTTP API. Sends over the network; all else is pure.

Wire formats after docs.jasminsms.com (HTTP API), read in 2026. Callbacks carry no signature.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from gateway.messages import (
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
    Unreadable,
)
from gateway.speech import Door, Spoken, Text, Turn
from providers.alphabet import is_plain, of_codes, of_ucs2, ucs2
from providers.callbacks import posted
from providers.exchange import Answered, Url, exchange, trouble
from providers.forms import (
    FORM,
    CallingCode,
    anyones_number,
    is_form,
    is_unanswerable,
    label,
    raw_pairs,
    required_label,
    texted_text,
    utf8,
)
from providers.proofs import Basic, Network, PathSecret, prove_shown, shown
from providers.replies import no_screen, nothing_heard

EVENTS: Final = ("sms", "receipt")
USSD = False
SMS = True
SEND_WITHIN: Final = 30.0  # seconds


class Settings(BaseModel):
    """A channel's keys in config.yaml. `receipts` is our own address for reports, with the secret in its path."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    send_url: Url = Field(description="such as http://127.0.0.1:1401/send")
    username: str = Field(min_length=1)
    password: SecretStr
    sender: str = Field(alias="from", min_length=1, max_length=20)
    receipts: Url | None = None
    calling_code: CallingCode = ""
    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = ()
    basic: Basic | None = None


# --- callbacks ----------------------------------------------------------------------------------------------------


proofs, prove = shown, prove_shown


def parse(request: Request, settings: Settings) -> Event:
    """Read a callback, a form or a query. Raises Unreadable."""
    if request.method == "GET":
        raw = raw_pairs(request.url.partition("?")[2].encode("utf-8", "surrogateescape"))
    elif is_form(request):
        raw = raw_pairs(request.body)
    else:
        raise Unreadable(f"the body must be {FORM}")
    return _sms(raw, settings) if request.event == "sms" else _receipt(utf8(raw))


# Letters whose code in the plain alphabet of SMS is their ASCII: of them `content` is right as it stands.
_SAME: Final = re.compile(rb"[A-Za-z0-9 \n\r!\"#%&'()*+,\-./:;<=>?]*")
_BINARY: Final = frozenset({"2", "4"})


def _sms(raw: Mapping[str, bytes], settings: Settings) -> Texted | Noted:
    fields = utf8({name: value for name, value in raw.items() if name != "content"})
    id_, sender = required_label(fields, "id"), fields.get("from", "")
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    if fields.get("coding", "0") in _BINARY:
        return Noted("binary SMS", {"id": id_})
    return Texted(
        id=id_,
        msisdn=anyones_number(sender, settings.calling_code),
        to=required_label(fields, "to", 20),
        text=texted_text(_content(raw, fields), "content"),
        network=label(fields, "origin-connector", 40),
    )


def _content(raw: Mapping[str, bytes], fields: Mapping[str, str]) -> Mapping[str, str]:
    """Return the text as a field. `content` has the codes of the SMS, for `binary` repeats them in hex."""
    if "content" not in raw:
        return {}
    try:
        codes = bytes.fromhex(fields.get("binary", "")) or raw["content"]
    except ValueError:
        codes = raw["content"]
    match fields.get("coding", "0"):
        case "0":
            same = _SAME.fullmatch(raw["content"]) is not None
            return {"content": raw["content"].decode() if same else of_codes(codes)}
        case "8":
            return {"content": of_ucs2(codes)}
        case "3":
            return {"content": codes.decode("latin-1")}
    return {"content": raw["content"].decode("utf-8", "replace")}


_STATES: Final[Mapping[str, SmsState]] = {
    "ESME_ROK": SmsState.SENT,
    "ACCEPTD": SmsState.SENT,
    "ENROUTE": SmsState.SENT,
    "DELIVRD": SmsState.DELIVERED,
    "UNDELIV": SmsState.FAILED,
    "EXPIRED": SmsState.FAILED,
    "REJECTD": SmsState.FAILED,
    "DELETED": SmsState.FAILED,
}
_TRIED_AGAIN: Final = frozenset({"ESME_RTHROTTLED", "ESME_RMSGQFUL", "ESME_RSYSERR"})


def _receipt(fields: Mapping[str, str]) -> Receipt:
    word = required_label(fields, "message_status", 40)
    refused = word.startswith("ESME_R") and word not in _TRIED_AGAIN
    state = _STATES.get(word.upper(), SmsState.FAILED if refused else None)
    error = label(fields, "err", 20)
    return Receipt(required_label(fields, "id"), state, word, error if state == SmsState.FAILED else "")


render = no_screen


def thank(request: Request, settings: Settings) -> Answer:
    """Write the only answer that Jasmin takes for one; else it calls again."""
    return Answer(b"ACK/Jasmin", "text/plain")


# --- sending ------------------------------------------------------------------------------------------------------

_TAKEN: Final = re.compile(rb'Success "([0-9A-Za-z-]{1,64})"')
_NO_ROUTE: Final = 412


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Hand one SMS to Jasmin. There is no idempotency key: a lost answer is Later `unknown`."""
    body = urlencode(_form(settings, sms)).encode()
    answered = await exchange(http, "POST", settings.send_url, SEND_WITHIN, headers={"Content-Type": FORM}, body=body)
    return answered if isinstance(answered, Later) else _outcome(answered)


def _form(settings: Settings, sms: Sms) -> dict[str, str]:
    """Write the form. Jasmin refuses any field that it does not know."""
    form = {"username": settings.username, "password": settings.password.get_secret_value()}
    form |= {"to": sms.to.removeprefix("+"), "from": settings.sender}
    plain = is_plain(sms.text)
    form |= {"coding": "0", "content": sms.text} if plain else {"coding": "8", "hex-content": ucs2(sms.text).hex()}
    if settings.receipts is None:
        return form | {"dlr": "no"}
    return form | {"dlr": "yes", "dlr-url": settings.receipts, "dlr-level": "3", "dlr-method": "POST"}


def _outcome(answered: Answered) -> SendOutcome:
    if answered.status == _NO_ROUTE:
        return Later("no route to the number; see the MT routes of Jasmin", after=3600.0, alone=True)
    later = trouble(answered)
    if later is not None:
        return later
    if answered.status >= 400:
        return Failed(str(answered.status), f"Jasmin answered {answered.status}; its log says why", "contract")
    taken = _TAKEN.match(answered.body)
    if taken is not None:
        return Sent(taken[1].decode())
    return Later("the answer is not Jasmin's; the SMS may have been sent", "unknown")


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write an SMS, in UCS-2 where the plain alphabet cannot say it."""
    assert isinstance(said, Text)
    plain = _SAME.fullmatch(said.text.encode()) is not None
    content = said.text.encode() if plain else ucs2(said.text)
    fields = {"id": said.id, "from": said.number[1:], "to": said.to, "origin-connector": "smsc", "priority": "1"}
    fields |= {"coding": "0" if plain else "8", "validity": ""}
    return posted("sms", {**fields, "content": content, "binary": content.hex()})


hear = nothing_heard
