"""Conversations that prove a service, as a clerk writes them in `<service>.test.yaml`. Pure.

`recording.py` writes such a file from a walk that somebody took, `phone.py` runs it, `updating.py` rewrites what it
expects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from gateway.language import places, shapes
from gateway.language.asked import Duration, Slug, Strict, Tongue
from gateway.language.places import Document, Path

SUFFIX = ".test.yaml"
NUMBER, NETWORK = "+254700000001", "63902"
TODAY, NOW = date(2026, 11, 23), time(9, 30)
SILENT = ("slow", "down", "nonsense")  # what an office can do instead of answering; all lead to `otherwise`
OUTCOMES = ("missing", *SILENT)
PLAIN = re.compile(r"(true|false|null|-?(0|[1-9]\d*)(\.\d+)?)\Z")  # what stands without quotes and is not text


# --- what may be written ------------------------------------------------------------------------------------------


def _day(value: Any) -> Any:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise PydanticCustomError("test-bad-conversation", "a day is written as 2026-11-23") from None


def _clock(value: Any) -> Any:
    try:
        return value if isinstance(value, time) else time.fromisoformat(str(value).zfill(5))
    except ValueError:
        raise PydanticCustomError("test-bad-conversation", "a time of day is written as 09:30") from None


Day = Annotated[date, BeforeValidator(_day)]
Clock = Annotated[time, BeforeValidator(_clock)]


class Turn(Strict):
    """The screen as it must be, and what the citizen does then. A lone text is what she types."""

    see: str | None = Field(None, description="The whole screen. With nothing after it: --update writes it.")
    part: str | None = Field(None, description="What the screen must contain.")
    parts: list[str] = Field(default_factory=list, description="What else it must contain.")
    end: bool | None = Field(None, description="true: the session is over with this screen; false: it goes on.")
    type: str | None = Field(None, description="What she types; over SMS, what she texts.")
    drop: bool = Field(False, description="The line drops, and she dials again.")
    dial: str | None = Field(None, description="She dials again, with this typed ahead, such as 1*1.")
    wait: Duration = Field(0.0, ge=0, description="What passes before that, such as 15 min.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.type is not None) + self.drop + (self.dial is not None) > 1:
            raise PydanticCustomError("test-bad-conversation", "one thing happens in a turn: type, drop or dial")
        if self.see is not None and (self.part is not None or self.parts):
            raise PydanticCustomError("test-bad-conversation", "see is the whole screen, part a part of it (keep one)")
        return self

    @property
    def pieces(self) -> tuple[str, ...]:
        """What the screen must contain."""
        return (*(() if self.part is None else (self.part,)), *self.parts)


def _in_full(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


class Filed(Strict):
    """A request that comes out: for which office, and all that is sent."""

    office: str
    ask: str
    send: dict[str, Any] = Field(default_factory=dict)


class Rating(Strict):
    """A rating that comes out, and of which request."""

    score: int
    comment: str = ""
    reference: str = ""


class Earlier(Strict):
    """A request that this number filed before: its reference is R1, R2 … in the order of the list."""

    title: str
    state: Literal["queued", "delivered", "parked", "rejected", "erased"] = "queued"
    word: str = Field("", description="How it stands in the office's own word, where it tells one.")
    on: Day = TODAY


Offices = dict[str, dict[str, Any]]  # an outcome, or a list of them, by office and ask


class Conversation(Strict):
    """One conversation of one citizen: who she is, what she sees and types, and what comes out of it."""

    name: str = ""
    service: Slug | None = Field(None, description="Where she begins, if not in the service that is tested.")
    channel: Literal["ussd", "sms"] = "ussd"
    dial: str = Field("", description="What is typed ahead, such as 1*1, or the whole of *384*70*1*1#.")
    text: str | None = Field(None, description="The SMS that begins it, with its keyword.")
    language: Tongue | None = Field(None, description="The language that is remembered for her number.")
    number: str = NUMBER
    network: str = NETWORK
    code: str | None = Field(None, description="The short code; without it, the first one of the configuration.")
    today: Day = TODAY
    now: Clock = NOW
    offices: Offices = Field(default_factory=dict)
    requests: list[Earlier] = Field(default_factory=list)
    turns: list[Annotated[Turn, BeforeValidator(_in_full)]] = Field(min_length=1)
    filed: list[Filed] | None = None
    sms: list[str] | None = None
    rated: list[Rating] | None = None
    remembers: Tongue | None = None

    @property
    def over(self) -> Literal["ussd", "sms"]:
        """The channel: SMS also where it begins with one."""
        return "sms" if self.text is not None else self.channel


class Suite(Strict):
    """A whole file: the service that is tested, what offices answer in all conversations, and these."""

    tests: Slug | None = None
    offices: Offices = Field(default_factory=dict)
    conversations: list[Conversation] = Field(min_length=1)


# --- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read: its conversations where nothing is wrong, and the document with the complaints."""

    document: Document
    suite: Suite | None

    def line(self, *path: str | int) -> int:
        """Return the line of something below the file."""
        return self.document.place(path)[0]


