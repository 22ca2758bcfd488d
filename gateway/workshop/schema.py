"""The JSON Schema (draft 2020-12) of a service file, for editors: made from the models that read it. Pure.

An editor parses YAML's scalars before it looks at the schema, the reader takes them as text: so wherever a text may
look like a number, a number is taken too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from gateway.language import words
from gateway.language.asked import CHANNELS, LANGUAGE
from gateway.language.root import Service
from gateway.language.screens import KIND_NAMES, KINDS, Texts, Tongues
from gateway.workshop.rehearsal.conversations import MAY_BE_BLANK, Suite

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SCREEN = "A screen has one key, its kind."
PLAIN = {"type": ["string", "number", "boolean"]}
WHOLE_NUMBER = r"^-?\d+$"
TRUTH = "^(true|false|yes|no|on|off)$"
TONGUE = LANGUAGE.pattern.removesuffix(r"\Z")
MODELS: Mapping[str, type[BaseModel]] = {KIND_NAMES[model]: model for model in KINDS.values()}
# The two shapes of a text as pydantic writes them, by the name that they get.
SHAPES: Mapping[str, list[Schema]] = {
    "Texts": TypeAdapter(Texts).json_schema()["anyOf"],
    "Tongues": TypeAdapter(Tongues).json_schema()["anyOf"],
}


def service_schema() -> Schema:
    """Return the schema of a service file."""
    models: list[tuple[type[BaseModel], Literal["validation"]]] = [(Service, "validation")]
    models += [(model, "validation") for model in MODELS.values()]
    _, made = models_json_schema(models)
    found = _walked(made["$defs"])
    service: Schema = found.pop("Service")
    service["properties"]["screens"] |= {
        "propertyNames": {"minLength": 1},
        "additionalProperties": {"$ref": "#/$defs/Screen"},
    }
    service["properties"]["words"]["propertyNames"] = {"enum": sorted(words.WORDS)}
    found |= {"Screen": _screen(found), **_texts()}
    return {"$schema": DRAFT, "title": "A service", **service, "$defs": dict(sorted(found.items()))}


def test_schema() -> Schema:
    """Return the schema of a file of conversations that test a service."""
    made = Suite.model_json_schema()
    found = _walked({**made.pop("$defs"), "Suite": made})
    for name in MAY_BE_BLANK:
        for model in found.values():
            if name in model["properties"]:
                model["properties"][name] = _or_blank(model["properties"][name])
    return {"$schema": DRAFT, **found.pop("Suite"), "title": "Tests of a service", "$defs": dict(sorted(found.items()))}


def _or_blank(part: Schema) -> Schema:
    told = {key: part.pop(key) for key in ("description", "examples")}
    return {**told, "anyOf": [part, {"type": "null"}]}


def _walked(models: Mapping[str, Schema]) -> dict[str, Schema]:
    found = {name: _part(part) for name, part in models.items()}
    for name, part in found.items():
        part["title"] = name
        if "properties" in part:
            part["examples"] = [_example(part)]
    return found


def _screen(models: Mapping[str, Schema]) -> Schema:
    """An unknown kind, and what is wrong within a kind, is marked where it stands: so the kinds are properties."""
    kinds = {kind: _kind(models[model.__name__], model.__name__) for kind, model in MODELS.items()}
    return {
        "title": "Screen",
        "description": SCREEN,
        "type": "object",
        "properties": kinds,
        "additionalProperties": False,
        "oneOf": [{"title": kind, "required": [kind]} for kind in MODELS],
    }


def _kind(model: Schema, name: str) -> Schema:
    examples = model.get("examples") or [[{"when": 'account == "0"', "go": "review"}, {"go": "owner"}]]
    return {"$ref": f"#/$defs/{name}", "description": model["description"], "examples": examples}


def _texts() -> dict[str, Schema]:
    by_tongue = {
        "title": "by language",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": f"^{TONGUE}$", "not": {"enum": list(CHANNELS)}},
        "additionalProperties": PLAIN,
    }
    by_channel = {
        "title": "by channel",
        "type": "object",
        "minProperties": 1,
        "properties": {
            channel: {
                "$ref": "#/$defs/Tongues",
                "description": f"The text over {channel.upper()}.",
                "examples": [{"en": "What is wrong?"}],
            }
            for channel in CHANNELS
        },
        "additionalProperties": False,
    }
    one = {"title": "one text", **PLAIN}
    return {
        "Texts": {"title": "Text", "description": "One text, one for each language, or one for each channel."}
        | {"anyOf": [one, by_tongue, by_channel]},
        "Tongues": {"title": "Text by language", "description": "One text, or one for each language."}
        | {"anyOf": [one, by_tongue]},
    }


# --- from pydantic's words to an editor's ---------------------------------------------------------------------------


def _part(part: Any) -> Any:
    """Return a part of the schema as an editor needs it."""
    if not isinstance(part, dict):
        return part
    kept = {key: value for key, value in part.items() if key not in ("title", "discriminator")}
    for key in ("anyOf", "oneOf", "allOf"):
        if key in kept:
            kept[key] = [_part(member) for member in kept[key] if member != {"type": "null"}]
    for key in ("items", "additionalProperties", "then", "if", "not"):
        if key in kept:
            kept[key] = _part(kept[key])
    for key in ("properties", "patternProperties"):
        if key in kept:
            kept[key] = {name: _part(value) for name, value in kept[key].items()}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    if kept.get("default", ...) in (None, [], {}):
        del kept["default"]
    if "const" in part and "description" not in part:
        kept |= {"description": "Its kind.", "examples": [part["const"]]}
    if "discriminator" in part:
        return _by_kind(part, kept)
    return _scalar(_text_shape(part, kept))


def _text_shape(part: Schema, kept: Schema) -> Schema:
    """Put a name in the place of a text's shapes, and open what is left with one member."""
    members = [member for member in part.get("anyOf", ()) if member != {"type": "null"}]
    for name, shape in SHAPES.items():
        if members == shape:
            del kept["anyOf"]
            return {"$ref": f"#/$defs/{name}", **kept}
    if len(members) == 1:
        [member] = kept.pop("anyOf")
        return {**member, **kept}
    return kept


