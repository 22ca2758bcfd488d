"""Reads single keys from a terminal. Touches the terminal, and leaves it as it was."""

from __future__ import annotations

import codecs
import os
import re
import select
import termios
import tty
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

LONGEST = 1024  # bytes taken at once
SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?")  # arrows and the like, which the phone has not
NAMES: Mapping[str, str] = {
    "\r": "send", "\n": "send", "\t": "messages", "\x7f": "rub", "\b": "rub", "\x15": "clear",
    "\x04": "hang up", "\x18": "lose", "\x12": "redial", "\x11": "quit", "\x03": "quit",
}  # fmt: skip


class Keyboard:
    """A terminal in which every key counts at once."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        self._before: list[Any] = []

    def __enter__(self) -> Self:
        self._before = termios.tcgetattr(self._terminal)
        tty.setcbreak(self._terminal)
        settings = termios.tcgetattr(self._terminal)
        settings[0] &= ~termios.IXON  # Ctrl-Q is a key
        termios.tcsetattr(self._terminal, termios.TCSANOW, settings)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

    def keys(self, within: float) -> list[str]:
        """Return the keys pressed `within` so many seconds; `quit` where the terminal is gone."""
        if not select.select([self._terminal], [], [], within)[0]:
            return []
        read = os.read(self._terminal, LONGEST)
        return named(self._decoder.decode(read)) if read else ["quit"]


def named(read: str) -> list[str]:
    """Return the keys in what a terminal sent."""
    return [NAMES.get(char, char) for char in SEQUENCE.sub("", read)]
