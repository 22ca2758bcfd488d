"""What a flow knows: its results and fields under our names, and what kind of value each holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.importers import cel, naming
from gateway.importers.cel import Cel, Unsure
from gateway.importers.rapidpro.export import Flow, maps, router

CONTACT_NAME = "contact_name"
PHONE = (("contact", "urn"), ("urns", "tel"), ("contact", "urns", "tel"), ("contact", "tel"), ("contact", "phone"))
WEBHOOK = re.compile(r"@\(?[^@]*?\b(?:webhook(?:\.json)?|legacy_extra)\.(\w+(?:\.\w+)*)")
EXTRA = re.compile(r"\bresults\.(\w+)\.extra\.(\w+(?:\.\w+)*)")
CHILD = re.compile(r"\bchild\.(?:run\.)?results\.(\w+)")


def snake(text: str) -> str:
    """Return the key that RapidPro makes of a result's name."""
    return re.sub(r"[^a-z0-9]+", "_", text.strip().lower()).strip("_")


@dataclass(slots=True)
class Known:
    """The names of one flow. `options` gives for a result the option's value by category."""

    kinds: dict[str, cel.Kind] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    options: dict[str, dict[str, str]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    answers: dict[tuple[str, ...], str] = field(default_factory=dict)  # of a web request: path to our name
    spelled: dict[tuple[str, ...], str] = field(default_factory=dict)  # the same path as it is written
    children: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)  # results whose category is shown or compared

    def tells(self, ours: str) -> bool:
        """True if the flow shows or compares the category of a result."""
        return any(self.results.get(key) == ours for key in self.told)

    def save(self, ours: str, kind: cel.Kind) -> str:
        """Note what kind of value a name holds; of two kinds, any."""
        self.kinds[ours] = kind if self.kinds.get(ours, kind) == kind else "any"
        return ours

    def result(self, name: str, kind: cel.Kind | None = None) -> str:
        """Return our name for a result."""
        ours = self.results.setdefault(snake(name), naming.name(name, "answer"))
        if kind is not None:
            self.save(ours, kind)
        return ours

    def field(self, key: str) -> str:
        """Return our name for a field of the contact; one that a result has already is told apart."""
        if key not in self.fields:
            taken = set(self.results.values())
            own = naming.name(key, "field")
            self.fields[key] = f"contact_{own}" if own in taken else own
        return self.fields[key]

    def look(self, path: tuple[str, ...], typed: str = "") -> Cel:
        """Return what a path of an expression holds; `typed` is our name of the last answer. Raises Unsure."""
        path = path[1:] if path[:2] == ("run", "results") else path
        match path:
            case ("input",) | ("input", "text") if typed:
                return self._named(typed)
            case ("results", key, "extra", *rest) if rest:
                return self._answered(tuple(rest))
            case ("results", key) | ("results", key, "value" | "category" | "category_localized" | "input" | "text"):
                return self._result(key, path[-1])
            case ("webhook", "json", *rest) | ("webhook", *rest) | ("legacy_extra", *rest) if rest:
                return self._answered(tuple(rest))
            case ("fields", key) | ("contact", "fields", key):
                return self._named(self.field(key))
            case ("contact",) | ("contact", "name") | ("contact", "first_name"):
                return self._named(CONTACT_NAME)
            case ("contact", "language"):
                return Cel("language", "text")
            case ("child", "results", key, *_) | ("child", "run", "results", key, *_) if key in self.children:
                return self._named(self.children[key])
            case ("globals" | "locals" as top, key):
                return self._named(naming.name(key if top == "locals" else f"global {key}"))
        if path in PHONE:
            return Cel("phone", "text")
        raise Unsure(f"there is no {'.'.join(path)} here")

    def _named(self, ours: str) -> Cel:
        return Cel(ours, self.kinds.get(ours, "any"))

    def _result(self, key: str, part: str) -> Cel:
        ours = self.results.get(key) or self.result(key)
        if part.startswith("category") and ours not in self.options:
            return self._named(f"{ours}_category")
        return self._named(ours)

    def _answered(self, path: tuple[str, ...]) -> Cel:
        if path not in self.answers:
            raise Unsure("it uses the whole answer of an office")
        return self._named(self.answers[path])


def learn(known: Known, flow: Flow) -> None:
    """Note which fields of web requests, results of other flows, and categories the flow uses."""
    for text in flow.strings():
        if "@" in text:
            _learn_answers(known, [*WEBHOOK.findall(text), *(rest for _, rest in EXTRA.findall(text))])
            for key in CHILD.findall(text):
                known.children.setdefault(key, naming.name(f"their {key}"))
            known.told |= set(re.findall(r"\bresults\.(\w+)\.category", text))
    _learn_numbers(known, flow)


def _learn_numbers(known: Known, flow: Flow) -> None:
    """Note which fields of web requests are compared as numbers."""
    for node in flow.nodes.values():
        switch = router(node)
        if any(str(case.get("type")).startswith("has_number") for case in maps(switch, "cases")):
            for written in WEBHOOK.findall(str(switch.get("operand"))):
                path = tuple(written.lower().split("."))
                if path in known.answers:
                    known.kinds[known.answers[path]] = "number"


def _learn_answers(known: Known, paths: Iterable[str]) -> None:
    for written in paths:
        path = tuple(written.lower().split("."))
        if path[0] in ("status", "headers") and len(path) == 1:
            continue
        if path not in known.answers:
            ours = naming.unique(naming.name(written.rpartition(".")[2], "field"), set(known.answers.values()))
            known.answers[path], known.spelled[path] = known.save(ours, "any"), written
