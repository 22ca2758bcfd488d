"""YAML whose every value knows its line: what menus and the configuration are read with. Pure.

A strict subset: no anchors, aliases, tags, merge or duplicate keys, at most 256 KiB and 32 levels. Every scalar stays
text (`NO` is not false, `0712…` is not octal); the schema decides what it is. An empty scalar is None.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ValidationError

LARGEST = 256 * 1024
DEEPEST = 32

Path = tuple[str | int, ...]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """What is wrong, where (`line` and `column` from 1), and what to do. Errors stop the load, warnings don't."""

    file: str
    line: int
    column: int
    what: str
    todo: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        mark = "warning: " if self.level == "warning" else ""
        return f"{self.file}:{self.line}:{self.column}: {mark}{self.what} ({self.todo})"


@dataclass(slots=True)
class Document:
    """One file as plain data, with the place of every key and value and the complaints so far."""

    file: str
    data: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return the place of `path`, or of the nearest thing that contains it."""
        if key and path in self.keys:
            return self.keys[path]
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def complain(
        self, path: Path, what: str, todo: str, *, key: bool = False, level: Literal["error", "warning"] = "error"
    ) -> None:
        """Note a complaint at the place of `path`."""
        line, column = self.place(path, key=key)
        self.complaints.append(Complaint(self.file, line, column, what, todo, level))


def nearest(word: str, words: Iterable[str]) -> str:
    """Return `did you mean …?` for the nearest of the words, or a list of them all."""
    known = sorted(words)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "use one of: " + ", ".join(known) if known else "there is none yet"


def read(text: str, file: str) -> Document:
    """Read one YAML document. What is wrong is in `complaints`; `data` holds what could be read all the same."""
    document = Document(file)
    if len(text.encode()) > LARGEST:
        document.complain((), "the file is larger than 256 KiB", "split the service into smaller ones")
        return document
    try:
        if _strange(document, text):
            return document
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = f"this is not YAML: {error.problem or error.context}"
        document.complaints.append(Complaint(file, line, column, what, "look at the indent, the colons and the quotes"))
        return document
    except yaml.YAMLError as error:
        document.complain((), f"this is not YAML: {str(error).splitlines()[0]}", "save the file as plain UTF-8 text")
        return document
    if node is None:
        document.complain((), "the file is empty", "write the service, or delete the file")
        return document
    document.data = _build(document, node, (), 0)
    return document


def _strange(document: Document, text: str) -> bool:
    """Complain of anchors, aliases, tags and second documents, and of depth, before any node is built."""
    depth, documents = 0, 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        what = ""
        if isinstance(event, yaml.AliasEvent):
            what = f"an alias (*{event.anchor}) is not allowed"
        elif getattr(event, "anchor", None):
            what = f"an anchor (&{event.anchor}) is not allowed"
        elif getattr(event, "tag", None):
            what = f"a tag ({event.tag}) is not allowed"
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            what = "a second document starts here" if documents > 1 else what
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            what = f"this is nested more than {DEEPEST} deep"
        if what:
            document.complaints.append(Complaint(document.file, line, column, what, "write the value out in full"))
            return True
    return False


def _build(document: Document, node: yaml.Node, path: Path, depth: int) -> Any:
    document.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.ScalarNode):
        plain_empty = node.style is None and node.value in ("", "~", "null")
        return None if plain_empty else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_build(document, item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if key is None or key == "<<":
            todo = "write the keys out in full"
            what = "a merge key (<<) is not allowed" if key == "<<" else "a key must be plain text"
            document.complaints.append(Complaint(document.file, *place, what, todo))
            continue
        if key in built:
            first = document.keys[(*path, key)][0]
            todo = f"it stands in line {first} already; keep one of them"
            document.complaints.append(Complaint(document.file, *place, f"the key {key!r} is repeated", todo))
            continue
        document.keys[(*path, key)] = place
        built[key] = _build(document, value_node, (*path, key), depth + 1)
    return built


# --- pydantic's errors, in plain words ----------------------------------------------------------------------------

_WORDS: dict[str, tuple[str, str]] = {
    "string_type": ("this must be text", "write one value here"),
    "int_parsing": ("this must be a whole number", "write digits only"),
    "int_type": ("this must be a whole number", "write digits only"),
    "float_parsing": ("this must be a number", "write digits only"),
    "bool_parsing": ("this must be true or false", "write true or false"),
    "list_type": ("this must be a list", "start each item with - on its own line"),
    "dict_type": ("this must have keys and values", "write key: value lines"),
    "model_type": ("this must have keys and values", "write key: value lines"),
    "too_short": ("this is empty", "give it at least one entry"),
    "too_long": ("this has too many entries", "split it"),
}


def explain(
    document: Document, error: ValidationError, path: Path, model: type[BaseModel], beside: Iterable[str] = ()
) -> None:
    """Turn pydantic's errors about the `model` below `path` into complaints. `beside` are keys of its neighbours."""
    seen: set[Path] = set()
    for detail in error.errors(include_url=False, include_input=False):
        kind, last = detail["type"], str(detail["loc"][-1]) if detail["loc"] else ""
        where = (*path, *_walkable(document, path, detail["loc"]))
        if kind == "extra_forbidden":
            known = _keys(model, detail["loc"][:-1]) | (set(beside) if len(detail["loc"]) == 1 else set())
            document.complain(where, f"unknown key {last!r}", nearest(last, known), key=True)
        elif kind == "missing":
            document.complain(where[:-1], f"the key {last!r} is missing", f"add {last}: …", key=True)
        elif where not in seen:  # a union reports once for each member
            seen.add(where)
            what, todo = _WORDS.get(kind, (_plain(detail["msg"]), "correct the value"))
            document.complain(where, what, todo)


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
    return isinstance(part, str) and (part in ("str", "int", "[key]") or part.startswith(("dict[", "list[", "function-")))


def _keys(annotation: Any, location: Path) -> set[str]:
    """Return the keys that a model knows at a place below it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not location:
            return {field.alias or name for name, field in annotation.model_fields.items()}
        field = annotation.model_fields.get(str(location[0]))
        return _keys(field.annotation, location[1:]) if field else _tagged(annotation, location)
    found: set[str] = set()
    for member in get_args(annotation):
        found |= _keys(member, location) or _keys(member, location[1:])
    return found


def _tagged(model: type[BaseModel], location: Path) -> set[str]:
    kind = model.model_fields.get("kind")
    return _keys(model, location[1:]) if kind and location[0] in get_args(kind.annotation) else set()
