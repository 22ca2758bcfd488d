"""Reads ussd_airflow journeys: YAML whose every value knows its line, other files joined in. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from gateway.importers.draft import Place
from gateway.importers.notes import Notes
from gateway.language.places import DEEPEST, LARGEST, Path
from gateway.messages import GatewayError

MOST_NODES = 50_000  # aliases written out
EXTENDS = re.compile(r"!(?:extends|include):?\s*(.+)")
CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
WHOLE = re.compile(r"[-+]?(?:0|[1-9]\d*)\Z")
FIRST = "initial_screen"


@dataclass(slots=True)
class Journey:
    """One journey: its screens and where each part of them is written; `constants` come from its variables file."""

    file: str
    screens: dict[str, Any]
    places: dict[Path, Place]
    constants: dict[str, Any] = field(default_factory=dict)

    def place(self, *path: str | int) -> Place:
        """Return the file and line of a part, or of the nearest thing that contains it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (self.file, 1))

    def first(self) -> dict[str, Any]:
        """Return the initial screen as a map."""
        found = self.screens.get(FIRST)
        return found if isinstance(found, dict) else {"next_screen": found} if isinstance(found, str) else {}

    def named(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every screen but the initial one."""
        yield from ((name, body) for name, body in self.screens.items() if name != FIRST and isinstance(body, dict))

    def code(self) -> Iterator[str]:
        """Yield what is Jinja in the texts of the journey: within braces, or a whole text that has none."""
        for text in _strings(self.screens):
            if "{{" in text or "{%" in text:
                yield from CODE.findall(text)
            elif "://" not in text:
                yield text


@dataclass(slots=True)
class _File:
    name: str
    data: dict[str, Any]
    places: dict[Path, Place]
    extends: str


def journeys(files: Mapping[str, str], notes: Notes) -> list[Journey]:
    """Return the journeys among the files, joined with the files that they extend. Raises GatewayError."""
    read = {name: _read(text, name) for name, text in files.items()}
    extended = {other for one in read.values() if one.extends and (other := _found(one.name, one.extends, read))}
    found = []
    for one in read.values():
        screens = [body for body in one.data.values() if isinstance(body, dict) and "type" in body]
        if FIRST not in one.data and (not screens or one.name in extended):
            continue
        journey = Journey(one.name, {}, {})
        _join(journey, one, read, notes, (one.name,))
        _inherit(journey, notes)
        _variables(journey, read, notes)
        found.append(journey)
    return found


def _join(journey: Journey, one: _File, read: Mapping[str, _File], notes: Notes, seen: tuple[str, ...]) -> None:
    """Put a file's screens into the journey, over those of the file that it extends."""
    if one.extends:
        other = _found(one.name, one.extends, read)
        if other is None or other in seen:
            what = f"it extends {one.extends}, which was not given" if other is None else f"it extends itself: {other}"
            notes.lost((one.name, 1), what, "import the files together")
        else:
            _join(journey, read[other], read, notes, (*seen, other))
    extended = journey.screens
    journey.screens = {}
    for key, body in one.data.items():
        below = extended.get(key)
        journey.screens[key] = {**below, **body} if isinstance(body, dict) and isinstance(below, dict) else body
    journey.screens |= {key: body for key, body in extended.items() if key not in journey.screens}
    journey.places |= one.places


def _inherit(journey: Journey, notes: Notes) -> None:
    """Fill the screens that `inherit` from others."""
    for name, body in list(journey.named()):
        seen = [name]
        while isinstance(body.get("inherit"), str):
            parent = body["inherit"]
            found = journey.screens.get(parent)
            if parent in seen or not isinstance(found, dict):
                notes.lost(journey.place(name, "inherit"), f"{name!r} inherits from {parent!r}", "write it out")
                body = {key: value for key, value in body.items() if key != "inherit"}
                break
            for path in [path for path in journey.places if path[:1] == (parent,)]:
                journey.places.setdefault((name, *path[1:]), journey.places[path])
            seen.append(parent)
            body = {**found, **{key: value for key, value in body.items() if key != "inherit"}}
        journey.screens[name] = body


def _variables(journey: Journey, read: Mapping[str, _File], notes: Notes) -> None:
    asked = journey.first().get("variables")
    if not isinstance(asked, dict):
        return
    path, place = str(asked.get("file", "")), journey.place(FIRST, "variables")
    other = _found(journey.file, path, read)
    if other is None:
        notes.lost(place, f"the variables file {path or '(none)'} was not given", "import it together with the journey")
        return
    constants = Journey(other, {}, {})
    _join(constants, read[other], read, notes, (other,))
    journey.constants = constants.screens


def _found(here: str, path: str, read: Mapping[str, _File]) -> str | None:
    """Return the name of the given file that a path means: from the file's own folder, or the only one so called."""
    exact = posixpath.normpath(posixpath.join(posixpath.dirname(here), path))
    if exact in read:
        return exact
    alike = [name for name in read if posixpath.basename(name) == posixpath.basename(path)]
    return alike[0] if len(alike) == 1 else None


def _strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for value in part.values() if isinstance(part, dict) else part:
            yield from _strings(value)


# --- YAML ---------------------------------------------------------------------------------------------------------


def _read(text: str, file: str) -> _File:
    """Read one file. Raises GatewayError with the place."""
    if len(text) > LARGEST:
        raise GatewayError(f"{file}:1:1: the file is larger than 256 KiB (split the journey)")
    try:
        _refuse_depth(text, file)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise GatewayError(f"{file}:{line}:{column}: this is not YAML: {why} (mend it first)") from error
    places: dict[Path, Place] = {}
    data = _built(node, (), file, places) if node is not None else {}
    extends = EXTENDS.match(node.tag) if node is not None else None
    return _File(file, data if isinstance(data, dict) else {}, places, extends[1] if extends else "")


def _refuse_depth(text: str, file: str) -> None:
    """Raise GatewayError for what is nested too deep, before libyaml goes down into it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise GatewayError(f"{file}:{line}:1: this is too deep or too much (write it flatter)")


def _built(node: yaml.Node, path: Path, file: str, places: dict[Path, Place]) -> Any:
    if len(places) > MOST_NODES or len(path) > DEEPEST:
        raise GatewayError(f"{file}:{node.start_mark.line + 1}:1: this is too deep or too much (write it flatter)")
    places[path] = (file, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_built(item, (*path, index), file, places) for index, item in enumerate(node.value)]
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        value = _built(value_node, (*path, key), file, places)
        places[(*path, key)] = (file, key_node.start_mark.line + 1)
        if key == "<<":
            merged = value if isinstance(value, list) else [value]
            built = {**{k: v for one in merged if isinstance(one, dict) for k, v in one.items()}, **built}
        else:
            built[key] = value
    return built


def _scalar(node: yaml.ScalarNode) -> Any:
    if node.style or not isinstance(node.value, str):
        return node.value
    match node.value.lower():
        case "true" | "false" as said:
            return said == "true"
        case "" | "~" | "null":
            return None
    return int(node.value) if WHOLE.match(node.value) else node.value
