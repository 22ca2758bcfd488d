"""Every menu in `broken_menus` gives its complaints, word for word, and none once it is mended.

A case is a file, or a folder of files that are wrong together; what must be said of it stands in `<name>.expected`. The
first lines of a file say what was broken and how it is mended. `UPDATE_EXPECTED=1` writes the expectations anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.language import reader
from gateway.language.answers import gazetteer
from gateway.language.checks import checker
from gateway.language.checks.checker import Operation, Surroundings
from gateway.language.text import USSD

FOLDER = Path(__file__).parent / "broken_menus"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir() or path.suffix == ".yaml")
MENDABLE = [path for path in CASES if path.is_file() and path.read_text("utf-8").startswith("# broken: ")]
AROUND = Surroundings(
    offices={
        "billing": {"account": Operation(frozenset({"number", "pin"}), frozenset({"name", "balance"}))},
        "crm": {
            "fault": Operation(frozenset({"type", "account", "phone"}), frozenset({"ticket"})),
            "ring": Operation(frozenset({"phone", "name"}), frozenset()),
            "tenders": Operation(
                frozenset(), frozenset({"open", "as_of"}), {"open": frozenset({"number", "title", "closes"})}
            ),
        },
    },
    codes={},
    limits={"africastalking": USSD},
    config_file="config.yaml",
)


def complaints(files: dict[str, str]) -> list[str]:
    """Return what the reader and the checker say of the files, sorted."""
    reads = [reader.read(text, name) for name, text in files.items() if not name.endswith(".csv")]
    lists = {name: gazetteer.read(text) for name, text in files.items() if name.endswith(".csv")}
    found = [complaint for read in reads for complaint in read.document.complaints]
    return [str(complaint) for complaint in sorted([*found, *checker.check(reads, AROUND, lists)])]


def files_of(case: Path) -> dict[str, str]:
    paths = sorted([*case.glob("*.y*ml"), *case.glob("*.csv")]) if case.is_dir() else [case]
    return {path.name: path.read_text("utf-8") for path in paths}


def mended(text: str) -> str:
    """Return the text with the broken part replaced as its first two lines say."""
    first, second, rest = text.split("\n", 2)
    broken, whole = (line.split(": ", 1)[1].replace("\\n", "\n").replace("\\t", "\t") for line in (first, second))
    return rest.replace(broken, whole) if broken else rest


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_complains_word_for_word(case: Path) -> None:
    found = "".join(f"{line}\n" for line in complaints(files_of(case)))
    expected = case.with_suffix(".expected")
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(found, "utf-8")
    assert found, "a broken menu without a complaint"
    assert found == expected.read_text("utf-8")


@pytest.mark.parametrize("case", MENDABLE, ids=lambda case: case.stem)
def test_is_sound_once_mended(case: Path) -> None:
    text = case.read_text("utf-8")
    assert complaints({case.name: mended(text)}) == []


def test_every_expectation_has_its_case() -> None:
    assert {path.stem for path in FOLDER.glob("*.expected")} == {case.stem for case in CASES}
