"""Rewrites what a file expects where something else was seen; all else stays byte for byte. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from gateway.language.places import Path
from gateway.workshop.rehearsal.conversations import Read
from gateway.workshop.rehearsal.judging import outcomes
from gateway.workshop.rehearsal.phone import Played
from gateway.workshop.rehearsal.writing import flow, listed, scalar, screen, tidy


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands from `start` to `end` of the text becomes `new`; what is `added` at a place comes last there."""

    start: int
    added: bool
    end: int
    new: str


def updated(text: str, read: Read, played: dict[int, Played]) -> str:
    """Return the text of the file with what was seen. `played` is by the place of the conversation."""
    mark = text[: len(text) - len(text.removeprefix("\ufeff"))]
    bare = text.removeprefix("\ufeff")
    root = yaml.compose(bare, Loader=yaml.CSafeLoader)
    assert root is not None
    edits = [edit for place, one in played.items() for edit in _Conversation(bare, root, read, place, one).edits()]
    breaks = "\r\n" if "\r\n" in bare else "\n"
    edits.sort(key=lambda edit: edit.start)
    while edits:
        edit = edits.pop()  # from the end; what was found later stands later, also at the same place
        bare = bare[: edit.start] + edit.new.replace("\n", breaks) + bare[edit.end :]
    return mark + bare


class _Conversation:
    """One conversation in the text of its file."""

    def __init__(self, text: str, root: yaml.Node, read: Read, place: int, played: Played) -> None:
        assert read.suite is not None
        self.text, self.root, self.played = text, root, played
        self.conversation = read.suite.conversations[place]
        self.path: Path = ("conversations", place)

    def edits(self) -> Iterator[Edit]:
        """Yield what must be changed."""
        for place, (turn, seen) in enumerate(zip(self.conversation.turns, self.played.screens, strict=False)):
            path: Path = (*self.path, "turns", place)
            if "see" in turn.model_fields_set and tidy(turn.see or "") != tidy(seen.text):
                yield self._screen(path, seen.text)
            if turn.end is not None and turn.end == seen.more:
                _, value, _ = self._found((*path, "end"))
                yield Edit(value.start_mark.index, False, end_of(self.text, value), "false" if seen.more else "true")
        if self.played.trouble is None:
            yield from self._outcomes()

    def _screen(self, path: Path, text: str) -> Edit:
        mapping, _, _ = self._found(path, inner=True)
        _, value, flowing = self._found((*path, "see"))
        new = scalar(tidy(text)) if flowing else screen(text, mapping.start_mark.column + 2)
        start = value.start_mark.index
        gap = " " if self.text[start - 1] == ":" else ""
        return Edit(start, False, end_of(self.text, value), gap + new)

    def _outcomes(self) -> Iterator[Edit]:
        mapping, _, flowing = self._found(self.path, inner=True)
        added = ""
        for key, _, wanted, came in outcomes(self.conversation, self.played):
            if wanted == came:
                continue
            if key in self.conversation.model_fields_set:
                yield from self._outcome(key, wanted, came)
            elif flowing:
                added += f", {key}: {flow(came)}"
            else:
                indent = mapping.start_mark.column
                new = listed(came, indent + 2) if isinstance(came, list) else f" {scalar(came)}"
                added += f"\n{' ' * indent}{key}:{new}"
        if added:
            end = end_of(self.text, mapping.value[-1][1])
            if not flowing:
                end = end_of_line(self.text, end)
            yield Edit(end, True, end, added)

    def _outcome(self, key: str, wanted: Any, came: Any) -> Iterator[Edit]:
        """Change the items that differ; where there are more or fewer, the whole list."""
        owner, value, flowing = self._found((*self.path, key))
        items = value.value if isinstance(value, yaml.SequenceNode) else []
        if isinstance(came, list) and items and len(items) == len(came):
            for node, before, after in zip(items, wanted, came, strict=True):
                if before != after:
                    yield Edit(node.start_mark.index, False, end_of(self.text, node), flow(after))
            return
        if flowing or not isinstance(came, list):
            yield Edit(value.start_mark.index, False, end_of(self.text, value), flow(came))
            return
        indent = owner.start_mark.column + 2
        colon = self.text.index(":", next(k for k, v in owner.value if v is value).end_mark.index)
        start, new = colon + 1, listed(came, indent)
        if items and came and not _flowing(value):
            start, new = value.start_mark.index, listed(came, value.start_mark.column).lstrip()
        yield Edit(start, False, end_of(self.text, value), new)

    def _found(self, path: Path, *, inner: bool = False) -> tuple[yaml.Node, yaml.Node, bool]:
        """Return what holds `path`, what stands there, and whether that is in braces or brackets. `inner`: itself."""
        owner, node, flowing = self.root, self.root, False
        for part in path:
            owner, flowing = node, flowing or _flowing(node)
            if isinstance(part, int):
                node = node.value[part]
            else:
                node = next(value for key, value in node.value if key.value == part)
        return (node, node, flowing or _flowing(node)) if inner else (owner, node, flowing)


def _flowing(node: yaml.Node) -> bool:
    """True if something stands in braces or brackets."""
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def end_of(text: str, node: yaml.Node) -> int:
    """Return where a value ends, without the blank lines and comments after it."""
    if isinstance(node, yaml.ScalarNode):
        return node.start_mark.index + len(text[node.start_mark.index : node.end_mark.index].rstrip())
    if _flowing(node) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return end_of(text, last[1] if isinstance(node, yaml.MappingNode) else last)


def end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1] == "\r" else end
