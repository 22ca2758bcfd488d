"""The `status` screen: which requests there are, the one that is looked at, and what is said of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from gateway import references
from gateway.engine.stage import Stage, text_of, word
from gateway.engine.state import State, replace
from gateway.language import answers, templates
from gateway.language.screens import Status, written
from gateway.language.values import Value

OWN = "@own"  # the requests that the screen lists, as JSON text
ONE = "@one"  # the reference of the request that is shown


def rows_of(stage: Stage) -> list[dict[str, str]]:
    """Return the requests that the screen was told of."""
    rows: list[dict[str, str]] = json.loads(str(stage.state.values.get(OWN, "[]")))
    return rows


def body(stage: Stage, kind: Status) -> tuple[str, tuple[str, ...]]:
    """Return the text and the option lines of the screen."""
    rows = rows_of(stage)
    one = stage.state.values.get(ONE)
    if one:
        return _stands(stage, kind, next(row for row in rows if row["reference"] == one)), ()
    if kind.of == "reference":
        return (text_of(stage, kind.text) if kind.text is not None else word(stage, "type_reference")), ()
    if not rows:
        return word(stage, "no_requests"), (f"1 {word(stage, 'next')}",)
    lines = tuple(f"{number} {row['title']} {row['reference']}" for number, row in enumerate(rows, 1))
    return (text_of(stage, kind.text) if kind.text is not None else word(stage, "your_requests")), lines


def _stands(stage: Stage, kind: Status, row: Mapping[str, str]) -> str:
    day = templates.render(
        templates.compile("{at | date}"), {"at": date.fromisoformat(row["at"])}, stage.state.language
    )
    return f"{row['title']}\n{row['reference']}\n{day}: {_state(stage, kind, row)}"


def _state(stage: Stage, kind: Status, row: Mapping[str, str]) -> str:
    """Return how it stands in the office's own word, where it told one, else in ours."""
    theirs = row.get("word", "")
    if theirs in kind.states:
        return written(kind.states[theirs], stage.facts.channel, stage.state.language, stage.service.languages)
    return theirs or word(stage, "state_" + row["state"])


def asked(stage: Stage, kind: Status, typed: str) -> State | str:
    """Return the state after what was typed, or why it cannot be taken."""
    state, rows = stage.state, rows_of(stage)
    if kind.of == "reference":
        reference = references.read(typed)
        if reference is None:
            return word(stage, "no_such_reference")
        return replace(state, values={**state.values, ONE: reference}, waiting=True)
    number = answers.choice(typed, len(rows))
    if number is None:
        return word(stage, "wrong_choice")
    reference = rows[number - 1]["reference"]
    return replace(state, page=0, notice="", values={**state.values, ONE: reference}, waiting=True)


def is_over(stage: Stage, kind: Status) -> bool:
    """True if whatever is typed now leads on."""
    return bool(stage.state.values.get(ONE)) or (kind.of != "reference" and not rows_of(stage))


def left(stage: Stage, kind: Status) -> dict[str, Value]:
    """Return the values with which the caller leaves the screen."""
    values = {name: value for name, value in stage.state.values.items() if name not in (OWN, ONE)}
    return values if kind.save is None else {**values, kind.save: stage.state.values.get(ONE, "")}


def told(stage: Stage, rows: list[dict[str, str]]) -> State:
    """Return the state of the screen after it was told of requests: all of them, or how the one stands."""
    state, one = stage.state, stage.state.values.get(ONE)
    known = [row for row in rows_of(stage) if row["reference"] != one] if one else []
    values = {**state.values, OWN: json.dumps([*rows, *known], ensure_ascii=False)}
    return replace(state, values=values, waiting=False, page=0, notice="")
