"""Conditions and computed values of the menu language, in CEL, the Common Expression Language. Pure.

What a name holds is given to CEL as `values.bare` writes it: an option is its value, an amount its smallest units, a
day the text `2026-11-23` and a time the text `2026-11-23T14:05`, which compare as they should. Nothing but the names
and the functions listed here can be reached, and every expression ends: CEL has no loops but those over lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice, product
from typing import Any

import cel

from gateway.language.conditions.samples import clash, samples_of
from gateway.language.conditions.tokens import bound_names, macros
from gateway.language.values import JSON, Value, bare
from gateway.messages import GatewayError

LONGEST = 1000
MOST_MACROS = 3  # each may walk a list inside another's walk
MOST_TRIALS = 500
NATIVE = frozenset({"size", "contains", "startsWith", "endsWith", "matches", "int", "string", "has"})
PLACE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*)")
UNEXPECTED = re.compile(r"(?:mismatched|extraneous) input '([^']*)'|at: '(.*)'|no viable alternative at input '(.*)'")
# What people write who know another language, and what CEL writes.
ADVICE = {
    "and": "write && for and",
    "or": "write || for or",
    "not": "write ! for not",
    "NOT": "write ! for not",
    "AND": "write && for and",
    "OR": "write || for or",
    "is": "write == to compare",
    "=": "write == to compare",
    "&": "write && for and",
    "|": "write || for or",
    "<>": "write != for is not",
}


class ConditionError(GatewayError):
    """A condition that cannot be read or worked out. `offset` is the place of the character, from 0.

    `code` names the check that says so.
    """

    def __init__(self, message: str, offset: int = 0, code: str = "bad-condition") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression. `names` are those whose values it needs."""

    source: str
    names: frozenset[str]
    program: Any = field(compare=False, repr=False)
    context: Mapping[str, Callable[..., Any]] = field(compare=False, repr=False)


def _days(first: Any, last: Any) -> int | None:
    """Return how many days lie between two days, negative if the second is earlier; None if either is no day."""
    start, end = _day(first), _day(last)
    return None if start is None or end is None else (end - start).days


def _years(first: Any, last: Any) -> int | None:
    """Return how many whole years lie between two days, as an age is counted; None if either is no day."""
    start, end = _day(first), _day(last)
    if start is None or end is None:
        return None
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def _day(text: Any) -> date | None:
    # An exception in here would be logged by CEL, with what the citizen typed.
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


# The functions that are ours: `years(born, today) >= 18`, `days(fell, today) > 30`.
OWN: Mapping[str, Callable[..., Any]] = {"days": _days, "years": _years}
FUNCTIONS = NATIVE | frozenset(OWN)


@lru_cache(maxsize=8192)
def compile(source: str) -> Condition:
    """Return the compiled expression. Raises ConditionError in plain words."""
    if not source.strip():
        raise ConditionError("the condition is empty", code="empty-condition")
    if len(source) > LONGEST:
        what = f"the condition is longer than {LONGEST} characters (compute a part of it in a set before)"
        raise ConditionError(what, LONGEST, "condition-too-long")
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise _unreadable(source, str(error)) from None
    called = frozenset(name for name in program.functions() if name[:1].isalpha())
    unknown = sorted(called - FUNCTIONS)
    if unknown:
        raise ConditionError(_no_function(unknown[0]), max(source.find(unknown[0]), 0), "unknown-function")
    if macros(source) > MOST_MACROS:
        what = f"a condition may walk over lists {MOST_MACROS} times at most (let the office choose what it sends)"
        raise ConditionError(what, code="condition-too-costly")
    names = frozenset(program.variables()) - bound_names(source)
    return Condition(source, names, program, {name: OWN[name] for name in called & OWN.keys()})


def _no_function(name: str) -> str:
    near = get_close_matches(name, FUNCTIONS, 1)
    advice = f"did you mean {near[0]}?" if near else f"functions are {', '.join(sorted(FUNCTIONS))}"
    return f"there is no function {name!r} ({advice})"


def _unreadable(source: str, told: str) -> ConditionError:
    found = PLACE.search(told.partition("ERROR: ")[2])
    if not found:
        return ConditionError("the condition cannot be read")
    lines = source.split("\n")
    row, column = int(found[1]) - 1, int(found[2]) - 1
    offset = sum(len(line) + 1 for line in lines[:row]) + column
    if offset >= len(source.rstrip()):
        what = "the condition stops too early (something is missing at its end)"
        return ConditionError(what, len(source), "condition-stops-early")
    if "token recognition" in found[3] and source[offset] in "\"'":
        what = f"the text that starts here is not closed (end it with {source[offset]})"
        return ConditionError(what, offset, "condition-quote-not-closed")
    near = UNEXPECTED.search(found[3])
    word = next((part for part in near.groups() if part), "").strip() if near else source[offset]
    before = source[:offset].split()[-1:]
    advice = ADVICE.get(word) or ADVICE.get("".join(before)) or ADVICE.get(source[offset - 1 : offset + 1])
    advice = advice or ADVICE.get(word[:1]) or "a name, a value or a sign such as && is missing or too many"
    return ConditionError(f"{word or source[offset]!r} cannot stand here ({advice})", offset)


# --- working it out -----------------------------------------------------------------------------------------------


