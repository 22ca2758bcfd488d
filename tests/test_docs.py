"""What the documents say is so: links lead somewhere, commands run, tables are complete, the example is good."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from typer.main import get_command

from gateway import catalogue, config
from gateway.cli import app as cli
from gateway.config import settings
from gateway.language.formats import FILTERS
from gateway.language.root import Keys
from gateway.language.screens import ALWAYS, KINDS, Answer
from gateway.sight import Metrics
from gateway.store import opening
from gateway.web import health
from gateway.workshop.rehearsal.running import Job, Place, run_file
from providers.backoffice.operations import Operation
from sample_government import projects, tax, telecoms, water
from sample_government.app import build
from sample_government.desk import MODES, OFFICES

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
HOSTS = {"127.0.0.1:8000", "127.0.0.1:8001"}
COPIES = {"cp config.example.yaml config.yaml"}
RELOAD = f"kill -HUP $(cat data/{opening.LOCK})"
ASSIGNMENT = re.compile(r"[A-Z_]+=\S* ")


def blocks(document: Path, *kinds: str) -> Iterator[str]:
    """Give the fenced blocks of some kinds."""
    for found in FENCE.finditer(document.read_text(encoding="utf-8")):
        if found[1] in kinds:
            yield found[2]


def commands(document: Path) -> list[str]:
    """Return each command of the document's shell blocks."""
    lines = [line for block in blocks(document, "sh", "console") for line in block.splitlines()]
    return [line.removeprefix("$ ").strip() for line in lines if line.strip()]


def table(document: str, heading: str) -> list[list[str]]:
    """Return the rows of the first table whose first heading is `heading`, without head and rule."""
    lines = (ROOT / document).read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def ticked(rows: list[list[str]]) -> set[str]:
    """Return what stands in backticks in the first cells."""
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row[0])}


COMMANDS = sorted({(document.name, command) for document in DOCUMENTS for command in commands(document)})


@pytest.mark.parametrize(
    ("document", "target"),
    [(d.relative_to(ROOT).as_posix(), t) for d in DOCUMENTS for t in LINK.findall(d.read_text(encoding="utf-8"))],
)
def test_links_lead_somewhere(document: str, target: str) -> None:
    assert ((ROOT / document).parent / target).exists(), f"{document} links to {target}, which is not there"


# --- commands -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("document", "command"), COMMANDS)
def test_commands_exist(document: str, command: str) -> None:
    words = shlex.split(ASSIGNMENT.sub("", command))
    match Path(words[0]).name:
        case "kill":
            assert command == RELOAD
        case "python":
            assert words[1:3] == ["-m", "pytest"]
            assert all((ROOT / word).exists() for word in words[3:])
        case "make":
            targets = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(VENV)", ".venv")
            assert all(re.search(rf"^{re.escape(word)}:", targets, re.MULTILINE) for word in words[1:])
        case "gateway":
            assert_parses(words[1:])
        case "curl":
            assert_served(words)
        case _:
            assert command in COPIES
            assert (ROOT / words[1]).exists()


def assert_parses(words: list[str]) -> None:
    """Fail unless the command line takes these words, options and all."""
    command: Any = get_command(cli)
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, list(words))


def assert_served(words: list[str]) -> None:
    """Fail unless the URL belongs to a route of the gateway or of the sample government."""
    url = urlsplit(next(word for word in words if word.startswith("http")))
    assert url.netloc in HOSTS
    if url.netloc.endswith("8001"):
        known = build().app.openapi()["paths"]
        assert url.path in known
        return
    if not url.path.startswith("/in/"):
        nothing: Any = None
        pages = health.router(nothing, nothing, nothing, nothing, nothing)
        assert url.path in {getattr(route, "path", "") for route in pages.routes}
        return
    example = config.load(ROOT / "config.example.yaml")
    _, start, channel, secret, event = url.path.split("/")
    assert start == "in"
    assert event in example.channels[channel].telecom.EVENTS
    assert secret in [s.get_secret_value() for s in example.channels[channel].settings.secrets]


def test_make_help_lists_every_word() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert phony
    assert re.findall(r"^  make (\w+)", shown, re.MULTILINE) == phony[1].split()


# --- tables -------------------------------------------------------------------------------------------------------


