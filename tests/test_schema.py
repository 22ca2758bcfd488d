"""The JSON Schema of service files: complete, current, and it marks what clerks get wrong."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from gateway.language import reader
from gateway.workshop import schema
from tests.test_cli import run

ROOT = Path(__file__).parent.parent
MADE = schema.service_schema()
VALIDATOR = Draft202012Validator(MADE)
SAMPLES = sorted(file for file in (ROOT / "menus").rglob("*.yaml") if not file.name.endswith(".test.yaml"))
FAULT = (ROOT / "menus/county-water/water-fault.yaml").read_text(encoding="utf-8")


def parsed(text: str) -> Any:
    """Read YAML as an editor does: numbers and booleans are no text. Dates are, as in YAML 1.2."""
    loader = type("Editor", (yaml.CSafeLoader,), {})
    loader.yaml_implicit_resolvers = {  # type: ignore[attr-defined]
        first: [(tag, pattern) for tag, pattern in known if not tag.endswith((":timestamp", ":bool"))]
        for first, known in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }
    loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))  # type: ignore[attr-defined]
    return yaml.load(text, Loader=loader)


def marks(text: str) -> list[tuple[str, str]]:
    """Return what an editor marks: the place, and the rule that is broken."""
    return sorted(_marks(VALIDATOR.iter_errors(parsed(text))))


def _marks(errors: Any) -> Iterator[tuple[str, str]]:
    for error in errors:
        yield "/".join(str(part) for part in error.absolute_path), str(error.validator)


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_nothing_is_marked_in_the_samples(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=../service.schema.json"
    assert marks(text) == []


TEXT = "text: {en: What is wrong?, sw: Tatizo ni nini?}"
ANSWER = "{kind: text, max: 40}"
# What is written instead of what, and what is marked: place and rule. The first seven are the commonest.
MISTAKES: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    "an unknown key": (
        "      change: what", "      change: what\n      chang: what",
        [("screens/review/confirm", "additionalProperties")],
    ),
    "no go": (
        f"      answer: {ANSWER}\n      go: account\n", f"      answer: {ANSWER}\n",
        [("screens/place/ask", "required")],
    ),
    "no go in an option": (
        "sw: Maji machafu},    go: place}", "sw: Maji machafu}}", [("screens/what/choose/options/2", "oneOf")],
    ),
    "a kind that is not": (
        "    confirm:\n", "    confrim:\n",
        [("screens/review", "additionalProperties"), ("screens/review", "oneOf")],
    ),
    "a text in a shape that is not": (TEXT, "text: [What is wrong?]", [("screens/what/choose/text", "anyOf")]),
    "an answer that is not": (ANSWER, "{kind: txt, max: 40}", [("screens/place/ask/answer/kind", "enum")]),
    "a key of another answer": (
        ANSWER, "{kind: text, length: 40}", [("screens/place/ask/answer", "additionalProperties")],
    ),
    "channels beside languages": (
        TEXT, "text: {ussd: What?, en: What is wrong?}", [("screens/what/choose/text", "anyOf")],
    ),
    "two kinds": ("  done:\n", "  done:\n    say: {text: Hello, go: done}\n", [("screens/done", "oneOf")]),
    "a long wait": ("within: 3s", "within: three", [("screens/owner/fetch/within", "pattern")]),
    "a keyword with a blank": ("[WATER]", "[WATER FAULT]", [("keywords", "anyOf")]),
    "a name with a capital": ("save: fault", "save: Fault", [("screens/what/choose/save", "pattern")]),
    "nothing after a key": ("start: what", "start:", [("start", "type")]),
    "another version": ("version: 1 ", "version: 2 ", [("version", "maximum")]),
    "no amount without a currency": (ANSWER, "{kind: amount}", [("screens/place/ask/answer", "required")]),
    "a label without a list": (
        TEXT, f"label: '{{title}}'\n      {TEXT}", [("screens/what/choose", "dependentRequired")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_marked_where_it_stands(mistake: str) -> None:
    old, new, marked = MISTAKES[mistake]
    assert FAULT.count(old) == 1
    assert marks(FAULT.replace(old, new)) == marked


def test_numbers_and_words_that_look_like_others_are_taken() -> None:
    text = FAULT.replace("value: none", "value: 1").replace('allow: ["0"]', "allow: [0]")
    text = text.replace("max: 40", 'max: "40"')
    text = text.replace("within: 3s", "within: 3").replace("save: place\n", "save: place\n      optional: yes\n")
    assert marks(text.replace("start: what", "start: what\nkeys: {back: 0, more: 98}\nresume_for: 600")) == []


BROKEN = sorted((ROOT / "tests/broken_menus").rglob("*.yaml"))
SHAPE = {"unknown-key", "missing-key", "unknown-kind", "two-kinds", "no-kind", "unknown-answer-kind", "bad-name"}


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_what_the_reader_takes_is_not_marked_and_a_wrong_shape_is(file: Path) -> None:
    complaints = reader.read(file.read_bytes(), file.name).document.complaints
    if not complaints:
        assert marks(file.read_text(encoding="utf-8")) == []
    elif {complaint.code for complaint in complaints} <= SHAPE:
        assert marks(file.read_text(encoding="utf-8")) != []


def keys(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every key that the schema knows, with what it says of it."""
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict) and "type" in part:
            yield from ((f"{path}/{name}", what) for name, what in part["properties"].items())
        for name, below in part.items():
            if name not in ("examples", "if"):
                yield from keys(below, f"{path}/{name}")
    if isinstance(part, list):
        for index, below in enumerate(part):
            yield from keys(below, f"{path}/{index}")


