"""What the conversion of every kind of screen needs: texts, conditions, and where a screen leads. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.importers import cel
from gateway.importers.cel import Cel, Unsure
from gateway.importers.draft import Draft, Place
from gateway.importers.notes import Notes
from gateway.importers.offices import Offices
from gateway.importers.ussd_airflow import jinja
from gateway.importers.ussd_airflow.journey import Journey
from gateway.importers.ussd_airflow.known import Known

CHOSEN = re.compile(r"\{([a-z_]\w*)\}")
OUR_PHONE = re.compile(r"\bphone\b")
WHOLE_PHONE = re.compile(r'"([1-9]\d{10,14})"')
WRITE_IT = "write it in CEL"


@dataclass(slots=True)
class Conversion:
    """One journey on its way to a draft."""

    journey: Journey
    draft: Draft
    offices: Offices
    notes: Notes
    known: Known
    untranslated: dict[str, list[str]] = field(default_factory=dict)  # language to screens

    def place(self, *path: str | int) -> Place:
        """Return where a part of the journey is written."""
        return self.journey.place(*path)

    def text(self, value: Any, *path: str | int, typed: str = "") -> Any:
        """Return a text of ours: one string, or one for each language where the source has several."""
        if not isinstance(value, dict):
            return self.template(value, *path, typed=typed)
        said = {str(tongue): words for tongue, words in value.items() if tongue != "default"}
        spare = self._spare(value, said)
        for tongue in self.draft.languages:
            if tongue not in said:
                self.untranslated.setdefault(tongue, []).append(str(path[0]))
        texts = {
            tongue: self.template(said.get(tongue, spare), *path, tongue, typed=typed)
            for tongue in self.draft.languages
        }
        return texts if len(texts) > 1 else next(iter(texts.values()))

    def _spare(self, value: dict[str, Any], said: dict[str, Any]) -> Any:
        """Return the text for a language that has none: `default` names another, or is the text itself."""
        named = value.get("default")
        if named in said:
            return said[named]
        first = said.get(self.draft.languages[0], next(iter(said.values()), ""))
        return named if isinstance(named, str) and " " in named else first

    def template(self, value: Any, *path: str | int, typed: str = "") -> str:
        """Return a text with our templates in it; what cannot be is noted."""
        place = self.place(*path)

        def trouble(what: str) -> None:
            self.notes.lost(
                place, f"{what.strip()} in a text of {path[0]!r}", "write the text with {name} and its filters"
            )

        plain = "" if value is None else str(value)
        found = jinja.template(plain, lambda parts: self.known.look(parts, typed), trouble)
        found = CHOSEN.sub(lambda name: self._as_value(name[1]), found)
        return "\n".join(line.strip() for line in found.strip().split("\n"))

    def _as_value(self, name: str) -> str:
        """Show the value of what was chosen, as the source does, where the option reads otherwise."""
        return f"{{{name} | value}}" if name in self.known.chosen else f"{{{name}}}"

    def condition(self, source: Any, *path: str | int, typed: str = "") -> Cel | None:
        """Return a condition in CEL; None, and a note, where that is not certain."""
        try:
            found = jinja.condition(str(source), lambda parts: self.known.look(parts, typed))
            return self._phones(found, str(source), *path)
        except Unsure as error:
            self.notes.lost(self.place(*path), f"the condition {source}: {error}", WRITE_IT)
            return None

    def _phones(self, found: Cel, source: str, *path: str | int) -> Cel:
        """Write the phone numbers in a condition as they are written here."""
        if not OUR_PHONE.search(found.source):
            return found
        what = f"the condition {source} compares phone numbers; here they are written like +254700000001"
        self.notes.doubt(self.place(*path), what, "correct the numbers")
        return replace(found, source=WHOLE_PHONE.sub(r'"+\1"', found.source))

    # --- where a screen leads -------------------------------------------------------------------------------------

    def onward(self, name: str, body: dict[str, Any], *path: str | int, typed: str = "", first: Any = ()) -> str:
        """Return where a screen leads; several ways become a branch after it. `first` are ways that come before."""
        arms = self.arms(name, body, *path, typed=typed, first=first)
        if "when" not in arms[0]:
            return arms[0]["go"]
        return self.draft.add(f"{name}_next", "branch", arms, self.place(*path), made=True)

    def arms(
        self, name: str, body: dict[str, Any], *path: str | int, typed: str = "", first: Any = ()
    ) -> list[dict[str, str]]:
        """Return the ways out of a screen in order; the last one always holds."""
        key = "router_options" if "router_options" in body else "next_screen"
        arms: list[dict[str, str]] = [*first, *self._arms(body.get(key), *(path or (name,)), key, typed=typed)]
        if not arms or "when" in arms[-1]:
            arms.append({"go": self._last(name, body, bool(arms), *(path or (name,)))})
        return arms

    def _arms(self, options: Any, *path: str | int, typed: str) -> list[dict[str, str]]:
        if isinstance(options, str | int):
            return [{"go": str(options)}]
        arms: list[dict[str, str]] = []
        for index, option in enumerate(options if isinstance(options, list) else ()):
            if not isinstance(option, dict) or not isinstance(option.get("next_screen"), str | int):
                self.notes.lost(self.place(*path, index), "a way without next_screen", "say where it leads")
                continue
            source = option.get("expression", option.get("condition", True))
            found = self.condition(source, *path, index, typed=typed)
            if found is None or found == cel.truth(False):
                continue
            if found == cel.truth(True):
                return [*arms, {"go": str(option["next_screen"])}]
            arms.append({"when": found.source, "go": str(option["next_screen"])})
        return arms

    def _last(self, name: str, body: dict[str, Any], several: bool, *path: str | int) -> str:
        """Return where to go when no condition holds."""
        if isinstance(body.get("default_next_screen"), str | int):
            return str(body["default_next_screen"])
        what = "nothing is said for the case that no condition holds" if several else "it leads nowhere"
        self.notes.differs(
            self.place(*path), f"{name!r}: {what}", "the caller is told to dial again; lead her elsewhere"
        )
        return self.draft.ended("no_way", "no_way")
