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

from gateway.language import blanks, places, shapes
from gateway.language.asked import Duration, Slug, Strict, Tongue, says
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


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=str)]
Clock = Annotated[time, BeforeValidator(_clock, json_schema_input_type=str)]


class Turn(Strict):
    """The screen as it must be, and what the citizen does then. A lone text is what she types."""

    see: Annotated[
        str | None, says("The whole screen. With nothing after it: --update writes it.", "Which village?")
    ] = None
    part: Annotated[str | None, says("What the screen must contain.", "Which village")] = None
    parts: Annotated[list[str], says("What else it must contain.", ["Burst pipe", "Kalundu"])] = Field(
        default_factory=list
    )
    end: Annotated[bool | None, says("true: the session is over with this screen; false: it goes on.", True)] = None
    type: Annotated[str | None, says("What she types; over SMS, what she texts.", "1")] = None
    drop: Annotated[bool, says("true: the line drops, and she dials again.", True)] = False
    dial: Annotated[str | None, says("She dials again, with this typed ahead.", "1*1")] = None
    wait: Annotated[Duration, says("What passes before that.", "15 min")] = Field(0.0, ge=0)

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

    office: Annotated[str, says("The office that it is for.", "water-crm")]
    ask: Annotated[str, says("What the office is asked.", "fault")]
    send: Annotated[dict[str, Any], says("All that the office is sent.", {"place": "Kalundu"})] = Field(
        default_factory=dict
    )


class Rating(Strict):
    """A rating that comes out, and of which request."""

    score: Annotated[int, says("The score, 1 to 5.", 4)]
    comment: Annotated[str, says("The comment, if there is one.", "Quick")] = ""
    reference: Annotated[str, says("The request, if it is not the one just filed.", "{R1}")] = ""


class Earlier(Strict):
    """A request that this number filed before: its reference is R1, R2 … in the order of the list."""

    title: Annotated[str, says("The title of its service.", "Water fault")]
    state: Annotated[
        Literal["queued", "delivered", "parked", "rejected", "erased"], says("How it stands.", "delivered")
    ] = "queued"
    word: Annotated[str, says("How it stands in the office's own word, where it tells one.", "open")] = ""
    on: Annotated[Day, says("The day on which it was filed.", "2026-11-20")] = TODAY


Offices = dict[str, dict[str, Any]]  # an outcome, or a list of them, by office and ask


class Conversation(Strict):
    """One conversation of one citizen: who she is, what she sees and types, and what comes out of it."""

    name: Annotated[str, says("What it is about.", "A burst pipe")] = ""
    service: Annotated[Slug | None, says("Where she begins, if not in the service that is tested.", "county-home")] = (
        None
    )
    channel: Annotated[Literal["ussd", "sms"], says("Over what.", "sms")] = "ussd"
    dial: Annotated[str, says("What is typed ahead.", "1*1")] = ""
    text: Annotated[str | None, says("The SMS that begins it, with its keyword.", "WATER burst Kalundu")] = None
    language: Annotated[Tongue | None, says("The language that is remembered for her number.", "sw")] = None
    number: Annotated[str, says("Her number.", "+254700000009")] = NUMBER
    network: Annotated[str, says("Her network's code.", "63902")] = NETWORK
    code: Annotated[str | None, says("The short code; without it, the first one of the configuration.", "*384*70#")] = (
        None
    )
    today: Annotated[Day, says("The day on which she calls.", "2026-03-01")] = TODAY
    now: Annotated[Clock, says("The time of day at which she calls.", "09:05")] = NOW
    offices: Annotated[
        Offices,
        says(
            "What offices answer, or missing, slow, down, nonsense.", {"water-billing": {"account": {"name": "Esther"}}}
        ),
    ] = Field(default_factory=dict)
    requests: Annotated[list[Earlier], says("What she filed before.", [{"title": "Water fault"}])] = Field(
        default_factory=list
    )
    turns: Annotated[
        list[Annotated[Turn, BeforeValidator(_in_full, json_schema_input_type=str | Turn)]],
        says("What she sees, and what she does then.", [{"part": "Which village", "type": "Kalundu"}], min_length=1),
    ]
    filed: Annotated[
        list[Filed] | None, says("The requests that come out.", [{"office": "water-crm", "ask": "fault"}])
    ] = None
    sms: Annotated[list[str] | None, says("The messages that come out.", ["Water fault {R1} received."])] = None
    rated: Annotated[list[Rating] | None, says("The ratings that come out.", [{"score": 4}])] = None
    remembers: Annotated[Tongue | None, says("The language that is remembered for her number from now on.", "sw")] = (
        None
    )

    @property
    def over(self) -> Literal["ussd", "sms"]:
        """The channel: SMS also where it begins with one."""
        return "sms" if self.text is not None else self.channel


class Suite(Strict):
    """A whole file: the service that is tested, what offices answer in all conversations, and these."""

    tests: Annotated[
        Slug | None,
        says("The service that is tested; without it, the one that the file is called like.", "water-fault"),
    ] = None
    offices: Annotated[
        Offices, says("What offices answer in all conversations.", {"water-billing": {"account": "slow"}})
    ] = Field(default_factory=dict)
    conversations: Annotated[list[Conversation], says("The conversations.", [{"turns": ["1"]}], min_length=1)]


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
    _check_names(document, suite)
    _check_outcomes(document, ("offices",), suite.offices)
    for place, conversation in enumerate(suite.conversations):
        _check_outcomes(document, ("conversations", place, "offices"), conversation.offices)
    return Read(document, None if document.complaints else suite)


def spoken(text: str) -> Any:
    """Return what an office answers as a test has it, such as `[{name: Mutomo road}]`. Raises ValueError."""
    document = places.read(f"offices:\n  {text}", "what is typed")
    if document.complaints:
        raise ValueError(document.complaints[0].what)
    return _typed(document, document.data, ())["offices"]


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
            code, what, todo = blanks.said(document, (*path, key))
            document.complain(code, (*path, key), what, todo, key=True)
            continue
        yield key, value


def _check_names(document: Document, suite: Suite) -> None:
    first: dict[str, int] = {}
    for place, conversation in enumerate(suite.conversations):
        before = first.setdefault(conversation.name, place)
        if before != place:
            line = document.place(("conversations", before))[0]
            what = f"two conversations are called {conversation.name!r}"
            todo = f"rename one; the first is in line {line}"
            document.complain("test-bad-conversation", ("conversations", place, "name"), what, todo)


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
