"""The report of a conformance run: Markdown that an operator can read as it is, or data. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.config import Channel
from gateway.messages import Answer
from gateway.workshop.conformance.hiding import Hiding
from gateway.workshop.conformance.understanding import Understood, events_of, in_words
from gateway.workshop.printable import in_a_line, printable


@dataclass(frozen=True, slots=True)
class Played:
    """One recording, what was understood of it, and how it is answered (None: not at all, and nothing is written)."""

    understood: Understood
    answer: Answer | None
    code_missing: str = ""

    @property
    def good(self) -> bool:
        """True if the callback does what its sender means."""
        return not (self.understood.why_not or self.code_missing or self.understood.proof.refused)

    @property
    def numbers(self) -> list[str]:
        """The phone numbers of its events."""
        return [getattr(event, "msisdn", "") for event in self.understood.events]


@dataclass(frozen=True, slots=True)
class Run:
    """A channel and the recordings that it was played. `ours` are those that come with the gateway."""

    channel: Channel
    provider: str
    version: str
    day: str
    played: Sequence[Played]
    ours: bool
    numbers: bool = False
    left_out: Sequence[str] = ()

    @property
    def unseen(self) -> list[str]:
        """The channel's events that no recording shows."""
        seen = {played.understood.request.event.partition("/")[0] for played in self.played}
        return [event for event in events_of(self.channel) if event not in seen]

    @property
    def hiding(self) -> Hiding:
        """What hides that which the report must not show."""
        return Hiding(self.channel, None if self.numbers else (one for played in self.played for one in played.numbers))


def markdown(run: Run) -> str:
    """Return the report in Markdown."""
    good, hiding = sum(played.good for played in run.played), run.hiding
    lines = [
        f"# {run.channel.name}: what we understand of your callbacks",
        "",
        f"Channel `{run.channel.name}`, provider `{run.provider}`, USSD gateway {run.version}, {run.day}.",
        "The recordings are " + ("those that come with the gateway." if run.ours else "yours."),
        "",
        f"**{_callbacks(len(run.played))}: {good} understood, {len(run.played) - good} not.**",
    ]
    if run.left_out:
        lines += ["", *(f"- {in_a_line(one)}" for one in run.left_out)]
    for number, played in enumerate(run.played, 1):
        lines += ["", *_section(number, played, hiding)]
    if run.unseen:
        lines += ["", "## Not recorded", "", "No recording shows these; please send one of each that you post:", ""]
        lines += [f"- `{event}`" for event in run.unseen]
    return printable(hiding.hidden("\n".join(lines))) + "\n"


def _callbacks(count: int) -> str:
    return f"{count} callback{'' if count == 1 else 's'}"


def _section(number: int, played: Played, hiding: Hiding) -> list[str]:
    understood = played.understood
    recording, request = understood.recording, understood.request
    what = f": {hiding.number(in_a_line(recording.what))}" if recording.what else ""
    lines = [f"## {number}. {in_a_line(recording.name)}{what}", ""]
    lines += [f"- sent: {in_a_line(request.method)}, {_sent(played, hiding)}"]
    lines += [f"- proof: {in_a_line(understood.proof.said)}"]
    if understood.why_not:
        lines += [f"- **not understood**: {hiding.number(in_a_line(understood.why_not))}"]
    for event in understood.events:
        name, values = in_words(event, hiding.number)
        lines += [f"- understood: {in_a_line(name)}", *(f"    - {what}: `{_line(value)}`" for what, value in values)]
    if understood.proof.refused:
        return [*lines, "- **refused**: the gateway answers 404 to this; nothing is written"]
    if understood.why_not:
        return [*lines, "- answered: 400; nothing is written"]
    if played.code_missing:
        missing = _line(played.code_missing)
        lines += [f"- **not served**: the channel has no short code `{missing}` (add it to `codes`)"]
    return lines + _answered(played)


def _sent(played: Played, hiding: Hiding) -> str:
    request = played.understood.request
    event = f"event `{hiding.number(_line(request.event))}`"
    if not request.event:
        event = "event `?`, which its address does not tell (say it with `--event`)"
    kind = hiding.number(in_a_line(request.headers.get("content-type", "")))
    return event + (f", {kind}" if kind else "")


def _answered(played: Played) -> list[str]:
    answer = played.answer
    assert answer is not None
    body = answer.body if answer.errand is None else answer.errand.body
    headers = [f"    {in_a_line(name)}: {in_a_line(value)}" for name, value in answer.headers]
    later = ["- the screen goes out in a call of ours:"] if answer.errand is not None else []
    screen = body.decode("utf-8", "replace").replace("\r\n", "\n")
    told = f"- answered: {answer.status}, {answer.content_type}, {len(answer.body)} bytes"
    shown = ["", *(f"      {line}" for line in screen.split("\n"))] if screen else []
    return [told, *later, *headers, *shown]


def _line(value: str) -> str:
    return in_a_line(value).replace("`", "'")


def data(run: Run) -> dict[str, Any]:
    """Return the report as data."""
    hiding = run.hiding
    told: dict[str, Any] = _covered(hiding, {
        "channel": run.channel.name, "provider": run.provider, "version": run.version, "day": run.day,
        "callbacks": [_data(played, hiding) for played in run.played],
        "not_recorded": run.unseen, "left_out": list(run.left_out),
    })  # fmt: skip
    return told


def _covered(hiding: Hiding, value: Any) -> Any:
    """Return data in which no text shows what it must not."""
    if isinstance(value, str):
        return printable(hiding.hidden(value).replace("\r\n", "\n"))
    if isinstance(value, list):
        return [_covered(hiding, one) for one in value]
    if isinstance(value, dict):
        return {name: _covered(hiding, one) for name, one in value.items()}
    return value


def _data(played: Played, hiding: Hiding) -> Mapping[str, Any]:
    understood = played.understood
    recording, proof, answer = understood.recording, understood.proof, played.answer
    told = [in_words(event, hiding.number) for event in understood.events]
    return {
        "name": recording.name, "what": hiding.number(recording.what),
        "event": hiding.number(understood.request.event),
        "proof": proof.said, "proven": proof.proven, "refused": proof.refused, "good": played.good,
        "understood": [{"is": name, **dict(values)} for name, values in told],
        "not_understood": hiding.number(understood.why_not), "code_missing": played.code_missing,
        "answer": None if answer is None else {
            "status": answer.status, "content_type": answer.content_type, "headers": dict(answer.headers),
            "body": answer.body.decode("utf-8", "replace"),
        },
    }  # fmt: skip
