"""`/health/live`, `/health/ready` (why not, in words) and `/metrics`. Touches the store, to count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.catalogue import Catalogue
from gateway.messages import StoreTrouble
from gateway.sight import Metrics
from gateway.store.caps import shown
from gateway.store.store import Store
from gateway.talk import Clock

BOOK_DAYS = 8  # /metrics shows the ledger of so many days; `gateway verify` looks at all
NO_CAPS: Mapping[str, str] = MappingProxyType({})
STATES = ("accepted", "delivered", "queued", "in_flight", "parked", "rejected", "erased")


def router(
    store: Store, catalogue: Catalogue, metrics: Metrics, clock: Clock, idle: Callable[[], str],
    most: Mapping[str, str] = NO_CAPS,
) -> APIRouter:  # fmt: skip
    """Return the routes. `idle` says in words why nothing is being delivered; empty while all is well.

    `most` is what the configuration says of each cap on SMS.
    """
    routes = APIRouter()

    @routes.get("/health/live", response_class=PlainTextResponse)
    async def live() -> str:
        """Say that the process answers at all."""
        return "live\n"

    @routes.get("/health/ready")
    async def ready() -> JSONResponse:
        """Say whether citizens are served, and if not, why."""
        why = [sentence for sentence in (store.trouble, idle(), *catalogue.trouble, catalogue.notice) if sentence]
        serving = store.trouble is None and not idle()
        body: dict[str, Any] = {"ready": serving, "why": why, "edition": catalogue.current.hash}
        return JSONResponse(body, status_code=200 if serving else 503)

    @routes.get("/metrics")
    async def scrape() -> Response:
        """Return the metrics in Prometheus' text format."""
        metrics.menus.set(not catalogue.trouble and not catalogue.notice)
        try:
            await _counted(store, metrics, clock(), most)
        except StoreTrouble:
            metrics.balance.set(float("nan"))
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return routes


async def _counted(store: Store, metrics: Metrics, now: float, most: Mapping[str, str]) -> None:
    since = (datetime.fromtimestamp(now, UTC) - timedelta(days=BOOK_DAYS)).date().isoformat()
    rows = await store.books(since)
    totals: dict[tuple[str, str], int] = {}
    for row in rows:
        for state in STATES:
            totals[row.service, state] = totals.get((row.service, state), 0) + getattr(row, state)
    for gauge in (metrics.books, metrics.refused, metrics.capped, metrics.cap_refused, metrics.cap_ends):
        gauge.clear()
    metrics.sizes.clear()
    for (service, state), count in totals.items():
        metrics.books.labels(service, state).set(count)
    metrics.balance.set(all(row.balanced() for row in rows))
    for cap in await store.caps(now):
        metrics.refused.labels(cap.name).set(cap.refused)
        metrics.capped.labels(cap.name).set(cap.reached)
        for one in cap.worst:
            labels = cap.name, shown(cap.name, one.key), most.get(cap.name, "")
            metrics.cap_refused.labels(*labels).inc(one.refused)  # two numbers may be shown alike
            if one.until > now:
                metrics.cap_ends.labels(*labels).set(one.until)
    counts = await store.counts()
    for name in ("sessions", "live_sessions", "cached_sessions", "database_bytes", "wal_bytes"):
        metrics.sizes.labels(name).set(getattr(counts, name))
    for lane, count in counts.queued.items():
        metrics.sizes.labels(f"queued {lane}").set(count)
    for lane, count in counts.parked.items():
        metrics.sizes.labels(f"parked {lane}").set(count)
