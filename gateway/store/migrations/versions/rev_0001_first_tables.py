"""First tables, and the triggers that keep the ledger and final states as they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

REQUEST_STATES = "state IN ('queued', 'parked', 'delivered', 'rejected', 'erased')"
MESSAGE_STATES = "state IN ('queued', 'sent', 'delivered', 'failed')"
TRIGGERS = """
CREATE TRIGGER acceptance_is_never_changed BEFORE UPDATE ON acceptance
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: an acceptance is never changed'); END;
CREATE TRIGGER acceptance_is_never_deleted BEFORE DELETE ON acceptance
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: an acceptance is never deleted'); END;
CREATE TRIGGER request_final_state BEFORE UPDATE OF state ON request
WHEN OLD.state IN ('delivered', 'rejected', 'erased') AND NEW.state <> OLD.state AND NEW.state <> 'erased'
BEGIN SELECT RAISE(ABORT, 'a settled request never changes its state'); END;
CREATE TRIGGER outbox_final_state BEFORE UPDATE OF state ON outbox
WHEN OLD.state IN ('delivered', 'rejected', 'erased') AND NEW.state <> OLD.state AND NEW.state <> 'erased'
BEGIN SELECT RAISE(ABORT, 'a settled outbox row never changes its state'); END;
CREATE TRIGGER message_final_state BEFORE UPDATE OF state ON message
WHEN OLD.state IN ('delivered', 'failed') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'a message never leaves its final state'); END;
"""


def upgrade() -> None:
    """Create everything."""
    _sessions()
    _requests()
    _messages()
    _outbox()
    _the_rest()
    for trigger in TRIGGERS.strip().split("END;\n"):
        op.execute(trigger.removesuffix("END;") + "END")


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), primary_key=True)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _wholes(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _times(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double(), nullable=False) for name in names]


def _preset(kind: type, preset: str, *names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, kind(), nullable=False, server_default=preset) for name in names]


def _sessions() -> None:
    op.create_table(
        "session", _key(), sa.Column("key", sa.LargeBinary(), nullable=False), *_wholes("start"),
        *_texts("channel", "number", "telecom_session"), *_wholes("turn", "resumable"), *_texts("edition"),
        *_wholes("heard_length"), sa.Column("heard_mac", sa.LargeBinary(), nullable=False),
        *_times("begun", "touched"), sa.Column("ended", sa.Double()), sa.Column("state", sa.LargeBinary()),
        sa.UniqueConstraint("key", "start", name="session_key"),
    )  # fmt: skip
    op.create_index("session_unfinished", "session", ["number", "channel"], sqlite_where=sa.text("resumable = 1"))
    op.create_table(
        "turn", sa.Column("session", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("mark", sa.LargeBinary(), primary_key=True), sa.Column("reply", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "caller", sa.Column("number", sa.Text(), primary_key=True), sa.Column("channel", sa.Text(), primary_key=True),
        sa.Column("language", sa.Text()), *_preset(sa.Integer, "0", "opted_out"), *_times("changed"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "inbox", sa.Column("channel", sa.Text(), primary_key=True),
        sa.Column("message_id", sa.Text(), primary_key=True), sa.Column("reply", sa.LargeBinary(), nullable=False),
        *_times("at"), sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index("inbox_at", "inbox", ["at"])


def _requests() -> None:
    op.create_table(
        "request", _key(),
        *_texts("reference", "service", "agency", "title", "office", "ask", "number", "channel", "language"),
        *_texts("edition", "summary", "state"), *_times("accepted"), *_texts("day"),
        sa.Column("settled", sa.Double()), *_preset(sa.Text, "{}", "answer"),
        sa.CheckConstraint(REQUEST_STATES, name="request_state"),
        sa.UniqueConstraint("reference", name="request_reference"),
    )  # fmt: skip
    op.create_index("request_number", "request", ["number"])
    op.create_index("request_books", "request", ["day", "service", "state"])
    op.create_table(
        "acceptance", _key(), *_texts("reference", "service", "day"), *_times("at"),
        sa.UniqueConstraint("reference", name="acceptance_reference"), sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("acceptance_books", "acceptance", ["day", "service"])


def _messages() -> None:
    op.create_table(
        "message", _key(), *_texts("key", "channel", "number", "text", "link"), sa.Column("reference", sa.Text()),
        *_texts("state"), *_preset(sa.Text, "", "provider_id", "cost", "word", "reason"), *_times("created"),
        sa.CheckConstraint(MESSAGE_STATES, name="message_state"), sa.UniqueConstraint("key", name="message_key"),
    )  # fmt: skip
    known = sa.text("provider_id <> ''")
    op.create_index("message_provider_id", "message", ["provider_id", "channel"], sqlite_where=known)
    op.create_table(
        "receipt", _key(), *_texts("channel", "provider_id"), sa.Column("state", sa.Text()),
        *_texts("reason", "word"), *_times("at"),
        sa.UniqueConstraint("provider_id", "channel", "word", "reason", name="receipt_once"),
    )  # fmt: skip
    op.create_index("receipt_at", "receipt", ["at"])


def _outbox() -> None:
    op.create_table(
        "outbox", _key(), *_texts("lane", "key"), sa.Column("request", sa.Integer()),
        sa.Column("message", sa.Integer()), *_preset(sa.Text, "", "method", "path", "content_type"),
        sa.Column("body", sa.LargeBinary()), *_preset(sa.Integer, "0", "sealed"), *_texts("state"),
        *_preset(sa.Integer, "0", "attempt", "fence"), *_times("queued", "due"),
        sa.Column("lease_until", sa.Double()), *_preset(sa.Text, "", "trouble", "code", "why"),
        sa.CheckConstraint(REQUEST_STATES, name="outbox_state"),
        sa.CheckConstraint("(request IS NULL) <> (message IS NULL)", name="outbox_one_thing"),
        sa.UniqueConstraint("key", name="outbox_key"),
    )  # fmt: skip
    for thing in ("request", "message"):
        given = sa.text(f"{thing} IS NOT NULL")
        op.create_index(f"outbox_{thing}", "outbox", [thing], unique=True, sqlite_where=given)
    op.create_index("outbox_due", "outbox", ["lane", "due"], sqlite_where=sa.text("state = 'queued'"))
    leased = sa.text("lease_until IS NOT NULL")
    op.create_index("outbox_leased", "outbox", ["lane", "lease_until"], sqlite_where=leased)
    op.create_index("outbox_parked", "outbox", ["lane"], sqlite_where=sa.text("state = 'parked'"))
    op.create_table(
        "lane", sa.Column("name", sa.Text(), primary_key=True), *_times("rate"), *_wholes("burst", "cap", "trip"),
        *_times("pause", "longest_pause"), *_preset(sa.Double, "0", "arrival"), *_preset(sa.Integer, "0", "fails"),
        *_preset(sa.Double, "0", "open_until", "hold_until"), sqlite_with_rowid=False,
    )  # fmt: skip


def _the_rest() -> None:
    op.create_table("edition", sa.Column("hash", sa.Text(), primary_key=True), *_texts("files"), *_times("at"))
    op.create_table("pulse", _key(), *_times("at"))
