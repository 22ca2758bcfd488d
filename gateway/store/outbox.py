"""What is promised and what becomes of it: filing, settling, parking, replaying. Takes the writing connection."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from sqlite3 import Connection
from typing import Any

from gateway.messages import SmsState, to_json
from gateway.store import caps
from gateway.store.jobs import Completion, Done, Job, Park, Reject, Reroute, Retry, office_lane, sms_lane
from gateway.store.records import NewMessage, NewRequest

REQUEST = """
    INSERT INTO request (reference, service, agency, title, office, ask, number, channel, language, edition, summary,
        state, accepted, day)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)"""
ACCEPTANCE = "INSERT INTO acceptance (reference, service, day, at) VALUES (?, ?, ?, ?)"
OUTBOX_REQUEST = """
    INSERT INTO outbox (lane, key, request, method, path, content_type, body, sealed, state, queued, due)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)"""
MESSAGE = """
    INSERT INTO message (key, channel, number, text, link, ways, reference, state, word, reason, created)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
OUTBOX_MESSAGE = "INSERT INTO outbox (lane, key, message, state, code, queued, due) VALUES (?, ?, ?, ?, ?, ?, ?)"
HELD = "SELECT request, message FROM outbox WHERE id = ? AND fence = ? AND state = 'queued' AND lease_until IS NOT NULL"
SETTLE = """
    UPDATE outbox SET state = ?, lease_until = NULL, code = ?, why = ?, trouble = '',
        body = CASE WHEN sealed = 1 AND ? <> 'parked' THEN NULL ELSE body END
    WHERE id = ?"""
RETRY = """
    UPDATE outbox
    SET lease_until = NULL, due = ?, why = ?, trouble = CASE trouble WHEN 'unknown' THEN trouble ELSE ? END
    WHERE id = ?"""
WAYS = "SELECT channel, ways FROM message WHERE id = ?"
REROUTE_MESSAGE = "UPDATE message SET channel = ?, ways = ? WHERE id = ?"
REROUTE = "UPDATE outbox SET lane = ?, lease_until = NULL, due = ?, why = ? WHERE id = ?"
SETTLE_REQUEST = "UPDATE request SET state = ?, settled = ?, answer = ? WHERE id = ?"
PARK_REQUEST = "UPDATE request SET state = ? WHERE id = ?"
MESSAGE_SENT = "UPDATE message SET state = 'sent', provider_id = ?, cost = ? WHERE id = ? AND state = 'queued'"
MESSAGE_FAILED = """
    UPDATE message SET state = 'failed', word = ?, reason = ? WHERE id = ? AND state IN ('queued', 'sent')"""
STRAYS = "SELECT id, state, reason, word FROM receipt WHERE provider_id = ? AND channel = ? ORDER BY id"
STRAY_USED = "DELETE FROM receipt WHERE id = ?"
MESSAGE_BY_PROVIDER = """
    SELECT id FROM message WHERE provider_id = ? AND channel = ? AND provider_id <> '' ORDER BY id DESC LIMIT 1"""
REPORT = """
    UPDATE message SET state = ?, reason = ?, word = ?
    WHERE id = ? AND state NOT IN ('delivered', 'failed') AND NOT (state = 'sent' AND ? = 'queued')"""
REPORT_WORD = "UPDATE message SET reason = ?, word = ? WHERE id = ? AND state NOT IN ('delivered', 'failed')"
STRAY = """
    INSERT INTO receipt (channel, provider_id, state, reason, word, at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (provider_id, channel, word, reason) DO NOTHING"""
LANE_FAILS = "SELECT fails, trip, pause, longest_pause, open_until FROM lane WHERE name = ?"
LANE_WELL = "UPDATE lane SET fails = 0, open_until = 0 WHERE name = ? AND (fails > 0 OR open_until > 0)"
LANE_FAILED = "UPDATE lane SET fails = ?, open_until = ?, hold_until = MAX(hold_until, ?) WHERE name = ?"
PARK_ONE = """
    UPDATE outbox SET state = 'parked', why = ?, code = '' WHERE state = 'queued' AND lease_until IS NULL
    AND request = (SELECT id FROM request WHERE reference = ?) RETURNING request"""
