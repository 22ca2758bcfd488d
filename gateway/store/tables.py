"""The tables, declared once: Alembic compares them with the database, command line and console read through them.

Pure declarations. Times are seconds since 1970 in double precision; 0 and 1 are no and yes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, Double, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

SETTLED_STATES = "'delivered', 'rejected', 'erased'"
REQUEST_STATES = f"'queued', 'parked', {SETTLED_STATES}"
MESSAGE_STATES = "'queued', 'sent', 'delivered', 'failed'"


def _key() -> Any:
    return Field(default=None, sa_column=Column(Integer, primary_key=True))


def _text(default: str | None = None, **more: Any) -> Any:
    return Field(sa_column=Column(Text, nullable=False, server_default=default, **more))


def _whole(default: str | None = None, **more: Any) -> Any:
    return Field(sa_column=Column(Integer, nullable=False, server_default=default, **more))


def _time(default: str | None = None) -> Any:
    return Field(sa_column=Column(Double, nullable=False, server_default=default))


def _bytes(**more: Any) -> Any:
    return Field(sa_column=Column(LargeBinary, nullable=False, **more))


def _maybe(kind: type) -> Any:
    return Field(default=None, sa_column=Column(kind, nullable=True))


class SessionRow(SQLModel, table=True):
    """A telecom's session, and how far the citizen is in it. `resumable` is 1 while `state` holds unfinished work."""

    __tablename__ = "session"
    __table_args__ = (
        UniqueConstraint("key", "start", name="session_key"),
        # Neither column changes from turn to turn, so that a turn touches no index at all.
        Index("session_unfinished", "number", "channel", sqlite_where=text("resumable = 1")),
    )
    id: int = _key()
    key: bytes = _bytes()
    start: int = _whole()
    channel: str = _text()
    number: str = _text()
    telecom_session: str = _text()
    turn: int = _whole()
    resumable: int = _whole()
    edition: str = _text()
    heard_length: int = _whole()
    heard_mac: bytes = _bytes()
    begun: float = _time()
    touched: float = _time()
    ended: float | None = _maybe(Double)
    state: bytes | None = _maybe(LargeBinary)


class TurnRow(SQLModel, table=True):
    """The mark against repeats: what was answered to which turn of a session."""

    __tablename__ = "turn"
    __table_args__ = ({"sqlite_with_rowid": False},)
    session: int = _whole(primary_key=True, autoincrement=False)
    mark: bytes = _bytes(primary_key=True)
    reply: bytes = _bytes()


class CallerRow(SQLModel, table=True):
    """What is remembered of a number on a channel: its language, and whether it refused SMS."""

    __tablename__ = "caller"
    __table_args__ = ({"sqlite_with_rowid": False},)
    number: str = _text(primary_key=True)
    channel: str = _text(primary_key=True)
    language: str | None = _maybe(Text)
    opted_out: int = _whole("0")
    changed: float = _time()


class InboxRow(SQLModel, table=True):
    """An SMS that was answered, by the telecom's own id, with the answer."""

    __tablename__ = "inbox"
    __table_args__ = (Index("inbox_at", "at"), {"sqlite_with_rowid": False})
    channel: str = _text(primary_key=True)
    message_id: str = _text(primary_key=True)
    reply: bytes = _bytes()
    at: float = _time()


class RequestTable(SQLModel, table=True):
    """What a citizen filed, and what became of it."""

    __tablename__ = "request"
    __table_args__ = (
        CheckConstraint(f"state IN ({REQUEST_STATES})", name="request_state"),
        UniqueConstraint("reference", name="request_reference"),
        Index("request_number", "number"),
        Index("request_books", "day", "service", "state"),
    )
    id: int = _key()
    reference: str = _text()
    service: str = _text()
    agency: str = _text()
    title: str = _text()
    office: str = _text()
    ask: str = _text()
    number: str = _text()
    channel: str = _text()
    language: str = _text()
    edition: str = _text()
    summary: str = _text()
    state: str = _text()
    accepted: float = _time()
    day: str = _text()
    settled: float | None = _maybe(Double)
    answer: str = _text("{}")


class RatingRow(SQLModel, table=True):
    """How a citizen rates what became of a request of hers, 1 (bad) to 5 (very good); the last word counts."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="rating_score"),
        {"sqlite_with_rowid": False},
    )
    reference: str = _text(primary_key=True)
    score: int = _whole()
    comment: str = _text()
    at: float = _time()


class AcceptanceRow(SQLModel, table=True):
    """The ledger: one line for each accepted request, never changed, never deleted, numbered without a gap."""

    __tablename__ = "acceptance"
    __table_args__ = (
        UniqueConstraint("reference", name="acceptance_reference"),
        Index("acceptance_books", "day", "service"),
        {"sqlite_autoincrement": True},
    )
    id: int = _key()
    reference: str = _text()
    service: str = _text()
    day: str = _text()
    at: float = _time()


class MessageTable(SQLModel, table=True):
    """An SMS of ours and how far it got."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(f"state IN ({MESSAGE_STATES})", name="message_state"),
        UniqueConstraint("key", name="message_key"),
        Index("message_provider_id", "provider_id", "channel", sqlite_where=text("provider_id <> ''")),
    )
    id: int = _key()
    key: str = _text()
    channel: str = _text()
    number: str = _text()
    text: str = _text()
    link: str = _text()
    ways: str = _text("")
    reference: str | None = _maybe(Text)
    state: str = _text()
    provider_id: str = _text("")
    cost: str = _text("")
    word: str = _text("")
    reason: str = _text("")
    created: float = _time()


