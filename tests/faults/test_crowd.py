"""Many at once on a slow office: nobody sees another's data, nobody is left without an answer, nobody else waits."""

from __future__ import annotations

import asyncio
import json
import re
import statistics
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from tests.faults import harness, oracle
from tests.faults.harness import MENUS, REFERENCE, Line, percentile
from tests.faults.office import Asked, Office, an_office

CITIZENS = 500
OFFICE_TAKES = 0.2  # seconds
ANSWER_WITHIN = 9.0  # seconds: telecoms hang up after 10
ACCOUNT = re.compile(r"\b\d{8}\b")
ROUNDS, ROUND = 4, 4.0  # windows of each kind, seconds a window
WALKERS, ARRIVALS = 8, 40  # citizens of the other service at once; who asks the office, a second
NEIGHBOURS_WAIT = 2.0  # times as long, at most; the promise is 1.2 on a machine that does nothing else


def test_menus(config: dict[str, Any]) -> None:
    """Open the services of this folder; each office is reached at one door."""
    config["channels"]["africastalking"]["codes"] = {"*384*70#": {"service": "crowd", "toll_free": True}}
    notice = {"method": "POST", "path": "/notices", "send": {"what": "{what}"}, "answer": {"ticket": "$.ticket"}}
    config["offices"]["projects-register"] |= {"rate": 1000, "operations": {"notice": notice}}
    config["offices"]["water-crm"]["rate"] = 500
    config["channels"]["africastalking"].pop("sms")


test_menus.__test__ = False  # type: ignore[attr-defined]


def answers(takes: Callable[[Asked], float]) -> Callable[[Asked], Awaitable[tuple[int, bytes]]]:
    """Return an office that answers each account with a name that holds its number, after some time."""

    async def answer(asked: Asked) -> tuple[int, bytes]:
        if asked.path.startswith("/water/"):
            await asyncio.sleep(takes(asked))
        number = asked.path.rpartition("/")[2]
        found = {"customer": {"name": f"Holder {number}"}, "balance_cents": 5, "ticket": "T-1"}
        return 200, json.dumps(found).encode()

    return answer


async def asked_for(line: Line, account: str) -> tuple[list[str], float]:
    """Ask for an account and file it; return the screens, and how long the live question took."""
    number, texts = f"+25470{account[1:]}", ("", "1", f"1*{account}", f"1*{account}*1")
    loop, screens, took = asyncio.get_running_loop(), [], 0.0
    for text in texts:
        began = loop.time()
        screens.append((await line.dialled(f"ATUid_{account}", number, text)).decode())
        took = max(took, loop.time() - began) if text == texts[2] else took
    return screens, took


async def test_five_hundred_on_a_slow_office(figures: Callable[..., None]) -> None:
    accounts = [str(10_000_000 + n) for n in range(CITIZENS)]
    with harness.a_ground(MENUS / "crowd", test_menus) as ground:
        office = Office(answers(lambda asked: OFFICE_TAKES if asked.method == "GET" else 0))
        async with an_office(ground.office_port, office), harness.a_gateway(ground):
            async with harness.lines(ground.port, CITIZENS + 1) as (another, *lines):
                walks = [asked_for(line, account) for line, account in zip(lines, accounts, strict=True)]
                seen = dict(zip(accounts, await asyncio.gather(*walks), strict=True))
                after, _ = await asked_for(another, "20000000")
            states = "SELECT count(*) FROM request WHERE state <> 'delivered'"
            await harness.until(lambda: ground.rows(states) == [(0,)], 30)
        told = {a: REFERENCE.search(screens[-1]) for a, (screens, _) in seen.items()}
        filed = [json.loads(asked.body) for asked in office.asked if asked.body]
        live = Counter("not known" not in screens[2] for screens, _ in seen.values())
        waits = [took for _, took in seen.values()]
        mixed = [a for a, (screens, _) in seen.items() if set(ACCOUNT.findall(" ".join(screens[2:]))) != {a}]
        wrong = [body for body in filed if not belongs(body)]
        figures(
            citizens=CITIZENS, live=live[True], otherwise=live[False], mixed_up=len(mixed) + len(wrong),
            unanswered=CITIZENS - sum(found is not None for found in told.values()), median_s=statistics.median(waits),
            max_s=max(waits), filed=len(filed) - 1,
        )  # fmt: skip
        assert "Holder 20000000" in after[2], "the office was not asked any more, though nothing ails it"
        assert mixed == [] and wrong == []
        assert all(told.values()), "somebody was left without a reference"
        assert max(waits) < ANSWER_WITHIN
        assert live[True] > 0 and len(filed) == CITIZENS + 1
        assert oracle.unbalanced(ground) == []


def belongs(body: dict[str, str]) -> bool:
    """Say whether a filed request holds one citizen's data only."""
    account = body["account"]
    return body["phone"] == f"+25470{account[1:]}" and body["type"] in (f"Holder {account}", "not known")


async def test_neighbours_of_an_office_that_hangs(figures: Callable[..., None]) -> None:
    hanging = False
    with harness.a_ground(MENUS / "crowd", test_menus) as ground:
        office = Office(answers(lambda _: 60.0 if hanging else 0.01))
        async with an_office(ground.office_port, office), harness.a_gateway(ground):
            town = Neighbours(ground.port)
            waits: dict[bool, list[float]] = {False: [], True: []}
            for _ in range(ROUNDS):
                for hanging in (False, True):
                    waits[hanging].append(await town.window())
            await asyncio.gather(*town.asking)
    calm, beside = statistics.median(waits[False]), statistics.median(waits[True])
    figures(
        p99_calm_ms=calm * 1000, p99_beside_hanging_ms=beside * 1000, ratio=beside / calm, windows=2 * ROUNDS,
        turns=len(town.took), asked=len(town.asking), asked_longest_s=max(town.asked_took),
    )  # fmt: skip
    assert beside / calm < NEIGHBOURS_WAIT
    assert max(town.asked_took) < ANSWER_WITHIN


class Neighbours:
    """Citizens of two services: some come at a steady rate and ask the office that hangs, the others do not."""

    def __init__(self, port: int) -> None:
        self.port, self.count = port, 0
        self.took: list[float] = []
        self.asked_took: list[float] = []
        self.asking: list[asyncio.Task[None]] = []

    async def window(self) -> float:
        """Let them walk for a while; return the p99 in seconds of those who do not need the office."""
        before, end = len(self.took), asyncio.get_running_loop().time() + ROUND
        plain = [asyncio.create_task(self.walks(end)) for _ in range(WALKERS)]
        for _ in range(int(ROUND * ARRIVALS)):
            self.asking.append(asyncio.create_task(self.walk("1", self.asked_took)))
            await asyncio.sleep(1 / ARRIVALS)
        await asyncio.gather(*plain)
        return percentile(self.took[before:], 0.99)

    async def walks(self, end: float) -> None:
        """Walk one session of the other service after the other."""
        while asyncio.get_running_loop().time() < end:
            await self.walk("2", self.took)

    async def walk(self, option: str, took: list[float]) -> None:
        """Walk one session, with a breath between turns."""
        self.count += 1
        session, number, answer = f"ATUid_{self.count}", f"+25470{self.count:07}", str(20_000_000 + self.count)
        loop = asyncio.get_running_loop()
        async with harness.lines(self.port, 1) as (line,):
            for text in ("", option, f"{option}*{answer}", f"{option}*{answer}*1"):
                began = loop.time()
                await line.dialled(session, number, text)
                took.append(loop.time() - began)
                await asyncio.sleep(0.01)
