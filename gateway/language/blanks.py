"""Keys with nothing after them: where they stand, and the slip of the hand that is known to lead there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gateway.language.places import Document, Path
from gateway.language.screens import CHANNELS
from gateway.language.slips import CURLY, UNSEEN

KEYED = frozenset({"answer", "save", "take", "with", "states", "each", "labels"})  # hold keys, never a text
UNSEEN_AFTER = re.compile(rf":(?P<at>[{UNSEEN}])")
TIGHT = re.compile(r"(?P<key>[\w-]+):(?P<value>\S.*)")


def complain(document: Document, value: Any, path: Path) -> bool:
    """Complain of everything below `path` that has no value. Return whether there is such a thing."""
    places = list(_blanks(value, path))
    for place in places:
        code, what, todo = said(document, place)
        document.complain(code, place, what, todo, key=True)
    return bool(places)


def _blanks(value: Any, path: Path) -> Iterator[Path]:
    if value is None:
        yield path
    for key, part in value.items() if isinstance(value, dict) else ():
        yield from _blanks(part, (*path, key))
    for index, part in enumerate(value) if isinstance(value, list) else ():
        yield from _blanks(part, (*path, index))


def said(document: Document, path: Path) -> tuple[str, str, str]:
    """Return the code, what is wrong and what to do where nothing stands after the key at `path`."""
    key = str(path[-1])
    unseen, tight = UNSEEN_AFTER.search(key), TIGHT.match(key)
    if unseen is not None:
        what = f"a character that cannot be seen stands after {key[: unseen.end() - 1]!r} (U+{ord(unseen['at']):04X})"
        return "unseen-character", what, "delete it, and type a blank"
    if tight is not None:
        what = f"a blank is missing after the colon of {key!r}"
        return "empty-value", what, f"write {tight['key']}: {tight['value']}"
    what, todo = _meant(document, path) or ("", "write its value, or delete it")
    named = "this dash" if isinstance(path[-1], int) else repr(key)
    return "empty-value", what or f"nothing is written after {named}", todo


def _meant(document: Document, path: Path) -> tuple[str, str] | None:
    """Return what is wrong and what to do, where the text around an empty key shows what was meant."""
    beside, key = document.at(path[:-1]), str(path[-1])
    if not isinstance(beside, dict):
        return None
    keys = list(beside)
    index = keys.index(key)
    tongues = {*(document.at(("languages",)) or ()), *CHANNELS}
    if document.place(path[:-1]) == document.place((*path[:-1], keys[0]), key=True):  # without braces
        below = keys[index + 1] if index + 1 < len(keys) else None
        if below not in tongues or key in tongues:
            return None
        return f"what belongs to {key!r} does not stand further in", "indent it by two more blanks"
    if len(keys) == 1 and path[-2] not in KEYED:
        return "a text that begins with a brace needs quotes", f'write "{{{key}}}"'
    start = next((place for place in range(index, -1, -1) if beside[keys[place]] is not None), index)
    end = next((place for place in range(index, len(keys)) if beside[keys[place]] is not None), len(keys))
    owner, parts = keys[start], keys[start + 1 : end]
    if not isinstance(beside[owner], str) or document.openings.get((*path[:-1], owner)) != 0:
        return None
    if beside[owner][0] in CURLY or parts[-1][-1] in CURLY:
        return "curly quotes do not quote", 'write straight ones: "…"'
    if any(" " in part for part in parts) or (keys[0] in tongues and key not in tongues):
        return "a text with a comma needs quotes", f'write {owner}: "{", ".join([beside[owner], *parts])}"'
    return None
