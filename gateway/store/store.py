"""The store: the one place where the gateway writes to disk. Touches the database files under the data directory."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, TypeVar

import structlog

from gateway.messages import Part, SmsState, StoreTrouble, Texted
from gateway.store import caps, editions, housekeeping, lanes, opening, outbox, parts, requests, sessions
from gateway.store.editions import InForce
from gateway.store.jobs import Claimed, Completion, Job, Lane, MessageRow
from gateway.store.live import Live
from gateway.store.migrations import HEAD, migrate, revision_of
from gateway.store.reading import Reader
from gateway.store.records import (
    BooksRow,
    CapState,
    Counts,
    HeldPart,
    Keeping,
    Kept,
    Newcomer,
    NewMessage,
    Recalled,
    RequestRow,
    RequestState,
    Swept,
    Turn,
)
from gateway.store.writer import Writer

log = structlog.get_logger("gateway.store")
Found = TypeVar("Found")


class Store:
    """Everything durable. One per process and data directory; made by `Store.open`.

    Every method may raise StoreTrouble. `news` is set whenever there may be something new to claim; who waits for it
    clears it.
    """

    def __init__(self, data: Path, held: IO[str], connection: sqlite3.Connection, cached: int) -> None:
        database = data / opening.DATABASE
        self.news = asyncio.Event()
        self._held = held
        self._writer = Writer(connection, asyncio.get_running_loop())
        self._near = opening.open_reader(database)  # for the loop's thread: look-ups by index, a few microseconds each
        self._far = Reader(database)  # for the thread beside it: what may take long
        self._beside = ThreadPoolExecutor(1, "store-read")
        self._live = Live(cached)
        self._swept_to = 0

    @classmethod
    async def open(
        cls, data: Path, *, durability: opening.Durability = "full", cached: int = 8192, fingerprint: int = 0
    ) -> Store:
        """Lock the directory, migrate the database and void the leases of the process that was here before.

        `cached` sessions are held in memory; `fingerprint` names the key that marks and secrets are made with. Raises
        StoreTrouble when another process holds the directory, or the database belongs to another key.
        """
        data.mkdir(parents=True, exist_ok=True)
        held = opening.lock(data)
        try:
            connection = await asyncio.to_thread(_prepare, data / opening.DATABASE, durability, fingerprint)
            store = cls(data, held, connection, cached)
        except BaseException:
            held.close()
            raise
        try:
            freed = await store._write(outbox.void_leases)
        except StoreTrouble:
            await store.close()
            raise
        log.info("store open", sqlite=sqlite3.sqlite_version, durability=durability, leases_voided=freed)
        return store

    @property
    def trouble(self) -> str | None:
        """Say why the store cannot write just now; None: it can."""
        return self._writer.trouble

    async def close(self) -> None:
        """Commit what waits, close the files and give up the lock."""
        self._near.close()
        self._beside.shutdown(wait=True)
        self._far.close()
        await self._writer.close()
        self._held.close()

    # --- the hot path

    async def recall(
        self, key: bytes, mark: bytes, *, channel: str = "", number: str = "", since: float | None = None
    ) -> Recalled:
        """Return the latest session of a key, and the reply already given to that mark in it.

        With `since` (and channel and number), also what `newcomer` says when no session of the key goes on.
        """
        known = self._live.recall(key, mark)
        if known is not None:
            return known
        recalled, replies = self._look(sessions.recall, key, mark)
        session = recalled.session
        if session is not None and session.ended is None:
            self._live.learn(session, replies)
            return recalled
        if since is None:
            return recalled
        return Recalled(session, recalled.reply, self._look(sessions.newcomer, channel, number, since))

    async def newcomer(self, channel: str, number: str, since: float) -> Newcomer:
        """Return the number's remembered language, its opt-out, and its session left unfinished after `since`."""
        return self._look(sessions.newcomer, channel, number, since)

    async def keep(self, turn: Turn) -> Keeping:
        """Commit one turn whole. Returns when it is on stable storage."""
        try:
            before = self._live.session(turn.key)
            kept: Keeping = await self._writer.put(lambda connection: sessions.keep(connection, turn, before))
        except BaseException:
            self._live.forget(turn.key)  # whether it was committed is not known here
            raise
        if type(kept) is not Kept:
            self._live.forget(turn.key)
            return kept
        self._live.follow(kept.session, turn.mark, turn.reply)
        if turn.retires is not None:
            self._live.forget(turn.retires.key)
        if turn.requests or turn.messages:
            self.news.set()
        return kept

    async def end(self, key: bytes, now: float, *, number: str = "", resumable: bool = True) -> bool:
        """Note that the telecom ended the latest session of a key, unless that is known to be another number's.

        False: there was none going on. Unless resumable, what it held is dropped.
        """
        try:
            return await self._write(sessions.end, key, number, now, resumable)
        finally:
            self._live.forget(key)

    async def opt(self, channel: str, number: str, *, out: bool, now: float) -> None:
        """Remember that a number does not want SMS from a channel, or does again."""
        await self._write(sessions.opt, channel, number, out, now)

    # --- requests

    async def own_requests(self, number: str, limit: int = 5, service: str | None = None) -> tuple[RequestRow, ...]:
        """Return a number's requests (to one service, if given), the latest first."""
        return self._look(requests.own_requests, number, limit, service)

    async def find_request(self, reference: str) -> RequestRow | None:
        """Return a request by its reference as stored."""
        return self._look(requests.find_request, reference)

    async def list_requests(
        self,
        *,
        state: RequestState | None = None,
        service: str | None = None,
        office: str | None = None,
        number: str | None = None,
        limit: int = 100,
    ) -> tuple[RequestRow, ...]:
        """Return requests that match every given field, the latest first."""
        wanted = {"state": state, "service": service, "office": office, "number": number, "limit": limit}
        return await self._aside(lambda: self._far.list_requests(**wanted))  # type: ignore[arg-type]

    async def list_messages(self, number: str | None = None, limit: int = 100) -> tuple[MessageRow, ...]:
        """Return outgoing SMS, the latest first."""
        return await self._aside(lambda: self._far.list_messages(number, limit))

    async def books(self, since_day: str = "") -> tuple[BooksRow, ...]:
        """Return the ledger by day (`YYYY-MM-DD`, UTC) and service, from `since_day` on."""
        return await self._aside(lambda: self._far.books(since_day))

    async def verify(self) -> list[str]:
        """Return what does not add up, one sentence each. Empty: the books balance."""
        return await self._aside(self._far.verify)

    async def counts(self) -> Counts:
        """Return sizes for /metrics."""
        cached = len(self._live)
        return await self._aside(lambda: self._far.counts(cached))

    # --- the outbox

    async def set_lanes(self, limits: Sequence[Lane]) -> None:
        """Put the limits of every lane in force. What a lane has learnt (rate, breaker) stays."""
        await self._write(lanes.set_lanes, tuple(limits))

    async def claim(self, wanted: Mapping[str, int], now: float, lease: float) -> Claimed:
        """Lease due jobs for `lease` seconds: at most `wanted[lane]` of each lane, within its rate, cap and breaker.

        A lane that gave all that was wanted sets no `wake_at`: ask again after a `finish`.
        """
        return await self._write(lanes.claim, dict(wanted), now, lease)

    async def finish(self, job: Job, outcome: Completion, now: float, messages: tuple[NewMessage, ...] = ()) -> bool:
        """Settle one attempt, with messages to send because of it. False: the lease was lost, nothing was written."""
        settled = await self._write(outbox.finish, job, outcome, now, messages)
        if messages:
            self.news.set()
        return settled

    async def park(self, reference: str, why: str) -> bool:
        """Set a queued request aside for a person. False: it is not queued, or an attempt is under way."""
        return await self._write(outbox.park, reference, why)

    async def park_overdue(self, queued_before: float, why: str, limit: int = 200) -> tuple[str, ...]:
        """Park requests queued (and last due) before a time; return their references. Full limit: call again."""
        return await self._write(outbox.park_overdue, queued_before, why, limit)

    async def replay(self, reference: str, now: float) -> bool:
        """Queue a parked request again, same key and bytes, attempts from 0. False: it is not parked."""
        queued = await self._write(outbox.replay, reference, now)
        if queued:
            self.news.set()
        return queued

    # --- outgoing SMS

    async def receipt(
        self, channel: str, provider_id: str, state: SmsState | None, reason: str, word: str, now: float
    ) -> bool:
        """Apply a delivery report. Final states stay. False: the id is not known (yet); the report is kept."""
        return await self._write(outbox.receipt, channel, provider_id, state, reason, word, now)

    async def caps(self, now: float) -> tuple[CapState, ...]:
        """Return what the caps on SMS refused of late, and which are exhausted."""
        return self._look(caps.states, now)

    # --- parts of long SMS

    async def hold_part(self, channel: str, texted: Texted, part: Part, now: float) -> tuple[HeldPart, ...]:
        """Keep a part of a long SMS; return those that wait with it, itself included unless it was joined before."""
        return await self._write(parts.hold, channel, texted, part, now)

    async def parts_overdue(self, before: float, limit: int = 200) -> tuple[tuple[HeldPart, ...], ...]:
        """Return the parts of each long SMS that has waited for the rest since before a time."""
        return self._look(parts.overdue, before, limit)

    async def parts_joined(self, held: Sequence[HeldPart]) -> None:
        """Note that a long SMS was answered as a whole."""
        await self._write(parts.joined, tuple(held))

    # --- editions and housekeeping

    async def put_in_force(self, edition: str, files: Mapping[str, str], now: float, disk: str, why: str = "") -> None:
        """Keep the files of an edition under their content hash, and remember that it is in force now, and why.

        `disk` is the hash of what lies on disk: another one after a roll-back.
        """
        await self._write(editions.put_in_force, edition, dict(files), now, disk, why)

    async def in_force(self) -> InForce | None:
        """Return the edition that came into force last; None in a new database."""
        return self._look(editions.in_force)

    async def load_edition(self, edition: str) -> dict[str, str] | None:
        """Return the files of an edition by path."""
        return await self._aside(lambda: self._far.load_edition(edition))

    async def editions(self) -> tuple[InForce, ...]:
        """Return every kept edition that was in force, each once, the latest first."""
        return await self._aside(self._far.editions)

    async def forget_editions(self, most: int) -> int:
        """Delete editions beyond the `most` that were in force last, unless a session that can go on needs them."""
        if not self._look(editions.past, most):
            return 0  # counting the sessions takes long
        needed = await self._aside(self._far.editions_in_use)
        return await self._write(editions.forget, most, frozenset(needed))

    async def sweep(self, now: float, *, sessions_after: float, inbox_after: float, limit: int = 200) -> Swept:
        """Delete a piece of what is past: sessions untouched, inbox ids and stray receipts older than so many seconds.

        Each call looks at the next `limit` sessions; call it now and then, again at once while `more`.
        """
        before = now - sessions_after
        swept, self._swept_to = await self._write(
            housekeeping.sweep, self._swept_to, now, before, now - inbox_after, limit
        )
        if swept.sessions:
            self._live.forget_before(before)
        return swept

    # --- how

    async def _write(self, job: Callable[..., Found], *given: Any) -> Found:
        result: Found = await self._writer.put(lambda connection: job(connection, *given))
        return result

    def _look(self, read: Callable[..., Found], *given: Any) -> Found:
        try:
            return read(self._near, *given)
        except sqlite3.Error as error:
            raise StoreTrouble(f"the database cannot be read ({error}); check the disk") from error

    async def _aside(self, read: Callable[[], Found]) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._beside, read)


def _prepare(database: Path, durability: opening.Durability, fingerprint: int) -> sqlite3.Connection:
    """Migrate the database and open its writing connection."""
    if opening.has_wal_reset_bug(sqlite3.sqlite_version_info):
        log.warning(
            "sqlite wal reset bug",
            sqlite=sqlite3.sqlite_version,
            why="this SQLite can corrupt a database that two connections write; we write through one only, so let "
            "nothing else write to the file, or install SQLite 3.51.3 or later",
        )
    try:
        if revision_of(database) != HEAD:
            migrate(database)
        connection = opening.open_writer(database, durability)
        if fingerprint:
            opening.claim(connection, database, fingerprint)
        return connection
    except StoreTrouble:
        raise
    except Exception as error:
        raise StoreTrouble(
            f"{database}: cannot be opened or migrated ({error}); restore a backup or check the disk"
        ) from error
