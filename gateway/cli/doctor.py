"""`gateway doctor`: what is missing or unsafe on this machine. Reads files, asks the offices whether they are there."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Literal

import typer
from rich.table import Table

from gateway import app as gateway_app
from gateway import catalogue
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration, out
from gateway.config import Config
from gateway.messages import GatewayError
from gateway.store import opening
from gateway.store.reading import Reader
from gateway.web import control

Finding = tuple[Literal["good", "look", "bad"], str, str]
SIGNS = {"good": "[green]good[/]", "look": "[yellow]look[/]", "bad": "[red]bad[/]"}
SPACE_NEEDED = 1024**3  # bytes


def doctor(config: ConfigOption = NOWHERE) -> None:
    """Say what is missing or unsafe, and what to do. Exit code 1 if anything is bad."""
    loaded = configuration(config)
    found = [
        *_configuration(loaded), *_menus(loaded), *_disk(loaded), *_store(loaded), *_running(loaded),
        *asyncio.run(_offices(loaded)),
    ]  # fmt: skip
    table = Table(box=None, show_header=False, pad_edge=False)
    for level, what, say in found:
        table.add_row(SIGNS[level], what, say)
    out.print(table)
    if any(level == "bad" for level, _, _ in found):
        raise typer.Exit(1)


def _configuration(config: Config) -> Iterator[Finding]:
    yield "good", "configuration", f"{config.file} is read"
    if config.loopback:
        yield "look", "listening", "on this machine only; no telecom can reach it (set listen and public_url)"
    elif not config.public_url.startswith("https:"):
        yield "bad", "public_url", "callbacks come in clear; put a proxy with TLS before the gateway and write https://"
    for name, channel in config.channels.items():
        proofs = channel.telecom.proofs(channel.settings)
        say = f"proven by {' and '.join(proofs)}" if proofs else "nothing proves its callbacks (loopback only)"
        yield "good" if proofs else "look", f"channel {name}", say
    if config.durability != "full":
        yield "bad", "durability", "relaxed: a power cut may lose requests that citizens were told we have"


def _menus(config: Config) -> Iterator[Finding]:
    judged = catalogue.judge(catalogue.menu_files(config.menus), catalogue.surroundings(config))
    wrong = [complaint for complaint in judged.complaints if complaint.level == "error"]
    if wrong:
        yield "bad", "menus", f"{len(wrong)} wrong; run gateway check"
    else:
        yield "good", "menus", f"{len(judged.edition.services) if judged.edition else 0} services"


def _disk(config: Config) -> Iterator[Finding]:
    config.data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(config.data).free
    level: Literal["good", "look"] = "good" if free > SPACE_NEEDED else "look"
    yield level, "disk", f"{free // 1024**2} MiB free in {config.data}"
    if config.data.stat().st_mode & 0o007:
        yield "look", "data directory", f"others can read {config.data}; chmod 750 it"
    if config.key_file.exists() and config.key_file.stat().st_mode & 0o077:
        yield "bad", "key", f"others can read {config.key_file}; chmod 600 it"
    elif not os.access(config.data, os.W_OK):
        yield "bad", "data directory", f"{config.data} cannot be written"


def _store(config: Config) -> Iterator[Finding]:
    if opening.has_wal_reset_bug(sqlite3.sqlite_version_info):
        say = f"SQLite {sqlite3.sqlite_version} has the WAL reset bug; with one writing process it cannot strike"
        yield "look", "sqlite", say
    try:
        with closing(Reader.open(config.data)) as reader:
            problems = reader.verify()
    except GatewayError as error:
        yield "look", "books", str(error)
        return
    if problems:
        yield "bad", "books", f"{len(problems)} rows do not add up; run gateway verify"
    else:
        yield "good", "books", "they balance"


def _running(config: Config) -> Iterator[Finding]:
    try:
        answer = control.ask(config.data, "ping")
    except GatewayError as error:
        yield "look", "process", str(error)
        return
    trouble = answer.get("trouble") or "; ".join(answer.get("menus", []))
    yield ("bad", "process", str(trouble)) if trouble else ("good", "process", "running")


async def _offices(config: Config) -> list[Finding]:
    found: list[Finding] = []
    for name, office in config.offices.items():
        async with gateway_app.client() as http:
            health = await office.adapter.health(http, office.settings)
        say = health.why or "answers"
        found.append(("good" if health.state == "ok" else "look", f"office {name}", say))
    return found
