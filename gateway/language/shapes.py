"""What pydantic finds wrong with the shape of a file, in plain words and in its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.language.codes import CODES
from gateway.language.places import Document, Path, advised, nearest

_WHOLE = ("not-a-number", "this must be a whole number", "write digits only")
_BOOL = ("not-true-or-false", "this must be true or false", "write true or false")
_KEYED = ("not-keys-and-values", "this must have keys and values", "write key: value lines")
_WORDS: dict[str, tuple[str, str, str]] = {
    "string_type": ("not-text", "this must be text", "write one value here"),
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_type": _WHOLE,
    "float_parsing": ("config-not-a-number", "this must be a number", "write digits only"),
    "bool_parsing": _BOOL,
    "bool_type": _BOOL,
    "list_type": ("not-a-list", "this must be a list", "start each item with - on its own line"),
    "tuple_type": ("not-a-list", "this must be a list", "start each item with - on its own line"),
    "dict_type": _KEYED,
    "model_type": _KEYED,
    "model_attributes_type": _KEYED,
    "union_tag_not_found": ("missing-key", "the key 'kind' is missing", "add kind: …"),
    "string_pattern_mismatch": ("config-wrong-value", "this is not written as it must be", "see its example in docs/"),
    "too_short": ("no-entries", "this is empty", "give it at least one entry"),
    "too_long": ("too-many-entries", "this has too many entries", "split it"),
}


_SHAPES = frozenset({"string_type", "list_type", "dict_type"})
_LENGTHS = {"string_too_short": ("at least", "make it longer"), "string_too_long": ("at most", "make it shorter")}
_BOUNDS = {
    "less_than_equal": "{:g} at most",
    "greater_than_equal": "{:g} at least",
    "less_than": "less than {:g}",
    "greater_than": "more than {:g}",
}


def explain(
    document: Document, error: ValidationError, path: Path, model: type[BaseModel], beside: Iterable[str] = ()
) -> None:
    """Turn pydantic's errors about the `model` below `path` into complaints. `beside` are keys of its neighbours."""
    explain_each(document, error.errors(include_url=False, include_input=False), path, model, beside)


def explain_each(
    document: Document, details: Iterable[ErrorDetails], path: Path, model: type[BaseModel], beside: Iterable[str] = ()
) -> None:
    """Turn some of pydantic's errors into complaints, but for those about what could not be had."""
    seen = set(document.lost)
    details = [_aimed(detail) for detail in details]
    places = [(*path, *_walkable(document, path, detail["loc"])) for detail in details]
    for detail, where in zip(details, places, strict=True):
        kind, last = detail["type"], str(detail["loc"][-1]) if detail["loc"] else ""
        if kind in _SHAPES and any(len(other) > len(where) and other[: len(where)] == where for other in places):
            continue  # another member of the union has this shape, and complains of what is in it
        if kind == "extra_forbidden":
            known = _keys(model, detail["loc"][:-1]) | (set(beside) if len(detail["loc"]) == 1 else set())
            todo = _of_another_kind(model, detail["loc"]) or nearest(last, known)
            document.complain("unknown-key", where, f"unknown key {last!r}", todo, key=True)
        elif kind == "missing":
            if where in document.lost or _is_misspelled(last, where, details, places):
                continue
            what, todo = f"the key {last!r} is missing", f"add {last}: …"
            document.complain("missing-key", where[:-1], what, todo, key=True)
        elif where not in seen:  # a union reports once for each member
            seen.add(where)
            code, what, todo = _in_words(detail)
            document.complain(code, where, what, todo)


def _is_misspelled(key: str, where: Path, details: Iterable[ErrorDetails], places: Iterable[Path]) -> bool:
    """Return whether a missing key is there in another spelling, of which the complaint about that one tells."""
    beside = [
        str(other[-1])
        for detail, other in zip(details, places, strict=True)
        if detail["type"] == "extra_forbidden" and other[:-1] == where[:-1]
    ]
    return any(nearest(other, [key]).startswith("did you mean") for other in beside)


def _aimed(detail: ErrorDetails) -> ErrorDetails:
    """Return an error about a model as a whole at the key that it names with `at`."""
    at = detail.get("ctx", {}).get("at")
    return {**detail, "loc": (*detail["loc"], at)} if at else detail


def _in_words(detail: ErrorDetails) -> tuple[str, str, str]:
    """Return the code, what is wrong and what to do. Errors of our own have the code as their type."""
    kind, given = detail["type"], detail.get("ctx", {})
    if kind == "union_tag_invalid":
        known = [word.strip(" '") for word in str(given["expected_tags"]).split(",")]
        return "unknown-answer-kind", f"there is no kind {given['tag']!r}", nearest(str(given["tag"]), known)
    if kind == "literal_error":
        return "unknown-word", f"this must be {_without_nothing(given['expected'])}", "correct the value"
    if kind in _LENGTHS:
        (most, todo), (bound,) = _LENGTHS[kind], given.values()
        if bound == 1 and kind == "string_too_short":
            return "config-wrong-value", "this is empty", "write something here"
        return "config-wrong-value", f"this must have {bound} characters {most}", todo
    if kind in _BOUNDS:
        (bound,) = given.values()
        return "out-of-range", f"this must be {_BOUNDS[kind].format(bound)}", "correct the value"
    code = kind if kind in CODES else "config-wrong-value"
    return _WORDS.get(kind, (code, *advised(_plain(detail["msg"]), "correct the value")))


def _without_nothing(expected: str) -> str:
    """Return the words that may stand there, without the empty one, which is the same as no key."""
    words = [word for word in re.findall(r"'[^']*'", expected) if word != "''"]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ").replace("Input should be", "this should be")
    return message[0].lower() + message[1:]


def _walkable(document: Document, path: Path, location: Path) -> Path:
    """Drop the parts of a pydantic location that are not in the file: union members and discriminator tags."""
    kept: Path = ()
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if (*path, *kept, part) in document.values or (last and not _internal(part)):
            kept = (*kept, part)
    return kept


def _internal(part: str | int) -> bool:
    return isinstance(part, str) and part.startswith(("str", "int", "[key]", "dict[", "list[", "function-"))


def _keys(annotation: Any, location: Path) -> set[str]:
    """Return the keys that a model knows at a place below it."""
    return {
        field.alias or name for model in _models(annotation, location) for name, field in model.model_fields.items()
    }


def _models(annotation: Any, location: Path) -> list[type[BaseModel]]:
    """Return the models that can stand at a place below a model."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not location:
            return [annotation]
        field = annotation.model_fields.get(str(location[0]))
        if field is not None:
            return _models(field.annotation, location[1:])
        return _models(annotation, location[1:]) if location[0] in _kinds(annotation) else []
    members = get_args(annotation)
    found = [model for member in members for model in _models(member, location)]
    return found or [model for member in members for model in (_models(member, location[1:]) if location else ())]


def _kinds(model: type[BaseModel]) -> tuple[str, ...]:
    """Return what tells a model from the others of its union."""
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation) if kind else ()


def _of_another_kind(model: type[BaseModel], location: Path) -> str:
    """Return which other kinds have a key that this one lacks; empty if none has, or there are no kinds."""
    if len(location) < 2:
        return ""
    kind, key = location[-2:]
    others = _models(model, location[:-2])
    if not any(kind in _kinds(other) for other in others):
        return ""
    having = [name for other in others for name in _kinds(other) if key in other.model_fields]
    return f"{kind} has no {key}; kind {' or '.join(sorted(having))} has" if having else ""
