"""One typed answer: read, kept as a value or a secret, asked for twice, looked up in a list of places. Pure."""

from __future__ import annotations

import hmac
from typing import Any

from gateway.engine.draw import FOUND, keeps
from gateway.engine.stage import Stage, text_of, word
from gateway.language import answers
from gateway.language.answers import gazetteer
from gateway.language.screens import Ask, spec
from gateway.language.values import Chosen, Value, to_plain

ONCE = "@once"  # the answer that is to be typed again
Changes = dict[str, Any]  # fields of the state
OWN_NAMES = frozenset({ONCE, FOUND})
LONGEST_COMMENT = 160  # characters


class Wrong(Exception):
    """What was typed is not an answer here. `args[0]` tells the citizen why."""


def answered(stage: Stage, kind: Ask, typed: str) -> Changes:
    """Return what an answer changes in the state; where more is to be asked, `mode` is among it. Raises Wrong."""
    state = stage.state
    if state.mode == "again":
        return _typed_again(stage, kind, typed)
    if state.mode == "menu" and keeps(stage, kind) and answers.clean(typed) == stage.service.keys.keep:
        return {}
    if kind.optional and _skipped(stage, kind, answers.clean(typed)):
        return _kept(stage, kind, "")
    if kind.answer.kind == "place":
        return _place(stage, kind, typed)
    value = _read(stage, kind, typed)
    return _asked_again(stage, kind, value) if kind.twice else _kept(stage, kind, value)


def _skipped(stage: Stage, kind: Ask, plain: str) -> bool:
    return not plain or (plain == stage.service.keys.skip and not answers.may_be(spec(kind), plain))


def _read(stage: Stage, kind: Ask, typed: str) -> Value:
    local = answers.Local(stage.facts.country, stage.state.language, stage.facts.now.date())
    value = answers.read(spec(kind), typed, local)
    if isinstance(value, answers.Wrong):
        raise Wrong(text_of(stage, kind.wrong) if kind.wrong is not None else word(stage, value.reason, **value.args))
    return value


def _kept(stage: Stage, kind: Ask, value: Value) -> Changes:
    """Return what keeping the answer changes; a hidden one goes among the secrets."""
    state = stage.state
    known = tuple(name for name in state.known if name != kind.save)
    values = dict(state.values)
    if state.mode != "menu":
        values = {name: held for name, held in values.items() if name not in OWN_NAMES}
    if not kind.hidden:
        values[kind.save] = value
        return {"values": values, "known": known}
    secrets = {name: held for name, held in state.secrets.items() if name != ONCE}
    return {"values": values, "secrets": {**secrets, kind.save: str(value)}, "known": known}


def comment(stage: Stage, typed: str) -> str:
    """Return a comment as it is kept. Raises Wrong where it is too long."""
    local = answers.Local(stage.facts.country, stage.state.language, stage.facts.now.date())
    value = answers.read(answers.Text(max=LONGEST_COMMENT), typed, local)
    if isinstance(value, answers.Wrong):
        raise Wrong(word(stage, value.reason, **value.args))
    return str(value)


# --- typed twice --------------------------------------------------------------------------------------------------


def _asked_again(stage: Stage, kind: Ask, value: Value) -> Changes:
    state, again = stage.state, {"mode": "again", "page": 0, "notice": ""}
    if kind.hidden:
        return {**again, "secrets": {**state.secrets, ONCE: str(value)}}
    return {**again, "values": {**state.values, ONCE: value}}


def _typed_again(stage: Stage, kind: Ask, typed: str) -> Changes:
    state = stage.state
    first = state.secrets[ONCE] if kind.hidden else state.values[ONCE]
    second = _read(stage, kind, typed)
    same = hmac.compare_digest(_comparable(first), _comparable(str(second) if kind.hidden else second))
    if not same:
        raise Wrong(word(stage, "not_the_same"))
    return _kept(stage, kind, second)


def _comparable(value: Value) -> bytes:
    return repr(to_plain(value)).encode("utf-8", "surrogatepass")


# --- places -------------------------------------------------------------------------------------------------------


def _place(stage: Stage, kind: Ask, typed: str) -> Changes:
    """Take the one place that fits; offer several to choose from."""
    if stage.state.mode == "pick":
        offered = stage.state.values[FOUND]
        number = answers.choice(typed, len(offered)) if isinstance(offered, list) else None
        if number is not None:
            return _kept(stage, kind, offered[number - 1])  # type: ignore[index]
    spots = _search(stage, kind, typed)
    if len(spots) == 1:
        return _kept(stage, kind, gazetteer.picked(spots[0]))
    if not spots or len(spots) > gazetteer.MOST_OFFERED:
        raise Wrong(_why_no_place(stage, kind, bool(spots)))
    labels = gazetteer.offered(spots)
    found: list[Value] = [Chosen(spot.value, label) for spot, label in zip(spots, labels, strict=True)]
    return {"mode": "pick", "page": 0, "notice": "", "values": {**stage.state.values, FOUND: found}}


def _search(stage: Stage, kind: Ask, typed: str) -> list[gazetteer.Spot]:
    place = spec(kind)
    assert isinstance(place, answers.Place)
    around = stage.state.values.get(place.within) if place.within is not None else None
    within = around if isinstance(around, Chosen) else None
    return stage.edition.lists[stage.service.service, place.list].search(place.level, typed, within)


def _why_no_place(stage: Stage, kind: Ask, too_many: bool) -> str:
    if too_many:
        return word(stage, "wrong_place_many")
    return text_of(stage, kind.wrong) if kind.wrong is not None else word(stage, "wrong_place")
