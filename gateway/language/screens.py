"""The schema of screens: what a clerk may write, kind by kind. Pure.

One pydantic model for each kind of screen; `KINDS` is the table. The models are the published JSON Schema, and a
`Service` (root.py) that was read and checked is what the engine walks. Texts stay as written: one string, a map
of languages, or a map of channels whose values are either of those; `written` picks the right one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from gateway.language import answers
from gateway.language.asked import (
    ALWAYS,
    CHANNELS,
    Answer,
    Duration,
    Name,
    Slug,
    Strict,
    Texts,
    Tongue,
    Tongues,
    says,
    spec_of,
)
from gateway.language.declared import SavedAs

__all__ = ["ALWAYS", "CHANNELS", "Answer", "Duration", "Name", "Slug", "Strict", "Texts", "Tongue", "Tongues"]

# Keys that mean the same on several kinds of screen.
Go = Annotated[str, says("The screen that comes next.", "review")]
Offices = Annotated[str, says("An office that the operator has configured.", "water-crm")]
Operation = Annotated[str, says("What the office is asked: one of its operations.", "fault")]
Sent = Annotated[
    dict[str, Any],
    says("What the office is sent: its names, each with a text of names in braces.", {"phone": "{phone}"}),
]
Attempts = Annotated[int, says("How many wrong answers are borne.", 3, ge=1, le=9)]
TooMany = Annotated[str | None, says("The screen after too many wrong answers; else a kind end.", "sorry")]
Words = dict[str, list[str]]
TEXT = {"en": "What is wrong?", "sw": "Tatizo ni nini?"}


class Option(Strict):
    """One line of a menu. It leads on with `go`, or into another service with `do`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["go"]}, {"required": ["do"]}]})
    value: Annotated[str, says("What is saved, and what offices get.", "burst")]
    label: Annotated[Texts, says("What the caller reads after the number.", {"en": "Burst pipe"})]
    go: Annotated[str | None, says("The screen that this option leads to.", "place")] = None
    do: Annotated[Slug | None, says("The service that this option goes into, for good.", "water-fault")] = None
    when: Annotated[str | None, says("Offered only where this condition holds.", 'county == "kitui"')] = None
    words: Annotated[list[str] | Words, says("Words that choose it over SMS.", ["burst", "pipe"])] = Field(
        default_factory=list
    )


class Choose(Strict):
    """Numbered options, from the file or from a list that a `fetch` saved; what is chosen is saved under `save`.

    Options of the file come after those of the list. The numbers are the same on every page.
    """

    model_config = ConfigDict(json_schema_extra={
        "anyOf": [{"required": ["options"]}, {"required": ["from"]}],
        "dependentRequired": {
            "from": ["label", "value", "none", "go"],
            **{key: ["from"] for key in ("label", "value", "take", "none", "go")},
        },
    })  # fmt: skip
    text: Annotated[Texts, says("The question above the options.", TEXT)]
    save: Annotated[Name | None, says("The name that what is chosen is saved under.", "fault")] = None
    from_: Annotated[Name | None, says("The list that a fetch saved, whose items are options.", "tenders")] = Field(
        None, alias="from"
    )
    label: Annotated[Tongues | None, says("How an item of the list reads.", "{title}, {closes | date}")] = None
    value: Annotated[str | None, says("What choosing an item saves.", "{number}")] = None
    take: Annotated[
        dict[Name, Name], says("Fields of the chosen item that are saved too: its name to ours.", {"closes": "closes"})
    ] = Field(default_factory=dict)
    none: Annotated[str | None, says("The screen where the list is empty.", "nothing_open")] = None
    go: Annotated[str | None, says("The screen that every item of the list leads to.", "details")] = None
    options: Annotated[
        list[Option],
        says("The options, in the order of their numbers.", [{"value": "none", "label": "No water", "go": "place"}]),
    ] = Field(default_factory=list, max_length=40)
    attempts: Attempts = 3
    too_many: TooMany = None
    renumber: Annotated[bool, says("true: numbers may differ from those of the published version.", True)] = False

    @model_validator(mode="after")
    def _from_somewhere(self) -> Choose:
        listed = {"label": self.label, "value": self.value, "none": self.none, "go": self.go}
        if self.from_ is None:
            alone = [key for key, given in {**listed, "take": self.take or None}.items() if given is not None]
            if alone:
                message = f"{alone[0]} is for options from a list (add from: and the list's name)"
                raise PydanticCustomError("list-missing", message)
            if not self.options:
                raise PydanticCustomError("no-options", "a menu needs options, or from: and the name of a list")
        for key, given in listed.items():
            if self.from_ is not None and given is None:
                raise PydanticCustomError("list-incomplete", f"options from a list need {key}: (add it)")
        return self


