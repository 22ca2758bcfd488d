"""A message and the wait after it: a menu where the answers are words or numbers, else a typed answer. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from gateway.importers import cel, naming, patterns
from gateway.importers.cel import Unsure
from gateway.importers.rapidpro import cases
from gateway.importers.rapidpro.conversion import Conversion, Texts, plain
from gateway.importers.rapidpro.export import exits, iso, listed, maps, router
from gateway.language.asked import COUNTRY

NUMBERED = re.compile(r"^\s*\(?(\d{1,2})(?:\s*[.):=\-]+|\s)\s*(\S.*?)\s*$")
EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
LONGEST_TEXT = 160
MOST = 999_999_999


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its message in all languages with the quick replies, and the node that waits for the answer."""

    node: dict[str, Any]
    text: Texts
    replies: list[Texts]
    saved: str
    back: frozenset[str]  # the nodes from which the question is asked again


@dataclass(slots=True)
class Category:
    """One category of a switch: the cases that lead to it, and the node that it leads to, empty for the end."""

    data: dict[str, Any]
    target: str
    cases: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.data.get("name") or "Match")


def categories(node: dict[str, Any]) -> tuple[list[Category], Category | None]:
    """Return the categories that cases lead to, in order, and the one for everything else."""
    switch, out = router(node), exits(node)
    found = {
        str(one.get("uuid")): Category(one, out.get(str(one.get("exit_uuid")), ""))
        for one in maps(switch, "categories")
    }
    for case in maps(switch, "cases"):
        if str(case.get("category_uuid")) in found:
            found[str(case["category_uuid"])].cases.append(case)
    other = found.get(str(switch.get("default_category_uuid")))
    order = list(dict.fromkeys(str(case.get("category_uuid")) for case in maps(switch, "cases")))
    return [found[uuid] for uuid in order if uuid in found], other


# --- menus --------------------------------------------------------------------------------------------------------


def is_menu(asked: Asked) -> bool:
    """True if every case is a word or number that the message offers."""
    named, _ = categories(asked.node)
    every = [case for one in named for case in one.cases]
    if not every or not all(_is_plain(case) for case in every):
        return False
    return all(_label(asked, one) is not None for one in named)


def _is_plain(case: dict[str, Any]) -> bool:
    kind = str(case.get("type"))
    if kind in cases.NUMBERS:
        try:
            least, most = cases.limits(case)
        except Unsure:
            return False
        return least is not None and least == most
    return kind in cases.WORDS and bool(cases.words(case))


def _label(asked: Asked, one: Category) -> tuple[int, Texts] | None:
    """Return the place and the label of the option that a category stands for; None if none is offered.

    A label is empty where the message names the number, but not in a line of its own.
    """
    heard = {word for case in one.cases for word in cases.words(case)}
    for place, reply in enumerate(asked.replies):
        first = next(iter(reply.values())).lower()
        if first in heard or set(re.findall(r"\w+", first)) & heard:
            return place, reply
    first_text = next(iter(asked.text.values()))
    for place, (number, _) in enumerate(numbered(first_text)):
        if number in heard:
            labels = {tongue: dict(numbered(text)).get(number, "") for tongue, text in asked.text.items()}
            return place, labels
    digits = sorted(word for word in heard if word.isdecimal())
    if digits and digits[0] in re.findall(r"\w+", first_text):
        return int(digits[0]), {}
    return None


def numbered(text: str) -> list[tuple[str, str]]:
    """Return the numbered lines of a message."""
    return [(found[1], found[2]) for line in text.split("\n") if (found := NUMBERED.match(line))]


def menu(c: Conversion, asked: Asked) -> dict[str, Any]:
    """Return a `choose`; each option leads to the node of its category."""
    named, other = categories(asked.node)
    places = {id(one): _label(asked, one) for one in named}
    order = sorted(named, key=lambda one: (places[id(one)] or (99, {}))[0])
    options: list[dict[str, Any]] = []
    values: dict[str, str] = {}
    for one in order:
        found = places[id(one)]
        label = found[1] if found is not None and any(found[1].values()) else c.say(one.data, "name")
        options.append(_option(c, one, label, options))
        values[one.name.lower()] = str(options[-1]["value"])
        _note_number(c, asked, one, len(options))
    c.known.options[asked.saved] = values
    if other is not None:
        _any_other(c, asked, other, options)
    text = {tongue: _without_options(said) for tongue, said in asked.text.items()}
    shown: Any = plain(text) if all(text.values()) else c.draft.said("choose")
    return {"text": shown, "save": asked.saved, "options": options}


def _option(c: Conversion, one: Category, label: Texts, before: list[dict[str, Any]]) -> dict[str, Any]:
    value = naming.unique(naming.name(one.name, "option"), [str(option["value"]) for option in before])
    made: dict[str, Any] = {"value": value, "label": plain(label)}
    heard = _heard(c, one, label)
    if heard:
        made["words"] = heard
    return made | {"go": f"node:{one.target}"}


def _heard(c: Conversion, one: Category, label: Texts) -> Any:
    """Return the words that an option listens for over SMS, but for its number and its label."""
    found: dict[str, list[str]] = {}
    for tongue in c.draft.languages:
        said: list[str] = []
        for case in one.cases:
            if str(case.get("type")) not in cases.NUMBERS:
                said += re.findall(r"\w+", " ".join(_arguments(c, case, tongue)).lower())
        own = label.get(tongue, "").lower()
        found[tongue] = [word for word in dict.fromkeys(said) if not word.isdecimal() and word != own]
    if len({tuple(words) for words in found.values()}) == 1:
        return next(iter(found.values()))
    return {tongue: words for tongue, words in found.items() if words}


