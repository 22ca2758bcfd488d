"""What a journey's session holds: our name for each of its names, and what kind of value it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.importers import cel, naming
from gateway.importers.cel import Cel, Unsure
from gateway.importers.ussd_airflow.journey import Journey
from gateway.language.asked import LANGUAGE

# What the request itself brings, and what we call it.
REQUEST = {"phone_number": "phone", "language": "language", "service_code": "short_code", "network": "network"}
DAYS = {"now": "now"}
SESSION = frozenset({"session_id", "ussd_interaction", "default_language", "override_language"})
ITEM = "item"
LONGEST_OPTION, LONGEST_FIELD, SHORTEST_FIELD = 80, 40, 10  # characters
STATUS = "status_code"
BODY = "content"


@dataclass(frozen=True, slots=True)
class Listed:
    """A list in the answer to a web request, from which a menu is made: its JSON path, and its items' fields."""

    key: str
    path: tuple[str, ...]
    name: str
    fields: tuple[str, ...]
    shown: tuple[str, ...] = ()  # those that the options show

    def saved(self) -> dict[str, Any]:
        """Return how a fetch saves it; what options show is cut, so that each fits a screen."""
        return {"as": self.name, "each": {field: self._declared(field) for field in self.fields}}

    def _declared(self, field: str) -> dict[str, int]:
        return {"max": self.most} if field in self.shown else {}

    @property
    def most(self) -> int:
        """The most characters of a field that an option shows."""
        return min(LONGEST_FIELD, max(SHORTEST_FIELD, LONGEST_OPTION // max(1, len(self.shown))))

    def answered(self) -> dict[str, Any]:
        """Return where config.yaml finds it; an item that is a plain value has one field, itself."""
        each = {field: "$" if field == ITEM else f"$.{field}" for field in self.fields}
        return {"list": "$" + "".join(f".{part}" for part in self.path), "each": each}


@dataclass(slots=True)
class Known:
    """The names of one journey. `answers` are the web requests' fields: JSON path to our name, by session key."""

    called: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, cel.Kind] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, dict[tuple[str, ...], str]] = field(default_factory=dict)
    chosen: set[str] = field(default_factory=set)  # names of options that read otherwise than their values
    lists: dict[str, Listed] = field(default_factory=dict)  # by the expression that names them

    def save(self, theirs: str, kind: cel.Kind) -> str:
        """Return our name for a name of the session; a name of two kinds is of any kind."""
        if theirs not in self.called:
            self.called[theirs] = naming.unique(naming.name(theirs), set(self.called.values()))
        ours = self.called[theirs]
        self.kinds[ours] = kind if self.kinds.get(ours, kind) == kind else "any"
        return ours

    def look(self, parts: tuple[str, ...], typed: str = "") -> Cel:
        """Return what a name of Jinja holds; `typed` is our name of what was just typed. Raises Unsure."""
        if parts[0] == "ussd_request" and len(parts) > 1:
            parts = parts[1:]
        if parts == ("input",) and typed:
            return Cel(typed, self.kinds.get(typed, "any"))
        if parts[0] in self.answers:
            return self._answered(parts)
        if len(parts) > 1:
            raise Unsure(f"it looks into {parts[0]!r}")
        (name,) = parts
        if name in self.constants:
            return _constant(name, self.constants[name])
        if name in self.called:
            return Cel(self.called[name], self.kinds[self.called[name]])
        if name in REQUEST:
            return Cel(REQUEST[name], "text")
        if name in DAYS:
            return Cel(DAYS[name], "day")
        if name in SESSION:
            raise Unsure(f"there is no {name} here")
        return Cel(self.save(name, "any"), "any")

    def _answered(self, parts: tuple[str, ...]) -> Cel:
        fields, path = self.answers[parts[0]], _field(parts[1:])
        if path not in fields:
            raise Unsure(f"it uses the whole answer {parts[0]!r}")
        return Cel(fields[path], self.kinds[fields[path]])


def _constant(name: str, value: Any) -> Cel:
    match value:
        case bool():
            return cel.truth(value)
        case int():
            return cel.number(value)
        case str() if "{{" not in value:
            return cel.text(value)
    raise Unsure(f"{name!r} is no plain value")


