"""The books: they balance through every state, and one row deleted by hand is found, whichever it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.store import BooksRow, Done, Park, Reader, Reject, Retry, Store, sms_lane
from tests.storing import NOW, a_message, a_request, a_store, a_turn, by_hand, claim, file, kept, rows

DAY = 86_400.0


async def some_life(store: Store) -> None:
    """File six requests on two days and bring each to another state."""
    await store.put_in_force("e1", {"menus/water.yaml": "agency: water"}, NOW, "e1")
    for n in range(5):
        await file(store, a_request(str(n)), now=NOW + n)
    await file(store, a_request("6", service="tax"), now=NOW + DAY)
    for job, outcome in zip(
        await claim(store, NOW + 10, 4), (Done(), Park("?"), Reject("1", "no"), Retry(NOW + 99, "slow")), strict=True
    ):
        await store.finish(job, outcome, NOW + 10)
    await claim(store, NOW + 10, 1)
    await file(store, messages=(a_message(), a_message("2")))
    (job, _) = await claim(store, NOW, lane=sms_lane("at"))
    await store.finish(job, Done(provider_id="id"), NOW)
    kept(await store.keep(a_turn(key="live", edition="e1")))


async def test_the_books_show_every_request_once(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        assert await store.books() == ()
        await some_life(store)
        first, second = await store.books()
        assert first == BooksRow("water-fault", "2025-11-24", 5, 1, 1, 1, 1, 1, 0)
        assert second == BooksRow("tax", "2025-11-25", 1, 0, 1, 0, 0, 0, 0)
        assert first.balanced()
        assert await store.books("2025-11-25") == (second,)
        assert await store.verify() == []


async def test_lists_and_counts(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await some_life(store)
        everything = await store.list_requests()
        assert [row.reference[-1] for row in everything] == ["6", "4", "3", "2", "1", "0"]
        assert [row.reference[-1] for row in await store.list_requests(state="queued", service="tax")] == ["6"]
        assert await store.list_requests(office="nobody") == ()
        assert len(await store.list_requests(number=everything[0].number, limit=2)) == 2
        assert await store.own_requests(everything[0].number, 3) == everything[:3]
        assert await store.own_requests(everything[0].number, 3, "tax") == everything[:1]
        assert await store.own_requests(everything[0].number, 3, "another-service") == ()
        assert await store.find_request("REF000000002") == everything[3]
        assert await store.find_request("nothing") is None
        counts = await store.counts()
        assert (counts.queued, counts.parked) == ({"office:water": 3, "sms:at": 1}, {"office:water": 1})
        assert (counts.sessions, counts.live_sessions) == (8, 1)
        assert counts.messages == {"queued": 1, "sent": 1}
        assert counts.database_bytes > 0


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM request WHERE reference = 'REF000000002'",
        "DELETE FROM acceptance WHERE reference = 'REF000000002'",
        "DELETE FROM acceptance WHERE reference = 'REF000000006'",
        "DELETE FROM outbox WHERE key = 'key-0'",
        "DELETE FROM outbox WHERE key = 'sms-1'",
        "DELETE FROM message WHERE key = 'sms-2'",
        "DELETE FROM session WHERE edition = 'e1'",
        "DELETE FROM turn WHERE session = 1",
        "DELETE FROM edition",
        "DELETE FROM lane WHERE name = 'sms:at'",
        "DELETE FROM sqlite_sequence",
        "UPDATE request SET state = 'queued' WHERE reference = 'REF000000000'",
        "UPDATE request SET service = 'other' WHERE reference = 'REF000000000'",
        "UPDATE outbox SET state = 'delivered' WHERE key = 'key-3'",
        "UPDATE outbox SET lease_until = 1 WHERE key = 'key-0'",
        "UPDATE outbox SET sealed = 1 WHERE key = 'key-0'",
        "UPDATE message SET state = 'sent' WHERE key = 'sms-2'",
        "UPDATE session SET turn = 7 WHERE id = 1",
    ],
)
async def test_one_row_changed_by_hand_is_found(tmp_path: Path, statement: str) -> None:
    async with a_store(tmp_path) as store:
        await some_life(store)
    reader = Reader.open(tmp_path)
    assert reader.verify() == []
    by_hand(tmp_path, statement)
    assert reader.verify() != []
    reader.close()


async def test_a_request_and_its_acceptance_gone_together_are_missed_by_number(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await some_life(store)
    by_hand(
        tmp_path,
        "DELETE FROM outbox WHERE key = 'key-6'",
        "DELETE FROM request WHERE reference = 'REF000000006'",
        "DELETE FROM acceptance WHERE reference = 'REF000000006'",
    )
    reader = Reader.open(tmp_path)
    assert reader.verify() == ["the ledger holds 5 lines but has numbered 6: a line was removed"]
    reader.close()


async def test_a_damaged_file_is_found(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await some_life(store)
    ((page,),) = rows(tmp_path, "SELECT rootpage FROM sqlite_master WHERE name = 'turn'")
    with (tmp_path / "gateway.db").open("r+b") as file_itself:
        file_itself.seek((page - 1) * 4096)
        file_itself.write(b"\xff" * 64)
    reader = Reader.open(tmp_path)
    assert any("damaged" in problem for problem in reader.verify())
    reader.close()
