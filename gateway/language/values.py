"""What a name can hold, and the JSON form in which a session keeps it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

JSON = Any


@dataclass(frozen=True, slots=True)
class Amount:
    """Money: `minor` counts the currency's smallest unit (cents; whole shillings of UGX). Never a float."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A chosen option: its value, and its label as one string or one for each language."""

    value: str
    label: Mapping[str, str] | str

    def labelled(self, language: str) -> str:
        """Return the label in this language; where there is none, in its plain form, in English, or the first."""
        if isinstance(self.label, str):
            return self.label
        for tongue in (language, language.partition("-")[0], "en"):
            if tongue in self.label:
                return self.label[tongue]
        return next(iter(self.label.values()), self.value)


# Lists and maps are what an office answered; they hold values of the same kinds.
Value = None | bool | int | float | str | date | datetime | Amount | Chosen | list[Any] | dict[str, Any]


def to_plain(value: Value) -> JSON:
    """Return the value as JSON. What JSON has no form for is a map of one key that starts with `$`.

    Raises TypeError for anything that is no Value.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Amount(minor, currency):
            return {"$amount": [minor, currency]}
        case Chosen(chosen, label):
            return {"$chosen": [chosen, label if isinstance(label, str) else dict(label)]}
        case datetime():
            return {"$time": value.isoformat()}
        case date():
            return {"$date": value.isoformat()}
        case list() | tuple():
            return [to_plain(item) for item in value]
        case dict():
            plain = {str(key): to_plain(item) for key, item in value.items()}
            return {"$map": plain} if any(key.startswith("$") for key in plain) else plain
    raise TypeError(f"a session cannot keep a {type(value).__name__}")


def from_plain(plain: JSON) -> Value:
    """Return the value that `to_plain` wrote."""
    if type(plain) is str:  # nearly always, and the patterns below take a microsecond
        return plain
    match plain:
        case {"$amount": [int(minor), str(currency)]}:
            return Amount(minor, currency)
        case {"$chosen": [str(chosen), label]}:
            return Chosen(chosen, label)
        case {"$time": str(text)}:
            return datetime.fromisoformat(text)
        case {"$date": str(text)}:
            return date.fromisoformat(text)
        case {"$map": dict(pairs)}:
            return {key: from_plain(item) for key, item in pairs.items()}
        case dict():
            return {key: from_plain(item) for key, item in plain.items()}
        case list():
            return [from_plain(item) for item in plain]
    return plain  # type: ignore[no-any-return]


def bare(value: Value) -> JSON:
    """Return what goes to an office and into conditions: an option's value, minor units, an ISO day, else as it is.

    A time of day is written to the minute on the caller's clock, `2026-11-23T14:05`, so that times compare as text.
    """
    match value:
        case Chosen():
            return value.value
        case Amount():
            return value.minor
        case datetime():
            return value.replace(tzinfo=None).isoformat(timespec="minutes")
        case date():
            return value.isoformat()
        case list() | tuple():
            return [bare(item) for item in value]
        case dict():
            return {key: bare(item) for key, item in value.items()}
    return value
