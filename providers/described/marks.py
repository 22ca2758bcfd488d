"""What tells callbacks apart: places, tests of what is there, and the marks of new, going and over. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

_PLACE: Final = re.compile(r"((header|query|path):)?[A-Za-z0-9_@./:-]+")


class Strict(BaseModel):
    """What every part of a description has in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def wrong_at(key: str, what: str) -> PydanticCustomError:
    """Return an error about one key of a model that is judged as a whole; `what` is `what is wrong (what to do)`."""
    return PydanticCustomError("config-wrong-value", "{what}", {"what": what, "at": key})


def listed(value: Any) -> Any:
    """Return one thing as a list of it."""
    return (value,) if isinstance(value, str | dict) else value


def is_place(place: str) -> str:
    """Return a place as it is written. Raises ValueError, `what is wrong (what to do)`."""
    if _PLACE.fullmatch(place) is None or place.endswith(":"):
        raise ValueError(
            f"{place!r} is no place (write SessionId, payload.response, ussd/msisdn, header:X-Id, query:q or path:id)"
        )
    return place


Place = Annotated[str, AfterValidator(is_place)]
Places = Annotated[tuple[Place, ...], BeforeValidator(listed), Field(min_length=1)]
"""Where a value is: one place, or several of which the first that is there and not blank counts."""


class Test(Strict):
    """What a value must be: one of a few words, or what `is`, `begins` and `not` say."""

    words: tuple[str, ...] | None = None
    is_: Literal["there", "missing", "blank", "dialled"] | None = Field(None, alias="is")
    begins: str | None = Field(None, min_length=1)
    not_: Annotated[tuple[str | None, ...], BeforeValidator(listed)] | None = Field(None, alias="not")

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

Conditions = Annotated[tuple[Condition, ...], BeforeValidator(listed), Field(min_length=1)]
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


def _marks_new(value: Any) -> Any:
    if value != "unseen" and (not value or isinstance(value, str)):
        raise ValueError("it is not said what marks a new session (write new: {Type: initiation}, or new: unseen)")
    return value


def _of_two(value: Any) -> str:
    return "word" if isinstance(value, str) else "marks"


New = Annotated[
    Annotated[Literal["unseen"], Tag("word")] | Annotated[Conditions, Tag("marks")],
    Discriminator(_of_two),
    BeforeValidator(_marks_new),
]


class Marks(Strict):
    """What tells a new session, a going one, and one that is over."""

    new: New
    goes_on: Literal["otherwise"] | Conditions | None = Field(None, validate_default=True)
    aborted: Conditions | None = None
    timed_out: Conditions | None = None

    @field_validator("goes_on", mode="after")
    @classmethod
    def _is_told(cls, goes_on: Any, info: ValidationInfo) -> Any:
        if "new" not in info.data:
            return goes_on  # what is wrong is said of `new`
        new = info.data["new"]
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
