"""The words that mean the same in every SMS conversation, in each language; no service may claim one. Pure."""

from __future__ import annotations

COMMANDS: dict[str, str] = {
    "HELP": "help", "INFO": "help", "MSAADA": "help", "AIDE": "help", "AJUDA": "help",
    "STOP": "stop", "STOPALL": "stop", "UNSUBSCRIBE": "stop", "ACHA": "stop", "SIMAMA": "stop", "ARRET": "stop",
    "PARAR": "stop",
    "START": "start", "UNSTOP": "start", "ANZA": "start",
    "STATUS": "status", "HALI": "status", "STATUT": "status", "ESTADO": "status",
}  # fmt: skip
