"""Requests and messages as people look at them. Every function takes the connection to read through."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any

import orjson

from gateway.messages import SmsState
from gateway.store.jobs import MessageRow
from gateway.store.records import RequestRow, RequestState, Send

ROWS = """
    SELECT r.reference, r.service, r.agency, r.title, r.office, r.ask, r.number, r.channel, r.language, r.edition,
        r.summary, COALESCE(o.key, ''), r.state, r.accepted, r.settled, COALESCE(o.attempt, 0), o.due,
        o.lease_until IS NOT NULL, COALESCE(o.code, ''), COALESCE(o.why, ''), r.answer, g.score, COALESCE(g.comment, '')
    FROM request AS r LEFT JOIN outbox AS o ON o.request = r.id LEFT JOIN rating AS g ON g.reference = r.reference """
BY_REFERENCE = ROWS + "WHERE r.reference = ?"
BY_NUMBER = ROWS + "WHERE r.number = ? AND (? IS NULL OR r.service = ?) ORDER BY r.id DESC LIMIT ?"
LATEST_FIRST = "ORDER BY r.id DESC LIMIT ?"
MESSAGE = "SELECT key, channel, number, text, reference, state, provider_id, cost, word, reason, created FROM message "
MESSAGES = MESSAGE + "WHERE ? IS NULL OR number = ? ORDER BY id DESC LIMIT ?"
ABOUT = MESSAGE + "WHERE reference = ? ORDER BY id"
SENDS = """
    SELECT m.channel, o.state, o.why, m.created
    FROM (SELECT id, channel, created FROM message ORDER BY id DESC LIMIT ?) AS m JOIN outbox AS o ON o.message = m.id
    WHERE o.attempt > 0 AND o.code <> 'opted_out' AND (o.state <> 'queued' OR o.why <> '') AND m.created >= ?
    ORDER BY m.id DESC"""
LOOKED_AT = 1000  # messages


def find_request(connection: Connection, reference: str) -> RequestRow | None:
    """Return a request by its reference as stored."""
    row = connection.execute(BY_REFERENCE, (reference,)).fetchone()
    return None if row is None else _request(row)


def own_requests(connection: Connection, number: str, limit: int, service: str | None) -> tuple[RequestRow, ...]:
    """Return a number's requests (to one service, if given), the latest first."""
    return tuple(_request(row) for row in connection.execute(BY_NUMBER, (number, service, service, limit)))


def list_requests(
    connection: Connection,
    state: RequestState | None,
    service: str | None,
    office: str | None,
    number: str | None,
    limit: int,
) -> tuple[RequestRow, ...]:
    """Return requests that match every given field, the latest first."""
    wanted = {"r.state": state, "r.service": service, "r.office": office, "r.number": number}
    given = {column: value for column, value in wanted.items() if value is not None}
    where = "WHERE " + " AND ".join(f"{column} = ?" for column in given) + " " if given else ""
    rows = connection.execute(ROWS + where + LATEST_FIRST, (*given.values(), limit))
    return tuple(_request(row) for row in rows)


def list_messages(connection: Connection, number: str | None, limit: int) -> tuple[MessageRow, ...]:
    """Return outgoing SMS, the latest first."""
    rows = connection.execute(MESSAGES, (number, number, limit))
    return tuple(_message(*row) for row in rows)


def latest_sends(connection: Connection, since: float) -> tuple[Send, ...]:
    """Return the latest SMS since a time that a channel was asked to send, the latest first."""
    return tuple(Send(*row) for row in connection.execute(SENDS, (LOOKED_AT, since)))


def messages_about(connection: Connection, reference: str) -> tuple[MessageRow, ...]:
    """Return the SMS about a request, the first first. It reads every message: for people, not for turns."""
    return tuple(_message(*row) for row in connection.execute(ABOUT, (reference,)))


def _message(*row: Any) -> MessageRow:
    shown: list[Any] = [*row]
    shown[5] = SmsState(row[5])
    return MessageRow(*shown)


def _request(row: tuple[Any, ...]) -> RequestRow:
    *plain, due, leased, code, why, answer, rating, comment = row
    waits = plain[12] == "queued"
    shown: list[Any] = [*plain, due if waits else None, bool(leased) and waits, code, why]
    shown += [orjson.loads(answer), rating, comment]
    return RequestRow(*shown)
