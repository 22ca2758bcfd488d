"""Sample values of each kind, and comparisons of kinds that can never be equal: for the checker of conditions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.language.conditions.tokens import tokens, unquoted

# How each kind of answer looks to CEL.
SEEN_AS = {"string": "string", "date": "string", "time": "string", "int": "int", "amount": "int", "bool": "bool"}
SPOKEN = {"string": "a text", "int": "a number", "bool": "true or false"}
FIXED: Mapping[str, tuple[Any, ...]] = {
    "date": ("2026-11-23", "1970-01-01", "2100-12-31"),
    "time": ("2026-11-23T14:05", "1970-01-01T00:00"),
    "bool": (True, False),
    "list": ([], [{}]),
    "map": ({},),
    "any": ("12", 1, True, [{}], {}),
}
EQUAL = frozenset({"==", "!="})


def samples_of(kind: str, source: str) -> tuple[Any, ...]:
    """Return values of one kind, among them those that the expression itself names."""
    if kind in FIXED:
        return FIXED[kind]
    if kind in ("int", "amount"):
        written = [int(text) for sort, text in tokens(source) if sort == "number" and text.isdecimal()]
        return tuple(dict.fromkeys([0, 1, 999_999, *written, *(number + 1 for number in written)]))[:12]
    texts = [unquoted(text) for sort, text in tokens(source) if sort == "string"]
    return tuple(dict.fromkeys(["", "a", "12", *texts]))[:12]


def clash(source: str, kinds: Mapping[str, str]) -> str | None:
    """Return words for the first comparison of two kinds that are never equal, such as a text with a number.

    CEL itself calls such a comparison false, which is what an author who forgot the quotes would not notice.
    """
    for left, right in _compared(source):
        first, second = _kind(left, kinds), _kind(right, kinds)
        if first and second and first != second:
            return f"{left[1]} is {SPOKEN[first]} and {right[1]} is {SPOKEN[second]}, so they are never equal"
    return None


def _compared(source: str) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    found = tokens(source)
    for place, (_, text) in enumerate(found):
        if place == 0 or place + 1 == len(found):
            continue
        if text in EQUAL and _alone(found, place - 1, -1) and _alone(found, place + 1, 1):
            yield found[place - 1], found[place + 1]
        if text == "in" and found[place + 1][1] == "[" and _alone(found, place - 1, -1):
            for member in found[place + 2 :]:
                if member[1] == "]":
                    break
                yield found[place - 1], member


def _alone(found: tuple[tuple[str, str], ...], place: int, step: int) -> bool:
    """Return True if the word is a whole operand, not the end of a longer one."""
    beyond = found[place + step][1] if 0 <= place + step < len(found) else ""
    return beyond in ("", "&&", "||", "?", ":", "(" if step < 0 else ")", "!" if step < 0 else "", ",")


def _kind(token: tuple[str, str], kinds: Mapping[str, str]) -> str | None:
    sort, text = token
    match sort:
        case "string":
            return "string"
        case "number":
            return "int"
        case "word":
            return "bool" if text in ("true", "false") else None
        case "name":
            return SEEN_AS.get(kinds.get(text, ""))
    return None
