"""The keys of config.yaml: what may stand there, and what it is when it does not. Pure.

A channel and an office also have keys of their provider's: the models of those are in `providers/`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.language.screens import Duration, Slug, Texts


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("a time zone looks like Africa/Nairobi") from error
    return value


def _listen(value: str) -> str:
    if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}", value):
        raise ValueError("an address to listen on looks like 127.0.0.1:8000")
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
    """SMS on a channel: the number citizens text, and how fast we may send."""

    short_code: str
    rate: float = Field(20, gt=0, le=10_000)
    in_flight: int = Field(8, ge=1, le=8)


class Screens(Strict):
    """What fits a screen of the channel."""

    septets: int = Field(160, ge=60, le=182)
    units: int = Field(70, ge=30, le=80)


class Rates(Strict):
    """How often one number and one session may call, such as 60/minute; more gets a polite END."""

    number: str = Field("60/minute", pattern=r"^\d+/(second|minute|hour|day)$")
    session: str = Field("60/minute", pattern=r"^\d+/(second|minute|hour|day)$")


class Top(Strict):
    """Everything outside of channels and offices."""

    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8000"
    public_url: str = Field("http://127.0.0.1:8000", pattern=r"^https?://[^/\s]+$")
    data: str = "./data"
    menus: str = "./menus"
    reload: Literal["watch", "signal"] = "watch"
    durability: Literal["full", "relaxed"] = "full"
    country: str = Field("KE", pattern=r"^[A-Z]{2}$")
    time_zone: Annotated[str, AfterValidator(_zone)] = "Africa/Nairobi"
    key: str = "file:./data/gateway.key"
    trusted_proxies: list[str] = Field(default_factory=list)
    limits: Rates = Rates()
    give_up_after: Duration = Field(7 * 86400.0, gt=0)
    channels: dict[str, Any] = Field(default_factory=dict)
    offices: dict[str, Any] = Field(default_factory=dict)


class ChannelPart(Strict):
    """The keys of a channel that are ours."""

    provider: str
    codes: dict[str, Code | Slug] = Field(default_factory=dict)
    sms: SmsSide | None = None
    screen: Screens = Screens()
    answer_within: Duration = Field(5.0, gt=0, le=9)
    session_lasts: Duration = Field(600.0, ge=10, le=3600)  # silent for longer, a session is another one
    repeat_within: Duration = Field(2.0, ge=0, le=30)  # the same answer sooner is a repeat, where turns have no numbers


class OfficePart(Strict):
    """The keys of an office that are ours."""

    adapter: str
    rate: float = Field(10, gt=0, le=10_000)
    in_flight: int = Field(4, ge=1, le=8)
    trip_after: int = Field(5, ge=1, le=100)
