"""The plain alphabet of SMS (GSM 03.38): whether a text fits it, and what its codes say. Pure.

The rooms above have their own, richer knowledge of it; providers need only this much, to tell a telecom how to send.
"""

from __future__ import annotations

from typing import Final

_PLAIN: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_AFTER_ESCAPE: Final = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
_LETTERS: Final = frozenset(_PLAIN.replace("\x1b", "")) | frozenset(_AFTER_ESCAPE.values())


def is_plain(text: str) -> bool:
    """Return whether a text fits the plain alphabet, so that it need not go out as UCS-2."""
    return _LETTERS.issuperset(text)


def of_codes(codes: bytes) -> str:
    """Return the text of codes of the plain alphabet, one in each byte."""
    found, escaped = [], False
    for code in codes:
        if escaped:
            found.append(_AFTER_ESCAPE.get(code, _PLAIN[code & 0x7F]))
            escaped = False
        elif code == 0x1B:
            escaped = True
        else:
            found.append(_PLAIN[code & 0x7F])
    return "".join(found)


def of_ucs2(units: bytes) -> str:
    """Return the text of UTF-16 units, the higher byte first; what is broken becomes U+FFFD."""
    return units.decode("utf-16-be", "replace")


def ucs2(text: str) -> bytes:
    """Return a text as UTF-16 units, the higher byte first."""
    return text.encode("utf-16-be", "replace")
