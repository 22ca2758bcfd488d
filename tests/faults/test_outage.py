"""An office that is down for days, on a moved clock: nothing is dropped, the rest waits, and coming back is gentle.

The clock stands still while anything is under way and then jumps to the next thing that is due, so that days take
seconds; store, sockets and HTTP are real.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import pytest
import structlog

from gateway import app, config, references
from gateway.app import Gateway
from gateway.messages import Inbound
from tests.faults import harness, sabotage
from tests.faults.harness import CODE, Ground
from tests.faults.office import Asked, Office, an_office

HOUR, DAY = 3600.0, 86400.0
BEGINNING = 1_764_000_000.0
CITIZENS = 600
RATE = 10  # a second, as config.example.yaml gives it to the office
LONGEST_STEP = 600.0  # seconds that the clock moves at once
SENT = {"SMSMessageData": {"Recipients": [{"statusCode": 101, "messageId": "ATXid_1", "cost": "KES 0.8"}]}}


@dataclass(slots=True)
class World:
    """A gateway, its office and the clock that both go by."""

    ground: Ground
    now: float = BEGINNING
    until: float = BEGINNING
    down: bool = True
    gateway: Gateway = field(init=False)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    verified: int = 0
    problems: list[str] = field(default_factory=list)

    async def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Answer as the office and the telecom do; only the office is ever down."""
        if not asked.path.startswith("/water/"):
            return 201, json.dumps(SENT).encode()
        return (503, b"{}") if self.down else (201, b'{"ticket": "W-1"}')

    async def file(self, first: int, count: int) -> None:
        """Let citizens file a request each, by long dial."""
        channel = self.gateway.config.channels["africastalking"]
        text = "1*1*Kalundu*0*1"
        calls = [
            self.gateway.talk.ussd(channel, Inbound(f"ATUid_{n}", f"+25470{n:07}", CODE, text, text, cumulative=True))
            for n in range(first, first + count)
        ]
        answers = await asyncio.gather(*calls)
        assert all(answer.body.startswith(b"END") for answer in answers), answers[0]

    async def pass_until(self, moment: float) -> None:
        """Deliver until a moment is reached."""
        self.until, self.reached = moment, asyncio.Event()
        running = asyncio.create_task(self.gateway.outbox.run())
        arriving = asyncio.create_task(self.reached.wait())
        await asyncio.wait((running, arriving), return_when=asyncio.FIRST_COMPLETED)
        assert not running.done(), running.exception()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def rest(self, wake_at: float | None) -> None:
        """Stand in for the outbox's own rest: wait for what is under way, else move the clock."""
        working = [task for tasks in self.gateway.outbox.working.values() for task in tasks]
        if working:
            await asyncio.wait(working)
            return
        if self.now >= self.until:
            self.reached.set()
            await asyncio.Event().wait()
        hour = self.now // HOUR
        due = min(self.now + LONGEST_STEP, self.until, wake_at if wake_at is not None else self.until)
        self.now = max(due, self.now + 0.001)
        if self.now // HOUR > hour:
            self.verified += 1
            self.problems += await self.gateway.store.verify()

    def states(self) -> dict[str, int]:
        """Count the requests by state."""
        return dict(self.ground.rows("SELECT state, count(*) FROM request GROUP BY state"))


