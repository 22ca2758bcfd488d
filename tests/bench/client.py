"""The load: a cheap HTTP/1.1 client on raw sockets, the same for every server. Touches the network.

Closed: each of 32 connections walks journey after journey, one callback after the other. Open: journeys begin at a
given rate whatever the server does, which is how citizens dial.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from tests.bench.journey import TURNS, Script, WrongAnswer

CONNECTIONS = 32
THINKING = 0.25  # seconds between an answer and the next turn of an open load
OK = b"HTTP/1.1 200"


@dataclass(slots=True)
class Heard:
    """What a load brought: seconds of each callback in the counted time, and the references that were given."""

    seconds: list[float] = field(default_factory=list)
    references: set[bytes] = field(default_factory=set)
    ended: int = 0
    counted_for: float = 0.0
    wrong: str = ""

    @property
    def rate(self) -> float:
        """Callbacks a second."""
        return len(self.seconds) / self.counted_for if self.counted_for else 0.0

    def quantile(self, part: float) -> float:
        """Return the seconds within which that part of the callbacks was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")


class Wire(asyncio.Protocol):
    """One keep-alive connection with one request under way at most."""

    def __init__(self) -> None:
        self.answered: Callable[[bytes], None] = _unasked
        self.lost: Callable[[str], None] = _ignored
        self.part = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.send = self.transport.write

    def data_received(self, data: bytes) -> None:
        if self.part:
            data = self.part + data
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + _length(data, end):
            self.part = data
            return
        self.part = b""
        if not data.startswith(OK):
            self.lost(f"the answer was {data[:200]!r}")
            return
        self.answered(data[end + 4 :])

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost(f"the server closed a connection ({exc})")


def _length(data: bytes, end: int) -> int:
    at = data.find(b"ontent-length: ", 0, end)
    at = at if at >= 0 else data.find(b"ontent-Length: ", 0, end)
    return int(data[at + 15 : data.index(b"\r\n", at)])


def _unasked(body: bytes) -> None:
    raise WrongAnswer(f"an answer that nobody asked for: {body[:80]!r}")


def _ignored(why: str) -> None:
    return


async def connected(port: int, count: int) -> list[Wire]:
    """Open so many connections."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Wire, "127.0.0.1", port))[1] for _ in range(count)]


async def close(wires: list[Wire], heard: Heard) -> None:
    """Close the connections; raise WrongAnswer if something was wrong."""
    for wire in wires:
        wire.lost = _ignored
        wire.transport.abort()
    await asyncio.sleep(0)
    if heard.wrong:
        raise WrongAnswer(heard.wrong)


# --- closed -------------------------------------------------------------------------------------------------------


async def closed(port: int, script: Script, first: int, warm_up: float, lasting: float) -> tuple[Heard, int]:
    """Load a server for `lasting` seconds after `warm_up`; return what was heard and the next free journey number."""
    heard = Heard()
    wires = await connected(port, CONNECTIONS)
    begins = perf_counter() + warm_up
    numbers = _Numbers(first)
    walks = [_Walk(wire, script, heard, numbers, begins, begins + lasting) for wire in wires]
    for walk in walks:
        walk.begin()
    await asyncio.wait([walk.done for walk in walks])
    heard.counted_for = lasting
    await close(wires, heard)
    return heard, numbers.next


@dataclass(slots=True)
class _Numbers:
    next: int

    def take(self) -> int:
        self.next += 1
        return self.next


class _Walk:
    """One connection's endless journeys; after the counted time it ends the journey that it is on."""

    def __init__(self, wire: Wire, script: Script, heard: Heard, numbers: _Numbers, begins: float, ends: float) -> None:
        self.wire, self.script, self.heard, self.numbers = wire, script, heard, numbers
        self.begins, self.ends = begins, ends
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.journey = self.turn = 0
        wire.answered, wire.lost = self.answered, self.lost

    def begin(self) -> None:
        self.journey, self.turn = self.numbers.take(), 0
        self.ask()

    def ask(self) -> None:
        request = self.script.request(self.turn, self.journey)
        self.asked = perf_counter()
        self.wire.send(request)

    def answered(self, body: bytes) -> None:
        now = perf_counter()
        if self.begins <= now < self.ends:
            self.heard.seconds.append(now - self.asked)
        try:
            reference = self.script.check(self.turn, body)
        except WrongAnswer as wrong:
            self.lost(str(wrong))
            return
        if reference is not None:
            self.heard.references.add(reference)
        self.turn += 1
        if self.turn < TURNS:
            self.ask()
            return
        self.heard.ended += 1
        if now < self.ends:
            self.begin()
        elif not self.done.done():
            self.done.set_result(None)

    def lost(self, why: str) -> None:
        self.heard.wrong = self.heard.wrong or why
        if not self.done.done():
            self.done.set_result(None)


# --- open ---------------------------------------------------------------------------------------------------------


async def opened(
    port: int, script: Script, first: int, rate: float, warm_up: float, lasting: float
) -> tuple[Heard, int]:
    """Begin `rate / 6` journeys a second for `warm_up + lasting` seconds; a callback waits for a free connection."""
    crowd = _Crowd(await connected(port, CONNECTIONS * 2), script, perf_counter() + warm_up, lasting)
    loop, number = asyncio.get_running_loop(), first
    begun, pause = loop.time(), TURNS / rate
    journeys = int((warm_up + lasting) / pause)
    for place in range(journeys):
        number += 1
        await asyncio.sleep(max(0.0, begun + place * pause - loop.time()))
        crowd.ask(number, 0, perf_counter())
        if crowd.heard.wrong:
            break
    for _ in range(100):
        if crowd.heard.ended >= journeys or crowd.heard.wrong:
            break
        await asyncio.sleep(0.1)
    if crowd.heard.ended < journeys and not crowd.heard.wrong:
        crowd.heard.wrong = f"{journeys - crowd.heard.ended} journeys did not end within 10 s"
    crowd.heard.counted_for = lasting
    await close(crowd.wires, crowd.heard)
    return crowd.heard, number


class _Crowd:
    """Callbacks that are due, and the connections that are free."""

    def __init__(self, wires: list[Wire], script: Script, begins: float, lasting: float) -> None:
        self.wires, self.script, self.begins, self.ends = wires, script, begins, begins + lasting
        self.heard, self.loop = Heard(), asyncio.get_running_loop()
        self.free = deque(wires)
        self.due: deque[tuple[int, int, float]] = deque()
        for wire in wires:
            wire.lost = self.lost

    def lost(self, why: str) -> None:
        self.heard.wrong = self.heard.wrong or why

    def ask(self, journey: int, turn: int, since: float) -> None:
        if not self.free:
            self.due.append((journey, turn, since))
            return
        wire = self.free.popleft()
        wire.answered = lambda body: self.answered(wire, journey, turn, since, body)
        wire.send(self.script.request(turn, journey))

    def answered(self, wire: Wire, journey: int, turn: int, since: float, body: bytes) -> None:
        now = perf_counter()
        if self.begins <= now < self.ends:
            self.heard.seconds.append(now - since)
        self.free.append(wire)
        if self.due:
            self.ask(*self.due.popleft())
        try:
            reference = self.script.check(turn, body)
        except WrongAnswer as wrong:
            self.lost(str(wrong))
            return
        if reference is not None:
            self.heard.references.add(reference)
        if turn + 1 < TURNS:
            self.loop.call_later(THINKING, lambda: self.ask(journey, turn + 1, perf_counter()))
        else:
            self.heard.ended += 1