TESTS = schema.test_schema()


@pytest.mark.parametrize(("made", "many"), [(MADE, 100), (TESTS, 30)], ids=["service", "test"])
def test_every_key_is_explained_by_an_example_that_fits(made: dict[str, Any], many: int) -> None:
    known = dict(keys(made))
    assert len(known) > many
    for path, what in known.items():
        assert what.get("description", "").strip(" ."), f"{path} has no description"
        assert what.get("examples"), f"{path} has no examples"
        for example in what["examples"]:
            errors = list(Draft202012Validator({**what, "$defs": made["$defs"]}).iter_errors(example))
            assert not errors, f"{path}: {errors[0].message}"


def test_an_editor_completes_kinds_and_keys() -> None:
    screen = MADE["$defs"]["Screen"]
    assert [one["title"] for one in screen["oneOf"]] == list(screen["properties"]) == list(schema.MODELS)
    answer = MADE["$defs"]["Ask"]["properties"]["answer"]
    assert {"text", "digits", "pin", "place"} <= set(answer["properties"]["kind"]["enum"])


CONVERSATIONS = [*(ROOT / "menus").rglob("*.test.yaml"), *(ROOT / "tests/rehearsal/good").glob("*.test.yaml")]


@pytest.mark.parametrize("file", sorted(CONVERSATIONS), ids=lambda file: file.name)
def test_nothing_is_marked_in_good_conversations(file: Path) -> None:
    checker = Draft202012Validator(TESTS)
    text = file.read_text(encoding="utf-8")
    assert not list(checker.iter_errors(parsed(text)))
    assert list(_marks(checker.iter_errors(parsed(text.replace("turns:", "turn:", 1)))))


@pytest.mark.parametrize(
    ("name", "words", "made"),
    [("service.schema.json", (), MADE), ("service.test.schema.json", ("--tests",), TESTS)],
)
def test_the_shipped_schema_is_current(name: str, words: tuple[str, ...], made: object, tmp_path: Path) -> None:
    Draft202012Validator.check_schema(made)
    printed = run("schema", *words)
    assert printed.returncode == 0 and json.loads(printed.stdout) == made
    written, shipped = tmp_path / name, ROOT / "menus" / name
    assert run("schema", *words, "--out", str(written)).returncode == 0
    if os.environ.get("UPDATE_EXPECTED"):
        shipped.write_text(written.read_text(encoding="utf-8"), encoding="utf-8")
    assert written.read_text(encoding="utf-8") == shipped.read_text(encoding="utf-8"), "run: gateway schema --out"
    nowhere = run("schema", "--out", str(tmp_path / "no/where.json"))
    assert nowhere.returncode == 2 and "cannot be written" in nowhere.stderr
