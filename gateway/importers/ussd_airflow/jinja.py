"""Jinja, as far as its meaning is certain: expressions to CEL, texts to our templates. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from gateway.importers import cel
from gateway.importers.cel import Cel, Unsure

TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[^\W\d]\w*)"""
    r"""|(?P<sign>==|!=|<=|>=|//|\*\*|[-+*/%<>()\[\]{},.|~=:]))""",
    re.VERBOSE,
)
PIECE = re.compile(r"\{\{(?P<shown>.*?)\}\}|\{%(?P<done>.*?)%\}|\{#.*?#\}|(?P<brace>[{}])", re.DOTALL)
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
DEEPEST = 40
FILTERS = {"upper": "upper", "format_number": "count", "count": "count"}  # theirs to ours, in texts

Look = Callable[[tuple[str, ...]], Cel]  # what a name with its attributes holds; raises Unsure


@dataclass(slots=True)
class _Reader:
    """Reads one expression from left to right. Raises Unsure."""

    tokens: list[tuple[str, str]]
    look: Look
    at: int = 0
    deep: int = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> bool:
        found = self.peek() in wanted and self.tokens[self.at][0] != "string" if self.peek() else False
        self.at += found
        return found

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise Unsure(f"{self.peek() or 'its end'!r} stands where {sign!r} should")

    def either(self) -> Cel:
        self.deep += 1
        if self.deep > DEEPEST:
            raise Unsure("it is nested too deep")
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        self.deep -= 1
        return parts[0] if len(parts) == 1 else cel.joined("||", [cel.holds(part) for part in parts])

    def both(self) -> Cel:
        parts = [self.contrary()]
        while self.take("and"):
            parts.append(self.contrary())
        return parts[0] if len(parts) == 1 else cel.joined("&&", [cel.holds(part) for part in parts])

    def contrary(self) -> Cel:
        return cel.negated(cel.holds(self.contrary())) if self.take("not") else self.comparison()

    def comparison(self) -> Cel:
        left = self.sum()
        if self.take("in"):
            return cel.among(left, self.constants())
        if self.take("not"):
            self.need("in")
            return cel.negated(cel.among(left, self.constants()))
        if self.peek() == "is":
            raise Unsure("it asks what something is")
        sign = self.peek()
        if not self.take(*COMPARISONS):
            return left
        found = cel.compared(left, sign, self.sum())
        if self.peek() in COMPARISONS:
            raise Unsure("it compares more than two values at once")
        return found

    def constants(self) -> list[Cel]:
        """Read a list of constants, which is what `in` may be followed by."""
        close = "]" if self.take("[") else ")"
        if close == ")":
            self.need("(")
        parts: list[Cel] = []
        while not self.take(close):
            parts.append(self.sum())
            if parts[-1].literal is None:
                raise Unsure("it looks into a list that is not written out")
            if self.peek() != close:
                self.need(",")
        return parts

    def sum(self) -> Cel:
        left = self.product()
        while self.peek() in ("+", "-"):
            sign = self.peek()
            self.at += 1
            left = cel.reckoned(left, sign, self.product())
        return left

    def product(self) -> Cel:
        left = self.signed()
        while self.peek() in ("*", "%", "//"):
            sign = self.peek()
            self.at += 1
            left = cel.reckoned(left, "/" if sign == "//" else sign, self.signed())
        return left

    def signed(self) -> Cel:
        if self.take("-"):
            part = self.filtered()
            if part.kind != "number" or part.literal is None:
                raise Unsure("it turns a value negative")
            return cel.number(-int(part.literal))
        return self.filtered()

    def filtered(self) -> Cel:
        part = self.atom()
        while self.take("|"):
            part = self.filter(part)
        return part

    def filter(self, part: Cel) -> Cel:
        kind, name = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        self.at += 1
        if self.peek() == "(":
            raise Unsure(f"the filter {name!r} with an argument")
        match name:
            case "int":
                return cel.whole(part)
            case "string":
                return cel.worded(part)
            case "length" | "count" if part.kind in ("text", "digits", "any", "list"):
                return Cel(f"size({part.source})", "number")
        raise Unsure(f"the filter {name!r}" if kind == "name" else "a filter without a name")

    def atom(self) -> Cel:
        if self.at >= len(self.tokens):
            raise Unsure("it stops too early")
        kind, word = self.tokens[self.at]
        self.at += 1
        match kind, word:
            case "string", _:
                return cel.text(re.sub(r"\\(.)", r"\1", word[1:-1]))
            case "number", _ if word.isdecimal():
                return cel.number(int(word))
            case "sign", "(":
                part = self.either()
                self.need(")")
                return Cel(part.source, part.kind, part.binds, part.literal)
            case "name", "true" | "True" | "false" | "False":
                return cel.truth(word in ("true", "True"))
            case "name", "none" | "None":
                raise Unsure("it asks for None")
            case "name", _:
                return self.named(word)
        raise Unsure(f"{word!r}")

    def named(self, word: str) -> Cel:
        parts = [word]
        while self.peek() in (".", "[", "("):
            if self.take("("):
                raise Unsure(f"it calls {word}")
            if self.take("."):
                parts.append(self.peek())
                self.at += 1
                continue
            self.need("[")
            kind, key = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
            if kind != "string":
                raise Unsure(f"it picks from {word} by {key or 'nothing'}")
            parts.append(key[1:-1])
            self.at += 1
            self.need("]")
        return self.look(tuple(parts))


def _tokens(source: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(source.rstrip()):
        match = TOKEN.match(source, at)
        if match is None or not match.lastgroup:
            raise Unsure(f"{source[at:].strip()[:10]!r}")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def value(source: str, look: Look) -> Cel:
    """Return an expression in CEL, with or without its double braces. Raises Unsure."""
    if "{%" in source:
        raise Unsure("it has {% %}")
    reading = _Reader(_tokens(source.replace("{{", "").replace("}}", "")), look)
    found = reading.either()
    if reading.at < len(reading.tokens):
        raise Unsure(f"{reading.peek()!r} after {found.source}")
    return found


def condition(source: str, look: Look) -> Cel:
    """Return an expression as a condition in CEL. Raises Unsure."""
    return cel.holds(value(source, look))


def template(source: str, look: Look, trouble: Callable[[str], None]) -> str:
    """Return a text as our template. What cannot be carried over is told to `trouble` and shown as `...`."""

    def piece(found: re.Match[str]) -> str:
        if found["brace"]:
            return found["brace"] * 2
        if found["done"] is not None:
            if not found["done"].strip().startswith("end"):
                trouble(f"{{%{found['done']}%}} (what stands after it is always shown)")
            return ""
        if found["shown"] is None:
            return ""  # a comment
        try:
            return _shown(found["shown"], look)
        except Unsure as error:
            trouble(f"{{{{{found['shown']}}}}}: {error}")
            return "..."

    return PIECE.sub(piece, source)


def _shown(source: str, look: Look) -> str:
    plain, _, last = (part.strip() for part in source.rpartition("|"))
    if last in FILTERS and plain:
        return f"{{{_name(plain, look)} | {FILTERS[last]}}}"
    found = value(source, look)
    if found.literal is not None:
        return found.literal.replace("{", "{{").replace("}", "}}")
    return f"{{{_name(source, look)}}}"


def _name(source: str, look: Look) -> str:
    found = value(re.sub(r"\|\s*(?:int|string)\s*$", "", source), look)
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", found.source):
        raise Unsure("it works something out within a text")
    return found.source
