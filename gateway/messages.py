"""The words every room shares: what telecoms say, what offices answer, what we send. Pure.

Values of the hot path are named tuples, which are made in a quarter of the time of a frozen dataclass.

Nothing here belongs to one provider. Providers turn wire formats into these values and back; the rooms above
never see a provider's own word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple

JSON = Any  # what json.loads returns


# --- errors: one family, each a sentence for a person -------------------------------------------------------------


class GatewayError(Exception):
    """Anything the gateway raises on purpose. `str(error)` is a sentence that says what is wrong and what to do."""


class Refused(GatewayError):
    """The caller did not prove who it is: a wrong secret, signature or address. It is answered as a path that isn't
    there; only the log says why."""


class Unreadable(GatewayError):
    """The telecom's request is proven but malformed. It is answered with 400 and nothing is written."""


class Misconfigured(GatewayError):
    """Menus or configuration are wrong. `complaints` has a line for each: `file:line:column: what (todo) [code]`."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


class StoreTrouble(GatewayError):
    """The database could not take a write (disk full, locked by another process, closed)."""


# --- a telecom's request ------------------------------------------------------------------------------------------


class Request(NamedTuple):
    """One HTTP callback, read whole. `headers` have lower-case names; `peer` is the proven network address.

    `url` is the configured public base plus the raw path and query, as the telecom signed it; `secret` and `event`
    are the last parts of `/in/{channel}/{secret}/{event}` (`secret` is empty where the path has none). `at` is when it
    came, in unix seconds: signatures with a timestamp are judged by it.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    peer: str
    event: str
    secret: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Errand:
    """A POST that brings a USSD screen to a telecom which takes none in its own exchange.

    The telecom took it if its answer holds `taken`.
    """

    url: str
    body: bytes
    content_type: str
    taken: bytes = b""


class Answer(NamedTuple):
    """What goes back to the telecom in the same exchange, and what goes to it afterwards."""

    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    errand: Errand | None = None


# --- what a callback means ----------------------------------------------------------------------------------------


KnownBy = Literal["both", "session", "number"]
"""What tells a session from another: the telecom's id together with the number, the id alone (later turns bring no
number), or the number alone (the telecom gives no id)."""


class Inbound(NamedTuple):
    """One turn of a USSD session.

    `code` is what was dialled, as far as the telecom tells: `*384*70#`, `*384*70*1*2#` with more typed ahead, or
    nothing. `turn` is the telecom's own mark of the turn (the whole cumulative text, a sequence number): the same mark
    again is a redelivery; empty where the telecom numbers nothing. Where `cumulative`, `text` is the transcript so far
    and the new input is the suffix after the stored one; otherwise `text` is what was typed last. `first` is True or
    False where the telecom says so. `echo` are fields of the request that the answer repeats. `opens` is what was
    dialled if this turns out to be the first turn of its session, from telecoms that don't say which one is.
    """

    session: str
    msisdn: str
    code: str
    turn: str
    text: str
    cumulative: bool
    first: bool | None = None
    network: str = ""
    known_by: KnownBy = "both"
    echo: Mapping[str, str] = {}
    opens: str = ""


class Part(NamedTuple):
    """Which piece of a long SMS this is: number 1 to `total` of those that share `ref`."""

    ref: str
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class Texted:
    """One incoming SMS. `id` is the telecom's id, the same on every redelivery. `link` must be quoted by an answer.

    `part` is given where the telecom leaves it to us to put a long SMS together.
    """

    id: str
    msisdn: str
    to: str
    text: str
    sent_at: datetime | None = None
    network: str = ""
    link: str = ""
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The telecom says that a USSD session is over. `outcome` is the telecom's word; what was typed is not kept."""

    session: str
    msisdn: str
    outcome: Literal["success", "incomplete", "failed"]
    duration_ms: int | None = None
    hops: int | None = None
    known_by: KnownBy = "both"


class SmsState(StrEnum):
    """How far an outgoing SMS got. `delivered` and `failed` are final: nothing leaves them."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery report for the SMS that the telecom knows as `id`. `state` is None for a word we do not know."""

    id: str
    state: SmsState | None
    word: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OptOut:
    """The number must not (`out`) or may again (`not out`) be sent SMS. The telecom has answered the citizen itself."""

    msisdn: str
    out: bool = True
    sender: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """Something we understand and need not act on, such as a premium subscription. Answered 200, counted."""

    what: str
    detail: Mapping[str, str] = field(default_factory=dict)


Event = Inbound | Texted | Ended | Receipt | OptOut | Noted
Events = Event | list[Event]
"""What one callback tells. A list, perhaps empty, is a batch: several SMS or reports in one body."""


# --- what we answer and send --------------------------------------------------------------------------------------


class Reply(NamedTuple):
    """A USSD screen on its way out. `more` is True while the session goes on."""

    text: str
    more: bool


@dataclass(frozen=True, slots=True)
class Sms:
    """One SMS to send. `key` is ours and the same at every attempt; `link` answers a premium on-demand message."""

    key: str
    to: str
    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The telecom took the SMS and calls it `id`."""

    id: str
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now. Try again after `after` seconds if the other side said when, else by our own schedule.

    `kind` is `temporary` (slow, down, throttled), `auth` (our credentials or account need repair: tell the
    operator, never the citizen) or `unknown` (the answer was lost: it may have been done). `alone` says that it
    concerns this one thing, such as a number without a route: others to the same side need not wait.
    """

    why: str
    kind: Literal["temporary", "auth", "unknown"] = "temporary"
    after: float | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """No, for good. `code` is the other side's own code.

    `kind` is `citizen_error` (refused for what it says), `contract` (one of us speaks the protocol wrongly: park it
    for a person) or `opted_out` (the number does not want SMS).
    """

    code: str
    why: str
    kind: Literal["citizen_error", "contract", "opted_out"] = "citizen_error"


SendOutcome = Sent | Later | Failed


# --- a back office ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """A request to an office, composed once and kept: the same bytes go out at every attempt."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Delivered:
    """The office has it. `values` are those its answer gives by the operation's `answer` paths."""

    values: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a live question to an office brought back."""

    values: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Missing:
    """The office answers that there is no such thing."""


Outcome = Delivered | Later | Failed
Lookup = Found | Missing | Later | Failed


@dataclass(frozen=True, slots=True)
class Health:
    """How an office is, in its adapter's eyes."""

    state: Literal["ok", "degraded", "down"]
    why: str = ""


# --- small helpers that providers and rooms share -----------------------------------------------------------------


def need(fields: Mapping[str, str], *names: str) -> list[str]:
    """Return the values of required fields in order. Raises Unreadable that names the first one absent or blank."""
    for name in names:
        if not fields.get(name, "").strip():
            raise Unreadable(f"the field {name!r} is missing or blank")
    return [fields[name].strip() for name in names]


def to_json(value: JSON) -> bytes:
    """Write JSON in one stable form: sorted keys, no blanks, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
