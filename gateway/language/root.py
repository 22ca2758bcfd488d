"""The root of a service file: who answers for it, its languages, keys and words, and its screens. Pure."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.language.asked import Duration, Key, Keyword, Name, Slug, Strict, Texts, Tongue, Tongues, says
from gateway.language.declared import Declared
from gateway.language.screens import Kind, Offices, Operation


class Keys(Strict):
    """The keys that mean the same on every screen. A key gives way where an answer could be the same digits."""

    back: Annotated[Key, says("Back: the page or the screen before.", "0")] = "0"
    home: Annotated[Key, says("Home: the first screen.", "00")] = "00"
    more: Annotated[Key, says("More: the next page.", "98")] = "98"
    keep: Annotated[Key, says("Keep: the answer given before.", "99")] = "99"
    skip: Annotated[Key, says("Skip: no answer, where it is optional.", "97")] = "97"

    @model_validator(mode="after")
    def _differ(self) -> Keys:
        if len({self.back, self.home, self.more, self.keep, self.skip}) < 5:
            message = "back, home, more, keep and skip need five different keys"
            raise PydanticCustomError("same-navigation-keys", message)
        return self


class CallBack(Strict):
    """Where a citizen who is stuck may ask to be rung back."""

    office: Offices
    ask: Operation


class Service(Strict):
    """One service: one file."""

    service: Annotated[Slug, says("Its name; the file is called the same.", "water-fault")]
    version: Annotated[int, says("The version of this language: 1.", 1, ge=1, le=1)]
    agency: Annotated[Slug, says("Who answers for it; the folder is called the same.", "county-water")]
    title: Annotated[Texts, says("What it is called on screens and in lists.", {"en": "Report a water fault"})]
    languages: Annotated[
        list[Tongue], says("Its languages; the first is for who never chose.", ["en", "sw"], min_length=1)
    ]
    start: Annotated[str, says("The first screen.", "what")]
    keywords: Annotated[
        list[Keyword] | dict[Tongue, list[Keyword]],
        says("SMS that begin with one of these open it; by language, they set that too.", {"en": ["WATER"]}),
    ] = Field(default_factory=list)
    resume_for: Annotated[Duration, says("How long a dropped call is kept; 24h at most.", "10 min")] = Field(
        600.0, ge=0, le=86400
    )
    sms_parts: Annotated[int, says("The most parts of an SMS that it sends.", 2, ge=1, le=6)] = 2
    keys: Annotated[Keys, says("Other keys for back, home, more, keep and skip.", {"back": "*"})] = Keys()
    words: Annotated[dict[str, Tongues], says("Own texts in place of built-in ones.", {"back": {"en": "Return"}})] = (
        Field(default_factory=dict)
    )
    takes: Annotated[
        dict[Name, Declared],
        says("What another service must hand over when it goes into this.", {"purpose": {"max": 40}}),
    ] = Field(default_factory=dict)
    call_back: Annotated[
        CallBack | None,
        says("Where a caller who is stuck may ask to be rung back.", {"office": "water-crm", "ask": "call_back"}),
    ] = None
    screens: Annotated[
        dict[str, Any],
        says("The screens: a name and a kind each.", {"done": {"end": {"text": "Thank you."}}}, min_length=1),
    ]

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
