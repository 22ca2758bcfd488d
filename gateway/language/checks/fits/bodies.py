"""What each kind of screen says at its longest: its text, and the lines that the engine puts below it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.language import answers, text, words
from gateway.language.answers import gazetteer
from gateway.language.checks import names
from gateway.language.checks.fits.widths import PHONE, REFERENCE, Caller, of_item
from gateway.language.pages import Footers
from gateway.language.places import Path
from gateway.language.screens import (
    Ask,
    CallBackScreen,
    Choose,
    Confirm,
    Kind,
    Language,
    Rate,
    Say,
    Status,
    spec,
    written,
)

MOST_PAGES = 5
MOST_LIST_PAGES = 10
MOST_REQUESTS = 5  # that a `status` screen lists
NOTHING: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """What a screen says at its longest. `source` is the template of its text, for words about what makes it long."""

    path: Path
    shown: str
    lines: tuple[str, ...] = ()
    source: str = ""
    most: int = MOST_PAGES


def bodies(caller: Caller, screen: Path, kind: Kind) -> Iterator[Body]:
    """Yield the longest form of each thing that a screen can say, but for a last screen."""
    match kind:
        case Choose():
            if kind.from_ is None:
                yield _written(caller, (*screen, "choose", "text"), kind.text, choices(caller, kind))
            else:
                shown, lines = caller.longest(kind.text), choices(caller, kind)
                yield Body((*screen, "choose", "from"), shown, lines, "", MOST_LIST_PAGES)
        case Ask():
            yield _written(caller, (*screen, "ask", "text"), kind.text, below(caller, kind))
            if kind.answer.kind == "place":
                yield Body((*screen, "ask", "answer"), caller.said("which_place"), _offered(caller, kind), "", 99)
        case Confirm():
            lines = (f"1 {caller.said('send')}", f"2 {caller.said('change')}")
            yield _written(caller, (*screen, "confirm", "text"), kind.text, lines)
        case Say():
            yield _written(caller, (*screen, "say", "text"), kind.text, (f"1 {caller.said('next')}",))
        case Language(text=texts) if texts is not None:
            own = tuple(f"{n} {words.own_name(tag)}" for n, tag in enumerate(caller.service.languages, 1))
            yield _written(caller, (*screen, "language", "text"), texts, own)
        case Status():
            yield from _status(caller, (*screen, "status"), kind)
        case Rate():
            if kind.text is not None:
                yield _written(caller, (*screen, "rate", "text"), kind.text, NOTHING)
            if kind.comment is not None:
                yield _written(caller, (*screen, "rate", "comment"), kind.comment, (_skip(caller),))
        case CallBackScreen():
            declined = () if kind.decline is None else (f"2 {caller.said('no')}",)
            lines = (f"1 {caller.said('call_me_back')}", *declined)
            if kind.text is not None:
                yield _written(caller, (*screen, "call_back", "text"), kind.text, lines)
            else:
                yield Body((*screen, "call_back"), caller.said("ring_you", phone=PHONE), lines)


def _written(caller: Caller, path: Path, texts: Any, lines: tuple[str, ...]) -> Body:
    source = written(texts, caller.channel, caller.language, caller.service.languages)
    return Body(caller.place(texts, path), caller.filled(source), lines, source)


def choices(caller: Caller, kind: Choose) -> tuple[str, ...]:
    """Return the numbered lines of a menu: as many items as its list can have, then its options."""
    items: list[str] = []
    if kind.from_ is not None and kind.label is not None:
        listed = names.listed(caller.service).get(kind.from_)
        items = [of_item(caller, kind).longest(kind.label)] * (listed.most_items if listed is not None else 1)
    labels = [*items, *(caller.longest(option.label) for option in kind.options)]
    return tuple(f"{number} {label}" for number, label in enumerate(labels, 1))


def below(caller: Caller, kind: Ask) -> tuple[str, ...]:
    """Return the lines below a question: yes and no, skip, and the answer that was given before."""
    lines = [f"1 {caller.said('yes')}", f"2 {caller.said('no')}"] if kind.answer.kind == "yes_no" else []
    keys = caller.service.keys
    if kind.optional and not answers.may_be(spec(kind), keys.skip):
        lines.append(_skip(caller))
    if not kind.hidden and not answers.may_be(spec(kind), keys.keep):
        lines.append(f"{keys.keep} {caller.said('keep', value=caller.sample(kind.save))}")
    return tuple(lines)


def _skip(caller: Caller) -> str:
    return f"{caller.service.keys.skip} {caller.said('skip')}"


def _offered(caller: Caller, kind: Ask) -> tuple[str, ...]:
    """Return the longest lines with which places of the list can be offered."""
    found = caller.lists.get((caller.service.service, kind.answer.list))  # type: ignore[union-attr]
    level = kind.answer.level  # type: ignore[union-attr]
    if found is None or level not in found.levels:
        return ()
    labels = sorted(gazetteer.offered(found.spots[level]), key=text.units, reverse=True)
    return tuple(f"{number} {label}" for number, label in enumerate(labels[: gazetteer.MOST_OFFERED], 1))


def _status(caller: Caller, path: Path, kind: Status) -> Iterator[Body]:
    """Yield the list of requests, and how one of them stands."""
    titles = [caller.longest(service.title) for service in caller.services.values()]
    title = max(titles, key=text.units, default="")
    if kind.text is not None:
        lines = tuple(f"{number} {title} {REFERENCE}" for number in range(1, MOST_REQUESTS + 1))
        yield _written(caller, (*path, "text"), kind.text, lines if kind.of != "reference" else NOTHING)
    for word, labels in kind.states.items():
        state = written(labels, caller.channel, caller.language, caller.service.languages)
        shown = f"{title}\n{REFERENCE}\n{caller.sample('today')}: {state}"
        yield Body(caller.place(labels, (*path, "states", word)), shown)


def footers(caller: Caller) -> Footers:
    """Return the lines at the foot of a screen."""
    keys = caller.service.keys
    return Footers(back=f"{keys.back} {caller.said('back')}", more=f"{keys.more} {caller.said('more')}")
