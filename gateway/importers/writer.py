"""Writes a service as a person would: short maps in braces, long ones line by line, quotes only where needed. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.importers.draft import Draft, Screen

WIDE = 110  # columns of a map in braces, its key and indent among them
BARE = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`](?:[^:#\n]|:(?!\s|$)|(?<!\s)#)*\Z")
BARE_INSIDE = re.compile(r"[^,\[\]{}:]*\Z")  # in braces
OTHERWISE_READ = re.compile(r"(?:[-+]?[\d.][\d._,:eE+-]*|true|false|yes|no|on|off|y|n|null|~)\Z", re.IGNORECASE)
FOLDED = re.compile(r"[!-~\xa1-\uffff]+(?: [!-~\xa1-\uffff]+)*")  # words with single blanks between
INLINE = frozenset({"save", "answer"})  # their entries stand in one line each
UNSEEN = re.compile(r"[^\n\x20-\x7e\xa0-\uffff\U00010000-\U0010ffff]|[\u2028\u2029\ufeff\x7f-\x9f]")


def written(draft: Draft) -> str:
    """Return the text of the service file."""
    head: dict[str, Any] = {
        "service": draft.service,
        "version": 1,
        "agency": draft.agency,
        "title": draft.title,
        "languages": draft.languages,
    }
    more = {"keywords": draft.keywords, "resume_for": draft.resume_for, "words": draft.words}
    head |= {key: value for key, value in more.items() if value} | {"start": draft.start}
    lines = [f"# from: {_line(draft.source)}", *_block(head, 0), "", "screens:"]
    for name, screen in draft.screens.items():
        lines += _screen(name, screen)
    return "\n".join(lines) + "\n"


def _screen(name: str, screen: Screen) -> Iterator[str]:
    yield f"  {scalar(name)}:"
    yield from (f"    # {_line(comment)}" for comment in screen.comments)
    yield from _block({screen.kind: screen.body}, 4, open_top=True)


def block(value: Mapping[str, Any], indent: int = 0) -> str:
    """Return a map as lines of YAML."""
    return "\n".join(_block(value, indent))


def _block(value: Mapping[str, Any], indent: int, open_top: bool = False) -> Iterator[str]:
    """Yield the lines of a map; `open_top` keeps the outermost values out of braces."""
    for key, part in value.items():
        if key in INLINE and isinstance(part, dict) and not _is_short(part):
            yield f"{' ' * indent}{key}:"
            for name, inner in part.items():
                yield from _entry(f"{' ' * (indent + 2)}{scalar(name)}:", inner, indent + 2, False, deep=3)
        else:
            yield from _entry(f"{' ' * indent}{scalar(key)}:", part, indent, open_top)


def _entry(start: str, part: Any, indent: int, open_top: bool, deep: int = 1) -> Iterator[str]:
    inline = None if open_top or not _is_short(part, deep) else scalar(part) if isinstance(part, str) else _flow(part)
    if isinstance(part, str) and "\n" in part and not UNSEEN.search(part) and part == part.strip():
        yield f"{start} |-"
        yield from (f"{' ' * (indent + 2)}{line}".rstrip() for line in part.split("\n"))
    elif isinstance(part, str) and len(start) + len(part) > WIDE and FOLDED.fullmatch(part):
        yield f"{start} >-"
        lines = textwrap.wrap(part, WIDE - indent - 2, break_long_words=False, break_on_hyphens=False)
        yield from (f"{' ' * (indent + 2)}{line}" for line in lines)
    elif inline is not None and (not isinstance(part, dict | list) or len(start) + len(inline) < WIDE):
        yield f"{start} {inline}"
    elif isinstance(part, dict):
        yield start
        yield from _block(part, indent + 2)
    elif isinstance(part, list):
        yield start
        for item in part:
            yield from _item(item, indent + 2)
    else:
        yield f"{start} {scalar(part) if isinstance(part, str) else _flow(part)}"


def _item(item: Any, indent: int) -> Iterator[str]:
    inline = _flow(item)
    if not isinstance(item, dict) or (indent + len(inline) < WIDE + 10 and _is_short(item, deep=2)):
        yield f"{' ' * indent}- {inline}"
        return
    lines = list(_block(item, indent + 2))
    yield f"{' ' * indent}- {lines[0].lstrip()}"
    yield from lines[1:]


def _is_short(part: Any, deep: int = 1) -> bool:
    """True for what may stand in braces: a value, a list of values, or a map of them, without line breaks."""
    if isinstance(part, dict):
        return deep > 0 and all(_is_short(value, deep - 1) for value in part.values())
    if isinstance(part, list):
        return all(not isinstance(value, dict | list) and _is_short(value) for value in part)
    return not isinstance(part, str) or "\n" not in part


def _flow(part: Any) -> str:
    if isinstance(part, dict):
        return "{" + ", ".join(f"{scalar(key, True)}: {_flow(value)}" for key, value in part.items()) + "}"
    if isinstance(part, list):
        return "[" + ", ".join(_flow(value) for value in part) + "]"
    if isinstance(part, bool):
        return "true" if part else "false"
    return str(part) if isinstance(part, int) else scalar(part, True)


def scalar(text: str, inside: bool = False) -> str:
    """Return a text as YAML writes it; `inside` braces more needs quotes."""
    if "\n" in text or UNSEEN.search(text):
        return '"' + "".join(_escaped(char) for char in text) + '"'
    plain = BARE.match(text) and text == text.strip() and not OTHERWISE_READ.match(text)
    if plain and (not inside or BARE_INSIDE.match(text)) and '"' not in text:
        return text
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _escaped(char: str) -> str:
    match char:
        case "\n":
            return "\\n"
        case '"' | "\\":
            return f"\\{char}"
        case _ if UNSEEN.match(char):
            return f"\\U{ord(char):08x}" if ord(char) > 0xFFFF else f"\\u{ord(char):04x}"
    return char


def _line(text: str) -> str:
    return " ".join(text.split())[:160]
