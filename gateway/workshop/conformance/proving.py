"""What a recording proves of its caller, what is wrong in it, and what no recording can show. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from gateway.config import Channel
from gateway.messages import Refused, Request
from gateway.workshop.conformance.recordings import Recording
from providers.proofs import is_one_of, prove_shown, shown

# How people write a secret that they do not want to show: <secret>, ***, SECRET, xxxx, kar…890.
_MASKED: Final = re.compile(
    r".*[<>{}\[\]*…•].*|x{3,}|\.{3,}|-{3,}|_{3,}|(?:your|my|path|the)?[-_. ]?"
    r"(?:secret|token|password|redacted|removed|masked|hidden)",
    re.IGNORECASE | re.DOTALL,
)
# The settings that hold the keys of a signature, and the header that brings it.
_SIGNED: Final[Mapping[str, str]] = {
    "auth_tokens": "x-twilio-signature",
    "signing_keys": "x-signature",
    "standard_webhooks": "webhook-signature",
}


class Proof(NamedTuple):
    """What is said of a recording's proof. `refused` is true if what it shows is wrong: the gateway lets no such in."""

    said: str
    proven: bool
    refused: bool = False


class Unshown(NamedTuple):
    """What of a channel's settings a recording does not show. It is taken for given."""

    secrets: tuple[Any, ...]
    addresses: tuple[Any, ...]
    basic: Any


def _asked(settings: Any) -> Unshown:
    """Return what the settings ask for, as if nothing of it were shown."""
    secrets, addresses = getattr(settings, "secrets", ()), getattr(settings, "addresses", ())
    return Unshown(secrets, addresses, getattr(settings, "basic", None))


def unshown(channel: Channel, recording: Recording) -> Unshown:
    """Return what a recording does not show: never the caller's address, and no secret that is missing or masked."""
    asked, secret = _asked(channel.settings), recording.secret or ""
    if is_one_of(secret, asked.secrets) or not _is_masked(secret):
        asked = asked._replace(secrets=())
    kind, blank, password = recording.headers.get("authorization", "").partition(" ")
    return asked if _is_masked(password if blank else kind) else asked._replace(basic=None)


def _is_masked(secret: str) -> bool:
    return not secret or _MASKED.fullmatch(secret) is not None


def judged(channel: Channel, recording: Recording, request: Request) -> Proof:
    """Judge a recording's proof. `request` has, in place of what the recording does not show, what is right."""
    asked, settings = channel.proofs(), channel.settings
    if not asked:
        return Proof("nothing proves this channel's callbacks", False)
    if recording.ours:
        return Proof("not judged: the recording comes with the gateway", False)
    ours = channel.telecom.proofs(settings)
    absent = [*shown(unshown(channel, recording)), *(one for one in asked if one not in ours)]
    try:
        channel.telecom.prove(request, settings)
    except Refused as refused:
        if not _is_unsigned(settings, recording, request):
            return Proof(_said([], absent, str(refused)), False, True)
        absent += [one for one in asked if "signature" in one.lower()]
    right = [one for one in asked if one not in absent]
    return Proof(_said(right, absent), not absent)


def _is_unsigned(settings: Any, recording: Recording, request: Request) -> bool:
    """Return True if the signature alone is missing: the header that brings it was not recorded."""
    wanted = [header for setting, header in _SIGNED.items() if getattr(settings, setting, None)]
    if not wanted or any(header in recording.headers for header in wanted):
        return False
    try:
        prove_shown(request, _asked(settings))
    except Refused:
        return False
    return True


def _said(right: Sequence[str], absent: Sequence[str], wrong: str = "") -> str:
    parts = [wrong] if wrong else []
    parts += [f"right: {' and '.join(right)}"] if right else []
    parts += [f"not shown by a recording: {' and '.join(absent)}"] if absent else []
    return "; ".join(parts)
