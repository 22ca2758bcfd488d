"""Recorded callbacks and answers of the telecoms, fictional in their values; `index.json` says of each what it is."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Final

FOLDER: Final = resources.files("providers.samples")


def index() -> list[dict[str, Any]]:
    """Return what is known of each sample: `file`, `what`, `direction`, `source`, and what it must be understood as."""
    entries: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    return entries


def of(provider: str) -> list[tuple[dict[str, Any], bytes]]:
    """Return a provider's recorded callbacks, each with what is known of it."""
    entries = [entry for entry in index() if entry["file"].partition("/")[0] == provider]
    callbacks = [e for e in entries if e["direction"] == "callback" and e["file"] not in _NOT_FOR_US]
    return [(entry, (FOLDER / entry["file"]).read_bytes()) for entry in callbacks]


# What is signed how, and no callback; one of another of Twilio's interfaces, which is refused; and a report of an SMS,
# where the preset is for USSD.
_NOT_FOR_US: Final = frozenset({
    "twilio/signatures.json", "vonage/signatures.json", "twilio/json_body_sha256.json", "advanta/sms_dlr.json",
})  # fmt: skip
