"""The kinds of answer as a clerk writes them, and the small values that all parts of a service are made of. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, LiteralString

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from gateway.language import answers
from gateway.language.answers.checksums import Checksum

CHANNELS = ("ussd", "sms")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?\Z")
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)?\Z")
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)?\Z")
KEYWORD = re.compile(r"[A-Za-z0-9]{2,20}\Z")
CURRENCY = re.compile(r"[A-Z]{3}\Z")
COUNTRY = re.compile(r"[A-Z]{2}\Z")
LIST = re.compile(r"[a-z0-9][a-z0-9_-]*\.csv\Z")
KEY = re.compile(r"(0|00|\*|4[1-9]|[5-9]\d)\Z")
SECONDS = {"ms": 0.001, "s": 1, None: 1, "min": 60, "h": 3600, "d": 86400}
ALWAYS = ("phone", "language", "channel", "network", "short_code", "service", "today", "now")

Tongues = str | dict[str, str]
Texts = Annotated[str | dict[str, str | dict[str, str]], Field(union_mode="left_to_right")]


def seconds(value: Any) -> float:
    """Read a duration such as `3s`, `10 min` or `24h`; a bare number is seconds. Raises ValueError."""
    found = DURATION.match(str(value).strip())
    if not found:
        raise PydanticCustomError("bad-duration", "a duration looks like 3s, 10 min or 24h")
    return float(found[1]) * SECONDS[found[2]]


def _matching(pattern: re.Pattern[str], code: LiteralString, message: LiteralString) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.match(value):
            raise PydanticCustomError(code, message)
        return value

    return AfterValidator(check)


Name = Annotated[
    str, _matching(NAME, "bad-name", "a name has lower-case letters, digits and _ and starts with a letter")
]
Slug = Annotated[
    str,
    _matching(SLUG, "bad-service-name", "a service name has lower-case letters and digits joined by -, / once at most"),
]
Tongue = Annotated[str, _matching(LANGUAGE, "bad-language", "a language is a code such as en, sw or pt-MZ")]
Keyword = Annotated[
    str, _matching(KEYWORD, "bad-keyword", "a keyword is one word of 2 to 20 letters (A to Z) and digits")
]
Currency = Annotated[str, _matching(CURRENCY, "bad-currency", "a currency has three capital letters, such as KES")]
Country = Annotated[str, _matching(COUNTRY, "bad-country", "a country has two capital letters, such as KE")]
Duration = Annotated[float, BeforeValidator(seconds)]
Key = Annotated[
    str, _matching(KEY, "bad-navigation-key", "a key is 0, 00, * or a number from 41 to 99, which no option has")
]


class Strict(BaseModel):
    """What every part of a service has in common: no unknown keys, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- answers ------------------------------------------------------------------------------------------------------


class TextAnswer(Strict):
    kind: Literal["text"]
    min: int = Field(1, ge=0, le=160)
    max: int = Field(60, ge=1, le=160)
    pattern: str | None = None
    allow: tuple[str, ...] = ()


class DigitsAnswer(Strict):
    kind: Literal["digits"]
    length: int | None = Field(None, ge=1, le=40)
    min: int = Field(1, ge=1, le=40)
    max: int = Field(20, ge=1, le=40)
    allow: tuple[str, ...] = ()


class NumberAnswer(Strict):
    kind: Literal["number"]
    min: int = 0
    max: int = 999_999_999
    allow: tuple[str, ...] = ()


class AmountAnswer(Strict):
    """Money: `min` and `max` are whole units of the currency; the saved value is integer minor units."""

    kind: Literal["amount"]
    currency: Currency
    min: int = 0
    max: int = 99_999_999
    allow: tuple[str, ...] = ()


class DateAnswer(Strict):
    """A day: `min` and `max` are ISO dates, `today`, or days from today such as `today-30`."""

    kind: Literal["date"]
    min: str | None = None
    max: str | None = None
    allow: tuple[str, ...] = ()


class PhoneAnswer(Strict):
    kind: Literal["phone"]
    country: Country | None = None
    allow: tuple[str, ...] = ()


class PinAnswer(Strict):
    """A secret number: never shown, never stored but sealed, wiped when the office has it."""

    kind: Literal["pin"]
    length: int = Field(4, ge=3, le=12)


class YesNoAnswer(Strict):
    kind: Literal["yes_no"]


class IdAnswer(Strict):
    """A number or code that somebody issued: blanks, dashes and case do not matter. It is saved in capitals."""

    kind: Literal["id"]
    length: int | None = Field(None, ge=1, le=40)
    min: int = Field(1, ge=1, le=40)
    max: int = Field(20, ge=1, le=40)
    pattern: str | None = None
    check: Checksum | None = None
    allow: tuple[str, ...] = ()


class PlaceAnswer(Strict):
    """A place of an administrative list that lies beside the service, found by the first letters of its name."""

    kind: Literal["place"]
    list: Annotated[str, _matching(LIST, "bad-list-file", "a list is a file beside the service, such as places.csv")]
    level: Name
    within: Name | None = None


Answer = Annotated[
    TextAnswer
    | DigitsAnswer
    | NumberAnswer
    | AmountAnswer
    | DateAnswer
    | PhoneAnswer
    | PinAnswer
    | YesNoAnswer
    | IdAnswer
    | PlaceAnswer,
    Field(discriminator="kind"),
]


def spec_of(answer: Any) -> answers.Spec:
    """Return how an answer is read."""
    match answer:
        case TextAnswer():
            return answers.Text(min=answer.min, max=answer.max, pattern=answer.pattern, allow=answer.allow)
        case DigitsAnswer(length=int(length)):
            return answers.Digits(min=length, max=length, allow=answer.allow)
        case DigitsAnswer():
            return answers.Digits(min=answer.min, max=answer.max, allow=answer.allow)
        case NumberAnswer():
            return answers.Number(min=answer.min, max=answer.max, allow=answer.allow)
        case AmountAnswer():
            return answers.AmountOf(currency=answer.currency, min=answer.min, max=answer.max, allow=answer.allow)
        case DateAnswer():
            return answers.Date(min=answer.min, max=answer.max, allow=answer.allow)
        case PhoneAnswer():
            return answers.Phone(country=answer.country, allow=answer.allow)
        case PinAnswer():
            return answers.Pin(length=answer.length)
        case IdAnswer(length=int(length)):
            return answers.Id(length, length, answer.pattern, answer.check, answer.allow)
        case IdAnswer():
            return answers.Id(answer.min, answer.max, answer.pattern, answer.check, answer.allow)
        case PlaceAnswer():
            return answers.Place(answer.list, answer.level, answer.within)
        case _:
            return answers.YesNo()
