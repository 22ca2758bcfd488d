"""Speaks as a described telecom does: builds the callback for a turn, and hears the screen in the answer. Pure.

The other direction of `reading`, for rehearsals, conformance and load: nothing that serves citizens needs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET
from xml.sax.saxutils import unescape

from gateway.messages import Reply, Unreadable
from gateway.speech import Spoken, Turn
from providers.described.description import Description
from providers.described.filling import Format, Template
from providers.described.finding import ELSEWHERE
from providers.described.marks import Condition

_HOLE: Final = re.compile(r"\{([^{}]+)\}")
Values = dict[str, str]


def speak(description: Description, turn: Turn, secrets: Mapping[str, str] = {}) -> Spoken:
    """Return the callback for a turn, or for its session being over. `secrets` are parameters that prove the caller."""
    values = _values(description, turn)
    _mark(description, turn, values)
    methods = description.allowed_methods
    method = "PUT" if turn.over and "PUT" in methods else methods[0]
    beyond = _HOLE.sub(lambda hole: quote(values.get(f"path:{hole[1]}", ""), safe=""), description.path)
    path = f"ussd/{beyond}" if beyond else "ussd"
    return written(description.transport, description.encoding, method, path, values | dict(secrets))


def written(transport: str, encoding: str, method: str, path: str, values: Mapping[str, str]) -> Spoken:
    """Return a callback with these values in their places."""
    headers = {place[7:]: value for place, value in values.items() if place.startswith("header:")}
    query = {place[6:]: value for place, value in values.items() if place.startswith("query:")}
    plain = {place: value for place, value in values.items() if not place.startswith(ELSEWHERE)}
    if transport == "query":
        query |= plain
    body, content_type = _BODIES[transport](plain)
    typed = {"content-type": content_type} if content_type else {}
    return Spoken(method, path, urlencode(query), headers | typed, body.encode(encoding, "replace"))


def _values(description: Description, turn: Turn) -> Values:
    fields, values = description.fields, Values()
    number = turn.number if description.known_by != "id" or turn.first else ""
    for places, value in (
        (fields.session, turn.session),
        (fields.number, number.removeprefix("+")),
        (fields.network, turn.network),
        (fields.sequence, str(len(turn.typed) + 1)),
    ):
        if places and value:
            values[places[0]] = value
    values |= _code(description, turn)
    values[fields.input[0]] = _input(description, turn)
    return values


def _input(description: Description, turn: Turn) -> str:
    """Return what stands in the input's place."""
    bare = turn.code.strip("*#")
    suffix = tuple(bare.split("*")[1:]) if description.first_input == "suffix" else ()
    if description.input_is == "transcript":
        return "*".join((*suffix, *turn.ahead, *turn.typed))
    if not turn.first:
        return turn.typed[-1]
    first = {"dialled": "*" + "*".join((bare, *turn.ahead)) + "#", "suffix": "*".join((*suffix, *turn.ahead))}
    return first.get(description.first_input, "")


def _code(description: Description, turn: Turn) -> Values:
    """Return what tells the short code: the first of its places that can."""
    dialled = "*" + "*".join((turn.code.strip("*#"), *turn.ahead)) + "#"
    for place in description.fields.code:
        holes = _HOLE.findall(place)
        if not holes:
            whole = turn.code.strip("*#").split("*")[0] if description.first_input == "suffix" else turn.code
            return {place: whole}
        pattern = "".join(
            f"({'.+' if index == len(holes) - 1 else '[^*#]+'})" + re.escape(rest)
            for index, rest in enumerate(_HOLE.split(place)[2::2])
        )
        found = re.fullmatch(re.escape(_HOLE.split(place)[0]) + pattern, dialled)
        if found:
            return dict(zip(holes, found.groups(), strict=True))
    return {}


