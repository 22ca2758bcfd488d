"""The outbox: claims within rate, cap and breaker, completions fenced, parked and replayed. The clock is moved."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.store import Claimed, Done, Filing, Lane, Park, Reject, Retry, Store, Texting, sms_lane
from tests.storing import NOW, NUMBER, a_message, a_request, a_store, a_turn, claim, file, reference, rows

WATER = "office:water"


async def file_many(store: Store, count: int, now: float = NOW, office: str = "water") -> None:
    requests = [a_request(f"{office}{n}", office=office) for n in range(count)]
    await asyncio.gather(
        *(store.keep(a_turn(key=r.reference, last=True, requests=(r,), now=now + n)) for n, r in enumerate(requests))
    )


async def test_a_filed_request_is_claimed_whole_and_delivered(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        request = a_request(call=replace(a_request().call, body=b"\x00\xffbytes"))
        await file(store, request)
        (job,) = await claim(store)
        assert isinstance(job.what, Filing)
        assert (job.what.call, job.what.reference, job.what.ask) == (request.call, request.reference, request.ask)
        assert (job.key, job.attempt, job.queued, job.lane) == (request.key, 1, NOW, WATER)
        row = await store.find_request(request.reference)
        assert row is not None
        assert (row.state, row.in_flight, row.attempts) == ("queued", True, 1)
        assert await claim(store) == ()
        assert await store.finish(job, Done({"number": "WF-1"}), NOW + 2)
        row = await store.find_request(request.reference)
        assert row is not None
        assert (row.state, row.in_flight, row.settled, row.values) == ("delivered", False, NOW + 2, {"number": "WF-1"})
        assert await store.verify() == []


async def test_the_same_key_and_bytes_go_out_at_every_attempt(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file(store, a_request())
        seen = set()
        for attempt in range(1, 5):
            (job,) = await claim(store, NOW + attempt * 100)
            assert isinstance(job.what, Filing)
            assert job.attempt == attempt
            seen.add((job.key, job.what.call))
            assert await claim(store, NOW + attempt * 100) == ()
            assert await store.finish(job, Retry(NOW + attempt * 100 + 50, "slow"), NOW + attempt * 100 + 1)
            assert await claim(store, NOW + attempt * 100 + 49) == ()
        assert len(seen) == 1


async def test_a_zombie_settles_nothing(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file(store, a_request())
        (zombie,) = await claim(store)
        (heir,) = await claim(store, NOW + 30.0)
        assert heir.attempt == 2
        assert not await store.finish(zombie, Reject("400", "no"), NOW + 31, (a_message(),))
        assert rows(tmp_path, "SELECT count(*) FROM message") == [(0,)]
        assert await store.finish(heir, Park("look at it"), NOW + 32)
        assert not await store.finish(heir, Done(), NOW + 33)
        assert await store.replay("REF000000001", NOW + 40)
        (fresh,) = await claim(store, NOW + 40)
        assert (fresh.attempt, fresh.queued) == (1, NOW + 40)
        for old in (zombie, heir):
            assert not await store.finish(old, Done(), NOW + 41)
        assert await store.finish(fresh, Done(), NOW + 42)


async def test_what_a_dead_process_had_leased_is_free_at_the_start(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file(store, a_request())
        (job,) = await claim(store)
    async with a_store(tmp_path) as store:
        (again,) = await claim(store, NOW + 1)
        assert again.attempt == 2  # the crash counts
        assert not await store.finish(job, Done(), NOW + 2)


async def test_park_and_replay(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file(store, a_request())
        assert not await store.replay("REF000000001", NOW)
        (job,) = await claim(store)
        assert not await store.park("REF000000001", "asked to")  # an attempt is under way
        await store.finish(job, Retry(NOW + 5, "slow"), NOW)
        assert await store.park("REF000000001", "asked to")
        assert not await store.park("REF000000001", "asked to")
        assert not await store.park("UNKNOWN", "asked to")
        (row,) = await store.list_requests(state="parked")
        assert (row.state, row.why, row.due) == ("parked", "asked to", None)
        assert await claim(store, NOW + 99) == ()
        assert await store.verify() == []
        assert await store.replay("REF000000001", NOW + 100)
        (job,) = await claim(store, NOW + 100)
        assert job.key == "key-1"
        await store.finish(job, Done(), NOW + 101)
        assert not await store.replay("REF000000001", NOW + 102)


async def test_overdue_requests_are_parked_and_younger_ones_are_not(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file_many(store, 5)  # one a second
        leased = (await claim(store, NOW + 0.5))[0]
        assert reference(leased) == "REF000water0"
        assert len(await store.park_overdue(NOW + 3, "a week is over", limit=1)) == 1
        assert len(await store.park_overdue(NOW + 3, "a week is over")) == 1
        assert {row.reference for row in await store.list_requests(state="parked")} == {
            "REF000water1",
            "REF000water2",
        }
        assert await store.verify() == []


@pytest.mark.parametrize(("outcome", "wiped"), [(Done(), 1), (Reject("422", "no"), 1), (Park("?"), 0)])
async def test_sealed_bodies_are_wiped_once_settled(tmp_path: Path, outcome: Done, wiped: int) -> None:
    async with a_store(tmp_path) as store:
        await file(store, a_request(sealed=True))
        (job,) = await claim(store)
        assert isinstance(job.what, Filing)
        assert job.what.sealed
        await store.finish(job, outcome, NOW)
        assert rows(tmp_path, "SELECT body IS NULL FROM outbox") == [(wiped,)]
        assert await store.verify() == []


@pytest.mark.parametrize("rate", [1.0, 3.0, 10.0, 25.0, 50.0])
async def test_no_second_sees_more_than_the_rate_and_a_tenth(tmp_path: Path, rate: float) -> None:
    async with a_store(tmp_path) as store:
        await store.set_lanes([Lane(WATER, rate=rate, cap=10_000)])
        await file_many(store, 120)
        now, times = NOW + 500.0, []
        while len(times) < 120:
            claimed = await store.claim({WATER: 7}, now, 30.0)
            times += [now] * len(claimed.jobs)
            now = max(now + 0.001, claimed.wake_at or now)
        busiest = max(sum(1 for other in times if at <= other < at + 1.0 - 1e-6) for at in times)
        assert busiest <= rate * 1.1
        assert times[-1] - times[0] <= 120 / rate + 1  # and no slower than it may


async def test_a_clock_set_back_closes_nothing(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await store.set_lanes([Lane(WATER, rate=10, cap=100, trip=1)])
        await file_many(store, 3, NOW - 10_000)
        (job,) = await claim(store, NOW, 1)
        await store.finish(job, Retry(NOW, "down"), NOW)
        claimed = await store.claim({WATER: 1}, NOW - 3600, 30.0)
        assert len(claimed.jobs) == 1


async def test_no_more_fly_than_the_cap(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await store.set_lanes([Lane(WATER, rate=0, cap=4)])
        await file_many(store, 10, NOW - 100)
        first = await claim(store)
        assert len(first) == 4
        claimed = await store.claim({WATER: 100}, NOW + 1, 30.0)
        assert claimed == Claimed((), NOW + 30.0)
        for job in first[:3]:
            await store.finish(job, Done(), NOW + 2)
        assert len(await claim(store, NOW + 2)) == 3
        assert len(await claim(store, NOW + 31.0)) == 1  # the one lease that ran out makes room for one


async def test_the_oldest_go_first_and_lanes_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await store.set_lanes([Lane(WATER, rate=0, cap=2), Lane("office:tax", rate=0, cap=2)])
        await file_many(store, 5, NOW - 100)
        await file_many(store, 5, NOW - 50, "tax")
        claimed = await store.claim({WATER: 9, "office:tax": 9, "office:gone": 9}, NOW, 30.0)
        assert [reference(job)[-6:] for job in claimed.jobs] == ["water0", "water1", "00tax0", "00tax1"]


async def test_the_breaker_opens_probes_with_one_and_closes(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await store.set_lanes([Lane(WATER, rate=0, cap=4, trip=3, pause=10, longest_pause=30)])
        await file_many(store, 20, NOW - 100)
        volley = await claim(store)
        for job in volley:
            await store.finish(job, Retry(NOW + 1, "down"), NOW)
        assert await store.claim({WATER: 9}, NOW + 9, 30.0) == Claimed((), NOW + 10)
        for pause, at in ((20, NOW + 10), (30, NOW + 30), (30, NOW + 60)):
            (probe,) = await claim(store, at)
            assert await claim(store, at + 0.1) == ()
            await store.finish(probe, Retry(at, "down"), at)
            assert await claim(store, at + pause - 0.1) == ()
        (probe,) = await claim(store, NOW + 90)
        await store.finish(probe, Done(), NOW + 90)
        assert len(await claim(store, NOW + 90)) == 4


@pytest.mark.parametrize("outcome", [Done(), Reject("404", "no"), Park("?")])
async def test_an_answer_of_any_kind_forgets_the_troubles_before(tmp_path: Path, outcome: Done) -> None:
    async with a_store(tmp_path) as store:
        await store.set_lanes([Lane(WATER, rate=0, cap=1, trip=2)])
        await file_many(store, 6, NOW - 100)
        for ending in (Retry(NOW, "down"), outcome, Retry(NOW, "down")):
            (job,) = await claim(store)
            await store.finish(job, ending, NOW)
        assert len(await claim(store)) == 1


async def test_a_hold_keeps_the_lane_back_whatever_else_succeeds(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file_many(store, 5, NOW - 100)
        one, two = await claim(store, NOW, 2)
        await store.finish(one, Retry(NOW + 60, "429", hold=NOW + 60), NOW)
        await store.finish(two, Done(), NOW)
        assert await store.claim({WATER: 9}, NOW + 59, 30.0) == Claimed((), NOW + 60)
        assert len(await claim(store, NOW + 60)) == 4


async def test_wake_at_is_the_next_due(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        assert await store.claim({WATER: 1}, NOW, 30.0) == Claimed((), None)
        await file(store, a_request())
        (job,) = await claim(store)
        await store.finish(job, Retry(NOW + 77, "slow"), NOW)
        assert await store.claim({WATER: 9}, NOW + 5, 30.0) == Claimed((), NOW + 77)


async def test_limits_can_be_changed_without_forgetting(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file_many(store, 5, NOW - 100)
        (job,) = await claim(store, NOW, 1)
        await store.finish(job, Retry(NOW, "429", hold=NOW + 60), NOW)
        await store.set_lanes([Lane(WATER, rate=0, cap=2)])
        assert await claim(store, NOW + 59) == ()
        assert len(await claim(store, NOW + 60)) == 2


async def test_an_sms_is_claimed_with_the_number_s_wish_and_recorded_as_sent(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await store.opt("at", NUMBER, out=True, now=NOW)
        other = a_message("2", number="+254700000002", link="L1", reference="REF000000001")
        await file(store, a_request(), messages=(a_message(), other))
        one, two = await claim(store, lane=sms_lane("at"))
        assert isinstance(one.what, Texting)
        assert isinstance(two.what, Texting)
        assert (one.what.opted_out, two.what.opted_out) == (True, False)
        assert (two.what.sms.key, two.what.sms.to, two.what.sms.link) == ("sms-2", "+254700000002", "L1")
        assert two.what.reference == "REF000000001"
        await store.finish(one, Reject("opted_out", "the number refused SMS"), NOW)
        await store.finish(two, Done(provider_id="ATXid_1", cost="KES 0.8"), NOW)
        assert [(m.state, m.provider_id, m.cost) for m in await store.list_messages()] == [
            ("sent", "ATXid_1", "KES 0.8"),
            ("failed", "", ""),
        ]
        assert await store.verify() == []


async def test_finishing_can_promise_an_sms_in_the_same_commit(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file(store, a_request())
        store.news.clear()
        (job,) = await claim(store)
        assert await store.finish(job, Done(), NOW, (a_message(),))
        assert store.news.is_set()
        assert len(await claim(store, lane=sms_lane("at"))) == 1
