"""What many telecoms have in common in how they are answered, and in what they say nothing of. Pure."""

from __future__ import annotations

from typing import Any

from gateway.messages import Answer, GatewayError, Inbound, Reply, Request, SendOutcome, Sms
from gateway.speech import Shown


def ok(request: Request, settings: Any) -> Answer:
    """Write the answer to a callback of whose answer only the status, 200, is looked at."""
    return Answer(b"OK")


def no_screen(reply: Reply, inbound: Inbound, settings: Any) -> Answer:
    """Raise GatewayError. A provider without USSD is never asked for a screen: its channels get no short codes."""
    raise GatewayError("this telecom carries no USSD; configure the short code on another channel")


async def no_sms(http: Any, settings: Any, sms: Sms) -> SendOutcome:
    """Raise GatewayError. A provider without SMS is never asked to send: its channels have no `sms`."""
    raise GatewayError("this telecom carries no SMS; use another channel for them")


def nothing_heard(shown: Shown, settings: Any) -> Reply:
    """Raise GatewayError, as `no_screen` does."""
    raise GatewayError("this telecom carries no USSD, and shows no screen")
