"""What the engine knows, hears, wishes and answers: small frozen values that survive JSON. Pure.

`State` and `Step` are named tuples, since every turn makes several: a frozen dataclass of their size takes four times
as long to make and to copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from gateway.language.answers.gazetteer import Gazetteer
from gateway.language.root import Service
from gateway.language.text import Limits
from gateway.language.values import Value, from_plain, to_plain

NOTHING: Mapping[str, Any] = MappingProxyType({})
Mode = Literal["menu", "resume", "stuck", "ringing", "pick", "again", "comment"]


@dataclass(frozen=True, slots=True)
class Edition:
    """The services in force at one moment, the hash of their files, and the lists of places by service and file."""

    hash: str
    services: Mapping[str, Service]
    lists: Mapping[tuple[str, str], Gazetteer] = field(default_factory=dict)


class Facts(NamedTuple):
    """What the engine is told about this turn. It has no clock and no chance of its own: `now` and `seed` are given.

    `limits` is what fits a screen, and in which letters; `earlier` is the edition of the conversation that is being
    offered again.
    """

    channel: Literal["ussd", "sms"]
    phone: str
    now: datetime
    seed: int
    limits: Limits
    network: str = ""
    short_code: str = ""
    country: str = "KE"
    notice: str = ""
    earlier: Edition | None = None


# --- events -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A citizen dials (with a long dial's `inputs`) or texts a keyword (with the words after it)."""

    service: str
    inputs: tuple[str, ...] = ()
    language: str | None = None
    paused: Paused | None = None


class Typed(NamedTuple):
    """What the citizen typed on the screen she sees."""

    text: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a wish brought: the values, `missing` (there is no such thing), or None (too slow, down or nonsense)."""

    values: Mapping[str, Any] | Literal["missing"] | None


Happening = Opened | Typed | Fetched


# --- effects ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask an office now, for at most `within` seconds, and come back with Fetched."""

    office: str
    ask: str
    send: Mapping[str, Any]
    within: float


@dataclass(frozen=True, slots=True)
class Recall:
    """Look up this number's own requests (of `service` only, if given), or the one with `reference`.

    Comes back with Fetched.
    """

    reference: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Submit:
    """File a request under `reference`. `secret` says that `send` holds a secret answer."""

    reference: str
    service: str
    agency: str
    title: str
    language: str
    office: str
    ask: str
    send: Mapping[str, Any]
    secret: bool


@dataclass(frozen=True, slots=True)
class Message:
    """Send the citizen an SMS, about the request `reference` if there is one."""

    text: str
    reference: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Remember:
    """Remember the number's language."""

    language: str


@dataclass(frozen=True, slots=True)
class Rated:
    """The citizen rates a request of hers: 1 (bad) to 5 (very good), perhaps with a comment."""

    reference: str
    score: int
    comment: str = ""


Wish = Fetch | Recall
Effect = Submit | Message | Remember | Rated


# --- state --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    """A service that waits while another one is walked. `go` is None where the session ends with the other."""

    service: str
    screen: str
    trail: tuple[str, ...]
    values: Mapping[str, Value]
    secrets: Mapping[str, str]
    go: str | None
    save: Mapping[str, str] = field(default_factory=dict)


class State(NamedTuple):
    """Where a conversation stands: the screen the citizen sees, and what she answered so far.

    `secrets` are the answers that must never be shown or written in clear; `pending` is what is left of a long dial;
    `known` names the answers that may be offered again.
    """

    service: str
    screen: str
    language: str
    mode: Mode = "menu"
    page: int = 0
    wrong: int = 0
    missed: int = 0
    notice: str = ""
    values: Mapping[str, Value] = NOTHING
    secrets: Mapping[str, str] = NOTHING
    trail: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    known: tuple[str, ...] = ()
    reference: str = ""
    filed: int = 0
    waiting: bool = False
    pending: tuple[str, ...] = ()
    paused: Paused | None = None

    @property
    def begun(self) -> bool:
        """True if there is something to come back to."""
        return bool(self.trail or self.frames)


def replace(state: State, **changes: Any) -> State:
    """Return the state with other values in some fields."""
    return state._replace(**changes)


@dataclass(frozen=True, slots=True)
class Paused:
    """A conversation that was dropped, and the edition it began with."""

    edition: str
    state: State


class Step(NamedTuple):
    """The engine's answer: the next state, the screen, and what is to be done.

    With a `wish` there is no screen yet: fulfil it and step again with Fetched. `more` is False when the telecom is to
    close the session; `state` is None when the conversation is over, and kept for a redial when it is not.
    """

    state: State | None
    text: str = ""
    more: bool = True
    wish: Wish | None = None
    effects: tuple[Effect, ...] = ()
    edition: str = ""


# --- through JSON -------------------------------------------------------------------------------------------------


def plain(state: State) -> dict[str, Any]:
    """Return the state as JSON data, without what has its default. Secrets are under `secrets`: seal them."""
    data: dict[str, Any] = {
        name: value for name, value, usual in zip(_FIELDS, state, _USUAL, strict=True)
        if value is not usual and value != usual
    }
    if state.values:
        data["values"] = {name: to_plain(value) for name, value in state.values.items()}
    if state.frames:
        data["frames"] = [_plain_frame(frame) for frame in state.frames]
    if state.paused:
        data["paused"] = {"edition": state.paused.edition, "state": plain(state.paused.state)}
    return data


_FIELDS = State._fields
_USUAL = tuple(State._field_defaults.get(name) for name in _FIELDS)
_AS_THEY_ARE = ("mode", "page", "wrong", "missed", "notice", "reference", "filed", "waiting")


def _plain_frame(frame: Frame) -> dict[str, Any]:
    data: dict[str, Any] = {"service": frame.service, "screen": frame.screen, "trail": list(frame.trail)}
    if frame.values:
        data["values"] = {name: to_plain(value) for name, value in frame.values.items()}
    if frame.secrets:
        data["secrets"] = dict(frame.secrets)
    if frame.go is not None:
        data["go"] = frame.go
        data["save"] = dict(frame.save)
    return data


def restored(data: Mapping[str, Any]) -> State:
    """Return the state that `plain` wrote."""
    fields = {name: data[name] for name in _AS_THEY_ARE if name in data}
    for name in ("trail", "known", "pending"):
        if name in data:
            fields[name] = tuple(data[name])
    if "values" in data:
        fields["values"] = {name: from_plain(value) for name, value in data["values"].items()}
    if "frames" in data:
        fields["frames"] = tuple(_restored_frame(frame) for frame in data["frames"])
    if "paused" in data:
        fields["paused"] = Paused(data["paused"]["edition"], restored(data["paused"]["state"]))
    return State(data["service"], data["screen"], data["language"], secrets=data.get("secrets", {}), **fields)


def _restored_frame(data: Mapping[str, Any]) -> Frame:
    return Frame(
        data["service"],
        data["screen"],
        tuple(data["trail"]),
        {name: from_plain(value) for name, value in data.get("values", {}).items()},
        data.get("secrets", {}),
        data.get("go"),
        data.get("save", {}),
    )
