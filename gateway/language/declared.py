"""What a value from outside can be: what an office answers, and what one service hands to another. Pure.

Whoever declares the most a value can hold lets the checker prove that every screen fits, and the engine cut or refuse
the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.language.answers.folding import tidy
from gateway.language.asked import Currency, Name, Strict, Tongues, says
from gateway.language.formats import currency_exponent
from gateway.language.values import Amount, Chosen, Value

LONGEST = 60  # characters of a text that is not declared
LARGEST = 999_999_999  # of a number or of an amount's whole units
MOST, MOST_EVER = 20, 40  # items of a list
WIDEST = 2**63 - 1  # what a stored session and a condition can hold
CUT = "..."

Kind = Literal["text", "number", "amount", "date", "yes_no"]


class Nonsense(Exception):
    """A value that is not what was declared."""


class Declared(Strict):
    """One value: its kind, and the most it can hold."""

    model_config = ConfigDict(json_schema_extra={
        "dependentRequired": {"currency": ["kind"]},
        "if": {"properties": {"kind": {"const": "amount"}}, "required": ["kind"]},
        "then": {"required": ["currency"]},
    })  # fmt: skip
    kind: Annotated[Kind | None, says("What it is. Without it: a text or a number, as it comes.", "amount")] = None
    max: Annotated[int | None, says("A text's most characters (160 at most), or the largest number.", 40, ge=1)] = None
    currency: Annotated[Currency | None, says("Of an amount: its currency.", "KES")] = None
    labels: Annotated[
        dict[str, Tongues],
        says("What the office's codes mean, in the caller's words.", {"open": {"en": "Open", "sw": "Wazi"}}),
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.kind == "amount") != (self.currency is not None):
            raise PydanticCustomError("bad-declaration", "an amount has a currency, and nothing else has one")
        if self.labels and self.kind not in ("text", None):
            raise PydanticCustomError("bad-declaration", "labels are for a text: the office's own codes")
        if self.max is not None and (self.kind in ("date", "yes_no") or (self.is_text and self.max > 160)):
            raise PydanticCustomError("bad-declaration", "max is for a text (160 at most), a number or an amount")
        return self

    @property
    def is_text(self) -> bool:
        """True if it can be a text, so that `most` counts characters."""
        return self.kind in ("text", None)

    @property
    def most(self) -> int:
        """The most characters of a text, the largest number, or the largest amount in whole units."""
        return self.max if self.max is not None else LONGEST if self.is_text else LARGEST


class Saved(Declared):
    """A value of an office's answer that is saved: under which name, and what it can be; or a list of such values."""

    as_: Annotated[Name, says("The name it is saved under.", "balance", alias="as")]
    most_items: Annotated[
        int, says("Of a list: so many items are kept, the first ones.", 20, ge=1, le=MOST_EVER, alias="most")
    ] = MOST
    each: Annotated[
        dict[Name, Declared],
        says("Of a list: the fields of each item, each with what it can be.", {"title": {"max": 40}}),
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_a_list_or_not(self) -> Self:
        if self.each and self.model_fields_set & {"kind", "max", "currency", "labels"}:
            raise PydanticCustomError("bad-declaration", "of a list, say what its fields are under each")
        if not self.each and "most_items" in self.model_fields_set:
            raise PydanticCustomError("bad-declaration", "most is for a list (name its fields under each)")
        return self


def _in_full(value: Any) -> Any:
    return {"as": value} if isinstance(value, str) else value


SavedAs = Annotated[Saved, BeforeValidator(_in_full, json_schema_input_type=Name | Saved)]
"""What is saved of an answer; its name alone stands for `{as: name}`."""


def taken(declared: Declared, value: Any) -> Value:
    """Return an outside value as it is kept. Raises Nonsense where it is not what was declared."""
    if value is None:
        return ""  # they know, and there is nothing
    return TAKEN[declared.kind](declared, value)


def items(saved: Saved, value: Any) -> list[dict[str, Value]]:
    """Return the items of a list as they are kept, the first `most` of them. Raises Nonsense."""
    if not isinstance(value, list):
        raise Nonsense
    kept: list[dict[str, Value]] = []
    for item in value[: saved.most_items]:
        if not isinstance(item, Mapping) or not saved.each.keys() <= item.keys():
            raise Nonsense
        kept.append({name: taken(declared, item[name]) for name, declared in saved.each.items()})
    return kept


def _as_it_comes(declared: Declared, value: Any) -> Value:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or declared.labels:
        return _text(declared, value)
    if abs(value) > WIDEST or len(str(value)) > declared.most:
        raise Nonsense
    return value


def _text(declared: Declared, value: Any) -> Value:
    if isinstance(value, bool | Mapping | list):
        raise Nonsense
    text = tidy(str(value)) if not isinstance(value, int | float) else _digits(value)
    label = declared.labels.get(text)
    if label is not None:
        return Chosen(text, label)
    if isinstance(value, int | float) and len(text) > declared.most:
        raise Nonsense  # a number is never cut
    return text if len(text) <= declared.most else _cut(text, declared.most)


def _digits(value: float) -> str:
    """Return a number to its last digit. Raises Nonsense where it is none."""
    if not math.isfinite(value) or abs(value) > WIDEST:
        raise Nonsense
    return str(value) if isinstance(value, int) else format(Decimal(repr(value)), "f")


def _cut(text: str, most: int) -> str:
    return text[: most - len(CUT)].rstrip() + CUT if most > 2 * len(CUT) else text[:most]


def _whole(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().removeprefix("-").isdecimal() and len(value) < 20:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Nonsense
    return value


def _number(declared: Declared, value: Any) -> Value:
    number = _whole(value)
    if abs(number) > declared.most:
        raise Nonsense
    return number


def _amount(declared: Declared, value: Any) -> Value:
    assert declared.currency is not None
    minor = _whole(value)
    if abs(minor) > declared.most * 10 ** currency_exponent(declared.currency):
        raise Nonsense
    return Amount(minor, declared.currency)


def _date(declared: Declared, value: Any) -> Value:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Nonsense from None


def _yes_no(declared: Declared, value: Any) -> Value:
    if not isinstance(value, bool):
        raise Nonsense
    return value


TAKEN = {
    None: _as_it_comes, "text": _text, "number": _number, "amount": _amount, "date": _date, "yes_no": _yes_no,
}  # fmt: skip
