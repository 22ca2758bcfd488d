"""TrueAfrican (Uganda): USSD over XML-RPC, the methods USSD.INIT, USSD.CONT and USSD.END. Pure.

Wire format after praekeltfoundation/vumi's trueafrican transport and its tests (B). Nothing signs the calls; later
ones have the session's id only.
"""

from __future__ import annotations

from typing import Final

from gateway.messages import Answer, Ended, Event, Inbound, Reply, Request, Unreadable
from gateway.speech import Door, Shown, Spoken, Text, Turn
from providers.described.reading import in_full, wrapped
from providers.forms import msisdn, required_label, typed_text
from providers.proofs import prove_shown, shown
from providers.replies import no_sms
from providers.telecom.xmlrpc import Settings as Settings
from providers.telecom.xmlrpc import answered, called, calling, heard, thanked

EVENTS: Final = ("ussd",)
USSD = True
SMS = False


proofs, prove = shown, prove_shown


def parse(request: Request, settings: Settings) -> Event:
    """Read a call. Raises Unreadable."""
    method, fields = called(request)
    session = required_label(fields, "session")
    match method:
        case "USSD.INIT":
            number = msisdn(in_full(required_label(fields, "msisdn", 40), "256"))
            code = wrapped(required_label(fields, "shortcode", 40))
            return Inbound(session, number, code, "", "", False, first=True, known_by="session")
        case "USSD.CONT":
            typed = typed_text(fields, "response")
            return Inbound(session, "", "", "", typed, False, first=False, known_by="session")
        case "USSD.END":
            return Ended(session, "", "incomplete", known_by="session")
    raise Unreadable("TrueAfrican calls USSD.INIT, USSD.CONT or USSD.END")


def render(reply: Reply, inbound: Inbound, settings: Settings) -> Answer:
    """Write a screen."""
    return answered({"session": inbound.session, "type": "cont" if reply.more else "end", "message": reply.text})


thank, send = thanked, no_sms


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write the call of a turn, or of a session's end."""
    assert isinstance(said, Turn)
    if said.over:
        return calling("USSD.END", {"session": said.session})
    if not said.first:
        return calling("USSD.CONT", {"session": said.session, "response": said.typed[-1]})
    code = "*" + "*".join((said.code.strip("*#"), *said.ahead)) + "#"
    return calling("USSD.INIT", {"session": said.session, "msisdn": said.number, "shortcode": code})


def hear(shown: Shown, settings: Settings) -> Reply:
    """Read the struct of an answer. Raises Unreadable."""
    fields = heard(shown)
    return Reply(fields.get("message", ""), fields.get("type") == "cont")
