"""What the citizen typed, and where it leads: navigation keys, choices, answers, wrong answers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.engine import asking, options, standing
from gateway.engine.asking import Wrong
from gateway.engine.draw import INSIDE, SCORE, has_back, has_home, pages
from gateway.engine.stage import Stage, filled, spelt, word
from gateway.engine.state import Effect, Frame, Rated, Remember, State, replace
from gateway.language import answers, words
from gateway.language.root import Service
from gateway.language.screens import Ask, CallBackScreen, Choose, Confirm, End, Language, Rate, Say, Status
from gateway.language.values import Value

Heard = tuple[State, tuple[Effect, ...]]


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
    if stage.state.mode in INSIDE:
        changes = {**outside(stage.state), **changes}
    return replace(stage.state, screen=target, page=0, wrong=0, notice="", mode="menu", **changes)


def outside(state: State) -> dict[str, Any]:
    """Return what a state holds without what belongs to a screen that is left half answered."""
    values = {name: value for name, value in state.values.items() if name not in asking.OWN_NAMES and name != SCORE}
    secrets = {name: value for name, value in state.secrets.items() if name not in asking.OWN_NAMES}
    return {"values": values, "secrets": secrets}


def onward(stage: Stage, target: str, **changes: Any) -> State:
    """Return the state after an answer: the screen it was given on is where Back leads."""
    return went(stage, target, trail=(*stage.state.trail, stage.state.screen), **changes)


# --- navigation ---------------------------------------------------------------------------------------------------


def _navigated(stage: Stage, typed: str) -> State | None:
    keys, state = stage.service.keys, stage.state
    if typed == keys.more and state.page + 1 < len(pages(stage)):
        return replace(state, page=state.page + 1)
    if typed == keys.back and state.page > 0 and state.mode in ("menu", "pick") and not isinstance(stage.kind, End):
        return replace(state, page=state.page - 1)
    if typed == keys.back and has_back(stage):
        return _back(stage) if state.mode == "menu" else _outwards(state)
    if typed == keys.home and state.begun and has_home(stage):
        return _home(stage)
    if isinstance(stage.kind, End):
        return replace(state, page=min(state.page + 1, len(pages(stage)) - 1))
    return None


def _outwards(state: State, **changes: Any) -> State:
    """Return the state back on the screen itself, from a question within it."""
    return replace(state, mode="menu", page=0, **{"notice": "", **outside(state), **changes})


def _back(stage: Stage) -> State:
    state = stage.state
    if state.values.get(standing.ONE):
        values = {name: value for name, value in state.values.items() if name != standing.ONE}
        return replace(state, page=0, notice="", values=values)
    if state.trail:
        values = {name: value for name, value in state.values.items() if name != standing.OWN}
        return replace(went(stage, state.trail[-1]), trail=state.trail[:-1], values=values, known=tuple(values))
    frame = state.frames[-1]
    popped = popped_to(state, frame, state.frames[:-1])
    return popped if frame.go is None else replace(popped, screen=frame.trail[-1], trail=frame.trail[:-1])


def _home(stage: Stage) -> State:
    state = stage.state
    if not state.frames:
        left = went(stage, stage.service.start)
        values = {name: value for name, value in left.values.items() if name not in (standing.OWN, standing.ONE)}
        return replace(left, trail=(), values=values, known=tuple(values))
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
        mode="menu",
        page=0,
        wrong=0,
        notice="",
        known=(),
    )


# --- answers ------------------------------------------------------------------------------------------------------


def _answered(stage: Stage, typed: str) -> Heard:
    state = stage.state
    if state.mode == "stuck":
        return _unstuck(stage, typed), ()
    if state.mode == "comment":
        return _commented(stage, typed)
    try:
        hear = ANSWERED[type(stage.kind)]
    except KeyError:
        raise TypeError(f"{state.screen}: nothing is asked there") from None
    heard: Heard = hear(stage, stage.kind, typed)
    return heard


def _picked(stage: Stage, typed: str, lines: list[tuple[str, ...]]) -> int:
    """Return the 1-based choice among words: by its number or, over SMS, by a word."""
    number = answers.choice(typed, len(lines))
    if number is None:
        found = answers.word_match(typed, [spelt(stage, line) for line in lines])
        number = None if found is None else found + 1
    if number is None:
        raise Wrong(word(stage, "wrong_choice"))
    return number


def _choice(stage: Stage, kind: Choose, typed: str) -> Heard:
    offer = options.picked(stage, kind, typed)
    if offer is None:
        raise Wrong(word(stage, "wrong_choice"))
    values = {**stage.state.values, **options.saved_of(stage, kind, offer)}
    if not isinstance(offer, options.Item) and offer.do is not None:
        return _into(stage, offer.do, values), ()
    assert offer.go is not None
    return onward(stage, offer.go, values=values), ()


def _into(stage: Stage, name: str, values: dict[str, Any]) -> State:
    state = stage.state
    frame = Frame(state.service, state.screen, state.trail, values, state.secrets, None)
    return entered(stage.edition.services[name], state, frame)


def entered(service: Service, state: State, frame: Frame, given: Mapping[str, Value] | None = None) -> State:
    """Return the state at the start of another service, with what it is given and `frame` to come back to."""
    language = state.language if state.language in service.languages else service.languages[0]
    return replace(
        state,
        service=service.service,
        screen=service.start,
        language=language,
        frames=(*state.frames, frame),
        values={} if given is None else given,
        secrets={},
        trail=(),
        known=(),
        page=0,
        wrong=0,
        notice="",
    )


def _answer(stage: Stage, kind: Ask, typed: str) -> Heard:
    changes = asking.answered(stage, kind, typed)
    return (replace(stage.state, **changes) if "mode" in changes else onward(stage, kind.go, **changes)), ()


def _confirmed(stage: Stage, kind: Confirm, typed: str) -> Heard:
    tongues = [words.tongue(language) for language in stage.service.languages]
    sends = (word(stage, "send"), *(yes for tongue in tongues for yes in tongue.yes))
    changes = (word(stage, "change"), *(no for tongue in tongues for no in tongue.no))
    if _picked(stage, typed, [sends, changes]) == 1:
        return onward(stage, kind.go), ()
    return onward(stage, kind.change, known=tuple(stage.state.values)), ()


def _said(stage: Stage, kind: Say, typed: str) -> Heard:
    return onward(stage, kind.go), ()


def _language(stage: Stage, kind: Language, typed: str) -> Heard:
    tongues = stage.service.languages
    language = tongues[_picked(stage, typed, [(words.own_name(tongue), tongue) for tongue in tongues]) - 1]
    return onward(stage, kind.go, language=language), (Remember(language),)


def _status(stage: Stage, kind: Status, typed: str) -> Heard:
    if standing.is_over(stage, kind):
        return onward(stage, kind.go, values=standing.left(stage, kind)), ()
    asked = standing.asked(stage, kind, typed)
    if isinstance(asked, str):
        raise Wrong(asked)
    return asked, ()


def told(stage: Stage, rows: list[dict[str, str]]) -> State:
    """Return the state of a `status` screen after it was told which requests there are."""
    state = standing.told(stage, rows)
    if rows or not state.values.get(standing.ONE):
        return state
    values = {name: value for name, value in state.values.items() if name != standing.ONE}
    return refused(stage.at(replace(state, values=values)), word(stage, "no_such_reference"))


def _rated(stage: Stage, kind: Rate, typed: str) -> Heard:
    score = answers.choice(typed, 5)
    if score is None:
        raise Wrong(word(stage, "wrong_rating"))
    if kind.comment is not None:
        return replace(stage.state, mode="comment", page=0, notice="", values={**stage.state.values, SCORE: score}), ()
    return onward(stage, kind.go), (Rated(filled(stage, kind.of), score),)


def _commented(stage: Stage, typed: str) -> Heard:
    kind, score = stage.kind, stage.state.values[SCORE]
    assert isinstance(kind, Rate) and isinstance(score, int)
    skipped = answers.clean(typed) in ("", stage.service.keys.skip)
    comment = "" if skipped else asking.comment(stage, typed)
    return onward(stage, kind.go), (Rated(filled(stage, kind.of), score, comment),)


def _called(stage: Stage, kind: CallBackScreen, typed: str) -> Heard:
    """Whoever wants to be rung back is: the request is filed on the way on."""
    declined = [(word(stage, "no"), *words.tongue(stage.state.language).no)] if kind.decline is not None else []
    if _picked(stage, typed, [(word(stage, "call_me_back"), *words.tongue(stage.state.language).yes), *declined]) == 2:
        assert kind.decline is not None
        return onward(stage, kind.decline), ()
    return replace(stage.state, mode="ringing", page=0, notice=""), ()


ANSWERED: dict[type[Any], Callable[[Stage, Any, str], Heard]] = {
    Choose: _choice,
    Ask: _answer,
    Confirm: _confirmed,
    Say: _said,
    Language: _language,
    Status: _status,
    Rate: _rated,
    CallBackScreen: _called,
}


# --- wrong answers ------------------------------------------------------------------------------------------------


def refused(stage: Stage, why: str) -> State:
    """Return the state that shows the reason and the question again; after too many attempts, a kind word."""
    state = stage.state
    if state.mode in ("resume", "stuck"):
        return replace(state, page=0, notice=why)
    if state.wrong + 1 < getattr(stage.kind, "attempts", 3):
        if state.mode == "again":  # which of the two was meant is not known
            return _outwards(state, wrong=state.wrong + 1, notice=why)
        return replace(state, page=0, wrong=state.wrong + 1, notice=why)
    too_many = getattr(stage.kind, "too_many", None)
    if too_many is not None:
        return onward(stage, too_many)
    return replace(_outwards(state) if state.mode in INSIDE else state, mode="stuck", page=0, wrong=0, notice="")


def _unstuck(stage: Stage, typed: str) -> State:
    number = _picked(stage, typed, [(word(stage, "try_again"),), (word(stage, "call_me_back"),)])
    if number == 1:
        return replace(stage.state, mode="menu", page=0, wrong=0, notice="")
    return replace(stage.state, mode="ringing", page=0, notice="")
