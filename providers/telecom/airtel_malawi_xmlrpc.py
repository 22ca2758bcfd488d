"""Airtel Malawi: USSD over XML-RPC, numbered turns. Pure.

Wire format after lewis-msasa/net.common.libraries, read in 2026 (C: the only source, whose name of the method and whose
meaning of END_OF_SESSION are not sure; any method is taken, and `ends_with` says which word ends a session).
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.messages import Answer, Inbound, Reply, Request
from gateway.speech import Door, Shown, Spoken, Text, Turn
from providers.described.reading import in_full, wrapped
from providers.forms import msisdn, required_label, typed_text
from providers.proofs import Basic, Network, PathSecret, prove_shown, shown
from providers.replies import no_sms
from providers.telecom.xmlrpc import answered, called, calling, heard, thanked

EVENTS: Final = ("ussd",)
USSD = True
SMS = False


class Settings(BaseModel):
    """A channel's keys in config.yaml. `ends_with` is what END_OF_SESSION says with the last screen."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    ends_with: Literal["True", "False"] = "True"
    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = Field((), description="networks that callbacks come from, as 192.0.2.0/24")
    basic: Basic | None = None


proofs, prove = shown, prove_shown


def parse(request: Request, settings: Settings) -> Inbound:
    """Read a call. Raises Unreadable. In the first, which has number 1, the body is what was dialled."""
    _, fields = called(request)
    number, typed = required_label(fields, "SEQUENCE", 10), typed_text(fields, "USSD_BODY")
    first = number == "1"
    return Inbound(
        session=required_label(fields, "SESSION_ID"),
        msisdn=msisdn(in_full(required_label(fields, "MOBILE_NUMBER", 40), "265")),
        code=wrapped(typed) if first else "",  # SERVICE_KEY has its first part alone
        turn=number,
        text="" if first else typed,
        cumulative=False,
        first=first,
    )


def render(reply: Reply, inbound: Inbound, settings: Settings) -> Answer:
    """Write a screen under the number of its turn."""
    said = {"SESSION_ID": inbound.session, "SEQUENCE": inbound.turn, "USSD_BODY": reply.text}
    return answered({**said, "REQUEST_TYPE": "RESPONSE", "END_OF_SESSION": _word(settings, reply.more)})


def _word(settings: Settings, more: bool) -> str:
    goes_on = "False" if settings.ends_with == "True" else "True"
    return goes_on if more else settings.ends_with


thank, send = thanked, no_sms


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write the call of a turn. Nobody is told of a session's end."""
    assert isinstance(said, Turn)
    bare = said.code.strip("*#")
    body = "*" + "*".join((bare, *said.ahead)) + "#" if said.first else said.typed[-1]
    fields = {"SESSION_ID": said.session, "SEQUENCE": str(len(said.typed) + 1), "USSD_BODY": body}
    return calling(
        "USSD_MESSAGE", fields | {"MOBILE_NUMBER": said.number.removeprefix("+"), "SERVICE_KEY": bare.split("*")[0]}
    )


def hear(shown: Shown, settings: Settings) -> Reply:
    """Read the struct of an answer. Raises Unreadable."""
    fields = heard(shown)
    return Reply(fields.get("USSD_BODY", ""), fields.get("END_OF_SESSION") == _word(settings, True))
