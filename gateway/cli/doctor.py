"""`gateway doctor`: what is missing or unsafe on this machine. Reads files, asks the offices whether they are there."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Literal
from urllib.parse import urlsplit

import typer
from rich.table import Table
from rich.text import Text

from gateway import catalogue, editions
from gateway.cli import sms
from gateway.cli.terminal import NOWHERE, ConfigOption, command, configuration, tabled
from gateway.config import Config, is_loopback
from gateway.config.settings import SmsLimits
from gateway.crypto import Keys
from gateway.messages import GatewayError
from gateway.store import opening
from gateway.store.reading import Reader

Level = Literal["good", "look", "bad"]
Finding = tuple[Level, str, str]
SIGNS = {"good": "[green]good[/]", "look": "[yellow]look[/]", "bad": "[red]bad[/]"}
MEBIBYTE = 1024**2  # bytes
LITTLE_SPACE, NO_SPACE = 1024 * MEBIBYTE, 100 * MEBIBYTE
PIPED = 120  # columns
PORTS = {"http": 80, "https": 443}  # where a URL names none


def doctor(config: ConfigOption = NOWHERE) -> None:
    """Say what is missing or unsafe, and what to do.

    good: as it should be. look: it works; see whether it is meant so. bad: citizens' requests are in danger or cannot
    come in; mend it before going live. Exit code 1 if anything is bad.
    """
    loaded = configuration(config)
    wrong = _wrong_menus(loaded)
    found = [
        *_configuration(loaded), *_menus(loaded, wrong), *_disk(loaded), *_store(loaded), *_running(loaded, wrong),
        *asyncio.run(_offices(loaded)),
    ]  # fmt: skip
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for level, what, say in found:
        table.add_row(SIGNS[level], Text(what), Text(say))
    tabled(table, PIPED)
    if any(level == "bad" for level, _, _ in found):
        raise typer.Exit(1)


def _configuration(config: Config) -> Iterator[Finding]:
    yield "good", "configuration", f"{config.file} is read"
    if config.loopback:
        yield "look", "listening", "on this machine only; no telecom can reach it (set listen and public_url)"
    elif not config.public_url.startswith("https:"):
        yield "bad", "public_url", "callbacks come in clear; put a proxy with TLS before the gateway and write https://"
    yield from _ports(config)
    for name, channel in config.channels.items():
        proofs = channel.proofs()
        say = f"proven by {' and '.join(proofs)}" if proofs else "nothing proves its callbacks (loopback only)"
        yield "good" if proofs else "look", f"channel {name}", say
    if config.sms_limits == SmsLimits() and any(channel.sms for channel in config.channels.values()):
        yield "look", "sms_limits", "no caps: who makes the gateway send SMS decides what they cost"
    if config.durability != "full":
        yield "bad", "durability", "relaxed: a power cut may lose requests that citizens were told we have"


def _ports(config: Config) -> Iterator[Finding]:
    url = urlsplit(config.public_url)
    written = re.search(r":(\d+)$", url.netloc)
    port = int(written[1]) if written else PORTS[url.scheme]
    if is_loopback(url.hostname or "") and port != config.port:
        say = f"{config.public_url} is on this machine, but the gateway listens on port {config.port}; let them agree"
        yield "look", "public_url", say


def _wrong_menus(config: Config) -> int:
    judged = catalogue.judge(catalogue.menu_files(config.menus), catalogue.surroundings(config))
    return sum(complaint.level == "error" for complaint in judged.complaints)


def _menus(config: Config, wrong: int) -> Iterator[Finding]:
    if wrong:
        yield "bad", "menus", f"{wrong} wrong; run `gateway check`"
    else:
        yield "good", "menus", f"{len(catalogue.services_in(catalogue.menu_files(config.menus)))} services"


def _disk(config: Config) -> Iterator[Finding]:
    try:
        config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        free, mode = shutil.disk_usage(config.data).free, config.data.stat().st_mode
    except OSError as error:
        yield "bad", "data directory", f"{config.data} cannot be made or read: {error.strerror}"
        return
    yield _space(free), "disk", f"{free // MEBIBYTE} MiB free in {config.data}"
    if mode & 0o007:
        yield "look", "data directory", f"others can read {config.data}; chmod 750 it"
    if not os.access(config.data, os.W_OK):
        yield "bad", "data directory", f"{config.data} cannot be written"
    if config.key_file.exists() and config.key_file.stat().st_mode & 0o077:
        yield "bad", "key", f"others can read {config.key_file}; chmod 600 it"


def _space(free: int) -> Level:
    if free < NO_SPACE:
        return "bad"
    return "look" if free < LITTLE_SPACE else "good"


def _store(config: Config) -> Iterator[Finding]:
    if opening.has_wal_reset_bug(sqlite3.sqlite_version_info):
        say = f"SQLite {sqlite3.sqlite_version} has the WAL reset bug; with one writing process it cannot strike"
        yield "look", "sqlite", say
    owner = opening.belongs_to(config.data / opening.DATABASE)
    if owner and not config.key_file.exists():
        yield "bad", "key", f"{config.key_file} is missing, and the database belongs to it; put it back from its backup"
    elif owner and Keys.load(config.key_file).fingerprint != owner:
        yield "bad", "key", f"{config.key_file} is not the key of this database; put the right one back"
    try:
        with closing(Reader.open(config.data)) as reader:
            problems, of_sms = reader.verify(), list(sms.findings(config, reader, time.time()))
    except GatewayError as error:
        yield "look", "books", str(error)
        return
    yield from of_sms
    if problems:
        yield "bad", "books", f"{len(problems)} rows do not add up; run gateway verify"
    else:
        yield "good", "books", "they balance"


def _running(config: Config, wrong_menus: int) -> Iterator[Finding]:
    try:
        answer = command(config, "ping")
    except GatewayError as error:
        yield "look", "process", str(error)
        return
    if answer.get("trouble"):
        yield "bad", "process", str(answer["trouble"])
    else:
        yield "good", "process", "running"
    in_force = str(answer.get("edition", ""))
    if answer.get("notice"):
        yield "look", "menus in force", str(answer["notice"])
    elif wrong_menus:
        yield "look", "menus in force", f"{in_force[: editions.SHORT]}, from before those on disk went wrong"
    elif in_force != editions.on_disk(config).hash:
        say = "not those on disk, which are good; `gateway menus reload` puts them in force"
        yield "look", "menus in force", say
    else:
        yield "good", "menus in force", f"{in_force[: editions.SHORT]}, as on disk"


async def _offices(config: Config) -> list[Finding]:
    from gateway.app import client  # FastAPI and all, which the other commands need not wait for

    found: list[Finding] = []
    for name, office in config.offices.items():
        async with client() as http:
            health = await office.adapter.health(http, office.settings)
        say = health.why or "answers"
        found.append(("good" if health.state == "ok" else "look", f"office {name}", say))
    return found
