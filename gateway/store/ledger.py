"""The books: that everything accepted is somewhere, shown by day and proven row by row. Reads the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from sqlite3 import Connection, DatabaseError

from gateway.store.records import BooksRow

ACCEPTED = "SELECT day, service, count(*) FROM acceptance WHERE day >= ? GROUP BY day, service"
STATES = "SELECT day, service, state, count(*) FROM request WHERE day >= ? GROUP BY day, service, state"
FLYING = """
    SELECT r.day, r.service, count(*) FROM outbox AS o JOIN request AS r ON r.id = o.request
    WHERE o.lease_until IS NOT NULL AND r.day >= ? GROUP BY r.day, r.service"""
NAMED_AT_MOST = 20

# Each query returns what names a row that does not add up.
CHECKS: tuple[tuple[str, str], ...] = (
    ("request {0} is not in the ledger of acceptances",
     "SELECT reference FROM request EXCEPT SELECT reference FROM acceptance"),
    ("the accepted request {0} is gone",
     "SELECT reference FROM acceptance EXCEPT SELECT reference FROM request"),
    ("request {0} stands under another service or day than it was accepted under",
     "SELECT r.reference FROM request AS r JOIN acceptance AS a ON a.reference = r.reference "
     "WHERE a.service <> r.service OR a.day <> r.day"),
    ("the ledger holds {0} lines but has numbered {1}: a line was removed",
     "SELECT (SELECT count(*) FROM acceptance), seq FROM sqlite_sequence WHERE name = 'acceptance' "
     "AND seq <> (SELECT count(*) FROM acceptance)"),
    ("the ledger's own count is gone",
     "SELECT 1 FROM acceptance WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'acceptance') LIMIT 1"),
    ("request {0} ({1}) has no outbox row: nothing will be sent",
     "SELECT reference, state FROM request WHERE state <> 'erased' AND id NOT IN "
     "(SELECT request FROM outbox WHERE request IS NOT NULL)"),
    ("request {0} is {1} but its outbox row is {2}",
     "SELECT r.reference, r.state, o.state FROM request AS r JOIN outbox AS o ON o.request = r.id "
     "WHERE r.state <> o.state"),
    ("outbox row {0} is for a request that is gone",
     "SELECT id FROM outbox WHERE request IS NOT NULL AND request NOT IN (SELECT id FROM request)"),
    ("outbox row {0} is for a message that is gone",
     "SELECT id FROM outbox WHERE message IS NOT NULL AND message NOT IN (SELECT id FROM message)"),
    ("message {0} ({1}) has no outbox row: it will not be sent",
     "SELECT key, state FROM message WHERE id NOT IN (SELECT message FROM outbox WHERE message IS NOT NULL)"),
    ("message {0} is {1} but its outbox row is {2}",
     "SELECT m.key, m.state, o.state FROM message AS m JOIN outbox AS o ON o.message = m.id WHERE "
     "(o.state IN ('queued', 'parked') AND m.state <> 'queued') OR (o.state = 'delivered' AND m.state = 'queued') "
     "OR (o.state = 'rejected' AND m.state <> 'failed')"),
    ("outbox row {0} is settled as {1} and still leased",
     "SELECT id, state FROM outbox WHERE lease_until IS NOT NULL AND state <> 'queued'"),
    ("outbox row {0} is {1} and still holds a sealed body",
     "SELECT id, state FROM outbox WHERE sealed = 1 AND body IS NOT NULL AND state IN ('delivered', 'rejected')"),
    ("lane {0} has {1} queued but no limits: nobody will send them; name it in the configuration or park them",
     "SELECT lane, count(*) FROM outbox WHERE state = 'queued' AND lane NOT IN (SELECT name FROM lane) GROUP BY lane"),
    ("session {0} counts {1} turns but {2} are marked",
     "SELECT s.id, s.turn, count(t.session) FROM session AS s LEFT JOIN turn AS t ON t.session = s.id "
     "GROUP BY s.id HAVING count(t.session) <> s.turn"),
    ("session {0} is gone but its turns are there",
     "SELECT DISTINCT session FROM turn WHERE session NOT IN (SELECT id FROM session)"),
    ("sessions are pinned to the edition {0}, which is not kept: they cannot go on",
     "SELECT DISTINCT edition FROM session WHERE resumable = 1 AND edition <> '' "
     "AND edition NOT IN (SELECT hash FROM edition)"),
)  # fmt: skip


def books(connection: Connection, since_day: str) -> tuple[BooksRow, ...]:
    """Return the ledger by day and service. What is in flight is not counted as queued."""
    with _one_moment(connection):
        return _lines(connection, since_day)


def verify(connection: Connection) -> list[str]:
    """Return what does not add up, one sentence each; an empty list says that the books balance."""
    try:
        with _one_moment(connection):
            return _damage(connection) or [*_imbalances(connection)]
    except DatabaseError as error:
        return [f"the file is damaged: {error}"]


def _lines(connection: Connection, since_day: str) -> tuple[BooksRow, ...]:
    accepted = {(day, service): n for day, service, n in connection.execute(ACCEPTED, (since_day,))}
    states = Counter({(day, service, state): n for day, service, state, n in connection.execute(STATES, (since_day,))})
    flying = {(day, service): n for day, service, n in connection.execute(FLYING, (since_day,))}
    lines = sorted({*accepted, *((day, service) for day, service, _ in states)})
    return tuple(
        BooksRow(
            service=service,
            day=day,
            accepted=accepted.get((day, service), 0),
            delivered=states[day, service, "delivered"],
            queued=states[day, service, "queued"] - flying.get((day, service), 0),
            in_flight=flying.get((day, service), 0),
            parked=states[day, service, "parked"],
            rejected=states[day, service, "rejected"],
            erased=states[day, service, "erased"],
        )
        for day, service in lines
    )


def _damage(connection: Connection) -> list[str]:
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
    return [] if found == ["ok"] else [f"the file is damaged: {what}" for what in found]


def _imbalances(connection: Connection) -> Iterator[str]:
    for sentence, query in CHECKS:
        rows = connection.execute(query).fetchmany(NAMED_AT_MOST + 1)
        yield from (sentence.format(*row) for row in rows[:NAMED_AT_MOST])
        if len(rows) > NAMED_AT_MOST:
            yield f"… and more like the last line (only {NAMED_AT_MOST} are named)"
    for line in _lines(connection, ""):
        if not line.balanced():
            yield f"{line.service} on {line.day} does not add up: {line}"


@contextmanager
def _one_moment(connection: Connection) -> Iterator[None]:
    """Let every query inside see the same state of the database."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        with suppress(DatabaseError):  # a damaged file may fail even this, and has been reported by then
            connection.execute("ROLLBACK")
