"""RapidPro's expressions, `@results.x` and `@(…)`, as far as their meaning is certain. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.importers import cel
from gateway.importers.cel import Cel, Unsure

TOPS = (
    "contact|fields|globals|input|legacy_extra|locals|node|parent|child|results|resume|run|trigger|ticket|urns|webhook"
)
START = re.compile(rf"@@|@\(|@(?=(?:{TOPS})\b)")
PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+|\[\"[^\"]+\"\])*")
CALL = re.compile(r"(\w+)\((.*)\)\Z", re.DOTALL)
# Functions that only change how a value looks; what remains is the value, with a filter of ours or none.
LOOKS = {
    "upper": "upper", "format_date": "date", "format_datetime": "date", "format_number": "count",
    "format_urn": "phone", "url_encode": "", "json": "", "text": "", "trim": "", "clean": "",
}  # fmt: skip
CHANGED = frozenset({"title", "proper", "lower", "default", "round", "first_word", "word"})  # look otherwise here


@dataclass(frozen=True, slots=True)
class Shown:
    """A value in a text: our expression for it, and a filter."""

    value: Cel
    filter: str = ""
    changed: str = ""  # the function that was left out


Look = Callable[[tuple[str, ...]], Cel]  # raises Unsure
Piece = str | Shown


def pieces(source: str, look: Look, trouble: Callable[[str], None]) -> Iterator[Piece]:
    """Yield the literal parts and the values of a text; what is not certain is told to `trouble` and left out."""
    at = 0
    while found := START.search(source, at):
        if found.start() > at:
            yield source[at : found.start()]
        if found[0] == "@@":
            yield "@"
            at = found.end()
            continue
        at, inner = _expression(source, found)
        try:
            yield value(inner, look)
        except Unsure as error:
            trouble(f"@{inner if found[0] == '@' else f'({inner})'}: {error}")
            yield "..."
    if at < len(source):
        yield source[at:]


def _expression(source: str, found: re.Match[str]) -> tuple[int, str]:
    """Return where an expression ends and what it says."""
    if found[0] == "@":
        path = PATH.match(source, found.end())
        assert path is not None
        return path.end(), path[0]
    depth, quoted = 1, False
    for at in range(found.end(), len(source)):
        char = source[at]
        quoted = not quoted if char == '"' else quoted
        depth += (not quoted) * ((char == "(") - (char == ")"))
        if depth == 0:
            return at + 1, source[found.end() : at].strip()
    return len(source), source[found.end() :]


def value(inner: str, look: Look) -> Shown:
    """Return the value of an expression without its @. Raises Unsure."""
    inner = inner.strip()
    if PATH.fullmatch(inner):
        return Shown(look(_path(inner)))
    if re.fullmatch(r'"[^"]*"', inner):
        return Shown(cel.text(inner[1:-1]))
    if re.fullmatch(r"-?\d+", inner):
        return Shown(cel.number(int(inner)))
    call = CALL.match(inner)
    if call is None:
        raise Unsure("it works something out")
    name, first = call[1].lower(), _first(call[2])
    if name in ("today", "now"):
        return Shown(Cel(name, "day"), "date" if name == "today" else "")
    if name in LOOKS:
        inside = value(first, look)
        return Shown(inside.value, LOOKS[name] or inside.filter, inside.changed)
    if name in CHANGED:
        inside = value(first, look)
        return Shown(inside.value, inside.filter, name)
    raise Unsure(f"the function {name}")


def _first(arguments: str) -> str:
    """Return the first of several arguments."""
    depth, quoted = 0, False
    for at, char in enumerate(arguments):
        quoted = not quoted if char == '"' else quoted
        depth += (not quoted) * ((char in "([") - (char in ")]"))
        if char == "," and depth == 0 and not quoted:
            return arguments[:at]
    return arguments


def _path(written: str) -> tuple[str, ...]:
    return tuple(part.lower() for part in re.findall(r"\w+", written))


def template(source: str, look: Look, trouble: Callable[[str], None], changed: Callable[[str], None]) -> str:
    """Return a text as our template. `changed` is told of functions that were left out."""
    made = ""
    for piece in pieces(source, look, trouble):
        if isinstance(piece, str):
            made += piece.replace("{", "{{").replace("}", "}}")
        elif piece.value.literal is not None:
            made += piece.value.literal.replace("{", "{{").replace("}", "}}")
        elif not re.fullmatch(r"[a-z_][a-z0-9_]*", piece.value.source):
            trouble(f"{piece.value.source} within a text")
            made += "..."
        else:
            if piece.changed:
                changed(piece.changed)
            made += f"{{{piece.value.source}{' | ' if piece.filter else ''}{piece.filter}}}"
    return made


def joined(source: str, look: Look, trouble: Callable[[str], None]) -> Cel:
    """Return a text as a computed value: a constant, one value, or several put together."""
    parts = list(pieces(source, look, trouble))
    if not parts:
        return cel.text("")
    cels = [cel.text(part) if isinstance(part, str) else part.value for part in parts]
    if len(cels) == 1:
        return cels[0]
    return Cel(" + ".join(cel.worded(part).source for part in cels), "text", cel.SUM)
