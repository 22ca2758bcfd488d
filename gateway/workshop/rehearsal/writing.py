"""Values as YAML that a clerk reads and `conversations.py` reads back: one line each, screens as blocks. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

SAFE = re.compile(r"[^\W\d_][\w ./()'!?-]*(?<! )\Z")  # needs no quotes, wherever it stands
SPECIAL = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def tidy(text: str) -> str:
    """Return a screen as it is compared: without blanks at the ends of lines, and lines at its end."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def scalar(text: str) -> str:
    """Return a text on one line, in quotes where it needs them."""
    if SAFE.match(text) and text.lower() not in SPECIAL:
        return text
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char.isprintable():
        return f"\\{char}" if char in '"\\' else char
    return "\\n" if char == "\n" else f"\\U{ord(char):08x}"


def flow(value: Any) -> str:
    """Return any value on one line."""
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(str(key))}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(part) for part in value) + "]"
    return json.dumps(value)


def screen(text: str, indent: int) -> str:
    """Return a screen as it stands after `see: `, its lines `indent` blanks in."""
    lines = tidy(text).split("\n")
    if len(lines) == 1 or lines[0][:1] in (" ", "") or not all(char.isprintable() for char in "".join(lines)):
        return scalar(tidy(text))
    return "|\n" + "\n".join(" " * indent + line if line else "" for line in lines)


def listed(values: list[Any], indent: int) -> str:
    """Return a list as it stands after its key, an item on each line, `indent` blanks in."""
    return "".join(f"\n{' ' * indent}- {flow(value)}" for value in values) if values else " []"
