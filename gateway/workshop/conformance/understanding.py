"""What a channel understands of a recorded callback, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.config import Channel
from gateway.messages import Ended, Event, Inbound, Noted, OptOut, Receipt, Refused, Request, Texted, Unreadable
from gateway.speech import kind_of, path_of
from gateway.workshop.conformance.recordings import Recording
from providers.proofs import showing

Words = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Understood:
    """What came of a recording: what proves it, what it tells, or why it tells nothing. `request` is as we took it."""

    recording: Recording
    request: Request
    proof: str
    proven: bool
    events: tuple[Event, ...] = ()
    why_not: str = ""


def understood(channel: Channel, recording: Recording, public_url: str, now: float) -> Understood:
    """Prove and read a recording as the door would.

    An address that is not ours says neither event nor secret: then the event is the first that can be read, and the
    secret is taken for given. The network address is taken for given in any case: no recording holds it.
    """
    request = _request(channel, recording, public_url, now)
    proof, proven = _proof(channel, recording, request)
    complaint = ""
    for event in (recording.event,) if recording.event else _guesses(channel, recording):
        asked = request._replace(event=event, url=_at_our_address(channel, recording, request, public_url, event))
        if kind_of(event) not in channel.telecom.EVENTS:
            complaint = complaint or f"the channel has no event {event!r} (it has {', '.join(channel.telecom.EVENTS)})"
            continue
        try:
            found = channel.telecom.parse(asked, channel.settings)
        except Unreadable as unreadable:
            complaint = complaint or str(unreadable)
            continue
        events = tuple(found) if isinstance(found, list) else (found,)
        return Understood(recording, asked, proof, proven, events)
    return Understood(recording, request, proof, proven, why_not=complaint)


def _request(channel: Channel, recording: Recording, public_url: str, now: float) -> Request:
    secret, headers = showing(channel.settings)
    if recording.secret is not None:
        url, secret, headers = public_url + _path_and_query(recording), recording.secret, {}
    else:
        url = recording.address
    addresses = getattr(channel.settings, "addresses", ())
    peer = str(next(iter(addresses))[0]) if addresses else "192.0.2.1"
    named = {**headers, **recording.headers}
    at = now if recording.at is None else recording.at
    return Request(recording.method, url, named, recording.body, peer, recording.event, secret, at)


def _at_our_address(channel: Channel, recording: Recording, request: Request, public_url: str, event: str) -> str:
    """Return the address that a callback would have come to: some answers repeat it."""
    if recording.secret is not None:
        return request.url
    path = path_of(channel.name, request.secret, event)
    return f"{public_url}{path}" + (f"?{recording.query}" if recording.query else "")


def _path_and_query(recording: Recording) -> str:
    path = recording.address if recording.address.startswith("/") else "/" + recording.address.split("/", 3)[3]
    return path.partition("#")[0]


def _guesses(channel: Channel, recording: Recording) -> list[str]:
    """Return the events that an address without one may mean; a path that goes on after `ussd` is found in it."""
    path = recording.address.partition("?")[0]
    beyond = [path[path.index(word) :] for word in ("/session/",) if word in path]
    return [f"ussd{rest}" for rest in beyond] or [event for event in channel.telecom.EVENTS if not event.endswith("/")]


def _proof(channel: Channel, recording: Recording, request: Request) -> tuple[str, bool]:
    asked = channel.telecom.proofs(channel.settings)
    if not asked:
        return "nothing proves this channel's callbacks", False
    try:
        channel.telecom.prove(request, channel.settings)
    except Refused as refused:
        return str(refused), False
    told = recording.secret is not None or not showing(channel.settings)[0]
    given = "" if told else " (which is taken for given: the recording has another address)"
    return f"right: {' and '.join(asked)}{given}", True


# --- in words -----------------------------------------------------------------------------------------------------


def in_words(event: Event, mask: Callable[[str], str]) -> tuple[str, Words]:
    """Return what an event is, and its values by their names; phone numbers are masked."""
    what, values = _WORDS[type(event)](event)
    shown = [(name, mask(value) if name in _NUMBERS else value) for name, value in values if value]
    return what, shown


_NUMBERS: Final = frozenset({"number", "from"})


def _turn(event: Inbound) -> tuple[str, Words]:
    first = {True: "yes", False: "no", None: "as the session is known or not"}[event.first]
    typed = ("transcript", event.text or "(empty)") if event.cumulative else ("typed", event.text or "(nothing)")
    return "a turn of a USSD session", [
        ("session", event.session), ("number", event.msisdn), ("code", event.opens or event.code),
        ("network", event.network), typed, ("first of its session", first),
        ("numbered", event.turn if not event.cumulative else ""),
    ]  # fmt: skip


def _text(event: Texted) -> tuple[str, Words]:
    part = f"{event.part.number} of {event.part.total} ({event.part.ref})" if event.part else ""
    sent = event.sent_at.isoformat() if event.sent_at else ""
    return "an SMS", [
        ("id", event.id), ("from", event.msisdn), ("to", event.to), ("text", event.text), ("sent", sent),
        ("network", event.network), ("part", part),
    ]  # fmt: skip


def _receipt(event: Receipt) -> tuple[str, Words]:
    state = event.state.value if event.state is not None else "unchanged: the word is none we know"
    return "a delivery report", [("id", event.id), ("word", event.word), ("state", state), ("reason", event.reason)]


def _ended(event: Ended) -> tuple[str, Words]:
    return "the end of a USSD session", [
        ("session", event.session), ("number", event.msisdn), ("outcome", event.outcome)
    ]  # fmt: skip


def _opted(event: OptOut) -> tuple[str, Words]:
    return "an opt-out" if event.out else "the end of an opt-out", [("number", event.msisdn), ("of", event.sender)]


def _noted(event: Noted) -> tuple[str, Words]:
    return f"noted, nothing comes of it: {event.what}", []


_WORDS: Final[Mapping[type, Callable[[Any], tuple[str, Words]]]] = {
    Inbound: _turn,
    Texted: _text,
    Receipt: _receipt,
    Ended: _ended,
    OptOut: _opted,
    Noted: _noted,
}
