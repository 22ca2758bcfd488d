"""What an SMS says before any service reads it: words that no service may claim, answers after a keyword. Pure."""

from __future__ import annotations

import re

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
