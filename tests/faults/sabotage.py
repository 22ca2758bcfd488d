"""Starts a gateway that was broken on purpose: `python -m tests.faults.sabotage NAME serve …`.

A fault test is worth believing only if it fails against the build that has the fault. Nothing of this is in the
product: each sabotage replaces a method before the command line runs.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

import orjson
import structlog

from gateway.cli import main
from gateway.engine import State, plain
from gateway.messages import Later, Outcome, Request
from gateway.outbox import Outbox
from gateway.states import CLEAR, States
from gateway.store.jobs import Completion, Job, Reject
from gateway.store.records import Kept, Session, Turn
from gateway.store.store import Store
from gateway.talk import Talk
from providers.telecom import africastalking

LATE = 0.15  # seconds between the answer and the commit of a build that acknowledges too early
TRIES = 5  # attempts of a build that gives up
pending: set[asyncio.Task[Any]] = set()


def ack_before_commit() -> None:
    """Answer a turn that files a request before it is committed."""
    honest = Store.keep

    async def keep(self: Store, turn: Turn) -> Any:
        if not turn.requests:
            return await honest(self, turn)
        task = asyncio.create_task(_later(honest, self, turn))
        pending.add(task)
        task.add_done_callback(pending.discard)
        return Kept(Session(0, turn.key, 1, "", "", "", 1, None, "", 0, b"", 0, 0, 0))

    Store.keep = keep  # type: ignore[method-assign]


async def _later(honest: Any, store: Store, turn: Turn) -> None:
    await asyncio.sleep(LATE)
    await honest(store, turn)


def no_repeat_mark() -> None:
    """Neither look for a turn's earlier reply nor keep its mark."""
    honest_recall, honest_keep, honest_init = Store.recall, Store.keep, Talk.__init__

    async def recall(self: Store, key: bytes, mark: bytes, **given: Any) -> Any:
        return (await honest_recall(self, key, os.urandom(16), **given))._replace(reply=None)

    async def keep(self: Store, turn: Turn) -> Any:
        return await honest_keep(self, turn._replace(mark=os.urandom(16)))

    def start(self: Talk, *given: Any, **named: Any) -> None:
        honest_init(self, *given, **named)
        self._under_way = Forgetful()

    Store.recall, Store.keep, Talk.__init__ = recall, keep, start  # type: ignore[method-assign]


class Forgetful(dict[Any, Any]):
    """A dictionary that finds nothing, and holds nothing dear."""

    def get(self, key: Any, default: Any = None) -> Any:
        return default

    def __delitem__(self, key: Any) -> None:
        self.pop(key, None)


def secrets_in_clear() -> None:
    """Keep a conversation as it is, whatever was typed in it."""

    def closed(self: States, state: State | None, key: bytes) -> bytes | None:
        return None if state is None else CLEAR + orjson.dumps(plain(state))

    States.closed = closed  # type: ignore[method-assign]


def talkative() -> None:
    """Log what telecoms send, as one does for a moment while looking for a fault."""
    honest = africastalking.parse

    def parse(request: Request, settings: Any) -> Any:
        structlog.get_logger().debug("callback", why=request.body.decode("latin-1"))
        return honest(request, settings)

    africastalking.parse = parse


def dropping() -> Callable[[Outbox, Job, Outcome], Completion]:
    """Return an outbox's judgement that gives a request up after a few attempts, however young it is."""
    honest = Outbox._of_office

    def settled(self: Outbox, job: Job, outcome: Outcome) -> Completion:
        if job.attempt >= TRIES and isinstance(outcome, Later):
            return Reject("dropped", "tried often enough")
        return honest(self, job, outcome)

    return settled


SABOTAGES = {each.__name__: each for each in (ack_before_commit, no_repeat_mark, secrets_in_clear, talkative)}

if __name__ == "__main__":
    SABOTAGES[sys.argv.pop(1)]()
    main()
