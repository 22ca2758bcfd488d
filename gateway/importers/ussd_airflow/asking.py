"""Input screens: what is typed, the validators, and options beside the question. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from gateway.importers import cel, patterns
from gateway.importers.draft import Place
from gateway.importers.ussd_airflow.conversion import Conversion

LIMIT = re.compile(r"(?:ussd_request\.)?(\w+)\s*\|\s*int\s*(<=?|>=?)\s*(\d+)\s*\Z")
LONGEST_TEXT = 160
MOST = 999_999_999


@dataclass(slots=True)
class Asked:
    """What an input takes: `limits` are least and most, `wrongs` what is said otherwise, `rest` all other checks."""

    digits: tuple[int, int] | None = None
    pattern: str = ""
    limits: list[int | None] = field(default_factory=lambda: [None, None])
    wrongs: list[tuple[Any, tuple[str | int, ...]]] = field(default_factory=list)
    rest: list[tuple[str, Any, tuple[str | int, ...]]] = field(default_factory=list)


def kind_of(journey: Any, body: dict[str, Any]) -> cel.Kind:
    """Return the kind of value that an input screen saves."""
    asked = _asked("", body)
    if _is_number(journey, body, asked):
        return "number"
    return "digits" if asked.digits else "text"


def question(c: Conversion, name: str, body: dict[str, Any]) -> None:
    """Put an input screen as an `ask`, and what follows it."""
    place, identifier = c.place(name), body.get("input_identifier")
    if identifier is None:
        c.notes.doubt(place, f"{name!r} saves its answer under no name", "it is saved under the screen's")
    saved = c.known.save(str(name if identifier is None else identifier), kind_of(c.journey, body))
    asked = _asked(name, body)
    options = [one for one in _listed(c, body, name) if isinstance(one, dict)]
    text = c.text(body.get("text"), name, "text", typed=saved)
    made: dict[str, Any] = {"text": _with_options(c, text, options, name) or c.draft.said("choose"), "save": saved}
    made["answer"] = _answer(c, body, asked, saved, place)
    if options:
        made["answer"]["allow"] = [str(number) for number in range(1, len(options) + 1)]
    wrong = [c.text(said, *path, typed=saved) for said, path in asked.wrongs if said is not None]
    if wrong:
        made["wrong"] = _put_together(c.draft.languages, wrong)
    comments = (
        ()
        if c.known.kinds[saved] != "number" or asked.digits
        else ("from: any text; a number, since it is reckoned with",)
    )
    c.draft.put(name, "ask", made, place, *comments)
    arms = [
        {"when": f'{saved} == "{number}"', "go": c.onward(name, one, name, "options", number - 1)}
        for number, one in enumerate(options, 1)
    ]
    made["go"] = c.onward(name, body, name, typed=saved, first=[*arms, *_checks(c, name, asked, saved)])


def _asked(name: str, body: dict[str, Any]) -> Asked:
    """Return what the validators ask for."""
    asked = Asked()
    validators = body.get("validators")
    for index, one in enumerate(validators if isinstance(validators, list) else ()):
        if not isinstance(one, dict):
            continue
        path: tuple[str | int, ...] = (name, "validators", index)
        said = (one.get("text"), (*path, "text"))
        if "regex" in one:
            _take_regex(asked, str(one["regex"]))
            asked.wrongs.append(said)
        elif "expression" in one:
            limit = LIMIT.fullmatch(str(one["expression"]).replace("{{", "").replace("}}", "").strip())
            if limit and limit[1] in ("input", str(body.get("input_identifier"))):
                _take_limit(asked, limit[2], int(limit[3]))
                asked.wrongs.append(said)
            else:
                asked.rest.append((str(one["expression"]), one.get("text"), path))
    return asked


def _take_regex(asked: Asked, regex: str) -> None:
    found = patterns.digits(regex)
    asked.digits = found or asked.digits
    asked.pattern = asked.pattern if found else patterns.whole(regex)


def _take_limit(asked: Asked, sign: str, number: int) -> None:
    if sign[0] == "<":
        asked.limits[1] = number - (sign == "<")
    else:
        asked.limits[0] = number + (sign == ">")


def _is_number(journey: Any, body: dict[str, Any], asked: Asked) -> bool:
    """True if what is typed is reckoned with, here or later."""
    if asked.limits != [None, None]:
        return True
    if asked.pattern:
        return False
    names = re.escape(str(body.get("input_identifier")))
    reckoned = re.compile(rf"\b(?:{names})\s*\|\s*int\b")
    own = re.compile(r"\binput\s*\|\s*int\b")
    ways = body.get("next_screen")
    here = [str(way.get("condition")) for way in ways if isinstance(way, dict)] if isinstance(ways, list) else []
    return any(map(own.search, here)) or any(map(reckoned.search, journey.code()))


def _answer(c: Conversion, body: dict[str, Any], asked: Asked, saved: str, place: Place) -> dict[str, Any]:
    if c.known.kinds[saved] == "number" or _is_number(c.journey, body, asked):
        least, most = asked.limits
        widest = min(10 ** asked.digits[1] - 1, MOST) if asked.digits else None
        answer: dict[str, Any] = {"kind": "number"}
        answer |= {"min": least} if least else {}
        ceiling = min((one for one in (most, widest) if one is not None), default=None)
        return answer | ({"max": ceiling} if ceiling is not None and ceiling < MOST else {})
    if asked.digits:
        return dict(patterns.answer(*asked.digits))
    answer = {"kind": "text"}
    if asked.pattern:
        if ".*" in (asked.pattern[:2], asked.pattern[-2:]):
            what = f"the pattern {asked.pattern} was looked for within the answer"
            c.notes.doubt(place, what, "try it with real answers: here it must fit the whole")
        answer |= {"max": LONGEST_TEXT, "pattern": asked.pattern}
    return answer


def _checks(c: Conversion, name: str, asked: Asked, saved: str) -> list[dict[str, str]]:
    """Return the ways of validators that are no limits: a wrong answer is told, and asked for again."""
    arms = []
    for source, said, path in asked.rest:
        found = c.condition(source, *path, typed=saved)
        if found is None or found.literal is not None:
            continue
        text = c.text(said, *path, "text", typed=saved) if said is not None else c.draft.said("no_way")
        wrong = c.draft.add(f"{name}_wrong", "say", {"text": text, "go": name}, c.place(*path), made=True)
        arms.append({"when": cel.negated(found).source, "go": wrong})
    return arms


def _listed(c: Conversion, body: dict[str, Any], name: str) -> list[Any]:
    options = body.get("options")
    if options is not None and not isinstance(options, list):
        c.notes.lost(c.place(name, "options"), f"the options of {name!r} are no list", "write a list")
    return options if isinstance(options, list) else []


def _with_options(c: Conversion, text: Any, options: list[dict[str, Any]], name: str) -> Any:
    """Return the question with its options, which an `ask` has no lines for."""
    for number, option in enumerate(options, 1):
        label = c.text(option.get("text"), name, "options", number - 1, "text")
        lines = [{t: f"{number}. {_in(label, t)}" for t in c.draft.languages}]
        text = _put_together(c.draft.languages, [text, *lines], "\n")
    return text


def _put_together(languages: list[str], texts: list[Any], joint: str = " ") -> Any:
    if all(isinstance(text, str) for text in texts):
        return _joined(texts, joint)
    made = {tongue: _joined([_in(text, tongue) for text in texts], joint) for tongue in languages}
    return made if len(set(made.values())) > 1 else next(iter(made.values()))


def _joined(texts: list[str], joint: str) -> str:
    """Join texts, each once; where they follow in one line, as sentences."""
    each = list(dict.fromkeys(texts))
    ended = [text if joint != " " or text[-1:] in ".!?" or len(each) == 1 else f"{text}." for text in each]
    return joint.join(ended)


def _in(text: Any, tongue: str) -> str:
    return str(text.get(tongue, "")) if isinstance(text, dict) else str(text)