class Ask(Strict):
    """One typed answer."""

    text: Annotated[Texts, says("The question.", {"en": "Which village?", "sw": "Kijiji gani?"})]
    save: Annotated[Name, says("The name that the answer is saved under.", "village")]
    answer: Annotated[Answer, says("What is taken as an answer.", {"kind": "text", "max": 40})]
    wrong: Annotated[Texts | None, says("The reason that a wrong answer gets.", {"en": "It has 8 digits."})] = None
    secret: Annotated[bool, says("true: never shown, never kept readable.", True)] = False
    optional: Annotated[bool, says("true: the caller may skip it; the name is then empty.", True)] = False
    twice: Annotated[bool, says("true: typed twice, the same, as for a new PIN.", True)] = False
    attempts: Attempts = 3
    too_many: TooMany = None
    go: Go

    @cached_property
    def spec(self) -> answers.Spec:
        """How the answer is read."""
        return spec_of(self.answer)

    @cached_property
    def hidden(self) -> bool:
        """True if the answer must never be shown or kept in clear."""
        return self.secret or self.answer.kind == "pin"


class Fetch(Strict):
    """A live question to an office. `save` maps the answer's names to ours."""

    office: Offices
    ask: Operation
    send: Sent = Field(default_factory=dict)
    save: Annotated[
        dict[str, SavedAs],
        says("What is kept of the answer: the office's name, and ours.", {"name": "customer", "balance": "balance"}),
    ] = Field(default_factory=dict)
    within: Annotated[Duration, says("How long the caller waits; 5s at most.", "3s")] = Field(3.0, gt=0, le=5)
    go: Go
    missing: Annotated[str | None, says("The screen where the office knows no such thing.", "account")] = None
    otherwise: Annotated[
        str | None, says("The screen where the office is slow, down, or answers nonsense.", "later")
    ] = None


class Confirm(Strict):
    """A summary: 1 sends, 2 changes."""

    text: Annotated[Texts, says("The summary.", {"en": "{fault} at {place}. Send?"})]
    go: Annotated[str, says("The screen after 1: yes.", "file")]
    change: Annotated[str, says("The screen after 2: change. Answers are offered again from there on.", "what")]


class Submit(Strict):
    """Files the request: from here on it cannot be lost."""

    office: Offices
    ask: Operation
    send: Sent = Field(default_factory=dict)
    go: Go


class Arm(Strict):
    """One way out of a branch; without `when` it always holds."""

    when: Annotated[str | None, says("The condition; without it the way is always open.", 'account == "0"')] = None
    go: Go


class Branch(RootModel[list[Arm]]):
    """The first way whose `when` holds."""

    model_config = ConfigDict(frozen=True)
    root: list[Arm] = Field(min_length=1)


class Set(Strict):
    """Computed values, in CEL."""

    values: Annotated[
        dict[Name, str], says("Names, each with how it is computed.", {"late": "days > 30"}, min_length=1)
    ]
    go: Go


class Say(Strict):
    """Text that goes on with a key press."""

    text: Annotated[Texts, says("What the caller reads; long texts are paged.", {"en": "We answer in a day."})]
    go: Go


class Language(Strict):
    """Lets the caller choose the language and remembers it for the number."""

    text: Annotated[Texts | None, says("The question; there is one built in.", "Language / Lugha")] = None
    go: Go