def test_the_agencies_tables_are_complete() -> None:
    text = (ROOT / "docs/for-agencies.md").read_text(encoding="utf-8")
    kinds = text[text.index("## Kinds of screen") : text.index("## Keys that are always there")]
    assert re.findall(r"^\| \[`(\w+)`\]\(reference\.md#\1\) \|", kinds, re.MULTILINE) == list(KINDS)
    models = typing.get_args(typing.get_args(Answer)[0])
    answers = {typing.get_args(model.model_fields["kind"].annotation)[0] for model in models}
    second = text[text.index("## Kinds of answer") :]
    linked = r"^\| \[`(\w+)`\]\(reference\.md#answer-\1\) \|"
    assert set(re.findall(linked, second[: second.index("\n## ")], re.MULTILINE)) == answers
    assert ticked(table("docs/for-agencies.md", "filter")) == set(FILTERS)
    always = re.search(r"^Always there: (.*?);", text, re.MULTILINE)
    assert always
    assert set(re.findall(r"`(\w+)`", always[1])) == set(ALWAYS)


def test_the_agencies_keys_and_offices_are_those_there_are() -> None:
    keys = {row[0].strip("`"): row[1].split(":")[0] for row in table("docs/for-agencies.md", "key")}
    assert keys == {key: name for name, key in Keys().model_dump().items()}
    rows = {
        (row[0].strip("`"), row[1].strip("`")): tuple(frozenset(re.findall(r"`(\w+)`", cell)) for cell in row[2:])
        for row in table("docs/for-agencies.md", "office")
    }
    offices = catalogue.surroundings(config.load(ROOT / "config.example.yaml")).offices
    there = {(name, ask): (can.needs, can.answers) for name, office in offices.items() for ask, can in office.items()}
    assert rows == there


def test_the_operators_know_every_metric() -> None:
    there = {metric.name: metric.type for metric in Metrics().registry.collect()}
    total = {f"{name}_total" if kind == "counter" else name for name, kind in there.items()}
    assert ticked(table("docs/for-operators.md", "metric")) == total


def test_every_module_stands_on_a_floor() -> None:
    floors = " ".join(row[1] for row in table("docs/for-developers.md", "floor"))
    modules = {path.stem for path in (ROOT / "gateway").glob("*.py")} - {"__init__"}
    assert modules <= set(re.findall(r"\w+", floors))
    engine = {path.name for path in (ROOT / "gateway/engine").glob("*.py")} - {"__init__.py"}
    assert ticked(table("docs/for-developers.md", "file of `gateway/engine/`")) == engine


