"""What operators see: JSON logs with an allow-list of fields, and the metrics. Touches standard error.

A log line says what happened, never what was said: a field that is not in `ALLOWED` is dropped and counted, a phone
number appears only as its keyed hash (`number`), and an exception is its type and our own place in the code.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, BinaryIO, cast

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "channel", "office", "service", "reference", "number", "outcome", "kind", "why",
        "code", "attempt", "edition", "count", "state", "lane", "address", "file", "error", "place", "version",
        "complaint", "problem", "public_url",
    }
)  # fmt: skip
LONGEST = 300


def set_up_logs(level: str = "info") -> None:
    """Send every log line of the process to standard error as JSON."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _errors,
            _only_allowed,
            structlog.processors.JSONRenderer(serializer=lambda data, **_: orjson.dumps(data, default=str)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(cast("BinaryIO", _Lossy(sys.stderr.buffer))),
        cache_logger_on_first_use=True,
    )
    for name in ("httpx", "httpcore", "asyncio", "alembic", "uvicorn", "uvicorn.error", "uvicorn.access"):
        quiet = logging.getLogger(name)
        quiet.handlers, quiet.propagate = [_Plain()], False
        quiet.setLevel(logging.WARNING)


class _Lossy:
    """A stream whose lines are lost while its disk is full: a citizen's answer is worth more than a log line."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def write(self, line: bytes) -> None:
        with suppress(OSError):
            self.stream.write(line)

    def flush(self) -> None:
        with suppress(OSError):
            self.stream.flush()


class _Plain(logging.Handler):
    """Libraries may say that something is wrong, not what they were given: the message template, unfilled.

    Of a message that came filled in, such as asyncio's, only the first line is safe.
    """

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().warning(
            "library", why=str(record.msg).partition("\n")[0][:LONGEST], file=record.name, exc=error
        )


def _errors(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Turn `exc` into its type and the place of ours where it arose; its message may hold what a citizen typed."""
    error = line.pop("exc", None)
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if "/gateway/" in frame.filename or "/providers/" in frame.filename]
        at = (ours or frames)[-1] if frames else None
        line["error"] = type(error).__name__
        if at is not None:
            line["place"] = f"{at.filename.rpartition('/')[2]}:{at.lineno}"
    return line


def _only_allowed(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        name: value[:LONGEST] if isinstance(value, str) else value for name, value in line.items() if name in ALLOWED
    }


class Metrics:
    """Every counter of the process. One object, made by the app and handed down."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.callbacks = Counter(
            "gateway_callbacks", "Telecom callbacks by their answer", ["channel", "outcome"], registry=registry
        )
        self.seconds = Histogram(
            "gateway_callback_seconds",
            "From the callback's arrival to its answer",
            ["channel"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=registry,
        )
        self.accepted = Counter("gateway_requests_accepted", "Requests filed", ["service"], registry=registry)
        self.lookups = Counter(
            "gateway_lookups", "Live questions to offices by outcome", ["office", "outcome"], registry=registry
        )
        self.deliveries = Counter(
            "gateway_deliveries", "Attempts to deliver by outcome", ["lane", "outcome"], registry=registry
        )
        self.refused = Gauge(
            "gateway_sms_refused", "SMS that caps refused in the last two days, by cap", ["why"], registry=registry
        )
        self.capped = Gauge(
            "gateway_sms_cap_reached", "1 while a cap of sms_limits refuses SMS", ["why"], registry=registry
        )
        self.cap_refused = Gauge(
            "gateway_sms_cap_refused",
            "SMS refused in the last two days, for those whom a cap refused most",
            ["why", "whom", "most"],
            registry=registry,
        )
        self.cap_ends = Gauge(
            "gateway_sms_cap_ends",
            "When a cap that refuses SMS takes them again, in seconds since 1970",
            ["why", "whom", "most"],
            registry=registry,
        )
        self.books = Gauge("gateway_books", "The ledger: requests by state", ["service", "state"], registry=registry)
        self.balance = Gauge("gateway_books_balanced", "1 while the books balance", registry=registry)
        self.menus = Gauge(
            "gateway_menus_as_on_disk", "1 while the menus in force are those on disk", registry=registry
        )
        self.sizes = Gauge("gateway_store", "Rows and bytes of the store", ["what"], registry=registry)
