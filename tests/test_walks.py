"""Small services that show one part of the menu language each, walked turn by turn: `tests/walks/*.yaml`.

The engine alone, its state through JSON between every two turns. `answers` are what offices say, in order; references
read R1, R2 in the order in which they were given.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson
import pytest
import yaml

from gateway import catalogue, engine
from gateway.engine import Edition, Facts, Fetched, Opened, State, Typed
from gateway.language.text import SMS, Limits

FOLDER = Path(__file__).parent / "walks"
FILES = sorted(FOLDER.glob("*.yaml"))
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def edition(told: dict[str, Any]) -> tuple[Edition, str]:
    """Return the services of a file, and the one that is walked."""
    shared = {"shared.yaml": told["shared"]} if "shared" in told else {}
    first = catalogue.read(told["service"], "service.yaml")
    assert first.service is not None and first.document.complaints == []
    known = catalogue.edition("walks", {"service.yaml": told["service"], **shared, **told.get("lists", {})})
    return known, first.service.service


def through_json(state: State | None) -> State | None:
    return None if state is None else engine.restored(orjson.loads(orjson.dumps(engine.plain(state))))


class Walk:
    """One caller."""

    def __init__(self, known: Edition, answers: list[Any], channel: Literal["ussd", "sms"] = "ussd") -> None:
        self.channel: Literal["ussd", "sms"] = channel
        self.known, self.answers, self.turns = known, iter(answers), 0
        self.state: engine.State | None = None
        self.effects: list[Any] = []

    def happen(self, event: Opened | Typed) -> str:
        self.turns += 1
        limits = SMS if self.channel == "sms" else Limits()
        facts = Facts(self.channel, "+254700000001", NOW, self.turns, limits, short_code="*384*70#")
        step = engine.step(self.known, self.state, event, facts)
        self.effects += step.effects
        while step.wish is not None:
            step = engine.step(self.known, through_json(step.state), Fetched(next(self.answers)), facts)
            self.effects += step.effects
        assert facts.limits.fits(step.text)
        self.state = through_json(step.state)
        return self.named(step.text if step.more else f"END {step.text}")

    def named(self, text: str) -> str:
        filed = [effect.reference for effect in self.effects if isinstance(effect, engine.Submit)]
        for number, reference in enumerate(filed, 1):
            text = text.replace(reference, f"R{number}")
        return text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_walk(file: Path) -> None:
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    known, service = edition(told)
    for walked in told["walks"]:
        walk = Walk(known, walked.get("answers", []), walked.get("channel", "ussd"))
        event: Opened | Typed = Opened(service, tuple(walked.get("ahead", ())), walked.get("language"))
        for turn in walked["turns"]:
            if "type" in turn:
                event = Typed(str(turn["type"]))
            assert walk.happen(event) == turn["see"]
        assert next(walk.answers, None) is None
        filed = [e for e in walk.effects if isinstance(e, engine.Submit)]
        if "filed" in walked:
            assert [{"office": e.office, "ask": e.ask, "send": dict(e.send)} for e in filed] == walked["filed"]
        rated = [e for e in walk.effects if isinstance(e, engine.Rated)]
        assert [
            {"reference": walk.named(e.reference), "score": e.score, "comment": e.comment} for e in rated
        ] == walked.get("rated", [])
