"""How often one number, and one session, may call. Pure, and in memory: a restart forgives.

A counter of ours and not a library: the one tried cost a fifth of a whole callback.
"""

from __future__ import annotations

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class Window:
    """Calls by key in the present minute (second, hour, day); the counts of the last one are dropped whole."""

    def __init__(self, rate: str) -> None:
        most, _, unit = rate.partition("/")
        self.most, self.seconds = int(most), SECONDS[unit]
        self.present = -1.0
        self.counts: dict[tuple[str, ...], int] = {}

    def exceeded(self, key: tuple[str, ...], now: float) -> bool:
        """Count one call at `now` (unix seconds); True if it is one too many."""
        window = now // self.seconds
        if window != self.present:
            self.present, self.counts = window, {}
        count = self.counts[key] = self.counts.get(key, 0) + 1
        return count > self.most


class Rates:
    """The rates of the configuration, such as 60/minute."""

    def __init__(self, number: str, session: str) -> None:
        self.number, self.session = Window(number), Window(session)

    def exceeded(self, channel: str, number: str, session: str, now: float) -> bool:
        """Count one call; True if it is one too many for its number, or for its session if it has one."""
        if self.number.exceeded((channel, number), now):
            return True
        return bool(session) and self.session.exceeded((channel, number, session), now)
