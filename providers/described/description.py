"""What a description of a USSD telecom may say, and what is wrong with it. Pure.

Every key has its own words in docs/telecoms/add-a-telecom.md. Checks that look at two keys complain at the later one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gateway.messages import KnownBy
from providers.described.filling import Format, Template, compiled, fault, names_of
from providers.described.finding import ELSEWHERE

_SEGMENT: Final = re.compile(r"\{[a-z_]+\}|[A-Za-z0-9_.-]+")
_PLACE: Final = re.compile(r"((header|query|path):)?[A-Za-z0-9_@./:-]+")
_CODE_HOLE: Final = re.compile(r"\{([^{}]+)\}")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]+")
_IDENTITY: Final[dict[str, KnownBy]] = {"id and number": "both", "id": "session", "number": "number"}
_CONTENT_TYPES: Final[dict[Format, str]] = {
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
    "xml": "text/xml; charset=utf-8",
}


class Strict(BaseModel):
    """What every part of a description has in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str | dict) else value


def _is_place(place: str) -> str:
    if _PLACE.fullmatch(place) is None or place.endswith(":"):
        raise ValueError(
            f"{place!r} is no place (write SessionId, payload.response, ussd/msisdn, header:X-Id, query:q or path:id)"
        )
    return place


Place = Annotated[str, AfterValidator(_is_place)]
Places = Annotated[tuple[Place, ...], BeforeValidator(_listed), Field(min_length=1)]
"""Where a value is: one place, or several of which the first that is there and not blank counts."""


def _is_code(value: str) -> str:
    for place in _CODE_HOLE.findall(value) or [value]:
        _is_place(place)
    return value


CodePlaces = Annotated[tuple[Annotated[str, AfterValidator(_is_code)], ...], BeforeValidator(_listed)]
"""Where the short code is; a place may stand in braces within a code, such as `*203*{extension}#`."""


class Fields(Strict):
    """Where the values of a callback are."""

    session: Places | None = None
    number: Places
    code: CodePlaces = ()
    network: Places | None = None
    input: Places
    sequence: Places | None = None

    def places(self) -> Iterator[str]:
        """Yield every place that is named."""
        for places in (self.session, self.number, self.network, self.input, self.sequence):
            yield from places or ()
        for code in self.code:
            yield from _CODE_HOLE.findall(code) or [code]


class Test(Strict):
    """What a value must be: one of a few words, or what `is`, `begins` and `not` say."""

    words: tuple[str, ...] | None = None
    is_: Literal["there", "missing", "blank", "dialled"] | None = Field(None, alias="is")
    begins: str | None = Field(None, min_length=1)
    not_: Annotated[tuple[str | None, ...], BeforeValidator(_listed)] | None = Field(None, alias="not")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(given is not None for given in (self.words, self.is_, self.begins, self.not_)) != 1:
            raise ValueError("a test is one of is, begins and not (write {is: missing}, {begins: Abort} or {not: 0})")
        return self

    def holds(self, value: str | None) -> bool:
        """Return whether a value, None for one that is not there, passes."""
        if self.words is not None:
            return value is not None and value.strip().lower() in self.words
        if self.begins is not None:
            return (value or "").lower().startswith(self.begins.lower())
        if self.not_ is not None:
            return value is not None and value.lower() not in {(word or "").lower() for word in self.not_}
        return _IS[self.is_ or "there"](value)


_IS: Final[dict[str, Callable[[str | None], bool]]] = {
    "there": lambda value: value is not None,
    "missing": lambda value: value is None,
    "blank": lambda value: not (value or "").strip(),
    "dialled": lambda value: re.fullmatch(r"\*[0-9*]+#", value or "") is not None,
}


def _condition(value: Any) -> Any:
    if isinstance(value, dict):
        return {place: _worded(wanted) for place, wanted in value.items()}
    return value


def _worded(wanted: Any) -> Any:
    if wanted is None or isinstance(wanted, str):
        return {"words": ((wanted or "").lower(),)}
    if isinstance(wanted, list) and all(word is None or isinstance(word, str) for word in wanted):
        return {"words": tuple((word or "").lower() for word in wanted)}
    return wanted


