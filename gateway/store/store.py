"""The store: the one place where the gateway writes to disk. Touches the database files under the data directory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from gateway.messages import SmsState
from gateway.store.records import (
    BooksRow,
    Claimed,
    Completion,
    Counts,
    Job,
    Keeping,
    Lane,
    NewMessage,
    Newcomer,
    Recalled,
    RequestRow,
    RequestState,
    Swept,
    Turn,
)


class Store:
    """Everything durable. One per process and data directory; made by `Store.open`.

    Every method may raise StoreTrouble. `news` is set whenever there may be something new to claim; who waits for it
    clears it. `trouble` is a sentence while the store cannot write, else None.
    """

    news: asyncio.Event
    trouble: str | None

    @classmethod
    async def open(cls, data: Path, *, durability: Literal["full", "relaxed"] = "full", cached: int = 8192) -> Store:
        """Lock the directory, migrate the database and void the leases of the process that was here before.

        Raises StoreTrouble when another process holds the directory.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Commit what waits, close the files and give up the lock."""
        raise NotImplementedError

    # --- the hot path

    async def recall(
        self, key: bytes, mark: bytes, *, channel: str = "", number: str = "", since: float | None = None
    ) -> Recalled:
        """Return the latest session of a key, and the reply already given to that mark in it.

        With `since` (and channel and number), also what `newcomer` says when no session of the key goes on.
        """
        raise NotImplementedError

    async def newcomer(self, channel: str, number: str, since: float) -> Newcomer:
        """Return the number's remembered language, its opt-out, and its session left unfinished after `since`."""
        raise NotImplementedError

    async def keep(self, turn: Turn) -> Keeping:
        """Commit one turn whole. Returns when it is on stable storage."""
        raise NotImplementedError

    async def end(self, key: bytes, now: float, *, resumable: bool = True) -> bool:
        """Note that the telecom ended the latest session of a key. False: there was none going on."""
        raise NotImplementedError

    async def opt(self, channel: str, number: str, *, out: bool, now: float) -> None:
        """Remember that a number does not want SMS from a channel, or does again."""
        raise NotImplementedError

    # --- requests

    async def own_requests(self, number: str, limit: int = 5) -> tuple[RequestRow, ...]:
        """Return a number's requests, the latest first."""
        raise NotImplementedError

    async def find_request(self, reference: str) -> RequestRow | None:
        """Return a request by its reference as stored (upper case, no hyphens unless stored so)."""
        raise NotImplementedError

    async def list_requests(
        self,
        *,
        state: RequestState | None = None,
        service: str | None = None,
        office: str | None = None,
        number: str | None = None,
        limit: int = 100,
    ) -> tuple[RequestRow, ...]:
        """Return requests that match, the latest first."""
        raise NotImplementedError

    async def books(self, since_day: str = "") -> tuple[BooksRow, ...]:
        """Return the ledger by service and day (`YYYY-MM-DD`, UTC), from `since_day` on."""
        raise NotImplementedError

    async def verify(self) -> list[str]:
        """Return what does not add up, one sentence each. Empty: the books balance."""
        raise NotImplementedError

    async def counts(self) -> Counts:
        """Return sizes for /metrics."""
        raise NotImplementedError

    # --- the outbox

    async def set_lanes(self, lanes: Sequence[Lane]) -> None:
        """Put the limits of every lane in force. What a lane has learnt (rate, breaker) stays."""
        raise NotImplementedError

    async def claim(self, wanted: Mapping[str, int], now: float, lease: float) -> Claimed:
        """Lease due jobs for `lease` seconds: at most `wanted[lane]` of each lane, within its rate, cap and breaker."""
        raise NotImplementedError

    async def finish(
        self, job: Job, outcome: Completion, now: float, messages: tuple[NewMessage, ...] = ()
    ) -> bool:
        """Settle one attempt, with messages to send because of it. False: the lease was lost, nothing was written."""
        raise NotImplementedError

    async def park(self, reference: str, why: str, now: float) -> bool:
        """Set a queued request aside for a person. False: it is not queued, or an attempt is under way."""
        raise NotImplementedError

    async def park_overdue(self, accepted_before: float, why: str, now: float, limit: int = 500) -> tuple[str, ...]:
        """Park queued requests accepted before a time; return their references."""
        raise NotImplementedError

    async def replay(self, reference: str, now: float) -> bool:
        """Queue a parked request again, same key and bytes, attempts from 0. False: it is not parked."""
        raise NotImplementedError

    # --- outgoing SMS

    async def receipt(
        self, channel: str, provider_id: str, state: SmsState | None, reason: str, word: str, now: float
    ) -> bool:
        """Apply a delivery report. Final states stay. False: the id is not known (yet); the report is kept."""
        raise NotImplementedError

    # --- editions

    async def keep_edition(self, hash: str, files: Mapping[str, str], now: float) -> None:
        """Keep the service files of an edition under their content hash. Keeping it twice is fine."""
        raise NotImplementedError

    async def load_edition(self, hash: str) -> dict[str, str] | None:
        """Return the service files of an edition by path."""
        raise NotImplementedError

    async def editions_in_use(self) -> frozenset[str]:
        """Return the hashes that sessions which can still go on are pinned to."""
        raise NotImplementedError

    # --- housekeeping

    async def sweep(self, now: float, *, sessions_after: float, inbox_after: float, limit: int = 500) -> Swept:
        """Delete sessions not touched for `sessions_after` seconds and inbox ids older than `inbox_after` seconds."""
        raise NotImplementedError
