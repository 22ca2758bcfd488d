"""Delivery reports: whatever their order and number, a final state stays, in our code and in the database itself."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gateway.messages import SmsState
from gateway.store import Done, Reject, Store, sms_lane
from tests.storing import NOW, a_message, a_request, a_store, claim, file, rows

FINAL = {SmsState.DELIVERED, SmsState.FAILED}
STEPS = some.lists(some.sampled_from([*SmsState, None, "claim", "sent", "refused"]), max_size=12)


async def state_of(store: Store) -> SmsState:
    (message,) = await store.list_messages()
    return message.state


async def play(folder: Path, steps: list[SmsState | str | None]) -> None:
    async with a_store(folder) as store:
        await file(store, messages=(a_message(),))
        jobs = await claim(store, lane=sms_lane("at"))
        reported: list[SmsState] = []
        before = SmsState.QUEUED
        for step in steps:
            if step == "sent":
                await store.finish(jobs[0], Done(provider_id="id-1"), NOW)
            elif step == "refused":
                await store.finish(jobs[0], Reject("x", "no"), NOW)
            elif step != "claim":
                await store.receipt("at", "id-1", SmsState(step) if step else None, "why", f"word {step}", NOW)
                reported += [SmsState(step)] if step in FINAL else []
            after = await state_of(store)
            assert after == before or before not in FINAL, (steps, before, after)
            assert (before, after) != (SmsState.SENT, SmsState.QUEUED)
            before = after
        if before in FINAL and "refused" not in steps:
            assert before == reported[0]
        assert await store.verify() == []


@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_no_order_of_reports_leaves_a_final_state(steps: list[SmsState | str | None]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder), steps))


async def test_a_report_that_comes_before_the_send_is_recorded_waits_for_it(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file(store, messages=(a_message(),))
        (job,) = await claim(store, lane=sms_lane("at"))
        assert not await store.receipt("at", "id-1", SmsState.DELIVERED, "", "Success", NOW)
        assert not await store.receipt("at", "id-1", SmsState.DELIVERED, "", "Success", NOW)  # and again
        assert await state_of(store) is SmsState.QUEUED
        await store.finish(job, Done(provider_id="id-1"), NOW)
        assert await state_of(store) is SmsState.DELIVERED
        assert rows(tmp_path, "SELECT count(*) FROM receipt") == [(0,)]


async def test_unknown_ids_are_kept_and_another_channel_s_report_touches_nothing(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file(store, messages=(a_message(),))
        (job,) = await claim(store, lane=sms_lane("at"))
        await store.finish(job, Done(provider_id="id-1"), NOW)
        for channel, name in (("twilio", "id-1"), ("at", "id-2"), ("at", "")):
            assert not await store.receipt(channel, name, SmsState.FAILED, "", "Failed", NOW)
        assert await state_of(store) is SmsState.SENT
        assert rows(tmp_path, "SELECT count(*) FROM receipt") == [(3,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE message SET state = 'sent'",
        "UPDATE message SET state = 'failed'",
        "UPDATE request SET state = 'queued'",
        "UPDATE request SET state = 'rejected'",
        "UPDATE outbox SET state = 'queued' WHERE state = 'delivered'",
        "UPDATE acceptance SET day = '2020-01-01'",
        "DELETE FROM acceptance",
        "UPDATE request SET state = 'lost'",
        "INSERT INTO outbox (lane, key, state, queued, due) VALUES ('x', 'x', 'queued', 0, 0)",
    ],
)
async def test_the_database_itself_refuses(tmp_path: Path, statement: str) -> None:
    async with a_store(tmp_path) as store:
        await file(store, a_request(), messages=(a_message(),))
        for lane in ("office:water", sms_lane("at")):
            (job,) = await claim(store, lane=lane)
            await store.finish(job, Done(provider_id="id-1"), NOW)
        await store.receipt("at", "id-1", SmsState.DELIVERED, "", "Success", NOW)
    connection = sqlite3.connect(tmp_path / "gateway.db")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    connection.execute("UPDATE request SET state = 'erased'")  # erasing is the one way out of a final state
    connection.close()
