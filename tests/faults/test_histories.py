"""Whatever networks do to callbacks, each gets the screen that the model says, and nobody another's.

20,000 histories a family; `HISTORIES=…` for more or fewer. The twin answers repeats as new turns and must be found out.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from gateway import turns
from gateway.config import Channel
from gateway.messages import Answer, Inbound, Reply
from gateway.talk import Talk
from tests.faults.histories import SERVICE, Callback, Family, Model, history
from tests.town import town

COUNT = int(os.environ.get("HISTORIES", "20000"))
CODE = "*384*70#"


def _render(reply: Reply, inbound: Inbound, settings: Any) -> Answer:
    return Answer((b"CON " if reply.more else b"END ") + reply.text.encode())


TELECOM: Any = SimpleNamespace(render=_render)


class Clock:
    """Each history has its own time; the one that runs sets it."""

    def __init__(self) -> None:
        self.now = 1_764_000_000.0

    def __call__(self) -> float:
        return self.now


def inbound(family: Family, callback: Callback, session: str, number: str) -> Inbound:
    text = "*".join(callback.typed)
    if family == "cumulative":
        return Inbound(session, number, CODE, text, text, True)
    typed = callback.typed[-1] if callback.typed else ""
    mark = str(callback.number) if family == "numbered" else ""
    return Inbound(session, number, CODE, mark, typed, False, first=callback.number == 0)


async def lived(talk: Talk, channel: Channel, clock: Clock, family: Family, seed: int, start: float) -> list[str]:
    """Let one history happen; return what differs from the model."""
    model, now, differ = Model(family), start, []
    for place, callback in enumerate(history(Random(seed))):
        now += callback.pause
        number, session = f"+2547{seed % 10_000_000:07d}{callback.citizen}", f"{seed}-{callback.citizen}"
        clock.now = now
        answer = await talk.ussd(channel, inbound(family, callback, session, number))
        seen, wanted = answer.body.decode().partition("\n")[0], model.answer(callback, now)
        if seen != wanted:
            differ.append(f"seed {seed}, callback {place} {callback}: {seen!r}, not {wanted!r}")
    return differ


async def differing(folder: Path, family: Family, count: int) -> list[str]:
    """Let histories happen one after the other, and return what differs."""
    menus = folder / "menus"
    menus.mkdir()
    (menus / "county-home.yaml").write_text(SERVICE, encoding="utf-8")
    clock, found = Clock(), []
    async with town(folder, menus=menus, deliver=False, clock=clock, durability="relaxed") as place:
        gateway = place.gateway
        channel = replace(gateway.config.channels["africastalking"], telecom=TELECOM)
        for seed in range(count):
            found += await lived(gateway.talk, channel, clock, family, seed, 1_764_000_000.0 + seed * 100_000)
            if len(found) > 5:
                break
        assert await gateway.store.verify() == []
    return found


@pytest.mark.parametrize("family", ["cumulative", "numbered", "unnumbered"])
async def test_every_callback_gets_its_screen(tmp_path: Path, family: Family) -> None:
    assert await differing(tmp_path, family, COUNT) == []


@pytest.mark.parametrize("family", ["cumulative", "numbered", "unnumbered"])
async def test_the_twin_that_knows_no_repeats_is_found_out(
    tmp_path: Path, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = iter(range(10**9))

    def never_the_same(*_: Any, **__: Any) -> bytes:
        return next(marks).to_bytes(16, "big")

    monkeypatch.setattr(turns, "mark_of", never_the_same)
    monkeypatch.setattr(turns, "likeness_of", never_the_same)
    assert await differing(tmp_path, family, 200) != []


@pytest.mark.parametrize("family", ["cumulative", "numbered", "unnumbered"])
async def test_a_guessed_session_shows_nobody_elses_screen(tmp_path: Path, family: Family) -> None:
    """65,536 guesses at the ids of sessions that are under way, from another number."""
    menus = tmp_path / "menus"
    menus.mkdir()
    (menus / "county-home.yaml").write_text(SERVICE, encoding="utf-8")
    async with town(tmp_path, menus=menus, deliver=False, durability="relaxed") as place:
        talk = place.gateway.talk
        channel = replace(place.gateway.config.channels["africastalking"], telecom=TELECOM)
        for victim in range(0, 65_536, 256):
            for said in range(3):
                callback = Callback(0, said, ("SECRET",) * said, 0.0)
                await talk.ussd(channel, inbound(family, callback, f"{victim:04x}", f"+2547{victim:08}"))
        probe = Callback(0, 2, ("x", "y"), 0.0)
        for guess in range(65_536):
            seen = await talk.ussd(channel, inbound(family, probe, f"{guess:04x}", "+254799999999"))
            assert b"SECRET" not in seen.body
