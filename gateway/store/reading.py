"""Looking into the database without writing, for the command line and the console. Touches the database file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from gateway.messages import StoreTrouble
from gateway.store import caps, editions, housekeeping, ledger, opening, requests
from gateway.store.editions import InForce
from gateway.store.jobs import MessageRow
from gateway.store.migrations import HEAD, revision_of
from gateway.store.records import BooksRow, CapState, Counts, RequestRow, RequestState, Send

Found = TypeVar("Found")


class Reader:
    """A read-only view of the database, beside a running gateway or without one. Not for several threads at once."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection = opening.open_reader(database)

    @classmethod
    def open(cls, data: Path) -> Reader:
        """Open the database of a data directory. Raises StoreTrouble if there is none, or it is of another version."""
        database = data / opening.DATABASE
        with _in_words(database):
            reader = cls(database)
            revision = revision_of(database)
        if revision != HEAD:
            reader.close()
            raise StoreTrouble(f"{database}: is at revision {revision}, this program needs {HEAD}; run `gateway serve`")
        return reader

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def find_request(self, reference: str) -> RequestRow | None:
        """Return a request by its reference as stored."""
        return self._look(requests.find_request, reference)

    def own_requests(self, number: str, limit: int = 5, service: str | None = None) -> tuple[RequestRow, ...]:
        """Return a number's requests (to one service, if given), the latest first."""
        return self._look(requests.own_requests, number, limit, service)

    def list_requests(
        self,
        *,
        state: RequestState | None = None,
        service: str | None = None,
        office: str | None = None,
        number: str | None = None,
        limit: int = 100,
    ) -> tuple[RequestRow, ...]:
        """Return requests that match every given field, the latest first."""
        return self._look(requests.list_requests, state, service, office, number, limit)

    def list_messages(self, number: str | None = None, limit: int = 100) -> tuple[MessageRow, ...]:
        """Return outgoing SMS, the latest first."""
        return self._look(requests.list_messages, number, limit)

    def latest_sends(self, since: float) -> tuple[Send, ...]:
        """Return the latest SMS since a time that a channel was asked to send, the latest first."""
        return self._look(requests.latest_sends, since)

    def messages_about(self, reference: str) -> tuple[MessageRow, ...]:
        """Return the SMS about a request, the first first."""
        return self._look(requests.messages_about, reference)

    def books(self, since_day: str = "") -> tuple[BooksRow, ...]:
        """Return the ledger by day and service, from a day (`YYYY-MM-DD`) on."""
        return self._look(ledger.books, since_day)

    def verify(self) -> list[str]:
        """Return what does not add up, one sentence each; an empty list says that the books balance."""
        return self._look(ledger.verify)

    def caps(self, now: float) -> tuple[CapState, ...]:
        """Return what the caps on SMS refused of late, and which are exhausted."""
        return self._look(caps.states, now)

    def load_edition(self, edition: str) -> dict[str, str] | None:
        """Return an edition's files by path."""
        return self._look(editions.load, edition)

    def editions(self) -> tuple[InForce, ...]:
        """Return every kept edition that was in force, each once, the latest first."""
        return self._look(editions.history)

    def editions_in_use(self) -> dict[str, int]:
        """Return how many sessions that can still go on are pinned to each edition."""
        return self._look(editions.in_use)

    def counts(self, cached: int = 0) -> Counts:
        """Return sizes for /metrics."""
        return self._look(housekeeping.counts, self._database, cached)

    def _look(self, read: Callable[..., Found], *given: Any) -> Found:
        with _in_words(self._database):
            return read(self._connection, *given)


@contextmanager
def _in_words(database: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreTrouble(f"{database}: cannot be read ({error}); check the disk and who owns the file") from error
