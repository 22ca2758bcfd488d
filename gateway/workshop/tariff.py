"""What a session and an SMS cost, network by network: a file that the operator keeps. Pure.

All prices are whole numbers of the currency's minor unit, such as cents; `citizen` and `agency` each pay theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, ValidationError

from gateway.language import places, shapes
from gateway.language.asked import Currency, Strict

BLOCK = 20  # seconds of a session that are charged together

Minor = Annotated[int, Field(ge=0, le=1_000_000)]


class Prices(Strict):
    """What one side pays."""

    ussd_session: Minor = Field(0, description="for a session")
    ussd_20_seconds: Minor = Field(0, description="for each 20 seconds of a session that were begun")
    ussd_screen: Minor = Field(0, description="for each screen of a session")
    sms_out: Minor = Field(0, description="for each part of an SMS to the citizen")
    sms_in: Minor = Field(0, description="for each part of an SMS from the citizen")


class Network(Strict):
    """One network's prices."""

    name: str
    citizen: Prices = Prices()
    agency: Prices = Prices()


class Tariff(Strict):
    """The whole file. Networks stand under their codes, such as 63902."""

    tariff: Annotated[int, Field(ge=1, le=1, description="the version of this form")]
    currency: Currency
    networks: dict[str, Network] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Used:
    """What a conversation takes: one session of `seconds` and `screens`, or none, and parts of SMS each way."""

    sessions: int
    seconds: float
    screens: int
    sms_out: int
    sms_in: int


def price(prices: Prices, used: Used) -> int:
    """Return what it costs, in minor units."""
    blocks = used.sessions * -int(-used.seconds // BLOCK)
    session = (
        used.sessions * (prices.ussd_session + prices.ussd_screen * used.screens) + prices.ussd_20_seconds * blocks
    )
    return session + prices.sms_out * used.sms_out + prices.sms_in * used.sms_in


def read(text: str | bytes, file: str) -> tuple[Tariff | None, list[str]]:
    """Return the tariff of a file, or what is wrong with it."""
    document = places.read(text, file)
    tariff = None
    if not document.complaints:
        try:
            tariff = Tariff.model_validate(document.data if document.data is not None else {})
        except ValidationError as error:
            shapes.explain(document, error, (), Tariff)
    return tariff, [str(complaint) for complaint in sorted(document.complaints)]
