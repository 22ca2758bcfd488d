"""What a screen says: texts, options and footers, cut into pages that fit. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from gateway.engine.state import Edition, Facts, State
from gateway.language import answers, conditions, reader, templates, words
from gateway.language.pages import Footers, Page, paginate
from gateway.language.screens import (
    Ask,
    Choose,
    Confirm,
    End,
    Kind,
    Language,
    Option,
    Say,
    Service,
    Status,
    spec,
    written,
)
from gateway.language.values import Chosen, Value

OWN = "@own"  # the requests that `status` lists, as JSON text
NOTHING: dict[str, Value] = {}
ONE = "@one"  # the reference of the request that is shown


class Stage(NamedTuple):
    """One conversation in front of the engine: where it stands, in which service and on which screen, and the turn."""

    edition: Edition
    facts: Facts
    state: State
    service: Service
    kind: Kind

    def at(self, state: State) -> Stage:
        """Return the same stage with the conversation further on."""
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


def text_of(stage: Stage, texts: Any) -> str:
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


def offered(stage: Stage, kind: Choose) -> list[tuple[int, Option]]:
    """Return the options this caller may choose, with their numbers; a hidden option leaves its number free."""
    return [
        (number, option)
        for number, option in enumerate(kind.options, 1)
        if option.when is None or conditions.holds(conditions.compile(option.when), known(stage))
    ]


def label(stage: Stage, option: Option) -> str:
    """Return an option's label as this caller reads it."""
    return text_of(stage, option.label)


def chosen(stage: Stage, option: Option) -> Chosen:
    """Return the value that choosing `option` saves: its value, and its label in every language of the service."""
    channel, service = stage.facts.channel, stage.service
    labels = {
        tongue: filled(stage, written(option.label, channel, tongue, service.languages)) for tongue in service.languages
    }
    return Chosen(option.value, labels)


# --- the body of each kind ----------------------------------------------------------------------------------------

Body = tuple[str, tuple[str, ...]]  # the text, and the option lines


def body(stage: Stage) -> Body:
    """Return the text and the option lines of the screen the citizen is on."""
    if stage.state.mode == "resume":
        return _resume(stage)
    if stage.state.mode == "stuck":
        return _stuck(stage)
    kind = stage.kind
    match kind:
        case Choose():
            lines = tuple(f"{number} {label(stage, option)}" for number, option in offered(stage, kind))
            return text_of(stage, kind.text), lines
        case Ask():
            return text_of(stage, kind.text), _yes_or_no(stage, kind) + _kept(stage, kind)
        case Confirm():
            return text_of(stage, kind.text), (f"1 {word(stage, 'send')}", f"2 {word(stage, 'change')}")
        case Say():
            return text_of(stage, kind.text), (f"1 {word(stage, 'next')}",)
        case Language():
            text = text_of(stage, kind.text) if kind.text is not None else word(stage, "language_question")
            return text, tuple(f"{n} {words.own_name(t)}" for n, t in enumerate(stage.service.languages, 1))
        case Status():
            return _status(stage, kind)
        case End():
            return _end(stage, kind), ()
    raise TypeError(f"{stage.state.screen}: nothing is shown there")


def _yes_or_no(stage: Stage, kind: Ask) -> tuple[str, ...]:
    return (f"1 {word(stage, 'yes')}", f"2 {word(stage, 'no')}") if kind.answer.kind == "yes_no" else ()


def keeps(stage: Stage, kind: Ask) -> bool:
    """True if the answer given before is offered again on this screen."""
    if kind.hidden or kind.save not in stage.state.known or kind.save not in stage.state.values:
        return False
    return not answers.may_be(spec(kind), stage.service.keys.keep)


def _kept(stage: Stage, kind: Ask) -> tuple[str, ...]:
    if not keeps(stage, kind):
        return ()
    value = templates.render(
        templates.compile("{value}"), {"value": stage.state.values[kind.save]}, stage.state.language
    )
    return (f"{stage.service.keys.keep} {word(stage, 'keep', value=value)}",)


def _end(stage: Stage, kind: End) -> str:
    """Over SMS the receipt is the answer: one message, not two."""
    return text_of(stage, kind.sms if kind.sms is not None and stage.facts.channel == "sms" else kind.text)


