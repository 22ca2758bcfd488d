"""One conversation in front of the engine, and how it speaks: names and texts as this caller reads them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.engine.state import Edition, Facts, State
from gateway.language import templates, words
from gateway.language.root import Service
from gateway.language.screens import Kind, Texts, written
from gateway.language.values import Value

NOTHING: dict[str, Value] = {}


class Stage(NamedTuple):
    """One conversation in front of the engine: where it stands, in which service and on which screen, and the turn."""

    edition: Edition
    facts: Facts
    state: State
    service: Service
    kind: Kind

    def at(self, state: State) -> Stage:
        """Return the same stage with the conversation further on."""
        if state is self.state:
            return self
        if state.service != self.service.service:
            return staged(self.edition, self.facts, state)
        return Stage(self.edition, self.facts, state, self.service, self.service.screen(state.screen))


def staged(edition: Edition, facts: Facts, state: State) -> Stage:
    """Return the stage of a conversation."""
    service = edition.services[state.service]
    return Stage(edition, facts, state, service, service.screen(state.screen))


def word(stage: Stage, key: str, **values: Any) -> str:
    """Return a built-in text in the caller's language, or what the agency wrote instead."""
    if not values and not stage.service.words:
        return words.plain(key, stage.state.language)
    return words.say(key, stage.state.language, stage.service.words, **values)


def in_letters(stage: Stage, text: str) -> str:
    """Return a text in the letters that the caller's network shows. What is paged is in them already."""
    return stage.facts.limits.shown(text)


def spelt(stage: Stage, said: tuple[str, ...]) -> tuple[str, ...]:
    """Return words, and after them how the caller's network spells them: she types what she sees."""
    limits = stage.facts.limits
    return said if limits.unicode else (*said, *(limits.shown(one) for one in said))


def value_of(stage: Stage, name: str) -> Value:
    """Return what a name means now. Raises KeyError for a name that has no value."""
    state, facts = stage.state, stage.facts
    if name in state.values:
        return state.values[name]
    match name:
        case "phone":
            return facts.phone
        case "language":
            return state.language
        case "channel":
            return facts.channel
        case "network":
            return facts.network
        case "short_code":
            return facts.short_code
        case "service":
            return state.service
        case "today":
            return facts.now.date()
        case "now":
            return facts.now
        case "reference":
            return state.reference
    raise KeyError(name)


def filled(stage: Stage, source: str) -> str:
    """Return a text with its names filled in. A secret answer is never among them."""
    template = templates.compile(source)
    named = {name: value_of(stage, name) for name in template.names} if template.names else NOTHING
    return templates.render(template, named, stage.state.language)


def text_of(stage: Stage, texts: Texts) -> str:
    """Return one of the service's texts as this caller reads it."""
    state = stage.state
    return filled(stage, written(texts, stage.facts.channel, state.language, stage.service.languages))


def known(stage: Stage) -> Mapping[str, Value]:
    """Return every name a condition may use."""
    names = {
        name: value_of(stage, name) for name in ("phone", "language", "channel", "network", "short_code", "service")
    }
    return {
        **names,
        "today": stage.facts.now.date(),
        "now": stage.facts.now,
        "reference": stage.state.reference,
        **stage.state.values,
    }
