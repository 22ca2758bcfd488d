"""Puts sessions into a database as two days of work leave them, in bulk by the same schema. Touches the database."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from gateway.store.migrations import migrate
from gateway.store.opening import DATABASE

SESSION = """
    INSERT INTO session (id, key, start, channel, number, telecom_session, turn, resumable, edition, heard_length,
        heard_mac, begun, touched, ended, state)
    VALUES (?, ?, 1, 'africastalking', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
TURN = "INSERT INTO turn (session, mark, reply) VALUES (?, ?, ?)"
KEPT = 36 * 3600.0  # seconds over which they are spread: housekeeping keeps sessions for two days
TURNS_EACH = 3
REPLY = b"CON What is wrong?\n1 No water\n2 Burst pipe\n3 Dirty water\n0 Back"
CHUNK = 20_000


async def filled(folder: Path, sessions: int) -> float:
    """Make the database with so many sessions in it, half of them dropped and resumable; return the seconds it took."""
    return await asyncio.to_thread(_filled, folder, sessions)


def _filled(folder: Path, sessions: int) -> float:
    begun = time.perf_counter()
    migrate(folder / DATABASE)
    connection = sqlite3.connect(folder / DATABASE, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -200000")
    now = time.time() - KEPT - 700
    for first in range(1, sessions + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, sessions + 1))
        connection.execute("BEGIN")
        connection.executemany(SESSION, _sessions(numbers, sessions, now))
        connection.executemany(TURN, _turns(numbers))
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with (folder / DATABASE).open("rb") as file:
        os.fsync(file.fileno())
    return time.perf_counter() - begun


def _sessions(numbers: range, sessions: int, now: float) -> Iterator[tuple[object, ...]]:
    spread = 2**128 // (sessions + 1)
    for number in numbers:
        dropped = number % 2 == 0
        touched = now + KEPT * number / sessions
        # Keys come in order, which makes the same tree in a tenth of the time; the citizens who come now hit any place.
        yield (
            number, (number * spread).to_bytes(16, "big"), f"+998{number:09d}", f"ATUid_{number:032x}", TURNS_EACH,
            int(dropped), "0" * 32, 13, b"m" * 16, touched - 40, touched, None if dropped else touched,
            _state(number) if dropped else None,
        )  # fmt: skip


def _state(number: int) -> bytes:
    chosen = {"$chosen": ["none", {"en": "No water", "sw": "Hakuna maji"}]}
    return b"C" + orjson.dumps(
        {
            "service": "water-fault", "screen": "account", "language": "en", "trail": ["what", "place"],
            "values": {"fault": chosen, "place": f"Kalundu {number}"},
            "frames": [{"service": "county-home", "screen": "home", "trail": []}],
        }
    )  # fmt: skip


def _turns(numbers: range) -> Iterator[tuple[int, bytes, bytes]]:
    for number in numbers:
        digest = hashlib.blake2b(number.to_bytes(8, "big"), digest_size=48).digest()
        for mark in sorted((digest[:16], digest[16:32], digest[32:])):
            yield number, mark, REPLY
