"""Sessions and turns: the hot path. Every function takes the connection to read or write through."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any

from gateway.store.outbox import file_request, queue_message
from gateway.store.records import Again, Keeping, Kept, Newcomer, Recalled, Session, Stale, Turn

COLUMNS = (
    "id, key, start, channel, number, telecom_session, turn, state, edition, heard_length, heard_mac, begun, touched, "
    "ended"
)
LATEST = f"SELECT {COLUMNS} FROM session WHERE key = ? ORDER BY start DESC LIMIT 1"  # noqa: S608 - constant
REPLIES = "SELECT mark, reply FROM turn WHERE session = ?"
REPLY = "SELECT reply FROM turn WHERE session = ? AND mark = ?"
CALLER = "SELECT channel, language, opted_out FROM caller WHERE number = ? ORDER BY changed DESC"
# Of the sessions that a number began last: however many it left, no more than these are looked at.
UNFINISHED = f"""
    SELECT {COLUMNS} FROM session WHERE resumable = 1 AND number = ? AND channel = ?
    ORDER BY id DESC LIMIT 8"""  # noqa: S608 - constant
BEGIN = """
    INSERT INTO session (key, start, channel, number, telecom_session, turn, resumable, state, edition, heard_length,
        heard_mac, begun, touched, ended)
    VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key, start) DO NOTHING"""
BEGUN = "SELECT id FROM session WHERE key = ? AND start = ? AND number = ?"
MARK = "INSERT INTO turn (session, mark, reply) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
UNMARK = "DELETE FROM turn WHERE session = ? AND mark = ?"
GO_ON = """
    UPDATE session SET turn = turn + 1, state = ?, edition = ?, heard_length = ?, heard_mac = ?, touched = ?
    WHERE id = ? AND turn = ? AND key = ? AND ended IS NULL"""
FINISH = """
    UPDATE session SET turn = turn + 1, state = ?, edition = ?, heard_length = ?, heard_mac = ?, touched = ?,
        resumable = ?, ended = ?
    WHERE id = ? AND turn = ? AND key = ? AND ended IS NULL"""
BEGINNING = "SELECT begun, telecom_session, start FROM session WHERE id = ?"
LEFT = "SELECT 1 FROM session WHERE id = ? AND turn = ? AND resumable = 1"
RETIRE = "UPDATE session SET ended = COALESCE(ended, ?), state = NULL, resumable = 0 WHERE id = ? AND key = ?"
DROP = """
    UPDATE session SET ended = ?, state = CASE WHEN ? THEN state END, resumable = ? * resumable
    WHERE id = ? AND ended IS NULL"""
LANGUAGE = """
    INSERT INTO caller (number, channel, language, changed) VALUES (?, ?, ?, ?)
    ON CONFLICT (number, channel) DO UPDATE SET language = excluded.language, changed = excluded.changed"""
OPT = """
    INSERT INTO caller (number, channel, opted_out, changed) VALUES (?, ?, ?, ?)
    ON CONFLICT (number, channel) DO UPDATE SET opted_out = excluded.opted_out"""
RATE = """
    INSERT INTO rating (reference, score, comment, at)
    SELECT reference, ?, ?, ? FROM request WHERE reference = ? AND number = ?
    ON CONFLICT (reference) DO UPDATE SET score = excluded.score, comment = excluded.comment, at = excluded.at"""
INBOX = "INSERT INTO inbox (channel, message_id, reply, at) VALUES (?, ?, ?, ?)"
INBOX_REPLY = "SELECT reply FROM inbox WHERE channel = ? AND message_id = ?"


def latest(connection: Connection, key: bytes) -> Session | None:
    """Return the latest session of a key."""
    row = connection.execute(LATEST, (key,)).fetchone()
    return None if row is None else Session(*row)


def replies(connection: Connection, session: int) -> dict[bytes, bytes]:
    """Return every reply that a session gave, by mark."""
    return dict(connection.execute(REPLIES, (session,)).fetchall())


def newcomer(connection: Connection, channel: str, number: str, since: float) -> Newcomer:
    """Return what is known of a number: the language of this channel, else of any; its opt-out here; what it left."""
    rows = connection.execute(CALLER, (number,)).fetchall()
    here = next((row for row in rows if row[0] == channel), None)
    languages = [row[1] for row in ([here] if here else []) + rows if row[1]]
    begun = [Session(*row) for row in connection.execute(UNFINISHED, (number, channel))]
    left = [session for session in begun if session.touched >= since and session.telecom_session != "sms"]
    return Newcomer(
        language=languages[0] if languages else None,
        opted_out=bool(here and here[2]),
        unfinished=max(left, key=lambda session: session.touched, default=None),
    )


def recall(connection: Connection, key: bytes, mark: bytes) -> tuple[Recalled, dict[bytes, bytes]]:
    """Return the latest session of a key with the reply to a mark, and all its replies."""
    session = latest(connection, key)
    if session is None:
        return Recalled(None, None), {}
    known = replies(connection, session.id)
    return Recalled(session, known.get(mark)), known


def keep(connection: Connection, turn: Turn, before: Session | None = None) -> Keeping:
    """Write one turn; `before` is its session as the caller knows it, which spares a look.

    Effects come after the session has moved, so that Again and Stale leave nothing behind.
    """
    if turn.inbox is not None and (row := connection.execute(INBOX_REPLY, turn.inbox).fetchone()):
        return Again(row[0])
    if turn.retires is not None and not connection.execute(LEFT, (turn.retires.id, turn.retires.turn)).fetchone():
        return Stale()
    kept = _begin(connection, turn) if turn.session is None else _go_on(connection, turn, turn.session, before)
    if type(kept) is Kept and _has_effects(turn):
        _effects(connection, turn)
    return kept


def end(connection: Connection, key: bytes, number: str, now: float, resumable: bool) -> bool:
    """Note that the telecom ended the latest session of a key, if it is this number's ("": not told).

    Unless resumable, what it held is dropped.
    """
    session = latest(connection, key)
    if session is None or number not in ("", session.number):
        return False
    return connection.execute(DROP, (now, resumable, resumable, session.id)).rowcount == 1


def opt(connection: Connection, channel: str, number: str, out: bool, now: float) -> None:
    """Remember whether a number wants SMS from a channel."""
    connection.execute(OPT, (number, channel, int(out), now))


def _begin(connection: Connection, turn: Turn) -> Keeping:
    ended = None if turn.more else turn.now
    begun = connection.execute(
        BEGIN,
        (turn.key, turn.start, turn.channel, turn.number, turn.telecom_session, int(turn.state is not None), turn.state,
         turn.edition, turn.heard_length, turn.heard_mac, turn.now, turn.now, ended),
    )  # fmt: skip
    if begun.rowcount == 0:
        row = connection.execute(BEGUN, (turn.key, turn.start, turn.number)).fetchone()
        return Stale() if row is None else _answered(connection, row[0], turn.mark)
    session: Any = begun.lastrowid
    connection.execute(MARK, (session, turn.mark, turn.reply))
    return Kept(
        Session(session, turn.key, turn.start, turn.channel, turn.number, turn.telecom_session, 1, turn.state,
                turn.edition, turn.heard_length, turn.heard_mac, turn.now, turn.now, ended)
    )  # fmt: skip


def _go_on(connection: Connection, turn: Turn, session: int, before: Session | None) -> Keeping:
    if connection.execute(MARK, (session, turn.mark, turn.reply)).rowcount == 0:
        return _answered(connection, session, turn.mark)
    ended = None if turn.more else turn.now
    if turn.more and turn.state is not None:
        moved = connection.execute(
            GO_ON,
            (turn.state, turn.edition, turn.heard_length, turn.heard_mac, turn.now, session, turn.turn, turn.key),
        )
    else:
        moved = connection.execute(
            FINISH,
            (turn.state, turn.edition, turn.heard_length, turn.heard_mac, turn.now, int(turn.state is not None), ended,
             session, turn.turn, turn.key),
        )  # fmt: skip
    if moved.rowcount == 0:
        connection.execute(UNMARK, (session, turn.mark))
        return Stale()
    if before is not None and before.id == session:
        begun, named, start = before.begun, before.telecom_session, before.start
    else:
        begun, named, start = connection.execute(BEGINNING, (session,)).fetchone()
    return Kept(
        Session(session, turn.key, start, turn.channel, turn.number, named, turn.turn + 1, turn.state,
                turn.edition, turn.heard_length, turn.heard_mac, begun, turn.now, ended)
    )  # fmt: skip


def _answered(connection: Connection, session: int, mark: bytes) -> Again | Stale:
    row = connection.execute(REPLY, (session, mark)).fetchone()
    return Stale() if row is None else Again(row[0])


def _has_effects(turn: Turn) -> bool:
    return bool(
        turn.requests or turn.messages or turn.ratings or turn.language is not None or turn.retires is not None
        or turn.inbox is not None or turn.opt_out is not None
    )  # fmt: skip


def _effects(connection: Connection, turn: Turn) -> None:
    for request in turn.requests:
        file_request(connection, request, turn.now)
    for message in turn.messages:
        queue_message(connection, message, turn.now)
    for rating in turn.ratings:
        given = (rating.score, rating.comment, turn.now, rating.reference, turn.number)
        connection.execute(RATE, given)
    if turn.language is not None:
        connection.execute(LANGUAGE, (turn.number, turn.channel, turn.language, turn.now))
    if turn.retires is not None:
        connection.execute(RETIRE, (turn.now, turn.retires.id, turn.retires.key))
    if turn.inbox is not None:
        connection.execute(INBOX, (*turn.inbox, turn.reply, turn.now))
    if turn.opt_out is not None:
        opt(connection, turn.channel, turn.number, turn.opt_out, turn.now)
