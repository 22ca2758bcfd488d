"""What an SMS says before any service reads it: words that no service may claim, answers after a keyword. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gateway.language import words
from gateway.language.root import Service
from gateway.language.text import segments

# The words that mean the same in every SMS conversation, in each language.
COMMANDS: dict[str, str] = {
    "HELP": "help", "INFO": "help", "MSAADA": "help", "AIDE": "help", "AJUDA": "help",
    "STOP": "stop", "STOPALL": "stop", "UNSUBSCRIBE": "stop", "ACHA": "stop", "SIMAMA": "stop", "ARRET": "stop",
    "PARAR": "stop",
    "START": "start", "UNSTOP": "start", "ANZA": "start",
    "STATUS": "status", "HALI": "status", "STATUT": "status", "ESTADO": "status",
}  # fmt: skip
SEPARATORS = re.compile(r"\s*[,*]\s*")


def portions(words_after: str) -> tuple[str, ...]:
    """Return the answers that follow a keyword: parted by commas or stars if there are any, else by blanks."""
    text = words_after.strip()
    parts = SEPARATORS.split(text) if SEPARATORS.search(text) else text.split()
    return tuple(part for part in parts if part)


def keywords(services: Iterable[Service], language: str) -> list[str]:
    """Return one keyword of each service that has any, in this language if it can be."""
    found = []
    for service in services:
        spoken = [word for word, tongue in service.claimed.items() if tongue == language]
        found += (spoken or list(service.claimed))[:1]
    return found


def naming(key: str, language: str, known: Sequence[str]) -> str:
    """Return a built-in text with as many keywords as one SMS part holds, the first ones."""
    for count in range(len(known), 1, -1):
        text = words.say(key, language, keywords=", ".join(known[:count]))
        if segments(text) == 1:
            return text
    return words.say(key, language, keywords=", ".join(known[:1]))
