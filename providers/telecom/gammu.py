"""Gammu SMSD: a modem on this machine. Receives by a small program that SMSD runs, sends by `gammu-smsd-inject`.

After Gammu's manual (RunOnReceive, sentitems, gammu-smsd-inject), read in 2026. docs/telecoms/gammu.md has the program,
which posts the environment that SMSD gives it, as it is. Sending starts a process; all else is pure.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, Field

from gateway.messages import (
    Event,
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
from providers.alphabet import is_plain
from providers.callbacks import posted
from providers.forms import (
    CallingCode,
    anyones_number,
    count,
    form_fields,
    is_unanswerable,
    label,
    moment,
    moment_of,
    required_label,
    texted_text,
)
from providers.proofs import Basic, Network, PathSecret, prove_shown, shown
from providers.replies import no_screen, nothing_heard, ok

Fields = Mapping[str, str]

EVENTS: Final = ("sms", "receipt")
USSD = False
SMS = True
SEND_WITHIN: Final = 30.0  # seconds
MOST_PARTS: Final = 20


class Settings(BaseModel):
    """A channel's keys in config.yaml. `number` is the modem's own; `inject` and `smsdrc` are paths on this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    number: str = Field(min_length=1, max_length=20, description="the modem's number, as citizens text it")
    inject: str = Field("/usr/bin/gammu-smsd-inject", pattern=r"^/\S+$")
    smsdrc: str = Field("/etc/gammu-smsdrc", pattern=r"^/\S+$")
    calling_code: CallingCode = ""
    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = ()
    basic: Basic | None = None


# --- callbacks ----------------------------------------------------------------------------------------------------


proofs, prove = shown, prove_shown


def parse(request: Request, settings: Settings) -> Event:
    """Read what the program posts. Raises Unreadable."""
    if request.method != "POST":
        raise Unreadable("the program posts what it was given")
    fields = form_fields(request)
    return _sms(fields, settings) if request.event == "sms" else _receipt(fields)


def _sms(fields: Fields, settings: Settings) -> Texted | Noted:
    """Read an SMS whose parts SMSD has put together; where it has not, they stand one after the other."""
    sender, id_ = required_label(fields, "SMS_1_NUMBER", 40), _id(fields)
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    if fields.get("SMS_1_CLASS") == "127":
        return Noted("USSD answer of the network to the modem", {"id": id_})
    return Texted(
        id=id_,
        msisdn=anyones_number(sender, settings.calling_code),
        to=settings.number,
        text=texted_text({"SMS_1_TEXT": _text(fields)}, "SMS_1_TEXT"),
        sent_at=moment(fields, "SMS_1_DATETIME") or moment_of(count(fields, "SMS_1_TIMESTAMP")),
    )


def _text(fields: Fields) -> str:
    for many, one in (("DECODED_PARTS", "DECODED_{}_TEXT"), ("SMS_MESSAGES", "SMS_{}_TEXT")):
        parts = [one.format(number) for number in range(1, min(count(fields, many) or 0, MOST_PARTS) + 1)]
        if parts and all(name in fields for name in parts):
            return "".join(fields[name] for name in parts)
    raise Unreadable("the field 'SMS_1_TEXT' is missing")


def _id(fields: Fields) -> str:
    """Return the id that SMSD gave the program, else a digest of all that it gave: the same SMS gives the same."""
    given = label(fields, "id")
    if given:
        return f"{label(fields, 'PHONE_ID', 40)}:{given}:{fields.get('SMS_1_TIMESTAMP', '')[:20]}"
    same = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    return "made-" + hashlib.sha256(same.encode()).hexdigest()[:40]


_STATES: Final[Mapping[str, SmsState]] = {
    "sendingok": SmsState.SENT,
    "sendingoknoreport": SmsState.SENT,
    "deliverypending": SmsState.SENT,
    "deliveryunknown": SmsState.SENT,
    "deliveryok": SmsState.DELIVERED,
    "sendingerror": SmsState.FAILED,
    "deliveryfailed": SmsState.FAILED,
    "error": SmsState.FAILED,
}


def _receipt(fields: Fields) -> Receipt:
    """Read a status of SMSD's table sentitems."""
    word = required_label(fields, "status", 40)
    return Receipt(required_label(fields, "id"), _STATES.get(word.lower()), word)


render, thank = no_screen, ok


# --- sending ------------------------------------------------------------------------------------------------------

_WRITTEN: Final = re.compile(rb"[Ww]ritten message with ID ([^\s]{1,100})")


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Put one SMS into SMSD's queue on this machine. The text goes by standard input: arguments are seen by all."""
    arguments = ["-c", settings.smsdrc, "TEXT", sms.to, "-report", "-autolen", str(max(1, len(sms.text)))]
    arguments += [] if is_plain(sms.text) else ["-unicode"]
    try:
        process = await asyncio.create_subprocess_exec(
            settings.inject, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    except OSError as error:
        return Later(f"{settings.inject} cannot be run: {error.strerror}", "auth")
    try:
        async with asyncio.timeout(SEND_WITHIN):
            said, _ = await process.communicate(sms.text.encode("utf-8", "replace"))
    except TimeoutError:
        process.kill()
        await process.wait()
        return Later(f"gammu-smsd-inject took more than {SEND_WITHIN:g} s", "unknown")
    written = _WRITTEN.search(said)
    if process.returncode == 0 and written is not None:
        return Sent(written[1].decode("utf-8", "replace"))
    if process.returncode == 0:
        return Later("gammu-smsd-inject did not say what it wrote; the SMS may have been sent", "unknown")
    return Later(f"gammu-smsd-inject failed with code {process.returncode}; see SMSD's log", "auth")


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write what the program posts."""
    assert isinstance(said, Text)
    fields = {"id": said.id, "PHONE_ID": "phone", "SMS_MESSAGES": 1, "DECODED_PARTS": 1, "DECODED_1_TEXT": said.text}
    return posted("sms", fields | {"SMS_1_NUMBER": said.number, "SMS_1_TIMESTAMP": int(said.at), "SMS_1_CLASS": "-1"})


hear = nothing_heard
