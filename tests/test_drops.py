"""The network drops at every screen of every sample menu: after a redial nothing is lost and nothing filed twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import app, config
from gateway.catalogue import menu_files
from gateway.engine import State
from gateway.language import reader
from gateway.language.screens import Ask, Choose, Confirm, Language, Say, Status
from tests.journeys import FILED, JOURNEYS
from tests.town import ROOT, Phone, Town, town, written_config

# An answer that is not taken shows its reason once, so that these screens are not the same after a drop.
WRONG = {"a place nobody knows": ("5", "4", "1", "1", "Zzz", "Zzz", "Zzz", "By the river", "1")}
UNFINISHED = ("CON You did not finish", "CON Hukumaliza", "CON Vous n'avez pas fini", "CON አልጨረሱም")
ASKING = (Choose, Ask, Confirm, Say, Language, Status)


async def walked(phone: Phone, keys: tuple[str, ...]) -> str:
    shown = await phone.dial()
    for key in keys:
        assert shown.startswith("CON "), shown
        shown = await phone.press(key)
    return shown


@pytest.mark.parametrize("name", JOURNEYS)
async def test_a_drop_at_every_screen(tmp_path: Path, name: str) -> None:
    keys = JOURNEYS[name]
    async with town(tmp_path, deliver=False) as place:
        for count in range(1, len(keys)):
            phone = place.phone(f"+2547000001{count:02d}")
            before = await walked(phone, keys[:count])
            if not await _goes_on(place, phone):
                continue
            offered = await phone.dial()
            assert offered.startswith(UNFINISHED), offered
            # The screen is the same again, but for the reason why an answer was not taken.
            assert await phone.press("1") == before
            shown = before
            for key in keys[count:]:
                shown = await phone.press(key)
            assert await _filed(place, phone.number) == (name in FILED), shown


async def _goes_on(place: Town, phone: Phone) -> bool:
    """Return whether there is something to come back to: on the first screen, and after the end, there is not."""
    left = await place.gateway.store.newcomer("africastalking", phone.number, 0)
    return left.unfinished is not None and place.gateway.talk.states.opened(left.unfinished).begun


async def _filed(place: Town, number: str) -> int:
    return len(await place.gateway.store.list_requests(number=number))


async def test_dropped_twice_on_the_offer_itself(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        phone = place.phone()
        before = await phone.walk("1", "1", "Kalundu", "0")
        for _ in range(3):
            assert (await phone.dial()).startswith("CON You did not finish")
        assert await phone.press("1") == before
        assert (await phone.press("1")).startswith("END Received.")
        assert await _filed(place, phone.number) == 1
        assert (await phone.dial()).startswith("CON County services")


async def test_start_again_forgets_what_was_dropped(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        phone = place.phone()
        await phone.walk("1", "1", "Kalundu")
        await phone.dial()
        assert (await phone.press("2")).startswith("CON County services")
        assert (await phone.dial()).startswith("CON County services")


async def test_a_pin_typed_before_the_drop_is_not_shown_after_it(tmp_path: Path) -> None:
    menus = tmp_path / "menus"
    (menus / "revenue").mkdir(parents=True)
    (menus / "revenue/county-home.yaml").write_text(SECRET_MENU, encoding="utf-8")
    async with town(tmp_path, menus=menus, deliver=False) as place:
        phone = place.phone()
        assert (await phone.walk("1", "4711")).startswith("CON Send?")
        offered = await phone.dial()
        assert "4711" not in offered + await phone.press("1")
        assert (await phone.press("2")).startswith("CON PIN")


SECRET_MENU = """
service: county-home
version: 1
agency: revenue
title: Tax
languages: [en]
start: first
screens:
  first:
    choose:
      text: Tax
      options: [{value: go, label: Go, go: pin}]
  pin:
    ask: {text: PIN?, save: pin, answer: {kind: pin, length: 4}, go: review}
  review:
    confirm: {text: Send?, go: file, change: pin}
  file:
    submit:
      office: water-crm
      ask: fault
      send: {type: none, place: "{pin}", account: "0", phone: "{phone}"}
      go: done
  done:
    end: {text: "Done {reference}"}
"""


async def test_it_can_be_resumed_for_ten_minutes(tmp_path: Path) -> None:
    now = 1_764_000_000.0
    async with town(tmp_path, deliver=False, clock=lambda: now) as place:
        phone = place.phone()
        await phone.walk("1", "1", "Kalundu")
        now += 599
        assert (await phone.dial()).startswith("CON You did not finish")
        now += 601
        assert (await phone.dial()).startswith("CON County services")


async def test_it_is_resumed_on_the_menu_it_began_with(tmp_path: Path) -> None:
    menus = tmp_path / "menus"
    for name, text in menu_files(ROOT / "menus").items():
        (menus / name).parent.mkdir(parents=True, exist_ok=True)
        (menus / name).write_text(text, encoding="utf-8")
    water = menus / "county-water/water-fault.yaml"
    async with town(tmp_path, menus=menus, deliver=False) as place:
        phone = place.phone()
        await phone.walk("1", "1")
        water.write_text(water.read_text().replace("en: Which village or estate?", "en: Where?"), encoding="utf-8")
        assert await place.gateway.editions.reload() == []
        assert (await place.phone("+254700000009").walk("1", "1")).startswith("CON Where?")
        await phone.dial()
        assert (await phone.press("1")).startswith("CON Which village")
        assert (await phone.press("Kalundu")).startswith("CON Account number")
    gateway = await app.built(config.load(written_config(tmp_path, menus=menus)))
    place = Town(gateway, place.http, place.government, tmp_path)
    left = await gateway.store.newcomer("africastalking", phone.number, 0)
    assert left.unfinished is not None and left.unfinished.edition != gateway.catalogue.current.hash
    edition = await gateway.catalogue.edition(left.unfinished.edition)
    assert edition.services["water-fault"].screen("place").text["en"] == "Which village or estate?"  # type: ignore[union-attr,index]
    await app.stopped(gateway)


async def test_the_journeys_show_every_screen(tmp_path: Path) -> None:
    services = [reader.read(text, name).service for name, text in menu_files(ROOT / "menus").items()]
    asking = {
        (service.service, name)
        for service in services
        if service is not None
        for name, kind in service.screens.items()
        if isinstance(kind, ASKING)
    }
    seen: set[tuple[str, str]] = set()
    async with town(tmp_path, deliver=False) as place:
        opened = place.gateway.talk.states.closed

        def noted(state: State | None, key: bytes) -> bytes | None:
            if state is not None:
                seen.add((state.service, state.screen))
            return opened(state, key)

        place.gateway.talk.states.closed = noted  # type: ignore[method-assign]
        for number, keys in enumerate((JOURNEYS | WRONG).values()):
            await walked(place.phone(f"+2547000002{number:02d}"), keys)
    assert asking <= seen, asking - seen