def _mark(description: Description, turn: Turn, values: Values) -> None:
    """Set what marks the callback as new, going on or over. Who never tells of an end says the last turn again."""
    marks = description.marks
    going = marks.new if turn.first else marks.goes_on
    wanted = marks.aborted if turn.over and marks.aborted is not None else going
    if wanted is None or isinstance(wanted, str):
        return
    condition: Condition = wanted[0]
    for place, test in condition.items():
        there = next((given for given in values if given.lower() == place.lower()), place)
        if test.words is not None:
            values[there] = test.words[0]
        elif test.is_ == "missing":
            values.pop(there, None)
        elif test.is_ == "there":
            values.setdefault(there, "1")
        elif test.is_ == "blank":
            values[there] = ""
        elif test.begins is not None:
            values[there] = test.begins
        elif test.not_ is not None:
            values[there] = next(word for word in ("1", "x", "y", "z") if word not in test.not_)


# --- bodies -------------------------------------------------------------------------------------------------------


def _form(values: Values) -> tuple[str, str]:
    return urlencode(values), "application/x-www-form-urlencoded"


def _json(values: Values) -> tuple[str, str]:
    whole: dict[str, Any] = {}
    for place, value in values.items():
        *outer, last = place.split(".")
        at = whole
        for key in outer:
            at = at.setdefault(key, {})
        at[last] = value == "true" if value in ("true", "false") else value
    return json.dumps(_listed(whole), ensure_ascii=False), "application/json"


def _listed(value: Any) -> Any:
    """Return objects whose only key is 0 as the lists that they stand for."""
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(child) for key, child in value.items()}
    return list(inner.values()) if inner.keys() == {"0"} else inner


def _xml(values: Values) -> tuple[str, str]:
    root = ET.Element("request")
    for place, value in values.items():
        *outer, last = place.split("/")
        at = root
        for name in outer if last.startswith("@") else (*outer, last):
            found = at.find(name)
            at = ET.SubElement(at, name) if found is None else found
        if last.startswith("@"):
            at.set(last[1:], value)
        else:
            at.text = value
    return ET.tostring(root, encoding="unicode"), "text/xml; charset=utf-8"


def _nothing(values: Values) -> tuple[str, str]:
    return "", ""


_BODIES: Final[Mapping[str, Callable[[Values], tuple[str, str]]]] = {
    "query": _nothing,
    "form": _form,
    "json": _json,
    "xml": _xml,
}


# --- what is heard back -------------------------------------------------------------------------------------------


def hear(description: Description, headers: Mapping[str, str], body: str) -> Reply:
    """Return the screen that an answer shows. `headers` have lower-case names. Raises Unreadable for another form."""
    form = description.reply
    for more in (True, False):
        found = re.fullmatch(_pattern(form.bodies[more], form.format, more), body, re.DOTALL)
        told = (re.fullmatch(_pattern(t, "text", more), headers.get(n.lower(), "")) for n, t in form.header_templates)
        if found is not None and all(told):
            shown = found["text"].replace(form.newline, "\n") if form.newline else found["text"]
            return Reply(_PLAIN[form.format](shown), more)
    raise Unreadable("the answer is not in this telecom's form")


def _pattern(template: Template, format: Format, more: bool) -> str:
    """Return a regular expression that an answer fits; its group `text` is the screen as it is escaped."""
    pattern = ""
    for piece in template:
        if isinstance(piece, str):
            pattern += re.escape(piece)
        elif piece.name == "more":
            word = piece.choice[0 if more else 1] if piece.choice else "true" if more else "false"
            pattern += re.escape(word)
        else:
            value = r"(?:[^\"\\]|\\.)*" if piece.quoted else ".*"
            named = piece.name == "text" and "(?P<text>" not in pattern
            pattern += f"(?P<text>{value})" if named else f"{value}?"
    return pattern


_PLAIN: Final[Mapping[Format, Callable[[str], str]]] = {
    "text": lambda shown: shown,
    "json": lambda shown: str(json.loads(f'"{shown}"')),
    "xml": lambda shown: unescape(shown, {"&quot;": '"'}),
}
