"""`gateway check`: what is wrong with menus, before citizens meet it. Touches the menu files."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway import catalogue
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration, errors, out
from gateway.language.places import Complaint
from gateway.messages import GatewayError


class Format(StrEnum):
    """How the complaints are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def check(
    path: Annotated[
        Path, typer.Argument(help="A folder of menus, or one file. Without it, the folder of the configuration.")
    ] = NOWHERE,
    config: ConfigOption = NOWHERE,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    format: Annotated[Format, typer.Option(help="text for people, json or github for machines.")] = Format.TEXT,
) -> None:
    """Say what is wrong with menus, where, and what to do.

    Reads every file, follows every path, measures every screen in every language, and compares with the offices of the
    configuration. Exit code 0: good to go live; 1: something is wrong.
    """
    loaded = configuration(config)
    folder = loaded.menus if path == NOWHERE else path
    files = _files(folder)
    # One file alone is not asked for the services of the short codes, which are in other files.
    around = catalogue.surroundings(loaded) if folder.is_dir() else None
    prefix = f"{folder}/" if folder.is_dir() else ""
    complaints = catalogue.judge(files, around, prefix).complaints
    for complaint in complaints:
        _written(complaint, format)
    wrong = [c for c in complaints if strict or c.level == "error"]
    if format is Format.TEXT:
        count = f"{len(files)} service{'s' if len(files) != 1 else ''}"
        warned = len(complaints) - len(wrong)
        note = f", {warned} warning{'s' if warned != 1 else ''}" if warned else ""
        errors.print(f"{count}: {len(wrong)} wrong{note}" if wrong else f"{count}: good{note}")
    if wrong:
        raise typer.Exit(1)


def _files(folder: Path) -> dict[str, str]:
    if folder.is_dir():
        return catalogue.menu_files(folder)
    try:
        return {str(folder): folder.read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        raise GatewayError(f"{folder}: it cannot be read: {error}") from error


def _written(complaint: Complaint, format: Format) -> None:
    match format:
        case Format.JSON:
            fields = ("file", "line", "column", "level", "what", "todo")
            line = json.dumps({name: getattr(complaint, name) for name in fields}, ensure_ascii=False)
        case Format.GITHUB:
            place = f"file={complaint.file},line={complaint.line},col={complaint.column}"
            line = f"::{complaint.level} {place}::{complaint.what} ({complaint.todo})"
        case Format.TEXT:
            line = str(complaint)
    out.print(line, markup=False, style=None if format is not Format.TEXT or complaint.level == "error" else "yellow")