class Status(Strict):
    """Shows where a request stands: one of this number's own, or one whose reference is typed."""

    of: Annotated[
        Literal["mine", "this", "reference"],
        says("This number's requests, those of this service only, or one whose reference is typed.", "mine"),
    ] = "mine"
    text: Annotated[Texts | None, says("The question; there is one built in.", {"en": "Your number?"})] = None
    save: Annotated[Name | None, says("The name that the request's reference is saved under.", "request")] = None
    states: Annotated[
        dict[str, Tongues], says("The office's own words for how it stands, in the caller's.", {"open": {"en": "Open"}})
    ] = Field(default_factory=dict)
    go: Go


class Rate(Strict):
    """A satisfaction answer of 1 to 5 and perhaps a comment, about a request of the caller's own."""

    text: Annotated[Texts | None, says("The question; there is one built in.", {"en": "How did we do?"})] = None
    of: Annotated[str, says("Which request; else the one just filed or looked at.", "{reference}")] = "{reference}"
    comment: Annotated[Texts | None, says("A question for a comment, which can be skipped.", {"en": "Why?"})] = None
    go: Go


class CallBackScreen(Strict):
    """Files a request that a person rings this number back."""

    office: Offices
    ask: Operation
    text: Annotated[Texts | None, says("The question; there is one built in.", {"en": "We ring {phone}."})] = None
    send: Sent = Field(default_factory=dict)
    decline: Annotated[str | None, says("The screen after 2: no thanks. Without it there is no 2.", "menu")] = None
    go: Go


class Do(Strict):
    """Goes into another service and comes back. `with` gives what it `takes`; `save` maps its names to ours."""

    service: Annotated[Slug, says("The service that is gone into.", "shared/identify")]
    with_: Annotated[
        dict[Name, str], says("What the other service takes: its names, each with ours.", {"purpose": "{title_of_it}"})
    ] = Field(default_factory=dict, alias="with")
    save: Annotated[dict[Name, Name], says("What is brought back: its name, and ours.", {"id": "citizen"})] = Field(
        default_factory=dict
    )
    go: Go


class End(Strict):
    """The last screen, with an optional SMS receipt."""

    text: Annotated[
        Texts | None,
        says("What the caller reads last; not needed where one comes back.", {"en": "Received. Number {reference}."}),
    ] = None
    sms: Annotated[Texts | None, says("An SMS that is sent as a receipt.", {"en": "Fault {reference}."})] = None


Kind = (
    Choose | Ask | Fetch | Confirm | Submit | Branch | Set | Say | Language | Status | Rate | CallBackScreen | Do | End
)

KINDS: dict[str, type[Kind]] = {
    "choose": Choose,
    "ask": Ask,
    "fetch": Fetch,
    "confirm": Confirm,
    "submit": Submit,
    "branch": Branch,
    "set": Set,
    "say": Say,
    "language": Language,
    "status": Status,
    "rate": Rate,
    "call_back": CallBackScreen,
    "do": Do,
    "end": End,
}
KIND_NAMES: dict[type[Any], str] = {model: kind for kind, model in KINDS.items()}


BY_CHANNEL = frozenset(CHANNELS)


def written(texts: Texts | Tongues, channel: str, language: str, languages: list[str] | tuple[str, ...] = ()) -> str:
    """Return the text for this channel and language; where it is not translated, the service's first language."""
    if isinstance(texts, str):
        return texts
    chosen: Any = texts
    if not BY_CHANNEL.isdisjoint(texts):
        chosen = texts[channel] if channel in texts else next(iter(texts.values()))
    if isinstance(chosen, str):
        return chosen
    for tongue in (language, *languages):
        if tongue in chosen:
            return str(chosen[tongue])
    return str(next(iter(chosen.values()), ""))  # an empty text has been complained of


def spec(ask: Ask) -> answers.Spec:
    """Return how the answer of `ask` is read."""
    return ask.spec


def option_words(option: Option, language: str) -> tuple[str, ...]:
    """Return the SMS words of an option in one language."""
    words: Mapping[str, list[str]] | list[str] = option.words
    return tuple(words if isinstance(words, list) else words.get(language, []))
