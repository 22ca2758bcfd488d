"""An option keeps its number: against the menus in force, against a folder, and never against a roll-back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway import watch
from tests.changing import HOME, a_home, in_place, reasons, shown, until
from tests.test_cli import run
from tests.town import town

ONE = "[{value: on, label: Go on, go: bye}]"
SUNDAY = HOME.replace("Monday", "Sunday").replace(
    ONE, "[{value: new, label: New, go: bye}, {value: on, label: Go on, go: bye}]"
)
MEANT = SUNDAY.replace("options:", "renumber: true\n      options:")
SAID = "'on' was 1 and is 2 now"


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the folder more often than anybody needs to."""
    monkeypatch.setattr(watch, "EVERY", 0.02)


async def test_a_number_that_moved_is_refused_unless_it_is_meant(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        in_place(home, SUNDAY)
        await until(lambda: bool(place.gateway.catalogue.trouble))
        assert [SAID in line for line in place.gateway.catalogue.trouble] == [True]
        await shown(place, "Monday")
        checked = await asyncio.to_thread(run, "check", "--config", str(tmp_path / "config.yaml"))
        assert checked.returncode == 1 and SAID in checked.stdout
        in_place(home, MEANT)
        await shown(place, "Sunday")
        await place.gateway.editions.roll_back("")
        await shown(place, "Monday")


async def test_a_restart_compares_with_what_was_in_force(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        await shown(place, "Monday")
    in_place(home, SUNDAY)
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        await shown(place, "Monday")
        assert any(SAID in line for line in await reasons(place))


def test_against_a_folder(tmp_path: Path) -> None:
    home = a_home(tmp_path / "before")
    a_home(tmp_path).write_text(SUNDAY, encoding="utf-8")
    now = str(tmp_path / "menus")
    assert run("check", now).returncode == 0
    checked = run("check", now, "--against", str(home.parents[1]))
    assert checked.returncode == 1 and SAID in checked.stdout
    assert run("check", now, "--against", str(tmp_path / "nowhere")).returncode == 2
