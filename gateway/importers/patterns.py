"""Regular expressions of other systems, as the kinds of answer here take them. Pure."""

from __future__ import annotations

import re

DIGITS = re.compile(r"\^(?:\[0-9\]|\\d)(?:\{(\d+)(,(\d*))?\}|([+*]))?\$\Z")
LONGEST_DIGITS = 20
MOST_DIGITS = 40


def digits(pattern: str) -> tuple[int, int] | None:
    """Return the least and the most digits, if the pattern asks for nothing but digits."""
    found = DIGITS.fullmatch(pattern.strip())
    if found is None:
        return None
    least = int(found[1]) if found[1] else 1
    exactly = least if found[1] and not found[2] else LONGEST_DIGITS
    most = int(found[3]) if found[3] else 1 if found[0].endswith(("]$", "d$")) else max(exactly, least)
    return max(1, min(least, MOST_DIGITS)), max(1, min(most, MOST_DIGITS))


def answer(least: int, most: int) -> dict[str, object]:
    """Return an answer of digits."""
    if least == most:
        return {"kind": "digits", "length": least}
    return {"kind": "digits", "min": least, "max": most}


def whole(pattern: str) -> str:
    """Return a pattern that must fit the whole answer, for one that is looked for within it."""
    pattern = pattern.strip()
    start = pattern[1:] if pattern.startswith("^") else f".*{pattern}"
    ends = start.endswith("$") and not start.endswith("\\$")
    return start[:-1] if ends else f"{start}.*"
