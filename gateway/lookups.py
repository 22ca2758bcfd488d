"""Live questions inside a session, each office with a deadline, a cap and a breaker. Touches the network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import httpx
import structlog

from gateway.config import OfficeEntry
from gateway.engine import Facts, Fetch, Recall, Wish
from gateway.messages import Failed, Found, GatewayError, Later, Lookup, Missing
from gateway.sight import Metrics
from gateway.store.records import RequestRow
from gateway.store.store import Store

log = structlog.get_logger()

Found_ = Mapping[str, Any] | Literal["missing"] | None
OWN_REQUESTS = 5  # a `status` screen lists so many
PAUSE = 10.0  # seconds in which an office that failed again and again is not asked
STATUS_WITHIN = 3.0  # seconds
STATE = "state"  # what a `status` operation calls its answer
LEAST = 0.05  # seconds: with less than this left there is no use in asking


class Breaker:
    """Stops asking an office that failed `trip` times in a row; after a pause one question tries again."""

    def __init__(self, trip: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.trip, self.clock = trip, clock
        self.failures, self.open_until = 0, 0.0

    def allows(self) -> bool:
        """True if a question may be asked now; half open, that one question closes the door behind it."""
        if self.failures < self.trip:
            return True
        if self.clock() < self.open_until:
            return False
        self.open_until = self.clock() + PAUSE
        return True

    def told(self, *, good: bool) -> None:
        """Note how a question went."""
        self.failures = 0 if good else self.failures + 1
        if self.failures >= self.trip:
            self.open_until = self.clock() + PAUSE


class Desk:
    """One office as live questions see it. Eight connections a client: httpx slows down with more."""

    def __init__(self, office: OfficeEntry, clients: Sequence[httpx.AsyncClient], cap: int) -> None:
        self.office, self.clients = office, clients
        self.places = asyncio.Semaphore(cap)
        self.breaker = Breaker(office.trip_after)
        self._next = 0

    def client(self) -> httpx.AsyncClient:
        """Return the next client in turn."""
        self._next = (self._next + 1) % len(self.clients)
        return self.clients[self._next]


class Lookups:
    """Fulfils the engine's wishes. Nothing an office does raises: it is None, and the menu's `otherwise` follows."""

    def __init__(self, store: Store, desks: Mapping[str, Desk], metrics: Metrics) -> None:
        self.store, self.desks, self.metrics = store, desks, metrics

    async def fulfil(self, wish: Wish, facts: Facts, left: float) -> Found_:
        """Return what the wish brings within `left` seconds."""
        if isinstance(wish, Recall):
            return await self._own(wish, facts, left)
        desk = self.desks.get(wish.office)
        within = min(wish.within, left)
        if desk is None or within < LEAST or not desk.breaker.allows():
            self.metrics.lookups.labels(wish.office, "not asked").inc()
            return None
        found, good = await self._asked(desk, wish, within)
        if good is not None:
            desk.breaker.told(good=good)
        return found

    async def _asked(self, desk: Desk, wish: Fetch, within: float) -> tuple[Found_, bool | None]:
        """Return what was found, and whether it speaks for or against the office (None: neither)."""
        until, given = time.monotonic() + within, 0.0
        try:
            async with asyncio.timeout(within), desk.places:
                given = until - time.monotonic()
                answer = await self._looked_up(desk, wish, given)
        except TimeoutError:
            answer = Later("no answer in time" if given else "too many ask at the same time")
        self.metrics.lookups.labels(wish.office, type(answer).__name__.lower()).inc()
        match answer:
            case Found(values):
                return values, True
            case Missing() | Failed(kind="citizen_error"):
                return "missing", True
            case Later(why=why, kind=kind) | Failed(why=why, kind=kind):
                tell = log.error if kind in ("auth", "contract") else log.warning
                tell("lookup failed", office=wish.office, kind=kind, why=why)
                if kind == "contract":
                    return None, True
                # Who stood in our own queue for most of the time says nothing against the office.
                return None, None if given < within / 2 else False

    async def _looked_up(self, desk: Desk, wish: Fetch, within: float) -> Lookup:
        office = desk.office
        try:
            call = office.adapter.compose(office.settings, wish.ask, wish.send)
        except GatewayError as error:
            return Failed("compose", str(error), "contract")
        return await office.adapter.look_up(desk.client(), office.settings, wish.ask, call, within)

    async def _own(self, wish: Recall, facts: Facts, left: float) -> dict[str, Any]:
        """Return requests as a `status` screen shows them: nothing of what was filed in them."""
        word = ""
        if wish.reference is None:
            rows = await self.store.own_requests(facts.phone, OWN_REQUESTS, wish.service)
        else:
            row = await self.store.find_request(wish.reference)
            rows = (row,) if row is not None else ()
            word = await self._word(row, left) if row is not None and row.state == "delivered" else ""
        zone = facts.now.tzinfo
        return {
            "requests": [
                {
                    "reference": row.reference,
                    "title": row.title,
                    "state": row.state,
                    "at": facts.now.fromtimestamp(row.accepted, zone).date().isoformat(),
                    "word": word,
                }
                for row in rows
            ]
        }

    async def _word(self, row: RequestRow, left: float) -> str:
        """Return the office's own word for how a delivered request stands; empty where it has none, or is slow."""
        desk, within = self.desks.get(row.office), min(STATUS_WITHIN, left)
        if desk is None or within < LEAST or not desk.breaker.allows():
            return ""
        office, client = desk.office, desk.client()
        known = {**row.values, "reference": row.reference}
        try:
            async with asyncio.timeout(within), desk.places:
                answer = await office.adapter.status(client, office.settings, row.ask, known, within)
        except TimeoutError:
            answer = Later("no answer in time")
        self.metrics.lookups.labels(row.office, f"status {type(answer).__name__.lower()}").inc()
        return str(answer.values.get(STATE, "")) if isinstance(answer, Found) else ""
