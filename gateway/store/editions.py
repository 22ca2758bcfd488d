"""Editions of the menus: their files, and when and why each came into force. Takes the connection to work through."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from sqlite3 import Connection

import orjson

from gateway.messages import to_json

KEEP = "INSERT INTO edition (hash, files, at) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING"
LOAD = "SELECT files FROM edition WHERE hash = ?"
PUT = "INSERT OR REPLACE INTO in_force (edition, since, disk, why) VALUES (?, ?, ?, ?)"
IN_FORCE = "SELECT edition, since, disk, why FROM in_force ORDER BY id DESC LIMIT 1"
HISTORY = "SELECT edition, since, disk, why FROM in_force ORDER BY id DESC"
IN_USE = "SELECT edition, count(*) FROM session WHERE resumable = 1 GROUP BY edition"
PAST = "SELECT edition FROM in_force ORDER BY id DESC LIMIT -1 OFFSET ?"
FORGET = ("DELETE FROM in_force WHERE edition = ?", "DELETE FROM edition WHERE hash = ?")


@dataclass(frozen=True, slots=True)
class InForce:
    """An edition that is or was in force: since when (it came last), why, and the hash of what lay on disk then."""

    edition: str
    since: float
    disk: str
    why: str

    @property
    def rolled_back(self) -> bool:
        """True if it came into force although something else lay on disk."""
        return self.edition != self.disk


def put_in_force(
    connection: Connection, edition: str, files: Mapping[str, str], now: float, disk: str, why: str
) -> None:
    """Keep an edition, and note that it is in force from now on; one that is already keeps its time."""
    connection.execute(KEEP, (edition, to_json(dict(files)).decode(), now))
    latest = in_force(connection)
    since = latest.since if latest is not None and latest.edition == edition else now
    connection.execute(PUT, (edition, since, disk, why))


def in_force(connection: Connection) -> InForce | None:
    """Return what came into force last."""
    row = connection.execute(IN_FORCE).fetchone()
    return None if row is None else InForce(*row)


def history(connection: Connection) -> tuple[InForce, ...]:
    """Return every kept edition that was in force, each once, the latest first."""
    return tuple(InForce(*row) for row in connection.execute(HISTORY))


def load(connection: Connection, edition: str) -> dict[str, str] | None:
    """Return an edition's files by path."""
    row = connection.execute(LOAD, (edition,)).fetchone()
    return None if row is None else dict(orjson.loads(row[0]))


def in_use(connection: Connection) -> dict[str, int]:
    """Return how many sessions that can still go on are pinned to each edition."""
    return dict(connection.execute(IN_USE).fetchall())


def past(connection: Connection, most: int) -> frozenset[str]:
    """Return the editions beyond the `most` that were in force last."""
    return frozenset(row[0] for row in connection.execute(PAST, (most,)))


def forget(connection: Connection, most: int, needed: Collection[str]) -> int:
    """Delete the past editions that nobody needs; return how many."""
    old = sorted(past(connection, most) - set(needed))
    for statement in FORGET:
        connection.executemany(statement, [(edition,) for edition in old])
    return len(old)
