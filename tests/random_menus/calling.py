"""Callers at random: what they type, what offices answer, and the way out of any service that `check` calls sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any, Literal

import orjson

from gateway import engine, references
from gateway.engine import Edition, Facts, Fetch, Fetched, Opened, State, Step, Typed
from gateway.language.checks import graph, names
from gateway.language.declared import Declared, Saved
from gateway.language.root import Service
from gateway.language.screens import Ask, Choose, End, Status
from gateway.language.text import SMS, Limits, encoding

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LIMITS: dict[str, Limits] = {"ussd": Limits(), "sms": SMS}
LETTERS = ("abcde fghij", "ABC€{}[]|", "ውሃ መንገድ", "ஃ٣", "naïve café", "😀🙂")
GOOD = {
    "text": ["Kalundu", "x" * 25, "ውሃ ቢሮ", "a{b}c", "€" * 20], "digits": ["123456", "0"], "number": ["7", "500"],
    "amount": ["1500.50", "20000"], "date": ["today", "24/11/2026"], "phone": ["0700000001"], "pin": ["4711"],
    "yes_no": ["1", "2"], "id": ["799270", "18"], "place": ["kan", "kal", "nza"],
}  # fmt: skip
ODD = ["", "0", "00", "1", "2", "3", "97", "98", "99", "9", "*", "x" * 200, "ምን", "no", "1*2", "{phone}", "#1."]


def office_value(chance: Random, declared: Declared) -> Any:
    """Return something the office may say within what is declared."""
    if declared.labels and chance.random() < 0.8:
        return chance.choice(list(declared.labels))
    match declared.kind:
        case "number":
            return chance.choice([0, declared.most, -declared.most, chance.randint(0, declared.most)])
        case "amount":
            return chance.choice([0, 5, declared.most * 100, -declared.most * 100])
        case "date":
            return chance.choice(["2026-11-24", "1999-01-01", "2100-12-31T10:00:00"])
        case "yes_no":
            return chance.random() < 0.5
    letters = chance.choice(LETTERS)
    return chance.choice([None, 12, 3.5, "", "".join(chance.choice(letters) for _ in range(declared.most))])


def office_answer(chance: Random, save: Mapping[str, Saved]) -> Any:
    """Return what an office answers to a fetch: nearly always what was declared."""
    if chance.random() < 0.15:
        return chance.choice([None, "missing", {}])
    found: dict[str, Any] = {}
    for theirs, saved in save.items():
        if saved.each:
            count = chance.choice([0, 1, 3, saved.most_items + 3])
            found[theirs] = [{n: office_value(chance, d) for n, d in saved.each.items()} for _ in range(count)]
        else:
            found[theirs] = office_value(chance, saved)
    return found


@dataclass(slots=True)
class Caller:
    """One caller; `broken` names what should never be seen."""

    chance: Random
    edition: Edition
    channel: Literal["ussd", "sms"]
    language: str | None
    unicode: bool = True  # False: her network shows GSM-7 only
    state: State | None = None
    turns: int = 0
    filed: int = 0
    shown: list[str] = field(default_factory=list)

    def happen(self, event: Opened | Typed) -> Step:
        self.turns += 1
        limits = replace(LIMITS[self.channel], unicode=self.unicode)
        facts = Facts(self.channel, "+254700000001", NOW, self.turns, limits, "63902", "*384*70#", "KE")
        step = engine.step(self.edition, self.state, event, facts)
        self._told(step)
        while step.wish is not None:
            assert step.state is not None
            self.state = _through_json(step.state)
            step = engine.step(self.edition, self.state, Fetched(self._answered(step)), facts)
            self._told(step)
        self.shown.append(step.text)
        assert facts.limits.fits(step.text), f"does not fit: {step.text!r}"
        assert step.text.strip(), "an empty screen"
        assert self.unicode or encoding(step.text) == "gsm7", f"not in GSM-7: {step.text!r}"
        self.state = _through_json(step.state) if step.state is not None and step.more else None
        return step

    def _told(self, step: Step) -> None:
        sms = [effect.text for effect in step.effects if isinstance(effect, engine.Message)]
        assert self.unicode or all(encoding(one) == "gsm7" for one in sms), f"not in GSM-7: {sms}"
        self.filed += sum(isinstance(effect, engine.Submit) for effect in step.effects)

    def _answered(self, step: Step) -> Any:
        assert step.state is not None
        if isinstance(step.wish, Fetch):
            kind = self.edition.services[step.state.service].screen(step.state.screen)
            return office_answer(self.chance, kind.save)  # type: ignore[union-attr]
        one = step.wish.reference if isinstance(step.wish, engine.Recall) else None
        count = self.chance.randint(0, 1 if one else 4)
        return {"requests": [self._row(one or references.make(number)) for number in range(count)]}

    def _row(self, reference: str) -> dict[str, str]:
        word = self.chance.choice(["", "open", "y" * 40])
        title = "Tatizo " + "x" * self.chance.choice([3, 30])
        return {"reference": reference, "title": title, "state": "queued", "at": "2026-11-20", "word": word}

    # --- what is typed

    def anything(self) -> str:
        """Return what a caller may type here: something good, a key, or nonsense."""
        if self.chance.random() < 0.3:
            return self.chance.choice(ODD)
        return self.good()

    def good(self) -> str:
        """Return an answer that is taken here."""
        assert self.state is not None
        service = self.edition.services[self.state.service]
        kind = service.screen(self.state.screen)
        if self.state.mode == "pick":
            return "1"
        if isinstance(kind, Ask) and self.state.mode in ("menu", "again"):
            kept = self.state.secrets.get("@once") or self.state.values.get("@once")
            return str(kept) if kept is not None else self.chance.choice(GOOD[kind.answer.kind])
        if isinstance(kind, Status) and kind.of == "reference" and not self.state.values.get("@one"):
            return references.make(1)
        return str(self.chance.randint(1, 4))

    def onwards(self, distances: Mapping[tuple[str, str], int]) -> str:
        """Return an answer that leads towards an end."""
        assert self.state is not None
        service = self.edition.services[self.state.service]
        kind = service.screen(self.state.screen)
        if self.state.mode == "menu" and isinstance(kind, Choose) and kind.from_ is None:
            known = {"ussd": True, "sms": False}[self.channel]
            ways = [
                (distances[service.service, option.go], number)
                for number, option in enumerate(kind.options, 1)
                if option.go is not None and (option.when is None or known)
            ]
            return str(min(ways)[1])
        if isinstance(kind, End):
            return service.keys.more
        asked = isinstance(kind, Ask) or (isinstance(kind, Status) and kind.of == "reference")
        return self.good() if asked and not self.state.values.get("@one") else "1"


def _through_json(state: State) -> State:
    restored = engine.restored(orjson.loads(orjson.dumps(engine.plain(state))))
    assert restored == state
    return restored


def distances(services: Mapping[str, Service]) -> dict[tuple[str, str], int]:
    """Return for each screen of each service how many screens it is from an end, at best."""
    found: dict[tuple[str, str], int] = {}
    for name, service in services.items():
        ways = {screen: [way.target for way in out] for screen, out in names.outs(service, services).items()}
        ends = {screen for screen, kind in service.screens.items() if isinstance(kind, End)}
        for screen in service.screens:
            route = () if screen in ends else graph.route(screen, ends.__contains__, ways)
            found[name, screen] = len(route)
    return found
