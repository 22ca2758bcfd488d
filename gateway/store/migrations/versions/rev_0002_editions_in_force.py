"""Which edition of the menus is in force, since when and why. Those kept so far count as read from disk, in order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and fill it from the editions that are there."""
    op.create_table(
        "in_force", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False), sa.Column("disk", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False), sa.UniqueConstraint("edition", name="in_force_edition"),
    )  # fmt: skip
    op.execute("INSERT INTO in_force (edition, since, disk, why) SELECT hash, at, hash, '' FROM edition ORDER BY at")
