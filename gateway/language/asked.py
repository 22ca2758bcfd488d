"""The kinds of answer as a clerk writes them, and the small values that all parts of a service are made of. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, LiteralString

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

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


def says(description: str, *examples: Any, **limits: Any) -> Any:
    """Return what an editor tells of a key, and what a value must keep to. Stands in the key's Annotated."""
    return Field(description=description, examples=list(examples), **limits)


def _whole(pattern: re.Pattern[str]) -> str:
    r"""Return a pattern that ends with \Z as JSON Schema writes it."""
    return "^" + pattern.pattern.removesuffix(r"\Z") + "$"


@dataclass(frozen=True, slots=True)
class Matching:
    """Text of a pattern, for pydantic and for the JSON Schema."""

    pattern: re.Pattern[str]
    code: LiteralString
    message: LiteralString

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": _whole(self.pattern)}

    def check(self, value: str) -> str:
        """Return the value. Raises PydanticCustomError."""
        if not self.pattern.match(value):
            raise PydanticCustomError(self.code, self.message)
        return value


Name = Annotated[
    str, Matching(NAME, "bad-name", "a name has lower-case letters, digits and _ and starts with a letter")
]
Slug = Annotated[
    str,
    Matching(SLUG, "bad-service-name", "a service name has lower-case letters and digits joined by -, / once at most"),
]
Tongue = Annotated[str, Matching(LANGUAGE, "bad-language", "a language is a code such as en, sw or pt-MZ")]
Keyword = Annotated[
    str, Matching(KEYWORD, "bad-keyword", "a keyword is one word of 2 to 20 letters (A to Z) and digits")
]
Currency = Annotated[str, Matching(CURRENCY, "bad-currency", "a currency has three capital letters, such as KES")]
Country = Annotated[str, Matching(COUNTRY, "bad-country", "a country has two capital letters, such as KE")]
ListFile = Annotated[
    str,
    Matching(LIST, "bad-list-file", "a list is a file beside the service (write its whole name, such as places.csv)"),
]
Duration = Annotated[
    float,
    BeforeValidator(seconds, json_schema_input_type=Annotated[str, Field(pattern=_whole(DURATION))]),
]
Key = Annotated[
    str, Matching(KEY, "bad-navigation-key", "a key is 0, 00, * or a number from 41 to 99, which no option has")
]


class Strict(BaseModel):
    """What every part of a service has in common: no unknown keys, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- answers ------------------------------------------------------------------------------------------------------


Allow = Annotated[tuple[str, ...], says("Answers that are taken besides, just as typed.", ["0"])]
Pattern = Annotated[str | None, says("What the whole answer must look like, as an RE2 pattern.", "[A-Z][0-9]{9}[A-Z]")]
Length = Annotated[int | None, says("Just so many characters.", 8, ge=1, le=40)]
Shortest = Annotated[int, says("The fewest characters.", 6, ge=1, le=40)]
Longest = Annotated[int, says("The most characters.", 12, ge=1, le=40)]
Money = Annotated[Currency, says("The currency: three capital letters.", "KES")]
WholeUnits = "in whole units of the currency."
DAY = "an ISO date, `today`, or days from today."


class TextAnswer(Strict):
    """Anything typed."""

    kind: Literal["text"]
    min: Annotated[int, says("The fewest letters.", 3, ge=0, le=160)] = 1
    max: Annotated[int, says("The most letters.", 40, ge=1, le=160)] = 60
    pattern: Pattern = None
    allow: Allow = ()


class DigitsAnswer(Strict):
    """Digits; zeros in front are kept."""

    kind: Literal["digits"]
    length: Length = None
    min: Shortest = 1
    max: Longest = 20
    allow: Allow = ()


class NumberAnswer(Strict):
    """A whole number."""

    kind: Literal["number"]
    min: Annotated[int, says("The smallest number.", 1)] = 0
    max: Annotated[int, says("The largest number.", 120)] = 999_999_999
    allow: Allow = ()


class AmountAnswer(Strict):
    """Money: `min` and `max` are whole units of the currency; the saved value is integer minor units."""

    kind: Literal["amount"]
    currency: Money
    min: Annotated[int, says(f"The smallest amount, {WholeUnits}", 10)] = 0
    max: Annotated[int, says(f"The largest amount, {WholeUnits}", 50000)] = 99_999_999
    allow: Allow = ()


class DateAnswer(Strict):
    """A day: `min` and `max` are ISO dates, `today`, or days from today such as `today-30`."""

    kind: Literal["date"]
    min: Annotated[str | None, says(f"The earliest day: {DAY}", "2026-01-31", "today-30")] = None
    max: Annotated[str | None, says(f"The latest day: {DAY}", "today", "today+90")] = None
    allow: Allow = ()


class PhoneAnswer(Strict):
    """A phone number, local or international."""

    kind: Literal["phone"]
    country: Annotated[Country | None, says("Whose local numbers are understood; else the gateway's.", "KE")] = None
    allow: Allow = ()


class PinAnswer(Strict):
    """A secret number: never shown, never stored but sealed, wiped when the office has it."""

    kind: Literal["pin"]
    length: Annotated[int, says("Just so many digits.", 4, ge=3, le=12)] = 4


class YesNoAnswer(Strict):
    """1 or 2, yes or no, in the caller's language."""

    kind: Literal["yes_no"]


class IdAnswer(Strict):
    """A number or code that somebody issued: blanks, dashes and case do not matter. It is saved in capitals."""

    kind: Literal["id"]
    length: Length = None
    min: Shortest = 1
    max: Longest = 20
    pattern: Pattern = None
    check: Annotated[Checksum | None, says("How its check digit is computed.", "luhn", "mod_97_10")] = None
    allow: Allow = ()


class PlaceAnswer(Strict):
    """A place of an administrative list that lies beside the service, found by the first letters of its name."""

    kind: Literal["place"]
    list: Annotated[ListFile, says("The file of the list, beside the service.", "places.csv")]
    level: Annotated[Name, says("Which column of the list is asked for.", "village")]
    within: Annotated[Name | None, says("The name of an earlier place that narrows this one.", "ward")] = None


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
