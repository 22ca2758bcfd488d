"""What the citizen typed, and where it leads: navigation keys, choices, answers, wrong answers. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gateway import references
from gateway.engine.draw import (
    ONE,
    OWN,
    Stage,
    chosen,
    has_back,
    keeps,
    offered,
    own_requests,
    pages,
    text_of,
    word,
)
from gateway.engine.state import Frame, Remember, State, replace
from gateway.language import answers, words
from gateway.language.screens import (
    Ask,
    Choose,
    Confirm,
    End,
    Language,
    Option,
    Say,
    Service,
    Status,
    Texts,
    option_words,
    spec,
)


class Wrong(Exception):
    """What was typed is not an answer here. `args[0]` tells the citizen why."""


Heard = tuple[State, tuple[Remember, ...]]


def heard(stage: Stage, typed: str) -> Heard:
    """Return the state after `typed` on the screen being shown, not yet walked on, and what is to be remembered."""
    try:
        return accepted(stage, typed)
    except Wrong as wrong:
        return refused(stage, str(wrong)), ()


def accepted(stage: Stage, typed: str) -> Heard:
    """Return the same as `heard` if `typed` means something here. Raises Wrong."""
    moved = _navigated(stage, answers.clean(typed))
    return (moved, ()) if moved is not None else _answered(stage, typed)


def went(stage: Stage, target: str, **changes: Any) -> State:
    """Return the state on its way to another screen of the same service."""
    return replace(stage.state, screen=target, page=0, wrong=0, notice="", mode="menu", **changes)


def onward(stage: Stage, target: str, **changes: Any) -> State:
    """Return the state after an answer: the screen it was given on is where Back leads."""
    return went(stage, target, trail=(*stage.state.trail, stage.state.screen), **changes)


# --- navigation ---------------------------------------------------------------------------------------------------


def _navigated(stage: Stage, typed: str) -> State | None:
    keys, state = stage.service.keys, stage.state
    if typed == keys.more and state.page + 1 < len(pages(stage)):
        return replace(state, page=state.page + 1)
    if typed == keys.back and state.page > 0 and state.mode == "menu" and not isinstance(stage.kind, End):
        return replace(state, page=state.page - 1)
    if typed == keys.back and has_back(stage):
        return _back(stage)
    if typed == keys.home and state.begun and has_home(stage):
        return _home(stage)
    if isinstance(stage.kind, End):
        return replace(state, page=min(state.page + 1, len(pages(stage)) - 1))
    return None


def has_home(stage: Stage) -> bool:
    """True unless what is asked for here could be the home key itself."""
    kind = stage.kind
    return not (isinstance(kind, Ask) and answers.may_be(spec(kind), stage.service.keys.home))


def _back(stage: Stage) -> State:
    state = stage.state
    if state.values.get(ONE):
        values = {name: value for name, value in state.values.items() if name != ONE}
        return replace(state, page=0, notice="", values=values)
    if state.trail:
        values = {name: value for name, value in state.values.items() if name != OWN}
        return replace(went(stage, state.trail[-1]), trail=state.trail[:-1], values=values, known=tuple(values))
    frame = state.frames[-1]
    popped = popped_to(state, frame, state.frames[:-1])
    return popped if frame.go is None else replace(popped, screen=frame.trail[-1], trail=frame.trail[:-1])


def _home(stage: Stage) -> State:
    state = stage.state
    if not state.frames:
        values = {name: value for name, value in state.values.items() if name not in (OWN, ONE)}
        return replace(went(stage, stage.service.start), trail=(), values=values, known=tuple(values))
    outer = stage.edition.services[state.frames[0].service]
    return replace(popped_to(state, state.frames[0], ()), screen=outer.start, trail=())


def popped_to(state: State, frame: Frame, below: tuple[Frame, ...]) -> State:
    """Return the state back in the service that waited in `frame`."""
    return replace(
        state,
        service=frame.service,
        screen=frame.screen,
        trail=frame.trail,
        values=frame.values,
        secrets=frame.secrets,
        frames=below,
        page=0,
        wrong=0,
        notice="",
        known=(),
    )


# --- answers ------------------------------------------------------------------------------------------------------


def _answered(stage: Stage, typed: str) -> Heard:
    if stage.state.mode == "stuck":
        return _unstuck(stage, typed), ()
    kind = stage.kind
    match kind:
        case Choose():
            return _choice(stage, kind, typed), ()
        case Ask():
            return _answer(stage, kind, typed), ()
        case Confirm():
            return _confirmed(stage, kind, typed), ()
        case Say():
            return onward(stage, kind.go), ()
        case Language():
            return _language(stage, kind, typed)
        case Status():
            return _status(stage, kind, typed), ()
    raise TypeError(f"{stage.state.screen}: nothing is asked there")


def _picked(stage: Stage, typed: str, lines: list[tuple[str, ...]]) -> int:
    """Return the 1-based choice among words: by its number or, over SMS, by a word."""
    number = answers.choice(typed, len(lines))
    if number is None:
        found = answers.word_match(typed, lines)
        number = None if found is None else found + 1
    if number is None:
        raise Wrong(word(stage, "wrong_choice"))
    return number


def _choice(stage: Stage, kind: Choose, typed: str) -> State:
    numbers = dict(offered(stage, kind))
    number = answers.choice(typed, len(kind.options))
    if number is None:
        order = list(numbers)
        lines = [_words_of(stage, numbers[n]) for n in order]
        found = answers.word_match(typed, lines)
        number = None if found is None else order[found]
    if number not in numbers:
        raise Wrong(word(stage, "wrong_choice"))
    option = numbers[number]
    values = dict(stage.state.values)
    if kind.save is not None:
        values[kind.save] = chosen(stage, option)
    if option.do is not None:
        return _into(stage, option.do, values)
    assert option.go is not None
    return onward(stage, option.go, values=values)


def _words_of(stage: Stage, option: Option) -> tuple[str, ...]:
    """A caller may answer in any language of the service, whichever she reads."""
    labels = chosen(stage, option).label
    known = (word for language in stage.service.languages for word in option_words(option, language))
    return (*(labels.values() if isinstance(labels, Mapping) else (labels,)), option.value, *known)


def _into(stage: Stage, name: str, values: dict[str, Any]) -> State:
    state = stage.state
    frame = Frame(state.service, state.screen, state.trail, values, state.secrets, None)
    return entered(stage.edition.services[name], state, frame)


def entered(service: Service, state: State, frame: Frame) -> State:
    """Return the state at the start of another service, with `frame` to come back to."""
    language = state.language if state.language in service.languages else service.languages[0]
    return replace(
        state,
        service=service.service,
        screen=service.start,
        language=language,
        frames=(*state.frames, frame),
        values={},
        secrets={},
        trail=(),
        known=(),
        page=0,
        wrong=0,
        notice="",
    )


def _answer(stage: Stage, kind: Ask, typed: str) -> State:
    state = stage.state
    if keeps(stage, kind) and answers.clean(typed) == stage.service.keys.keep:
        return onward(stage, kind.go)
    local = answers.Local(stage.facts.country, state.language, stage.facts.now.date())
    value = answers.read(spec(kind), typed, local)
    if isinstance(value, answers.Wrong):
        raise Wrong(_why(stage, kind.wrong, value))
    known = tuple(name for name in state.known if name != kind.save)
    if kind.hidden:
        return onward(stage, kind.go, secrets={**state.secrets, kind.save: str(value)}, known=known)
    return onward(stage, kind.go, values={**state.values, kind.save: value}, known=known)


def _why(stage: Stage, own: Texts | None, wrong: answers.Wrong) -> str:
    return text_of(stage, own) if own is not None else word(stage, wrong.reason, **wrong.args)


def _confirmed(stage: Stage, kind: Confirm, typed: str) -> State:
    tongues = [words.tongue(language) for language in stage.service.languages]
    sends = (word(stage, "send"), *(yes for tongue in tongues for yes in tongue.yes))
    changes = (word(stage, "change"), *(no for tongue in tongues for no in tongue.no))
    if _picked(stage, typed, [sends, changes]) == 1:
        return onward(stage, kind.go)
    return onward(stage, kind.change, known=tuple(stage.state.values))


def _language(stage: Stage, kind: Language, typed: str) -> Heard:
    tongues = stage.service.languages
    language = tongues[_picked(stage, typed, [(words.own_name(tongue), tongue) for tongue in tongues]) - 1]
    return onward(stage, kind.go, language=language), (Remember(language),)


def _status(stage: Stage, kind: Status, typed: str) -> State:
    state, rows = stage.state, own_requests(stage)
    if state.values.get(ONE):
        return _left(stage, kind)
    if kind.of == "reference":
        reference = references.read(typed)
        if reference is None:
            raise Wrong(word(stage, "no_such_reference"))
        return replace(state, values={**state.values, ONE: reference}, waiting=True)
    if not rows:
        return _left(stage, kind)
    number = answers.choice(typed, len(rows))
    if number is None:
        raise Wrong(word(stage, "wrong_choice"))
    return replace(state, page=0, notice="", values={**state.values, ONE: rows[number - 1]["reference"]})


def _left(stage: Stage, kind: Status) -> State:
    values = {name: value for name, value in stage.state.values.items() if name not in (OWN, ONE)}
    return onward(stage, kind.go, values=values)


def told(stage: Stage, rows: list[dict[str, str]]) -> State:
    """Return the state of a `status` screen after it was told which requests there are."""
    state = stage.state
    values = {**state.values, OWN: json.dumps(rows, ensure_ascii=False)}
    if stage.state.values.get(ONE) and not rows:
        values.pop(ONE)
        return refused(stage.at(replace(state, values=values, waiting=False)), word(stage, "no_such_reference"))
    return replace(state, values=values, waiting=False, page=0, notice="")


# --- wrong answers ------------------------------------------------------------------------------------------------


def refused(stage: Stage, why: str) -> State:
    """Return the state that shows the reason and the question again; after too many attempts, a kind word."""
    state = stage.state
    if state.mode != "menu":
        return replace(state, page=0, notice=why)
    attempts = getattr(stage.kind, "attempts", 3)
    if state.wrong + 1 >= attempts:
        return replace(state, mode="stuck", page=0, wrong=0, notice="")
    return replace(state, page=0, wrong=state.wrong + 1, notice=why)


def _unstuck(stage: Stage, typed: str) -> State:
    number = _picked(stage, typed, [(word(stage, "try_again"),), (word(stage, "call_me_back"),)])
    if number == 1:
        return replace(stage.state, mode="menu", page=0, wrong=0, notice="")
    return replace(stage.state, mode="ringing", page=0, notice="")
