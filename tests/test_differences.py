"""What `gateway diff` tells of two sets of menus: each change once, and what callers know by heart marked."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from gateway import catalogue, config
from gateway.workshop.differences import Change, differences, longest, shortcuts
from tests.storing import a_store
from tests.test_cli import run
from tests.town import written_config

ROOT = Path(__file__).parent.parent
FILES = catalogue.menu_files(config.load(ROOT / "config.example.yaml").menus)
CODES = {"*384*70#": "county-home"}
HOME, FAULT = "county-home/county-home.yaml", "county-water/water-fault.yaml"
TAX = "        - {value: tax, label: {en: Tax compliance, sw: Hali ya kodi}, do: tax-compliance}\n"
PROJECT = "        - {value: project, label: {en: Public project, sw: Mradi wa umma}, do: project-status}\n"

# What is written instead of what in a file, and the changes that are told: sort, where, before, after, by heart.
Told = tuple[str, str, str, str, bool]
CHANGES: dict[str, tuple[str, str, str, list[Told]]] = {
    "a text": (
        FAULT, "en: What is wrong?", "en: What happened?",
        [("text", "what: text en", "What is wrong?", "What happened?", False)],
    ),
    "a title": (
        FAULT, "title: {en: Report a water fault", "title: {en: Water",
        [("text", "title en", "Report a water fault", "Water", False)],
    ),
    "an office": (
        FAULT, "office: water-crm\n      ask: fault", "office: water-crm\n      ask: leak",
        [("office", "file: ask", "fault", "leak", False)],
    ),
    "a way": (
        FAULT, "otherwise: review ", "otherwise: account ",
        [("way", "owner: otherwise", "review", "account", False)],
    ),
    "a limit": (FAULT, "max: 40", "max: 30", [("rule", "place: answer max", "40", "30", False)]),
    "a keyword": (
        FAULT, "en: [WATER]", "en: [WET]",
        [("keyword", "WATER", "WATER (en)", "", True), ("keyword", "WET", "", "WET (en)", False)],
    ),
    "another language of a keyword": (
        FAULT, "{en: [WATER], sw: [MAJI]}", "{en: [WATER, MAJI]}",
        [("keyword", "MAJI", "MAJI (sw)", "MAJI (en)", True)],
    ),
    "two options that change places": (
        HOME, TAX + PROJECT, PROJECT + TAX,
        [
            ("number", "home: tax", "2", "3", True),
            ("number", "home: project", "3", "2", True),
            ("dial", "*384*70*2#", "tax-compliance number", "project-status code", True),
            ("dial", "*384*70*3#", "project-status code", "tax-compliance number", True),
        ],
    ),
    "a kind": (
        HOME, "    language:\n      go: home", "    say: {text: Hello, go: home}",
        [("screen", "language", "language", "say", False)],
    ),
    "a screen more, and a longer way": (
        FAULT, "      go: account\n  account:",
        "      go: note\n  note:\n    say: {text: Thank you, go: account}\n  account:",
        [
            ("way", "place: go", "account", "note", False),
            ("screen", "note", "", "say", False),
            ("longest", "screens on the longest way", "5", "6", False),
        ],
    ),
}  # fmt: skip


def changed(file: str, old: str, new: str) -> dict[str, str]:
    assert FILES[file].count(old) == 1
    return {**FILES, file: FILES[file].replace(old, new)}


def told(files: dict[str, str]) -> list[Change]:
    return differences(catalogue.edition("a", FILES), catalogue.edition("b", files), CODES)


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_told_once(what: str) -> None:
    file, old, new, expected = CHANGES[what]
    found = [(one.sort, one.where, one.before, one.after, one.by_heart) for one in told(changed(file, old, new))]
    assert found == expected


def test_a_service_that_is_gone_takes_its_dials_and_keywords_with_it() -> None:
    files = {name: text for name, text in FILES.items() if name != FAULT}
    found = {(one.sort, one.where, one.by_heart) for one in told(files)}
    assert {("service", "water-fault", False), ("keyword", "WATER", True), ("dial", "*384*70*1#", True)} <= found
    assert told(dict(FILES)) == []


def test_long_dials_go_three_levels_deep() -> None:
    edition = catalogue.edition("a", FILES)
    found = dict(shortcuts(edition, "county-home"))
    assert found["1"] == ("water-fault", "what") and found["1*2"] == ("water-fault", "place")
    assert max(keys.count("*") for keys in found) == 2 and longest(edition.services["water-fault"]) == 5


def test_diff_reads_folders_files_and_editions(tmp_path: Path) -> None:
    path = written_config(tmp_path)
    at = ("--config", str(path))
    menus = tmp_path / "menus"
    shutil.copytree(ROOT / "menus", menus)
    same = run("diff", str(ROOT / "menus"), str(menus), *at)
    assert (same.returncode, same.stdout) == (0, "Nothing changed.\n"), same
    file = menus / HOME
    file.write_text(file.read_text(encoding="utf-8").replace(TAX, ""), encoding="utf-8")
    whole = run("diff", str(ROOT / "menus"), str(menus), *at)
    assert whole.returncode == 1 and "! long dial *384*70*2#\n    - tax-compliance number\n" in whole.stdout, whole
    alone = run("diff", str(ROOT / "menus" / HOME), str(file), "--json", *at)
    rows = [json.loads(line) for line in alone.stdout.splitlines()]
    assert alone.returncode == 1 and {"number", "text"} <= {row["sort"] for row in rows}
    kept = asyncio.run(_kept(path))
    assert run("diff", kept[:12], str(ROOT / "menus"), *at).stdout == "Nothing changed.\n"
    wrong = {(kept, "beef"): "that is kept begins with 'beef'", ("docs", "menus"): "there is no service in it"}
    wrong |= {("menus", "nope"): "there is no folder, file or edition 'nope'"}
    for sides, said in wrong.items():
        found = run("diff", *sides, *at)
        assert found.returncode == 2 and said in found.stderr, found


async def _kept(path: Path) -> str:
    """Put the sample menus into a database as an edition, and return its hash."""
    name = catalogue.edition_hash(FILES)
    async with a_store(config.load(path).data) as store:
        await store.put_in_force(name, FILES, 1.0, name)
    return name
