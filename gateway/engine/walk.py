"""`step`: from a state and what happened to the next state, the screen and the effects. Pure.

Screens that ask nothing (branch, set, submit, do) are walked through at once. A live question leaves as a wish and
comes back as `Fetched`. Input that came ahead (a long dial, the words after an SMS keyword) is answered screen by
screen, as if it had been typed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from gateway import references
from gateway.engine.asking import Wrong
from gateway.engine.draw import pages
from gateway.engine.hear import accepted, entered, heard, popped_to, told, went
from gateway.engine.sending import handed, secret_in, to_send
from gateway.engine.stage import Stage, filled, in_letters, known, staged, text_of, word
from gateway.engine.standing import ONE, OWN
from gateway.engine.state import (
    Edition,
    Effect,
    Facts,
    Fetch,
    Fetched,
    Frame,
    Happening,
    Message,
    Opened,
    Paused,
    Recall,
    State,
    Step,
    Submit,
    Typed,
    Wish,
    replace,
)
from gateway.language import answers, conditions, declared, screens
from gateway.language.values import Value

LONGEST_WALK = 60  # screens walked through in one turn; a menu without an end stops here
LONGEST_CHOICE = 2  # characters of an option's number
TOLD = "@told"  # the receipt of a long last screen has gone out
ATTEMPTS = 3  # times an office may say that there is no such thing


class MenuTrouble(Exception):
    """The menu cannot go on: the caller of `step` answers with a polite END."""


def step(edition: Edition, state: State | None, event: Happening, facts: Facts) -> Step:
    """Return what follows. `state` is None only with Opened. Raises MenuTrouble."""
    match event:
        case Opened():
            return _opened(edition, event, facts)
        case Typed(text):
            assert state is not None
            return _typed(staged(edition, facts, state), text)
        case Fetched():
            assert state is not None and state.waiting
            return _walked(_fetched(staged(edition, facts, state), event), [])


# --- opening and typing -------------------------------------------------------------------------------------------


def _opened(edition: Edition, event: Opened, facts: Facts) -> Step:
    service = edition.services[event.service]
    language = event.language if event.language in service.languages else service.languages[0]
    notice = "" if event.inputs else facts.notice
    state = State(service.service, service.start, str(language), notice=notice, pending=event.inputs)
    paused = _worth(event.paused)
    if paused is not None and not event.inputs:
        return _shown(staged(edition, facts, replace(state, mode="resume", paused=paused)), [])
    return _walked(staged(edition, facts, state), [])


def _worth(paused: Paused | None) -> Paused | None:
    """Return the conversation worth offering again: one in which something was answered."""
    if paused is not None and paused.state.mode == "resume":
        paused = paused.state.paused
    return paused if paused is not None and paused.state.begun else None


def _typed(stage: Stage, text: str) -> Step:
    if stage.state.mode == "resume":
        return _resumed(stage, text)
    state, effects = heard(stage, text)
    return _walked(stage.at(state), list(effects))


def _resumed(stage: Stage, text: str) -> Step:
    """1 goes on where the conversation was dropped, on the edition it began with; 2 starts again."""
    paused, earlier = stage.state.paused, stage.facts.earlier
    assert paused is not None and earlier is not None
    number = answers.choice(text, 2)
    if number == 1:
        return _walked(staged(earlier, stage.facts, replace(paused.state, notice="")), [])
    if number == 2:
        return _walked(stage.at(replace(stage.state, mode="menu", paused=None, notice="")), [])
    return _shown(stage.at(replace(stage.state, notice=word(stage, "wrong_choice"))), [])


# --- walking ------------------------------------------------------------------------------------------------------


def _walked(stage: Stage, effects: list[Effect]) -> Step:
    """Walk on until there is a wish, a screen to show, or the end."""
    for _ in range(LONGEST_WALK):
        kind = stage.kind
        if stage.state.mode == "ringing" and not isinstance(kind, screens.CallBackScreen):
            return _rung(stage, effects)
        passed = PASSED.get(type(kind))
        if passed is not None:
            stage = stage.at(passed(stage, kind, effects))
            continue
        if type(kind) in ASKING and not stage.state.pending:
            return _shown(stage.at(_arrived(stage.state)), effects)
        match kind:
            case screens.End() if stage.state.frames and stage.state.frames[-1].go is not None:
                stage = stage.at(_returned(stage))
            case screens.End():
                return _ended(stage, kind, effects)
            case screens.Fetch():
                send = to_send(stage, kind.send)
                return _wished(stage, Fetch(kind.office, kind.ask, send, kind.within), effects)
            case screens.Status() if stage.state.waiting:
                return _wished(stage, Recall(str(stage.state.values[ONE])), effects)
            case screens.Status(of="mine" | "this") if OWN not in stage.state.values:
                only = stage.service.service if kind.of == "this" else None
                return _wished(stage, Recall(service=only), effects)
            case screens.Choose(none=str(none)) if not stage.state.values.get(kind.from_ or ""):
                stage = stage.at(went(stage, none))
            case screens.Rate() if not filled(stage, kind.of).strip():
                stage = stage.at(went(stage, kind.go))  # there is nothing to rate
            case screens.CallBackScreen() if stage.state.mode == "ringing":
                stage = stage.at(_rings(stage, kind, effects))
            case _ if stage.state.pending:
                stage = stage.at(_fed(stage.at(_arrived(stage.state)), effects))
            case _:
                return _shown(stage.at(_arrived(stage.state)), effects)
    raise MenuTrouble(f"{stage.service.service}: more than {LONGEST_WALK} screens without an answer")


def _arrived(state: State) -> State:
    """Coming to a screen a second time forgets what lay between, so that Back does not run in a circle."""
    if state.screen in state.trail:
        return replace(state, trail=state.trail[: state.trail.index(state.screen)])
    return state


def _branched(stage: Stage, kind: screens.Branch, effects: list[Effect]) -> State:
    values = known(stage)
    for arm in kind.root:
        if arm.when is None or conditions.holds(conditions.compile(arm.when), values):
            return went(stage, arm.go)
    raise MenuTrouble(f"{stage.service.service}: {stage.state.screen}: none of the ways holds")


def _computed(stage: Stage, kind: screens.Set, effects: list[Effect]) -> State:
    values: dict[str, Value] = dict(stage.state.values)
    for name, source in kind.values.items():
        values[name] = conditions.compute(conditions.compile(source), {**known(stage), **values})
    return replace(went(stage, kind.go), values=values)


def _filed(stage: Stage, kind: screens.Submit, effects: list[Effect]) -> State:
    """From here on the request cannot be lost, and Back cannot file it again."""
    send, secret = to_send(stage, kind.send), secret_in(stage, kind.send)
    reference = _request(stage, effects, kind.office, kind.ask, send, secret)
    return _cannot_go_back(stage, went(stage, kind.go), reference)


def _rings(stage: Stage, kind: screens.CallBackScreen, effects: list[Effect]) -> State:
    send = {**to_send(stage, kind.send), **_ringing(stage)}
    reference = _request(stage, effects, kind.office, kind.ask, send, secret_in(stage, kind.send))
    return _cannot_go_back(stage, went(stage, kind.go), reference)


def _ringing(stage: Stage) -> dict[str, Any]:
    return {"phone": stage.facts.phone, "service": stage.service.service, "screen": stage.state.screen}


def _cannot_go_back(stage: Stage, state: State, reference: str) -> State:
    frames = tuple(frame if frame.go is None else dataclasses.replace(frame, trail=()) for frame in state.frames)
    return replace(state, reference=reference, filed=state.filed + 1, trail=(), frames=frames, known=())


def _request(stage: Stage, effects: list[Effect], office: str, ask: str, send: Mapping[str, Any], secret: bool) -> str:
    service = stage.service
    reference = references.make(stage.facts.seed, stage.state.filed)
    title = text_of(stage, service.title)
    effects.append(
        Submit(reference, service.service, service.agency, title, stage.state.language, office, ask, send, secret)
    )
    return reference


def _into(stage: Stage, kind: screens.Do, effects: list[Effect]) -> State:
    state, service = stage.state, stage.edition.services[kind.service]
    frame = Frame(state.service, state.screen, state.trail, state.values, state.secrets, kind.go, {**kind.save})
    given = {name: handed(stage, source, service.takes[name]) for name, source in kind.with_.items()}
    return entered(service, state, frame, given)


def _returned(stage: Stage) -> State:
    state, frame = stage.state, stage.state.frames[-1]
    back = popped_to(state, frame, state.frames[:-1])
    values = {ours: state.values[theirs] for theirs, ours in frame.save.items() if theirs in state.values}
    secrets = {ours: state.secrets[theirs] for theirs, ours in frame.save.items() if theirs in state.secrets}
    assert frame.go is not None
    return replace(back, screen=frame.go, values={**back.values, **values}, secrets={**back.secrets, **secrets})


def _fed(stage: Stage, effects: list[Effect]) -> State:
    """Answer the screen with input that came ahead; what does not fit stops there and says so."""
    typed, rest = _portion(stage)
    bare = stage.at(replace(stage.state, pending=(), notice=""))
    try:
        state, told_of = accepted(bare, typed)
    except Wrong as wrong:
        # What is longer than a choice is not shown again: it may be a PIN that came a screen too early.
        shown = isinstance(stage.kind, screens.Choose) and len(typed) <= LONGEST_CHOICE
        why = word(stage, "long_dial_stopped", typed=typed) if shown else str(wrong)
        return replace(bare.state, notice=why)
    effects.extend(told_of)
    return replace(state, pending=rest)


def _portion(stage: Stage) -> tuple[str, tuple[str, ...]]:
    """Over SMS free text takes all the words that are left; an option, a set form or a place takes as many as fit."""
    pending, kind = stage.state.pending, stage.kind
    text = kind.answer if isinstance(kind, screens.Ask) and kind.answer.kind == "text" else None
    if stage.facts.channel == "sms" and text is not None and text.pattern is None:
        return " ".join(pending), ()
    place = isinstance(kind, screens.Ask) and kind.answer.kind == "place"
    if stage.facts.channel == "sms" and (text is not None or place or isinstance(kind, screens.Choose)):
        for count in range(min(4, len(pending)), 1, -1):
            try:
                accepted(stage, " ".join(pending[:count]))
            except Wrong:
                continue
            return " ".join(pending[:count]), pending[count:]
    return pending[0], pending[1:]


ASKING = frozenset({screens.Ask, screens.Confirm, screens.Say, screens.Language})  # they are shown in any case
PASSED: dict[type[Any], Callable[[Stage, Any, list[Effect]], State]] = {
    screens.Branch: _branched,
    screens.Set: _computed,
    screens.Submit: _filed,
    screens.Do: _into,
}  # what asks nothing


# --- wishes -------------------------------------------------------------------------------------------------------


def _wished(stage: Stage, wish: Wish, effects: list[Effect]) -> Step:
    state = replace(stage.state, waiting=True)
    return Step(state, wish=wish, effects=tuple(effects), edition=stage.edition.hash)


def _fetched(stage: Stage, event: Fetched) -> Stage:
    kind, values = stage.kind, event.values
    stage = stage.at(replace(stage.state, waiting=False))
    if isinstance(kind, screens.Status):
        rows = values["requests"] if isinstance(values, Mapping) else []
        return stage.at(told(stage, list(rows)))
    assert isinstance(kind, screens.Fetch)
    if values == "missing" and kind.missing is not None:
        return stage.at(_missed(stage, kind.missing))
    saved = _saved(kind, values) if isinstance(values, Mapping) else None
    if saved is not None:
        return stage.at(replace(went(stage, kind.go), values={**stage.state.values, **saved}))
    if kind.otherwise is None:
        raise MenuTrouble(f"{stage.service.service}: {stage.state.screen}: the office did not answer")
    return stage.at(went(stage, kind.otherwise))


def _missed(stage: Stage, target: str) -> State:
    """Ask again, but not for ever: who guesses a PIN gets no further than who mistypes an answer."""
    state = replace(went(stage, target), notice=word(stage, "not_found"), missed=stage.state.missed + 1)
    return state if state.missed < ATTEMPTS else replace(state, mode="stuck", notice="", missed=0)


def _saved(kind: screens.Fetch, values: Mapping[str, Any]) -> dict[str, Value] | None:
    """Return what is saved of an office's answer; None if a value is absent or is not what was declared."""
    saved: dict[str, Value] = {}
    try:
        for theirs, ours in kind.save.items():
            value = values[theirs]
            saved[ours.as_] = declared.items(ours, value) if ours.each else declared.taken(ours, value)
    except (KeyError, declared.Nonsense):
        return None
    return saved


