"""How many microseconds one turn costs the store: recall and keep, many callers at once, journeys of six turns.

Run it by hand: `taskset -c 0 python -m tests.bench.store_bench [turns] [callers] [stored]`. Touches a temporary folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from gateway.messages import Call
from gateway.store import Kept, Lane, NewRequest, Store, Turn, office_lane

STATE = b"s" * 700
REPLY = b"r" * 120
TURNS = 6


async def journey(store: Store, name: int, took: list[float], file_it: bool) -> None:
    key = name.to_bytes(16, "big")
    number = f"+2547{name:08d}"
    for step in range(TURNS):
        await asyncio.sleep(0)
        begun = time.perf_counter()
        mark = step.to_bytes(16, "big")
        recalled = await store.recall(key, mark, channel="at", number=number, since=0.0)
        session = recalled.session
        last = step == TURNS - 1
        request = NewRequest(
            f"R{name:011d}", "water-fault", "water", "Report a fault", "water", "report", number, "at", "en", "e1",
            Call("POST", "/faults", b'{"a": 1}' * 20), f"key-{name}",
        )  # fmt: skip
        kept = await store.keep(
            Turn(
                key, "at", number, mark, REPLY, 1_700_000_000.0 + step, None if last else STATE, "e1", more=not last,
                session=session.id if session else None, turn=session.turn if session else 0, telecom_session="x" * 20,
                heard_length=step, requests=(request,) if last and file_it else (),
            )
        )  # fmt: skip
        assert isinstance(kept, Kept)
        took.append(time.perf_counter() - begun)


async def caller(store: Store, names: range, took: list[float], file_it: bool) -> None:
    for name in names:
        await journey(store, name, took, file_it)


async def fill(store: Store, stored: int) -> None:
    """Store sessions as an earlier day left them, half of them unfinished."""
    first = 10_000_000

    async def one(name: int) -> None:
        await store.keep(
            Turn(
                hash((name, 7)).to_bytes(16, "big", signed=True), "at", f"+2547{name * 7919 % 10**8:08d}", b"m" * 16,
                REPLY, 1_600_000_000.0, STATE if name % 2 else None, "e1", more=bool(name % 2),
            )
        )  # fmt: skip

    for begin in range(0, stored, 2_000):
        await asyncio.gather(*(one(first + name) for name in range(begin, min(stored, begin + 2_000))))


async def bench(turns: int, callers: int, stored: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(Path(folder), durability="relaxed" if stored else "full")
        await fill(store, stored)
        await store.close()
        await asyncio.to_thread(os.sync)  # so that what the filling left behind is not written during the measurement
        store = await Store.open(Path(folder))
        await store.put_in_force("e1", {}, 0.0, "e1")
        await store.set_lanes([Lane(office_lane("water"))])
        took: list[float] = []
        each = turns // TURNS // callers
        await asyncio.gather(*(caller(store, range(n * 1000, n * 1000 + 20), [], True) for n in range(callers)))
        cpu, clock = time.process_time(), time.perf_counter()
        names = [range(n * 100_000 + 50, n * 100_000 + 50 + each) for n in range(callers)]
        await asyncio.gather(*(caller(store, own, took, True) for own in names))
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
        took.sort()
        done = len(took)
        problems = await store.verify() if stored < 10_000 else []
        await store.close()
        print(json.dumps({
            "turns": done, "callers": callers, "stored": stored, "per_second": round(done / clock),
            "cpu_us": round(cpu / done * 1e6, 1), "p50_ms": round(took[done // 2] * 1e3, 2),
            "p99_ms": round(took[done * 99 // 100] * 1e3, 2), "problems": len(problems),
            "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }))  # fmt: skip


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]] + [48_000, 32, 0][len(sys.argv) - 1 :]
    uvloop.run(bench(*given))
