"""An office that a test plays itself, and what it was asked. Touches a loopback socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the office saw it."""

    method: str
    path: str
    key: str
    body: bytes
    at: float


@dataclass(slots=True)
class Office:
    """An office, or a telecom's sending API, on a real socket. `answer` returns status and body, at its leisure."""

    answer: Callable[[Asked], Awaitable[tuple[int, bytes]]]
    clock: Callable[[], float] = time.time
    asked: list[Asked] = field(default_factory=list)
    connections: set[asyncio.Task[None]] = field(default_factory=set)

    async def served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection until it is closed, from either side."""
        task: Any = asyncio.current_task()
        self.connections.add(task)
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                fields = _headers(head)
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                method, path, _ = head.split(" ", 2)
                self.asked.append(Asked(method, path, fields.get("idempotency-key", ""), body, self.clock()))
                status, said = await self.answer(self.asked[-1])
                writer.write(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
                    status, len(said), said))  # fmt: skip
                await writer.drain()
        except (OSError, EOFError, asyncio.CancelledError):
            return
        finally:
            self.connections.discard(task)
            writer.transport.abort()


def _headers(head: str) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in head.split("\r\n")[1:] if line)
    return {name.lower(): value.strip() for name, _, value in pairs}


@asynccontextmanager
async def an_office(port: int, office: Office) -> AsyncIterator[Office]:
    """Serve an office on loopback."""
    server = await asyncio.start_server(office.served, "127.0.0.1", port, backlog=512)
    try:
        yield office
    finally:
        server.close()
        open_ones = tuple(office.connections)
        for connection in open_ones:
            connection.cancel()
        await asyncio.gather(*open_ones)
