"""What a description of an SMS gateway may say: how SMS and reports come in, how SMS go out, what answers mean. Pure.

Every key has its own words in docs/telecoms/generic_sms.md.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

import re2
from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from gateway.messages import JSON, SmsState
from providers.answers import JsonPath, is_one_of, matches
from providers.described.answering import ContentType, Plain, WrittenOut
from providers.described.marks import Places, Strict, wrong_at
from providers.exchange import HeaderSecret, Url, is_near
from providers.forms import formed
from providers.templates import names_in

Transport = Literal["query", "form", "json", "xml"]
Meaning = Literal["temporary", "auth", "no_route", "citizen_error", "opted_out", "contract"]
NAMES: Final = frozenset({"to", "number", "text", "hex", "coding", "key", "sender"})


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """Return a pattern of RE2, which no answer can make slow."""
    options = re2.Options()
    options.log_errors = False
    compile_: Any = re2.compile  # untyped
    return compile_(pattern, options)


def _is_pattern(pattern: str) -> str:
    try:
        compiled(pattern)
    except re2.error:
        raise ValueError(f"{pattern!r} is no pattern (write it as ^OK or id=([0-9]+))") from None
    return pattern


Batch = Annotated[str, formed(r"[A-Za-z0-9_.-]*", "this is no place of a list (write messages, or data.messages)")]
Pattern = Annotated[str, AfterValidator(_is_pattern)]


class Receiving(Strict):
    """Where the values of an incoming SMS are. Without `id`, who wrote what and when must tell a repeat."""

    transport: Transport
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    batch: Batch = ""
    id: Places | None = None
    number: Places = Field(alias="from")
    to: Places | None = None
    text: Places
    sent_at: Places | None = None
    answer: Plain = Plain()

    @model_validator(mode="after")
    def _can_tell_a_repeat(self) -> Self:
        if self.id is None and self.sent_at is None:
            raise ValueError("nothing tells a repeat from a new SMS (add id, or at least sent_at)")
        return self


class Reporting(Strict):
    """Where the values of a delivery report are, and what its words mean; a word that is in no list changes nothing."""

    transport: Transport
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    batch: Batch = ""
    id: Places
    status: Places
    reason: Places | None = None
    states: dict[Literal["queued", "sent", "delivered", "failed"], Annotated[tuple[str, ...], BeforeValidator(_listed)]]
    answer: Plain = Plain()

    @field_validator("states", mode="after")
    @classmethod
    def _mean_one_thing(cls, states: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        words = [word.lower() for listed in states.values() for word in listed]
        twice = next((word for word in words if words.count(word) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} means two things (leave it in one list)")
        if not states.get("delivered"):
            raise ValueError("no word means delivered (add delivered: [DELIVRD])")
        return states

    def state(self, word: str) -> SmsState | None:
        """Return what a word means, None for one that is in no list."""
        said = word.lower()
        listed = ((state, (one.lower() for one in words)) for state, words in self.states.items())
        return next((SmsState(state) for state, words in listed if said in words), None)


class Seen(Strict):
    """What must be in an answer: something at a JSON path, perhaps one of some words, or a text of a pattern."""

    where: JsonPath | None = None
    is_: Annotated[tuple[Any, ...], BeforeValidator(_listed)] | None = Field(None, alias="is")
    text: Pattern | None = None
    status: Annotated[tuple[int, ...], BeforeValidator(_listed)] | None = None

    @model_validator(mode="after")
    def _is_something(self) -> Self:
        if self.where is None and self.text is None and self.status is None:
            raise ValueError("it says nothing (write where: $.code, text: ^OK or status: 402)")
        if self.is_ is not None and self.where is None:
            raise ValueError("`is` needs `where` (write {where: $.code, is: [0]})")
        return self

    def holds(self, status: int, text: str, data: JSON) -> bool:
        """Return whether an answer is like that; `data` is its JSON, None if it has none."""
        if self.status is not None and status not in self.status:
            return False
        if self.text is not None and compiled(self.text).search(text) is None:
            return False
        found = matches(self.where, data) if self.where is not None else [True]
        return bool(found) and (self.is_ is None or is_one_of(found, self.is_))


class Refusal(Seen):
    """A kind of refusal, and what it means."""

    means: Meaning


class Sending(Strict):
    """How an SMS is handed over.

    `{to}`, `{number}` (without its plus), `{text}`, `{hex}` (the text in UCS-2), `{coding}` (0 or 8), `{key}` (ours),
    `{sender}` and the names of `values` are filled in.
    """

    method: Literal["GET", "POST", "PUT"] = "POST"
    url: Url
    headers: dict[str, str] = Field({})
    query: dict[str, str] = Field({})
    form: dict[str, str] | None = None
    json_: Any = Field(None, alias="json")
    body: WrittenOut | None = None
    content_type: ContentType = ""
    sender: str = Field("", max_length=20)
    values: dict[str, HeaderSecret] = Field({})
    taken: Seen | None = None
    id: str
    refused: tuple[Refusal, ...] = ()

    @field_validator("id", mode="after")
    @classmethod
    def _is_found_somehow(cls, id_: str) -> str:
        if id_ == "{key}":
            return id_
        if id_.startswith("$"):
            matches(id_, {})
        elif compiled(_is_pattern(id_)).groups != 1:
            raise ValueError("a pattern for the id has one group (write id=([0-9]+), $.messageId or {key})")
        return id_

    @model_validator(mode="after")
    def _keeps_its_secrets(self) -> Self:
        parts = urlsplit(self.url)
        secret = bool(self.values) or any(name.lower() == "authorization" for name in self.headers)
        if secret and parts.scheme == "http" and not is_near(parts.hostname or ""):
            raise wrong_at("url", "the secrets of the request would go far in clear (write https://)")
        return self

    @model_validator(mode="after")
    def _fills_what_is_known(self) -> Self:
        if sum(given is not None for given in (self.form, self.json_, self.body)) > 1:
            raise ValueError("a request has one body (leave one of form, json and body)")
        wanted = names_in([self.headers, self.query, self.form, self.json_, self.body])
        unknown = sorted(wanted - NAMES - self.values.keys())
        if unknown:
            raise ValueError(f"there is no {{{unknown[0]}}} (use {', '.join(sorted(NAMES))}, or add it to `values`)")
        if not wanted & {"text", "hex"} or not wanted & {"to", "number"}:
            raise ValueError("number or text is not sent (put {to} and {text} where they go)")
        return self