Condition = Annotated[dict[Place, Test], BeforeValidator(_condition), Field(min_length=1)]
"""What must be at which places, all of it: a word, a list of words, or a test such as `{is: missing}`."""

Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_listed), Field(min_length=1)]
"""Conditions of which one must hold."""


def holds(conditions: Iterable[Condition], look: Any) -> bool:
    """Return whether one of the conditions holds. `look(place)` returns a value or None."""
    return any(all(test.holds(look(place)) for place, test in condition.items()) for condition in conditions)


def _same(one: Condition, other: Condition) -> str:
    """Return the place and word that two conditions share in a way that lets both hold; "" if none."""
    if one.keys() != other.keys():
        return ""
    for place in one:
        mine, yours = one[place], other[place]
        if mine.words is None or yours.words is None:
            return place if mine == yours else ""
        shared = set(mine.words) & set(yours.words)
        if not shared:
            return ""
    return f"{place} {min(shared)!r}" if len(one) == 1 else place


class Marks(Strict):
    """What tells a new session, a going one, and one that is over."""

    new: Literal["unseen"] | Conditions
    goes_on: Literal["otherwise"] | Conditions | None = Field(None, validate_default=True)
    aborted: Conditions | None = None
    timed_out: Conditions | None = None

    @field_validator("goes_on", mode="after")
    @classmethod
    def _is_told(cls, goes_on: Any, info: ValidationInfo) -> Any:
        new = info.data.get("new", "unseen")
        if new == "unseen" and goes_on is not None:
            raise ValueError("goes_on has no meaning where new is unseen (remove it, or say what marks a new session)")
        if new != "unseen" and goes_on is None:
            raise ValueError(
                "it is not said what marks a session that goes on (add goes_on: {Type: response}, or otherwise)"
            )
        return goes_on

    @field_validator("goes_on", "aborted", "timed_out", mode="after")
    @classmethod
    def _contradicts_none(cls, mine: Any, info: ValidationInfo) -> Any:
        for name in ("new", "goes_on", "aborted"):
            other = info.data.get(name)
            if isinstance(mine, str) or isinstance(other, str) or mine is None or other is None:
                continue
            shared = next((found for one in mine for two in other if (found := _same(one, two))), "")
            if shared:
                what = f"{shared} already marks {name}"
                raise ValueError(f"{what} (a callback is one of both: give each a mark of its own)")
        return mine

    def given(self) -> Iterator[Condition]:
        """Yield every condition."""
        for marks in (self.new, self.goes_on, self.aborted, self.timed_out):
            if marks is not None and not isinstance(marks, str):
                yield from marks


class Bodies(Strict):
    """Two bodies, where the answer that goes on and the one that ends differ in more than words."""

    goes_on: str
    ends: str


