"""Kannel 1.4.5: SMS in, delivery reports, SMS out through sendsms. Sends over the network; all else is pure.

After Kannel's user guide (sms-service, dlr, sendsms). The names of the fields are ours: docs/telecoms/kannel.md has the
lines for kannel.conf that yield them. Kannel signs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote_plus, urlencode

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
from providers.alphabet import is_plain, of_ucs2, ucs2
from providers.callbacks import queried
from providers.exchange import Answered, Url, exchange, trouble
from providers.forms import (
    CallingCode,
    anyones_number,
    count,
    is_unanswerable,
    label,
    moment_of,
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

    send_url: Url = Field(description="such as http://127.0.0.1:13013/cgi-bin/sendsms")
    username: str = Field(min_length=1)
    password: SecretStr
    sender: str = Field(alias="from", min_length=1, max_length=20)
    smsc: str = Field("", max_length=40, description="the smsc-id that SMS leave by, where Kannel has several")
    receipts: Url | None = None
    calling_code: CallingCode = ""
    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = ()
    basic: Basic | None = None


# --- callbacks ----------------------------------------------------------------------------------------------------


proofs, prove = shown, prove_shown


def parse(request: Request, settings: Settings) -> Event:
    """Read a callback. Raises Unreadable."""
    if request.method != "GET":
        raise Unreadable("Kannel calls with GET; use get-url, not post-url")
    fields = raw_pairs(request.url.partition("?")[2].encode("utf-8", "surrogateescape"))
    return _sms(fields, settings) if request.event == "sms" else _receipt(utf8(fields))


_CHARSETS: Final[Mapping[str, str]] = {
    "": "utf-8",
    "utf-8": "utf-8",
    "utf-16be": "utf-16-be",
    "iso-8859-1": "latin-1",
    "windows-1252": "cp1252",
}


def _sms(raw: Mapping[str, bytes], settings: Settings) -> Texted | Noted:
    fields = utf8({name: value for name, value in raw.items() if name != "text"})
    id_, sender = required_label(fields, "id"), fields.get("from", "")
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    if fields.get("coding") == "1":
        return Noted("binary SMS", {"id": id_})
    return Texted(
        id=id_,
        msisdn=anyones_number(sender, settings.calling_code),
        to=required_label(fields, "to", 20),
        text=texted_text(_text(raw, fields), "text"),
        sent_at=moment_of(count(fields, "ts")),
        network=label(fields, "smsc", 40),
    )


def _text(raw: Mapping[str, bytes], fields: Mapping[str, str]) -> Mapping[str, str]:
    """Return the text as a field; with coding 2 it comes as UTF-16 units, whatever the charset says."""
    if "text" not in raw:
        return {}
    if fields.get("coding") == "2":
        return {"text": of_ucs2(raw["text"])}
    charset = _CHARSETS.get(fields.get("charset", "").lower(), "utf-8")
    return {"text": raw["text"].decode(charset, "replace")}


_STATES: Final[Mapping[str, SmsState]] = {
    "1": SmsState.DELIVERED,
    "2": SmsState.FAILED,
    "4": SmsState.SENT,  # waits at the SMSC
    "8": SmsState.SENT,
    "16": SmsState.FAILED,
}
_WHY: Final = re.compile(r"\b(stat|err):\s*([A-Za-z0-9]{1,20})")


def _receipt(fields: Mapping[str, str]) -> Receipt:
    """Read a report. Of the SMSC's own answer only state and error are kept: it may repeat the text of the SMS."""
    word = required_label(fields, "dlr", 10)
    state = _STATES.get(word)
    said = _WHY.findall(fields.get("answer", "")) if state == SmsState.FAILED else []
    return Receipt(required_label(fields, "id"), state, word, " ".join(value for _, value in said[:2]))


render = no_screen


def thank(request: Request, settings: Settings) -> Answer:
    """Write an empty answer: Kannel would send any text back to the citizen."""
    return Answer(b"")


# --- sending ------------------------------------------------------------------------------------------------------

_ALL_REPORTS: Final = "31"  # delivered, failed, buffered, accepted and rejected by the SMSC
_REPORT: Final = "dlr=%d&smsc=%i&answer=%A&ts=%T"


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Hand one SMS to Kannel. It is reported on under our own key. A lost answer is Later `unknown`."""
    url = f"{settings.send_url}?{_query(settings, sms)}"
    answered = await exchange(http, "GET", url, SEND_WITHIN, headers={"Accept": "text/plain"})
    return answered if isinstance(answered, Later) else _outcome(answered, sms)


def _query(settings: Settings, sms: Sms) -> str:
    """Write the query. A text in UCS-2 goes as its bytes without a charset, which every build of Kannel takes."""
    said: list[tuple[str, str | bytes]] = [("text", sms.text), ("charset", "UTF-8"), ("coding", "0")]
    if not is_plain(sms.text):
        said = [("coding", "2"), ("text", ucs2(sms.text))]
    password = settings.password.get_secret_value()
    who = [("username", settings.username), ("password", password), ("from", settings.sender), ("to", sms.to)]
    smsc = [("smsc", settings.smsc)] if settings.smsc else []
    return urlencode([*who, *said, *smsc, *_reports(settings, sms)])


def _reports(settings: Settings, sms: Sms) -> list[tuple[str, str]]:
    if settings.receipts is None:
        return []
    return [("dlr-mask", _ALL_REPORTS), ("dlr-url", f"{settings.receipts}?id={quote_plus(sms.key)}&{_REPORT}")]


def _outcome(answered: Answered, sms: Sms) -> SendOutcome:
    """Read the answer: 202 with `0: Accepted for delivery` or `3: Queued for later delivery`, and refusals."""
    later = trouble(answered)
    if later is not None:
        return later
    if answered.status >= 400:
        return Failed(str(answered.status), f"Kannel answered {answered.status}; its log says why", "contract")
    if answered.body[:2] in (b"0:", b"3:"):
        return Sent(sms.key)
    return Later("the answer is not Kannel's; the SMS may have been sent", "unknown")


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write the call of an SMS, by the lines of kannel.conf that docs/telecoms/kannel.md has."""
    assert isinstance(said, Text)
    fields = {"id": said.id, "from": said.number, "to": said.to, "ts": int(said.at), "text": said.text}
    return queried("sms", fields | {"coding": "0", "charset": "UTF-8", "smsc": "smsc"})


hear = nothing_heard
