"""Back to an earlier edition: it stays until the files change, also over a restart, and it must fit."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from gateway import app, config, watch
from gateway.catalogue import edition_hash, menu_files
from gateway.messages import GatewayError, Misconfigured
from tests.changing import BAD, HOME, a_home, by_rename, in_place, looked, of, reasons, shown, until
from tests.test_cli import run, serving
from tests.town import PATIENCE, town, written_config


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the folder more often than anybody needs to."""
    monkeypatch.setattr(watch, "EVERY", 0.02)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The file of the service that the short code opens."""
    return a_home(tmp_path)


async def test_a_roll_back_stays_until_the_files_change(tmp_path: Path, home: Path) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        with pytest.raises(GatewayError, match="no other edition"):
            await place.gateway.editions.roll_back("")
        in_place(home, of("Friday"))
        await shown(place, "Friday")
        said = await place.gateway.editions.roll_back("", "people got lost")
        assert await reasons(place) == [said] and "not those on disk" in said and "(people got lost)" in said
        home.touch()
        await looked(place)
        await shown(place, "Monday")
        in_place(home, BAD)
        await until(lambda: bool(place.gateway.catalogue.trouble))
        assert said in await reasons(place)
        in_place(home, of("Friday"))
        await until(lambda: not place.gateway.catalogue.trouble)
        await shown(place, "Monday")
        in_place(home, of("Sunday"))
        await shown(place, "Sunday")
        assert await reasons(place) == []
        with pytest.raises(GatewayError, match="no edition that is kept begins with 'zz'"):
            await place.gateway.editions.roll_back("zz")
        with pytest.raises(GatewayError, match="no edition"):
            await place.gateway.editions.roll_back("0" * 32)


async def test_a_roll_back_ends_when_the_disk_is_read_on_order_or_holds_the_same(tmp_path: Path, home: Path) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        in_place(home, of("Friday"))
        await shown(place, "Friday")
        await place.gateway.editions.roll_back("")
        assert await place.gateway.editions.reload() == [] and await reasons(place) == []
        await shown(place, "Friday")
        await place.gateway.editions.roll_back("")
        in_place(home, HOME)
        await until(lambda: not place.gateway.catalogue.notice)
        await shown(place, "Monday")
        latest = await place.gateway.store.in_force()
        assert latest is not None and not latest.rolled_back


@pytest.mark.parametrize(("disk", "day"), [(of("Friday"), "Monday"), (of("Sunday"), "Sunday"), (BAD, "Monday")])
async def test_a_roll_back_survives_a_restart_unless_the_files_change(
    tmp_path: Path, home: Path, disk: str, day: str
) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        in_place(home, of("Friday"))
        await shown(place, "Friday")
        await place.gateway.editions.roll_back("")
    in_place(home, disk)
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        await looked(place)
        await shown(place, day)
        assert bool(place.gateway.catalogue.notice) is (day == "Monday")
        assert bool(place.gateway.catalogue.trouble) is (disk == BAD)
        in_place(home, of("Saturday"))
        await shown(place, "Saturday")
        assert await reasons(place) == []


async def test_an_edition_that_no_longer_fits_the_configuration_does_not_come_back(tmp_path: Path, home: Path) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        first = place.gateway.catalogue.current.hash
        in_place(home.with_name("county-house.yaml"), of("Friday").replace("county-home", "county-house"))
        await until(lambda: place.gateway.catalogue.current.hash != first)
        await place.gateway.editions.roll_back("")
    path = written_config(tmp_path, menus=tmp_path / "menus")
    path.write_text(path.read_text().replace("service: county-home", "service: county-house"), encoding="utf-8")
    gateway = await app.built(config.load(path))
    try:
        assert len(gateway.catalogue.current.services) == 2 and not gateway.catalogue.notice
        with pytest.raises(Misconfigured, match=r"no longer fits the configuration:\n[^:]*config.yaml:.*county-house"):
            await gateway.editions.roll_back(first[:8])
        assert len(gateway.catalogue.current.services) == 2
    finally:
        await app.stopped(gateway)


async def test_without_any_good_edition_there_is_no_start(tmp_path: Path, home: Path) -> None:
    in_place(home, BAD)
    with pytest.raises(Misconfigured, match="ned"):
        await app.built(config.load(written_config(tmp_path, menus=tmp_path / "menus")))
    in_place(home, HOME)
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:  # nobody holds the directory
        await shown(place, "Monday")


# --- the commands, on a real process ------------------------------------------------------------------------------


def dialled(path: Path, day: str) -> None:
    """Wait until the running gateway shows the menu of a day."""
    end = time.monotonic() + PATIENCE
    while f"Menu of {day}" not in (found := run("dial", "*384*70#", "--config", str(path), typed="")).stdout:
        assert time.monotonic() < end, found


def test_a_real_gateway_takes_menus_lists_shows_and_rolls_back(tmp_path: Path, home: Path) -> None:
    menus = tmp_path / "menus"
    with serving(tmp_path, menus) as (path, process):
        at = ("--config", str(path))
        first, second = edition_hash(menu_files(menus)), edition_hash({"county/county-home.yaml": of("Friday")})
        assert "no other edition was in force" in run("menus", "roll-back", *at).stderr
        by_rename(home, of("Friday"))
        dialled(path, "Friday")
        back = run("menus", "roll-back", "--why", "people got lost", *at)
        assert back.returncode == 0 and f"rolled back to {first[:8]} (people got lost)" in back.stdout, back
        dialled(path, "Monday")
        process.send_signal(signal.SIGKILL)
    with serving(tmp_path, menus) as (path, process):
        dialled(path, "Monday")
        listed = run("menus", "list", *at).stdout
        assert [line.split()[0] for line in listed.splitlines()[1:]] == [first[:8], second[:8]]
        assert "rolled back: people got lost" in listed
        rows = [json.loads(line) for line in run("menus", "list", "--json", *at).stdout.splitlines()]
        assert [(row["edition"], row["stands"]) for row in rows] == [(first, "in force"), (second, "on disk")]
        assert [row["services"] for row in rows] == [1, 1] and rows[0]["sessions"] >= 1 and rows[0]["since"] > 1e9
        doctor = run("doctor", *at).stdout
        assert f"the menus in force are not those on disk: rolled back to {first[:8]}" in doctor
        assert run("menus", "show", first[:6], *at).stdout == "county/county-home.yaml\n"
        assert run("menus", "show", second[:6], "county-home", *at).stdout == of("Friday")
        missing = run("menus", "show", first, "water", *at)
        assert missing.returncode == 2 and "has no 'water'" in missing.stderr
        in_place(home, BAD)
        refused = run("menus", "reload", *at)
        assert refused.returncode == 1 and "county-home.yaml:13:5" in refused.stderr, refused
        never = json.loads(run("menus", "list", "--json", *at).stdout.splitlines()[0])
        assert never["stands"] == "on disk" and never["since"] is None
        in_place(home, of("Sunday"))
        dialled(path, "Sunday")
        assert "in force: " in run("menus", "reload", *at).stdout
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