class ReplyForm(Strict):
    """How a screen is said."""

    format: Format
    body: str | Bodies
    headers: dict[str, str] = {}
    content_type: str = Field("", max_length=100, pattern=r"^[ -~]*$")
    status: int = Field(200, ge=200, le=299)
    newline: str = ""
    replace: dict[str, str] = {}

    @field_validator("body", mode="after")
    @classmethod
    def _is_well_formed(cls, body: str | Bodies, info: ValidationInfo) -> str | Bodies:
        for template in (body,) if isinstance(body, str) else (body.goes_on, body.ends):
            _checked(template, info.data.get("format", "text"), needs_text=True)
        return body

    @field_validator("headers", mode="after")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, template in headers.items():
            if _HEADER.fullmatch(name) is None:
                raise ValueError(f"{name!r} is no header's name (write it as X-USSD-Session: …)")
            if {"text", "first_line"} & names_of(compiled(template, "text")):
                raise ValueError(f"the screen cannot stand in the header {name} (put {{text}} into the body)")
        return headers

    @model_validator(mode="after")
    def _says_whether_it_goes_on(self) -> Self:
        bodies = [self.body] if isinstance(self.body, str) else []
        told = [names_of(compiled(one, "text")) for one in (*bodies, *self.headers.values())]
        if isinstance(self.body, str) and not any("more" in names for names in told):
            raise ValueError(
                "the answer never says whether the session goes on "
                "(add {more ? CON : END} to the body or a header, or give a body for goes_on and one for ends)"
            )
        return self

    @property
    def type(self) -> str:
        """The content type."""
        return self.content_type or _CONTENT_TYPES[self.format]

    @cached_property
    def bodies(self) -> dict[bool, Template]:
        """The body's template while the session goes on, and at its end."""
        body = Bodies(goes_on=self.body, ends=self.body) if isinstance(self.body, str) else self.body
        return {True: compiled(body.goes_on, self.format), False: compiled(body.ends, self.format)}

    @cached_property
    def header_templates(self) -> tuple[tuple[str, Template], ...]:
        """The headers' templates."""
        return tuple((name, compiled(template, "text")) for name, template in self.headers.items())

    def names(self) -> frozenset[str]:
        """Return every name that the answer needs."""
        templates = (*self.bodies.values(), *(template for _, template in self.header_templates))
        return frozenset[str]().union(*map(names_of, templates))


def _checked(template: str, format: Format, *, needs_text: bool) -> None:
    pieces = compiled(template, format)
    if needs_text and "text" not in names_of(pieces):
        raise ValueError("the screen is nowhere in it (put {text} where the screen goes)")
    wrong = fault(pieces, format)
    if wrong:
        raise ValueError(f"{wrong} (copy the answer from the operator's document and mind its quotes and brackets)")


class Plain(Strict):
    """An answer without a screen, to a notice that a session is over or to a question of the telecom's."""

    body: str = ""
    format: Format = "text"
    content_type: str = Field("", max_length=100, pattern=r"^[ -~]*$")
    status: int = Field(200, ge=200, le=299)

    @field_validator("format", mode="after")
    @classmethod
    def _is_well_formed(cls, format: Format, info: ValidationInfo) -> Format:
        body = info.data.get("body", "")
        if body:
            _checked(body, format, needs_text=False)
        if {"text", "first_line", "more"} & names_of(compiled(body, format)):
            raise ValueError("there is no screen to say here (use {session}, {number} or {echo.X})")
        return format

    @property
    def type(self) -> str:
        """The content type."""
        return self.content_type or _CONTENT_TYPES[self.format]

    @cached_property
    def template(self) -> Template:
        """The body's template."""
        return compiled(self.body, self.format)


class Other(Strict):
    """A callback that is no turn of a session: understood, noted, answered."""

    when: Conditions
    what: str = Field(min_length=1, max_length=80)
    answer: Plain = Plain()


def _is_country_code(code: str) -> str:
    if re.fullmatch(r"([1-9][0-9]{0,2})?", code) is None:
        raise ValueError(f"{code!r} is no country code (write its digits alone, such as 254)")
    return code


