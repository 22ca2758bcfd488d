"""Reads a cumulative transcript: what is new in a text that grows by `*` and one input at every turn. Pure.

The transcript so far may hold a PIN, so it is not kept: only its length and a keyed digest of it, which is enough to
see whether a new text continues it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

Digest = Callable[[str], bytes]


class Heard(NamedTuple):
    """What is kept of the transcript so far: its `length` in characters and its digest."""

    length: int
    mac: bytes


class Began(NamedTuple):
    """The first that we hear of the session. `inputs` are what a long dial typed ahead, none for a plain dial."""

    inputs: tuple[str, ...]


class Typed(NamedTuple):
    """The session went on by one input, which may hold `*` of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same transcript again: a redelivery, which gets the reply that it got before."""


@dataclass(frozen=True, slots=True)
class Diverged:
    """Not a continuation of what we heard: another session under the same id, or our state is of another time."""


Reading = Began | Typed | Repeated | Diverged


def heard(text: str, digest: Digest) -> Heard:
    """Return what to keep of a transcript. `digest` must be keyed, and the same at the next `read`."""
    return Heard(len(text), digest(text))


def read(previous: Heard | None, text: str, digest: Digest) -> Reading:
    """Return what `text` says beyond the `previous` transcript of its session, None where the session is new.

    The new input is the suffix after the previous text and one `*`; it is never found by splitting, since a citizen may
    type `*`. Two inputs of which we missed the first look like one, and are given as one.
    """
    if previous is None:
        return Began(tuple(text.split("*")) if text else ())
    if len(text) < previous.length or not hmac.compare_digest(digest(text[: previous.length]), previous.mac):
        return Diverged()
    if len(text) == previous.length:
        return Repeated()
    if previous.length == 0:
        return Typed(text)
    if text[previous.length] != "*":
        return Diverged()
    return Typed(text[previous.length + 1 :])