OVERDUE = """
    UPDATE outbox SET state = 'parked', why = ?, code = 'overdue' WHERE id IN (
        SELECT id FROM outbox WHERE state = 'queued' AND lane = ? AND request IS NOT NULL AND lease_until IS NULL
        AND due < ? AND queued < ? LIMIT ?) RETURNING request"""
LANES = "SELECT name FROM lane"
REFERENCE = "SELECT reference FROM request WHERE id = ?"
REPLAY = """
    UPDATE outbox SET state = 'queued', attempt = 0, queued = ?, due = ?, code = '', why = '', trouble = ''
    WHERE state = 'parked' AND request = (SELECT id FROM request WHERE reference = ?) RETURNING request"""
VOID_LEASES = """
    UPDATE outbox SET lease_until = NULL, due = queued, trouble = 'unknown'
    WHERE lease_until IS NOT NULL AND state = 'queued'"""


CAPPED = "capped"  # the word of a message that a cap refused


def day_of(now: float) -> str:
    """Return the ledger's day of a time: `YYYY-MM-DD` in UTC."""
    return _day(int(now // 86_400))


@lru_cache(maxsize=8)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86_400, UTC).strftime("%Y-%m-%d")


def file_request(connection: Connection, request: NewRequest, now: float) -> None:
    """Write a request, its line in the ledger, and what its office will be sent."""
    day = day_of(now)
    row = connection.execute(
        REQUEST,
        (request.reference, request.service, request.agency, request.title, request.office, request.ask, request.number,
         request.channel, request.language, request.edition, request.summary, now, day),
    ).lastrowid  # fmt: skip
    connection.execute(ACCEPTANCE, (request.reference, request.service, day, now))
    call = request.call
    connection.execute(
        OUTBOX_REQUEST,
        (office_lane(request.office), request.key, row, call.method, call.path, call.content_type, call.body,
         int(request.sealed), now, now),
    )  # fmt: skip


def queue_message(connection: Connection, message: NewMessage, now: float) -> None:
    """Write an SMS and that it must be sent; or that it was refused, if a cap is reached."""
    refused = caps.exhausted(connection, message.caps, now) if message.caps else ""
    state, word = ("failed", CAPPED) if refused else ("queued", "")
    row = connection.execute(
        MESSAGE,
        (message.key, message.channel, message.number, message.text, message.link, " ".join(message.ways),
         message.reference, state, word, refused, now),
    ).lastrowid  # fmt: skip
    lane, held = sms_lane(message.channel), "rejected" if refused else "queued"
    connection.execute(OUTBOX_MESSAGE, (lane, message.key, row, held, word, now, now))


def finish(connection: Connection, job: Job, outcome: Completion, now: float, messages: tuple[NewMessage, ...]) -> bool:
    """Settle an attempt if the lease is still this job's."""
    held = connection.execute(HELD, (job.id, job.fence)).fetchone()
    if held is None:
        return False
    request, message = held
    match outcome:
        case Retry():
            connection.execute(RETRY, (outcome.due, outcome.why, outcome.kind, job.id))
            if not outcome.alone:
                _lane_failed(connection, job.lane, outcome.hold, now)
        case Reroute():
            _reroute(connection, job.id, message, outcome)
            if not outcome.alone:
                _lane_failed(connection, job.lane, outcome.hold, now)
        case _ if request is not None:
            _settle_request(connection, job, request, outcome, now)
        case _:
            _settle_message(connection, job, message, outcome)
    if not isinstance(outcome, (Retry, Reroute)):
        connection.execute(LANE_WELL, (job.lane,))
    for new in messages:
        queue_message(connection, new, now)
    return True


def _settle_request(connection: Connection, job: Job, request: int, outcome: Done | Park | Reject, now: float) -> None:
    if isinstance(outcome, Park):
        _settle(connection, job.id, "parked", outcome.code, outcome.why)
        connection.execute(PARK_REQUEST, ("parked", request))
        return
    values: Any = outcome.values if isinstance(outcome, Done) else {}
    state, code, why = ("delivered", "", "") if isinstance(outcome, Done) else ("rejected", outcome.code, outcome.why)
    _settle(connection, job.id, state, code, why)
    connection.execute(SETTLE_REQUEST, (state, now, to_json(dict(values)).decode(), request))


def _settle_message(connection: Connection, job: Job, message: int, outcome: Done | Park | Reject) -> None:
    match outcome:
        case Done():
            _settle(connection, job.id, "delivered", "", "")
            connection.execute(MESSAGE_SENT, (outcome.provider_id, outcome.cost, message))
            _apply_strays(connection, job.what.channel, outcome.provider_id, message)
        case Park():
            _settle(connection, job.id, "parked", outcome.code, outcome.why)
        case Reject():
            _settle(connection, job.id, "rejected", outcome.code, outcome.why)
            connection.execute(MESSAGE_FAILED, (outcome.code, outcome.why, message))


def _settle(connection: Connection, outbox: int, state: str, code: str, why: str) -> None:
    connection.execute(SETTLE, (state, code, why, state, outbox))


def _reroute(connection: Connection, outbox: int, message: int, outcome: Reroute) -> None:
    channel, ways = connection.execute(WAYS, (message,)).fetchone()
    after, *rest = ways.split(" ")
    ring = rest if outcome.drop else [*rest, channel]
    connection.execute(REROUTE_MESSAGE, (after, " ".join(ring), message))
    connection.execute(REROUTE, (sms_lane(after), outcome.due, outcome.why, outbox))


def _lane_failed(connection: Connection, lane: str, hold: float, now: float) -> None:
    row = connection.execute(LANE_FAILS, (lane,)).fetchone()
    if row is None:
        return
    fails, trip, pause, longest, open_until = row
    if open_until > now:  # others of the volley that opened the breaker: one failure, not many
        connection.execute(LANE_FAILED, (fails, open_until, hold, lane))
        return
    fails += 1
    if fails >= trip:
        open_until = now + min(longest, pause * 2.0 ** min(fails - trip, 30))
    connection.execute(LANE_FAILED, (fails, open_until, hold, lane))


def park(connection: Connection, reference: str, why: str) -> bool:
    """Set a queued request aside unless an attempt is under way."""
    row = connection.execute(PARK_ONE, (why, reference)).fetchone()
    if row is None:
        return False
    connection.execute(PARK_REQUEST, ("parked", row[0]))
    return True


def park_overdue(connection: Connection, queued_before: float, why: str, limit: int) -> tuple[str, ...]:
    """Set aside requests that were queued, and last due, before a time; return their references.

    What is due is in the index, so that a long queue of younger requests is not read through.
    """
    parked: list[str] = []
    for (lane,) in connection.execute(LANES).fetchall():
        wanted = (why, lane, queued_before, queued_before, limit - len(parked))
        for (row,) in connection.execute(OVERDUE, wanted).fetchall():
            connection.execute(PARK_REQUEST, ("parked", row))
            parked.append(connection.execute(REFERENCE, (row,)).fetchone()[0])
        if len(parked) >= limit:
            break
    return tuple(parked)


def replay(connection: Connection, reference: str, now: float) -> bool:
    """Queue a parked request again."""
    row = connection.execute(REPLAY, (now, now, reference)).fetchone()
    if row is None:
        return False
    connection.execute(PARK_REQUEST, ("queued", row[0]))
    return True


def void_leases(connection: Connection) -> int:
    """Free what a dead process had leased; return how many. Its attempts stay counted."""
    return connection.execute(VOID_LEASES).rowcount


def receipt(
    connection: Connection, channel: str, provider_id: str, state: SmsState | None, reason: str, word: str, now: float
) -> bool:
    """Apply a delivery report, or put it by until the message it is for has been recorded as sent."""
    row = connection.execute(MESSAGE_BY_PROVIDER, (provider_id, channel)).fetchone()
    if row is None:
        connection.execute(STRAY, (channel, provider_id, state, reason, word, now))
        return False
    _report(connection, row[0], state, reason, word)
    return True


def _report(connection: Connection, message: int, state: str | None, reason: str, word: str) -> None:
    if state is None:
        connection.execute(REPORT_WORD, (reason, word, message))
    else:
        connection.execute(REPORT, (state, reason, word, message, state))


def _apply_strays(connection: Connection, channel: str, provider_id: str, message: int) -> None:
    if not provider_id:
        return
    for stray, state, reason, word in connection.execute(STRAYS, (provider_id, channel)).fetchall():
        _report(connection, message, state, reason, word)
        connection.execute(STRAY_USED, (stray,))
