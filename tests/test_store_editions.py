"""Editions in the store: kept by hash, the one in force remembered with its reason, and the old ones forgotten."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from gateway.store import InForce, Reader, Store
from gateway.store.migrations import migrate
from tests.storing import NOW, a_store, a_turn, kept

FILES = {"county/water.yaml": "title: Maji\n", "county/tax.yaml": ""}


async def in_force(store: Store, *editions: str) -> None:
    """Put editions in force from disk, one after the other."""
    for number, edition in enumerate(editions):
        await store.put_in_force(edition, FILES, NOW + number, edition)


async def test_editions_are_kept_by_hash_and_known_while_in_use(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        assert await store.in_force() is None
        await store.put_in_force("e1", FILES, NOW, "e1")
        await store.put_in_force("e1", {"other": ""}, NOW, "e1")
        assert await store.load_edition("e1") == FILES
        assert await store.load_edition("e2") is None
        reader = Reader.open(tmp_path)
        session = kept(await store.keep(a_turn(0, edition="e1")))
        assert reader.editions_in_use() == {"e1": 1}
        kept(await store.keep(a_turn(1, session=session, edition="e1", last=True)))
        assert reader.editions_in_use() == {}
        reader.close()


async def test_the_edition_in_force_is_remembered_with_its_time_and_its_reason(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await in_force(store, "e1", "e2")
        await store.put_in_force("e1", FILES, NOW + 5, "e2", "too long")
        await store.put_in_force("e1", FILES, NOW + 6, "e2", "much too long")
    async with a_store(tmp_path) as store:
        latest = InForce("e1", NOW + 5, "e2", "much too long")
        assert latest.rolled_back and await store.in_force() == latest
        assert await store.editions() == (latest, InForce("e2", NOW + 1, "e2", ""))


async def test_old_editions_go_unless_a_session_needs_them(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await in_force(store, "e1", "e2", "e3", "e4", "e5")
        session = kept(await store.keep(a_turn(0, edition="e2")))
        assert await store.forget_editions(5) == 0
        assert await store.forget_editions(2) == 2
        assert [one.edition for one in await store.editions()] == ["e5", "e4", "e2"]
        assert await store.load_edition("e1") is None and await store.load_edition("e2") == FILES
        assert await store.verify() == []
        kept(await store.keep(a_turn(1, session=session, edition="e2", last=True)))
        assert await store.forget_editions(2) == 1
        assert [one.edition for one in await store.editions()] == ["e5", "e4"]


async def test_editions_of_an_older_database_count_as_read_from_disk(tmp_path: Path) -> None:
    migrate(tmp_path / "gateway.db", "0001")
    connection = sqlite3.connect(tmp_path / "gateway.db")
    with connection:
        rows = [("new", "{}", NOW + 1), ("old", "{}", NOW)]
        connection.executemany("INSERT INTO edition (hash, files, at) VALUES (?, ?, ?)", rows)
    connection.close()
    async with a_store(tmp_path) as store:
        assert await store.editions() == (InForce("new", NOW + 1, "new", ""), InForce("old", NOW, "old", ""))
