"""The state of a conversation as it is stored: JSON, and sealed as soon as a secret answer is in it. In memory only."""

from __future__ import annotations

import orjson

from gateway import engine
from gateway.crypto import Keys
from gateway.engine import State
from gateway.store.records import Session

SEALED, CLEAR = b"S", b"C"
FRESH = 8192  # states held in memory, those of the latest turns


class States:
    """Writes states and reads them back."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._fresh: dict[bytes, tuple[bytes, State]] = {}  # as it is stored, and as it was before: by session

    def closed(self, state: State | None, key: bytes) -> bytes | None:
        """Return the state as bytes; None for none. `key` is the session's: only with it can a sealed one be opened."""
        if state is None:
            return None
        body = orjson.dumps(engine.plain(state))
        return SEALED + self._keys.seal(body, key) if b'"secrets":' in body else CLEAR + body

    def opened(self, session: Session) -> State:
        """Return the state that `closed` wrote."""
        assert session.state is not None
        fresh = self._fresh.get(session.key)
        if fresh is not None and fresh[0] == session.state:
            return fresh[1]
        body = session.state[1:]
        if session.state[:1] == SEALED:
            body = self._keys.open(body, session.key)
        return engine.restored(orjson.loads(body))

    def note(self, session: Session, state: State | None) -> None:
        """Spare the next turn the reading of its state. What is sealed on disk is not held in clear here."""
        self._fresh.pop(session.key, None)
        if state is None or session.state is None or session.state[:1] == SEALED or session.ended is not None:
            return
        self._fresh[session.key] = (session.state, state)
        if len(self._fresh) > FRESH:
            del self._fresh[next(iter(self._fresh))]
