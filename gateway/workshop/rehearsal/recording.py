"""Writes a walk that somebody took as a conversation of a test file. Pure.

Whoever walks a service (`gateway dial --record`) keeps a list of `Heard`, all the engine's effects and all answers of
offices in their order, and at the end has the text of the file from `recorded`, or from `appended` where there is one:

    walk = Walk("water-fault", now=now, heard=[Heard(None, "What is wrong?…", True), Heard("2", "Which …", True)])
    file.write_text(appended(file.read_text(), walk) if file.exists() else recorded(walk))

What was typed stands in the file as it was, a PIN too: a record is made with made-up answers only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any, Literal

import yaml

from gateway import engine
from gateway.workshop.rehearsal.conversations import NUMBER
from gateway.workshop.rehearsal.updating import end_of, end_of_line
from gateway.workshop.rehearsal.writing import flow, listed, scalar, screen

Answered = tuple[str, str, Mapping[str, Any] | Literal["missing"] | None]  # office, ask, what `Fetched` brought


@dataclass(frozen=True, slots=True)
class Heard:
    """One screen: what was typed to come there (None: she dialled, at first or again after the line dropped)."""

    typed: str | None
    screen: str
    more: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk through a service. `dial` is what was typed ahead, `text` the SMS that began it."""

    service: str
    now: datetime
    heard: list[Heard]
    name: str = "As recorded"
    channel: Literal["ussd", "sms"] = "ussd"
    dial: str = ""
    text: str | None = None
    language: str | None = None
    number: str = NUMBER
    answered: list[Answered] = field(default_factory=list)
    effects: list[engine.Effect] = field(default_factory=list)


def recorded(walk: Walk) -> str:
    """Return the text of a new file with the walk as its only conversation."""
    return f"tests: {walk.service}\nconversations:\n" + "\n".join(_lines(walk, 2)) + "\n"


def appended(before: str, walk: Walk) -> str:
    """Return the text of a file with the walk as a further conversation. Raises ValueError where it has no list."""
    root = yaml.compose(before, Loader=yaml.CSafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    listed_ = next((value for key, value in pairs if key.value == "conversations"), None)
    if not isinstance(listed_, yaml.SequenceNode) or listed_.flow_style:
        raise ValueError("the file has no list of conversations, each with - on a line of its own")
    end = end_of_line(before, end_of(before, listed_))
    conversations = [one.value for one in listed_.value if isinstance(one, yaml.MappingNode)]
    names = {value.value for one in conversations for key, value in one if key.value == "name"}
    fresh = (walk.name if number == 1 else f"{walk.name} ({number})" for number in count(1))
    walk = replace(walk, name=next(name for name in fresh if name not in names))
    lines = "\n".join(_lines(walk, listed_.start_mark.column))
    return f"{before[:end]}\n\n{lines}{before[end:] or chr(10)}"


def _lines(walk: Walk, column: int) -> Iterator[str]:
    """Yield the lines of the conversation, its `-` in this column (from 0)."""
    inner = column + 2
    head, *further = _head(walk)
    yield f"{' ' * column}- {head}"
    yield from (" " * inner + line for line in further)
    yield f"{' ' * inner}turns:"
    for place, heard in enumerate(walk.heard):
        after = walk.heard[place + 1] if place + 1 < len(walk.heard) else None
        yield from _turn(walk, heard, after, inner + 2)
    for key, values in _came(walk):
        if values:
            yield f"{' ' * inner}{key}:{listed(values, inner + 2)}"
    for effect in [effect for effect in walk.effects if isinstance(effect, engine.Remember)][-1:]:
        yield f"{' ' * inner}remembers: {effect.language}"


def _head(walk: Walk) -> Iterator[str]:
    yield f"name: {scalar(walk.name)}"
    if walk.text is not None:
        yield f"text: {scalar(walk.text)}"
    elif walk.channel == "sms":
        yield "channel: sms"
    if walk.dial:
        yield f"dial: {flow(walk.dial)}"
    if walk.language is not None:
        yield f"language: {walk.language}"
    if walk.number != NUMBER:
        yield f"number: {flow(walk.number)}"
    yield f"today: {walk.now.date().isoformat()}"
    yield f"now: {flow(walk.now.strftime('%H:%M'))}"
    if walk.answered:
        yield f"offices: {flow(_offices(walk.answered))}"


def _offices(answered: list[Answered]) -> dict[str, dict[str, Any]]:
    """Return what offices answered as a test says it: a list where it was not the same each time."""
    listed: dict[str, dict[str, list[Any]]] = {}
    for office, ask, found in answered:
        outcome = "down" if found is None else found if found == "missing" else dict(found)
        listed.setdefault(office, {}).setdefault(ask, []).append(outcome)
    return {
        office: {ask: each[0] if all(one == each[0] for one in each) else each for ask, each in asks.items()}
        for office, asks in listed.items()
    }


def _turn(walk: Walk, heard: Heard, after: Heard | None, column: int) -> Iterator[str]:
    yield f"{' ' * column}- see: {screen(_blind(walk, heard.screen), column + 4)}"
    if not heard.more:
        yield f"{' ' * column}  end: true"
    if after is not None:
        typed = "drop: true" if after.typed is None else f"type: {flow(_blind(walk, after.typed))}"
        yield f"{' ' * column}  {typed}"


def _came(walk: Walk) -> Iterator[tuple[str, list[Any]]]:
    """Yield the requests, messages and ratings that came out, each under its key."""
    submits = [effect for effect in walk.effects if isinstance(effect, engine.Submit)]
    yield "filed", [{"office": one.office, "ask": one.ask, "send": _blind(walk, dict(one.send))} for one in submits]
    yield "sms", [_blind(walk, effect.text) for effect in walk.effects if isinstance(effect, engine.Message)]
    rated = [effect for effect in walk.effects if isinstance(effect, engine.Rated)]
    yield "rated", [{"score": one.score, **({"comment": one.comment} if one.comment else {})} for one in rated]


def _blind(walk: Walk, value: Any) -> Any:
    """Return a value in which the references of the walk's requests are {R1}, {R2} …"""
    if isinstance(value, dict):
        return {key: _blind(walk, part) for key, part in value.items()}
    if isinstance(value, list):
        return [_blind(walk, part) for part in value]
    if not isinstance(value, str):
        return value
    submits = [effect for effect in walk.effects if isinstance(effect, engine.Submit)]
    for number, submit in enumerate(submits, 1):
        value = value.replace(submit.reference, f"{{R{number}}}")
    return value
