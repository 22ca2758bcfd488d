"""The command line, as a script and a person use it: exit codes, one line of error, and a real process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from gateway import config, references
from gateway.app import address
from gateway.cli import app as cli
from gateway.cli import doctor, serve
from gateway.messages import GatewayError
from tests.town import ROOT, written_config

COMMAND = [sys.executable, "-c", "from gateway.cli import main; main()"]
STARTS_WITHIN = 60.0  # seconds, on a machine that is busy with other tests


def run(*words: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", **environment}
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, input=typed, env=env, cwd=ROOT)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(folder: Path, menus: Path = ROOT / "menus") -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """Run `gateway serve` in a process of its own, without any office."""
    port = free_port()
    path = written_config(folder, menus=menus, listen=f"127.0.0.1:{port}")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*COMMAND, "serve", "--config", str(path)], env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield path, process
    finally:
        process.kill()
        process.communicate()


def _wait(url: str, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        try:
            if httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError("it did not start")


def test_a_process_serves_dials_lists_parks_replays_verifies_and_stops(tmp_path: Path) -> None:
    with serving(tmp_path) as (path, process):
        at = ("--config", str(path))
        dialled = run("dial", "*384*70*1*1#", *at, typed="Kalundu\n0\n1\n")
        assert dialled.returncode == 0 and "Received. Your number is" in dialled.stdout, dialled
        [row] = [json.loads(line) for line in run("requests", "list", "--json", *at).stdout.splitlines()]
        assert {"reference", "service", "state", "office", "attempts"} <= row.keys()
        assert (row["service"], row["office"]) == ("water-fault", "water-crm")
        assert "+254700000001" not in json.dumps(row)
        assert row["reference"] in run("requests", "list", *at).stdout
        assert row["accepted_at"].endswith("+03:00") and isinstance(row["accepted"], float)
        shown = run("requests", "show", row["reference"].lower(), *at).stdout
        assert row["reference"] in shown and "+254…001" in shown and "settled" not in shown
        parked = run("requests", "park", row["reference"], "--why", "test", *at)
        if parked.returncode:  # an attempt was under way; it is not any more
            time.sleep(0.2)
            parked = run("requests", "park", row["reference"], "--why", "test", *at)
        assert "1 parked" in parked.stdout, parked
        again = run("requests", "park", row["reference"], *at)
        assert again.returncode == 1 and f"{row['reference']}: not parked: it is parked already" in again.stderr
        nobody = run("requests", "replay", references.make(1), *at)
        assert nobody.returncode == 1 and "there is no such request" in nobody.stderr
        assert "1 queued again" in run("requests", "replay", "all", *at).stdout
        verified = run("verify", *at)
        assert verified.returncode == 0 and "The books balance." in verified.stdout and "day (UTC)" in verified.stdout
        assert all(line == line.rstrip() for line in verified.stdout.splitlines())
        doctor = run("doctor", *at)
        assert doctor.returncode == 0 and "running" in doctor.stdout, doctor
        second = run("serve", *at)
        assert second.returncode == 2 and "another gateway" in second.stderr
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        lines = [json.loads(line) for line in process.stderr or ()]
        [begun] = [line for line in lines if line["event"] == "serving"]
        assert f"\nlisten: {begun['address']}\n" in path.read_text() and begun["public_url"] == "http://127.0.0.1:8000"
        assert "+254700000001" not in json.dumps(lines)
    offline = run("requests", "replay", row["reference"], "--config", str(path))
    assert offline.returncode == 2 and "start it with `gateway serve`" in offline.stderr


def test_an_address_that_is_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        found = run("serve", "--config", str(written_config(tmp_path, listen=address)))
    assert found.returncode == 2 and len(found.stderr.splitlines()) == 1, found
    assert found.stderr.startswith(f"gateway: {address} is in use: another gateway?")
    assert not (tmp_path / "data").exists()


def test_an_address_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    there = replace(config.load(written_config(tmp_path)), host="192.0.2.1", port=9999)
    with pytest.raises(GatewayError, match=re.escape("192.0.2.1:9999 is no address of this machine; correct `listen`")):
        serve._listening(there, address(there))
    assert address(replace(there, host="2001:db8::1")) == "[2001:db8::1]:9999"


def test_check_says_what_is_wrong_and_where(tmp_path: Path) -> None:
    path = written_config(tmp_path)
    good = run("check", "--config", str(path))
    assert good.returncode == 0, good
    bad = tmp_path / "bad.yaml"
    bad.write_text((ROOT / "menus/county-water/water-fault.yaml").read_text().replace("go: place}", "go: plaice}", 1))
    line = bad.read_text()[: bad.read_text().index("plaice")].count("\n") + 1
    expected = {"text": f"{bad}:{line}:", "json": f'"line": {line}', "github": f"::error file={bad},line={line}"}
    expected["sarif"] = f'"startLine": {line}'
    for format, start in expected.items():
        found = run("check", str(bad), "--config", str(path), "--format", format)
        assert found.returncode == 1 and start in found.stdout, found
        assert "did you mean 'place'?" in found.stdout and "missing-target" in found.stdout
    text = run("check", str(bad), "--config", str(path)).stdout.splitlines()
    assert text[-1].endswith("docs/checks/missing-target.md") and text[-2].startswith("1 service: 1 wrong")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A configuration with a copy of the menus, to break: `menus` beside it."""
    shutil.copytree(ROOT / "menus", tmp_path / "menus")
    return written_config(tmp_path, menus=tmp_path / "menus")


