"""Group commit: jobs that arrive together share one transaction and one sync. Touches the database.

Statements run on the event loop's thread, where they cost microseconds and never wait for the interpreter's lock; only
COMMIT, which waits for the disk, runs on the committer thread. Jobs that arrive meanwhile form the next batch.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import time
from typing import Any

import structlog

from gateway.messages import GatewayError, StoreTrouble

log = structlog.get_logger("gateway.store")

Job = Callable[[sqlite3.Connection], Any]
Waiting = tuple[Job, "asyncio.Future[Any]"]
Settled = list[tuple["asyncio.Future[Any]", Any]]

BATCH = 64
WAITING_AT_MOST = 10_000
PROBE_SECONDS = 1.0
PULSE = "INSERT INTO pulse (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at"
SYNC_FAILED = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})
# Errors of the machine rather than of one job (primary result codes): the whole batch fails, nothing is tried again.
OF_THE_DISK = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
    }
)


class Writer:
    """The one connection that writes. `trouble` is a sentence while commits fail, else None."""

    def __init__(self, connection: sqlite3.Connection, loop: asyncio.AbstractEventLoop) -> None:
        self.trouble: str | None = None
        self._connection = connection
        self._execute = connection.execute
        self._loop = loop
        self._waiting: list[Waiting] = []
        self._busy = False
        self._lost = False
        self._closed = False
        self._probe: asyncio.TimerHandle | None = None
        self._commits: SimpleQueue[Settled | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._commit_for_ever, name="store-commit", daemon=True)
        self._thread.start()

    def put(self, job: Job) -> asyncio.Future[Any]:
        """Queue a job; its future brings what it returned, once that is on stable storage. Raises StoreTrouble."""
        if self._closed or self._lost or len(self._waiting) >= WAITING_AT_MOST:
            raise StoreTrouble(self._refusal())
        future = self._loop.create_future()
        self._waiting.append((job, future))
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._write)
        return future

    async def close(self) -> None:
        """Commit what waits, stop the committer and close the connection."""
        self._closed = True
        if self._probe is not None:
            self._probe.cancel()
        while self._busy:
            await asyncio.sleep(0.001)
        self._commits.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _refusal(self) -> str:
        if self._closed:
            return "the store is closed"
        return self.trouble or "the disk cannot keep up: too many writes wait; try again in a moment"

    # --- on the loop's thread

    def _write(self) -> None:
        batch = self._waiting[:BATCH]
        del self._waiting[:BATCH]
        settled: Settled
        try:
            self._execute("BEGIN IMMEDIATE")
            settled = [(future, job(self._connection)) for job, future in batch]
        except Exception as error:  # noqa: BLE001 - a job may fail in any way, and must then fail alone
            settled = self._write_one_by_one(batch, error)
        self._commits.put(settled)

    def _write_one_by_one(self, batch: list[Waiting], error: Exception) -> Settled:
        """Do a batch again from the start, each job in a savepoint, so that only the one at fault fails."""
        self._roll_back()
        if _of_the_disk(error):
            return self._fail(batch, error)
        try:
            self._execute("BEGIN IMMEDIATE")
            return [(future, self._guarded(job)) for job, future in batch]
        except sqlite3.Error as again:
            self._roll_back()
            return self._fail(batch, again)

    def _guarded(self, job: Job) -> Any:
        self._execute("SAVEPOINT job")
        try:
            result = job(self._connection)
        except Exception as error:
            if _of_the_disk(error):
                raise
            self._execute("ROLLBACK TO job")
            result = _Failure(_explained(error))
        self._execute("RELEASE job")
        return result

    def _fail(self, batch: list[Waiting], error: Exception) -> Settled:
        failure = _Failure(self._in_trouble(error))
        return [(future, failure) for _, future in batch]

    def _roll_back(self) -> None:
        if not self._connection.in_transaction:
            return
        try:
            self._execute("ROLLBACK")
        except sqlite3.Error as error:
            log.error("rollback failed", why=str(error))

    def _settle(self, settled: Settled, error: sqlite3.Error | None) -> None:
        if error is not None:
            self._roll_back()
            failure = _Failure(self._in_trouble(error))
            settled = [(future, failure) for future, _ in settled]
        if self._waiting:
            self._write()
        else:
            self._busy = False
        for future, result in settled:
            if future.done():
                continue
            if type(result) is _Failure:
                future.set_exception(result.error)
            else:
                future.set_result(result)

    # --- trouble

    def _in_trouble(self, error: Exception) -> StoreTrouble:
        self._lost = self._lost or getattr(error, "sqlite_errorcode", 0) in SYNC_FAILED
        self.trouble = (
            f"the disk failed to sync ({error}): what it holds is not certain; check it, then restart the gateway"
            if self._lost
            else f"the database cannot be written ({error}); free disk space or repair the disk"
        )
        log.error("store cannot write", why=str(error), code=getattr(error, "sqlite_errorname", ""), lost=self._lost)
        if self._probe is None and not self._lost and not self._closed:
            self._probe = self._loop.call_later(PROBE_SECONDS, self._try_again)
        return StoreTrouble(self.trouble)

    def _try_again(self) -> None:
        self._probe = None
        if self._closed or self._lost or self.trouble is None:
            return
        try:
            self.put(_pulse).add_done_callback(self._recovered)
        except StoreTrouble:
            self._probe = self._loop.call_later(PROBE_SECONDS, self._try_again)

    def _recovered(self, pulse: asyncio.Future[Any]) -> None:
        if not pulse.cancelled() and pulse.exception() is None:
            self.trouble = None
            log.info("store writes again")

    # --- on the committer's thread

    def _commit_for_ever(self) -> None:
        while (settled := self._commits.get()) is not None:
            error = None
            try:
                if self._connection.in_transaction:
                    self._execute("COMMIT")
            except sqlite3.Error as failed:
                error = failed
            try:
                self._loop.call_soon_threadsafe(self._settle, settled, error)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return


class _Failure:
    """What a job ended in instead of a result."""

    __slots__ = ("error",)

    def __init__(self, error: GatewayError) -> None:
        self.error = error


def _of_the_disk(error: Exception) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in OF_THE_DISK


def _explained(error: Exception) -> GatewayError:
    if isinstance(error, GatewayError):
        return error
    trouble = StoreTrouble(f"the database refused a write: {error}")
    trouble.__cause__ = error
    return trouble


def _pulse(connection: sqlite3.Connection) -> None:
    connection.execute(PULSE, (time(),))