def compute(condition: Condition, values: Mapping[str, Value]) -> JSON:
    """Return the expression's value: text, whole number, truth or list. Raises ConditionError."""
    given: dict[str, Any] = dict(condition.context)
    for name in condition.names:
        if name not in values:
            raise ConditionError(f"{name} has no value in {condition.source!r}")
        given[name] = bare(values[name])
    return _executed(condition, given)


def holds(condition: Condition, values: Mapping[str, Value]) -> bool:
    """Return True if the condition holds. Raises ConditionError, also where the result is neither true nor false."""
    result = compute(condition, values)
    if isinstance(result, bool):
        return result
    raise ConditionError(f"{condition.source!r} gives {_kind(result)}, not true or false")


def _executed(condition: Condition, given: dict[str, Any]) -> JSON:
    try:
        return condition.program.execute(given)
    except (TypeError, ValueError, RuntimeError, ArithmeticError, LookupError) as error:
        raise ConditionError(f"{condition.source!r} cannot be worked out: {_trouble(error)}") from error


def _trouble(error: Exception) -> str:
    match error:
        case ZeroDivisionError():
            return "it divides by zero"
        case OverflowError():
            return "a number is too large"
        case KeyError():
            return f"there is no {error.args[0]!r}"
        case IndexError():
            return "the list is not that long"
        case TypeError():
            return "it compares or joins values of different kinds (write int(x) or string(x))"
    return str(error).partition(". Check")[0]


def _kind(value: JSON) -> str:
    kinds: dict[type, str] = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return kinds.get(type(value), "nothing" if value is None else "a map")


# --- what the checker asks ----------------------------------------------------------------------------------------


def type_trouble(condition: Condition, kinds: Mapping[str, str], result: str = "bool") -> ConditionError | None:
    """Return what is wrong with the kinds of value in the expression; None if nothing is.

    `kinds` gives for each name `string`, `int`, `bool`, `amount`, `date`, `time`, `list`, `map` or `any`; `result` is
    what must come out, `any` for a computed value. The expression is tried with values of each kind, among them the
    ones it compares with, so that what stands behind `&&` is reached too.
    """
    unknown = sorted(condition.names - kinds.keys())
    if unknown:
        near = get_close_matches(unknown[0], kinds, 1)
        advice = f" (did you mean {near[0]}?)" if near else ""
        return ConditionError(f"nothing is called {unknown[0]!r} here{advice}", code="unknown-name")
    mixed = clash(condition.source, kinds)
    if mixed:
        return ConditionError(mixed, code="never-equal")
    domains = {name: samples_of(kinds[name], condition.source) for name in condition.names}
    unsure = {name: samples for name, samples in domains.items() if kinds[name] == "any"}
    certain = {name: samples for name, samples in domains.items() if name not in unsure}
    for given in _trials(condition, certain, MOST_TRIALS // 10 if unsure else MOST_TRIALS):
        # What an office answers may be of any kind: it is enough that one kind suits.
        troubles = [_trial_trouble(condition, given | more, result) for more in _trials(condition, unsure, 25)]
        if all(troubles):
            return troubles[0]
    return None


def _trial_trouble(condition: Condition, given: dict[str, Any], result: str) -> ConditionError | None:
    try:
        value = condition.program.execute(given)
    except TypeError as error:
        return ConditionError(_trouble(error), code="mixed-kinds")
    except (ValueError, RuntimeError, ArithmeticError, LookupError):
        return None  # a sample that does not suit, such as int("a"), says nothing about the kinds
    if result == "bool" and not isinstance(value, bool):
        return ConditionError(f"it gives {_kind(value)}, not true or false", code="not-a-condition")
    return None


def kind_of(condition: Condition, kinds: Mapping[str, str]) -> str:
    """Return the kind that a computed value has: `string`, `int`, `bool` or `list`; `any` where that depends."""
    found = set()
    for given in _trials(condition, {name: samples_of(kinds[name], condition.source) for name in condition.names}):
        try:
            found.add(type(condition.program.execute(given)))
        except (TypeError, ValueError, RuntimeError, ArithmeticError, LookupError):
            continue
    named: dict[type, str] = {str: "string", int: "int", bool: "bool", list: "list"}
    return named.get(found.pop(), "any") if len(found) == 1 else "any"


def constant(condition: Condition, domains: Mapping[str, tuple[Any, ...]]) -> bool | None:
    """Return True or False if the condition is that for every value its names can have; None if it varies.

    None, too, where a name has no finite domain, or where there are more than some hundreds of combinations.
    """
    if not condition.names <= domains.keys():
        return None
    results = set()
    trials = list(_trials(condition, {name: tuple(domains[name]) for name in condition.names}, MOST_TRIALS + 1))
    if len(trials) > MOST_TRIALS:
        return None
    for given in trials:
        try:
            results.add(condition.program.execute(given))
        except (TypeError, ValueError, RuntimeError, ArithmeticError, LookupError):
            return None
    return results.pop() if len(results) == 1 and results <= {True, False} else None


def _trials(
    condition: Condition, domains: Mapping[str, tuple[Any, ...]], most: int = MOST_TRIALS
) -> Iterator[dict[str, Any]]:
    names = sorted(domains)
    for row in islice(product(*(domains[name] for name in names)), most):
        yield {**condition.context, **{name: bare(value) for name, value in zip(names, row, strict=True)}}
