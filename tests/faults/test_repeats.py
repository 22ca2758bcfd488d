"""Every callback may come again: at once, later, or after the end. One step, one request, the same bytes each time."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.faults import harness, oracle
from tests.faults.harness import REFERENCE, Ground, Line

CALLBACKS, TWIN_CALLBACKS = 50_000, 2_000
REPEATED = 0.3  # of all callbacks
CONNECTIONS, CITIZENS = 16, 12
TURNS = ("", "1", "1*2", "1*2*Kalundu", "1*2*Kalundu*0", "1*2*Kalundu*0*1")


@dataclass(slots=True)
class Telecom:
    """A telecom that repeats itself, and the digests of every answer that it got to each turn."""

    free: asyncio.Queue[Line]
    chance: random.Random
    left: int
    sent: int = 0
    concurrent: int = 0
    after_end: int = 0
    begun: int = 0
    answers: dict[tuple[int, str], set[bytes]] = field(default_factory=lambda: defaultdict(set))
    promised: dict[str, str] = field(default_factory=dict)

    async def citizen(self) -> None:
        """Walk one session after the other until the callbacks are used up."""
        while self.left > 0:
            self.begun += 1
            await self.session(self.begun)

    async def session(self, n: int) -> None:
        """Walk to the end; a third of the repeats comes at the same moment, a third later, a third after the end."""
        late: list[str] = []
        for turn in TURNS:
            repeats = sum(self.chance.random() < REPEATED / (1 - REPEATED) / 2 for _ in range(2))
            when = self.chance.choice(("now", "next", "end"))
            self.concurrent += repeats if when == "now" else 0
            await asyncio.gather(*(self.send(n, turn) for _ in range(1 + repeats * (when == "now"))))
            if when == "next":
                for _ in range(repeats):
                    await self.send(n, self.chance.choice(TURNS[: TURNS.index(turn) + 1]))
            late += [turn] * repeats * (when == "end")
        for turn in late:
            self.after_end += 1
            await self.send(n, turn)

    async def send(self, n: int, text: str) -> None:
        """Send one callback on whichever connection is free."""
        self.left -= 1
        self.sent += 1
        line = await self.free.get()
        screen = await line.dialled(f"ATUid_{n}", _number(n), text)
        self.free.put_nowait(line)
        self.answers[n, text].add(sha256(screen).digest())
        told = REFERENCE.search(screen.decode())
        if told:
            self.promised[_number(n)] = told[0]


def _number(n: int) -> str:
    return f"+25470{n:07}"


def at_rest(config: dict[str, Any]) -> None:
    """Deliver next to nothing: the offices are not there, and not what is tested."""
    for office in config["offices"].values():
        office["rate"] = 0.1
    config["channels"]["africastalking"]["sms"] |= {"rate": 0.1}


async def repeated(ground: Ground, callbacks: int) -> tuple[Telecom, list[str]]:
    """Send so many callbacks; return what was seen and what was wrong."""
    async with harness.lines(ground.port, CONNECTIONS) as connections:
        free: asyncio.Queue[Line] = asyncio.Queue()
        for line in connections:
            free.put_nowait(line)
        telecom = Telecom(free, random.Random(70), callbacks)
        await asyncio.gather(*(telecom.citizen() for _ in range(CITIZENS)))
    different = [turn for turn, digests in telecom.answers.items() if len(digests) > 1]
    steps = ground.rows("SELECT turn, count(*) FROM session GROUP BY turn")
    return telecom, [
        *([f"{len(different)} turns were answered in different ways, such as {different[0]}"] if different else []),
        *(
            []
            if steps == [(len(TURNS), telecom.begun)]
            else [f"sessions by steps: {steps} for {telecom.begun} citizens"]
        ),
        *oracle.unkept_promises(ground, telecom.promised, {_number(n + 1) for n in range(telecom.begun)}),
        *([] if len(telecom.promised) == telecom.begun else [f"only {len(telecom.promised)} got a reference"]),
    ]


async def test_repeats_change_nothing(figures: Callable[..., None]) -> None:
    with harness.a_ground(change=at_rest) as ground:
        async with harness.a_gateway(ground):
            began = asyncio.get_running_loop().time()
            telecom, problems = await repeated(ground, CALLBACKS)
            took = asyncio.get_running_loop().time() - began
        problems += oracle.unbalanced(ground)
        figures(
            callbacks=telecom.sent, turns=len(telecom.answers), sessions=telecom.begun, concurrent=telecom.concurrent,
            after_end=telecom.after_end, a_second=telecom.sent / took, problems=problems,
        )  # fmt: skip
        assert telecom.sent - len(telecom.answers) >= 0.25 * CALLBACKS, "too few repeats to prove anything"
        assert problems == []


async def test_a_build_without_the_repeat_mark_fails(figures: Callable[..., None]) -> None:
    with harness.a_ground(change=at_rest) as ground:
        async with harness.a_gateway(ground, "no_repeat_mark"):
            telecom, problems = await repeated(ground, TWIN_CALLBACKS)
        figures(callbacks=telecom.sent, problems=problems)
        assert any("in different ways" in problem for problem in problems)
        assert any("sessions by steps" in problem for problem in problems)
