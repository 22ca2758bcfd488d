"""The telecoms: one module each, one line each in the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.messages import Telecom
from providers.telecom import africastalking, gammu, infobip, jasmin, kannel, madapi, smsgate, telerivet, twilio, vonage

TELECOMS: Final[Mapping[str, Telecom]] = {
    "africastalking": africastalking,
    "gammu": gammu,
    "infobip": infobip,
    "jasmin": jasmin,
    "kannel": kannel,
    "madapi": madapi,
    "smsgate": smsgate,
    "telerivet": telerivet,
    "twilio": twilio,
    "vonage": vonage,
}
