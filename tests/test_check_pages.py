"""Every code has a page in `docs/checks`: its bad example gets the code, its good example gets no complaint at all.

`UPDATE_EXPECTED=1` writes the index anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from gateway.language import places
from gateway.language.codes import CODES, PAGELESS
from tests.test_broken_menus import MENU_CODES, complaints

FOLDER = Path(__file__).parent.parent / "docs/checks"
INDEX = FOLDER / "README.md"
EXAMPLE = re.compile(r"^## (\w+)\n(?:[^`]*)^```yaml ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^# (\S+\.(?:ya?ml|csv))\n", re.MULTILINE)
SERVICE = re.compile(r"^service: (\S+)$", re.MULTILINE)
LEVELS = {
    "error": "An error: the menus are not taken until it is gone.",
    "warning": "A warning: the menus are taken all the same.",
}
LONGEST = 40  # lines of an example
INTRODUCTION = """\
# What `gateway check` says

Each complaint ends with a word in brackets. Here is every such word, with a page that says what is wrong, why it
matters to a citizen, and how the same service looks when it is right. A word keeps its meaning from version to version.

Errors stop the load: the menus from before stay in force. Warnings do not.
"""


def page(code: str) -> str:
    return (FOLDER / f"{code}.md").read_text("utf-8")


def examples(code: str) -> dict[str, tuple[str, str]]:
    """Return the examples of a page by heading, each with the word after `yaml` that says how it is stored."""
    return {found[1]: (found[2], found[3]) for found in EXAMPLE.finditer(page(code))}


def files(stored: str, text: str) -> dict[str, str | bytes]:
    """Return the files of an example. One that names none is called like its service."""
    parts = FILE.split(text)
    if len(parts) > 1:
        return dict(zip(parts[1::2], parts[2::2], strict=True))
    service = SERVICE.search(text)
    name = f"{service[1]}.yaml" if service else "service.yaml"
    if stored == "latin-1":
        return {name: text.encode("latin-1")}
    return {name: text + "# more\n" * places.LARGEST if stored == "filled" else text}


@pytest.mark.parametrize("code", MENU_CODES)
def test_the_examples_are_what_they_are_called(code: str) -> None:
    found = examples(code)
    assert list(found) == ["Bad", "Good"], f"docs/checks/{code}.md has a bad and a good example"
    assert code in {complaint.code for complaint in complaints(files(*found["Bad"]))}
    assert [str(complaint) for complaint in complaints(files(*found["Good"]))] == []
    assert found["Bad"] != found["Good"]
    assert all(text.count("\n") <= LONGEST for _, text in found.values())


@pytest.mark.parametrize("code", MENU_CODES)
def test_a_page_says_what_is_wrong_and_why_it_matters(code: str) -> None:
    heading, first, *said = page(code).split("\n## Bad", 1)[0].strip().split("\n\n")
    assert heading == f"# {code}"
    assert first == f"**{CODES[code].title}.** {LEVELS[CODES[code].level]}"
    assert len(said) == 2
    assert all(sentence.endswith(".") for sentence in said)


def index() -> str:
    """Return the index as the table of codes has it."""
    parts = [INTRODUCTION]
    for group in dict.fromkeys(check.group for check in CODES.values()):
        codes = [code for code, check in CODES.items() if check.group == group]
        parts.append(f"## {group}\n\n| word | what is wrong | level |\n|---|---|---|")
        parts[-1] += "".join(f"\n| {_linked(code)} | {CODES[code].title} | {CODES[code].level} |" for code in codes)
        parts[-1] += "\n"
    return "\n".join(parts)


def _linked(code: str) -> str:
    return f"`{code}`" if code.startswith(PAGELESS) else f"[`{code}`]({code}.md)"


def test_the_index_is_complete() -> None:
    if os.environ.get("UPDATE_EXPECTED"):
        INDEX.write_text(index(), "utf-8")
    assert INDEX.read_text("utf-8") == index()


def test_every_page_is_of_a_code() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {*MENU_CODES, "README"}
