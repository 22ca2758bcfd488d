"""Answers by template: text, JSON or XML with `{text}`, `{echo.Name}` and `{more ? a : b}` in it. Pure.

The technician copies the answer from the operator's document and puts names where values go. What is filled in is
escaped for where it stands: within quotes of JSON as text, outside of them as a number, true, false or text of its own.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import escape

Format = Literal["text", "json", "xml"]

NAMES: Final = ("text", "first_line", "more", "session", "number", "code", "network", "sequence", "url")
_HOLE: Final = re.compile(r"\{([A-Za-z_][^{}\"\n]*)\}")
_NAME: Final = re.compile(r"(echo\.[^\s|?{}]+|[a-z_]+)(?:\s*\|\s*(url))?")
_CHOICE: Final = re.compile(r"more\s*\?\s*('[^']*'|[^':?]*?)\s*:\s*('[^']*'|[^':?]*?)")
_BARE: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?|true|false|null")
_FORBIDDEN: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Hole(NamedTuple):
    """A place to fill: a value by its name, or one of two words by whether the session goes on."""

    name: str
    quoted: bool = False  # within quotes of JSON
    for_url: bool = False
    choice: tuple[str, str] | None = None


Template = tuple[str | Hole, ...]
Look = Callable[[str], str]


def compiled(template: str, format: Format) -> Template:
    """Return a template in pieces. Raises ValueError, `what is wrong (what to do)`."""
    pieces: list[str | Hole] = []
    at, quoted = 0, False
    for found in _HOLE.finditer(template):
        literal = template[at : found.start()]
        quoted ^= _unescaped_quotes(literal) % 2 == 1
        pieces += [literal, _hole(found[1].strip(), format == "json" and quoted)]
        at = found.end()
    pieces.append(template[at:])
    return tuple(piece for piece in pieces if piece != "")


def _unescaped_quotes(literal: str) -> int:
    return len(re.sub(r"\\.", "", literal).split('"')) - 1


def _hole(written: str, quoted: bool) -> Hole:
    choice = _CHOICE.fullmatch(written)
    if choice:
        return Hole("more", quoted, choice=(choice[1].strip("'"), choice[2].strip("'")))
    if "?" in written:
        raise ValueError(f"{{{written}}} is no choice (write it as {{more ? a : b}}, or with quotes: 'a b')")
    name = _NAME.fullmatch(written)
    if name is None or (name[1] not in NAMES and not name[1].startswith("echo.")):
        known = ", ".join(f"{{{word}}}" for word in NAMES)
        raise ValueError(
            f"there is no {{{written}}} (use one of {known}, {{more ? a : b}}, or {{echo.X}} for the callback's own X)"
        )
    return Hole(name[1], quoted, for_url=name[2] == "url")


def names_of(template: Template) -> frozenset[str]:
    """Return the names that a template needs."""
    return frozenset(piece.name for piece in template if isinstance(piece, Hole))


def filled(template: Template, format: Format, look: Look, *, more: bool, newline: str = "") -> str:
    """Return the answer: every hole filled with what `look` gives for its name, escaped for the format."""
    return "".join(piece if isinstance(piece, str) else _said(piece, format, look, more, newline) for piece in template)


def _said(hole: Hole, format: Format, look: Look, more: bool, newline: str) -> str:
    if hole.choice is not None:
        value = hole.choice[0] if more else hole.choice[1]
    elif hole.name == "more":
        value = "true" if more else "false"
    else:
        value = look(hole.name)
    if hole.for_url:
        value = quote(value, safe="")
    return _ESCAPES[format](value, hole, newline)


def _as_text(value: str, hole: Hole, newline: str) -> str:
    return value.replace("\n", newline) if newline else value


def _as_json(value: str, hole: Hole, newline: str) -> str:
    if not hole.quoted and _BARE.fullmatch(value):
        return value
    written = json.dumps(_as_text(value, hole, newline), ensure_ascii=False)
    return written[1:-1] if hole.quoted else written


def _as_xml(value: str, hole: Hole, newline: str) -> str:
    return _as_text(escape(_FORBIDDEN.sub("", value), {'"': "&quot;"}), hole, newline)


_ESCAPES: Final[Mapping[Format, Callable[[str, Hole, str], str]]] = {
    "text": _as_text,
    "json": _as_json,
    "xml": _as_xml,
}


def fault(template: Template, format: Format, newline: str = "") -> str:
    """Return what is wrong with the form of a template, "" if it is well formed however it is filled."""
    for more in (True, False):
        for sample in ('1 & <b> "x"\nline', "7", ""):
            said = filled(template, format, _always(sample), more=more, newline=newline)
            wrong = _WELL_FORMED[format](said)
            if wrong:
                return wrong
    return ""


def _always(sample: str) -> Look:
    return lambda name: sample


def _json_fault(said: str) -> str:
    try:
        json.loads(said)
    except json.JSONDecodeError as error:
        return f"it is not JSON once filled in: {error.msg} in its line {error.lineno}, column {error.colno}"
    return ""


def _xml_fault(said: str) -> str:
    try:
        ET.fromstring(said)  # noqa: S314  our own template
    except ET.ParseError as error:
        line, column = error.position
        return f"it is not XML once filled in: {str(error).partition(':')[0]} in its line {line}, column {column + 1}"
    return ""


_WELL_FORMED: Final[Mapping[Format, Callable[[str], str]]] = {
    "text": lambda said: "",
    "json": _json_fault,
    "xml": _xml_fault,
}