def read(text: str | bytes, file: str) -> Read:
    """Read one file of conversations."""
    document = places.read(text, file)
    if not isinstance(document.data, dict):
        if document.data is not None:
            document.complain("test-bad-conversation", (), "a test has keys and values", "begin with conversations:")
        return Read(document, None)
    data = _typed(document, _named(document.data), ())
    try:
        suite = Suite.model_validate(data)
    except ValidationError as error:
        shapes.explain(document, error, (), Suite)
        return Read(document, None)
    _check_outcomes(document, ("offices",), suite.offices)
    for place, conversation in enumerate(suite.conversations):
        _check_outcomes(document, ("conversations", place, "offices"), conversation.offices)
    return Read(document, None if document.complaints else suite)


def _named(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data with a name for every conversation that has none."""
    listed = data.get("conversations")
    if not isinstance(listed, list):
        return data
    named = [
        {**item, "name": item.get("name") or f"conversation {number}"} if isinstance(item, dict) else item
        for number, item in enumerate(listed, 1)
    ]
    return {**data, "conversations": named}


AS_JSON = re.compile(r"(conversations/\d+/)?offices/.*|conversations/\d+/filed/\d+/send/.*")
MAY_BE_BLANK = frozenset({"see", "filed", "sms", "rated", "remembers"})


def _typed(document: Document, data: Any, path: Path) -> Any:
    """Return the data in which numbers, true and false are what they are, where offices answer or are sent them."""
    if isinstance(data, dict):
        return {key: _typed(document, part, (*path, key)) for key, part in _filled(document, data, path)}
    if isinstance(data, list):
        return [_typed(document, part, (*path, index)) for index, part in enumerate(data)]
    plain = isinstance(data, str) and document.openings.get(path) == 0
    if plain and PLAIN.match(data) and AS_JSON.match("/".join(map(str, path))):
        return json.loads(data)
    return data


def _filled(document: Document, data: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the keys with their values; one without a value is complained of, unless it may be left blank."""
    answers = "offices" in path
    for key, value in data.items():
        if value is None and not answers and key not in MAY_BE_BLANK and "send" not in path:
            what = f"nothing is written after {key!r}"
            document.complain("empty-value", (*path, key), what, "write its value, or delete it", key=True)
            continue
        yield key, value


def _check_outcomes(document: Document, path: Path, offices: Offices) -> None:
    for office, asks in offices.items():
        for ask, outcome in asks.items():
            listed = outcome if isinstance(outcome, list) else [outcome]
            for index, one in enumerate(listed):
                if isinstance(one, dict) or one in OUTCOMES:
                    continue
                where = (*path, office, ask, *((index,) if isinstance(outcome, list) else ()))
                todo = f"write what it answers ({{name: …}}), or one of: {', '.join(OUTCOMES)}"
                document.complain("test-bad-conversation", where, f"{one!r} is nothing an office can do", todo)
