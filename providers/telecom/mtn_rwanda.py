"""MTN Rwanda: USSD over XML-RPC, the method `handleUSSD`. Pure.

Wire format after praekeltfoundation/vumi's mtn_rwanda transport and its tests (B). Nothing signs the calls, nothing
marks the first of a session, and nothing says that a caller hung up.
"""

from __future__ import annotations

from typing import Final

from gateway.messages import Answer, Inbound, Reply, Request, Unreadable
from gateway.speech import Door, Shown, Spoken, Text, Turn
from providers.described.reading import in_full, wrapped
from providers.forms import label, msisdn, required_label, typed_text
from providers.proofs import prove_shown, shown
from providers.replies import no_sms
from providers.telecom.xmlrpc import Settings as Settings
from providers.telecom.xmlrpc import answered, called, calling, heard, thanked

EVENTS: Final = ("ussd",)
USSD = True
SMS = False
METHOD: Final = "handleUSSD"
_ECHOED: Final = ("TransactionId", "USSDServiceCode", "MSISDN", "TransactionTime", "USSDEncoding")


proofs, prove = shown, prove_shown


def parse(request: Request, settings: Settings) -> Inbound:
    """Read a call. Raises Unreadable. On the first, the request string is what was dialled after the code."""
    method, fields = called(request)
    if method != METHOD:
        raise Unreadable(f"MTN Rwanda calls {METHOD}")
    code = required_label(fields, "USSDServiceCode", 40)
    typed = typed_text(fields, "USSDRequestString")
    number = required_label(fields, "MSISDN", 40)
    return Inbound(
        session=required_label(fields, "TransactionId"),
        msisdn=msisdn(in_full(number, "250")),
        code="",
        turn="",
        text=typed,
        cumulative=False,
        echo={name: label(fields, name) for name in _ECHOED if name in fields},
        opens=wrapped(f"{code.strip('*#')}*{typed}"),
    )


def render(reply: Reply, inbound: Inbound, settings: Settings) -> Answer:
    """Write a screen: the struct of the call, with our text and what comes next."""
    action = "request" if reply.more else "end"
    return answered({**inbound.echo, "USSDResponseString": reply.text, "action": action})


thank, send = thanked, no_sms


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write the call of a turn. Nobody is told of a session's end."""
    assert isinstance(said, Turn)
    code, _, rest = said.code.strip("*#").partition("*")
    dialled = "*".join(piece for piece in (rest, *said.ahead) if piece) + "#"
    fields = {"TransactionId": said.session, "USSDServiceCode": code, "MSISDN": said.number.removeprefix("+")}
    fields |= {"USSDRequestString": dialled if said.first else said.typed[-1], "USSDEncoding": "GSM0338"}
    return calling(METHOD, fields)


def hear(shown: Shown, settings: Settings) -> Reply:
    """Read the struct of an answer. Raises Unreadable."""
    fields = heard(shown)
    return Reply(fields.get("USSDResponseString", ""), fields.get("action") == "request")
