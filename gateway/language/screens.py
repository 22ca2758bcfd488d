"""The schema of a service: what a clerk may write, screen by screen. Pure.

One pydantic model for each kind of screen; `KINDS` is the table. The models are the published JSON Schema, and a
`Service` that was read and checked is what the engine walks. Texts stay as written: one string, a map of languages,
or a map of channels whose values are either of those; `written` picks the right one.
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
    Key,
    Keyword,
    Name,
    Slug,
    Strict,
    Texts,
    Tongue,
    Tongues,
    spec_of,
)
from gateway.language.declared import Declared, SavedAs

__all__ = ["ALWAYS", "CHANNELS", "Answer", "Duration", "Name", "Slug", "Strict", "Texts", "Tongue", "Tongues"]

Sent = dict[str, Any]


class Option(Strict):
    """One line of a menu. It leads on with `go`, or into another service with `do`."""

    value: str
    label: Texts
    go: str | None = None
    do: Slug | None = None
    when: str | None = None
    words: list[str] | dict[str, list[str]] = Field(default_factory=list)


class Choose(Strict):
    """Numbered options, from the file or from a list that a `fetch` saved; what is chosen is saved under `save`.

    Options of the file come after those of the list. The numbers are the same on every page.
    """

    text: Texts
    save: Name | None = None
    from_: Name | None = Field(None, alias="from")
    label: Tongues | None = None
    value: str | None = None
    take: dict[Name, Name] = Field(default_factory=dict)
    none: str | None = None
    go: str | None = None
    options: list[Option] = Field(default_factory=list, max_length=40)
    attempts: int = Field(3, ge=1, le=9)
    too_many: str | None = None
    renumber: bool = False

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

    text: Texts
    save: Name
    answer: Answer
    wrong: Texts | None = None
    secret: bool = False
    optional: bool = False
    twice: bool = False
    attempts: int = Field(3, ge=1, le=9)
    too_many: str | None = None
    go: str

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

    office: str
    ask: str
    send: Sent = Field(default_factory=dict)
    save: dict[str, SavedAs] = Field(default_factory=dict)
    within: Duration = Field(3.0, gt=0, le=5)
    go: str
    missing: str | None = None
    otherwise: str | None = None


class Confirm(Strict):
    """A summary: 1 sends, 2 changes."""

    text: Texts
    go: str
    change: str


class Submit(Strict):
    """Files the request: from here on it cannot be lost."""

    office: str
    ask: str
    send: Sent = Field(default_factory=dict)
    go: str


class Arm(Strict):
    """One way out of a branch; without `when` it always holds."""

    when: str | None = None
    go: str


class Branch(RootModel[list[Arm]]):
    """The first way whose `when` holds."""

    model_config = ConfigDict(frozen=True)
    root: list[Arm] = Field(min_length=1)


class Set(Strict):
    """Computed values, in CEL."""

    values: dict[Name, str] = Field(min_length=1)
    go: str


class Say(Strict):
    """Text that goes on with a key press."""

    text: Texts
    go: str


class Language(Strict):
    """Lets the caller choose the language and remembers it for the number."""

    text: Texts | None = None
    go: str


class Status(Strict):
    """Shows where a request stands: this number's own (`mine`), or one whose reference is typed."""

    of: Literal["mine", "reference"] = "mine"
    text: Texts | None = None
    save: Name | None = None
    states: dict[str, Tongues] = Field(default_factory=dict)
    go: str


class Rate(Strict):
    """A satisfaction answer of 1 to 5 and perhaps a comment, about a request of the caller's own."""

    text: Texts | None = None
    of: str = "{reference}"
    comment: Texts | None = None
    go: str


class CallBackScreen(Strict):
    """Files a request that a person rings this number back."""

    office: str
    ask: str
    text: Texts | None = None
    send: Sent = Field(default_factory=dict)
    decline: str | None = None
    go: str


class Do(Strict):
    """Goes into another service and comes back. `with` gives what it `takes`; `save` maps its names to ours."""

    service: Slug
    with_: dict[Name, str] = Field(default_factory=dict, alias="with")
    save: dict[Name, Name] = Field(default_factory=dict)
    go: str


class End(Strict):
    """The last screen, with an optional SMS receipt."""

    text: Texts
    sms: Texts | None = None


Kind = (
    Choose
    | Ask
    | Fetch
    | Confirm
    | Submit
    | Branch
    | Set
    | Say
    | Language
    | Status
    | Rate
    | CallBackScreen
    | Do
    | End
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


# --- the service --------------------------------------------------------------------------------------------------


class Keys(Strict):
    """The keys that mean the same on every screen. A key gives way where an answer could be the same digits."""

    back: Key = "0"
    home: Key = "00"
    more: Key = "98"
    keep: Key = "99"
    skip: Key = "97"

    @model_validator(mode="after")
    def _differ(self) -> Keys:
        if len({self.back, self.home, self.more, self.keep, self.skip}) < 5:
            message = "back, home, more, keep and skip need five different keys"
            raise PydanticCustomError("same-navigation-keys", message)
        return self


class CallBack(Strict):
    """Where a citizen who is stuck may ask to be rung back."""

    office: str
    ask: str


class Service(Strict):
    """One service: one file."""

    service: Slug
    version: Annotated[int, Field(ge=1, le=1)]
    agency: Slug
    title: Texts
    languages: list[Tongue] = Field(min_length=1)
    start: str
    keywords: list[Keyword] | dict[Tongue, list[Keyword]] = Field(default_factory=list)
    resume_for: Duration = Field(600.0, ge=0, le=86400)
    sms_parts: int = Field(2, ge=1, le=6)
    keys: Keys = Keys()
    words: dict[str, Tongues] = Field(default_factory=dict)
    takes: dict[Name, Declared] = Field(default_factory=dict)
    call_back: CallBack | None = None
    screens: dict[str, Any] = Field(min_length=1)

    @cached_property
    def drawn(self) -> dict[Any, Any]:
        """The pages of screens that say the same to everybody: drawn once, by the engine."""
        return {}

    @cached_property
    def claimed(self) -> dict[str, str | None]:
        """The keywords in capitals, each with the language that it opens; None: the caller's."""
        if isinstance(self.keywords, list):
            return {keyword.upper(): None for keyword in self.keywords}
        return {keyword.upper(): tongue for tongue, words in self.keywords.items() for keyword in words}

    def screen(self, name: str) -> Kind:
        """Return the screen called `name`."""
        found: Kind = self.screens[name]
        return found


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
    return str(next(iter(chosen.values())))


def spec(ask: Ask) -> answers.Spec:
    """Return how the answer of `ask` is read."""
    return ask.spec


def option_words(option: Option, language: str) -> tuple[str, ...]:
    """Return the SMS words of an option in one language."""
    words: Mapping[str, list[str]] | list[str] = option.words
    return tuple(words if isinstance(words, list) else words.get(language, []))
