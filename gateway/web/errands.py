"""Brings USSD screens to telecoms that do not take them in their own exchange. Touches the network.

A screen goes out after its turn is committed and the telecom's call is answered, at once and once more if it did not
arrive. It does not pass the outbox: a screen that comes later than the session waits is worth nothing, and a telecom
that missed it calls again and gets it then.
"""

from __future__ import annotations

import asyncio

import httpx
import structlog

from gateway.messages import Errand, Later
from providers.exchange import exchange

log = structlog.get_logger()

WITHIN = 5.0  # seconds for one try
TRIES = 2


class Errands:
    """Runs errands beside the answers. Made once by the app."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self._under_way: set[asyncio.Task[None]] = set()

    def run(self, channel: str, errand: Errand) -> None:
        """Begin an errand, and return at once."""
        task = asyncio.create_task(self._run(channel, errand))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _run(self, channel: str, errand: Errand) -> None:
        why = ""
        for _ in range(TRIES):
            why = await self._tried(errand)
            if not why:
                return
        log.warning("a screen was not taken", channel=channel, why=why)

    async def _tried(self, errand: Errand) -> str:
        """Return why the telecom did not take it, "" if it did."""
        headers = {"Content-Type": errand.content_type, "Accept": "*/*"}
        answered = await exchange(self.http, "POST", errand.url, WITHIN, headers=headers, body=errand.body)
        if isinstance(answered, Later):
            return answered.why
        if answered.status != 200:
            return f"answered {answered.status}"
        return "" if errand.taken in answered.body else "the telecom refused it"

    async def stop(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
