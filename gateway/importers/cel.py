"""Pieces of CEL with what is known of them, and how they are put together with certainty. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.messages import GatewayError

# `number` is a whole number; `digits` a text of digits; `any` what an office answered or nobody knows.
Kind = Literal["text", "digits", "number", "truth", "list", "day", "any"]
CONTRARY = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
TEXTS = frozenset({"text", "digits"})
OR, AND, NOT, COMPARED, SUM, PRODUCT, ATOM = range(7)


class Unsure(GatewayError):
    """An expression whose meaning in CEL is not certain. `str(error)` says what of it."""


@dataclass(frozen=True, slots=True)
class Cel:
    """An expression: its source, the kind of its value, and how tightly it binds. `literal` is a constant's text."""

    source: str
    kind: Kind
    binds: int = ATOM
    literal: str | None = None
    contrary: str = ""  # of a comparison

    def inside(self, binds: int) -> str:
        """Return the source as a part of something that binds so tightly."""
        return self.source if self.binds >= binds else f"({self.source})"


def text(value: str) -> Cel:
    """Return a text constant."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return Cel(f'"{escaped}"', "text", literal=value)


def number(value: int) -> Cel:
    """Return a number constant."""
    return Cel(str(value), "number", ATOM if value >= 0 else PRODUCT, literal=str(value))


def truth(value: bool) -> Cel:
    """Return true or false."""
    return Cel("true" if value else "false", "truth", literal="true" if value else "false")


def holds(part: Cel) -> Cel:
    """Return the part as a condition: empty texts and zero are false, as the other languages have it."""
    match part.kind:
        case "truth":
            return part
        case "number":
            return Cel(f"{part.inside(COMPARED + 1)} != 0", "truth", COMPARED)
        case "text" | "digits" | "any" if part.literal is None:
            return Cel(f'{part.inside(COMPARED + 1)} != ""', "truth", COMPARED)
    raise Unsure(f"{part.source} is no condition")


def joined(sign: Literal["&&", "||"], parts: list[Cel]) -> Cel:
    """Return the parts joined by and, or by or."""
    binds = AND if sign == "&&" else OR
    return parts[0] if len(parts) == 1 else Cel(f" {sign} ".join(p.inside(binds + 1) for p in parts), "truth", binds)


def negated(part: Cel) -> Cel:
    """Return the contrary of a condition."""
    if part.literal is not None:
        return truth(part.literal != "true")
    if part.contrary:
        return Cel(part.contrary, "truth", COMPARED, contrary=part.source)
    return Cel(f"!{part.inside(ATOM)}", "truth", NOT)


def compared(left: Cel, sign: str, right: Cel) -> Cel:
    """Return a comparison of two values of one kind; a number written as text is taken for what the other is."""
    left, right = _adapted(left, right), _adapted(right, left)
    if "any" not in (left.kind, right.kind) and (left.kind in TEXTS) != (right.kind in TEXTS):
        raise Unsure(f"{left.source} and {right.source} are of different kinds")
    if sign not in ("==", "!=") and left.kind in TEXTS | {"truth"}:
        raise Unsure(f"{left.source} and {right.source} are compared as texts")
    start, end = left.inside(COMPARED + 1), right.inside(COMPARED + 1)
    return Cel(f"{start} {sign} {end}", "truth", COMPARED, contrary=f"{start} {CONTRARY[sign]} {end}")


def _adapted(part: Cel, other: Cel) -> Cel:
    if part.literal is not None and part.kind == "text" and other.kind == "number" and part.literal.isdecimal():
        return number(int(part.literal))
    return part


def among(part: Cel, choices: list[Cel]) -> Cel:
    """Return whether a value is one of several constants."""
    fitting = [_adapted(choice, part) for choice in choices]
    if part.kind != "any" and any((choice.kind in TEXTS) != (part.kind in TEXTS) for choice in fitting):
        raise Unsure(f"{part.source} is compared with values of another kind")
    listed = ", ".join(choice.source for choice in fitting)
    return Cel(f"{part.inside(COMPARED + 1)} in [{listed}]", "truth", COMPARED)


def whole(part: Cel) -> Cel:
    """Return the value as a whole number."""
    match part.kind:
        case "number":
            return part
        case "text" if part.literal is not None and part.literal.isdecimal():
            return number(int(part.literal))
        case "digits" | "any":
            return Cel(f"int({part.source})", "number")
    raise Unsure(f"{part.source} need not be a number")


def worded(part: Cel) -> Cel:
    """Return the value as text."""
    if part.literal is not None and part.kind in ("number", "text"):
        return text(part.literal)
    return part if part.kind in TEXTS else Cel(f"string({part.source})", "text")


def reckoned(left: Cel, sign: str, right: Cel) -> Cel:
    """Return a sum, difference, product or remainder of whole numbers, or two texts put together."""
    if sign == "+" and left.kind in TEXTS and right.kind in TEXTS:
        return Cel(f"{left.inside(SUM)} + {right.inside(SUM + 1)}", "text", SUM)
    if left.kind != "number" or right.kind != "number":
        raise Unsure(f"{left.source} {sign} {right.source} reckons with what need not be numbers")
    binds = SUM if sign in "+-" else PRODUCT
    return Cel(f"{left.inside(binds)} {sign} {right.inside(binds + 1)}", "number", binds)
