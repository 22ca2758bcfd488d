"""Integrat Higate (South Africa): USSD over XML, answered by a POST of ours. Pure.

Wire format after praekeltfoundation/vumi's integrat transport and its tests (B). Every event is answered with an empty
200; the screen goes out as a `USSReply`, with the account's user and password in it.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from gateway.messages import (
    Answer,
    Ended,
    Errand,
    Event,
    Inbound,
    Noted,
    Reply,
    Request,
    Unreadable,
)
from gateway.speech import Door, Shown, Spoken, Text, Turn
from providers.described.filling import compiled, filled
from providers.described.finding import xml_root
from providers.described.reading import in_full, wrapped
from providers.exchange import Url
from providers.forms import msisdn, required_label, typed_text
from providers.proofs import Basic, Network, PathSecret, prove_shown, shown
from providers.replies import no_sms

EVENTS: Final = ("ussd",)
USSD = True
SMS = False
XML: Final = "text/xml; charset=utf-8"
TAKEN: Final = b'status_code="0"'
_REPLY: Final = compiled(
    '<Message><Version Version="1.0"/><Request Type="USSReply" SessionID="{session}" Flags="{more ? 0 : 1}">'
    '<UserID Orientation="TR">{echo.user}</UserID><Password>{echo.password}</Password>'
    '<USSText Type="TEXT">{text}</USSText></Request></Message>',
    "xml",
)


class Settings(BaseModel):
    """A channel's keys in config.yaml. `reply_url` takes our screens, for the account's `user` and `password`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    reply_url: Url
    user: str = Field(min_length=1, max_length=80)
    password: SecretStr = Field(min_length=1)
    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = Field((), description="networks that callbacks come from, as 192.0.2.0/24")
    basic: Basic | None = None


proofs, prove = shown, prove_shown


def parse(request: Request, settings: Settings) -> Event:
    """Read an event. Raises Unreadable. `New`, and a `Request` that says REQ, only announce the `Open` to come."""
    if request.method != "POST":
        raise Unreadable("Integrat posts its events")
    event = _only(xml_root(request.body, "utf-8"), "Response/OnUSSEvent")
    context, kind = _only(event, "USSContext"), event.get("Type", "")
    typed = _only(event, "USSText").text or ""
    session = required_label(context.attrib, "SessionID")
    number = msisdn(in_full(required_label(context.attrib, "MSISDN", 40), "27"))
    if kind == "New" or (kind == "Request" and typed == "REQ"):
        return Noted("announcement of a session")
    if kind == "Close":
        return Ended(session, number, "incomplete")
    if kind not in ("Open", "Request"):
        raise Unreadable("the event is none of New, Open, Request and Close")
    code, first = wrapped(required_label(context.attrib, "ConnStr", 160)), kind == "Open"
    text = "" if first else typed_text({"USSText": typed}, "USSText")
    return Inbound(session, number, code, "", text, False, first=first)


def _only(within: ET.Element, path: str) -> ET.Element:
    found = within.findall(path)
    if len(found) != 1:
        raise Unreadable(f"the element {path!r} is missing or comes more than once")
    return found[0]


def render(reply: Reply, inbound: Inbound, settings: Settings) -> Answer:
    """Write an empty answer, whose errand brings the screen."""
    values = {
        "session": inbound.session,
        "text": reply.text,
        "echo.user": settings.user,
        "echo.password": settings.password.get_secret_value(),
    }
    body = filled(_REPLY, "xml", values.__getitem__, more=reply.more)
    errand = Errand(settings.reply_url, body.encode("utf-8", "replace"), XML, TAKEN)
    return Answer(b"", XML, errand=errand)


def thank(request: Request, settings: Settings) -> Answer:
    """Write the answer to what shows no screen: nothing."""
    return Answer(b"", XML)


send = no_sms


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write the event of a turn, or of a session's end."""
    assert isinstance(said, Turn)
    kind = "Close" if said.over else "Open" if said.first else "Request"
    message = ET.Element("Message")
    response = ET.SubElement(message, "Response", Type="OnUSSEvent")
    event = ET.SubElement(response, "OnUSSEvent", Type=kind)
    code = "*" + "*".join((said.code.strip("*#"), *said.ahead)) + "#"
    ET.SubElement(event, "USSContext", SessionID=said.session, MSISDN=said.number[1:], ConnStr=code)
    ET.SubElement(event, "USSText", Type="TEXT").text = said.typed[-1] if kind == "Request" else ""
    return Spoken("POST", "ussd", "", {"content-type": XML}, ET.tostring(message, encoding="utf-8"))


def hear(shown: Shown, settings: Settings) -> Reply:
    """Read the USSReply that our errand brings to `reply_url`. Raises Unreadable."""
    request = _only(xml_root(shown.body, "utf-8"), "Request")
    return Reply(_only(request, "USSText").text or "", request.get("Flags") == "0")
