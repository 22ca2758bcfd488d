"""Names of our language made from the names and texts of another system. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable

from gateway.language.checks.names import RESERVED

LONGEST = 30
MOST_WORDS = 4
ALPHABET = re.compile(r"[a-z0-9]+")
CEL = frozenset({"in", "true", "false", "null"})
KEYWORD = re.compile(r"[A-Za-z0-9]{2,20}")


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", plain) if " " not in plain and not plain.isupper() else plain
    return ALPHABET.findall(plain.lower())


def _cut(words: list[str], joint: str, longest: int) -> str:
    """Join as many words as fit."""
    while len(words) > 1 and len(joint.join(words)) > longest:
        words = words[:-1]
    return joint.join(words)[:longest]


def slug(text: str, otherwise: str) -> str:
    """Return a service, agency or office name such as `water-fault`; `otherwise` where the text has no letters."""
    return _cut(_words(text), "-", LONGEST + 10) or otherwise


def name(text: str, otherwise: str = "answer") -> str:
    """Return a name for a value such as `favourite_meal`; one that is always there gets another."""
    made = _cut(_words(text), "_", LONGEST) or otherwise
    made = made if made[0].isalpha() else f"n_{made}"
    return f"{made}_given" if made in RESERVED | CEL else made


def short(text: str, otherwise: str) -> str:
    """Return a screen's name from the first words of what it says."""
    return _cut(_words(text)[:MOST_WORDS], "_", LONGEST) or otherwise


def unique(wanted: str, taken: Container[str], joint: str = "_") -> str:
    """Return the name, or the name with a number, that is not taken."""
    if wanted not in taken:
        return wanted
    return next(made for number in range(2, 10_000) if (made := f"{wanted}{joint}{number}") not in taken)


def keywords(words: Iterable[str]) -> list[str]:
    """Return those of the words that can be SMS keywords, in capitals."""
    return list(dict.fromkeys(word.upper() for word in words if KEYWORD.fullmatch(word)))
