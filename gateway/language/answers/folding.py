"""Makes typed text comparable: blanks, digits of any script, case and accents. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

BLANKS = re.compile(r"\s+")
EDGES = " \t\r\n.,;:!?\"'“”‘’«»()[]፡።፣،؟"
# Ethiopic 1 to 9 are digits to their readers, though not decimal digits to Unicode (there is no zero).
ETHIOPIC = {chr(0x1369 + place): str(place + 1) for place in range(9)}


def ascii_digits(text: str) -> str:
    """Return the text with the decimal digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(map(_digit, text))


def _digit(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    return ETHIOPIC.get(char, char) if digit is None else str(digit)


def tidy(text: str) -> str:
    """Return the text without blanks at its ends, and one blank for several or for a control character."""
    seen = text if text.isprintable() else "".join(" " if unseen(char) else char for char in text)
    return BLANKS.sub(" ", seen).strip()


def unseen(char: str) -> bool:
    """Return True for a control character, a line separator, half a surrogate pair or a bidirectional override."""
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or "\u202a" <= char <= "\u202e"


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Return the text as it is compared: lower case, no accents, ASCII digits, nothing but words at its ends."""
    apart = unicodedata.normalize("NFKD", tidy(text).casefold())
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return ascii_digits(bare.replace("’", "'")).strip(EDGES)
