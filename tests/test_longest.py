"""No screen that the engine draws is longer than the checker proved, whatever citizens type and offices answer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import catalogue, config, references
from gateway.engine import Edition, Facts, State, draw
from gateway.engine.stage import known, staged
from gateway.language import answers, conditions, declared, text
from gateway.language.answers import gazetteer
from gateway.language.checks import names
from gateway.language.checks.fits.bodies import bodies
from gateway.language.checks.fits.widths import Caller, letter
from gateway.language.checks.names import Source
from gateway.language.declared import Declared
from gateway.language.formats import currency_exponent
from gateway.language.root import Service
from gateway.language.screens import Ask, Choose, Confirm, Do, End, Fetch, Say, Set, spec
from gateway.language.text import USSD
from gateway.language.values import Amount, Chosen, Value

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
DRAWN = (Ask, Choose, Confirm, End, Say)


def sample_edition() -> Edition:
    around = catalogue.surroundings(config.load(ROOT / "config.example.yaml"))
    edition = catalogue.judge(catalogue.menu_files(ROOT / "menus"), around).edition
    assert edition is not None
    return edition


EDITION = sample_edition()
SPOKEN = [(name, tongue) for name, service in EDITION.services.items() for tongue in service.languages]


class Life:
    """What citizens type and offices answer, by chance."""

    def __init__(self, chance: random.Random, service: Service, language: str) -> None:
        self.chance, self.service, self.language = chance, service, language

    def letters(self, most: int) -> str:
        return letter(self.language) * self.chance.choice([1, most // 2, most])

    def of(self, source: Source) -> Value:
        kind = source.kind
        if isinstance(source.declared, declared.Saved) and source.declared.each:
            return [self.item(source.declared.each) for _ in range(source.declared.most_items)]
        if source.declared is not None:
            return self.outside(source.declared)
        match kind:
            case Ask():
                return self.typed(kind)
            case Choose(options=options) if options:
                option = self.chance.choice(options)
                return Chosen(option.value, option.label)  # type: ignore[arg-type]
            case Do():
                inner = EDITION.services[kind.service]
                found = [one for one in names.sources(inner) if one.name == source.theirs]
                return Life(self.chance, inner, self.language).of(self.chance.choice(found)) if found else ""
        return references.make(self.chance.getrandbits(64))

    def item(self, each: Mapping[str, Declared]) -> dict[str, Value]:
        return {name: self.outside(one) for name, one in each.items()}

    def outside(self, one: Declared) -> Value:
        whole = self.chance.choice([0, one.most, -one.most, self.chance.randint(0, one.most)])
        day = date(self.chance.randint(1990, 2040), self.chance.randint(1, 12), 28)
        raw: Any = {
            None: self.chance.choice([self.letters(300), int("9" * min(one.most, 17)), "12345678901"]),
            "text": self.chance.choice([self.letters(300), *one.labels]),
            "number": whole,
            "amount": whole * 10 ** currency_exponent(one.currency) if one.currency else 0,
            "date": day.isoformat(),
            "yes_no": self.chance.random() < 0.5,
        }[one.kind]
        return declared.taken(one, raw)

    def typed(self, kind: Ask) -> Value:
        asked = spec(kind)
        if asked.allow and self.chance.random() < 0.2:
            return self.chance.choice(asked.allow)
        match asked:
            case answers.Text(max=most):
                return self.letters(most)
            case answers.Digits(max=most) | answers.Id(max=most):
                return "8" * most
            case answers.Number(min=least, max=most):
                return self.chance.choice([least, most, self.chance.randint(least, most)])
            case answers.AmountOf(currency, least, most):
                scale = 10 ** currency_exponent(currency)
                return Amount(self.chance.randint(least * scale, most * scale), currency)
            case answers.Date():
                return date(self.chance.randint(1990, 2040), self.chance.randint(1, 12), self.chance.randint(1, 28))
            case answers.Phone():
                return self.chance.choice(["+254712345678", "+25112345678901"])
            case answers.YesNo():
                return self.chance.random() < 0.5
            case answers.Place(file, level):
                spots = EDITION.lists[self.service.service, file].spots[level]
                return gazetteer.picked(self.chance.choice(spots))
        return "1234"

    def values(self) -> dict[str, Value]:
        given = {source.name: self.of(source) for source in names.sources(self.service) if not _is_set(source)}
        return {**given, "reference": references.make(self.chance.getrandbits(64))}


def _is_set(source: Source) -> bool:
    return isinstance(source.kind, Set)


def computed(service: Service, language: str, facts: Facts, values: dict[str, Value]) -> dict[str, Value]:
    """Return the values with those that a `set` computes from them."""
    for screen, kind in service.screens.items():
        for name, source in kind.values.items() if isinstance(kind, Set) else ():
            stage = staged(EDITION, facts, State(service.service, screen, language, values=values))
            values = {**values, name: conditions.compute(conditions.compile(source), {**known(stage), **values})}
    return values


def is_silent(kind: object) -> bool:
    """Say whether a screen is the end of a shared service that shows nothing: its caller goes on."""
    return isinstance(kind, End) and kind.text is None


def proven(service: Service, language: str, screen: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for wide in (False, True):
        caller = Caller(service, EDITION.services, EDITION.lists, "ussd", language, wide)
        kind = service.screen(screen)
        if isinstance(kind, End):
            yield caller.longest(kind.text), ()
        else:
            body = next(bodies(caller, ("screens", screen), kind))
            yield body.shown, body.lines


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SPOKEN), st.randoms(use_true_random=False))
def test_nothing_is_drawn_longer_than_proven(spoken: tuple[str, str], chance: random.Random) -> None:
    service, language = EDITION.services[spoken[0]], spoken[1]
    facts = Facts("ussd", "+254700000001", NOW, 1, USSD, "63902", "*384*70#")
    values = computed(service, language, facts, Life(chance, service, language).values())
    for screen, kind in service.screens.items():
        if isinstance(kind, DRAWN) and not is_silent(kind):
            state = State(service.service, screen, language, values=values, reference=str(values["reference"]))
            shown, lines = draw.body(staged(EDITION, facts, state))
            longest = list(proven(service, language, screen))
            assert text.units(shown) <= max(text.units(one) for one, _ in longest), (screen, shown, longest)
            most = [max(map(text.units, below), default=0) for _, below in longest]
            assert max(map(text.units, lines), default=0) <= max(most), (screen, lines, longest)


def test_every_sample_can_be_measured() -> None:
    assert {name for name, _ in SPOKEN} == set(EDITION.services)
    assert any(isinstance(kind, Fetch) for service in EDITION.services.values() for kind in service.screens.values())


@pytest.mark.parametrize("name", sorted(EDITION.services))
def test_no_last_screen_has_a_second_page(name: str) -> None:
    service = EDITION.services[name]
    for screen, kind in service.screens.items():
        if isinstance(kind, End) and not is_silent(kind):
            for language in service.languages:
                assert all(USSD.fits(shown) for shown, _ in proven(service, language, screen)), (screen, language)
