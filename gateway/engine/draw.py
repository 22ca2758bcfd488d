"""What a screen says: texts, options and footers, cut into pages that fit. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.engine import options, standing
from gateway.engine.stage import Stage, staged, text_of, word
from gateway.language import answers, reader, templates, words
from gateway.language.pages import Footers, Page, paginate
from gateway.language.root import Service
from gateway.language.screens import Ask, CallBackScreen, Choose, Confirm, End, Kind, Language, Rate, Say, Status, spec
from gateway.language.values import Chosen

FOUND = "@found"  # the places that fit what was typed
SCORE = "@score"  # the rating whose comment is being asked for
INSIDE = frozenset({"pick", "again", "comment"})  # modes within a screen, from which Back leads to the screen itself


# --- the body of each kind ----------------------------------------------------------------------------------------

Body = tuple[str, tuple[str, ...]]  # the text, and the option lines


def body(stage: Stage) -> Body:
    """Return the text and the option lines of the screen the citizen is on."""
    of_mode = MODES.get(stage.state.mode)
    if of_mode is not None:
        return of_mode(stage)
    try:
        draw = BODIES[type(stage.kind)]
    except KeyError:
        raise TypeError(f"{stage.state.screen}: nothing is shown there") from None
    return draw(stage, stage.kind)


def _choose(stage: Stage, kind: Choose) -> Body:
    return text_of(stage, kind.text), options.lines(stage, kind)


def _ask(stage: Stage, kind: Ask) -> Body:
    return text_of(stage, kind.text), _yes_or_no(stage, kind) + _skipped(stage, kind) + _kept(stage, kind)


def _confirm(stage: Stage, kind: Confirm) -> Body:
    return text_of(stage, kind.text), (f"1 {word(stage, 'send')}", f"2 {word(stage, 'change')}")


def _say(stage: Stage, kind: Say) -> Body:
    return text_of(stage, kind.text), (f"1 {word(stage, 'next')}",)


def _language(stage: Stage, kind: Language) -> Body:
    text = text_of(stage, kind.text) if kind.text is not None else word(stage, "language_question")
    return text, tuple(f"{n} {words.own_name(t)}" for n, t in enumerate(stage.service.languages, 1))


def _rate(stage: Stage, kind: Rate) -> Body:
    return (text_of(stage, kind.text) if kind.text is not None else word(stage, "rate_us")), ()


def _call_back(stage: Stage, kind: CallBackScreen) -> Body:
    text = text_of(stage, kind.text) if kind.text is not None else word(stage, "ring_you", phone=stage.facts.phone)
    lines = (f"1 {word(stage, 'call_me_back')}",)
    return text, lines if kind.decline is None else (*lines, f"2 {word(stage, 'no')}")


def _yes_or_no(stage: Stage, kind: Ask) -> tuple[str, ...]:
    return (f"1 {word(stage, 'yes')}", f"2 {word(stage, 'no')}") if kind.answer.kind == "yes_no" else ()


def keeps(stage: Stage, kind: Ask) -> bool:
    """True if the answer given before is offered again on this screen."""
    if kind.hidden or kind.save not in stage.state.known or stage.state.values.get(kind.save, "") == "":
        return False  # nothing was given, or it was skipped
    return not answers.may_be(spec(kind), stage.service.keys.keep)


def skips(stage: Stage, kind: Ask) -> bool:
    """True if the answer may be left out with a key."""
    return kind.optional and not answers.may_be(spec(kind), stage.service.keys.skip)


def _skipped(stage: Stage, kind: Ask) -> tuple[str, ...]:
    return (f"{stage.service.keys.skip} {word(stage, 'skip')}",) if skips(stage, kind) else ()


def _kept(stage: Stage, kind: Ask) -> tuple[str, ...]:
    if not keeps(stage, kind):
        return ()
    value = templates.render(
        templates.compile("{value}"), {"value": stage.state.values[kind.save]}, stage.state.language
    )
    return (f"{stage.service.keys.keep} {word(stage, 'keep', value=value)}",)


def _end(stage: Stage, kind: End) -> Body:
    """Over SMS the receipt is the answer: one message, not two."""
    texts = kind.sms if kind.sms is not None and stage.facts.channel == "sms" else kind.text
    return text_of(stage, texts) if texts is not None else word(stage, "good_bye"), ()


# --- the body of what comes between -------------------------------------------------------------------------------


def _resume(stage: Stage) -> Body:
    paused, earlier = stage.state.paused, stage.facts.earlier
    assert paused is not None and earlier is not None
    title = text_of(staged(earlier, stage.facts, paused.state), earlier.services[paused.state.service].title)
    lines = (f"1 {word(stage, 'continue')}", f"2 {word(stage, 'start_again')}")
    return word(stage, "unfinished", title=title), lines


def _stuck(stage: Stage) -> Body:
    lines = (f"1 {word(stage, 'try_again')}", f"2 {word(stage, 'call_me_back')}")
    return word(stage, "too_many_tries"), lines


def _pick(stage: Stage) -> Body:
    """Several places fit what was typed."""
    found: Any = stage.state.values[FOUND]
    labels = [place.label if isinstance(place, Chosen) else str(place) for place in found]
    return word(stage, "which_place"), tuple(f"{number} {name}" for number, name in enumerate(labels, 1))


def _again(stage: Stage) -> Body:
    return word(stage, "type_again"), ()


def _comment(stage: Stage) -> Body:
    kind = stage.kind
    assert isinstance(kind, Rate) and kind.comment is not None
    return text_of(stage, kind.comment), (f"{stage.service.keys.skip} {word(stage, 'skip')}",)


MODES: dict[str, Callable[[Stage], Body]] = {
    "resume": _resume, "stuck": _stuck, "pick": _pick, "again": _again, "comment": _comment,
}  # fmt: skip
BODIES: dict[type[Any], Callable[[Stage, Any], Body]] = {
    Choose: _choose,
    Ask: _ask,
    Confirm: _confirm,
    Say: _say,
    Language: _language,
    Status: standing.body,
    Rate: _rate,
    CallBackScreen: _call_back,
    End: _end,
}


# --- pages --------------------------------------------------------------------------------------------------------


def is_still(service: Service, screen: str) -> bool:
    """True if a screen says the same to everybody who reads the same language: no names in it, no hidden options."""
    known: bool | None = service.drawn.get(screen)
    if known is None:
        known = service.drawn[screen] = _still(service.screen(screen))
    return known


def _still(kind: Kind) -> bool:
    if isinstance(kind, Status | CallBackScreen):
        return False
    if isinstance(kind, Choose) and (kind.from_ is not None or any(o.when is not None for o in kind.options)):
        return False
    sources = (source for _, text in reader.texts(kind) for *_, source in reader.variants(text))
    return all(not templates.compile(source).names for source in sources)


def has_back(stage: Stage) -> bool:
    """True if the back key leads somewhere from the first page of this screen."""
    state = stage.state
    if state.mode in INSIDE:
        return not (state.mode == "again" and _may_be(stage, stage.service.keys.back))
    if state.mode != "menu":
        return False
    outside = state.frames and (state.frames[-1].go is None or state.frames[-1].trail)
    kind = stage.kind
    if isinstance(kind, End) or not (state.trail or outside or state.values.get(standing.ONE)):
        return False
    return not _may_be(stage, stage.service.keys.back)


def _may_be(stage: Stage, key: str) -> bool:
    """True if a key could be meant as the answer that is asked for here."""
    return isinstance(stage.kind, Ask) and answers.may_be(spec(stage.kind), key)


def has_home(stage: Stage) -> bool:
    """True unless what is asked for here could be the home key itself."""
    return not _may_be(stage, stage.service.keys.home)


def pages(stage: Stage) -> tuple[Page, ...]:
    """Return the pages of the screen, each of which fits the channel with all its footers."""
    state, service = stage.state, stage.service
    if state.notice or state.known or state.mode != "menu" or not is_still(service, state.screen):
        return _paged(stage)
    limits = stage.facts.limits  # its hash would cost more than those of its numbers
    key = (
        state.screen, state.language, stage.facts.channel, has_back(stage),
        limits.septets, limits.units, limits.unicode, limits.shift,
    )  # fmt: skip
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
