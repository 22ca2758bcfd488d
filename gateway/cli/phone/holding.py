"""Holds the phone: keys in, pictures out, until it is put away. Touches the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.live import Live

from gateway.cli.phone.drawing import drawn
from gateway.cli.phone.handset import Handset
from gateway.cli.phone.keyboard import Keyboard

TICK = 0.5  # seconds between two looks at the clock


def hold(phone: Handset, console: Console, terminal: int) -> None:
    """Let a person use the phone. It has dialled already, so that a line that is dead is told in words."""
    picture = Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop")
    with Keyboard(terminal) as keyboard, picture:
        while phone.on:
            picture.update(drawn(phone, console.width), refresh=True)
            for key in _keys(keyboard):
                phone.busy = key == "send" and phone.question is None
                if phone.busy:
                    picture.update(drawn(phone, console.width), refresh=True)
                phone.key(key)
                phone.busy = False
            phone.tick()


def _keys(keyboard: Keyboard) -> list[str]:
    try:
        return keyboard.keys(TICK)
    except KeyboardInterrupt:
        return ["quit"]
