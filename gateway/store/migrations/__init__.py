"""How a database of any age becomes one of today. Touches the database file, before the writer opens it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

HEAD = "0005"  # the newest revision in versions/; a database that is there already needs no Alembic


def revision_of(database: Path) -> str | None:
    """Return the revision that a database file stands at; None where there is no file or no table yet."""
    if not database.exists():
        return None
    connection = sqlite3.connect(database)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return None
    finally:
        connection.close()
    return str(row[0]) if row else None


def migrate(database: Path, revision: str = "head") -> None:
    """Bring a database file to a revision, each step whole or not at all."""
    from alembic import command  # slow to import, and rarely needed
    from alembic.config import Config
    from sqlalchemy import create_engine, event

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    engine = create_engine(f"sqlite:///{database}", connect_args={"isolation_level": None})
    # sqlite3 would commit before DDL by itself; with its own BEGIN switched off a failed step leaves nothing behind.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()
