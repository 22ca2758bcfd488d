"""The lessons of docs/tutorial: their services are good, their screens are exact, their test covers everything.

`UPDATE_EXPECTED=1` writes the screens anew; read the difference.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from gateway import catalogue, cli, config
from gateway.engine import Opened, Typed
from tests.test_walks import Walk
from tests.town import ROOT

LESSONS = sorted((ROOT / "docs/tutorial").glob("[1-9]*.md"))
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SAID, SPOKEN = "# the office answers: ", "# in "


def blocks(lesson: Path, kind: str) -> list[str]:
    """Return the fenced blocks of one kind."""
    return [found[2] for found in FENCE.finditer(lesson.read_text(encoding="utf-8")) if found[1] == kind]


def service_of(lesson: Path) -> str:
    """Return the service that a lesson writes."""
    [service] = [text for text in blocks(lesson, "yaml") if text.startswith("service: ")]
    return service


def walked(service: str, transcript: str) -> str:
    """Return the transcript with the screens that the engine shows for what is typed in it."""
    lines = transcript.splitlines()
    said = [yaml.safe_load(line.removeprefix(SAID)) for line in lines if line.startswith(SAID)]
    language = next((line.removeprefix(SPOKEN) for line in lines if line.startswith(SPOKEN)), None)
    walk = Walk(catalogue.edition("lesson", {"service.yaml": service}), said)
    shown = [line for line in lines if line.startswith("# ")]
    shown.append(walk.happen(Opened(service.split()[1], (), language)))
    for line in lines:
        if line.startswith("> "):
            shown += [line, walk.happen(Typed(line.removeprefix("> ")))]
    return "\n".join(shown) + "\n"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_lesson_writes_a_good_service(lesson: Path) -> None:
    service = service_of(lesson)
    around = replace(catalogue.surroundings(config.load(ROOT / "config.example.yaml")), codes={}, costs={})
    judged = catalogue.judge({f"county-works/{service.split()[1]}.yaml": service}, around)
    assert [str(complaint) for complaint in judged.complaints] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_lesson_shows_what_the_caller_sees(lesson: Path) -> None:
    for transcript in blocks(lesson, "text"):
        seen = walked(service_of(lesson), transcript)
        if os.environ.get("UPDATE_EXPECTED"):
            text = lesson.read_text(encoding="utf-8")
            lesson.write_text(text.replace(f"```text\n{transcript}```", f"```text\n{seen}```"), encoding="utf-8")
        else:
            assert seen == transcript


def test_there_are_five() -> None:
    assert len(LESSONS) == 5
    assert all(blocks(lesson, "text") for lesson in LESSONS[:4])


def test_the_commands_of_the_last_lesson_succeed_after_the_lessons_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "menus", tmp_path / "menus")
    shutil.copy(ROOT / "config.example.yaml", tmp_path)
    folder = tmp_path / "menus/county-works"
    folder.mkdir()
    for lesson in LESSONS:
        (folder / f"{service_of(lesson).split()[1]}.yaml").write_text(service_of(lesson), encoding="utf-8")
    [conversations] = [text for text in blocks(LESSONS[-1], "yaml") if text.startswith("tests: ")]
    (folder / "road-report.test.yaml").write_text(conversations, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    commands = [line for block in blocks(LESSONS[-1], "console") for line in block.splitlines()]
    assert len(commands) == 2
    for command in commands:
        monkeypatch.setattr(sys, "argv", command.removeprefix("$ ").split())
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code in (0, None), capsys.readouterr().out
