"""Menus that change while the gateway serves: good ones come into force at once, bad ones change nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway import catalogue, editions, watch
from gateway.catalogue import menu_files
from gateway.messages import Misconfigured, StoreTrouble
from gateway.watch import Watch
from tests.changing import BAD, HOME, a_home, by_rename, in_place, looked, of, reasons, shown, until
from tests.test_cli import run
from tests.town import Town, town

Logs = list[MutableMapping[str, Any]]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the folder more often than anybody needs to."""
    monkeypatch.setattr(watch, "EVERY", 0.02)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The file of the service that the short code opens."""
    return a_home(tmp_path)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What was judged, each time."""
    seen: list[dict[str, str]] = []
    judge = catalogue.judge

    def noted(files: Any, *rest: Any) -> Any:
        seen.append(dict(files))
        return judge(files, *rest)

    monkeypatch.setattr(catalogue, "judge", noted)
    return seen


@pytest.fixture
def logs() -> Iterator[Logs]:
    """Every log line."""
    with capture_logs() as lines:
        yield lines


def refusals(logs: Logs) -> list[str]:
    return [line["complaint"] for line in logs if line["event"] == "menus not taken"]


def away_and_back(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text, encoding="utf-8")


def with_the_time_it_had(file: Path, text: str) -> None:
    before = file.stat()
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def in_another_folder(file: Path, text: str) -> None:
    file.rename(file.parent.parent / "elsewhere")
    (file.parent / "deeper").mkdir()
    (file.parent / "deeper" / file.name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("write", [in_place, by_rename, away_and_back, with_the_time_it_had, in_another_folder])
async def test_a_good_change_is_in_force_at_once_and_a_session_ends_on_its_own(
    tmp_path: Path, home: Path, write: Callable[[Path, str], None]
) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        phone = place.phone()
        assert "Menu of Monday" in await phone.dial()
        write(home, of("Friday"))
        await shown(place, "Friday")
        assert await phone.press("1") == "END Good-bye of Monday"
        assert await reasons(place) == []


async def test_a_bad_change_is_refused_and_told_once_and_mended(
    tmp_path: Path, home: Path, judged: list[dict[str, str]], logs: Logs
) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        in_place(home, BAD)
        await until(lambda: bool(place.gateway.catalogue.trouble))
        told = await reasons(place)
        assert any("county-home.yaml:13:5" in line for line in told)
        count = len(judged)
        home.touch()
        await until(lambda: len(judged) > count)
        await looked(place)
        assert await reasons(place) == told == refusals(logs)
        assert "\ngateway_menus_as_on_disk 0.0\n" in (await place.http.get("/metrics")).text
        await shown(place, "Monday")
        doctor = await asyncio.to_thread(run, "doctor", "--config", str(tmp_path / "config.yaml"))
        assert "wrong; run `gateway check`" in doctor.stdout and "from before those on disk went wrong" in doctor.stdout
        in_place(home, of("Friday"))
        await shown(place, "Friday")
        assert await reasons(place) == []
        assert "\ngateway_menus_as_on_disk 1.0\n" in (await place.http.get("/metrics")).text


async def test_a_file_that_a_short_code_needs_is_deleted_and_put_back(tmp_path: Path, home: Path) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        home.unlink()
        await until(lambda: bool(place.gateway.catalogue.trouble))
        assert any("*384*70#" in line for line in await reasons(place))
        await shown(place, "Monday")
        in_place(home, HOME)
        await until(lambda: not place.gateway.catalogue.trouble)
        assert len(await place.gateway.store.editions()) == 1


async def test_a_link_may_lead_to_another_folder(tmp_path: Path, home: Path) -> None:
    (tmp_path / "menus").rename(tmp_path / "release-1")
    shutil.copytree(tmp_path / "release-1", tmp_path / "release-2")
    in_place(tmp_path / "release-2/county/county-home.yaml", of("Friday"))
    (tmp_path / "menus").symlink_to("release-1")
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        await shown(place, "Monday")
        (tmp_path / "next").symlink_to("release-2")
        (tmp_path / "next").replace(tmp_path / "menus")
        await shown(place, "Friday")
        checked = run("check", str(home), "--config", str(tmp_path / "config.yaml"))
        assert checked.stdout.startswith("1 service: good"), checked


async def test_a_list_beside_a_menu_belongs_to_the_edition(tmp_path: Path, home: Path) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        for ward in ("Mutomo", "Mutitu"):
            home.with_name("places.csv").write_text(f"county,ward\nKitui,{ward}\n", encoding="utf-8")
            await listed(place, ward)
        assert len(await place.gateway.store.editions()) == 3


async def listed(place: Town, ward: str) -> None:
    await until(lambda: ward in place.gateway.catalogue.files.get("county/places.csv", ""))


async def test_the_folder_may_go_and_come_back(tmp_path: Path, home: Path) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        (tmp_path / "menus").rename(tmp_path / "gone")
        await until(lambda: "there is no such folder" in "".join(place.gateway.catalogue.trouble))
        in_place(tmp_path / "gone/county/county-home.yaml", of("Friday"))
        (tmp_path / "gone").rename(tmp_path / "menus")
        await shown(place, "Friday")


async def test_half_a_file_changes_nothing_and_the_whole_comes_into_force(tmp_path: Path, home: Path) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        whole = of("Friday")
        in_place(home, whole[:200])
        await until(lambda: bool(place.gateway.catalogue.trouble))
        await shown(place, "Monday")
        with home.open("a", encoding="utf-8") as file:
            file.write(whole[200:])
        await shown(place, "Friday")
        assert await reasons(place) == []


async def test_what_is_written_while_it_is_read_is_not_judged(
    tmp_path: Path, home: Path, judged: list[dict[str, str]], logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = [of("Friday")]

    def interrupted(folder: Path) -> dict[str, str]:
        files = menu_files(folder)
        if rest and BAD in files.values():
            in_place(home, rest.pop())  # the writer goes on just after we have read
        return files

    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        monkeypatch.setattr(catalogue, "menu_files", interrupted)
        in_place(home, BAD)
        await shown(place, "Friday")
        assert rest == [] and refusals(logs) == []
        assert [files["county/county-home.yaml"] for files in judged] == [HOME, of("Friday")]


async def test_a_folder_is_not_looked_into_before_it_is_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = [{"a": (n,)} for n in (1, 1, 1, 2, 3, 4, 4)]
    left = list(states)
    monkeypatch.setattr(watch, "EVERY", 0)
    monkeypatch.setattr(watch, "seen", lambda folder: left.pop(0))
    folder = Watch(tmp_path)
    folder.known = states[0]
    assert await folder.change() == {"a": (4,)} and left == []


async def test_what_editors_leave_beside_menus_is_no_menu(tmp_path: Path, home: Path) -> None:
    home.with_name(".#county-home.yaml").symlink_to("clerk@desk.1234")
    (tmp_path / "menus/.git").mkdir()
    (tmp_path / "menus/.git/odd.yaml").write_text("odd", encoding="utf-8")
    home.with_name("county-home.test.yaml").write_text("odd", encoding="utf-8")
    assert list(menu_files(tmp_path / "menus")) == ["county/county-home.yaml"]
    assert [Path(name).name for name in watch.seen(tmp_path / "menus")] == ["county-home.yaml"]


async def test_bytes_that_are_no_text_are_refused_like_any_other_mistake(tmp_path: Path, home: Path) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        home.write_bytes(HOME.encode("utf-16"))
        await until(lambda: "not UTF-8" in "".join(place.gateway.catalogue.trouble))
        in_place(home, of("Friday"))
        await shown(place, "Friday")


async def test_a_menu_that_the_checker_cannot_bear_does_not_end_the_watch(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = catalogue.judge

    def brittle(files: Any, *rest: Any) -> Any:
        if "Tuesday" in files["county/county-home.yaml"]:
            raise RecursionError("too deep")
        return judge(files, *rest)

    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        monkeypatch.setattr(catalogue, "judge", brittle)
        in_place(home, of("Tuesday"))
        await until(lambda: "cannot be judged" in "".join(place.gateway.catalogue.trouble))
        assert len(await reasons(place)) == 1
        in_place(home, of("Friday"))
        await shown(place, "Friday")


async def test_menus_that_the_store_cannot_take_are_tried_again(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editions, "AGAIN", 0.01)
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False) as place:
        put, failures = type(place.gateway.store).put_in_force, [StoreTrouble("full"), StoreTrouble("full")]

        async def failing(*given: Any) -> None:
            if failures:
                raise failures.pop()
            await put(*given)

        monkeypatch.setattr(type(place.gateway.store), "put_in_force", failing)
        in_place(home, of("Friday"))
        await shown(place, "Friday")
        assert failures == []


async def test_on_order_only_nothing_comes_into_force_by_itself(tmp_path: Path, home: Path) -> None:
    async with town(tmp_path, menus=tmp_path / "menus", deliver=False, reload="signal") as place:
        assert [task.get_name() for task in place.gateway.tasks] == ["housekeeping"]
        in_place(home, of("Friday"))
        await shown(place, "Monday")
        doctor = await asyncio.to_thread(run, "doctor", "--config", str(tmp_path / "config.yaml"))
        assert "not those on disk, which are good" in doctor.stdout
        assert await place.gateway.editions.reload() == []
        await shown(place, "Friday")
        assert (await place.gateway.editions.roll_back("")).endswith("they stay until `gateway menus reload` or SIGHUP")


def a_pipe(file: Path) -> None:
    os.mkfifo(file)


def a_device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def a_disk_image(file: Path) -> None:
    with file.open("wb") as made:
        made.truncate(64 * 1024 * 1024 * 1024)


@pytest.mark.parametrize("ending", [".yaml", ".csv"])
@pytest.mark.parametrize("made", [a_pipe, a_device, a_disk_image])
def test_what_would_be_read_for_ever_is_refused(
    tmp_path: Path, home: Path, made: Callable[[Path], None], ending: str
) -> None:
    made(home.with_name(f"odd{ending}"))
    with pytest.raises(Misconfigured, match=rf"odd\{ending}:1:1: .*take it out of the menu folder"):
        menu_files(tmp_path / "menus")
