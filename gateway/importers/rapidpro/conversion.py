"""What the conversion of every node needs: texts in all languages, values, and screens in a row. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.importers import cel
from gateway.importers.cel import Cel, Unsure
from gateway.importers.draft import Draft, Place
from gateway.importers.notes import Notes
from gateway.importers.offices import Offices
from gateway.importers.rapidpro import expressions
from gateway.importers.rapidpro.export import Flow, iso
from gateway.importers.rapidpro.known import Known

NODE = "node:"  # before a node's uuid: where a screen leads, until the node's screens are there
END = "node:"  # the end of the flow
FUNCTIONS = "write the text with {name} and its filters"
Texts = dict[str, str]  # by language of ours


@dataclass(slots=True)
class Conversion:
    """One flow on its way to a draft. `services` names the service of each flow; `results` what it saves."""

    flow: Flow
    draft: Draft
    offices: Offices
    notes: Notes
    known: Known
    services: dict[str, str]
    results: dict[str, frozenset[str]]  # of each flow, by uuid
    entered: bool = False  # by other flows of the export
    typed: str = ""  # our name of the last answer, where there is just one
    entries: dict[str, str] = field(default_factory=dict)  # node to its first screen
    owners: dict[str, str] = field(default_factory=dict)  # node that only waits to the node that asks its question
    untranslated: dict[str, list[str]] = field(default_factory=dict)

    def place(self, part: dict[str, Any]) -> Place:
        """Return the file and line of a part."""
        return self.flow.place(part)

    # --- texts ----------------------------------------------------------------------------------------------------

    def translated(self, part: dict[str, Any], key: str, index: int = 0, spare: str | None = None) -> Texts:
        """Return a text of the part in every language; where it is not translated, in the flow's own."""
        own = part.get(key) if spare is None else spare
        base = str(own if own is not None else "")
        texts: Texts = {self.draft.languages[0]: base}
        for code, translations in self.flow.translations().items():
            tongue = iso(code)
            found = translations.get(str(part.get("uuid")))
            said = found.get(key) if isinstance(found, dict) else None
            if tongue in self.draft.languages and isinstance(said, list) and index < len(said) and said[index]:
                texts.setdefault(tongue, str(said[index]))
        for tongue in self.draft.languages:
            if tongue not in texts:
                self.untranslated.setdefault(tongue, []).append(base)
                texts[tongue] = base
        return {tongue: texts[tongue] for tongue in self.draft.languages}

    def template(self, source: str, part: dict[str, Any]) -> str:
        """Return a text with our templates in it; what cannot be is noted."""

        def trouble(what: str) -> None:
            self.notes.lost(self.place(part), f"{what}, in a text of {self.flow.name!r}", FUNCTIONS)

        def changed(function: str) -> None:
            what = f"@({function}(…)) in a text of {self.flow.name!r}: the value is shown as it is"
            self.notes.differs(self.place(part), what, "nothing, or save it as it should read")

        found = expressions.template(source, self.look, trouble, changed)
        return "\n".join(line.strip() for line in found.strip().split("\n"))

    def say(self, part: dict[str, Any], key: str) -> Texts:
        """Return a text of the part in our templates, by language."""
        return {tongue: self.template(text, part) for tongue, text in self.translated(part, key).items()}

    def look(self, path: tuple[str, ...]) -> Cel:
        """Return what a path of an expression holds. Raises Unsure."""
        return self.known.look(path, self.typed)

    def computed(self, source: str, part: dict[str, Any]) -> Cel:
        """Return a text as a computed value; what is not certain is noted, and is `...`."""

        def trouble(what: str) -> None:
            self.notes.lost(self.place(part), f"{what}, in a value of {self.flow.name!r}", "write it in CEL")

        return expressions.joined(source, self.look, trouble)

    def operand(self, source: str) -> Cel:
        """Return what a switch looks at. Raises Unsure."""
        troubles: list[str] = []
        found = expressions.joined(source, self.look, troubles.append)
        if troubles or found.literal is not None:
            raise Unsure(troubles[0] if troubles else f"{source!r} is always the same")
        return found

    # --- screens --------------------------------------------------------------------------------------------------

    def row(self) -> Row:
        """Return an empty row of screens."""
        return Row(self)


def plain(texts: Texts) -> Any:
    """Return texts as a screen holds them: one string where all are alike."""
    return texts if len(set(texts.values())) > 1 else next(iter(texts.values()))


def together(parts: list[Texts]) -> Texts:
    """Return several messages as one text, line by line."""
    return {tongue: "\n".join(part[tongue] for part in parts) for tongue in parts[0]} if parts else {}


def truth_of(part: Cel) -> str:
    """Return the source of a condition."""
    return cel.holds(part).source


@dataclass(slots=True)
class Row:
    """Screens that follow each other. `ends` are the open ways out of the last one."""

    c: Conversion
    first: str = ""
    ends: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def add(self, wanted: str, kind: str, body: Any, place: Place, *comments: str, made: bool = False) -> str:
        """Put one more screen behind; it goes on with `go`."""
        name = self.c.draft.add(wanted, kind, body, place, *comments, made=made)
        self.lead(name)
        self.ends = [(body, "go")] if isinstance(body, dict) else []
        return name

    def lead(self, target: str) -> None:
        """Lead the open ways to a screen or node."""
        for part, key in self.ends:
            part[key] = target
        self.first = self.first or target
        self.ends = []


Act = Callable[[Conversion, Row, dict[str, Any]], None]
