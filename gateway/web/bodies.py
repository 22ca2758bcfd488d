"""Bodies of callbacks: read whole, in time, and no larger than any callback is. Touches the network."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

LARGEST = 16 * 1024  # bytes of a body; the largest real callback is under 4 KiB
WITHIN = 5.0  # seconds in which the body must have come


class Bodies:
    """Reads bodies. One clock looks after all that are on their way: an alarm for each would cost more than reading."""

    def __init__(self, within: float = WITHIN) -> None:
        self._within = within
        self._begun: dict[asyncio.Task[Any], float] = {}  # the oldest first
        self._late: set[asyncio.Task[Any]] = set()
        self._looking = False

    async def read(self, receive: Receive) -> bytes | None:
        """Return a body; None if it breaks off, comes too slowly, or is too large."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        self._begun[task] = loop.time()
        if not self._looking:
            self._looking = True
            loop.call_later(self._within, self._look, loop)
        try:
            return await _whole(receive)
        except asyncio.CancelledError:
            if task not in self._late or task.uncancel() > 0:
                raise
            return None
        finally:
            self._begun.pop(task, None)
            self._late.discard(task)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up what is overdue, and look again when the next may be."""
        overdue = loop.time() - self._within
        for task in [task for task, begun in self._begun.items() if begun <= overdue]:
            del self._begun[task]
            self._late.add(task)
            task.cancel()
        self._looking = bool(self._begun)
        if self._looking:
            loop.call_later(next(iter(self._begun.values())) - overdue, self._look, loop)


async def _whole(receive: Receive) -> bytes | None:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        if len(body) <= LARGEST:  # what comes after that is not kept
            body += message.get("body", b"")
    return body if len(body) <= LARGEST and message["type"] == "http.request" else None