@asynccontextmanager
async def a_world() -> AsyncIterator[tuple[World, Office]]:
    """Run a gateway whose clock is ours, and its office."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))  # a line a try, for days
    with harness.a_ground() as ground:
        world = World(ground)
        office = Office(world.answer, lambda: world.now)
        world.gateway = await app.built(config.load(ground.config), lambda: world.now)
        await app.started(world.gateway, deliver=False)
        world.gateway.outbox._rest = world.rest  # type: ignore[method-assign]
        try:
            async with an_office(ground.office_port, office):
                yield world, office
        finally:
            await app.stopped(world.gateway)
            structlog.reset_defaults()


def most_in_a_second(moments: list[float]) -> int:
    """Return how many moments lie in any one second at most."""
    ordered, first, most = sorted(moments), 0, 0
    for last, moment in enumerate(ordered):
        while ordered[first] <= moment - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def bodies_by_key(office: Office) -> dict[str, set[bytes]]:
    """Return the digests of the bodies that came under each key."""
    found: dict[str, set[bytes]] = {}
    for asked in office.asked:
        if asked.key:
            found.setdefault(asked.key, set()).add(sha256(asked.body).digest())
    return found


async def outage_of_six_days(world: World) -> None:
    """Citizens file every day for six days while the office is down; after 5 days 23 hours it comes back."""
    for day in range(6):
        await world.file(day * CITIZENS // 6, CITIZENS // 6)
        await world.pass_until(BEGINNING + min((day + 1) * DAY, 6 * DAY - HOUR))
    world.down = False
    await world.pass_until(BEGINNING + 6 * DAY + 6 * HOUR)


async def test_everything_is_delivered_after_five_days_and_23_hours(figures: Callable[..., None]) -> None:
    async with a_world() as (world, office):
        await outage_of_six_days(world)
        states, keyed = world.states(), bodies_by_key(office)
    up = [asked.at for asked in office.asked if asked.key and asked.at >= BEGINNING + 6 * DAY - HOUR]
    busiest = most_in_a_second(up)
    tries = Counter(asked.key for asked in office.asked if asked.key)
    figures(
        states=states, tries=sum(tries.values()), most_tries=max(tries.values()), busiest_second=busiest, rate=RATE,
        drained_in_s=max(up) - min(up), hours_verified=world.verified, problems=world.problems[:5],
    )  # fmt: skip
    assert states == {"delivered": CITIZENS}
    assert len(keyed) == CITIZENS and all(len(digests) == 1 for digests in keyed.values())
    assert busiest <= RATE * 1.1
    assert world.verified >= 6 * 24 and world.problems == []


async def test_a_build_that_drops_after_some_tries_fails(
    figures: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.outbox.Outbox._of_office", sabotage.dropping())
    async with a_world() as (world, _):
        await outage_of_six_days(world)
        states = world.states()
    figures(states=states)
    assert states != {"delivered": CITIZENS}


async def test_everything_is_parked_after_eight_days_and_replayed(figures: Callable[..., None]) -> None:
    async with a_world() as (world, office):
        await world.file(0, CITIZENS)
        await world.pass_until(BEGINNING + 8 * DAY)
        parked = world.states()
        world.down = False
        await world.pass_until(BEGINNING + 8 * DAY + HOUR)
        left_alone = world.states()
        done = await asyncio.to_thread(world.ground.run, "requests", "replay", "all")
        await world.pass_until(BEGINNING + 8 * DAY + 2 * HOUR)
        states, keyed = world.states(), bodies_by_key(office)
    busiest = most_in_a_second([asked.at for asked in office.asked if asked.key and asked.at > BEGINNING + 8 * DAY])
    figures(
        parked=parked, replayed=states, busiest_second=busiest, hours_verified=world.verified,
        problems=world.problems[:5],
    )  # fmt: skip
    assert parked == left_alone == {"parked": CITIZENS}
    assert done.returncode == 0, done.stderr
    assert states == {"delivered": CITIZENS}
    assert len(keyed) == CITIZENS and all(len(digests) == 1 for digests in keyed.values())
    assert busiest <= RATE * 1.1
    assert world.verified >= 8 * 24 and world.problems == []


async def test_more_is_replayed_than_fits_one_command() -> None:
    unknown = [references.make(n, 0) for n in range(5000)]
    async with a_world() as (world, _):
        done = await asyncio.to_thread(world.ground.run, "requests", "replay", *unknown)
    assert done.returncode == 1
    assert sum(line.endswith("there is no such request") for line in done.stderr.splitlines()) == len(unknown)
