"""What a menu offers: options of the file and items of a list, their numbers, labels and values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.engine.stage import Stage, filled, known, spelt, value_of
from gateway.language import answers, conditions, templates
from gateway.language.screens import Choose, Option, Texts, Tongues, option_words, written
from gateway.language.values import Chosen, Value


@dataclass(frozen=True, slots=True)
class Item:
    """One option of a list: how it reads, what it is worth, where it leads, and its fields."""

    label: Texts | Tongues
    value: str
    go: str
    fields: Mapping[str, Value]


Offer = Option | Item


def offered(stage: Stage, kind: Choose) -> list[tuple[int, Offer]]:
    """Return the options this caller may choose, with their numbers; a hidden option leaves its number free."""
    listed: list[Offer] = items(stage, kind) if kind.from_ is not None else []
    numbered = enumerate([*listed, *kind.options], 1)
    return [(number, offer) for number, offer in numbered if isinstance(offer, Item) or _shown(stage, offer)]


def picked(stage: Stage, kind: Choose, typed: str) -> Offer | None:
    """Return the option that was typed, by its number or in words, if this caller may choose it."""
    listed = items(stage, kind) if kind.from_ is not None else []
    number = answers.choice(typed, len(listed) + len(kind.options))
    if number is None:
        return _worded(stage, kind, typed)
    if number <= len(listed):
        return listed[number - 1]
    option = kind.options[number - len(listed) - 1]
    return option if _shown(stage, option) else None


def _worded(stage: Stage, kind: Choose, typed: str) -> Offer | None:
    offers = [offer for _, offer in offered(stage, kind)]
    found = answers.word_match(typed, [spelt(stage, words_of(stage, offer)) for offer in offers])
    return None if found is None else offers[found]


def _shown(stage: Stage, option: Option) -> bool:
    return option.when is None or conditions.holds(conditions.compile(option.when), known(stage))


def items(stage: Stage, kind: Choose) -> list[Offer]:
    """Return the options that come from the list of a menu; none where it has no value."""
    assert kind.label is not None and kind.value is not None and kind.go is not None
    found: Any = stage.state.values.get(kind.from_ or "")
    return [Item(kind.label, kind.value, kind.go, fields) for fields in (found if isinstance(found, list) else [])]


def label(stage: Stage, offer: Offer) -> str:
    """Return an option's label as this caller reads it."""
    return _label(stage, offer, stage.state.language)


def _label(stage: Stage, offer: Offer, language: str) -> str:
    source = written(offer.label, stage.facts.channel, language, stage.service.languages)
    if isinstance(offer, Option):
        return filled(stage, source)
    return templates.render(templates.compile(source), _named(stage, offer, source), language)


def _named(stage: Stage, item: Item, source: str) -> dict[str, Value]:
    """Return what the names of a template mean for an item: its fields, then what they mean elsewhere."""
    names = templates.compile(source).names
    return {name: item.fields[name] if name in item.fields else value_of(stage, name) for name in names}


def chosen(stage: Stage, offer: Offer) -> Chosen:
    """Return the value that choosing an option saves: its value, and its label in every language of the service."""
    labels = {tongue: _label(stage, offer, tongue) for tongue in stage.service.languages}
    return Chosen(offer.value if isinstance(offer, Option) else _worth(stage, offer), labels)


def _worth(stage: Stage, item: Item) -> str:
    worth = templates.sent(templates.compile(item.value), _named(stage, item, item.value), stage.state.language)
    return str(worth)


def words_of(stage: Stage, offer: Offer) -> tuple[str, ...]:
    """Return the words that choose an option; a caller may answer in any language of the service."""
    picked = chosen(stage, offer)
    labels = picked.label.values() if isinstance(picked.label, Mapping) else (picked.label,)
    if isinstance(offer, Item):
        return (*labels, picked.value)
    known = (word for language in stage.service.languages for word in option_words(offer, language))
    return (*labels, picked.value, *known)


def saved_of(stage: Stage, kind: Choose, offer: Offer) -> dict[str, Value]:
    """Return what choosing an option saves."""
    found: dict[str, Value] = {}
    if kind.save is not None:
        found[kind.save] = chosen(stage, offer)
    for theirs, ours in kind.take.items():
        found[ours] = offer.fields.get(theirs, "") if isinstance(offer, Item) else ""
    return found


def lines(stage: Stage, kind: Choose) -> tuple[str, ...]:
    """Return the numbered lines of a menu."""
    return tuple(f"{number} {label(stage, offer)}" for number, offer in offered(stage, kind))
