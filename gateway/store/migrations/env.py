"""Alembic's entry: runs the revisions on the connection that `migrate` brings."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from gateway.store import tables  # noqa: F401 - declares them

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
