"""What `gateway doctor` says of SMS: whether the latest went out, and what the caps refused. Reads the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from gateway.config import Config
from gateway.spending import written
from gateway.store.caps import COUNTRY, KEPT, shown
from gateway.store.reading import Reader
from gateway.store.records import CapState, Send

LATEST = 5  # SMS of a channel that are looked at
DONE = {"rejected": "refused", "parked": "refused", "queued": "not taken yet"}


def findings(config: Config, reader: Reader, now: float) -> Iterator[tuple[Literal["look"], str, str]]:
    """Yield what somebody should look at."""
    sends = reader.latest_sends(now - KEPT)
    for name, channel in config.channels.items():
        latest = [send for send in sends if send.channel == name][:LATEST]
        if channel.sms is not None and latest and all(send.state in DONE for send in latest):
            yield "look", f"SMS by {name}", _failing(latest, config)
    caps = written(config.sms_limits)
    for cap in reader.caps(now):
        if cap.name == COUNTRY and cap.refused:
            yield "look", "sms_limits: countries", _barred(cap)
        elif cap.refused:
            yield "look", f"sms_limits: {cap.name}", _refused(cap, caps.get(cap.name, "no longer set"), config, now)


def _failing(latest: list[Send], config: Config) -> str:
    first = latest[0]
    many = f"the last {len(latest)} were" if len(latest) > 1 else "the last one was"
    at = datetime.fromtimestamp(first.queued, config.zone)
    return f"{many} {DONE[first.state]}, the latest of {at:%d %b %H:%M}: {first.why}"


def _barred(cap: CapState) -> str:
    say = f"{cap.refused} SMS to a country that is not in `countries` were refused in the last two days"
    return f"{say}; is it SMS pumping, or is a prefix missing?"


def _refused(cap: CapState, most: str, config: Config, now: float) -> str:
    worst = []
    for one in cap.worst:
        until = f", and more until {datetime.fromtimestamp(one.until, config.zone):%d %b %H:%M}"
        worst.append(f"{one.refused} to {shown(cap.name, one.key)}{until if one.until > now else ''}")
    say = f"{cap.refused} SMS refused in the last two days: {'; '.join(worst)}"
    return f"{say}. The cap is {most}: is it SMS pumping, or is the cap too low?"
