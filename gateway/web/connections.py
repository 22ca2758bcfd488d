"""Connections of callers: heads small, whole requests in time, and not too many at once. Touches the network.

uvicorn bounds none of this. Behind a proxy that does, these bounds are never met; without one, a stranger could take
all memory with a head that never ends, or all connections by saying nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger()

EVERY = 60.0  # seconds between two words on the same cause: an attack must not fill the log


@dataclass(slots=True)
class Bounds:
    """What all connections of a server share. `head` and `whole` are bytes of one request, `within` its seconds."""

    head: int = 64 * 1024
    whole: int = 1024 * 1024
    within: float = 15.0
    most: int = 4000
    told: dict[str, float] = field(default_factory=dict)

    def tell(self, why: str, now: float) -> None:
        """Log why a connection is cut, but not over and over."""
        if now - self.told.get(why, -EVERY) >= EVERY:
            self.told[why] = now
            log.warning("connection cut", why=why)


class Connection(HttpToolsProtocol):
    """One connection, which is cut off where it goes beyond its bounds."""

    def __init__(self, *given: Any, bounds: Bounds, **named: Any) -> None:
        super().__init__(*given, **named)
        self.bounds = bounds
        self._coming, self._since = True, self.loop.time()  # a request comes in, since then; or the last one came whole
        self._in_head, self._taken = True, 0
        self._alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.bounds.most:
            self._slowest()._cut(f"there are more than {self.bounds.most} at once")
        self._alarm = self.loop.call_later(self.bounds.within, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._coming:
            self._coming, self._since = True, self.loop.time()
        self._taken += len(data)
        super().data_received(data)
        if self._coming and self._taken > (self.bounds.head if self._in_head else self.bounds.whole):
            self._cut("a request is larger than any callback")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what comes after a body in chunks is nobody's business
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._coming, self._since = False, self.loop.time()
        self._in_head, self._taken = True, 0
        super().on_message_complete()

    def _slowest(self) -> Connection:
        """Return the connection that has said nothing whole for longest, of those that wait for no answer."""
        ours = (other for other in self.connections if isinstance(other, Connection))
        silent = (other for other in ours if not other._is_being_answered())
        return min(silent, key=lambda other: other._since, default=self)

    def _is_being_answered(self) -> bool:
        """Return whether an answer is on its way."""
        return not self._coming and not self.cycle.response_complete

    def _look(self) -> None:
        """Cut off a request that takes too long to come in; look again when the next one might."""
        now = self.loop.time()
        due = (self._since if self._coming else now) + self.bounds.within
        if due <= now:
            self._cut(f"a request takes more than {self.bounds.within:g} seconds to come in")
        else:
            self._alarm = self.loop.call_later(due - now, self._look)

    def _cut(self, why: str) -> None:
        self.bounds.tell(why, self.loop.time())
        self.connections.discard(self)
        self.transport.abort()
