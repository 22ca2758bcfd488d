"""Builds everything once and hands it down; starts it and stops it in order. Touches everything."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import structlog
from fastapi import FastAPI

from gateway import editions as menus
from gateway.catalogue import Catalogue
from gateway.config import Config
from gateway.crypto import Keys
from gateway.editions import Editions
from gateway.lookups import Desk, Lookups
from gateway.messages import StoreTrouble
from gateway.outbox import Doors, Outbox
from gateway.parts import Parts
from gateway.sight import Metrics
from gateway.sms import Texts
from gateway.spending import written
from gateway.store import opening
from gateway.store.store import Store
from gateway.talk import Clock, Talk
from gateway.web import control, health
from gateway.web.bodies import Receive
from gateway.web.errands import Errands
from gateway.web.telecoms import Scope, Send, TelecomDoor

log = structlog.get_logger()

IN_FLIGHT = 8  # connections a client: httpx slows down with more
LIVE_CLIENTS = 4  # clients for live questions to one office
SWEEP_EVERY = 300.0  # seconds
SESSIONS_KEPT, INBOX_KEPT = 2 * 86400.0, 30 * 86400.0  # seconds
EDITIONS_KEPT = 50  # and those that sessions need


@dataclass(slots=True)
class Gateway:
    """A running gateway: an ASGI application, and what the command line and the tests look at."""

    config: Config
    store: Store
    catalogue: Catalogue
    editions: Editions
    talk: Talk
    texts: Texts
    parts: Parts
    outbox: Outbox
    metrics: Metrics
    door: TelecomDoor
    pages: FastAPI
    clients: list[httpx.AsyncClient]
    clock: Clock
    tasks: list[asyncio.Task[None]]
    socket: asyncio.Server | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request: telecoms at their own door, everything else in FastAPI."""
        if scope["type"] == "http" and scope["path"].startswith("/in/"):
            await self.door(scope, receive, send)
        else:
            await self.pages(scope, receive, send)


@cache
def _trust() -> ssl.SSLContext:
    """Read the certificate authorities once: it takes longer than everything else at the start."""
    return httpx.create_ssl_context(trust_env=False)


def client() -> httpx.AsyncClient:
    """Return an HTTP client for one office or telecom: no redirects, no proxies of the environment, TLS verified."""
    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    timeout = httpx.Timeout(30, connect=5)
    return httpx.AsyncClient(limits=limits, timeout=timeout, follow_redirects=False, trust_env=False, verify=_trust())


async def built(config: Config, clock: Clock = time.time, *, deliver: bool = True) -> Gateway:
    """Open the store, read the menus and join the rooms. Raises Misconfigured or StoreTrouble."""
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not config.key_file.exists() and opening.belongs_to(config.data / opening.DATABASE):
        raise StoreTrouble(f"{config.key_file}: the key of the database is missing; put it back from its backup")
    keys = Keys.load(config.key_file)
    store = await Store.open(config.data, durability=config.durability, fingerprint=keys.fingerprint)
    try:
        editions = await menus.begun(config, store, clock)
    except BaseException:
        await store.close()
        raise
    metrics, known = Metrics(), editions.known
    clients: list[httpx.AsyncClient] = []

    def new() -> httpx.AsyncClient:
        clients.append(client())
        return clients[-1]

    desks = {
        name: Desk(office, [new() for _ in range(LIVE_CLIENTS)], LIVE_CLIENTS * IN_FLIGHT)
        for name, office in config.offices.items()
    }
    doors = Doors({name: new() for name in config.offices}, {name: new() for name in config.channels})
    talk = Talk(config, store, known, Lookups(store, desks, metrics), keys, metrics, clock)
    texts = Texts(talk, clock)
    outbox = Outbox(config, store, doors, keys, metrics, clock)
    parts = Parts(config, store, texts, keys, clock)
    door = TelecomDoor(config, talk, parts, store, keys, metrics, Errands(new()), clock)
    rooms = (config, store, known, editions, talk, texts, parts, outbox, metrics, door)
    gateway = Gateway(*rooms, FastAPI(), clients, clock, [])
    gateway.pages = _pages(gateway, deliver)
    return gateway


