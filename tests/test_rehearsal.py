"""Conversations beside menus: what runs, what fails and how it is told, what is rewritten, what is covered.

The files in `rehearsal/good` pass, each in `failing` fails as its `.expected` says, word for
word, and each in `updated` becomes its `.expected`. `UPDATE_EXPECTED=1` writes the expectations anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway import catalogue
from gateway.cli import results
from gateway.workshop.rehearsal.running import Job, Place, Result, run_file

FOLDER = Path(__file__).parent / "rehearsal"
PLACE = Place(catalogue.menu_files(FOLDER / "services"), ZoneInfo("Africa/Nairobi"), "KE", "*384*70#")
SETTING = PLACE.setting()
GOOD, FAILING, UPDATED = (sorted((FOLDER / name).glob("*.test.yaml")) for name in ("good", "failing", "updated"))


def text_of(file: Path) -> str:
    return file.read_bytes().decode()


def ran(file: Path, *, update: bool = False) -> Result:
    return run_file(Job(file.name, text_of(file), update=update), SETTING)


def compared(found: str, expected: Path) -> None:
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_bytes(found.encode())
    assert found == text_of(expected)


def told(result: Result) -> str:
    """Return all that `gateway test` says of a file."""
    lines = [*result.complaints]
    for failure in results.failures_of(result):
        lines += results.shown(failure)
    return "".join(f"{line}\n" for line in [results.line_of(result), *lines])


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_good_conversations_pass(file: Path) -> None:
    assert told(ran(file)).endswith("good\n")


@pytest.mark.parametrize("file", FAILING, ids=lambda file: file.name)
def test_a_failure_is_told_word_for_word(file: Path) -> None:
    result = ran(file)
    assert not result.passed
    compared(told(result), file.with_suffix(".expected"))


@pytest.mark.parametrize("file", UPDATED, ids=lambda file: file.name)
def test_only_what_differs_is_rewritten(file: Path) -> None:
    result = ran(file, update=True)
    assert result.updated is not None
    compared(result.updated, file.with_suffix(".expected"))
    again = run_file(Job(file.name, result.updated, update=True), SETTING)
    assert again.passed and again.updated is None