def test_check_judges_a_file_among_its_neighbours_as_the_gateway_will(copied: Path) -> None:
    menus = copied.parent / "menus"
    water, home = menus / "county-water/water-fault.yaml", menus / "county-home/county-home.yaml"
    water.write_text(water.read_text().replace("office: water-crm", "office: water-crn"))
    mine = run("check", str(water), "--config", str(copied))
    whole = run("check", str(menus), "--config", str(copied))
    [line] = [line for line in mine.stdout.splitlines() if "'water-crn'" in line]
    assert mine.returncode == 1 and line in whole.stdout.splitlines() and line.startswith(f"{water}:")
    other = run("check", str(home), "--config", str(copied))
    assert (other.returncode, other.stdout) == (0, "1 service: good\n") and "have 1 wrong" in other.stderr
    home.write_text(home.read_text().replace("service: county-home", "service: county-house"))
    assert "the short code *384*70# opens" in run("check", str(home), "--config", str(copied)).stdout
    elsewhere = copied.parent / "water-fault.yaml"
    shutil.copy(water, elsewhere)
    alone = run("check", str(elsewhere), "--config", str(copied))
    assert alone.returncode == 1 and "'water-crn'" in alone.stdout and "short code" not in alone.stdout


@pytest.mark.parametrize("suffix", ["yaml", "yml"])
def test_check_says_the_same_of_a_file_that_is_no_utf_8_alone_and_in_a_folder(copied: Path, suffix: str) -> None:
    text = (ROOT / "menus/county-home/my-requests.yaml").read_text()
    for folder in (copied.parent, copied.parent / "menus"):
        file = folder / f"wide.{suffix}"
        file.write_text(text, encoding="utf-16")
        found = run("check", str(file), "--config", str(copied))
        assert found.returncode == 1 and f"{file}:1:1: this is not UTF-8 text" in found.stdout, found


def test_doctor_says_once_what_is_wrong_and_fits_a_page(copied: Path) -> None:
    (copied.parent / "menus/empty.yml").write_text("")
    found = run("doctor", "--config", str(copied))
    lines = found.stdout.splitlines()
    assert found.returncode == 1 and found.stdout.count("1 wrong") == 1, found
    assert "no gateway is running (start it with `gateway serve`)" in found.stdout and "Errno" not in found.stdout
    assert all(len(line) <= 120 and line == line.rstrip() for line in lines)


@pytest.mark.parametrize(
    ("listen", "public_url", "told"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000", False),
        ("127.0.0.1:18000", "http://127.0.0.1:8000", True),
        ("127.0.0.1:18000", "http://localhost", True),
        ("[::1]:80", "http://[::1]", False),
        ("127.0.0.1:18000", "https://ussd.example.org", False),
    ],
)
def test_doctor_says_that_listen_and_a_local_public_url_differ(
    tmp_path: Path, listen: str, public_url: str, told: bool
) -> None:
    here = config.load(written_config(tmp_path))
    host, _, port = listen.rpartition(":")
    there = replace(here, host=host.strip("[]"), port=int(port), public_url=public_url)
    found = [say for _, what, say in doctor._configuration(there) if what == "public_url"]
    assert any(f"but the gateway listens on port {port}" in say for say in found) == told, found


def test_dial_walks_a_file_without_a_gateway(tmp_path: Path) -> None:
    path = written_config(tmp_path)
    file = str(ROOT / "menus/county-water/water-fault.yaml")
    walked = run("dial", file, "--config", str(path), "--keys", "1 Kalundu 12345678 1")
    assert walked.returncode == 0 and "asks water-billing: no answer" in walked.stderr, walked
    assert "for water-crm" in walked.stderr and "Received." in walked.stdout
    with_blanks = run("dial", file, "--config", str(path), "--keys", "1*Moi Avenue*12345678*1")
    assert with_blanks.returncode == 0 and "Received." in with_blanks.stdout, with_blanks
    assert "Tatizo ni nini?" in run("dial", file, "--config", str(path), "--language", "sw").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("serve", "--config", "nowhere.yaml"), "nowhere.yaml:1:1: it cannot be read"),
        (("dial", "*384*70"), "ends with # on a phone"),
        (("dial", "*385#"), "no channel has *385#"),
        (("dial", "nowhere.yaml"), "there is no such file and no such service"),
        (("requests", "show", "ABC", "--config", "{config}"), "is no reference"),
        (
            ("requests", "show", "ABCD-ABCD-ABCD", "--config", "{config}"),
            "is mistyped: its last character does not fit",
        ),
        (("dial", "menus/county-home/county-home.yaml", "--language", "xx"), "languages are en, sw"),
        (("requests", "list", "--state", "lost"), "is no state"),
        (("requests", "list", "--config", "{config}"), "there is no database yet"),
        (("verify", "--config", "{config}"), "there is no database yet"),
    ],
)
def test_an_error_is_one_line_and_exit_code_2(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    path = written_config(tmp_path)
    found = run(*(word.format(config=path) for word in words))
    assert found.returncode == 2 and said in found.stderr, found
    assert len(found.stderr.strip().splitlines()) == 1 and not found.stdout


def _commands(command: Any = None, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with the words that name it."""
    command = command or get_command(cli)
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, *path, name)


@pytest.mark.parametrize(("path", "command"), list(_commands()))
def test_the_help_of_every_command_says_what_its_source_says(path: tuple[str, ...], command: Any) -> None:
    found = CliRunner().invoke(cli, [*path, "--help"], env={"COLUMNS": "240"})
    assert found.exit_code == 0
    shown = re.sub(r"[\s│]+", "", found.stdout)
    helps = (getattr(param, "help", None) for param in command.params)
    for text in (command.help, command.epilog, *helps):
        assert re.sub(r"\s+", "", text or "") in shown, text
