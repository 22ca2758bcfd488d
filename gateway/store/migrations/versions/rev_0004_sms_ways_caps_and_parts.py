"""Other ways that an SMS may take, what caps have counted, and parts of long SMS."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the tables."""
    op.add_column("message", sa.Column("ways", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "tally", sa.Column("name", sa.Text(), primary_key=True), sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("until", sa.Double(), primary_key=True), sa.Column("spent", sa.Double(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
    )  # fmt: skip
    op.create_index("tally_until", "tally", ["until"])
    texts = ("number", "receiver", "ref", "text", "network", "link")
    op.create_table(
        "part", sa.Column("channel", sa.Text(), primary_key=True), sa.Column("message_id", sa.Text(), primary_key=True),
        *[sa.Column(name, sa.Text(), nullable=False) for name in texts],
        *[sa.Column(name, sa.Integer(), nullable=False) for name in ("total", "place", "joined")],
        sa.Column("at", sa.Double(), nullable=False),
    )  # fmt: skip
    op.create_index("part_waiting", "part", ["number", "channel"], sqlite_where=sa.text("joined = 0"))
    op.create_index("part_at", "part", ["at"])
