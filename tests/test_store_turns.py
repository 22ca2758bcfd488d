"""Recall and keep: one effect for each turn however often it comes, and the same bytes each time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.messages import StoreTrouble
from gateway.store import Again, Kept, Newcomer, Recalled, Stale
from tests.storing import NOW, NUMBER, a_message, a_request, a_store, a_turn, claim, kept, rows

KEY = a_turn().key


async def test_an_unknown_key_recalls_nothing(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        assert await store.recall(KEY, b"m") == Recalled(None, None)
        asked = await store.recall(KEY, b"m", channel="at", number=NUMBER, since=0.0)
        assert asked == Recalled(None, None, Newcomer())


@pytest.mark.parametrize("cached", [0, 1, 100])
async def test_a_session_goes_on_turn_by_turn(tmp_path: Path, cached: int) -> None:
    async with a_store(tmp_path, cached=cached) as store:
        session = kept(await store.keep(a_turn(0)))
        other = kept(await store.keep(a_turn(0, key="other")))
        assert other != session
        for step in range(1, 5):
            before = (await store.recall(KEY, b"new mark")).session
            assert before is not None
            assert (before.turn, before.state) == (step, f'{{"at": {step - 1}}}'.encode())
            result = await store.keep(a_turn(step, session=session))
            assert isinstance(result, Kept)
            after = await store.recall(KEY, a_turn(step).mark)
            assert after == Recalled(result.session, a_turn(step).reply)
            assert (await store.recall(KEY, a_turn(0).mark)).reply == a_turn(0).reply
        assert await store.verify() == []


@pytest.mark.parametrize("cached", [0, 100])
async def test_a_reopened_store_has_it_all(tmp_path: Path, cached: int) -> None:
    async with a_store(tmp_path, cached=cached) as store:
        session = kept(await store.keep(a_turn(0)))
        result = await store.keep(a_turn(1, session=session))
    async with a_store(tmp_path, cached=cached) as store:
        assert isinstance(result, Kept)
        assert await store.recall(KEY, a_turn(0).mark) == Recalled(result.session, a_turn(0).reply)
        assert result.session.begun == NOW
        assert result.session.touched == NOW + 1
        assert result.session.telecom_session == "ATUid_k"


@pytest.mark.parametrize("step", [0, 1])
async def test_sixteen_at_once_have_one_effect_and_one_answer(tmp_path: Path, step: int) -> None:
    async with a_store(tmp_path) as store:
        session = kept(await store.keep(a_turn(0))) if step else None
        turns = [
            a_turn(step, session=session, last=True, reply=f"END {n}".encode(), requests=(a_request(str(n)),))
            for n in range(16)
        ]
        results = await asyncio.gather(*(store.keep(turn) for turn in turns))
        assert [type(result) for result in results].count(Kept) == 1
        answers = {result.reply for result in results if isinstance(result, Again)}
        assert answers == {b"END 0"}
        assert sum(isinstance(result, Again) for result in results) == 15
        assert len(rows(tmp_path, "SELECT * FROM request")) == 1
        assert (await store.recall(KEY, turns[0].mark)).reply == b"END 0"
        assert await store.verify() == []


async def test_another_turn_in_between_makes_it_stale(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        session = kept(await store.keep(a_turn(0)))
        await store.keep(a_turn(1, session=session))
        late = a_turn(1, session=session, mark=b"another", requests=(a_request(),), messages=(a_message(),))
        assert await store.keep(late) == Stale()
        assert rows(tmp_path, "SELECT count(*) FROM request") == [(0,)]
        assert (await store.recall(KEY, b"another")).reply is None
        assert await store.keep(late._replace(turn=2)) != Stale()
        assert await store.verify() == []


async def test_a_first_turn_that_lost_the_race_is_stale_unless_it_is_the_same(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        kept(await store.keep(a_turn(0)))
        assert await store.keep(a_turn(0, mark=b"other")) == Stale()
        assert await store.keep(a_turn(0, reply=b"other")) == Again(a_turn(0).reply)


async def test_an_ended_session_takes_no_turn_and_its_key_can_begin_anew(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        session = kept(await store.keep(a_turn(0)))
        kept(await store.keep(a_turn(1, session=session, last=True)))
        assert await store.keep(a_turn(2, session=session)) == Stale()
        recalled = await store.recall(KEY, a_turn(1).mark)
        assert recalled.session is not None
        assert (recalled.session.ended, recalled.session.state, recalled.reply) == (NOW + 1, None, b"CON screen 1")
        again = kept(await store.keep(a_turn(0, start=2, now=NOW + 99)))
        assert again != session
        recalled = await store.recall(KEY, a_turn(1).mark)
        assert recalled.session is not None
        assert (recalled.session.start, recalled.reply) == (2, None)


async def test_a_session_id_of_another_key_is_stale(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        session = kept(await store.keep(a_turn(0)))
        assert await store.keep(a_turn(1, key="other", session=session)) == Stale()
        assert await store.verify() == []


async def test_language_and_opt_out_are_remembered(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        kept(await store.keep(a_turn(0, language="sw")))
        assert await store.newcomer("at", NUMBER, 0.0) == Newcomer("sw", False, (await store.recall(KEY, b"")).session)
        assert await store.newcomer("twilio", NUMBER, 0.0) == Newcomer("sw", False, None)
        await store.opt("twilio", NUMBER, out=True, now=NOW)
        assert await store.newcomer("twilio", NUMBER, 0.0) == Newcomer("sw", True, None)
        kept(await store.keep(a_turn(0, key="sms", channel="twilio", opt_out=False, language="en", last=True)))
        assert await store.newcomer("twilio", NUMBER, 0.0) == Newcomer("en", False, None)
        assert (await store.newcomer("at", NUMBER, 0.0)).language == "sw"


async def test_what_was_left_unfinished_is_offered_until_it_is_taken_over(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        kept(await store.keep(a_turn(0)))
        assert not await store.end(KEY, NOW + 5, number="+254722222222")  # the telecom gave the id to somebody else
        assert await store.end(KEY, NOW + 5)
        assert not await store.end(KEY, NOW + 6)
        left = (await store.newcomer("at", NUMBER, NOW)).unfinished
        assert left is not None
        assert (left.key, left.state, left.ended) == (KEY, b'{"at": 0}', NOW + 5)
        assert (await store.newcomer("at", NUMBER, NOW + 1)).unfinished is None
        assert (await store.newcomer("twilio", NUMBER, NOW)).unfinished is None
        kept(await store.keep(a_turn(0, key="redial", retires=left, last=True)))
        assert (await store.newcomer("at", NUMBER, NOW)).unfinished is None
        retired = (await store.recall(KEY, b"")).session
        assert retired is not None
        assert (retired.state, retired.ended) == (None, NOW + 5)


async def test_what_went_on_or_was_taken_over_meanwhile_is_not_taken_over(tmp_path: Path) -> None:
    """Else a conversation could be gone on with in two places, and what it files be filed twice."""
    async with a_store(tmp_path) as store:
        session = kept(await store.keep(a_turn(0)))
        left = (await store.newcomer("at", NUMBER, 0.0)).unfinished
        sent = a_turn(1, session=session, last=True, requests=(a_request(),))
        redialled = a_turn(0, key="redial", retires=left)
        assert isinstance((await asyncio.gather(store.keep(sent), store.keep(redialled)))[1], Stale)
        assert await store.recall(redialled.key, b"") == Recalled(None, None)
        kept(await store.keep(a_turn(0, key="other")))
        left = (await store.newcomer("at", NUMBER, 0.0)).unfinished
        kept(await store.keep(a_turn(0, key="first", retires=left)))
        assert await store.keep(a_turn(0, key="second", retires=left)) == Stale()
        assert await store.keep(a_turn(0, key="first", retires=left)) == Stale()


async def test_an_end_that_is_not_resumable_drops_the_state(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        kept(await store.keep(a_turn(0)))
        assert await store.end(KEY, NOW, resumable=False)
        assert (await store.newcomer("at", NUMBER, 0.0)).unfinished is None
        assert rows(tmp_path, "SELECT state FROM session") == [(None,)]


async def test_an_sms_is_answered_once_for_ever(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        first = a_turn(0, last=True, inbox=("at", "id-1"), messages=(a_message(),))
        kept(await store.keep(first))
        later = a_turn(0, start=2, last=True, inbox=("at", "id-1"), reply=b"other", messages=(a_message("2"),))
        assert await store.keep(later) == Again(first.reply)
        assert rows(tmp_path, "SELECT count(*) FROM message") == [(1,)]
        kept(await store.keep(later._replace(inbox=("twilio", "id-1"))))


async def test_a_reference_taken_twice_fails_alone_and_whole(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        doubled = a_turn(0, key="b", requests=(a_request("2", reference="REF1"),))
        results = await asyncio.gather(
            store.keep(a_turn(0, key="a", requests=(a_request("1", reference="REF1"),))),
            store.keep(doubled),
            store.keep(a_turn(0, key="c", requests=(a_request("3"),))),
            return_exceptions=True,
        )
        assert [type(result) for result in results] == [Kept, StoreTrouble, Kept]
        assert (await store.recall(doubled.key, b"")).session is None
        assert store.trouble is None
        assert await store.verify() == []
        kept(await store.keep(doubled._replace(requests=(a_request("2"),))))


async def test_a_cancelled_turn_does_not_mislead_the_next(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        session = kept(await store.keep(a_turn(0)))
        task = asyncio.create_task(store.keep(a_turn(1, session=session)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        await store.opt("at", "x", out=True, now=NOW)  # comes after it in the queue
        recalled = await store.recall(KEY, a_turn(1).mark)
        assert recalled.reply == a_turn(1).reply


async def test_news_is_set_by_what_can_be_claimed(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        kept(await store.keep(a_turn(0, key="quiet")))
        assert not store.news.is_set()
        kept(await store.keep(a_turn(0, key="loud", requests=(a_request(),))))
        assert store.news.is_set()
        assert len(await claim(store)) == 1
