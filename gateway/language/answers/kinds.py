"""The kinds of answer, as small frozen values, and what reading one needs and gives besides. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.language.values import Value


class Impossible(ValueError):
    """An answer that nobody could give, or that cannot be read: what is wrong with it and the code of the check."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Text:
    """Free text of `min` to `max` characters; `pattern` (RE2) must match the whole."""

    min: int = 1
    max: int = 60
    pattern: str | None = None
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digits:
    """A number that is a name, such as an account: its zeros matter. Kept as text."""

    min: int = 1
    max: int = 20
    allow: tuple[str, ...] = ()
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from `min` to `max`."""

    min: int = 0
    max: int = 999_999_999
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AmountOf:
    """Money of one currency; `min` and `max` are whole units of it, the value counts its smallest unit."""

    currency: str
    min: int = 0
    max: int = 99_999_999
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Date:
    """A day; `min` and `max` are `2026-11-23`, `today`, `today-30` or `today+7`."""

    min: str | None = None
    max: str | None = None
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number, as the people of `country` (two letters) dial it; the value is E.164."""

    country: str | None = None
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """A secret number of `length` digits, or of `length` to `max`."""

    length: int = 4
    max: int | None = None
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class YesNo:
    """Yes (1) or no (2), in the caller's language or in English. The value is True or False."""

    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Id:
    """A number or code that somebody issued, of `min` to `max` letters and digits, perhaps with a check character."""

    min: int = 1
    max: int = 20
    pattern: str | None = None
    check: str | None = None
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A place of one `level` of a list, narrowed by the place saved under `within`."""

    list: str
    level: str
    within: str | None = None
    allow: tuple[str, ...] = ()


Spec = Text | Digits | Number | AmountOf | Date | Phone | Pin | YesNo | Id | Place


@dataclass(frozen=True, slots=True)
class Local:
    """Where and when an answer is typed: the country's two letters, the caller's language, the day on her calendar."""

    country: str
    language: str
    today: date


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why an answer cannot be taken: a key of the built-in texts and what fills it."""

    reason: str
    args: Mapping[str, Value] = field(default_factory=dict)
