"""What a description of a USSD telecom may say, and what is wrong with it. Pure.

Every key has its own words in docs/telecoms/add-a-telecom.md. Checks that look at two keys complain at the later one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from gateway.messages import KnownBy
from providers.described.answering import Other, Plain, ReplyForm
from providers.described.filling import names_of
from providers.described.finding import ELSEWHERE
from providers.described.marks import Condition, Marks, Places, Strict, is_place, listed, wrong_at

_SEGMENT: Final = re.compile(r"\{[a-z_]+\}|[A-Za-z0-9_.-]+")
_NAMED_SEGMENT: Final = re.compile(r"\{([a-z_]+)\}")
_CODE_HOLE: Final = re.compile(r"\{([^{}]+)\}")
_IDENTITY: Final[dict[str, KnownBy]] = {"id and number": "both", "id": "session", "number": "number"}


def _is_code(value: str) -> str:
    for place in _CODE_HOLE.findall(value) or [value]:
        is_place(place)
    return value


def _shared(mine: Any, other: Any) -> str:
    """Return the first place of mine that is the other's, too; upper and lower case are the same."""
    taken = {place.lower() for place in other or ()}
    return next((place for place in mine or () if place.lower() in taken), "")


_OF_ITS_OWN: Final = {
    "number": "say where the citizen's number is; if sessions have no id, leave fields.session out and write "
    "known_by: number",
    "input": "say where the citizen's answer is",
    "sequence": "sequence changes with every turn: with a value that stays, each answer would be taken for a repeat; "
    "leave it out if there is none",
}

CodePlaces = Annotated[tuple[Annotated[str, AfterValidator(_is_code)], ...], BeforeValidator(listed)]
"""Where the short code is; a place may stand in braces within a code, such as `*203*{extension}#`."""


class Fields(Strict):
    """Where the values of a callback are."""

    session: Places | None = None
    number: Places
    code: CodePlaces = ()
    network: Places | None = None
    input: Places
    sequence: Places | None = None

    @field_validator("number", "input", "sequence", mode="after")
    @classmethod
    def _are_places_of_their_own(cls, places: Any, info: ValidationInfo) -> Any:
        others = info.data if info.field_name == "sequence" else {"session", "number"} & info.data.keys()
        for name in sorted(others):
            shared = _shared(places, info.data[name])
            if shared:
                raise ValueError(f"{shared!r} is fields.{name} already ({_OF_ITS_OWN[str(info.field_name)]})")
        return places

    def places(self) -> Iterator[str]:
        """Yield every place that is named."""
        for places in (self.session, self.number, self.network, self.input, self.sequence):
            yield from places or ()
        for code in self.code:
            yield from _CODE_HOLE.findall(code) or [code]


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
    methods: Annotated[tuple[Literal["GET", "POST", "PUT"], ...], BeforeValidator(listed)] = ()
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
        if path.startswith("/"):
            raise ValueError(f"a path begins without a slash, since it goes on after /ussd (write {path.lstrip('/')})")
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
                place = is_place(name.removeprefix("echo."))
                _reachable(place, info.data.get("transport", ""), info.data.get("path", ""))
            elif name in ("session", "code", "network", "sequence") and not getattr(fields, name, True):
                raise ValueError(f"the answer says {{{name}}}, but fields.{name} is not there (add fields.{name})")
        return reply

    @model_validator(mode="after")
    def _reads_its_segments(self) -> Self:
        read = [*self.fields.places(), *(place for condition in self._conditions() for place in condition)]
        for segment in set(_NAMED_SEGMENT.findall(self.path)) - {"_"}:
            if f"path:{segment}" not in {place.lower() for place in (*read, *self.echoes)}:
                what = f"nothing reads the segment {{{segment}}} of path"
                raise wrong_at("path", f"{what} (write session: path:{segment} in fields, or {{_}} for any)")
        return self

    def _conditions(self) -> Iterator[Condition]:
        yield from self.marks.given()
        for other in self.others:
            yield from other.when

    @property
    def tells_the_code(self) -> bool:
        """True if callbacks say which short code was dialled: a channel may then have several."""
        return bool(self.fields.code) or self.first_input == "dialled"

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
