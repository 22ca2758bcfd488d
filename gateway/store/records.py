"""The values that go into the store and come out of it. Pure.

All times are seconds since 1970 (UTC) as floats; the caller brings the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gateway.messages import JSON, Call, Part, Texted

RequestState = Literal["queued", "delivered", "parked", "rejected", "erased"]


# --- sessions -----------------------------------------------------------------------------------------------------


class Session(NamedTuple):
    """A session as it stands after its last committed turn.

    `key` names the telecom's session, `start` tells its reuses apart (1, 2, …). `turn` counts answered turns.
    `state` is None when there is nothing left to resume; `ended` is the time of the final screen or None.
    """

    id: int
    key: bytes
    start: int
    channel: str
    number: str
    telecom_session: str
    turn: int
    state: bytes | None
    edition: str
    heard_length: int
    heard_mac: bytes
    begun: float
    touched: float
    ended: float | None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is known of a number that begins a session: its language, opt-out, and a session that it left unfinished."""

    language: str | None = None
    opted_out: bool = False
    unfinished: Session | None = None


class Recalled(NamedTuple):
    """The latest session of a key, or None; `reply` holds the bytes already sent for that mark in that session.

    `newcomer` is given if the caller asked for it and there is no session that goes on. `start` is that of the key's
    latest session where `session` does not say it, since it is another number's.
    """

    session: Session | None
    reply: bytes | None
    newcomer: Newcomer | None = None
    start: int = 0


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request that a citizen just filed. `call` is what its office will be sent, at every attempt under `key`.

    `sealed` says that `call.body` is encrypted and must be wiped once settled. `summary` holds no secrets.
    """

    reference: str
    service: str
    agency: str
    title: str
    office: str
    ask: str
    number: str
    channel: str
    language: str
    edition: str
    call: Call
    key: str
    sealed: bool = False
    summary: str = ""


class Cap(NamedTuple):
    """What one message spends (`amount`) of what may be spent (`most`) under `key` in each window of `seconds`."""

    name: str
    key: str
    seconds: float
    most: float
    amount: float = 1.0


class CapKey(NamedTuple):
    """How many SMS a cap refused under one of its keys in the last two days, and when its last window ends."""

    key: str
    refused: int
    until: float


@dataclass(frozen=True, slots=True)
class CapState:
    """How many SMS a cap refused in the last two days, whether it refuses just now, and under which keys most."""

    name: str
    refused: int
    reached: bool
    worst: tuple[CapKey, ...] = ()


@dataclass(frozen=True, slots=True)
class NewMessage:
    """An SMS to send through `channel`. `key` is ours and unique; `link` answers a premium message.

    `ways` are the channels to try after it, in order. A message that exhausts one of its `caps` is not sent.
    """

    key: str
    channel: str
    number: str
    text: str
    link: str = ""
    reference: str | None = None
    ways: tuple[str, ...] = ()
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldPart:
    """A part of a long SMS that waits for the others since `at`."""

    channel: str
    texted: Texted
    part: Part
    at: float


@dataclass(frozen=True, slots=True)
class Rating:
    """A citizen's rating of a request: 1 (bad) to 5 (very good). It counts only for a request of her own number."""

    reference: str
    score: int
    comment: str = ""


class Turn(NamedTuple):
    """One answered turn, all of it to be committed at once.

    `session` None begins session number `start` of `key`; otherwise it is the id, and `turn` the counter the session
    must still have. `state` None: nothing to resume. `more` False: the session is over. `retires` is the session that
    this one took over. `inbox` is (channel, mark of number and telecom's id) of an SMS. `opt_out` True or False changes
    the number's wish.
    """

    key: bytes
    channel: str
    number: str
    mark: bytes
    reply: bytes
    now: float
    state: bytes | None
    edition: str
    more: bool = True
    session: int | None = None
    start: int = 1
    turn: int = 0
    telecom_session: str = ""
    heard_length: int = 0
    heard_mac: bytes = b""
    language: str | None = None
    requests: tuple[NewRequest, ...] = ()
    messages: tuple[NewMessage, ...] = ()
    ratings: tuple[Rating, ...] = ()
    retires: Session | None = None
    inbox: tuple[str, str] | None = None
    opt_out: bool | None = None


class Kept(NamedTuple):
    """The turn is on stable storage; this is the session after it."""

    session: Session


@dataclass(frozen=True, slots=True)
class Again:
    """The turn was answered before, with these bytes. Nothing was written."""

    reply: bytes


@dataclass(frozen=True, slots=True)
class Stale:
    """Another turn of the session came in between. Nothing was written: recall and step again."""


Keeping = Kept | Again | Stale


# --- requests -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as people look at it. `in_flight` is an attempt under way; `due` the next one, None once settled."""

    reference: str
    service: str
    agency: str
    title: str
    office: str
    ask: str
    number: str
    channel: str
    language: str
    edition: str
    summary: str
    key: str
    state: RequestState
    accepted: float
    settled: float | None
    attempts: int
    due: float | None
    in_flight: bool
    code: str
    why: str
    values: Mapping[str, JSON]
    rating: int | None = None
    comment: str = ""


class Send(NamedTuple):
    """An SMS that was tried: by which channel, how that stands (`state` of the outbox), why, and when it was queued."""

    channel: str
    state: str
    why: str
    queued: float


@dataclass(frozen=True, slots=True)
class BooksRow:
    """One line of the ledger: accepted = delivered + queued + in_flight + parked + rejected + erased."""

    service: str
    day: str
    accepted: int
    delivered: int
    queued: int
    in_flight: int
    parked: int
    rejected: int
    erased: int

    def balanced(self) -> bool:
        """Say whether the line adds up."""
        return self.accepted == (
            self.delivered + self.queued + self.in_flight + self.parked + self.rejected + self.erased
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """Sizes for /metrics. `queued` and `parked` are outbox rows by lane; sizes are bytes."""

    sessions: int
    live_sessions: int
    cached_sessions: int
    queued: Mapping[str, int]
    parked: Mapping[str, int]
    messages: Mapping[str, int]
    database_bytes: int
    wal_bytes: int


@dataclass(frozen=True, slots=True)
class Swept:
    """How many rows a sweep removed. `more` says that it stopped at its limit."""

    sessions: int
    inbox: int
    receipts: int
    more: bool
