"""Services imported from other systems: the YAML and the report word for word, and a dial that goes as the source says.

`tests/importing/<system>/<case>` is a file, or a folder of files that belong together. Beside it stand `.expected.yaml`
(the services and the suggested configuration), `.report.txt` and `.dial.yaml` (what is typed, what offices answer, the
exact screens). `UPDATE_EXPECTED=1` writes what is seen; read the difference.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import catalogue, engine
from gateway.catalogue import Judged
from gateway.cli.importing import reported
from gateway.engine import Facts, Fetch, Fetched, Opened, State, Typed
from gateway.importers import rapidpro, ussd_airflow
from gateway.importers.notes import Imported
from gateway.language.checks.checker import Surroundings
from gateway.language.text import USSD
from gateway.messages import GatewayError
from providers.backoffice.operations import Settings
from tests.test_cli import run
from tests.test_engine import through_json
from tests.test_transcripts import Style
from tests.town import written_config

FOLDER = Path(__file__).parent / "importing"
WRITTEN = (".expected.yaml", ".report.txt", ".dial.yaml")
CASES = sorted(
    path for path in FOLDER.glob("*/*") if not path.name.endswith(WRITTEN) and (path.is_dir() or path.suffix != ".txt")
)
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
REFERENCE = re.compile(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){2}\b")
SAMPLES = os.environ.get("USSD_AIRFLOW_SAMPLES")


def imported(case: Path) -> Imported:
    """Import a case as the command does, with names as they are below its folder."""
    if case.parent.name == "rapidpro":
        return rapidpro.imported(case.read_text("utf-8"), case.name, "imported")
    paths = sorted(case.rglob("*.yml")) if case.is_dir() else [case]
    return ussd_airflow.imported(
        {str(path.relative_to(case.parent)): path.read_text("utf-8") for path in paths}, "imported"
    )


def judged(found: Imported) -> Judged:
    return catalogue.judge(found.files, Surroundings(found.offices, {}, {"": USSD}, ""))


def beside(case: Path, suffix: str, seen: str) -> str:
    """Return what is expected beside a case; with UPDATE_EXPECTED, write it first."""
    path = case.parent / f"{case.stem}{suffix}"
    if os.environ.get("UPDATE_EXPECTED"):
        path.write_text(seen, "utf-8")
    return path.read_text("utf-8")


def case_name(case: Path) -> str:
    return f"{case.parent.name}/{case.stem}"


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_becomes_services_word_for_word(case: Path) -> None:
    found = imported(case)
    parts = [*found.files.items(), *([("config.suggested.yaml", found.config)] if found.config else [])]
    seen = "".join(f"--- # {name}\n{text}" for name, text in parts)
    assert seen == beside(case, ".expected.yaml", seen)
    assert judged(found).edition is not None, judged(found).complaints


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_is_reported_word_for_word(case: Path) -> None:
    found = imported(case)
    seen = "".join(f"{line}\n" for line in reported(found, judged(found)))
    assert seen == beside(case, ".report.txt", seen)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_dials_as_the_source_says(case: Path) -> None:
    told = yaml.safe_load((case.parent / f"{case.stem}.dial.yaml").read_text("utf-8"))
    edition = judged(imported(case)).edition
    assert edition is not None
    seen = [conversation(edition, one) for one in told]
    if os.environ.get("UPDATE_EXPECTED"):
        text = yaml.dump(seen, Dumper=Style, allow_unicode=True, sort_keys=False, width=120)
        (case.parent / f"{case.stem}.dial.yaml").write_text(text, "utf-8")
    assert seen == told or os.environ.get("UPDATE_EXPECTED")


def conversation(edition: engine.Edition, told: dict[str, Any]) -> dict[str, Any]:
    """Hold one conversation and return it as it really went: `turns` are pairs of what is typed and what is shown."""
    answers: Iterator[Any] = iter(told.get("answers", ()))
    state: State | None = None
    turns, filed = [], []
    for number, turn in enumerate(told["turns"]):
        facts = Facts("ussd", "+254700000001", NOW, number, USSD, "63902", "*000#", "KE")
        event = Opened(told["service"]) if number == 0 else Typed(turn["type"])
        step = engine.step(edition, state, event, facts)
        effects = [*step.effects]
        while step.wish is not None:
            assert isinstance(step.wish, Fetch) and step.state is not None
            step = engine.step(edition, through_json(step.state), Fetched(next(answers)), facts)
            effects += step.effects
        filed += [{"office": f"{e.office} {e.ask}", **e.send} for e in effects if isinstance(e, engine.Submit)]
        state = through_json(step.state) if step.state is not None else None
        shown = REFERENCE.sub("{reference}", step.text)
        turns.append(
            {**{k: v for k, v in turn.items() if k != "see"}, "see": f"{'CON' if step.more else 'END'} {shown}"}
        )
    return {**{k: v for k, v in told.items() if k != "filed"}, "turns": turns, **({"filed": filed} if filed else {})}


def test_every_expectation_has_its_case() -> None:
    names = {case_name(case) for case in CASES}
    for suffix in WRITTEN:
        written = {f"{path.parent.name}/{path.name.removesuffix(suffix)}" for path in FOLDER.glob(f"*/*{suffix}")}
        assert written == names, suffix


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_the_suggested_offices_can_be_configured(case: Path) -> None:
    found = imported(case)
    offices = yaml.safe_load(found.config)["offices"] if found.config else {}
    assert offices.keys() == found.offices.keys()
    for office in offices.values():
        assert office.pop("adapter") == "http_json"
        Settings.model_validate(office)


# --- the command --------------------------------------------------------------------------------------------------

BILL = str(FOLDER / "rapidpro/bill.json")
WATER = str(FOLDER / "ussd_airflow/water")


def test_the_command_shows_what_it_would_write_and_the_report_apart() -> None:
    shown = run("import", "rapidpro", BILL, "--agency", "county-water", "--service", "bill")
    assert shown.returncode == 0, shown
    assert shown.stdout.startswith("--- county-water/bill.yaml\n# from: ")
    assert "service: bill\n" in shown.stdout and "--- config.suggested.yaml" in shown.stdout
    assert f"{BILL}:6: differs: 'Water bill' waited" in shown.stderr
    assert "1 service: 1 left out, 1 different, 0 to look at; gateway check: 0 wrong, 0 warnings" in shown.stderr


def test_the_command_writes_and_never_over_what_is_there(tmp_path: Path) -> None:
    menus = tmp_path / "menus"
    to = ("--to", str(menus), "--agency", "county-water")
    written = run("import", "ussd-airflow", WATER, *to)
    assert written.returncode == 0 and "left out: 'check_reading'" in written.stdout, written
    file, config = menus / "county-water/water.yaml", tmp_path / "config.suggested.yaml"
    assert f"written: {file}" in written.stdout and "water-example:" in config.read_text("utf-8")
    file.write_text("mine", "utf-8")
    again = run("import", "ussd-airflow", WATER, *to)
    assert again.returncode == 2 and "there already (write over them with --force)" in again.stderr
    assert file.read_text("utf-8") == "mine"
    assert run("import", "ussd-airflow", WATER, *to, "--force").returncode == 0
    assert file.read_text("utf-8").startswith("# from: ")
    checked = run("check", str(file), "--config", str(written_config(tmp_path)))
    assert "there is no office 'water-example'" in checked.stdout


def test_what_was_written_is_complained_of_where_it_lies(tmp_path: Path) -> None:
    written = run("import", "rapidpro", str(FOLDER / "rapidpro/menu.json"), "--to", str(tmp_path))
    assert f"\n{tmp_path}/imported/land-office.yaml:22:13: warning: " in written.stdout, written


def test_the_command_speaks_json() -> None:
    told = json.loads(run("import", "rapidpro", BILL, "--report", "json").stdout)
    assert told.keys() == {"written", "files", "config", "notes", "complaints"}
    assert told["notes"][1]["line"] == 96 and told["notes"][1]["level"] == "lost"
    assert not told["written"] and "imported/water-bill.yaml" in told["files"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rapidpro", "nowhere.json"), "nowhere.json: it cannot be read"),
        (("rapidpro", "config.example.yaml"), "this is not JSON"),
        (("rapidpro", BILL, "--agency", "County Water"), "--agency 'County Water' is no name"),
        (("rapidpro", str(FOLDER / "rapidpro/report.json"), "--service", "x"), "holds 2 flows"),
        (("ussd-airflow", "nowhere"), "nowhere: there is no such file or folder"),
        (("ussd-airflow", str(FOLDER / "rapidpro/bill.json"), "--agency", "a/b"), "--agency 'a/b' is no name"),
        (("ussd-airflow", f"{WATER}/settings.yml"), "no screens in it"),
        (("ussd-airflow", BILL), "no screens in it"),
    ],
)
def test_what_cannot_be_imported_is_one_line(words: tuple[str, ...], said: str) -> None:
    found = run("import", *words)
    assert found.returncode == 2 and said in found.stderr, found
    assert len(found.stderr.strip().splitlines()) == 1 and not found.stdout


OLD = [
    ('{"flows": [{"uuid": "a", "base_language": "eng", "action_sets": []}]}', "a flow of an old format"),
    ('{"flows": [{"uuid": "a", "spec_version": "11.12", "nodes": []}]}', "a flow of format 11.12"),
    ('{"flows": []}', "no flows in it"),
    ("[]", "no flows in it"),
    ('{"flows": [', "x.json:1:12: this is not JSON"),
    ("[" * 100_000, "nested too deep"),
]


@pytest.mark.parametrize(("text", "said"), OLD)
def test_what_is_no_export_is_refused(text: str, said: str) -> None:
    with pytest.raises(GatewayError, match=re.escape(said)):
        rapidpro.imported(text, "x.json", "imported")


@pytest.mark.parametrize("sign", ["[", "a: {", "- "])
def test_a_journey_that_is_nested_too_deep_is_refused(tmp_path: Path, sign: str) -> None:
    """Reading it in full would end the process, with no word said."""
    (tmp_path / "deep.yml").write_text(sign * 50_000, encoding="utf-8")
    found = run("import", "ussd-airflow", str(tmp_path / "deep.yml"))
    assert found.returncode == 2 and "write it flatter" in found.stderr


# --- whatever is given --------------------------------------------------------------------------------------------

TEXTS = {
    f"{case_name(path)}": path.read_text("utf-8")
    for path in sorted(FOLDER.rglob("*"))
    if path.is_file() and path.suffix in (".yml", ".json")
}
WORDS = [
    "",
    "null",
    "[]",
    "{}",
    "5",
    "true",
    "- x",
    "{{ a.b|int }}",
    "@(x",
    "{x",
    "go",
    "next_screen",
    '"',
    "input",
    "é",
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.integers(0, 5000), st.integers(0, 40), st.sampled_from(WORDS))
def test_a_broken_file_is_imported_or_refused_in_words(name: str, at: int, cut: int, put: str) -> None:
    whole = TEXTS[name]
    text = whole[: at % len(whole)] + put + whole[at % len(whole) + cut :]
    try:
        if name.startswith("rapidpro"):
            found = rapidpro.imported(text, "x.json", "imported")
        else:
            found = ussd_airflow.imported({"x.yml": text}, "imported")
    except GatewayError as error:
        assert "x." in str(error)
        return
    assert found.files
    errors = [complaint for complaint in judged(found).complaints if complaint.level == "error"]
    assert errors == [], (errors, found.files)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([n for n in sorted(TEXTS) if n.startswith("rapidpro")]), st.data())
def test_an_export_with_other_values_is_imported_or_refused_in_words(name: str, data: st.DataObject) -> None:
    """Any value may be of any shape: nothing that RapidPro writes is taken for granted."""
    export = json.loads(TEXTS[name])
    for _ in range(data.draw(st.integers(1, 3))):
        part: Any = export
        while isinstance(part, dict | list) and part:
            keys = list(part) if isinstance(part, dict) else list(range(len(part)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(part[key], dict | list) or data.draw(st.integers(0, 5)) == 0:
                part[key] = data.draw(
                    st.sampled_from([None, 5, True, "x", "@(", [], {}, [5], {"a": None}, "@results.a.b"])
                )
                break
            part = part[key]
    try:
        found = rapidpro.imported(json.dumps(export), "x.json", "imported")
    except GatewayError as error:
        assert "x.json" in str(error)
        return
    errors = [complaint for complaint in judged(found).complaints if complaint.level == "error"]
    assert errors == [], (errors, found.files)


if SAMPLES:  # the source package's own journeys, which are not ours to keep here

    def test_the_samples_of_ussd_airflow_are_imported() -> None:
        files = {path.name: path.read_text("utf-8") for path in sorted(Path(SAMPLES or "").glob("*.y*ml"))}
        assert judged(ussd_airflow.imported(files, "imported")).edition is not None
