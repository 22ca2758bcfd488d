"""What a telecom says, seen from its own side: a turn on a phone, a text, and the callback that tells us. Pure.

Providers read callbacks; for rehearsals, conformance and load they also write them, as the telecom would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Turn(NamedTuple):
    """One turn as a phone sees it. `typed` is everything typed so far, `ahead` what was dialled after the code."""

    session: str
    number: str
    code: str
    typed: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    over: bool = False
    network: str = "1"

    @property
    def first(self) -> bool:
        """Return whether the session begins."""
        return not self.typed


class Text(NamedTuple):
    """One SMS as a phone sends it. `id` is the telecom's, `at` unix seconds."""

    id: str
    number: str
    to: str
    text: str
    at: float


class Door(NamedTuple):
    """Where a channel takes callbacks: `url` is the public `…/in/{channel}` with its secret; `at` is the time there."""

    url: str
    at: float


class Spoken(NamedTuple):
    """A callback. `path` goes after the door's address and begins with the event, such as `ussd`."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def url(self, door: str) -> str:
        """Return the whole address behind a door's."""
        return f"{door}/{self.path}" + (f"?{self.query}" if self.query else "")


class Shown(NamedTuple):
    """What comes back: status, headers with lower-case names, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


# --- addresses ----------------------------------------------------------------------------------------------------


def path_of(channel: str, secret: str = "", event: str = "") -> str:
    """Return the path of a channel's door: `/in/{channel}/{secret}/{event}`, without what is empty."""
    return "/".join(part for part in ("/in", channel, secret, event) if part)


def address(path: str) -> tuple[str, str, str]:
    """Return (channel, secret, event) of `/in/{channel}/{secret}/{event}`, blanks of another path.

    The secret may be absent. Some telecoms write ids into the path: what goes on after the event, below a secret, is
    of the event.
    """
    parts = path.split("/", 5)
    if parts[:2] != ["", "in"]:
        return "", "", ""
    if len(parts) == 5:
        return parts[2], parts[3], parts[4]
    if len(parts) == 4:
        return parts[2], "", parts[3]
    if len(parts) == 6:
        return parts[2], parts[3], f"{parts[4]}/{parts[5]}"
    return "", "", ""


def kind_of(event: str) -> str:
    """Return the event by which a provider knows a callback: `ussd/` for one whose path goes on after `ussd`."""
    return event if "/" not in event else event[: event.index("/") + 1]
