"""Conversations beside menus: what runs, what fails and how it is told, what is rewritten, what is covered.

The files in `rehearsal/good` pass, each in `failing` fails as its `.expected` says, word for
word, and each in `updated` becomes its `.expected`. `UPDATE_EXPECTED=1` writes the expectations anew.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway import catalogue
from gateway.cli import results
from gateway.engine import Facts
from gateway.language import places
from gateway.language.text import USSD
from gateway.workshop import offline
from gateway.workshop.rehearsal.coverage import Trace, coverage
from gateway.workshop.rehearsal.recording import Heard, Walk, appended, recorded
from gateway.workshop.rehearsal.running import FEW, Job, Place, Result, run, run_file
from gateway.workshop.rehearsal.writing import flow, screen, tidy

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


def test_many_files_run_in_several_processes() -> None:
    jobs = [Job(f"{number}-{file.name}", text_of(file)) for number in range(FEW) for file in FAILING[:1] + GOOD[1:]]
    there, here = list(run(jobs, PLACE, 2)), list(run(jobs, PLACE, 1))
    assert [told(result) for result in there] == [told(result) for result in here]
    assert [result.trace.taken for result in there] == [result.trace.taken for result in here]


# --- coverage -----------------------------------------------------------------------------------------------------


def test_every_way_of_every_sort_can_be_covered() -> None:
    """What the good conversations leave out is just this; all else was seen to be taken, in one turn or several."""
    trace = Trace()
    for file in GOOD:
        trace.add(ran(file).trace)
    files = catalogue.menu_files(FOLDER / "services")
    found = coverage([catalogue.read(text, name) for name, text in files.items()], trace)
    compared("".join(f"{line}\n" for line in results.coverage_lines(found)), FOLDER / "uncovered.expected")


# --- a recorded walk ----------------------------------------------------------------------------------------------


def walked() -> Walk:
    """Return a walk in which the line drops, an office does not answer once, and a request is filed and rated."""
    now = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Africa/Nairobi"))
    about = Facts("ussd", "+254700000009", now, 0, USSD, short_code="*384*70#")
    seeds = iter(range(100, 200))
    phone = offline.Walk(SETTING.edition, "street-light", about, lambda: now, lambda: next(seeds), "sw")
    answers = iter([None, {"street": "Soko Kuu"}])
    heard, answered, effects = [], [], []
    for typed in [None, "Soko Kuu", "0042", "2", "99", "0042", None, "1", "1", "5", "nzuri: sana"]:
        turn = phone.dial() if typed is None else phone.press(typed)
        effects += turn.effects
        while turn.wish is not None:
            answer = next(answers)
            answered.append((turn.wish.office, turn.wish.ask, answer))
            turn = phone.told(answer)
            effects += turn.effects
        heard.append(Heard(typed, turn.text, turn.more))
    return Walk("street-light", now, heard, language="sw", number="+254700000009", answered=answered, effects=effects)


def test_a_recorded_walk_is_a_good_test() -> None:
    compared(recorded(walked()), FOLDER / "recorded.expected")
    assert told(run_file(Job("recorded.test.yaml", recorded(walked())), SETTING)).endswith("1 conversation, good\n")


def test_a_walk_is_appended_and_nothing_else_changes() -> None:
    before = "tests: street-light\nconversations:\n  - turns: [Moi Avenue]   # typed\n\noffices: {}\n"
    after = appended(before, walked())
    assert before.replace("\n\noffices", "\n\n<>\n\noffices").startswith(after[: after.index("  - name")].rstrip())
    assert after.endswith("\n\noffices: {}\n")
    assert told(run_file(Job("x.test.yaml", after), SETTING)).endswith("2 conversations, good\n")


def test_a_walk_that_is_appended_has_a_name_of_its_own() -> None:
    after = appended(appended(recorded(walked()), walked()), walked())
    assert "- name: As recorded (2)\n" in after and "- name: As recorded (3)\n" in after


def test_a_walk_is_not_appended_where_it_cannot_be() -> None:
    for text in ("", "tests: street-light\n", "conversations: [{turns: [x]}]\n"):
        with pytest.raises(ValueError, match="no list of conversations"):
            appended(text, walked())


# --- any text -----------------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@example("\r\n0")
@given(st.text(max_size=40) | st.from_regex(r"[A-Za-z0-9 :#'\"{}\[\],&*!|>%@`\n-]{0,30}", fullmatch=True))
def test_a_value_that_is_written_is_read_back(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    for written in (f"x: {flow({'v': value})}", f"x:\n  v: {screen(value, 4)}"):
        document = places.read(written, "x")
        assert document.complaints == []
        assert tidy(document.data["x"]["v"] or "") == tidy(value)
