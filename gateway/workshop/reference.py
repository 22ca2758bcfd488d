"""The reference of the menu language for agencies, written from the models: every kind, every key. Pure.

What a key means and an example of it stand at the models, where the schema for editors takes them from, too; here
is only what no model holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.language import asked, declared, screens
from gateway.language.commands import COMMANDS
from gateway.language.formats import FILTERS
from gateway.language.root import Keys, Service
from gateway.language.screens import KINDS

HEAD = """\
# Reference of the menu language

Every kind of screen and every key, written from the gateway's own models. How to begin:
[for agencies](for-agencies.md). What is wrong when `gateway check` says so: [checks](checks/README.md).
"""
FILTERED: Mapping[str, str] = {
    "money": "an amount, as the caller's language writes it",
    "count": "a number with thousands set apart; of a list, how many items it has",
    "date": "a day",
    "time": "a time of day",
    "phone": "a phone number with blanks",
    "mask": "only the end: `***0001`",
    "upper": "capital letters",
    "value": "of a chosen option: what offices get",
    "label": "of a chosen option: what callers read",
}
COMPUTED: Mapping[str, str] = {
    "days": "`days(first, last)`: the days between two days",
    "years": "`years(born, today)`: whole years, as an age is counted",
    "size": "`size(list)`, `name.size()`: how many items or letters",
    "contains": '`name.contains("x")`',
    "startsWith": '`name.startsWith("x")`',
    "endsWith": '`name.endsWith("x")`',
    "matches": '`name.matches("[0-9]+")`: a pattern (RE2) that fits somewhere',
    "int": "`int(name)`: a text as a number",
    "string": "`string(name)`: a number as a text",
    "has": "`has(map.key)`: whether a map has a key",
}
ALWAYS_THERE: Mapping[str, str] = {
    "phone": "the caller's number",
    "language": "the language she reads",
    "channel": "`ussd` or `sms`",
    "network": "her network's code",
    "short_code": "what she dialled",
    "service": "this service",
    "today": "the day",
    "now": "the day and the time",
    "reference": "the number of the request, after a `submit` or `call_back`",
}


def written() -> str:
    """Return the reference as Markdown."""
    parts = [HEAD, "## A service\n", _table(Service), "### keys\n", _about(Keys), _table(Keys), "## Kinds of screen\n"]
    for name, model in KINDS.items():
        parts += [f"### {name}\n", _about(model), _table(model)]
        if name == "choose":
            parts += ["Each of its `options`:\n", _table(screens.Option)]
        if name == "branch":
            parts += ["Each way:\n", _table(screens.Arm)]
    parts += ["## Kinds of answer\n", "`answer:` of an `ask` has one of these kinds.\n"]
    for model in get_args(get_args(asked.Answer)[0]):
        (kind,) = get_args(model.model_fields["kind"].annotation)
        parts += [f"### answer: {kind}\n", _about(model), _table(model, without=("kind",))]
    parts += ["## What an office answers\n", _saved(), _table(declared.Saved)]
    parts += ["`takes:` of a service says the same of what it is given, without `as`, `most` and `each`.\n"]
    parts += ["## In texts\n", _plain("filter", "shows", {name: FILTERED[name] for name in FILTERS})]
    parts += ["## In conditions\n", _plain("function", "gives", COMPUTED)]
    parts += ["## Names that are always there\n", _plain("name", "what it holds", ALWAYS_THERE)]
    parts += ["## Words in every SMS conversation\n", _plain("what they do", "words", _commands())]
    return "\n".join(parts)


def _saved() -> str:
    return "A name alone (`save: {name: customer}`) stands for `{as: customer}`.\n"


def _commands() -> dict[str, str]:
    meant: dict[str, list[str]] = {}
    for word, command in COMMANDS.items():
        meant.setdefault(command, []).append(f"`{word}`")
    return {command: " ".join(words) for command, words in meant.items()}


def _about(model: type[Any]) -> str:
    lines = [line.strip() for line in (model.__doc__ or "").strip().splitlines()]
    return " ".join(line for line in lines if line) + "\n"


def _table(model: type[BaseModel], without: tuple[str, ...] = ()) -> str:
    rows = ["| key | what it says | without it | example |", "|---|---|---|---|"]
    for key, field in _keys(model):
        if key not in without:
            says = (field.description or "").replace("|", "\\|")
            rows.append(f"| `{key}` | {says} | {_default(field)} | {_example(field)} |")
    return "\n".join(rows) + "\n" if len(rows) > 2 else ""


def _keys(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if name != "root":
            yield field.alias or name, field


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be there"
    if field.default in (None, PydanticUndefined) or isinstance(field.default, BaseModel) or field.default == ():
        return ""
    return f"`{_flow(field.default)}`"


def _example(field: FieldInfo) -> str:
    shown = _flow(field.examples[0]) if field.examples else ""
    return f"`{shown}`".replace("|", "\\|") if shown else ""


def _flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f"{value:g} s" if isinstance(value, float) else str(value)  # only durations are no whole numbers
    return json.dumps(text, ensure_ascii=False) if any(sign in text for sign in "{}[],:#\"'|&*") else text


def _plain(head: str, says: str, rows: Mapping[str, str]) -> str:
    lines = [f"| {head} | {says} |", "|---|---|", *(f"| `{name}` | {text} |" for name, text in rows.items())]
    return "\n".join(lines) + "\n"
