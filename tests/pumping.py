"""SMS pumping over HTTP: who is paid for SMS to numbers of its own makes the gateway send them, at its public doors.

Every request of the attack goes through the whole gateway, as an ASGI server hands it on. In between honest people of
other ranges text and file too.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import urlencode

from structlog.testing import capture_logs

from gateway import outbox
from gateway.cli import doctor
from tests.storing import NOW, rows
from tests.town import AT, Town, town

RANGES, NUMBERS = ("+254799001", "+254799002", "+254788555", "+254777123"), 500  # of each range: 2,000 numbers
HONEST_EVERY = 125  # requests
AT_ONCE = 64
EACH = 5  # notices, and answers, that one number may get a day
MOST = 100  # notices, and answers, that one range may get a day
CAPS = (
    f"{{notices: {{number: {EACH}/day, range: {MOST}/day, total: 5000/day}}, "
    f"answers: {{number: {EACH}/day, range: {MOST}/day}}, service: 4000/day}}"
)
RATES = "{number: 1000000/minute, session: 1000000/minute}"  # so that nothing but the caps holds
FILED = "1*1*Kalundu*0*1"  # a long dial: a water fault in one callback
Scope = dict[str, Any]


class Said(NamedTuple):
    """A text, or a whole request by USSD if `text` is empty."""

    id: str
    number: str
    text: str


class Attack(NamedTuple):
    """What was sent, how it was answered, and every line of the log."""

    pumped: list[Said]
    honest: list[Said]
    answers: dict[str, tuple[int, bytes]]
    lines: list[Any]


@asynccontextmanager
async def gateway(folder: Path, caps: str) -> Any:
    """A town whose clock stands still, so that all falls into one window of each cap."""
    async with town(folder, deliver=False, clock=lambda: NOW, sms_limits=caps, limits=RATES) as place:
        await place.gateway.store.set_lanes(outbox.lanes(place.gateway.config))
        yield place


def said(requests: int) -> Iterator[tuple[bool, Said]]:
    """Yield the attack, half texts and half requests, and the honest in between (True)."""
    for n in range(requests):
        number = f"{RANGES[n % len(RANGES)]}{n // len(RANGES) % NUMBERS:03}"
        yield False, Said(f"bad-{n}", number, "WATER" if n // len(RANGES) % 2 else "")
        if n % HONEST_EVERY == 0:
            somebody = f"+2547{n // HONEST_EVERY * 24_989 + 1:08}"
            yield True, Said(f"text-{n}", somebody, "HELP")
            yield True, Said(f"file-{n}", somebody, "")


async def attacked(place: Town, requests: int) -> Attack:
    """Send it all, many at once."""
    pumped, honest, answers = list[Said](), list[Said](), dict[str, tuple[int, bytes]]()
    waiting = list(said(requests))
    with capture_logs() as lines:
        for start in range(0, len(waiting), AT_ONCE):
            some = [one for _, one in waiting[start : start + AT_ONCE]]
            for one, answer in zip(some, await asyncio.gather(*(posted(place, one) for one in some)), strict=True):
                answers[one.id] = answer
    for is_honest, one in waiting:
        (honest if is_honest else pumped).append(one)
    return Attack(pumped, honest, answers, lines)


def form_of(one: Said) -> tuple[str, bytes]:
    """Return the event and the body that Africa's Talking posts."""
    if one.text:
        form = {"id": one.id, "from": one.number, "to": "22384", "text": one.text, "date": "2026-11-23 09:00:00"}
        return "sms", urlencode(form).encode()
    session = f"ATUid_{hashlib.sha256(one.id.encode()).hexdigest()[:32]}"
    turn = {"sessionId": session, "phoneNumber": one.number, "networkCode": "63902"}
    return "ussd", urlencode({**turn, "serviceCode": "*384*70#", "text": FILED}).encode()


async def posted(place: Town, one: Said) -> tuple[int, bytes]:
    """Hand one callback to the gateway as a server does; return status and body."""
    event, body = form_of(one)
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await place.gateway(scope_of(f"{AT}/{event}", len(body)), receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def scope_of(path: str, length: int) -> Scope:
    """Return the scope of a POST."""
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"127.0.0.1:8000"), kind, (b"content-length", str(length).encode())],
        "server": ("127.0.0.1", 8000),
    }  # fmt: skip


# --- what must hold -------------------------------------------------------------------------------------------------


def queued(place: Town) -> list[tuple[str, str]]:
    """Return kind (answer or notice) and number of each SMS that will go out."""
    query = "SELECT m.key, m.number FROM message m JOIN outbox o ON o.message = m.id WHERE o.state = 'queued'"
    return [(key.partition("-")[0], number) for key, number in rows(place.folder / "data", query)]


async def assert_caps_hold(place: Town, attack: Attack) -> None:
    """Exactly what the caps allow goes out to the attacked ranges, and all that is owed to everybody else."""
    going = queued(place)
    for range_ in RANGES:
        for kind in ("notice", "answer"):
            count = sum(of == kind and number.startswith(range_) for of, number in going)
            assert count == MOST, f"{count} of kind {kind} go to the range {range_}, and {MOST} may"
    assert max(Counter(going).values()) <= EACH
    others = sorted(pair for pair in going if not pair[1].startswith(RANGES))
    owed = sorted(("answer" if one.text else "notice", one.number) for one in attack.honest)
    assert others == owed


async def assert_nothing_is_lost(place: Town, attack: Attack) -> None:
    """Whatever the caps did, who filed was told so, and it is in the books."""
    every = [*attack.pumped, *attack.honest]
    filed = [one for one in every if not one.text]
    assert all(attack.answers[one.id][0] == 200 for one in every)
    assert all(attack.answers[one.id][1].startswith(b"END Received") for one in filed)
    assert rows(place.folder / "data", "SELECT count(*) FROM request") == [(len(filed),)]
    assert rows(place.folder / "data", "SELECT count(*) FROM acceptance") == [(len(filed),)]
    lanes = "SELECT count(*) FROM outbox WHERE request IS NOT NULL AND message IS NULL AND state = 'queued'"
    assert rows(place.folder / "data", lanes) == [(len(filed),)]
    problems = await place.gateway.store.verify()
    assert not problems, problems[:3]


async def assert_it_is_told(place: Town, attack: Attack) -> None:
    """/metrics, doctor and the log say which caps are reached; the log once for each, and without a number."""
    metrics = (await place.http.get("/metrics")).text
    with patch.object(doctor, "time", SimpleNamespace(time=lambda: NOW)):  # it reads the database beside the gateway
        told = {what: say for _, what, say in doctor._store(place.gateway.config)}
    for why, texts in (("range", False), ("answers range", True)):
        refused = sum(bool(one.text) == texts for one in attack.pumped) - MOST * len(RANGES)
        assert f'gateway_sms_cap_reached{{why="{why}"}} 1.0' in metrics
        assert f'gateway_sms_refused{{why="{why}"}} {float(refused)}' in metrics
        assert told[f"sms_limits: {why}"].startswith(f"{refused} SMS refused in the last two days: ")
        assert ", and more until " in told[f"sms_limits: {why}"]
        lines = [line for line in attack.lines if f"the cap {why!r}" in line.get("why", "")]
        assert [line["log_level"] for line in lines] == ["error"]
    assert re.findall(r"\+?254\d{9}", "\n".join(map(str, attack.lines))) == []
