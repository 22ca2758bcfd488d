"""The sweep of what is past, and sizes. Every function takes the connection to work through."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection

from gateway.store import caps, parts
from gateway.store.records import Counts, Swept

# The oldest ids come first; reading a bounded piece from a moving place keeps a sweep short however large the table.
PIECE = "SELECT id, touched FROM session WHERE id > ? ORDER BY id LIMIT ?"
DELETE_TURNS = "DELETE FROM turn WHERE session = ?"
DELETE_SESSION = "DELETE FROM session WHERE id = ?"
OLD_INBOX = "SELECT channel, message_id FROM inbox WHERE at < ? LIMIT ?"
DELETE_INBOX = "DELETE FROM inbox WHERE channel = ? AND message_id = ?"
DELETE_RECEIPTS = "DELETE FROM receipt WHERE id IN (SELECT id FROM receipt WHERE at < ? LIMIT ?)"
BY_LANE = "SELECT lane, count(*) FROM outbox WHERE state = '{}' GROUP BY lane"
BY_STATE = "SELECT state, count(*) FROM message GROUP BY state"
SESSIONS = "SELECT count(*) FROM session"
LIVE = "SELECT count(*) FROM session WHERE resumable = 1"


def sweep(
    connection: Connection, after: int, now: float, sessions_before: float, inbox_before: float, limit: int
) -> tuple[Swept, int]:
    """Delete sessions of a piece of the table, and old inbox ids and stray receipts.

    `after` is the id that the last sweep stopped at; returns where this one did, 0 at the table's end.
    """
    piece = connection.execute(PIECE, (after, limit)).fetchall()
    old = [(row[0],) for row in piece if row[1] < sessions_before]
    connection.executemany(DELETE_TURNS, old)
    connection.executemany(DELETE_SESSION, old)
    inbox = connection.execute(OLD_INBOX, (inbox_before, limit)).fetchall()
    connection.executemany(DELETE_INBOX, inbox)
    receipts = connection.execute(DELETE_RECEIPTS, (inbox_before, limit)).rowcount
    parts.sweep(connection, inbox_before, limit)
    caps.sweep(connection, now, limit)
    stopped = piece[-1][0] if len(piece) == limit else 0
    return Swept(len(old), len(inbox), receipts, more=bool(stopped or len(inbox) == limit)), stopped


def counts(connection: Connection, database: Path, cached: int) -> Counts:
    """Count rows and bytes."""
    wal = database.with_name(database.name + "-wal")
    return Counts(
        sessions=connection.execute(SESSIONS).fetchone()[0],
        live_sessions=connection.execute(LIVE).fetchone()[0],
        cached_sessions=cached,
        queued=dict(connection.execute(BY_LANE.format("queued")).fetchall()),
        parked=dict(connection.execute(BY_LANE.format("parked")).fetchall()),
        messages=dict(connection.execute(BY_STATE).fetchall()),
        database_bytes=database.stat().st_size,
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
    )
