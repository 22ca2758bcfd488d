"""The sessions that go on, in memory: what the database holds of them, so that most turns need not read it. Pure."""

from __future__ import annotations

from gateway.store.records import Recalled, Session

TURNS_AT_MOST = 40  # a longer session is read from the database each time


class Live:
    """The sessions touched last, each with every reply that it gave. The oldest goes when there are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: dict[bytes, tuple[Session, dict[bytes, bytes]]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def recall(self, key: bytes, mark: bytes) -> Recalled | None:
        """Return what is known of a key; None: ask the database."""
        entry = self._entries.get(key)
        return None if entry is None else Recalled(entry[0], entry[1].get(mark))

    def session(self, key: bytes) -> Session | None:
        """Return the session that is known of a key."""
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def learn(self, session: Session, replies: dict[bytes, bytes]) -> None:
        """Take in a session as the database has it, unless something newer is known."""
        known = self._entries.get(session.key)
        if known is None or (known[0].start, known[0].turn) < (session.start, session.turn):
            self._put(session, replies)

    def follow(self, session: Session, mark: bytes, reply: bytes) -> None:
        """Take in a turn just committed. A session whose earlier turns are not all known is forgotten instead."""
        known = self._entries.pop(session.key, None)
        if session.ended is not None or session.turn > TURNS_AT_MOST:
            return
        if session.turn == 1:
            self._put(session, {mark: reply})
        elif known is not None and known[0].id == session.id and known[0].turn == session.turn - 1:
            known[1][mark] = reply
            self._put(session, known[1])

    def forget(self, key: bytes) -> None:
        """Drop what is known of a key: the database knows better."""
        self._entries.pop(key, None)

    def forget_before(self, time: float) -> None:
        """Drop the sessions that were last touched before a time: the sweep may have deleted them."""
        for key in [key for key, (session, _) in self._entries.items() if session.touched < time]:
            del self._entries[key]

    def _put(self, session: Session, replies: dict[bytes, bytes]) -> None:
        if session.ended is not None or session.turn > TURNS_AT_MOST:
            return
        self._entries[session.key] = (session, replies)
        if len(self._entries) > self._most:
            del self._entries[next(iter(self._entries))]