class Description(Strict):
    """A USSD telecom. The keys from `name` to `source` are for people."""

    name: str = ""
    country: str = ""
    confidence: Literal["A", "B", "C", ""] = ""
    about: str = ""
    ask_for: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    source: str = ""

    transport: Literal["query", "form", "json", "xml"]
    methods: Annotated[tuple[Literal["GET", "POST", "PUT"], ...], BeforeValidator(_listed)] = ()
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    path: str = ""
    unnamed: Literal["refuse", "ignore"] = "refuse"
    fields: Fields
    input_is: Literal["last", "transcript"]
    first_input: Literal["answer", "dialled", "suffix", "nothing"]
    country_code: Annotated[str, AfterValidator(_is_country_code)] = ""
    known_by: Literal["id and number", "id", "number"] = Field("id and number", validate_default=True)
    marks: Marks
    parameters: tuple[str, ...] = ()
    reply: ReplyForm
    ended: Plain = Plain()
    others: tuple[Other, ...] = ()

    @field_validator("path", mode="after")
    @classmethod
    def _has_segments(cls, path: str) -> str:
        for segment in filter(None, path.split("/")):
            if _SEGMENT.fullmatch(segment) is None:
                raise ValueError(f"{segment!r} is no segment of an address (write path: session/{{session}}/{{event}})")
        return path

    @field_validator("fields", mode="after")
    @classmethod
    def _can_be_there(cls, fields: Fields, info: ValidationInfo) -> Fields:
        for place in fields.places():
            _reachable(place, info.data.get("transport", ""), info.data.get("path", ""))
        return fields

    @field_validator("input_is", mode="after")
    @classmethod
    def _is_of_one_family(cls, input_is: str, info: ValidationInfo) -> str:
        fields = info.data.get("fields")
        if input_is == "transcript" and fields is not None and fields.sequence is not None:
            raise ValueError(
                "a transcript needs no sequence: its own length says which turn it is (remove fields.sequence, "
                "or write input_is: last)"
            )
        return input_is

    @field_validator("first_input", mode="after")
    @classmethod
    def _fits_the_input(cls, first: str, info: ValidationInfo) -> str:
        fields = info.data.get("fields")
        if first == "dialled" and info.data.get("input_is") == "transcript":
            raise ValueError("a transcript never holds the short code itself (write suffix or answer)")
        if first == "suffix" and fields is not None and not fields.code:
            raise ValueError("a suffix goes after a short code, and fields.code is not there (add fields.code)")
        return first

    @field_validator("known_by", mode="after")
    @classmethod
    def _has_what_it_is_known_by(cls, known_by: str, info: ValidationInfo) -> str:
        fields = info.data.get("fields")
        if known_by != "number" and fields is not None and fields.session is None:
            raise ValueError("there is no fields.session to know a session by (add it, or write known_by: number)")
        return known_by

    @field_validator("marks", mode="after")
    @classmethod
    def _look_where_something_is(cls, marks: Marks, info: ValidationInfo) -> Marks:
        for condition in marks.given():
            for place in condition:
                _reachable(place, info.data.get("transport", ""), info.data.get("path", ""))
        return marks

    @field_validator("reply", mode="after")
    @classmethod
    def _says_what_is_known(cls, reply: ReplyForm, info: ValidationInfo) -> ReplyForm:
        fields = info.data.get("fields")
        for name in sorted(reply.names()):
            if name.startswith("echo."):
                place = _is_place(name.removeprefix("echo."))
                _reachable(place, info.data.get("transport", ""), info.data.get("path", ""))
            elif name in ("session", "code", "network", "sequence") and not getattr(fields, name, True):
                raise ValueError(f"the answer says {{{name}}}, but fields.{name} is not there (add fields.{name})")
        return reply

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """The HTTP methods that the telecom calls with."""
        return self.methods or (("GET",) if self.transport == "query" else ("POST",))

    @property
    def identity(self) -> KnownBy:
        """What tells a session from another, in the gateway's own word."""
        return _IDENTITY[self.known_by]

    @cached_property
    def echoes(self) -> tuple[str, ...]:
        """The places that answers repeat."""
        answers = (names_of(answer.template) for answer in (self.ended, *(other.answer for other in self.others)))
        names = self.reply.names().union(*answers)
        return tuple(sorted(name.removeprefix("echo.") for name in names if name.startswith("echo.")))


def _reachable(place: str, transport: str, path: str) -> None:
    if place.startswith("path:") and "{" + place.removeprefix("path:") + "}" not in path:
        segment = place.removeprefix("path:")
        raise ValueError(f"there is no segment {{{segment}}} in path (write path: session/{{{segment}}})")
    if place.startswith(ELSEWHERE):
        return
    if transport == "xml" and "." in place:
        raise ValueError(f"{place!r} is no place in XML (part elements with slashes: payload/response)")
    if transport in ("query", "form", "json") and ("/" in place or "@" in place):
        raise ValueError(f"{place!r} is no place in {transport} (only XML has slashes and @)")