def _pages(gateway: Gateway, deliver: bool) -> FastAPI:
    @contextlib.asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await started(gateway, deliver=deliver)
        try:
            yield
        finally:
            await stopped(gateway)

    pages = FastAPI(title="USSD gateway", docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    caps = written(gateway.config.sms_limits)
    pages.include_router(
        health.router(gateway.store, gateway.catalogue, gateway.metrics, gateway.clock, lambda: _idle(gateway), caps)
    )
    return pages


def _idle(gateway: Gateway) -> str:
    dead = [task.get_name() for task in gateway.tasks if task.done()]
    return f"{', '.join(dead)} stopped; see the log and restart" if dead else ""


def address(config: Config) -> str:
    """Return where we listen, written as in `listen`."""
    return f"[{config.host}]:{config.port}" if ":" in config.host else f"{config.host}:{config.port}"


async def started(gateway: Gateway, *, deliver: bool = True) -> None:
    """Begin delivering, sweeping and listening for commands."""
    gateway.socket = await control.listen(gateway.config.data, _commands(gateway))
    if deliver:
        gateway.tasks.append(asyncio.create_task(gateway.outbox.run(), name="delivery"))
    if gateway.config.reload == "watch":
        gateway.tasks.append(asyncio.create_task(gateway.editions.watch(), name="the watch on the menus"))
    gateway.tasks.append(asyncio.create_task(_swept(gateway), name="housekeeping"))
    public_url = gateway.config.public_url
    log.info("serving", edition=gateway.catalogue.current.hash, address=address(gateway.config), public_url=public_url)


async def stopped(gateway: Gateway) -> None:
    """Stop in order: no new work, what is under way, the network, the store."""
    for task in gateway.tasks:
        task.cancel()
    await asyncio.gather(*gateway.tasks, return_exceptions=True)
    if gateway.socket is not None:
        gateway.socket.close()
        control.path_of(gateway.config.data).unlink(missing_ok=True)
    await gateway.outbox.stop()
    await gateway.door.errands.stop()
    for one in gateway.clients:
        await one.aclose()
    await gateway.store.close()
    log.info("stopped")


async def _swept(gateway: Gateway) -> None:
    while True:
        try:
            swept = await gateway.store.sweep(gateway.clock(), sessions_after=SESSIONS_KEPT, inbox_after=INBOX_KEPT)
            await gateway.parts.late()
            pause = 0.2 if swept.more else SWEEP_EVERY
            if not swept.more and (count := await gateway.store.forget_editions(EDITIONS_KEPT)):
                log.info("old editions deleted", count=count)
        except StoreTrouble as error:
            log.error("housekeeping waits for the store", why=str(error))
            pause = SWEEP_EVERY
        await asyncio.sleep(pause)


def _commands(gateway: Gateway) -> Mapping[str, control.Command]:
    async def replay(asked: Mapping[str, Any]) -> dict[str, Any]:
        done = [r for r in asked["references"] if await gateway.store.replay(r, gateway.clock())]
        return await _told(gateway.store, done, asked, "queued again")

    async def park(asked: Mapping[str, Any]) -> dict[str, Any]:
        why = str(asked.get("why") or "parked by an operator")
        done = [r for r in asked["references"] if await gateway.store.park(r, why)]
        return await _told(gateway.store, done, asked, "parked")

    async def reload(_: Mapping[str, Any]) -> dict[str, Any]:
        complaints = await gateway.editions.reload()
        return {"done": not complaints, "say": "\n".join(complaints) or f"in force: {gateway.catalogue.current.hash}"}

    async def roll_back(asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"done": True, "say": await gateway.editions.roll_back(str(asked["edition"]), str(asked["why"]))}

    async def ping(_: Mapping[str, Any]) -> dict[str, Any]:
        known = gateway.catalogue
        said = {"menus": known.trouble, "notice": known.notice, "edition": known.current.hash}
        return {"done": True, "say": "running", "trouble": gateway.store.trouble, **said}

    return {"replay": replay, "park": park, "reload": reload, "roll back": roll_back, "ping": ping}


WHY_NOT = {
    "queued": "it is queued already",
    "parked": "it is parked already",
    "delivered": "its office has it already",
    "rejected": "its office refused it for good",
    "erased": "it is erased",
}
COULD_BE = {"queued again": "parked", "parked": "queued"}  # who is in this state now was not a moment ago


async def _told(store: Store, done: list[str], asked: Mapping[str, Any], word: str) -> dict[str, Any]:
    """Say how many were done, and of each other one in a line of its own why it was not."""
    left = [reference for reference in asked["references"] if reference not in done]
    why = [f"{reference}: not {word}: {await _why_not(store, reference, word)}" for reference in left]
    return {"done": not left, "say": "\n".join([f"{len(done)} {word}", *why]), "references": done}


async def _why_not(store: Store, reference: str, word: str) -> str:
    row = await store.find_request(reference)
    if row is None:
        return "there is no such request"
    if row.in_flight or row.state == COULD_BE[word]:
        return "an attempt is under way; try again in a moment"
    return WHY_NOT[row.state]
