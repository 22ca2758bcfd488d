"""Reads JSON strictly: bounded in depth, and in the size of its numbers; and the plain fields of an object. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Final

from gateway.messages import JSON, Event, Noted, Request, Unreadable

MOST_DEPTH: Final = 32


def strict_json(body: bytes) -> JSON:
    """Return JSON. Raises ValueError if there is none, or it nests too deep or has a number out of range."""
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_sized)
    except RecursionError:
        raise ValueError("the JSON nests too deep") from None
    if _nests_deeper(value, MOST_DEPTH):
        raise ValueError("the JSON nests too deep")
    return whole_letters(value) if "\\u" in text else value


def whole_letters(node: JSON) -> JSON:
    """Return JSON with ? for each half of a character: an SMS that was cut in an emoji holds one."""
    if isinstance(node, str):
        return node.encode("utf-8", "replace").decode()
    if isinstance(node, list):
        return [whole_letters(item) for item in node]
    if isinstance(node, dict):
        return {name.encode("utf-8", "replace").decode(): whole_letters(item) for name, item in node.items()}
    return node


def _no_number(word: str) -> float:
    raise ValueError(f"the JSON has {word}, which is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("the JSON has a number out of range")
    return number


def _sized(text: str) -> int:
    if len(text) > 20:
        raise ValueError("the JSON has a number out of range")
    return int(text)


def _nests_deeper(value: JSON, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: JSON) -> list[JSON]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


# --- callbacks ----------------------------------------------------------------------------------------------------


def json_object(request: Request) -> dict[str, JSON]:
    """Return the JSON object of a POST, whatever its content type says. Raises Unreadable."""
    if request.method != "POST":
        raise Unreadable("the callback must be a POST with JSON")
    try:
        value = strict_json(request.body)
    except ValueError:
        raise Unreadable("the body is not JSON, or not within bounds") from None
    if not isinstance(value, dict):
        raise Unreadable("the body must be a JSON object")
    return value


def plain(node: JSON) -> dict[str, str]:
    """Return the fields of an object as words: numbers in digits, true and false; null and what nests is left out."""
    if not isinstance(node, dict):
        raise Unreadable("the body has something else where an object must be")
    return {name: _word(value) for name, value in node.items() if isinstance(value, (str, int, float))}


def _word(value: str | int | float) -> str:
    return value if isinstance(value, str) else str(value).lower()


def each(batch: JSON, read: Callable[[Mapping[str, str], JSON], Event], what: str) -> list[Event]:
    """Read every item of a batch. One that is unreadable is noted, so that the others are not sent for ever.

    Raises Unreadable when there is no list, or nothing in it can be read.
    """
    if not isinstance(batch, list):
        raise Unreadable(f"the field {what!r} is missing or no list")
    found: list[Event] = []
    wrong: list[Unreadable] = []
    for item in batch:
        try:
            found.append(read(plain(item), item))
        except Unreadable as error:
            wrong.append(error)
    if wrong and not found:
        raise wrong[0]
    return found + [Noted("unreadable item of a batch", {"why": str(error)}) for error in wrong]
