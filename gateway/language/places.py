"""YAML whose every value knows its line: what menus and the configuration are read with. Pure.

A strict subset: no anchors, aliases, tags, merge or duplicate keys, at most 256 KiB and 32 levels. Every scalar stays
text (`NO` is not false, `0712…` is not octal); the schema decides what it is. An empty scalar is None.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from gateway.language import slips
from gateway.language.codes import CODES, Level

LARGEST = 256 * 1024
DEEPEST = 32

Path = tuple[str | int, ...]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """What is wrong, where (`line` and `column` from 1), and what to do. A `code` that CODES lacks is a KeyError."""

    file: str
    line: int
    column: int
    what: str
    todo: str
    code: str

    def __post_init__(self) -> None:
        _ = CODES[self.code]

    @property
    def level(self) -> Level:
        """Errors stop the load, warnings don't."""
        return CODES[self.code].level

    def __str__(self) -> str:
        mark = "warning: " if self.level == "warning" else ""
        return f"{self.file}:{self.line}:{self.column}: {mark}{self.what} ({self.todo}) [{self.code}]"


@dataclass(slots=True)
class Document:
    """One file as plain data, with the place of every key and value and the complaints so far."""

    file: str
    data: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    openings: dict[Path, int] = field(default_factory=dict)  # columns before the text of a scalar that is one line
    complaints: list[Complaint] = field(default_factory=list)
    lost: set[Path] = field(default_factory=set)  # what is written there could not be had, and is complained of

    def at(self, path: Path) -> Any:
        """Return what is written at `path`; None if nothing is."""
        found = self.data
        for part in path:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return the place of `path`, or of the nearest thing that contains it."""
        if key and path in self.keys:
            return self.keys[path]
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def complaint(
        self, code: str, path: Path, what: str, todo: str, *, key: bool = False, offset: int = 0
    ) -> Complaint:
        """Return a complaint at the place of `path`; `offset` counts characters of a text, from 0."""
        line, column = self.place(path, key=key)
        if path in self.openings and not key:
            column += self.openings[path] + offset if offset else 0
        return Complaint(self.file, line, column, what, todo, code)

    def complain(self, code: str, path: Path, what: str, todo: str, *, key: bool = False, offset: int = 0) -> None:
        """Note a complaint at the place of `path`."""
        self.complaints.append(self.complaint(code, path, what, todo, key=key, offset=offset))

    def complain_once(self, code: str, path: Path, what: str, todo: str) -> None:
        """Note a complaint at the place of a value, after which nothing else is said of the value."""
        self.lost.add(path)
        self.complain(code, path, what, todo)

    def complain_at(self, code: str, place: Place, what: str, todo: str) -> None:
        """Note a complaint at a line and column."""
        self.complaints.append(Complaint(self.file, *place, what, todo, code))


def nearest(word: str, words: Iterable[str]) -> str:
    """Return `did you mean …?` for the nearest of the words, or a list of them all."""
    known = sorted(words)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "use one of: " + ", ".join(known) if known else "there is none yet"


def advised(message: str, advice: str) -> tuple[str, str]:
    """Part `what is wrong (what to do)` in two; `advice` is what to do where the message does not say."""
    what, bracket, todo = message.partition(" (")
    return (what, todo.removesuffix(")")) if bracket and message.endswith(")") else (message, advice)


def read(raw: str | bytes, file: str, empty: str = "write the service, or delete the file") -> Document:
    """Read one YAML document. What is wrong is in `complaints`; `data` holds what could be read all the same.

    `empty` is what to do where nothing is written.
    """
    document = Document(file)
    text = _decoded(document, raw)
    if not document.complaints and len(text.encode()) > LARGEST:
        todo = "split the service into smaller ones"
        document.complain("file-too-large", (), "the file is larger than 256 KiB", todo)
    if document.complaints:
        return document
    try:
        if _strange(document, text):
            return document
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        document.complain_at(*slips.said(text, error))
        return document
    if node is not None:
        document.data = _build(document, node, (), text)
    if document.data is None:
        document.complain("empty-file", (), "the file is empty", empty)
    return document


def _decoded(document: Document, raw: str | bytes) -> str:
    """Return the text without a byte order mark, which some editors put there."""
    try:
        text = raw if isinstance(raw, str) else raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1 if isinstance(raw, bytes) else 1
        document.complain_at("not-utf-8", (line, 1), "this is not UTF-8 text", "save the file as UTF-8 text")
        return ""
    return text.removeprefix("\ufeff")


def _strange(document: Document, text: str) -> bool:
    """Complain of anchors, aliases, tags and second documents, and of depth, before any node is built."""
    depth, documents = 0, 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        (code, what), todo = _forbidden(event), "write the value out in full, or put a text that begins so in quotes"
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                code, what, todo = "second-document", "a second document starts here", "put it into a file of its own"
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            code, what, todo = "too-deep", f"this is nested more than {DEEPEST} deep", "write it flatter"
        if code:
            mark = event.start_mark
            document.complain_at(code, (mark.line + 1, mark.column + 1) if mark else (1, 1), what, todo)
            return True
    return False


def _forbidden(event: yaml.Event) -> tuple[str, str]:
    """Return the code and the words for what may not be used; empty for what may."""
    if isinstance(event, yaml.AliasEvent):
        return "yaml-alias", f"an alias (*{event.anchor}) is not allowed"
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
        if event.anchor:
            return "yaml-anchor", f"an anchor (&{event.anchor}) is not allowed"
        if event.tag:
            return "yaml-tag", f"a tag ({event.tag}) is not allowed"
    return "", ""


def _build(document: Document, node: yaml.Node, path: Path, text: str) -> Any:
    document.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.ScalarNode):
        written = text[node.start_mark.index : node.end_mark.index]
        if written in (node.value, f'"{node.value}"', f"'{node.value}'"):
            document.openings[path] = int(written != node.value)
        plain_empty = not node.style and node.value in ("", "~", "null")
        return None if plain_empty else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_build(document, item, (*path, index), text) for index, item in enumerate(node.value)]
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if key is None:
            document.complain_at("key-not-plain", place, "a key must be plain text", "write the keys out in full")
            continue
        if key == "<<":
            document.complain_at("merge-key", place, "a merge key (<<) is not allowed", "write the keys out in full")
            continue
        if key in built:
            first = document.keys[(*path, key)][0]
            todo = f"it stands in line {first} already; keep one of them"
            document.complain_at("duplicate-key", place, f"the key {key!r} is repeated", todo)
            continue
        document.keys[(*path, key)] = place
        built[key] = _build(document, value_node, (*path, key), text)
    return built