def _field(path: tuple[str, ...]) -> tuple[str, ...]:
    return path[1:] if path[:1] == (BODY,) else path


def known(journey: Journey) -> Known:
    """Return the names of a journey that its screens save, and the constants of its variables."""
    found = Known(constants=dict(journey.constants))
    for _, body in journey.named():
        keys = [body.get("session_key")] if body.get("type") == "http_screen" else []
        found.answers |= {key: {} for key in keys if isinstance(key, str)}
    found.lists = _lists(journey, set(found.answers))
    taken = {listed.name for listed in found.lists.values()}
    for key, fields in found.answers.items():
        gone = {listed.path for listed in found.lists.values() if listed.key == key}
        for path in [path for path in _fields(journey, key) if path not in gone]:
            last = naming.name("_".join(path if path != (STATUS,) else (key, "status")), "field")
            fields[path] = naming.unique(last, taken)
            taken.add(fields[path])
            found.called[".".join((key, *path))] = fields[path]
            number = path == (STATUS,) or _is_reckoned(journey, key, path)
            found.kinds[fields[path]] = "number" if number else "any"
    return found


def _is_reckoned(journey: Journey, key: str, path: tuple[str, ...]) -> bool:
    """True if the journey takes a field for a whole number."""
    dotted = re.compile(rf"\b{re.escape(key)}\.(?:{BODY}\.)?{re.escape('.'.join(path))}\s*\|\s*int\b")
    return any(map(dotted.search, journey.code()))


def _lists(journey: Journey, keys: set[str]) -> dict[str, Listed]:
    """Return the lists of answers from which menus are made."""
    found: dict[str, Listed] = {}
    for _, body in journey.named():
        items = body.get("items")
        written = items.get("with_items") if isinstance(items, dict) else None
        parts = re.findall(r"\w+", written) if isinstance(written, str) else []
        if not parts or parts[0] not in keys or not re.fullmatch(r"\{\{\s*[\w.]+\s*\}\}", str(written)):
            continue
        used = f"{items.get('text')} {items.get('value')}"  # type: ignore[union-attr]
        fields = dict.fromkeys(re.findall(r"\bitem\.(\w+)", used)) or {ITEM: None}
        before = found.get(str(written))
        every = tuple(dict.fromkeys([*(before.fields if before else ()), *fields]))
        path = _field(tuple(parts[1:]))
        name = before.name if before else naming.unique(naming.name(parts[-1]), {one.name for one in found.values()})
        label = str(items.get("text"))  # type: ignore[union-attr]
        shown = tuple(field for field in every if field == ITEM or re.search(rf"\bitem\.{field}\b", label))
        found[str(written)] = Listed(parts[0], path, name, every, shown)
    return found


def _fields(journey: Journey, key: str) -> list[tuple[str, ...]]:
    """Return the fields of an answer that the journey uses, in order."""
    pattern = re.compile(rf"\b{re.escape(key)}((?:\.\w+|\[\s*['\"]\w+['\"]\s*\])+)")
    found: dict[tuple[str, ...], None] = {}
    for text in journey.code():
        for used in pattern.finditer(text):
            path = _field(tuple(re.findall(r"\w+", used[1])))
            if path:
                found[path] = None
    return list(found)


# --- languages ----------------------------------------------------------------------------------------------------


def languages(journey: Journey) -> list[str]:
    """Return the languages of the journey's texts, the default one first."""
    first = journey.first().get("default_language")
    wanted = first if isinstance(first, str) and LANGUAGE.match(first) else "en"
    written: dict[str, None] = {}
    for _, body in journey.named():
        for text in _texts(body):
            written |= dict.fromkeys(key for key in text if key != "default" and LANGUAGE.match(key))
    if not written:
        return [wanted]
    return sorted(written, key=lambda tongue: tongue != wanted)


def _texts(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, list):
        for item in part:
            yield from _texts(item)
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("text", "error_message") and isinstance(value, dict):
                yield value
            else:
                yield from _texts(value)
