"""The sessions in memory never say otherwise than the database; and what is past is swept."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.store import Again, Kept, Newcomer, Recalled, Session, Store
from gateway.store.live import TURNS_AT_MOST
from tests.storing import NOW, NUMBER, a_request, a_store, a_turn, by_hand, file, kept, rows

DAY = 86_400.0
NAMES = some.sampled_from(["a", "b", "c"])


class TwoStores(RuleBasedStateMachine):
    """A store with little memory and one with none are told the same; they must answer the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.opened = [a_store(Path(self.folder.name) / name, cached=most) for name, most in (("m", 2), ("n", 0))]
        self.stores: list[Store] = [self.runner.run(opened.__aenter__()) for opened in self.opened]
        self.step = 0
        self.sent: list[Any] = []

    def both(self, ask: Any) -> Any:
        remembering, plain = (self.runner.run(ask(store)) for store in self.stores)
        assert remembering == plain
        return plain

    def session(self, name: str) -> Session | None:
        key = a_turn(key=name).key
        recalled: Recalled = self.both(lambda store: store.recall(key, b""))
        return recalled.session

    @rule(name=NAMES, last=some.booleans(), lag=some.sampled_from([0, 0, 0, 1]))
    def turn(self, name: str, last: bool, lag: int) -> None:
        self.step += 1
        before = self.session(name)
        anew = before is None or before.ended is not None
        sent = a_turn(
            self.step, key=name, last=last, session=None if anew else before.id,
            turn=0 if anew else before.turn - lag, start=(before.start if before else 0) + (1 if anew else 0),
        )  # fmt: skip
        self.sent.append(sent)
        self.both(lambda store: store.keep(sent))

    @rule(data=some.data())
    def repeat(self, data: some.DataObject) -> None:
        if self.sent:
            again = data.draw(some.sampled_from(self.sent))
            result = self.both(lambda store: store.keep(again))
            assert not isinstance(result, Kept) or again.session is None  # begun anew: the sweep took the first
            if isinstance(result, Again):
                assert result.reply == again.reply

    @rule(name=NAMES, resumable=some.booleans())
    def end(self, name: str, resumable: bool) -> None:
        self.both(lambda store: store.end(a_turn(key=name).key, NOW + self.step, resumable=resumable))

    @rule(name=NAMES, other=NAMES)
    def take_over(self, name: str, other: str) -> None:
        left, before = self.session(other), self.session(name)
        if left is None or name == other or before is not None:
            return
        self.step += 1
        sent = a_turn(self.step, key=name, turn=0, retires=left)
        self.sent.append(sent)
        self.both(lambda store: store.keep(sent))

    @rule()
    def sweep(self) -> None:
        self.both(lambda store: store.sweep(NOW + self.step, sessions_after=5, inbox_after=5))

    @rule(which=some.integers(0, 1))
    def reopen(self, which: int) -> None:
        self.runner.run(self.opened[which].__aexit__(None, None, None))
        self.opened[which] = a_store(Path(self.folder.name) / "mn"[which], cached=(2, 0)[which])
        self.stores[which] = self.runner.run(self.opened[which].__aenter__())

    @invariant()
    def marks_agree(self) -> None:
        for sent in self.sent[-3:]:
            recalled: Recalled = self.both(lambda store, sent=sent: store.recall(sent.key, sent.mark))
            assert recalled.reply in (None, sent.reply)

    def teardown(self) -> None:
        for store in self.stores:
            assert self.runner.run(store.verify()) == []
        for opened in self.opened:
            self.runner.run(opened.__aexit__(None, None, None))
        self.runner.close()
        self.folder.cleanup()


TestTwoStores = TwoStores.TestCase
TestTwoStores.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)


async def test_memory_is_bounded_and_lets_the_oldest_go(tmp_path: Path) -> None:
    async with a_store(tmp_path, cached=3) as store:
        for n in range(10):
            kept(await store.keep(a_turn(key=f"k{n}")))
        assert (await store.counts()).cached_sessions == 3
        kept(await store.keep(a_turn(1, key="k9", session=10, last=True)))
        assert (await store.counts()).cached_sessions == 2
        assert (await store.recall(a_turn(key="k0").key, a_turn().mark)).reply == a_turn().reply


async def test_a_very_long_session_is_right_without_memory(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        session = kept(await store.keep(a_turn(0)))
        for step in range(1, TURNS_AT_MOST + 5):
            kept(await store.keep(a_turn(step, session=session)))
        assert (await store.counts()).cached_sessions == 0
        for step in (0, TURNS_AT_MOST, TURNS_AT_MOST + 4):
            assert (await store.recall(a_turn().key, a_turn(step).mark)).reply == a_turn(step).reply


async def test_recalling_from_memory_reads_no_database(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        kept(await store.keep(a_turn(0)))
        by_hand(tmp_path, "DELETE FROM session", "DELETE FROM turn")
        assert (await store.recall(a_turn().key, a_turn().mark)).reply == a_turn().reply


async def test_the_sweep_goes_through_all_in_pieces(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        for n in range(7):
            kept(await store.keep(a_turn(key=f"k{n}", now=NOW + n * DAY, inbox=("at", f"id-{n}"))))
        swept, calls = 0, 0
        while True:
            piece = await store.sweep(NOW + 6.5 * DAY, sessions_after=3 * DAY, inbox_after=5 * DAY, limit=2)
            swept, calls = swept + piece.sessions, calls + 1
            if not piece.more:
                break
        assert (swept, calls) == (4, 4)
        assert rows(tmp_path, "SELECT count(*) FROM session") == [(3,)]
        assert rows(tmp_path, "SELECT count(*) FROM turn") == [(3,)]
        assert rows(tmp_path, "SELECT message_id FROM inbox ORDER BY 1") == [(f"id-{n}",) for n in range(2, 7)]
        assert await store.verify() == []


async def test_a_sweep_never_touches_a_request(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await file(store, a_request())
        assert (await store.sweep(NOW + 999 * DAY, sessions_after=DAY, inbox_after=DAY)).sessions == 1
        assert len(await store.list_requests()) == 1
        assert await store.newcomer("at", NUMBER, 0.0) == Newcomer()
        assert await store.verify() == []