def _arguments(c: Conversion, case: dict[str, Any], tongue: str) -> list[str]:
    for code, translations in c.flow.translations().items():
        part = translations.get(str(case.get("uuid")))
        if iso(code) == tongue and tongue != c.draft.languages[0] and isinstance(part, dict):
            return [str(one) for one in listed(part, "arguments")] or cases.arguments(case)
    return cases.arguments(case)


def _note_number(c: Conversion, asked: Asked, one: Category, number: int) -> None:
    digits = {word for case in one.cases for word in cases.words(case) if word.isdecimal()}
    if digits and str(number) not in digits:
        what = f"{c.flow.name!r}: {one.name} was chosen with {', '.join(sorted(digits))}; here its number is {number}"
        c.notes.differs(c.place(asked.node), what, "nothing, or put the options into another order")


def _any_other(c: Conversion, asked: Asked, other: Category, options: list[dict[str, Any]]) -> None:
    """Any other answer is asked again here; where it led to a place of its own, that is an option."""
    if other.target in asked.back:
        return
    named, _ = categories(asked.node)
    if not other.target or other.target in {one.target for one in named}:
        led = "went on as well" if other.target else "ended it"
        what = f"{c.flow.name!r}: any other answer than the options {led}; here it is asked again"
        c.notes.differs(c.place(other.data), what, "nothing, or add an option for it")
        return
    label = plain(c.say(other.data, "name"))
    value = naming.unique("other", [str(option["value"]) for option in options])
    options.append({"value": value, "label": label, "go": f"node:{other.target}"})
    what = f"{c.flow.name!r}: any other answer led on; here it is the option {other.name!r}"
    c.notes.differs(c.place(other.data), what, "take the option out, if a wrong answer should be asked again")


def _without_options(text: str) -> str:
    lines = [line for line in text.split("\n") if not NUMBERED.match(line)]
    return "\n".join(lines).strip()


# --- typed answers ------------------------------------------------------------------------------------------------


def answer(c: Conversion, asked: Asked) -> tuple[dict[str, Any], cel.Kind, bool]:
    """Return how an answer is read, its kind, and whether reading it is all that the cases ask."""
    named, _ = categories(asked.node)
    every = [case for one in named for case in one.cases]
    kinds = {str(case.get("type")) for case in every}
    alone = len(named) == 1
    try:
        if kinds and kinds <= cases.NUMBERS:
            return _number(every, alone and len(every) == 1)
        if kinds and kinds <= cases.DATES:
            return _date(every, alone and len(every) == 1)
    except Unsure as error:
        c.notes.doubt(c.place(asked.node), f"{c.flow.name!r}: {error}", "write the limits of the answer")
        return ({"kind": "number"}, "number", False) if kinds <= cases.NUMBERS else ({"kind": "date"}, "day", False)
    if kinds == {"has_phone"}:
        country = next((one for case in every for one in cases.arguments(case) if COUNTRY.match(one)), "")
        return {"kind": "phone", **({"country": country} if country else {})}, "text", alone
    if kinds == {"has_email"}:
        return {"kind": "text", "max": LONGEST_TEXT, "pattern": EMAIL}, "text", alone
    if kinds == {"has_pattern"} and alone and len(every) == 1:
        return _pattern("".join(cases.arguments(every[0])))
    if kinds & cases.PLACES:
        what = f"{c.flow.name!r}: a place of the administrative list is asked for; here it is any text"
        c.notes.differs(c.place(asked.node), what, "ask for a place of your own list, or with menus")
    if "has_time" in kinds:
        c.notes.differs(
            c.place(asked.node), f"{c.flow.name!r}: a time is asked for; here it is any text", "ask with a menu"
        )
    return (
        {"kind": "text", "max": LONGEST_TEXT},
        "text",
        not every or (alone and kinds <= {"has_text", "has_time", *cases.PLACES}),
    )


def _pattern(written: str) -> tuple[dict[str, Any], cel.Kind, bool]:
    found = patterns.digits(written)
    if found is not None:
        return dict(patterns.answer(*found)), "digits", True
    return {"kind": "text", "max": LONGEST_TEXT, "pattern": f"(?i){patterns.whole(written)}"}, "text", True


def _number(every: list[dict[str, Any]], alone: bool) -> tuple[dict[str, Any], cel.Kind, bool]:
    if not alone:
        return {"kind": "number"}, "number", all(case.get("type") == "has_number" for case in every)
    least, most = cases.limits(every[0])
    made: dict[str, Any] = {"kind": "number"}
    made |= {"min": least} if least else {}
    made |= {"max": most} if most is not None and most < MOST else {}
    return made, "number", True


def covers(every: list[dict[str, Any]]) -> bool:
    """True if every number that can be typed passes one of the tests."""
    try:
        ranges = sorted((least or 0, MOST if most is None else most) for least, most in map(cases.limits, every))
    except Unsure:
        return False
    reached = -1
    for least, most in ranges:
        if least > reached + 1:
            return False
        reached = max(reached, most)
    return reached >= MOST


def _date(every: list[dict[str, Any]], alone: bool) -> tuple[dict[str, Any], cel.Kind, bool]:
    if not alone:
        return {"kind": "date"}, "day", all(case.get("type") == "has_date" for case in every)
    first, last = cases.days(every[0])
    made = {"kind": "date", **({"min": first} if first else {}), **({"max": last} if last else {})}
    return made, "day", True
