"""`kill -9` at random moments under load, again and again: nothing acknowledged may be lost or doubled."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.faults import harness, oracle
from tests.faults.harness import REFERENCE, Cut, Ground, Line, Process

KILLS, TWIN_KILLS = int(os.environ.get("KILLS", "60")), 8
CITIZENS = 16  # at the same time
TURNS = ("", "1", "1*1", "1*1*Kalundu {0}", "1*1*Kalundu {0}*{1}", "1*1*Kalundu {0}*{1}*1")
FIRST_ANSWER, SLOWEST = 2.0, 4.0  # seconds without waits for a core: the promise, and what one slow disk may add
SETTLED = 90.0  # seconds for the outbox to be empty when all is over


@dataclass(slots=True)
class Town:
    """The citizens who call while the gateway is killed, and what they were told."""

    port: int
    chance: random.Random
    over: bool = False
    promised: dict[str, str] = field(default_factory=dict)
    filers: set[str] = field(default_factory=set)
    turns: int = 0
    strange: list[bytes] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def citizen(self) -> None:
        """Report one fault after the other, each with a number of its own."""
        line = Line(self.port)
        while not self.over:
            await self.journey(line, next(self.numbers))
        line.close()

    async def journey(self, line: Line, n: int) -> None:
        """Walk to the reference. A turn without an answer comes again, as telecoms do, or the citizen gives up."""
        number, session = f"+25470{n:07}", f"ATUid_{n}"
        account = "10000001" if n % 8 == 0 else "0"
        for turn in TURNS:
            if turn is TURNS[-1]:
                self.filers.add(number)
            screen = await self.turn(line, session, number, turn.format(n, account))
            if screen is None or self.chance.random() < 0.01:
                return
            await asyncio.sleep(self.chance.uniform(0, 0.04))
        told = REFERENCE.search(screen.decode())
        if screen.startswith(b"END") and told:
            self.promised[number] = told[0]
        else:
            self.strange.append(screen)

    async def turn(self, line: Line, session: str, number: str, text: str) -> bytes | None:
        """Send a turn until it is answered; None if the citizen hung up over it."""
        while not self.over:
            try:
                screen = await line.dialled(session, number, text)
            except Cut:
                if self.chance.random() < 0.02:
                    return None
                await asyncio.sleep(0.05)
                continue
            self.turns += 1
            return screen
        return None


async def first_answer(port: int, process: Process, name: int) -> tuple[float, float]:
    """Dial until the first screen comes; return the seconds since the restart, with and without waits for a core."""
    line = Line(port)
    while (waited := time.monotonic() - process.began) < 60:
        try:
            screen = await line.dialled(f"first {name}", f"+25471{name:07}", "")
        except Cut:
            assert process.running.poll() is None, process.said()[-2000:]
            await asyncio.sleep(0.01)
            continue
        line.close()
        assert screen.startswith(b"CON"), screen
        waited = time.monotonic() - process.began
        return waited, waited - process.queued_for_a_core()
    raise AssertionError(f"no answer within 60 s of a restart: {process.said()[-2000:]}")


async def killed(ground: Ground, town: Town, kills: int, sabotage: str, settled: float) -> list[tuple[float, float]]:
    """Kill and restart the gateway `kills` times; return how long each first answer took.

    At the end it has `settled` seconds to deliver what is queued.
    """
    waits: list[tuple[float, float]] = []
    process = harness.gateway(ground, sabotage)
    try:
        await harness.answering(ground.port, process)
        citizens = [asyncio.create_task(town.citizen()) for _ in range(CITIZENS)]
        for name in range(kills):
            await asyncio.sleep(town.chance.uniform(0.3, 1.0))
            process.end(signal.SIGKILL)
            process = harness.gateway(ground, sabotage)
            waits.append(await first_answer(ground.port, process, name))
        town.over = True
        await asyncio.gather(*citizens)
        await harness.until(lambda: not queued(ground), settled)
    finally:
        await asyncio.to_thread(process.end)
    return waits


def queued(ground: Ground) -> int:
    """Return how many things are still to be sent."""
    return int(ground.rows("SELECT count(*) FROM outbox WHERE state = 'queued'")[0][0])


def brisk(config: dict[str, Any]) -> None:
    """Let deliveries keep up with the load."""
    config["offices"]["water-crm"]["rate"] = 500
    config["channels"]["africastalking"]["sms"] |= {"rate": 500}


async def test_sixty_kills(figures: Callable[..., None]) -> None:
    with harness.a_ground(change=brisk) as ground, harness.a_government(ground) as government:
        await harness.answering(ground.office_port, government)
        town = Town(ground.port, random.Random(384))
        waits = await killed(ground, town, KILLS, "", SETTLED)
        received = await received_by(ground)
        problems = [
            *oracle.unkept_promises(ground, town.promised, town.filers),
            *oracle.wrongly_delivered(ground, received),
            *oracle.unbalanced(ground),
        ]
        stored = ground.rows("SELECT count(*) FROM request")[0][0]
        wall, own = zip(*waits, strict=True)
        again = sum(entry["times"] - 1 for entry in received if entry["key"])
        figures(
            kills=KILLS, turns=town.turns, acknowledged=len(town.promised), stored=stored,
            sent_again=again,
            first_answer_median_s=statistics.median(wall), first_answer_max_s=max(wall),
            with_a_core_median_s=statistics.median(own), with_a_core_max_s=max(own), problems=problems,
        )  # fmt: skip
        assert not town.strange, town.strange[:3]
        assert len(town.promised) > KILLS, "too few were served to prove anything"
        assert problems == []
        assert again <= KILLS * 8, "more was sent again than the attempts that kills cut off"
        assert statistics.median(own) <= FIRST_ANSWER
        assert max(own) <= SLOWEST


async def test_a_build_that_acknowledges_before_the_commit_fails(figures: Callable[..., None]) -> None:
    with harness.a_ground(change=brisk) as ground:
        town = Town(ground.port, random.Random(384))
        await killed(ground, town, TWIN_KILLS, "ack_before_commit", settled=0)  # judged by what it told citizens
        problems = oracle.unkept_promises(ground, town.promised, town.filers)
        figures(kills=TWIN_KILLS, acknowledged=len(town.promised), problems=problems)
        assert any("lost" in problem for problem in problems)


async def received_by(ground: Ground) -> list[dict[str, Any]]:
    """Return what the office says that it was sent."""
    async with harness.lines(ground.office_port, 1) as (line,):
        _, body = await line.get("/received")
    found: list[dict[str, Any]] = json.loads(body)
    return found
