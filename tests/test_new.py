"""Blueprints: every one, in every choice of languages, is a good service from the start, and so is its test."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import catalogue, config
from gateway.workshop import starting
from gateway.workshop.rehearsal.coverage import coverage
from gateway.workshop.rehearsal.running import Job, Place, run_file
from tests.test_cli import run
from tests.test_schema import marks
from tests.town import written_config

ROOT = Path(__file__).parent.parent
LANGUAGES = (("en",), ("en", "sw"), ("sw",), ("fr", "en"))
EXAMPLE = config.load(ROOT / "config.example.yaml")
FILES = catalogue.menu_files(EXAMPLE.menus)


@pytest.mark.parametrize("languages", LANGUAGES, ids="+".join)
@pytest.mark.parametrize("blueprint", starting.BLUEPRINTS)
def test_a_blueprint_has_nothing_to_complain_of(blueprint: str, languages: tuple[str, ...]) -> None:
    text = starting.service(blueprint, "my-own", "my-agency", languages)
    judged = catalogue.judge({**FILES, "my-agency/my-own.yaml": text}, catalogue.surroundings(EXAMPLE))
    assert [str(one) for one in judged.complaints if one.file.startswith("my-agency")] == []
    assert judged.edition is not None and judged.edition.services["my-own"].languages == list(languages)
    assert marks(text) == [] and "example" not in text
    lines = text.splitlines()
    assert lines[0].endswith("service.schema.json") and sum("#" in line for line in lines) >= 5
    assert ("sw: " in text) == ("sw" in languages) and ("[fr] " in text) == ("fr" in languages)


@pytest.mark.parametrize("languages", (("en",), ("en", "sw")), ids="+".join)
@pytest.mark.parametrize("blueprint", starting.BLUEPRINTS)
def test_its_conversations_go_well_and_cover_all_of_it(blueprint: str, languages: tuple[str, ...]) -> None:
    text = starting.service(blueprint, "my-own", "my-agency", languages)
    files = {**FILES, "my-agency/my-own.yaml": text}
    setting = Place(files, EXAMPLE.zone, EXAMPLE.country, "*384*70#").setting()
    result = run_file(Job("my-own.test.yaml", starting.test(blueprint, languages)), setting)
    assert result.passed, (result.complaints, result.failures, [told for told in result.conversations if told.failures])
    covered = coverage([catalogue.read(text, "my-own.yaml")], result.trace)
    assert covered.percent == 100, covered.uncovered


@pytest.mark.parametrize("languages", [("fr",), ("luo", "en"), ("sw",), ("sw", "en", "fr")], ids="+".join)
@pytest.mark.parametrize("blueprint", starting.BLUEPRINTS)
def test_its_conversations_go_well_in_any_languages(blueprint: str, languages: tuple[str, ...]) -> None:
    files = {**FILES, "my-agency/my-own.yaml": starting.service(blueprint, "my-own", "my-agency", languages)}
    setting = Place(files, EXAMPLE.zone, EXAMPLE.country, "*384*70#").setting()
    result = run_file(Job("my-own.test.yaml", starting.test(blueprint, languages)), setting)
    assert result.passed, (result.complaints, [told for told in result.conversations if told.failures])
    assert len(result.conversations) >= len(languages)


def test_new_says_which_languages_the_gateway_does_not_know(tmp_path: Path) -> None:
    path = str(written_config(tmp_path, menus=tmp_path / "menus"))
    (tmp_path / "menus").mkdir()
    made = run("new", "service", "my-bill", "--language", "xx", "--language", "fr", "--config", path)
    assert "xx is a language that the gateway does not know" in made.stdout and "fr is a" not in made.stdout, made


def test_new_writes_two_files_and_overwrites_none(tmp_path: Path) -> None:
    menus = tmp_path / "menus"
    menus.mkdir()
    path = str(written_config(tmp_path, menus=menus))
    words = ("new", "service", "my-bill", "--agency", "new-agency", "--blueprint", "bill", "--config", path)
    made = run(*words)
    assert made.returncode == 0 and "gateway dial" in made.stdout, made
    file = menus / "new-agency/my-bill.yaml"
    assert file.is_file() and (menus / "new-agency/my-bill.test.yaml").is_file()
    file.write_text("mine", encoding="utf-8")
    again = run(*words)
    assert again.returncode == 2 and "is there already" in again.stderr
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Street Light",), "is no name of a service"),
        (("light", "--agency", "../up"), "'../up' is no name"),
        (("light", "--language", "English"), "is no language"),
    ],
)
def test_a_name_that_is_none_writes_nothing(words: tuple[str, ...], said: str) -> None:
    found = run("new", "service", *words)
    assert found.returncode == 2 and said in found.stderr, found


def test_the_blueprints_are_listed_and_there() -> None:
    listed = run("new", "list").stdout
    there = {file.name for file in (ROOT / "gateway/workshop/blueprints").iterdir()}
    assert there == {f"{name}{suffix}" for name in starting.BLUEPRINTS for suffix in (".yaml", ".test.yaml")}
    assert all(name in listed for name in starting.BLUEPRINTS)
