"""Which turn of which session a callback is: its session's key, what was dialled, and where the turn goes. Pure.

Telecoms are of two families. Some send the whole transcript each time, which tells a repeat by itself; all others send
what was typed last, and few of them number their turns. For these a callback is a repeat if it says the same as the
last one and comes while that is being answered or within moments: nobody reads a screen and answers it that fast.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway import transcript
from gateway.config import Channel
from gateway.crypto import Keys
from gateway.engine import Opened, Typed
from gateway.messages import Ended, Inbound, Reply
from gateway.store.records import Session

REPEATS_FOR = 600.0  # seconds after its last turn in which an ended session answers repeats; then its id may be reused
Event = Opened | Typed


class Place(NamedTuple):
    """Where a new turn goes: the session it continues (None: a new one), its start number, and what happened."""

    event: Event
    session: Session | None
    start: int
    retires: Session | None = None


class Dialled(NamedTuple):
    """A short code of the channel, and what was typed ahead with it."""

    code: str
    ahead: tuple[str, ...] = ()


class Began(NamedTuple):
    """A conversation begins, with what was typed ahead."""

    inputs: tuple[str, ...]


class Over:
    """The session was over already: a polite word, and nothing else."""


Going = Began | Typed | Over


def key_of(keys: Keys, channel: Channel, event: Inbound | Ended) -> bytes:
    """Return the key of a callback's session."""
    number = "" if event.known_by == "session" else event.msisdn
    return keys.session_key(channel.name, number, "" if event.known_by == "number" else event.session)


def is_anothers(inbound: Inbound, session: Session) -> bool:
    """True if a telecom that knows sessions by their id alone has given this one's to another number."""
    return inbound.known_by == "session" and inbound.msisdn not in ("", session.number)


def dialled(channel: Channel, inbound: Inbound) -> Dialled | None:
    """Return the short code that was dialled, the longest of the channel's that fits; None if it has none such.

    A telecom that does not tell the code is served by the only code of its channel.
    """
    code = inbound.code
    if code in channel.codes:
        return Dialled(code)
    if not code:
        return Dialled(next(iter(channel.codes))) if len(channel.codes) == 1 else None
    for known in sorted(channel.codes, key=len, reverse=True):
        stem = known.removesuffix("#") + "*"
        if code.startswith(stem):
            return Dialled(known, tuple(code.removesuffix("#")[len(stem) :].split("*")))
    return None


# --- what is kept of an answer --------------------------------------------------------------------------------------

MORE, LAST = b"C", b"E"


def kept(reply: Reply) -> bytes:
    """Return a screen as it is kept for repeats; every repeat is written anew from it, to the same bytes."""
    return (MORE if reply.more else LAST) + reply.text.encode("utf-8", "surrogatepass")


def reply_of(body: bytes) -> Reply:
    """Return the screen that `kept` wrote."""
    return Reply(body[1:].decode("utf-8", "surrogatepass"), body[:1] == MORE)


# --- marks ----------------------------------------------------------------------------------------------------------


def is_numbered(inbound: Inbound) -> bool:
    """True if the telecom marks its turns so that a repeat can be told from the same answer typed twice."""
    return inbound.cumulative or bool(inbound.turn)


def likeness_of(keys: Keys, key: bytes, inbound: Inbound) -> bytes:
    """Return what callbacks that say the same have in common: the telecom's own mark, else what was typed."""
    return keys.mark(key, inbound.turn if is_numbered(inbound) else f"\0{inbound.text}")


def mark_of(keys: Keys, key: bytes, inbound: Inbound, session: Session, back: int = 0) -> bytes:
    """Return the mark of a turn that the telecom does not number: what was typed at this turn of the session.

    `back` 1 gives the mark that the same callback would have had one turn earlier.
    """
    return keys.mark(key, f"{session.start}:{session.turn - back}\0{inbound.text}")


# --- where it goes --------------------------------------------------------------------------------------------------


def going(
    keys: Keys, key: bytes, inbound: Inbound, ahead: tuple[str, ...], session: Session | None, now: float, lasts: float
) -> Going:
    """Return what a callback that is no repeat means for its session, which `lasts` so many silent seconds."""
    lately = session is not None and now - session.touched < lasts
    live = session if session is not None and lately and session.ended is None else None
    ended = session if session is not None and lately and session.ended is not None else None
    if inbound.cumulative:
        return _from_transcript(keys, key, inbound, ahead, live, ended)
    if inbound.first is True or (inbound.first is None and _unheard_of(inbound, live, ended)):
        return Began(ahead)
    if live is not None:
        return Typed(inbound.text)
    return Over() if ended is not None else Began(())


def _unheard_of(inbound: Inbound, live: Session | None, ended: Session | None) -> bool:
    return live is None and (ended is None or inbound.known_by == "number")


def _from_transcript(
    keys: Keys, key: bytes, inbound: Inbound, ahead: tuple[str, ...], live: Session | None, ended: Session | None
) -> Going:
    heard = live or ended
    previous = transcript.Heard(heard.heard_length, heard.heard_mac) if heard else None
    match transcript.read(previous, inbound.text, lambda text: keys.mark(key, text)):
        case transcript.Typed(text) if live is not None:
            return Typed(text)
        case transcript.Typed() | transcript.Repeated() if ended is not None:
            return Over()
        case transcript.Began(inputs):
            return Began(ahead if inbound.opens else (*ahead, *inputs))
    return Began(ahead)
