"""The report of a conformance run: Markdown that an operator can read as it is, or data. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.config import Channel
from gateway.messages import Answer
from gateway.workshop.conformance.understanding import Understood, in_words

_PASSWORD = re.compile(r"(<Password>)[^<]*")
_NUMBER = re.compile(r"(\+?\d{3,6})\d{3}(\d{3})\b")


@dataclass(frozen=True, slots=True)
class Played:
    """One recording, what was understood of it, and how it is answered (None: with 400, nothing is written)."""

    understood: Understood
    answer: Answer | None
    code_missing: str = ""

    @property
    def good(self) -> bool:
        """True if the callback does what its sender means."""
        return not self.understood.why_not and not self.code_missing


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

    @property
    def unseen(self) -> list[str]:
        """The channel's events that no recording shows."""
        seen = {played.understood.request.event.partition("/")[0] for played in self.played if played.good}
        return [event for event in self.channel.telecom.EVENTS if event.rstrip("/") not in seen]

    def hide(self, body: str) -> str:
        """Return an answer without our secrets, which some answers hold: in our own address, or as a password."""
        for secret in getattr(self.channel.settings, "secrets", ()):
            body = body.replace(secret.get_secret_value(), "<secret>")
        return _PASSWORD.sub(r"\1…", body)

    def mask(self, number: str) -> str:
        """Return a phone number as the report shows it: without its middle, unless numbers were asked for."""
        return number if self.numbers else _NUMBER.sub(r"\1···\2", number)


def markdown(run: Run) -> str:
    """Return the report in Markdown."""
    good = sum(played.good for played in run.played)
    lines = [
        f"# {run.channel.name}: what we understand of your callbacks",
        "",
        f"Channel `{run.channel.name}`, provider `{run.provider}`, USSD gateway {run.version}, {run.day}.",
        "The recordings are " + ("those that come with the gateway." if run.ours else "yours."),
        "",
        f"**{_callbacks(len(run.played))}: {good} understood, {len(run.played) - good} not.**",
    ]
    for number, played in enumerate(run.played, 1):
        lines += ["", *_section(run, number, played)]
    if run.unseen:
        lines += ["", "## Not recorded", "", "No recording shows these; please send one of each that you post:", ""]
        lines += [f"- `{event.rstrip('/')}`" for event in run.unseen]
    return "\n".join(lines) + "\n"


def _callbacks(count: int) -> str:
    return f"{count} callback{'' if count == 1 else 's'}"


def _section(run: Run, number: int, played: Played) -> list[str]:
    understood = played.understood
    recording, request = understood.recording, understood.request
    what = f": {recording.what}" if recording.what else ""
    kind = request.headers.get("content-type", "")
    lines = [f"## {number}. {recording.name}{what}", ""]
    lines += [f"- sent: {request.method}, event `{request.event or '?'}`" + (f", {kind}" if kind else "")]
    lines += [f"- proof: {understood.proof}"]
    if understood.why_not:
        return [*lines, f"- **not understood**: {understood.why_not}", "- answered: 400; nothing is written"]
    for event in understood.events:
        name, values = in_words(event, run.mask)
        lines += [f"- understood: {name}", *(f"    - {what}: `{_line(value)}`" for what, value in values)]
    if played.code_missing:
        lines += [f"- **not served**: the channel has no short code `{played.code_missing}` (add it to `codes`)"]
    return lines + _answered(run, played)


def _answered(run: Run, played: Played) -> list[str]:
    answer = played.answer
    assert answer is not None
    body = answer.body.decode("utf-8", "replace")
    headers = [f"    {name}: {value}" for name, value in answer.headers]
    later = ["- the screen goes out in a call of ours:"] if answer.errand is not None else []
    screen = run.hide(answer.errand.body.decode("utf-8", "replace") if answer.errand is not None else body)
    told = f"- answered: {answer.status}, {answer.content_type}, {len(answer.body)} bytes"
    shown = ["", *(f"      {line}" for line in screen.split("\n"))] if screen else []
    return [told, *later, *headers, *shown]


def _line(value: str) -> str:
    return value.replace("\n", "⏎").replace("`", "'")


def data(run: Run) -> dict[str, Any]:
    """Return the report as data."""
    return {
        "channel": run.channel.name, "provider": run.provider, "version": run.version, "day": run.day,
        "callbacks": [_data(run, played) for played in run.played],
        "not_recorded": [event.rstrip("/") for event in run.unseen],
    }  # fmt: skip


def _data(run: Run, played: Played) -> Mapping[str, Any]:
    understood = played.understood
    told = [in_words(event, run.mask) for event in understood.events]
    answer = played.answer
    return {
        "name": understood.recording.name, "what": understood.recording.what, "event": understood.request.event,
        "proof": understood.proof, "proven": understood.proven, "good": played.good,
        "understood": [{"is": name, **dict(values)} for name, values in told],
        "not_understood": understood.why_not, "code_missing": played.code_missing,
        "answer": None if answer is None else {
            "status": answer.status, "content_type": answer.content_type, "headers": dict(answer.headers),
            "body": run.hide(answer.body.decode("utf-8", "replace")),
        },
    }  # fmt: skip
