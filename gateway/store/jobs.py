"""What is to be sent and how it went: lanes, jobs, and the outcomes of an attempt. Pure.

All times are seconds since 1970 (UTC) as floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.messages import JSON, Call, Sms, SmsState


def office_lane(office: str) -> str:
    """Name the lane that holds what goes to one office."""
    return f"office:{office}"


def sms_lane(channel: str) -> str:
    """Name the lane that holds the SMS of one channel."""
    return f"sms:{channel}"


@dataclass(frozen=True, slots=True)
class Lane:
    """How one office or SMS channel may be called: `rate` a second (0: no limit), `cap` at the same time.

    After `trip` troubles in a row nothing is tried for `pause` seconds, doubled at each failed probe up to
    `longest_pause`; then one job probes.
    """

    name: str
    rate: float = 10.0
    cap: int = 8
    trip: int = 5
    pause: float = 10.0
    longest_pause: float = 300.0


@dataclass(frozen=True, slots=True)
class Filing:
    """A request on its way to its office."""

    reference: str
    service: str
    office: str
    ask: str
    call: Call
    sealed: bool
    number: str
    channel: str
    language: str
    edition: str


@dataclass(frozen=True, slots=True)
class Texting:
    """An SMS on its way to its telecom. `opted_out`: the number does not want SMS. `ways`: channels to try next."""

    channel: str
    sms: Sms
    reference: str | None
    opted_out: bool
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt, leased to the caller until its lease ends.

    `attempt` counts from 1 since the job was queued at `queued` (unix time); a replay begins both anew. `fence` grows
    at every claim for ever, so that only the latest holder can settle the job. `doubtful`: it is not
    known how an earlier attempt ended; it may have been taken.
    """

    id: int
    lane: str
    key: str
    attempt: int
    fence: int
    queued: float
    what: Filing | Texting
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """Jobs to do now, oldest first, and when to ask again (None: when something new is kept or finished)."""

    jobs: tuple[Job, ...]
    wake_at: float | None


@dataclass(frozen=True, slots=True)
class Done:
    """The other side has it: an office's answer values, or a telecom's message id and cost."""

    values: Mapping[str, JSON] = field(default_factory=dict)
    provider_id: str = ""
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at `due`. `hold` (unix time) keeps the whole lane back until then, for a Retry-After.

    `alone` says that it was trouble of this job only, which tells nothing about the lane.
    """

    due: float
    why: str
    kind: Literal["temporary", "auth", "unknown"] = "temporary"
    hold: float = 0.0
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Reroute:
    """Try an SMS by the next of its ways, at `due`. The way it came comes last again, unless it is to `drop` out.

    `kind`, `hold` and `alone` tell of the lane it came by, as in Retry.
    """

    due: float
    why: str
    kind: Literal["temporary", "auth", "contract"] = "temporary"
    hold: float = 0.0
    alone: bool = False
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Park:
    """A person must look at it."""

    why: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """The other side refused it for good."""

    code: str
    why: str


Completion = Done | Retry | Reroute | Park | Reject


@dataclass(frozen=True, slots=True)
class MessageRow:
    """An SMS as people look at it."""

    key: str
    channel: str
    number: str
    text: str
    reference: str | None
    state: SmsState
    provider_id: str
    cost: str
    word: str
    reason: str
    created: float
