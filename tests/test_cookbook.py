"""The recipes of docs/cookbook.md: each service is judged, and each transcript walked, so that every screen is exact.

`UPDATE_EXPECTED=1` writes the screens anew; read the difference.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from gateway import catalogue, config
from gateway.engine import Opened, Typed
from tests.test_walks import Walk

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "docs/cookbook.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SAID = "# the office answers: "
RECIPES = dict(part.split("\n", 1) for part in BOOK.read_text(encoding="utf-8").split("\n## ")[1:])


def blocks(recipe: str, kind: str) -> list[str]:
    """Return the fenced blocks of one kind."""
    return [found[2] for found in FENCE.finditer(RECIPES[recipe]) if found[1] == kind]


def files(recipe: str) -> dict[str, str]:
    """Return what the recipe puts into the menu folder, the service that is walked first."""
    services = {f"cookbook/{text.split()[1].rpartition('/')[2]}.yaml": text for text in blocks(recipe, "yaml")}
    lists = blocks(recipe, "csv")
    return services | ({"cookbook/places.csv": lists[0]} if lists else {})


def walked(recipe: str, transcript: str) -> str:
    """Return the transcript with the screens that the engine shows for what is typed in it."""
    lines = transcript.splitlines()
    said = [line for line in lines if line.startswith(SAID)]
    channel = "sms" if "# over SMS" in lines else "ussd"
    there = files(recipe)
    walk = Walk(catalogue.edition("book", there), [yaml.safe_load(a.removeprefix(SAID)) for a in said], channel)
    shown = [line for line in lines if line.startswith("# ")]
    shown.append(walk.happen(Opened(next(iter(there.values())).split()[1])))
    for line in lines:
        if line.startswith("> "):
            shown += [line, walk.happen(Typed(line.removeprefix("> ")))]
    assert next(walk.answers, None) is None, "an answer that nobody asked for"
    return "\n".join(shown) + "\n"


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_a_good_service(recipe: str) -> None:
    around = replace(catalogue.surroundings(config.load(ROOT / "config.example.yaml")), codes={}, costs={})
    judged = catalogue.judge(files(recipe), around)
    assert [str(complaint) for complaint in judged.complaints] == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_caller_sees_what_the_recipe_says(recipe: str) -> None:
    transcripts = blocks(recipe, "text")
    assert transcripts
    for transcript in transcripts:
        seen = walked(recipe, transcript)
        if os.environ.get("UPDATE_EXPECTED"):
            book = BOOK.read_text(encoding="utf-8")
            BOOK.write_text(book.replace(f"```text\n{transcript}```", f"```text\n{seen}```"), encoding="utf-8")
        else:
            assert seen == transcript