def _resume(stage: Stage) -> Body:
    paused, earlier = stage.state.paused, stage.facts.earlier
    assert paused is not None and earlier is not None
    title = text_of(staged(earlier, stage.facts, paused.state), earlier.services[paused.state.service].title)
    lines = (f"1 {word(stage, 'continue')}", f"2 {word(stage, 'start_again')}")
    return word(stage, "unfinished", title=title), lines


def _stuck(stage: Stage) -> Body:
    lines = (f"1 {word(stage, 'try_again')}", f"2 {word(stage, 'call_me_back')}")
    return word(stage, "too_many_tries"), lines


def own_requests(stage: Stage) -> list[dict[str, str]]:
    """Return the requests that a `status` screen was told of."""
    rows: list[dict[str, str]] = json.loads(str(stage.state.values.get(OWN, "[]")))
    return rows


def _status(stage: Stage, kind: Status) -> Body:
    rows = own_requests(stage)
    one = stage.state.values.get(ONE)
    if one:
        return _standing(stage, next(row for row in rows if row["reference"] == one)), ()
    if kind.of == "reference":
        return (text_of(stage, kind.text) if kind.text is not None else word(stage, "type_reference")), ()
    if not rows:
        return word(stage, "no_requests"), (f"1 {word(stage, 'next')}",)
    lines = tuple(f"{number} {row['title']} {row['reference']}" for number, row in enumerate(rows, 1))
    return (text_of(stage, kind.text) if kind.text is not None else word(stage, "your_requests")), lines


def _standing(stage: Stage, row: Mapping[str, str]) -> str:
    day = templates.render(
        templates.compile("{at | date}"), {"at": date.fromisoformat(row["at"])}, stage.state.language
    )
    return f"{row['title']}\n{row['reference']}\n{day}: {word(stage, 'state_' + row['state'])}"


def is_still(service: Service, screen: str) -> bool:
    """True if a screen says the same to everybody who reads the same language: no names in it, no hidden options."""
    known: bool | None = service.drawn.get(screen)
    if known is None:
        known = service.drawn[screen] = _still(service.screen(screen))
    return known


def _still(kind: Kind) -> bool:
    if isinstance(kind, Status) or (isinstance(kind, Choose) and any(o.when is not None for o in kind.options)):
        return False
    sources = (source for _, text in reader.texts(kind) for *_, source in reader.variants(text))
    return all(not templates.compile(source).names for source in sources)


# --- pages --------------------------------------------------------------------------------------------------------


def has_back(stage: Stage) -> bool:
    """True if the back key leads somewhere from the first page of this screen."""
    state = stage.state
    if state.mode != "menu":
        return False
    outside = state.frames and (state.frames[-1].go is None or state.frames[-1].trail)
    kind = stage.kind
    if isinstance(kind, End) or not (state.trail or outside or state.values.get(ONE)):
        return False
    return not (isinstance(kind, Ask) and answers.may_be(spec(kind), stage.service.keys.back))


def pages(stage: Stage) -> tuple[Page, ...]:
    """Return the pages of the screen, each of which fits the channel with all its footers."""
    state, service = stage.state, stage.service
    if state.notice or state.known or state.mode != "menu" or not is_still(service, state.screen):
        return _paged(stage)
    limits = stage.facts.limits  # its hash would cost more than those of its numbers
    key = (state.screen, state.language, stage.facts.channel, has_back(stage), limits.septets, limits.units)
    drawn: tuple[Page, ...] | None = service.drawn.get(key)
    if drawn is None:
        drawn = service.drawn[key] = _paged(stage)
    return drawn


def _paged(stage: Stage) -> tuple[Page, ...]:
    text, lines = body(stage)
    if stage.state.notice:
        text = f"{stage.state.notice}\n{text}"
    keys = stage.service.keys
    back = "" if isinstance(stage.kind, End) else f"{keys.back} {word(stage, 'back')}"
    more = f"{keys.more} {word(stage, 'more')}"
    footers = Footers(back=back, more=more, back_first=has_back(stage))
    return paginate(text, lines, footers, stage.facts.limits)
