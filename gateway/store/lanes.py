"""Who may be called now: rate, cap, breaker and hold of a lane, in the claim itself. Takes the writing connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from sqlite3 import Connection
from typing import Any

from gateway.messages import Call, Sms
from gateway.store.jobs import Claimed, Filing, Job, Lane, Texting, sms_lane

SET = """
    INSERT INTO lane (name, rate, burst, cap, trip, pause, longest_pause) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET rate = excluded.rate, burst = excluded.burst, cap = excluded.cap,
        trip = excluded.trip, pause = excluded.pause, longest_pause = excluded.longest_pause"""
ASK = """
    SELECT rate, burst, cap, arrival, fails, trip, longest_pause, open_until, hold_until FROM lane WHERE name = ?"""
IN_FLIGHT = "SELECT count(*), min(lease_until) FROM outbox WHERE lane = ? AND lease_until > ?"
NEXT_DUE = "SELECT min(due) FROM outbox WHERE lane = ? AND state = 'queued'"
CLAIM = """
    UPDATE outbox SET attempt = attempt + 1, fence = fence + 1, lease_until = ?, due = ?,
        trouble = CASE WHEN lease_until IS NOT NULL THEN 'unknown' ELSE trouble END
    WHERE id IN (SELECT id FROM outbox WHERE lane = ? AND state = 'queued' AND due <= ? ORDER BY due, id LIMIT ?)
    RETURNING id, key, request, message, method, path, content_type, body, sealed, attempt, fence, queued,
        trouble = 'unknown'"""
LONGEST_HOLD = 6 * 3600.0  # seconds: no Retry-After is honoured for longer
ADVANCE = "UPDATE lane SET arrival = ? WHERE name = ?"
REQUEST = "SELECT reference, service, office, ask, number, channel, language, edition FROM request WHERE id = ?"
MESSAGE = """
    SELECT m.channel, m.key, m.number, m.text, m.link, m.reference, m.ways, EXISTS (
        SELECT 1 FROM caller AS c WHERE c.number = m.number AND c.opted_out = 1
            AND (c.channel = m.channel OR instr(' ' || m.ways || ' ', ' ' || c.channel || ' ') > 0))
    FROM message AS m WHERE m.id = ?"""
STUCK = """
    SELECT o.id, m.id, m.channel, m.ways FROM outbox AS o JOIN message AS m ON m.id = o.message
    WHERE o.lane = ? AND o.state = 'queued' AND o.lease_until IS NULL AND m.ways <> '' ORDER BY o.due LIMIT 200"""
IS_OPEN = "SELECT 1 FROM lane WHERE name = ? AND open_until > ?"
MOVE_MESSAGE = "UPDATE message SET channel = ?, ways = ? WHERE id = ?"
MOVE = "UPDATE outbox SET lane = ? WHERE id = ?"


@dataclass(frozen=True, slots=True)
class _Gate:
    """How many of a lane may go now, and what holds the rest back until when (0: nothing does)."""

    allowed: int
    until: float
    arrival: float
    interval: float


def set_lanes(connection: Connection, lanes: Sequence[Lane]) -> None:
    """Put limits in force; what the lanes have learnt stays.

    At most `burst` go at once and then one each 1/rate seconds, which makes at most rate + burst - 1 in any second:
    a burst of a tenth of the rate keeps every second within rate + 10 %.
    """
    for lane in lanes:
        burst = max(1, floor(lane.rate * 0.1))
        connection.execute(SET, (lane.name, lane.rate, burst, lane.cap, lane.trip, lane.pause, lane.longest_pause))


def claim(connection: Connection, wanted: Mapping[str, int], now: float, lease: float) -> Claimed:
    """Lease what is due and allowed, the oldest first, lane by lane."""
    jobs: list[Job] = []
    wakes: list[float] = []
    for lane, limit in wanted.items():
        taken, wake = _claim_lane(connection, lane, limit, now, lease)
        jobs += taken
        if wake is not None:
            wakes.append(wake)
    jobs.sort(key=lambda job: (job.queued, job.id))
    return Claimed(tuple(jobs), min(wakes, default=None))


def _claim_lane(
    connection: Connection, lane: str, limit: int, now: float, lease: float
) -> tuple[list[Job], float | None]:
    (due,) = connection.execute(NEXT_DUE, (lane,)).fetchone()
    row = connection.execute(ASK, (lane,)).fetchone()
    if row is None or due is None or limit < 1:
        return [], None
    gate = _gate(row, connection.execute(IN_FLIGHT, (lane, now)).fetchone(), now)
    count = min(limit, gate.allowed) if due <= now else 0
    rows = connection.execute(CLAIM, (now + lease, now + lease, lane, now, count)).fetchall() if count else []
    if not rows:
        moved = closed_by_breaker(row, now) and _moved_on(connection, lane, now)
        return [], now if moved else max(due, gate.until)
    arrival = gate.arrival + len(rows) * gate.interval
    if gate.interval:
        connection.execute(ADVANCE, (arrival, lane))
    jobs = [_job(connection, lane, claimed) for claimed in rows]
    if len(rows) == limit:
        return jobs, None
    (due,) = connection.execute(NEXT_DUE, (lane,)).fetchone()
    after = _gate((*row[:3], arrival, *row[4:]), _in_flight(connection, lane, now), now)
    return jobs, max(due, after.until)


def closed_by_breaker(row: tuple[Any, ...], now: float) -> bool:
    """Say whether a lane (as ASK reads it) is given a rest because what it leads to is down."""
    longest_pause, open_until = row[6], row[7]
    return bool(now < open_until <= now + longest_pause)


def _moved_on(connection: Connection, lane: str, now: float) -> bool:
    """Move the SMS of a closed lane that have another, open way; say whether there were any."""
    moved = False
    for outbox, message, channel, ways in connection.execute(STUCK, (lane,)).fetchall():
        after, *rest = ways.split(" ")
        if connection.execute(IS_OPEN, (sms_lane(after), now)).fetchone() is None:
            connection.execute(MOVE_MESSAGE, (after, " ".join([*rest, channel]), message))
            connection.execute(MOVE, (sms_lane(after), outbox))
            moved = True
    return moved


def _in_flight(connection: Connection, lane: str, now: float) -> tuple[int, float | None]:
    count, first_end = connection.execute(IN_FLIGHT, (lane, now)).fetchone()
    return count, first_end


def _gate(row: tuple[Any, ...], in_flight: tuple[int, float | None], now: float) -> _Gate:
    rate, burst, cap, arrival, fails, trip, longest_pause, open_until, hold_until = row
    flying, first_lease_ends = in_flight
    interval = 1.0 / rate if rate > 0 else 0.0
    # What lies further ahead than the lane's own rules can reach was written before the clock was set back.
    arrival = arrival if now < arrival <= now + burst * interval else now
    held_until = hold_until if hold_until <= now + LONGEST_HOLD else 0.0
    closed_until = max(open_until if open_until <= now + longest_pause else 0.0, held_until)
    if closed_until > now:
        return _Gate(0, closed_until, arrival, interval)
    room = (1 if fails >= trip else cap) - flying
    if room <= 0:
        return _Gate(0, first_lease_ends or now, arrival, interval)
    if not interval:
        return _Gate(room, 0.0, arrival, interval)
    slack = now + (burst - 1) * interval - arrival
    paced = floor(slack / interval + 1e-6) + 1
    return _Gate(max(0, min(room, paced)), 0.0 if paced > 0 else now - slack, arrival, interval)


def _job(connection: Connection, lane: str, row: tuple[Any, ...]) -> Job:
    outbox, key, request, message, method, path, content_type, body, sealed, attempt, fence, queued, doubtful = row
    what: Filing | Texting
    if request is not None:
        reference, service, office, ask, number, channel, language, edition = connection.execute(
            REQUEST, (request,)
        ).fetchone()
        call = Call(method, path, body or b"", content_type)
        what = Filing(reference, service, office, ask, call, bool(sealed), number, channel, language, edition)
    else:
        channel, name, number, text, link, about, ways, out = connection.execute(MESSAGE, (message,)).fetchone()
        what = Texting(channel, Sms(name, number, text, link), about, bool(out), tuple(ways.split()))
    return Job(outbox, lane, key, attempt, fence, queued, what, bool(doubtful))
