"""`gateway diff`: what changed between two sets of menus. Reads folders, files, and editions of the database."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from gateway import catalogue, editions
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration, out
from gateway.config import Config
from gateway.engine import Edition
from gateway.messages import GatewayError, Misconfigured
from gateway.store import Reader
from gateway.workshop.differences import Change, differences

EDITION = re.compile(r"[0-9a-fA-F]+\Z")  # how an edition begins
HEADS: Mapping[str, str] = {"number": "number of", "dial": "long dial", "keyword": "keyword", "longest": "number of"}
Side = Annotated[str, typer.Argument(help="A folder, a file, or an edition as `gateway menus list` shows it.")]


def diff(
    a: Side,
    b: Side,
    config: ConfigOption = NOWHERE,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")] = False,
) -> None:
    """Say what changed from A to B: texts, ways, offices, and what callers know by heart.

    A line with ! is something that callers know by heart: the number of an option, a long dial such as
    '*384*70*1*2#' (the first three levels of every short code), or an SMS keyword. Exit code 1: there is such a line.
    """
    loaded = configuration(config)
    codes = {code: opened.service for one in loaded.channels.values() for code, opened in one.codes.items()}
    found = differences(_edition(loaded, a), _edition(loaded, b), codes)
    if as_json:
        for change in found:
            out.print(json.dumps(asdict(change), ensure_ascii=False), markup=False)
    else:
        _say(found)
    if any(change.by_heart for change in found):
        raise typer.Exit(1)


def _say(found: list[Change]) -> None:
    for title, changes in groupby(found, key=lambda change: "long dials" if change.sort == "dial" else change.service):
        out.print(title, markup=False, style="bold")
        for change in changes:
            mark, head = "!" if change.by_heart else " ", HEADS.get(change.sort, change.sort)
            out.print(f"{mark} {head} {change.where}", markup=False, style="yellow" if change.by_heart else None)
            for sign, text, style in (("-", change.before, "red"), ("+", change.after, "green")):
                for line in text.splitlines():
                    out.print(f"    {sign} {line}", markup=False, style=style)
    if not found:
        out.print("Nothing changed.")


def _edition(config: Config, side: str) -> Edition:
    """Return the services of one side. Raises Misconfigured for what cannot be read."""
    path = Path(side)
    if path.is_dir():
        return _read(catalogue.menu_files(path), side)
    if path.is_file():
        return _read({path.name: catalogue.menu_text(path)}, side)
    if not EDITION.match(side):
        raise GatewayError(f"there is no folder, file or edition {side!r} (`gateway menus list` shows the editions)")
    with closing(Reader.open(config.data)) as reader:
        chosen = editions.chosen(reader.editions(), side)
        return catalogue.edition(chosen.edition, reader.load_edition(chosen.edition) or {})


def _read(files: dict[str, str], side: str) -> Edition:
    if not catalogue.services_in(files):
        raise GatewayError(f"{side}: there is no service in it")
    reads = {name: catalogue.read(text, name) for name, text in catalogue.services_in(files).items()}
    wrong = [complaint for read in reads.values() for complaint in read.document.complaints]
    if any(complaint.level == "error" for complaint in wrong):
        raise Misconfigured([str(complaint) for complaint in sorted(wrong)])
    return catalogue.edition(side, files)
