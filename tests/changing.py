"""A menu folder that changes under a running gateway: a service for each day, ways to write it, what to wait for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import config, editions
from tests.town import PATIENCE, Town

HOME = """service: county-home
version: 1
agency: county
title: Home
languages: [en]
start: first
screens:
  first:
    choose:
      text: Menu of Monday
      options: [{value: on, label: Go on, go: bye}]
  bye:
    end: {text: Good-bye of Monday}
"""
BAD = HOME.replace("end:", "ned:")


def a_home(folder: Path) -> Path:
    """Write the service of Monday, which the short code opens, into a menu folder of its own; return its file."""
    file = folder / "menus/county/county-home.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(HOME, encoding="utf-8")
    return file


def of(day: str) -> str:
    """Return the menu of another day."""
    return HOME.replace("Monday", day)


def in_place(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def by_rename(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.swp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


async def until(so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not so():
            await asyncio.sleep(0.005)


async def shown(place: Town, day: str) -> None:
    """Wait until a new caller gets the menu of a day."""
    async with asyncio.timeout(PATIENCE):
        while f"Menu of {day}" not in await place.phone(f"+2547{time.monotonic_ns() % 10**8:08}").dial():
            await asyncio.sleep(0.005)


async def looked(place: Town) -> None:
    """Wait until the watch has dealt with all that was written before."""
    file = place.folder / "menus/county/county-home.yaml"
    reads = 0
    read = editions.on_disk

    def counted(of: config.Config) -> editions.OnDisk:
        nonlocal reads
        reads += 1
        return read(of)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(editions, "on_disk", counted)
        file.touch()
        await until(lambda: reads >= 1)
        file.touch()
        await until(lambda: reads >= 2)
    async with place.gateway.editions._turn:
        pass


async def reasons(place: Town) -> list[str]:
    """Return what /health/ready says, which must be that citizens are served."""
    answer = await place.http.get("/health/ready")
    assert answer.status_code == 200 and answer.json()["ready"] is True
    found: list[str] = answer.json()["why"]
    return found
