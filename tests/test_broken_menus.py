"""Every menu in `broken_menus` gives its complaints, word for word, and none once it is mended.

`broken_menus/<code>/` holds three cases or more of each code: a file, or a folder of files that are wrong together.
What must be said of one stands in `<name>.expected` beside it. The first two lines of a file say what was broken and
how it is mended; one that begins with `# filled up with: ` is filled up so until it is too large. `UPDATE_EXPECTED=1`
writes the expectations anew.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.language import places, reader
from gateway.language.answers import gazetteer
from gateway.language.checks import checker
from gateway.language.checks.checker import Operation, Surroundings
from gateway.language.codes import CODES, PAGELESS
from gateway.language.places import Complaint
from gateway.language.text import USSD

FOLDER = Path(__file__).parent / "broken_menus"
MENU_CODES = [code for code in CODES if not code.startswith(PAGELESS)]
CASES = sorted(path for path in FOLDER.glob("*/*") if path.suffix != ".expected")
BROKEN, MENDED, FILLED = "# broken: ", "# mended: ", "# filled up with: "
MENDABLE = [path for path in CASES if path.is_file() and path.read_bytes().startswith(BROKEN.encode())]
FEWEST = 3
BEFORE = "before/"
AROUND = Surroundings(
    offices={
        "billing": {
            "account": Operation(frozenset({"number", "pin"}), frozenset({"name", "balance"})),
            "bill": Operation(frozenset({"number"}), frozenset({"name", "balance"})),
        },
        "crm": {
            "fault": Operation(frozenset({"type", "account", "phone"}), frozenset({"ticket"})),
            "report": Operation(frozenset({"type"}), frozenset({"ticket"})),
            "call": Operation(frozenset({"phone"}), frozenset()),
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


def complaints(files: dict[str, str | bytes]) -> list[Complaint]:
    """Return what the reader and the checker say of the files, sorted. Those in `before/` are what was published."""
    before = [reader.read(text, name).service for name, text in files.items() if name.startswith(BEFORE)]
    around = replace(AROUND, published={service.service: service for service in before if service is not None})
    reads = [
        reader.read(text, name)
        for name, text in files.items()
        if not name.endswith(".csv") and not name.startswith(BEFORE)
    ]
    lists = {
        name: gazetteer.read(text if isinstance(text, str) else text.decode())
        for name, text in files.items()
        if name.endswith(".csv")
    }
    found = [complaint for read in reads for complaint in read.document.complaints]
    return sorted([*found, *checker.check(reads, around, lists)])


def files_of(case: Path) -> dict[str, str | bytes]:
    if case.is_file():
        return {case.name: filled(case.read_bytes())}
    paths = sorted([*case.rglob("*.y*ml"), *case.glob("*.csv")])
    return {path.relative_to(case).as_posix(): filled(path.read_bytes()) for path in paths}


def filled(raw: bytes) -> bytes:
    """Return the file as it is, or with its filling until it is too large."""
    if not raw.startswith(FILLED.encode()):
        return raw
    filling = raw.split(b"\n", 1)[0].decode().removeprefix(FILLED).replace("\\n", "\n").encode()
    return raw + filling * (places.LARGEST // len(filling))


def mended(text: str) -> str:
    """Return the text with the broken part replaced as its first two lines say."""
    first, second, rest = text.split("\n", 2)
    lines = (first.removeprefix(BROKEN), second.removeprefix(MENDED))
    broken, whole = (line.replace("\\n", "\n").replace("\\t", "\t") for line in lines)
    return rest.replace(broken, whole) if broken else rest


def named(case: Path) -> str:
    return f"{case.parent.name}/{case.stem}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_complains_word_for_word(case: Path) -> None:
    found = complaints(files_of(case))
    written = "".join(f"{complaint}\n" for complaint in found)
    expected = case.with_suffix(".expected")
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(written, "utf-8")
    assert case.parent.name in {complaint.code for complaint in found}
    assert written == expected.read_text("utf-8")


@pytest.mark.parametrize("case", MENDABLE, ids=named)
def test_is_sound_once_mended(case: Path) -> None:
    text = case.read_text("utf-8")
    assert complaints({case.name: mended(text)}) == []


def test_every_expectation_has_its_case() -> None:
    assert {path.with_suffix("") for path in FOLDER.rglob("*.expected")} == {case.with_suffix("") for case in CASES}


@pytest.mark.parametrize("code", MENU_CODES)
def test_every_code_has_cases_that_differ(code: str) -> None:
    """Whoever adds a code adds three menus with that mistake."""
    cases = [case for case in CASES if case.parent.name == code]
    assert len(cases) >= FEWEST, f"tests/broken_menus/{code}/ has {len(cases)} cases of {FEWEST}"
    assert len({tuple(files_of(case).values()) for case in cases}) == len(cases)


def test_every_folder_is_a_code() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(MENU_CODES)
