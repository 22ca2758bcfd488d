"""Alembic's entry: runs the revisions on the connection that `migrate` brings."""

from __future__ import annotations

from alembic import context

from gateway.store.tables import SQLModel

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