# --- showing ------------------------------------------------------------------------------------------------------


def _shown(stage: Stage, effects: list[Effect]) -> Step:
    if stage.state.pending:
        stage = stage.at(replace(stage.state, pending=()))
    state = stage.state
    if state.mode == "stuck" and stage.service.call_back is None:
        if stage.facts.channel == "sms":  # nobody is hung up on, and the question is asked again
            return _shown(stage.at(replace(state, mode="menu", notice=word(stage, "too_many_tries"))), effects)
        kept = replace(state, mode="menu", notice="")
        text = f"{word(stage, 'too_many_tries')}\n{word(stage, 'dial_again', code=stage.facts.short_code)}"
        return Step(kept, in_letters(stage, text), more=False, effects=tuple(effects), edition=stage.edition.hash)
    shown = pages(stage)
    text = shown[min(state.page, len(shown) - 1)].text
    return Step(state, text, effects=tuple(effects), edition=stage.edition.hash)


def _ended(stage: Stage, kind: screens.End, effects: list[Effect]) -> Step:
    """The last screen; if it is long, the session stays open until its last page."""
    state, shown = stage.state, pages(stage)
    if kind.sms is not None and stage.facts.channel != "sms" and TOLD not in state.values:
        as_sms = _as_sms(stage)
        receipt = in_letters(as_sms, text_of(as_sms, kind.sms))
        effects.append(Message(receipt, state.reference, state.service))
    last = state.page >= len(shown) - 1
    text = shown[min(state.page, len(shown) - 1)].text
    kept = None if last else replace(state, pending=(), values={**state.values, TOLD: True})
    return Step(kept, text, more=not last, effects=tuple(effects), edition=stage.edition.hash)


def _as_sms(stage: Stage) -> Stage:
    facts = stage.facts
    return stage._replace(facts=facts._replace(channel="sms", limits=facts.limits.as_sms()))


def _rung(stage: Stage, effects: list[Effect]) -> Step:
    """The citizen who is stuck asked to be rung back: that is a request like any other."""
    place = stage.service.call_back
    assert place is not None
    reference = _request(stage, effects, place.office, place.ask, _ringing(stage), False)
    text = word(stage, "call_back_saved", reference=reference)
    return Step(None, in_letters(stage, text), more=False, effects=tuple(effects), edition=stage.edition.hash)
