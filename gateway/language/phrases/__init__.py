"""The languages that come with the gateway: one module each, one line here. Pure."""

from __future__ import annotations

from gateway.language.phrases import am, ar, en, fr, pt, sw
from gateway.language.phrases.tongue import Tongue

TONGUES: dict[str, Tongue] = {
    "en": en.TONGUE,
    "sw": sw.TONGUE,
    "fr": fr.TONGUE,
    "pt": pt.TONGUE,
    "ar": ar.TONGUE,
    "am": am.TONGUE,
}
