"""Templates of the menu language: `{name}` and `{name | filter}`, and `{{` for a brace. Pure.

A template can name a value and pick one of a closed list of filters; it cannot reach anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from gateway.language.formats import FILTERS, cleaned, shown
from gateway.language.values import JSON, Value, bare
from gateway.messages import GatewayError

TOKENS = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+")
NAME = re.compile(r"[a-z_][a-z0-9_]*")


class TemplateError(GatewayError):
    """A template that cannot be read: the code of the check, what is wrong, and at which character, from 0."""

    def __init__(self, code: str, message: str, offset: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value. `filter` is empty where none is written."""

    name: str
    filter: str = ""
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template: literal text and slots in order."""

    source: str
    parts: tuple[str | Slot, ...]
    names: frozenset[str]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Return the slots in the order in which they are written."""
        return tuple(part for part in self.parts if isinstance(part, Slot))


@lru_cache(maxsize=8192)
def compile(source: str) -> Template:
    """Return the compiled template. Raises TemplateError in plain words."""
    parts: list[str | Slot] = []
    for token in TOKENS.finditer(source):
        part = _part(token[0], token.start())
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    names = frozenset(part.name for part in parts if isinstance(part, Slot))
    return Template(source, tuple(parts), names)


def _part(piece: str, offset: int) -> str | Slot:
    if piece in ("{{", "}}"):
        return piece[0]
    if piece == "{":
        raise TemplateError(
            "brace-not-closed", "this { is never closed (close it with }, or write {{ for a brace)", offset
        )
    if piece == "}":
        advice = "(open it with {, or write }} for a brace)"
        raise TemplateError("brace-not-opened", f"this }} closes nothing {advice}", offset)
    return _slot(piece, offset) if piece[0] == "{" else piece


def _slot(token: str, offset: int) -> Slot:
    name, bar, filtered = (part.strip() for part in token[1:-1].partition("|"))
    if not name:
        advice = "(write a name between them, or {{ }} for braces)"
        raise TemplateError("braces-empty", f"the braces are empty {advice}", offset)
    if not NAME.fullmatch(name):
        advice = "(names have lower-case letters, digits and _; write {{ for a brace)"
        raise TemplateError("bad-name-in-text", f"{name!r} is not a name {advice}", offset)
    if bar and filtered not in FILTERS:
        near = get_close_matches(filtered, FILTERS, 1)
        advice = f"did you mean {near[0]}?" if near else f"filters are {', '.join(sorted(FILTERS))}"
        raise TemplateError("unknown-filter", f"there is no filter {filtered!r} ({advice})", offset)
    return Slot(name, filtered, offset)


def render(template: Template, lookup: Callable[[str], Value] | Mapping[str, Any], language: str) -> str:
    """Return the text for a caller who reads `language`. A name that the mapping does not hold is left out.

    Values never bring control characters or new lines with them.
    """
    if not template.names:
        return "".join(template.parts)  # type: ignore[arg-type]
    find: Any = lookup.get if type(lookup) is dict or isinstance(lookup, Mapping) else lookup
    return "".join([part if type(part) is str else _text(part, find, language) for part in template.parts])  # type: ignore[arg-type]


def _text(slot: Slot, find: Callable[[str], Value], language: str) -> str:
    value = find(slot.name)
    if slot.filter:
        return FILTERS[slot.filter](value, language)
    if type(value) is str:
        return value if value.isprintable() else cleaned(value)
    return shown(value, language)


def sent(template: Template, lookup: Callable[[str], Value] | Mapping[str, Any], language: str) -> JSON:
    """Return what goes to an office: a lone `{name}` keeps its JSON type, anything else is a text.

    An option is its value, an amount its minor units, a day is ISO; a filter gives the text that it shows.
    """
    find: Callable[[str], Value] = lookup.get if isinstance(lookup, Mapping) else lookup
    match template.parts:
        case (Slot(name, ""),):
            return bare(find(name))
    return "".join([part if isinstance(part, str) else _sent_text(part, find, language) for part in template.parts])


def _sent_text(slot: Slot, find: Callable[[str], Value], language: str) -> str:
    return FILTERS[slot.filter or "value"](find(slot.name), language)


def widest(template: Template, sample: Callable[[str, str], str]) -> str:
    """Return the template with every slot filled by `sample(name, filter)`, for the checker's longest text."""
    return "".join([part if isinstance(part, str) else sample(part.name, part.filter) for part in template.parts])
