"""Opening the database safely: process lock, pragmas, SQLite version. Touches files in the data directory."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import IO, Literal

from gateway.messages import StoreTrouble

Durability = Literal["full", "relaxed"]

DATABASE = "gateway.db"
LOCK = "gateway.lock"
SYNCHRONOUS: dict[str, tuple[str, int]] = {"full": ("FULL", 2), "relaxed": ("NORMAL", 1)}
STATEMENTS_KEPT = 256
CHECKPOINT_PAGES = 2000  # 8 MB of WAL; more makes each checkpoint longer, fewer writes busy pages more often
WAL_BYTES_LEFT = 64 * 1024 * 1024
BUSY_MS = 250  # nobody else may write; a stray sqlite3 shell must not hold the citizens up for longer
READER_PAGES_KB = 2000
WRITER_PAGES_KB = 8000


def lock(data: Path) -> IO[str]:
    """Take the data directory for this process and return the open lock file. Raises StoreTrouble naming the holder."""
    file = (data / LOCK).open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise StoreTrouble(
            f"{data}: another gateway (process {holder}) holds this data directory; stop it first, or send it commands"
        ) from None
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def open_writer(database: Path, durability: Durability) -> sqlite3.Connection:
    """Open the one connection that writes and checkpoints. Raises StoreTrouble if a commit would not be synced."""
    connection = sqlite3.connect(
        database, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
    )
    name, level = SYNCHRONOUS[durability]
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {name}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA cache_spill = OFF")  # then only COMMIT writes, and only COMMIT can find the disk full
    connection.execute(f"PRAGMA cache_size = -{WRITER_PAGES_KB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_LEFT}")
    in_force = connection.execute("PRAGMA synchronous").fetchone()[0]
    journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if in_force != level or journal != "wal":
        connection.close()
        raise StoreTrouble(
            f"{database}: SQLite runs with synchronous={in_force} and journal_mode={journal} instead of {level} and "
            f"wal, so a power cut could lose accepted requests; use a file system that supports WAL"
        )
    return connection


def open_reader(database: Path) -> sqlite3.Connection:
    """Open a connection that cannot write, nor checkpoint. Raises StoreTrouble if there is no database."""
    if not database.exists():
        raise StoreTrouble(f"{database}: there is no database yet; `gateway serve` makes it")
    connection = sqlite3.connect(
        f"{database.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=STATEMENTS_KEPT,
    )
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute(f"PRAGMA cache_size = -{READER_PAGES_KB}")
    return connection


def belongs_to(database: Path) -> int:
    """Return the fingerprint of the key that a database belongs to; 0 where there is none yet. Raises sqlite3.Error."""
    if not database.exists():
        return 0
    connection = open_reader(database)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def claim(connection: sqlite3.Connection, database: Path, fingerprint: int) -> None:
    """Note which key a database belongs to. Raises StoreTrouble where it is another: no repeat would be known."""
    owner = connection.execute("PRAGMA user_version").fetchone()[0]
    if owner not in (0, fingerprint):
        raise StoreTrouble(
            f"{database}: the database belongs to another key; put the key file back that was in use with it, "
            "from its own backup"
        )
    if owner == 0:
        connection.execute(f"PRAGMA user_version = {fingerprint:d}")


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Say whether a SQLite version can corrupt a WAL database that two connections write at the same instant.

    Source: sqlite.org/wal.html#walresetbug (3.7.0 to 3.51.2, repaired in 3.51.3, 3.50.7 and 3.44.6).
    """
    if version[:2] == (3, 44):
        return version < (3, 44, 6)
    if version[:2] == (3, 50):
        return version < (3, 50, 7)
    return (3, 7, 0) <= version < (3, 51, 3)
