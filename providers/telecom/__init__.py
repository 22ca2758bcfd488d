"""The telecoms: one module each, one line each in the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.messages import Telecom
from providers.telecom import africastalking, twilio

TELECOMS: Final[Mapping[str, Telecom]] = {
    "africastalking": africastalking,
    "twilio": twilio,
}
