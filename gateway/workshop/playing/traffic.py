"""What a telecom's traffic is like: callers who type at random, and what goes wrong on the way. Pure: chance is given.

Where nothing else is asked for, a caller types a word of her own. Whoever is shown another one's word was shown another
one's session.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from gateway.workshop.printable import in_a_line

LONGEST: Final = 30  # turns of one session
_OPTION: Final = re.compile(r"^(\d{1,2})[ .):]", re.MULTILINE)
_WORD: Final = re.compile(r"Zq[a-z]{6}")
_REFERENCE: Final = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}\b")
# What is tried in turn where a screen wants neither an option nor a word.
_GUESSES: Final = ("12", "07/03/1990", "4455", "A001234567B", "0700000001", "1")


@dataclass(frozen=True, slots=True)
class Weather:
    """How often something goes wrong: percent of turns, for `drops` percent of sessions.

    `delay` is how long a callback may take to us, `thinking` how long a citizen reads: at most, in seconds.
    """

    doubles: float = 2.0
    retries: float = 2.0
    late: float = 1.0
    drops: float = 5.0
    delay: float = 0.1
    thinking: float = 2.0


def word_of(number: int) -> str:
    """Return the word that only this caller types."""
    letters = ""
    for _ in range(6):
        number, place = divmod(number, 26)
        letters += chr(ord("a") + place)
    return f"Zq{letters}"


class Caller:
    """Someone with a phone. `keys` are what she types first, whatever the screen says."""

    def __init__(self, chance: Random, word: str, keys: Sequence[str] = ()) -> None:
        self._chance, self.word, self._keys = chance, word, list(keys)
        self._tried = 0

    def types(self, screen: str) -> str:
        """Return what she answers to a screen."""
        if self._keys:
            return self._keys.pop(0)
        options: list[str] = _OPTION.findall(screen)
        onward = [option for option in options if option not in ("0", "00")]
        if onward:
            self._tried = 0
            return self._chance.choice(options if self._chance.random() < 0.1 else onward)
        self._tried += 1
        if self._tried == 1:
            return self.word
        return _GUESSES[(self._tried - 2) % len(_GUESSES)]

    def strange(self, screen: str) -> bool:
        """Return True if a screen has a word that somebody else typed."""
        return any(found != self.word for found in _WORD.findall(screen))


@dataclass(slots=True)
class Tally:
    """What was played and what came back. `wrong` counts what must never happen, by what it is.

    `never_late` says why nothing came late, where nothing can.
    """

    sessions: int = 0
    ended: int = 0
    dropped: int = 0
    turns: int = 0
    texts: int = 0
    doubles: int = 0
    retries: int = 0
    late: int = 0
    never_late: str = ""
    references: set[str] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)

    def quantile(self, part: float) -> float:
        """Return within how many seconds that part of the callbacks was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0

    def saw(self, caller: Caller, screen: str) -> None:
        """Take in a screen."""
        if caller.strange(screen):
            self.wrong["somebody else's screen"] += 1
        self.references.update(_REFERENCE.findall(screen))

    def conclude(self) -> None:
        """Take it for wrong if sessions began, not all were dropped, and none came to its end."""
        if self.sessions > self.dropped and not self.ended:
            self.wrong["no session came to its end"] += self.sessions - self.dropped


def told(tally: Tally, lasted: float) -> list[tuple[str, str]]:
    """Return a tally in words, line by line."""
    callbacks, half, most = len(tally.seconds), tally.quantile(0.5) * 1e3, tally.quantile(0.99) * 1e3
    return [
        ("sessions", f"{tally.sessions} begun, {tally.ended} to their end, {tally.dropped} dropped"),
        ("callbacks", f"{callbacks} in {lasted:.1f} s, {callbacks / lasted if lasted else 0:.0f} a second"),
        ("turns and texts", f"{tally.turns} turns, {tally.texts} texts"),
        ("on the way", f"{tally.doubles} came twice, {tally.retries} again, {tally.late} late"),
        ("answered", f"half within {half:.0f} ms, 99 % within {most:.0f} ms"),
        ("references given", str(len(tally.references))),
        *([("nothing was late", tally.never_late)] if tally.never_late else []),
        *((f"WRONG: {in_a_line(what)}", str(count)) for what, count in sorted(tally.wrong.items())),
    ]
