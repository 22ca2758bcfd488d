"""Which recordings are a channel's to judge: not what else an archive holds, nor what calls another channel. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from gateway.workshop.conformance.recordings import Recording

_METHODS: Final = frozenset({"GET", "POST", "PUT"})


def chosen(channel: str, known: Collection[str], recordings: Sequence[Recording]) -> tuple[list[Recording], list[str]]:
    """Return the recordings that are the channel's to judge, and what was left out, in words.

    A browser's archive holds all that it asked for: pages, pictures, other channels. A text file is written by hand:
    what calls another of the `known` channels there is told by its line.
    """
    at_our_door = {_file(one) for one in recordings if one.archived and one.channel == channel}
    kept: list[Recording] = []
    told: list[str] = []
    elsewhere = 0
    for one in recordings:
        if one.archived and not _is_callback(one, channel, _file(one) in at_our_door):
            elsewhere += 1
        elif one.channel != channel and one.channel in known:
            file, _, line = one.name.rpartition(":")
            told.append(f"{file}: line {line} calls channel {one.channel}, not {channel}")
        else:
            kept.append(one)
    counted = f"left out: {elsewhere} request{'' if elsewhere == 1 else 's'} to other addresses"
    return kept, [*told, *([counted] if elsewhere else [])]


def _file(recording: Recording) -> str:
    return recording.name.rpartition(", entry ")[0]


def _is_callback(one: Recording, channel: str, at_our_door: bool) -> bool:
    """Return whether an entry may be a callback of the channel.

    Where no entry has an address of ours, the archive was made elsewhere: then whatever says something may be one.
    """
    if one.method not in _METHODS:
        return False
    if one.channel:
        return one.channel == channel
    return not at_our_door and bool(one.body or one.query)
