"""The schema: what the migrations make is what the tables declare, and old or strange files are met with a sentence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from gateway.messages import StoreTrouble
from gateway.store import Reader, Store, lanes, migrations, outbox, sessions
from gateway.store.migrations import HEAD, migrate, revision_of
from gateway.store.opening import has_wal_reset_bug, open_reader, open_writer
from tests.storing import a_store, empty_database, rows


def shape(database: Path) -> dict[str, object]:
    """Return columns, keys and indexes of every table, in a form that can be compared."""
    connection = sqlite3.connect(database)
    found: dict[str, object] = {}
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'alembic%'")
    for (name,) in names.fetchall():
        found[name] = {row[1:] for row in connection.execute(f"PRAGMA table_xinfo({name})")}
        for index in connection.execute(f"PRAGMA index_list({name})").fetchall():
            columns = [row[2] for row in connection.execute(f"PRAGMA index_info({index[1]})")]
            unnamed = index[1].startswith("sqlite_autoindex")
            found[f"{name} {'unique' if unnamed else index[1]} {columns}"] = index[2:]
    connection.close()
    return found


def test_the_migrated_schema_is_the_declared_one(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{empty_database()}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
    declared = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    SQLModel.metadata.create_all(declared)
    declared.dispose()
    assert len(SQLModel.metadata.tables) == 16
    assert shape(empty_database()) == shape(tmp_path / "declared.db")


def test_the_newest_revision_is_the_one_that_the_store_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_spent_cap_outlives_the_migration_of_its_table(tmp_path: Path) -> None:
    migrate(tmp_path / "gateway.db", "0004")
    with sqlite3.connect(tmp_path / "gateway.db") as connection:
        connection.execute("INSERT INTO tally VALUES ('range', '+254700000', 1764003600.0, 7.0, 2)")
    connection.close()
    migrate(tmp_path / "gateway.db")
    assert rows(tmp_path, "SELECT name, key, until, spent, refused FROM tally") == [
        ("range", "+254700000", 1764003600.0, 7.0, 2)
    ]


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    database = tmp_path / "gateway.db"
    assert revision_of(database) is None
    migrate(database)
    migrate(database)
    assert revision_of(database) == HEAD


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    database = tmp_path / "gateway.db"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE pulse (id)")  # in the way of the last table
    connection.close()
    with pytest.raises(Exception, match="pulse"):
        migrate(database)
    assert rows(tmp_path, "SELECT name FROM sqlite_master") == [("pulse",)]
    assert revision_of(database) is None


async def test_a_new_folder_gets_a_database(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "new" / "data")
    assert await store.verify() == []
    await store.close()


async def test_a_newer_database_is_refused_in_words(tmp_path: Path) -> None:
    async with a_store(tmp_path):
        pass
    connection = sqlite3.connect(tmp_path / "gateway.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreTrouble, match="cannot be opened or migrated"):
        await Store.open(tmp_path)
    with pytest.raises(StoreTrouble, match="revision 9999"):
        Reader.open(tmp_path)


async def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "gateway.db").write_bytes(b"this is a letter, not a database" * 200)
    with pytest.raises(StoreTrouble, match="restore a backup"):
        await Store.open(tmp_path)
    with pytest.raises(StoreTrouble, match="cannot be read"):
        Reader.open(tmp_path)


def test_reading_without_a_database_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreTrouble, match="no database yet"):
        Reader.open(tmp_path)


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("relaxed", 1)])
def test_the_writer_syncs_as_told(tmp_path: Path, durability: str, level: int) -> None:
    connection = open_writer(tmp_path / "x.db", durability)  # type: ignore[arg-type]
    assert connection.execute("PRAGMA synchronous").fetchone() == (level,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)
    assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
    connection.close()


def test_a_database_that_cannot_be_wal_is_refused() -> None:
    with pytest.raises(StoreTrouble, match="power cut"):
        open_writer(Path(":memory:"), "full")


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    async with a_store(tmp_path):
        reader = open_reader(tmp_path / "gateway.db")
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("DELETE FROM lane")
        assert reader.execute("SELECT count(*) FROM lane").fetchone() == (2,)
        reader.close()


def test_no_statement_of_turns_and_outbox_reads_through_a_table() -> None:
    connection = sqlite3.connect(empty_database())
    seen = 0
    for room in (sessions, lanes, outbox):
        statements = {name: text for name, text in vars(room).items() if name.isupper() and "?" in str(text)}
        for name, text in statements.items():
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", [None] * text.count("?"))]
            assert not [step for step in plan if step.startswith("SCAN")], (name, plan)
            seen += 1
    assert seen > 40
    connection.close()


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ("3.6.23", False), ("3.7.0", True), ("3.40.1", True), ("3.44.5", True), ("3.44.6", False), ("3.45.0", True),
        ("3.50.6", True), ("3.50.7", False), ("3.51.0", True), ("3.51.2", True), ("3.51.3", False), ("3.54.1", False),
    ],
)  # fmt: skip
def test_versions_with_the_wal_reset_bug(version: str, affected: bool) -> None:
    assert has_wal_reset_bug(tuple(int(part) for part in version.split("."))) is affected