def _by_kind(part: Schema, kept: Schema) -> Schema:
    """Return the members of a union told apart by their kind, each held against its own schema only."""
    mapping: dict[str, str] = part["discriminator"]["mapping"]
    del kept["oneOf"]
    kind = {"description": "Which kind it is.", "examples": [next(iter(mapping))], "enum": list(mapping)}
    rules = [
        {"if": {"properties": {"kind": {"const": name}}, "required": ["kind"]}, "then": {"$ref": reference}}
        for name, reference in mapping.items()
    ]
    return {**kept, "type": "object", "required": ["kind"], "properties": {"kind": kind}, "allOf": rules}


def _scalar(part: Schema) -> Schema:
    if "enum" in part or "const" in part:
        return part
    widen: Callable[[Schema], Schema] | None = _SCALARS.get(part["type"]) if isinstance(part.get("type"), str) else None
    return widen(part) if widen else part


def _any_text(part: Schema) -> Schema:
    if "pattern" not in part:
        return {**part, **PLAIN}
    numeric = any(re.match(part["pattern"], number) for number in ("0", "42", "911"))
    return {**part, "type": ["string", "number"]} if numeric else part


_SCALARS: Mapping[str, Callable[[Schema], Schema]] = {
    "string": _any_text,
    "integer": lambda part: {**part, "type": ["integer", "string"], "pattern": WHOLE_NUMBER},
    "number": lambda part: {**part, "type": ["number", "string"]},
    "boolean": lambda part: {**part, "type": ["boolean", "string"], "pattern": TRUTH},
}


def _example(part: Schema) -> Schema:
    """Return the smallest object that the model takes, made of the examples of its keys."""
    needed = list(part.get("required", ()))
    for choice in ("anyOf", "oneOf"):
        needed += part[choice][0].get("required", ()) if choice in part else ()
    return {key: part["properties"][key]["examples"][0] for key in needed}