class TallyRow(SQLModel, table=True):
    """How much of a cap on SMS is spent in the window that ends at `until`, and how many SMS it refused there."""

    __tablename__ = "tally"
    __table_args__ = ({"sqlite_with_rowid": False},)
    until: float = Field(sa_column=Column(Double, primary_key=True))
    name: str = _text(primary_key=True)
    key: str = _text(primary_key=True)
    spent: float = _time()
    refused: int = _whole()


class PartRow(SQLModel, table=True):
    """A part of a long SMS; `joined` is 1 once the whole was answered."""

    __tablename__ = "part"
    __table_args__ = (
        Index("part_waiting", "number", "channel", sqlite_where=text("joined = 0")),
        Index("part_at", "at"),
    )
    channel: str = _text(primary_key=True)
    message_id: str = _text(primary_key=True)
    number: str = _text()
    receiver: str = _text()
    ref: str = _text()
    total: int = _whole()
    place: int = _whole()
    text: str = _text()
    network: str = _text()
    link: str = _text()
    at: float = _time()
    joined: int = _whole()


class ReceiptRow(SQLModel, table=True):
    """A delivery report for an id that we do not know, or not yet."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("provider_id", "channel", "word", "reason", name="receipt_once"),
        Index("receipt_at", "at"),
    )
    id: int = _key()
    channel: str = _text()
    provider_id: str = _text()
    state: str | None = _maybe(Text)
    reason: str = _text()
    word: str = _text()
    at: float = _time()


class OutboxRow(SQLModel, table=True):
    """One thing to send: a request to its office, or an SMS to its telecom. `due` is the lease's end while leased."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(f"state IN ({REQUEST_STATES})", name="outbox_state"),
        CheckConstraint("(request IS NULL) <> (message IS NULL)", name="outbox_one_thing"),
        UniqueConstraint("key", name="outbox_key"),
        Index("outbox_request", "request", unique=True, sqlite_where=text("request IS NOT NULL")),
        Index("outbox_message", "message", unique=True, sqlite_where=text("message IS NOT NULL")),
        Index("outbox_due", "lane", "due", sqlite_where=text("state = 'queued'")),
        Index("outbox_leased", "lane", "lease_until", sqlite_where=text("lease_until IS NOT NULL")),
        Index("outbox_parked", "lane", sqlite_where=text("state = 'parked'")),
    )
    id: int = _key()
    lane: str = _text()
    key: str = _text()
    request: int | None = _maybe(Integer)
    message: int | None = _maybe(Integer)
    method: str = _text("")
    path: str = _text("")
    content_type: str = _text("")
    body: bytes | None = _maybe(LargeBinary)
    sealed: int = _whole("0")
    state: str = _text()
    attempt: int = _whole("0")
    fence: int = _whole("0")
    queued: float = _time()
    due: float = _time()
    lease_until: float | None = _maybe(Double)
    trouble: str = _text("")
    code: str = _text("")
    why: str = _text("")


class LaneRow(SQLModel, table=True):
    """How one office or SMS channel may be called, and how it has been lately: rate (GCRA), breaker, hold."""

    __tablename__ = "lane"
    __table_args__ = ({"sqlite_with_rowid": False},)
    name: str = _text(primary_key=True)
    rate: float = _time()
    burst: int = _whole()
    cap: int = _whole()
    trip: int = _whole()
    pause: float = _time()
    longest_pause: float = _time()
    arrival: float = _time("0")
    fails: int = _whole("0")
    open_until: float = _time("0")
    hold_until: float = _time("0")


class EditionRow(SQLModel, table=True):
    """The service files that were in force together, by the hash of their content."""

    __tablename__ = "edition"
    hash: str = _text(primary_key=True)
    files: str = _text()
    at: float = _time()


class InForceRow(SQLModel, table=True):
    """Each edition that is or was in force, the latest with the highest id, and what lay on disk when it came."""

    __tablename__ = "in_force"
    __table_args__ = (UniqueConstraint("edition", name="in_force_edition"),)
    id: int = _key()
    edition: str = _text()
    since: float = _time()
    disk: str = _text()
    why: str = _text()


class PulseRow(SQLModel, table=True):
    """One row that is written to find out whether the disk takes writes again."""

    __tablename__ = "pulse"
    id: int = _key()
    at: float = _time()
