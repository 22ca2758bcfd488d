"""The pages of described telecoms are what their presets say, and every telecom of USSD has one."""

from __future__ import annotations

import re

import pytest
import yaml

from gateway.speech import Turn
from providers.described.description import Description
from providers.described.speaking import speak
from providers.telecom import TELECOMS
from scripts import telecom_pages

DESCRIBED = telecom_pages.described()
ADD = (telecom_pages.FOLDER.parent / "add-a-telecom.md").read_text()


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_page_is_current(name: str) -> None:
    written = (telecom_pages.FOLDER / f"{name}.md").read_text()
    assert written == telecom_pages.page(name, DESCRIBED[name]), "run: python -m scripts.telecom_pages"


def test_the_table_is_current() -> None:
    assert telecom_pages.index() in (telecom_pages.FOLDER.parent / "README.md").read_text()


def test_every_telecom_of_ussd_has_a_page() -> None:
    pages = {page.stem for page in telecom_pages.FOLDER.glob("*.md")}
    assert pages == {name for name, telecom in TELECOMS.items() if telecom.USSD} - {"africastalking", "generic_ussd"}


@pytest.mark.parametrize("name", sorted(page.stem for page in telecom_pages.FOLDER.glob("*.md")))
def test_the_channel_of_a_page_is_good(name: str) -> None:
    [block] = re.findall(r"^```yaml\n(.*?)^```", (telecom_pages.FOLDER / f"{name}.md").read_text(), re.M | re.S)
    channel = yaml.safe_load(re.sub(r"env:\w+", "made-up-secret", block))["channels"][name]
    theirs = {key: value for key, value in channel.items() if key not in ("provider", "codes")}
    telecom = TELECOMS[channel["provider"]]
    assert telecom.proofs(telecom.Settings.model_validate(theirs))


def test_the_telecom_of_the_walk_through_works() -> None:
    _, block = re.findall(r"^```yaml\n(.*?)^```", ADD, re.M | re.S)
    described = yaml.load(block, Loader=yaml.CBaseLoader)
    told = TELECOMS["generic_ussd"].Settings.model_validate({"describe": described}).describe  # type: ignore[attr-defined]
    spoken = speak(told, Turn("d-1", "+254700000001", "*384*70#"))
    assert spoken.headers["X-Dialogue"] == "d-1"
    assert b"<said>*384*70#</said>" in spoken.body


def test_the_walk_through_names_every_key() -> None:
    told = set(re.findall(r"^\| `(\w+)`", ADD, re.M))
    for_people = {"name", "country", "confidence", "about", "ask_for", "quirks", "source"}
    assert set(Description.model_fields) - for_people == told
