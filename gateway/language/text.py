"""What a text costs on the air: GSM 03.38 septets, UTF-16 units, SMS parts. Pure.

Source: 3GPP TS 23.038 (the default alphabet and its extension table, packing of USSD strings in 6.1.2.3.1) and
TS 23.040 (lengths of concatenated messages).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Encoding = Literal["gsm7", "ucs2"]

ESCAPE = 0x1B
CARRIAGE_RETURN = 0x0D
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {"\f": 10, "^": 20, "{": 40, "}": 41, "\\": 47, "[": 60, "~": 61, "]": 62, "|": 64, "€": 101}
CODES = {char: code for code, char in enumerate(BASIC) if code != ESCAPE}

# Typography that a word processor puts in unasked; the plain character says the same.
TYPOGRAPHIC = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'", "ʼ": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\t": " ",
    "…": "...", "•": "-", "·": ".", "×": "x", "\u00ad": "", "\u200b": "", "\ufeff": "",
}  # fmt: skip

# Letters lose something: these are offered to the author, and put in only for a network that cannot show the others.
LETTERS = {
    "ç": "c", "â": "a", "ê": "e", "î": "i", "ô": "o", "û": "u", "ë": "e", "ï": "i", "ÿ": "y", "œ": "oe", "Œ": "OE",
    "á": "a", "í": "i", "ó": "o", "ú": "u", "ã": "a", "õ": "o", "ý": "y", "À": "A", "Â": "A", "Ê": "E", "Ë": "E",
    "È": "E", "Î": "I", "Ï": "I", "Ô": "O", "Û": "U", "Ù": "U", "Á": "A", "Í": "I", "Ó": "O", "Ú": "U", "Ã": "A",
    "Õ": "O", "Ý": "Y", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "Ɓ": "B", "Ɗ": "D", "Ƙ": "K", "ẹ": "e", "ọ": "o",
    "ṣ": "s", "Ẹ": "E", "Ọ": "O", "Ṣ": "S", "ŋ": "n", "Ŋ": "N", "ɛ": "e", "ɔ": "o", "Ɛ": "E", "Ɔ": "O", "ĩ": "i",
    "ũ": "u", "Ĩ": "I", "Ũ": "U", "ŵ": "w", "ŷ": "y",
}  # fmt: skip


def _class(characters: Iterable[str]) -> str:
    return "".join(re.escape(char) for char in characters)


# What a national single shift table adds to the extension: 3GPP TS 23.038, A.2.1 to A.2.3. Each costs two septets.
SHIFT_TABLES = {
    "": "", "turkish": "ĞİŞçğış", "spanish": "çÁÍÓÚáíóú", "portuguese": "êçÔôÁáΦΓΩΠΨΣΘÊÀÍÓÚÃÕÂíóúãõâ",
}  # fmt: skip

# A character class scans about 2 ns a letter; a loop over a table takes ten times that, on every screen.
_unusual: Callable[[str], object] = re.compile(f"[^{_class(CODES)}]").search
_alien = re.compile(f"[^{_class(CODES)}{_class(EXTENSION)}]")
_foreign = _alien.search
_extended = re.compile(f"[{_class(EXTENSION)}]").findall


def encoding(text: str) -> Encoding:
    """Return `gsm7` if every character is in the default alphabet or its extension, else `ucs2`."""
    return "ucs2" if _foreign(text) else "gsm7"


def units(text: str) -> int:
    """Return the length on the air: septets (an extension character is two), or UTF-16 units where UCS-2 is needed."""
    if not _unusual(text):
        return len(text)
    if _foreign(text):
        return _utf16(text)
    return len(text) + len(_extended(text))


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def first_foreign(text: str) -> str | None:
    """Return the first character that turns the text into UCS-2; None if there is none."""
    found = _foreign(text)
    return found[0] if found else None


def replacement(char: str) -> str | None:
    """Return what to write in GSM-7 instead of one foreign character; None if we know nothing as good."""
    return TYPOGRAPHIC.get(char, LETTERS.get(char))


_PLAIN_TYPOGRAPHY = str.maketrans(TYPOGRAPHIC)


def simplify(text: str) -> str:
    """Return the text with plain quotes, dashes and blanks if that alone makes it GSM-7, else the text as it is.

    Letters are never touched: an accent taken away can change a word.
    """
    if not _foreign(text):
        return text
    plain = text.translate(_PLAIN_TYPOGRAPHY)
    return text if _foreign(plain) else plain


# --- for a network that shows nothing but GSM-7 -------------------------------------------------------------------

UNKNOWN = "?"


def transliterated(text: str) -> str:
    """Return the text in GSM-7, whatever it was: as near as its letters come. What is GSM-7 stays as it is."""
    if not _unusual(text) or not _foreign(text):
        return text
    composed = unicodedata.normalize("NFC", text)  # an e with a loose accent is é, which GSM-7 has
    return _alien.sub(_spelled, composed)


def _spelled(found: re.Match[str]) -> str:
    return _spelling(found[0])


@lru_cache(maxsize=4096)
def _spelling(char: str) -> str:
    """Return a foreign character in GSM-7: by our tables, else by those of anyascii, else a question mark."""
    known = CARRIERS.get(char, replacement(char))
    if known is not None:
        return known
    from anyascii import anyascii  # only where it is needed: most gateways never are

    spelled = _alien.sub(UNKNOWN, anyascii(char).translate(_PLAIN_TYPOGRAPHY))  # it writes ` for an ʿayn
    return spelled or ("" if unicodedata.category(char) in SILENT else UNKNOWN)


# Letters that carry a vowel, of which anyascii says nothing, or only that they are there.
CARRIERS = {"ا": "a", "أ": "a", "آ": "a", "إ": "i", "ـ": "", "އ": "", "ອ": "o", "ཨ": "a"}
SILENT = frozenset({"Mn", "Mc", "Me", "Cf", "Lm", "Sk"})  # marks and joiners: they say how their neighbours sound


# --- lengths ------------------------------------------------------------------------------------------------------


def segments(text: str) -> int:
    """Return how many SMS parts the text takes: 160 septets alone or 153 a part, 70 units alone or 67 a part.

    Neither an escape pair nor a surrogate pair is split, so this can be one more than a division would say.
    """
    if not _unusual(text):
        return 1 if len(text) <= 160 else -(-len(text) // 153)
    if _foreign(text):
        return _parts((2 if ord(char) > 0xFFFF else 1 for char in text), 70, 67)
    return _parts((2 if char in EXTENSION else 1 for char in text), 160, 153)


def _parts(costs: Iterable[int], alone: int, each: int) -> int:
    parts, filled, total = 1, 0, 0
    for cost in costs:
        total += cost
        if filled + cost > each:
            parts, filled = parts + 1, 0
        filled += cost
    return 1 if total <= alone else parts


def septets(text: str) -> list[int]:
    """Return the GSM 03.38 codes of the text. Raises ValueError that names the first foreign character."""
    codes: list[int] = []
    for char in text:
        if char in CODES:
            codes.append(CODES[char])
        elif char in EXTENSION:
            codes += (ESCAPE, EXTENSION[char])
        else:
            raise ValueError(f"{char!r} is not in the GSM 7-bit alphabet")
    return codes


def pack(text: str) -> bytes:
    """Return the text as packed octets of a USSD string (3GPP TS 23.038, 6.1.2.3.1).

    Seven spare bits are filled with a carriage return, so that they are not read as `@`; a text that ends in one
    exactly on the octet border gets a second. Raises ValueError for a character outside GSM-7.
    """
    codes = septets(text)
    if len(codes) % 8 == 7 or (codes and len(codes) % 8 == 0 and codes[-1] == CARRIAGE_RETURN):
        codes.append(CARRIAGE_RETURN)
    bits = sum(code << (7 * place) for place, code in enumerate(codes))
    return bits.to_bytes((7 * len(codes) + 7) // 8, "little")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a network carries on one screen: septets of GSM-7, or UTF-16 units where UCS-2 is needed.

    Without `unicode` it shows GSM-7 only, and every text is transliterated before it is measured or cut. `shift` names
    the table whose letters are of GSM-7 there.
    """

    septets: int = 160
    units: int = 70
    unicode: bool = True
    shift: str = ""

    def shown(self, text: str) -> str:
        """Return the text as the network shows it."""
        if self.unicode or not _foreign(text):
            return text
        own = SHIFT_TABLES[self.shift]
        if not own:
            return transliterated(text)
        composed = unicodedata.normalize("NFC", text)
        return "".join(char if char in own else transliterated(char) for char in composed)

    def is_gsm(self, text: str) -> bool:
        """Return whether the network carries the text, as it shows it, in septets."""
        return not _foreign(text) or not self.unicode or set(_alien.findall(text)) <= set(SHIFT_TABLES[self.shift])

    def as_sms(self) -> Limits:
        """Return what fits an SMS to the same network; how an SMS is coded its telecom chooses, without a table."""
        return SMS if self.unicode else Limits(SMS.septets, SMS.units, unicode=False)

    def fits(self, text: str) -> bool:
        """Return True if the text is within the limit of its encoding."""
        return self.room(text) >= 0

    def room(self, text: str) -> int:
        """Return how many septets (or units, if the text is UCS-2) are left; negative if it is too long."""
        return self.most(text) - self.length(text) if _unusual(text) else self.septets - len(text)

    def most(self, text: str) -> int:
        """Return how many septets (or units) fit where this text stands."""
        return self.septets if self.is_gsm(text) else self.units

    def length(self, text: str) -> int:
        """Return how many septets (or units) the text takes as it is shown."""
        if not self.is_gsm(text):
            return _utf16(text)
        shown = self.shown(text)
        return len(shown) + len(_extended(shown)) + len(_alien.findall(shown))


USSD = Limits(160, 70)
SMS = Limits(306, 134)  # two parts: 2 x 153 septets, 2 x 67 UTF-16 units
