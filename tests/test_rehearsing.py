"""`gateway test` as a person and a script use it: what it says, its exit codes, files for machines, and the watch."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gateway import cli
from tests.town import written_config

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ROOT / "tests/rehearsal/services"
GOOD = ROOT / "tests/rehearsal/good/works-home.test.yaml"
WRONG = "conversations:\n- name: Home\n  turns:\n  - {see: County works}\n- name: Second\n  turns: [{part: County}]\n"
COUNT = """
service: count
version: 1
agency: works
title: Count
languages: [en]
start: ask
screens:
  ask: {ask: {text: How many?, save: typed, answer: {kind: text, max: 9}, go: add}}
  add: {set: {values: {more: "int(typed) + 1"}, go: shown}}
  shown: {end: {text: "It is {more}."}}
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a command line: words to its exit code, output and errors."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gateway", "test", "--config", str(ROOT / "config.example.yaml"), *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of menus with good tests, in which the command runs."""
    folder = tmp_path / "works"
    shutil.copytree(SERVICES, folder)
    shutil.copy(GOOD, folder)
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_file_a_line_and_a_sum(gateway: Run, works: Path) -> None:
    assert gateway("works") == (
        0,
        "works/works-home.test.yaml: 2 conversations, good\n2 conversations in 1 file: good\n",
        "",
    )


def test_a_failure_is_exit_code_1(gateway: Run, works: Path) -> None:
    (works / "works-home.test.yaml").write_text(WRONG)
    code, said, _ = gateway("works")
    assert code == 1
    assert "works/works-home.test.yaml:4: Home, turn 1: the screen is another" in said
    assert said.endswith("2 conversations in 1 file: 1 wrong\n")
    assert gateway("works", "--filter", "second")[0] == 0


def test_what_nobody_tries_is_listed_with_its_place(gateway: Run, works: Path) -> None:
    code, said, _ = gateway("works", "--cover", "90")
    assert code == 1
    assert "works/works-home.yaml:13:11: nobody chooses 'light' of 'home'\n" in said
    assert "works/works-home.yaml:19:3: nobody sees 'hello' in sw\n" in said
    assert "works/identify.yaml:27:7: nobody goes from 'check' to 'number' by missing\n" in said
    assert "works/street-light.yaml:10:3: nobody comes to 'place'\n" in said
    percent = said.splitlines()[-2].rpartition(" ")[2].rstrip("%")
    assert gateway("works", "--cover", percent)[0] == 0
    assert gateway("works", "--cover", str(int(percent) + 1))[0] == 1


def test_a_single_file_is_covered_by_its_service_alone(gateway: Run, works: Path) -> None:
    _, said, _ = gateway("works/works-home.test.yaml", "--cover", "0")
    assert "works-home.yaml" in said and "street-light.yaml" not in said


def test_update_rewrites_the_file_and_tells_so(gateway: Run, works: Path) -> None:
    test = works / "works-home.test.yaml"
    test.write_bytes(b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    code, said, errors = gateway("works", "--update")
    assert (code, errors) == (0, "works/works-home.test.yaml: updated\n"), said
    options = "\\n".join(["1 Dark street light", "2 My account", "3 Lugha / Language", "4 My requests"])
    seen = WRONG.replace("see: County works", f'see: "County works\\n{options}"')
    assert test.read_bytes() == b"\xef\xbb\xbf" + seen.replace("\n", "\r\n").encode()
    assert gateway("works", "--update")[2] == ""


def test_json_lines(gateway: Run, works: Path) -> None:
    (works / "works-home.test.yaml").write_text(WRONG)
    (works / "identify.test.yaml").write_text("conversations: []\n")
    code, said, _ = gateway("works", "--json", "--cover", "0")
    unreadable, first, second, coverage = (json.loads(line) for line in said.splitlines())
    assert code == 1
    assert unreadable["complaint"].startswith("works/identify.test.yaml:1:16: this is empty")
    assert (first["conversation"], first["line"], first["passed"]) == ("Home", 2, False)
    (failure,) = first["failures"]
    assert (failure["line"], failure["turn"], failure["expected"]) == (4, 1, "County works")
    assert second["passed"]
    assert set(coverage) == {"coverage", "counts", "uncovered"}


def test_junit(gateway: Run, works: Path) -> None:
    (works / "works-home.test.yaml").write_text(WRONG)
    (works / "identify.test.yaml").write_text("conversations: []\n")
    assert gateway("works", "--junit", "found.xml")[0] == 1
    suites = ElementTree.fromstring(Path("found.xml").read_bytes())
    counts = [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("errors")) for suite in suites]
    assert counts == [("works/identify.test.yaml", "1", "0", "1"), ("works/works-home.test.yaml", "2", "1", "0")]
    assert [case.get("name") for case in suites[1]] == ["Home", "Second"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere: there is no such file or folder"),
        (["works/identify.yaml"], "works/identify.yaml: a test is called *.test.yaml"),
        (["empty"], "empty: there are no tests (a test is called *.test.yaml)"),
        (["broken"], "broken/x.yaml:1:1: the key 'version' is missing"),
    ],
)
def test_what_cannot_be_run_is_exit_code_2(gateway: Run, works: Path, words: list[str], said: str) -> None:
    Path("empty").mkdir()
    Path("broken").mkdir()
    Path("broken/x.yaml").write_text("service: x\n")
    Path("broken/x.test.yaml").write_text(WRONG)
    code, out, errors = gateway(*words)
    assert (code, out) == (2, "")
    assert said in errors


def test_a_filter_that_fits_nothing_is_exit_code_2(gateway: Run, works: Path) -> None:
    code, _, errors = gateway("works", "--filter", "thrid")
    assert code == 2 and "no conversation has 'thrid' in its name" in errors


def test_what_is_not_covered_waits_until_the_tests_can_be_read(gateway: Run, works: Path) -> None:
    (works / "identify.test.yaml").write_text("conversations: []\n")
    code, said, _ = gateway("works", "--cover", "100")
    assert code == 1 and "works/identify.test.yaml:1:16: this is empty" in said and "nobody" not in said


def test_places_in_the_menus_of_the_configuration_are_told_from_here(gateway: Run, works: Path, tmp_path: Path) -> None:
    (works / "works-home.yaml").write_text("service: works-home\n")
    for words in ((), ("works",)):
        code, _, errors = gateway(*words, "--config", str(written_config(tmp_path, menus=works)))
        assert code == 2 and "\nworks/works-home.yaml:1:1: " in f"\n{errors}"


def test_an_expression_that_fails_fails_its_conversation(gateway: Run, works: Path) -> None:
    (works / "count.yaml").write_text(COUNT)
    turns = "- turns: [{type: many}, {part: It is 3}]\n"
    (works / "count.test.yaml").write_text(f"conversations:\n{turns}{turns.replace('many', '2')}")
    code, said, _ = gateway("works/count.test.yaml")
    assert code == 1 and "2 conversations in 1 file: 1 wrong" in said
    assert "works/count.test.yaml:2: " in said
    assert "the menu cannot go on: 'int(typed) + 1' cannot be worked out" in said


def test_watch_runs_again_when_a_menu_or_a_test_changes(
    gateway: Run, works: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong_test() -> None:
        (works / "works-home.test.yaml").write_text(WRONG)

    def wrong_menu() -> None:
        (works / "works-home.yaml").write_text("service: works-home\n")

    def nothing() -> None:
        pass

    def end() -> None:
        raise KeyboardInterrupt

    things = iter([nothing, wrong_test, wrong_menu, end])
    monkeypatch.setattr(time, "sleep", lambda _: next(things)())
    code, said, errors = gateway("works", "--watch")
    assert code == 130
    assert said.count("good\n") == 2 and said.count("1 wrong\n") == 2
    assert "works/works-home.yaml:1:1: the key 'version' is missing" in errors


def test_the_sample_services_are_covered_whole(gateway: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    code, said, _ = gateway("menus", "--cover", "100")
    assert code == 0, said
