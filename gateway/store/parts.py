"""Parts of long SMS until they are all there. Every function takes the connection to read or write through.

Texts come sealed. A part stays, marked as joined and without its text, for as long as the telecom may bring it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from gateway.messages import Part, Texted
from gateway.store.records import HeldPart

HOLD = """
    INSERT INTO part (channel, message_id, number, receiver, ref, total, place, text, network, link, at, joined)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (channel, message_id) DO NOTHING"""
COLUMNS = "channel, message_id, number, receiver, ref, total, place, text, network, link, at"
OF_ONE = f"""
    SELECT {COLUMNS} FROM part
    WHERE joined = 0 AND number = ? AND channel = ? AND receiver = ? AND ref = ? AND total = ? ORDER BY at, message_id
    """  # noqa: S608 - constant
OVERDUE = f"SELECT {COLUMNS} FROM part WHERE joined = 0 AND at < ? ORDER BY at LIMIT ?"  # noqa: S608 - constant
JOINED = "UPDATE part SET joined = 1, text = '' WHERE channel = ? AND message_id = ?"
FORGET = """
    DELETE FROM part WHERE (channel, message_id) IN (
        SELECT channel, message_id FROM part WHERE joined = 1 AND at < ? LIMIT ?)"""


def hold(connection: Connection, channel: str, texted: Texted, part: Part, now: float) -> tuple[HeldPart, ...]:
    """Keep a part; return those of the same long SMS that wait with it, the oldest first. None: it was joined."""
    connection.execute(
        HOLD,
        (channel, texted.id, texted.msisdn, texted.to, part.ref, part.total, part.number, texted.text, texted.network,
         texted.link, now),
    )  # fmt: skip
    return _like(connection, channel, texted.msisdn, texted.to, part)


def overdue(connection: Connection, before: float, limit: int) -> tuple[tuple[HeldPart, ...], ...]:
    """Return the parts of each long SMS of which one has waited since before a time."""
    found: dict[tuple[str, str, str, Part], tuple[HeldPart, ...]] = {}
    for row in connection.execute(OVERDUE, (before, limit)).fetchall():
        held = _held(row)
        one = (held.channel, held.texted.msisdn, held.texted.to, held.part._replace(number=0))
        if one not in found:
            found[one] = _like(connection, held.channel, held.texted.msisdn, held.texted.to, held.part)
    return tuple(found.values())


def joined(connection: Connection, parts: Sequence[HeldPart]) -> None:
    """Note that these parts were put together and answered."""
    connection.executemany(JOINED, [(held.channel, held.texted.id) for held in parts])


def sweep(connection: Connection, before: float, limit: int) -> int:
    """Delete joined parts from before a time; return how many."""
    return connection.execute(FORGET, (before, limit)).rowcount


def _like(connection: Connection, channel: str, number: str, receiver: str, part: Part) -> tuple[HeldPart, ...]:
    rows = connection.execute(OF_ONE, (number, channel, receiver, part.ref, part.total)).fetchall()
    return tuple(_held(row) for row in rows)


def _held(row: tuple[str, str, str, str, str, int, int, str, str, str, float]) -> HeldPart:
    channel, id_, number, receiver, ref, total, place, text, network, link, at = row
    part = Part(ref, total, place)
    return HeldPart(channel, Texted(id_, number, receiver, text, None, network, link, part), part, at)