def test_the_decisions_are_all_listed() -> None:
    listed = re.findall(r"\]\((\d{3}-[a-z-]+\.md)\)", (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8"))
    assert listed == sorted(path.name for path in (ROOT / "docs/decisions").glob("0*.md"))


def test_the_operators_tables_are_complete() -> None:
    example = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    shown = set(re.findall(r"^(\w+):", example, re.MULTILINE))
    keys = ticked(table("docs/for-operators.md", "key"))
    assert shown <= set(settings.Top.model_fields)
    assert keys == set(settings.Top.model_fields)
    text = (ROOT / "docs/for-operators.md").read_text(encoding="utf-8")
    operation = text[text.index("**An office**") :]
    names = {field.alias or name for name, field in Operation.model_fields.items()}
    assert set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", operation, re.MULTILINE)))) >= names


def test_the_magic_inputs_are_all_there() -> None:
    text = (ROOT / "docs/for-developers.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"`([^`]+)`", text[text.index("## The sample government") :]))
    magic = {*water.MAGIC, *projects.MAGIC, *tax.MAGIC, tax.WRONG_PIN, telecoms.UNREACHABLE, *telecoms.REFUSED_NUMBERS}
    assert magic | set(MODES) | set(OFFICES) | set(tax.PEOPLE) <= shown


def test_every_library_has_a_row_and_a_locked_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        "requirements.txt": project["dependencies"],
        "requirements-dev.txt": project["dependencies"] + project["optional-dependencies"]["dev"],
    }
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    rows = {n.strip() for row in re.findall(r"^\| ([a-z0-9, -]+) \|", text, re.MULTILINE) for n in row.split(",")}
    named = {re.split(r"[<>=\[]", line)[0] for line in wanted["requirements-dev.txt"]}
    assert rows - {"library"} == named
    for file, lines in wanted.items():
        lock = (ROOT / file).read_text(encoding="utf-8")
        locked = re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)
        assert {re.split(r"[<>=\[]", line)[0] for line in lines} <= set(locked)
        assert "//" not in lock
        entries = re.split(r"^(?=[a-z0-9-]+==)", lock, flags=re.MULTILINE)[1:]
        assert all("--hash=sha256:" in entry for entry in entries)


def test_the_agencies_example_is_a_good_service() -> None:
    example = config.load(ROOT / "config.example.yaml")
    files = catalogue.menu_files(example.menus)
    for block in blocks(ROOT / "docs/for-agencies.md", "yaml"):
        files[f"county-works/{block.split()[1]}.yaml"] = block
    test, line = blocks(ROOT / "docs/for-agencies.md", "yml")
    home = files["county-home/county-home.yaml"]
    after = "  language:\n    language:"
    assert after in home
    files["county-home/county-home.yaml"] = home.replace(after, line + after)
    judged = catalogue.judge(files, catalogue.surroundings(example), "")
    assert judged.edition is not None
    menu: Any = judged.edition.services["county-home"].screen("help")
    assert menu.options[-1].do == "street-light"
    assert [str(complaint) for complaint in judged.complaints if complaint.file.startswith("county-works")] == []
    setting = Place(files, example.zone, example.country, "*384*70#").setting()
    result = run_file(Job("street-light.test.yaml", test), setting)
    assert result.passed, result


# --- the README, run ----------------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while True:
        assert child.poll() is None, "it ended"
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < end, f"{url} is not ready"
        time.sleep(0.05)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Run what `make run` runs, on free ports; gives what to replace in a command."""
    ports = {"8000": str(_free_port()), "8001": str(_free_port())}
    example = (ROOT / "config.example.yaml").read_text(encoding="utf-8").replace("./menus", str(ROOT / "menus"))
    for known, port in ports.items():
        example = example.replace(f"127.0.0.1:{known}", f"127.0.0.1:{port}")
    file = tmp_path / "config.yaml"
    file.write_text(example, encoding="utf-8")
    gateway, government = f"http://127.0.0.1:{ports['8000']}", f"http://127.0.0.1:{ports['8001']}"
    serve = [sys.executable, "-c", "from gateway.cli import main; main()", "serve", "--config", str(file)]
    town = [sys.executable, "-m", "sample_government", "--port", ports["8001"], "--gateway", gateway]
    started: list[subprocess.Popen[bytes]] = []
    with (tmp_path / "log").open("wb") as log:
        try:
            for command, url in ((town, f"{government}/fault"), (serve, f"{gateway}/health/ready")):
                started.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log))
                _wait(url, started[-1])
            yield {f"127.0.0.1:{known}": f"127.0.0.1:{port}" for known, port in ports.items()} | {"config": str(file)}
        finally:
            for child in reversed(started):
                child.terminate()
                child.wait(15)


def test_the_readme_runs(running: dict[str, str]) -> None:
    """Run every command of the README but `make run`, in order, against the real thing."""
    said = {}
    for command in commands(ROOT / "README.md"):
        if command != "make run":
            said[command] = _run(command, running)
    dialled = next(answer for command, answer in said.items() if " dial " in command)
    assert "1 Water fault" in dialled and " of 160" in dialled
    fault = next(answer for command, answer in said.items() if "text=1*1*Kalundu" in command)
    reference = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", fault)
    assert fault.startswith("END ")
    assert reference
    played = next(answer for command, answer in said.items() if " telco " in command)
    assert "to their end" in played and "WRONG" not in played
    listed = next(answer for command, answer in said.items() if command.endswith("requests list"))
    assert reference[0] in listed
    _wait_for_sms("Account number", running)


def _wait_for_sms(text: str, running: dict[str, str]) -> None:
    end = time.monotonic() + 30
    while text not in _run("curl -sS http://127.0.0.1:8001/sms", running):
        assert time.monotonic() < end, "the answer to the SMS did not go out"
        time.sleep(0.05)


def _run(command: str, running: dict[str, str]) -> str:
    words = shlex.split(command)
    for known in HOSTS:
        words = [word.replace(known, running[known]) for word in words]
    if Path(words[0]).name == "gateway":
        words = [sys.executable, "-c", "from gateway.cli import main; main()", *words[1:]]
    environment = {**os.environ, "GATEWAY_CONFIG": running["config"], "COLUMNS": "200", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        words, cwd=ROOT, env=environment, input="", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
