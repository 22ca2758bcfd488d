"""What a channel understands of a recorded callback, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.config import Channel
from gateway.messages import Ended, Event, Inbound, Noted, OptOut, Receipt, Request, Texted, Unreadable
from gateway.speech import kind_of, path_of
from gateway.workshop.conformance.proving import Proof, judged, unshown
from gateway.workshop.conformance.recordings import Recording
from providers.proofs import showing

Words = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Understood:
    """What came of a recording: what proves it, what it tells, or why it tells nothing. `request` is as we took it."""

    recording: Recording
    request: Request
    proof: Proof
    events: tuple[Event, ...] = ()
    why_not: str = ""


def understood(channel: Channel, recording: Recording, public_url: str, now: float) -> Understood:
    """Prove and read a recording as the door would.

    An address that is not ours says neither event nor secret: then the event is the first that can be read. What the
    recording does not show of its caller is taken for given; the network address in any case: no recording holds it.
    """
    request = _request(channel, recording, public_url, now)
    proof = judged(channel, recording, request)
    complaint = ""
    for event in (recording.event,) if recording.event else _guesses(channel, recording):
        asked = request._replace(event=event, url=_at_our_address(channel, recording, request, public_url, event))
        if kind_of(event) not in channel.telecom.EVENTS:
            complaint = complaint or f"the channel has no event {event!r} (it has {', '.join(events_of(channel))})"
            continue
        try:
            found = channel.telecom.parse(asked, channel.settings)
        except Unreadable as unreadable:
            complaint = complaint or str(unreadable)
            continue
        events = tuple(found) if isinstance(found, list) else (found,)
        return Understood(recording, asked, proof, events)
    return Understood(recording, request, proof, why_not=complaint)


def events_of(channel: Channel) -> list[str]:
    """Return the events of a channel by their names: `ussd` and `ussd/` are one."""
    return list(dict.fromkeys(event.rstrip("/") for event in channel.telecom.EVENTS))


def _request(channel: Channel, recording: Recording, public_url: str, now: float) -> Request:
    """Return the request as the gateway would have had it, with the right proof for what is not shown."""
    missing, (secret, headers) = unshown(channel, recording), showing(channel.settings)
    url = recording.address
    if recording.secret is not None:
        url = public_url + _path_and_query(recording)
        secret = secret if missing.secrets else recording.secret
    peer = str(next(iter(missing.addresses))[0]) if missing.addresses else "192.0.2.1"
    named = {**recording.headers, **(headers if missing.basic is not None else {})}
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
