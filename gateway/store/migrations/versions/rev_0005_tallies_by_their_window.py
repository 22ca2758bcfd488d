"""Tallies in the order of their windows: one tree to write to in place of three, and the sweep reads from its start."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table anew with what it holds."""
    op.rename_table("tally", "tally_before")
    op.create_table(
        "tally", sa.Column("until", sa.Double(), primary_key=True), sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True), sa.Column("spent", sa.Double(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False), sqlite_with_rowid=False,
    )  # fmt: skip
    op.execute("INSERT INTO tally SELECT until, name, key, spent, refused FROM tally_before")
    op.drop_table("tally_before")
