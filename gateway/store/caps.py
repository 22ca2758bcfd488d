"""Caps on SMS: what was spent in the present minute, hour or day, and what was refused. Takes the writing connection.

A message is counted in the transaction that queues it, so that neither a repeat nor a restart is counted wrongly. One
that is refused spends nothing: who exhausts one cap leaves the others to everybody else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from sqlite3 import Connection

import structlog

from gateway.store.records import Cap, CapKey, CapState

log = structlog.get_logger("gateway.store")

SPEND = """
    INSERT INTO tally (name, key, until, spent, refused) VALUES {}
    ON CONFLICT (until, name, key) DO UPDATE SET spent = spent + excluded.spent RETURNING name, key, spent"""
ROW = "(?, ?, ?, ?, 0)"
GIVE_BACK = "UPDATE tally SET spent = spent - ? WHERE name = ? AND key = ? AND until = ?"
REFUSE = """
    INSERT INTO tally (name, key, until, spent, refused) VALUES (?, ?, ?, 0, 1)
    ON CONFLICT (until, name, key) DO UPDATE SET refused = refused + 1 RETURNING refused"""
REACHED = "SELECT 1 FROM tally WHERE until = ? AND name = ? AND refused > 0 LIMIT 2"
STATES = """
    SELECT name, sum(refused), max(CASE WHEN until > ? AND refused > 0 THEN 1 ELSE 0 END) FROM tally GROUP BY name"""
WORST = """
    SELECT name, key, refused, until FROM (
        SELECT name, key, sum(refused) AS refused, max(until) AS until,
            row_number() OVER (PARTITION BY name ORDER BY sum(refused) DESC, key) AS place
        FROM tally WHERE refused > 0 GROUP BY name, key)
    WHERE place <= ? ORDER BY name, place"""
OLD = """
    DELETE FROM tally WHERE (until, name, key) IN (SELECT until, name, key FROM tally WHERE until < ? LIMIT ?)"""
KEPT = 2 * 86400.0  # seconds that a tally is kept after its end, for /metrics and doctor
NAMED = 5  # keys of each cap that are named, those it refused most for
COUNTRY = "country"  # the cap of numbers that may not be sent to at all
UNITS = {60.0: "minute", 3600.0: "hour", 86400.0: "day"}


def exhausted(connection: Connection, caps: tuple[Cap, ...], now: float) -> str:
    """Count one message against its caps; if one of them is exhausted, refuse it and return that cap's name."""
    windows = [(cap, (now // cap.seconds + 1) * cap.seconds) for cap in caps]
    given = [value for cap, until in windows for value in (cap.name, cap.key, until, cap.amount)]
    rows = connection.execute(_spend(len(caps)), given).fetchall()
    spent = {(name, key): sum_ for name, key, sum_ in rows}
    for cap, until in windows:
        if spent[cap.name, cap.key] > cap.most:
            for other, end in windows:
                connection.execute(GIVE_BACK, (other.amount, other.name, other.key, end))
            (refused,) = connection.execute(REFUSE, (cap.name, cap.key, until)).fetchone()
            if refused == 1 and len(connection.execute(REACHED, (until, cap.name)).fetchall()) == 1:
                log.error("SMS refused", why=_why(cap, until))
            return cap.name
    return ""


def _why(cap: Cap, until: float) -> str:
    if cap.name == COUNTRY:
        return "it goes to a country that is not in `countries` of sms_limits; SMS pumping, or is a prefix missing?"
    at = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M UTC")
    most = f"{cap.most:.10g}/{UNITS[cap.seconds]}"
    return f"{shown(cap.name, cap.key)} reached the cap {cap.name!r} of sms_limits, {most}, until {at}; SMS pumping?"


def shown(name: str, key: str) -> str:
    """Return what a cap counted under a key, for a person: of a number only its ends, of a range what is the same."""
    if name.endswith("number"):
        return f"{key[:4]}…{key[-3:]}"
    if name.endswith("range"):
        return f"{key}…"
    return key or "all"


@cache
def _spend(count: int) -> str:
    """Return the statement that spends so many caps at once."""
    return SPEND.format(", ".join([ROW] * count))


def states(connection: Connection, now: float) -> tuple[CapState, ...]:
    """Return what each cap refused of late, and whether it is exhausted just now."""
    worst: dict[str, list[CapKey]] = {}
    for name, key, refused, until in connection.execute(WORST, (NAMED,)):
        worst.setdefault(name, []).append(CapKey(key, refused, until))
    rows = connection.execute(STATES, (now,)).fetchall()
    return tuple(CapState(name, refused, bool(now_), tuple(worst.get(name, ()))) for name, refused, now_ in rows)


def sweep(connection: Connection, now: float, limit: int) -> int:
    """Delete tallies that ended long ago; return how many."""
    return connection.execute(OLD, (now - KEPT, limit)).rowcount
