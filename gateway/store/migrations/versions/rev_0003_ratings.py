"""What citizens say of how their requests were served."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of ratings."""
    op.create_table(
        "rating", sa.Column("reference", sa.Text(), primary_key=True),
        sa.Column("score", sa.Integer(), nullable=False), sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="rating_score"), sqlite_with_rowid=False,
    )  # fmt: skip
