"""The keys of config.yaml: what may stand there, and what it is when it does not. Pure.

A channel and an office also have keys of their provider's: the models of those are in `providers/`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.language.screens import Duration, Slug, Texts
from providers.forms import formed

_PUBLIC_URL = "this is not how telecoms reach us (write https://gateway.example.org, with nothing after the host)"


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("a time zone looks like Africa/Nairobi") from error
    return value


def _listen(value: str) -> str:
    if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}", value):
        raise ValueError("an address to listen on looks like 127.0.0.1:8000")
    if not 1 <= int(value.rpartition(":")[2]) <= 65535:
        raise ValueError("a port is a number from 1 to 65535 (write 127.0.0.1:8000)")
    return value


def _not_nothing(value: str) -> str:
    if not int(value.partition("/")[0]):
        raise ValueError("a cap of 0 lets nobody through (write one that is met, such as 100/day, or leave it out)")
    return value


class Strict(BaseModel):
    """What every part of the configuration has in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Code(Strict):
    """What a short code opens."""

    service: Slug
    toll_free: bool = False
    cost_notice: Texts | None = None


class SmsSide(Strict):
    """SMS on a channel: the number citizens text, how fast we may send, and what a part costs us."""

    short_code: str
    price: float = Field(0.0, ge=0, le=1000)
    rate: float = Field(20, gt=0, le=10_000)
    in_flight: int = Field(8, ge=1, le=8)


class ClientCertificate(Strict):
    """The header in which our own proxy names the subject of the certificate that the telecom showed it (mTLS)."""

    header: Annotated[str, formed(r"[A-Za-z0-9-]{1,64}", "this is no header's name (write it as X-Client-Subject)")]
    subject: str = Field(min_length=3, max_length=400)


class Screens(Strict):
    """What fits a screen of the channel."""

    septets: int = Field(160, ge=60, le=182)
    units: int = Field(70, ge=30, le=80)


ShiftTable = Literal["none", "turkish", "spanish", "portuguese"]  # national single shift tables of 3GPP TS 23.038


class NetworkPart(Strict):
    """What a network shows, where that is not what the channel says of all."""

    unicode: bool | None = None
    shift_table: ShiftTable | None = None


Calls = Annotated[
    str,
    formed(r"\d{1,9}/(second|minute|hour|day)", "this is not how often (write 60/minute, or by second, hour or day)"),
    AfterValidator(_not_nothing),
]
Often = Annotated[
    str,
    formed(r"\d{1,9}/(minute|hour|day)", "this is not how often (write 100/day, or by hour or minute)"),
    AfterValidator(_not_nothing),
]


class Rates(Strict):
    """How often one number and one session may call, such as 60/minute; more gets a polite END."""

    number: Calls = "60/minute"
    session: Calls = "60/minute"


NetworkCode = Annotated[str, Field(min_length=1, max_length=40)]
Prefix = Annotated[
    str, formed(r"\+[1-9][0-9]{0,11}", 'this is no beginning of a phone number (write it with its plus, as "+254")')
]


class Most(Strict):
    """How many SMS may go to one number, to a range of numbers that differ in their last digits only, and to all."""

    number: Often | None = None
    range: Often | None = None
    total: Often | None = None


class SmsLimits(Strict):
    """Caps against SMS pumping. Without any, whoever makes the gateway send SMS decides what they cost."""

    countries: list[Prefix] = Field(default_factory=list)  # prefixes that may be sent to; empty: all
    range_digits: int = Field(3, ge=1, le=6)
    notices: Most = Most()
    answers: Most = Most()
    service: Often | None = None  # notices of one service
    cost: float | None = Field(None, gt=0)  # a day, in the currency of the channels' `sms.price`


class Route(Strict):
    """Which channels notices to a number or a network go by, in order. Without prefix and network: all others."""

    prefix: Prefix = ""
    network: str = Field("", max_length=40)
    channels: list[Slug] = Field(min_length=1, max_length=8)


class Top(Strict):
    """Everything outside of channels and offices."""

    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8000"
    public_url: Annotated[str, formed(r"https?://[^/\s]+", _PUBLIC_URL)] = "http://127.0.0.1:8000"
    data: str = "./data"
    menus: str = "./menus"
    reload: Literal["watch", "signal"] = "watch"
    durability: Literal["full", "relaxed"] = "full"
    country: Annotated[str, formed("[A-Z]{2}", "a country is two capital letters (write KE)")] = "KE"
    time_zone: Annotated[str, AfterValidator(_zone)] = "Africa/Nairobi"
    key: str = "file:./data/gateway.key"
    trusted_proxies: list[str] = Field(default_factory=list)
    limits: Rates = Rates()
    sms_limits: SmsLimits = SmsLimits()
    routes: list[Route] = Field(default_factory=list)
    give_up_after: Duration = Field(7 * 86400.0, gt=0)
    channels: dict[str, Any] = Field(default_factory=dict)
    offices: dict[str, Any] = Field(default_factory=dict)


class ChannelPart(Strict):
    """The keys of a channel that are ours."""

    provider: str
    codes: dict[str, Code | Slug] = Field(default_factory=dict)
    sms: SmsSide | None = None
    screen: Screens = Screens()
    shift_table: ShiftTable | None = None  # only where the telecom says that it carries one
    unicode: bool = True  # False: no network of the channel can show more than GSM-7
    networks: dict[NetworkCode, NetworkPart] = Field(default_factory=dict)  # by the code that the telecom tells
    client_certificate: ClientCertificate | None = None
    answer_within: Duration = Field(5.0, gt=0, le=9)
    session_lasts: Duration = Field(600.0, ge=10, le=3600)  # silent for longer, a session is another one
    repeat_within: Duration = Field(2.0, ge=0, le=30)  # the same answer sooner is a repeat, where turns have no numbers


class OfficePart(Strict):
    """The keys of an office that are ours."""

    adapter: str
    rate: float = Field(10, gt=0, le=10_000)
    in_flight: int = Field(4, ge=1, le=8)
    trip_after: int = Field(5, ge=1, le=100)
