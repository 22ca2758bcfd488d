"""The telecoms: one module each, one line each in the table; the described ones have a file each in `presets/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.contracts import Telecom
from providers.telecom import (
    africastalking,
    airtel_malawi_xmlrpc,
    gammu,
    generic_sms,
    infobip,
    integrat,
    jasmin,
    kannel,
    madapi,
    mtn_rwanda,
    smsgate,
    telerivet,
    trueafrican,
    twilio,
    vonage,
)
from providers.telecom.generic_ussd import generic_ussd, presets

TELECOMS: Final[Mapping[str, Telecom]] = {
    "africastalking": africastalking,
    "airtel_malawi_xmlrpc": airtel_malawi_xmlrpc,
    "gammu": gammu,
    "generic_sms": generic_sms,
    "generic_ussd": generic_ussd,
    "infobip": infobip,
    "integrat": integrat,
    "jasmin": jasmin,
    "kannel": kannel,
    "madapi": madapi,
    "mtn_rwanda": mtn_rwanda,
    "smsgate": smsgate,
    "telerivet": telerivet,
    "trueafrican": trueafrican,
    "twilio": twilio,
    "vonage": vonage,
    **presets(),
}
