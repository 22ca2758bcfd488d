"""What the tests of the store share: a store in a folder, and short ways to make turns, requests and messages."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from gateway.messages import Call
from gateway.store import Again, Filing, Job, Kept, Lane, NewMessage, NewRequest, Stale, Store, Turn, sms_lane
from gateway.store.migrations import migrate

NOW = 1_764_000_000.0
NUMBER = "+254700000001"
LANES = (Lane("office:water", rate=0, cap=100), Lane(sms_lane("at"), rate=0, cap=100))


@cache
def empty_database() -> Path:
    """Make a migrated database once; tests take copies of it."""
    path = Path(mkdtemp(prefix="gateway-store-")) / "gateway.db"
    migrate(path)
    return path


@asynccontextmanager
async def a_store(folder: Path, **given: Any) -> AsyncIterator[Store]:
    """Open a store in a folder, with lanes that hold nothing back."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "gateway.db").exists():
        shutil.copy(empty_database(), folder / "gateway.db")
    store = await Store.open(folder, **given)
    try:
        await store.set_lanes(LANES)
        yield store
    finally:
        await store.close()


def by_hand(folder: Path, *statements: str) -> None:
    """Change the database as a person with a shell could: without our rules."""
    with sqlite3.connect(folder / "gateway.db") as connection:
        for name in [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Read the database beside the store."""
    connection = sqlite3.connect(f"file:{folder / 'gateway.db'}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def a_turn(step: int = 0, *, key: str = "k", session: int | None = None, last: bool = False, **more: Any) -> Turn:
    """Make turn number `step` of a session."""
    given: dict[str, Any] = {
        "key": key.encode().ljust(16, b"."),
        "channel": "at",
        "number": NUMBER,
        "mark": f"mark {step}".encode().ljust(16, b"."),
        "reply": f"CON screen {step}".encode(),
        "now": NOW + step,
        "state": None if last else f'{{"at": {step}}}'.encode(),
        "edition": "",
        "more": not last,
        "session": session,
        "turn": step,
        "telecom_session": f"ATUid_{key}",
        "heard_length": step,
        "heard_mac": b"h" * 16,
    }
    return Turn(**{**given, **more})


def a_request(name: str = "1", **more: Any) -> NewRequest:
    """Make a request to the water office."""
    given: dict[str, Any] = {
        "reference": f"REF{name:0>9}",
        "service": "water-fault",
        "agency": "water",
        "title": "Report a water fault",
        "office": "water",
        "ask": "report_fault",
        "number": NUMBER,
        "channel": "at",
        "language": "en",
        "edition": "",
        "call": Call("POST", "/faults", b'{"kind":"leak"}'),
        "key": f"key-{name}",
        "summary": "Leak at Kalundu",
    }
    return NewRequest(**{**given, **more})


def a_message(name: str = "1", **more: Any) -> NewMessage:
    """Make an SMS to the caller."""
    given: dict[str, Any] = {"key": f"sms-{name}", "channel": "at", "number": NUMBER, "text": "Received."}
    return NewMessage(**{**given, **more})


async def file(store: Store, *requests: NewRequest, messages: tuple[NewMessage, ...] = (), now: float = NOW) -> None:
    """File requests in a session of their own."""
    name = requests[0].reference if requests else messages[0].key
    kept = await store.keep(a_turn(key=name, last=True, requests=requests, messages=messages, now=now))
    assert isinstance(kept, Kept)


async def claim(store: Store, now: float = NOW, limit: int = 100, lane: str = "office:water") -> tuple[Job, ...]:
    """Claim jobs of one lane for 30 seconds."""
    return (await store.claim({lane: limit}, now, 30.0)).jobs


def kept(result: Kept | Again | Stale) -> int:
    """Return the id of the session that was kept."""
    assert isinstance(result, Kept), result
    return result.session.id


def reference(job: Job) -> str:
    """Return the reference that a job files."""
    assert isinstance(job.what, Filing)
    return job.what.reference
