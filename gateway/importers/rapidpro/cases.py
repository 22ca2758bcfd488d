"""The tests of a switch, in CEL. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from gateway.importers import cel
from gateway.importers.cel import Cel, Unsure

COMPARED = {
    "has_number_lt": "<", "has_number_lte": "<=", "has_number_eq": "==", "has_number_gte": ">=", "has_number_gt": ">",
    "has_date_lt": "<", "has_date_eq": "==", "has_date_gt": ">",
}  # fmt: skip
NUMBERS = frozenset({"has_number", "has_number_between", *(name for name in COMPARED if "number" in name)})
DATES = frozenset({"has_date", *(name for name in COMPARED if "date" in name)})
WORDS = frozenset({"has_any_word", "has_all_words", "has_phrase", "has_only_phrase", "has_only_text", "has_beginning"})
PLACES = frozenset({"has_state", "has_district", "has_ward"})
TODAY = re.compile(r"@\(?today(?:\(\))?\)?\Z")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def arguments(case: dict[str, Any]) -> list[str]:
    """Return the arguments of a case as texts."""
    found = case.get("arguments")
    return [str(one) for one in found] if isinstance(found, list) else []


def words(case: dict[str, Any]) -> list[str]:
    """Return the words that a case listens for."""
    return re.findall(r"\w+", " ".join(arguments(case)).lower())


def whole(text: str) -> int:
    """Return a whole number that stands as text. Raises Unsure."""
    if not re.fullmatch(r"-?\d+", text.strip()):
        raise Unsure(f"{text!r} is no whole number")
    return int(text)


def limits(case: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return the least and the most number that a case takes. Raises Unsure."""
    kind, given = str(case.get("type")), arguments(case)
    if kind == "has_number_between" and len(given) == 2:
        return whole(given[0]), whole(given[1])
    if kind == "has_number" or not given:
        return None, None
    number = whole(given[0])
    return {
        "has_number_lt": (None, number - 1),
        "has_number_lte": (None, number),
        "has_number_eq": (number, number),
        "has_number_gte": (number, None),
        "has_number_gt": (number + 1, None),
    }.get(kind, (None, None))


def days(case: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the first and the last day that a case takes, as an answer writes them. Raises Unsure."""
    kind, given = str(case.get("type")), arguments(case)
    if kind == "has_date" or not given:
        return None, None
    before, after = _beside(given[0], -1), _beside(given[0], 1)
    if kind == "has_date_eq":
        raise Unsure("a date that is just one day")
    return (None, before) if kind == "has_date_lt" else (after, None)


def _beside(day: str, by: int) -> str:
    if TODAY.match(day):
        return f"today{by:+d}"
    if not DAY.match(day):
        raise Unsure(f"{day!r} is no day")
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat()


def condition(case: dict[str, Any], operand: Cel) -> Cel:
    """Return whether the operand passes the test. Raises Unsure."""
    kind, given = str(case.get("type")), arguments(case)
    if kind in NUMBERS:
        return _number(kind, given, cel.whole(operand))
    if kind in DATES:
        return _day(kind, given, operand)
    if kind in ("has_text", "has_value"):
        return cel.holds(operand) if operand.kind in ("text", "digits", "any") else cel.truth(True)
    if operand.kind not in ("text", "digits", "any"):
        operand = Cel(f"string({operand.source})", "text")
    if kind == "has_only_text" and given:
        return cel.compared(operand, "==", cel.text(given[0]))
    pattern = _pattern(kind, given)
    return Cel(f"{operand.source}.matches({cel.text(pattern).source})", "truth")


def _number(kind: str, given: list[str], operand: Cel) -> Cel:
    if kind == "has_number":
        return cel.truth(True)
    if kind == "has_number_between" and len(given) == 2:
        least = cel.compared(operand, ">=", cel.number(whole(given[0])))
        return cel.joined("&&", [least, cel.compared(operand, "<=", cel.number(whole(given[1])))])
    if kind not in COMPARED or not given:
        raise Unsure(f"the test {kind} without what to compare with")
    return cel.compared(operand, COMPARED[kind], cel.number(whole(given[0])))


def _day(kind: str, given: list[str], operand: Cel) -> Cel:
    if kind == "has_date":
        return cel.truth(True)
    if not given or not (TODAY.match(given[0]) or DAY.match(given[0])):
        raise Unsure(f"the test {kind} with {' '.join(given) or 'nothing'}")
    other = Cel("today", "day") if TODAY.match(given[0]) else Cel(cel.text(given[0]).source, "day")
    return Cel(f"{operand.source} {COMPARED[kind]} {other.source}", "truth", cel.COMPARED)


def _pattern(kind: str, given: list[str]) -> str:
    """Return the pattern (RE2) of a test of words; case does not matter, as in RapidPro."""
    asked = re.findall(r"\w+", " ".join(given))
    joined = r"\W+".join(map(re.escape, asked))
    match kind:
        case "has_pattern" if given:
            return f"(?i){given[0]}"
        case "has_beginning" if given:
            return rf"(?i)^\s*{re.escape(given[0].strip())}"
        case "has_any_word" if asked:
            return rf"(?i)(^|\W)({'|'.join(map(re.escape, asked))})(\W|$)"
        case "has_phrase" if asked:
            return rf"(?i)(^|\W){joined}(\W|$)"
        case "has_only_phrase" if asked:
            return rf"(?i)^\W*{joined}\W*$"
        case "has_all_words" if len(asked) == 1:
            return rf"(?i)(^|\W){joined}(\W|$)"
        case "has_email":
            return r"[^@\s]+@[^@\s]+\.[^@\s]+"
    raise Unsure(f"the test {kind}")
