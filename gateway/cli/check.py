"""`gateway check`: what is wrong with menus, before citizens meet it. Touches the menu files."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from gateway import catalogue
from gateway.catalogue import Files
from gateway.cli.reports import WRITERS, Format, page
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration, errors, out
from gateway.config import Config
from gateway.language.places import Complaint
from gateway.messages import GatewayError, StoreTrouble
from gateway.store import Reader
from gateway.store.opening import DATABASE


def check(
    path: Annotated[
        Path,
        typer.Argument(
            help="A folder of menus, or one file. Without it, the folder of the configuration.", show_default=False
        ),
    ] = NOWHERE,
    config: ConfigOption = NOWHERE,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    format: Annotated[Format, typer.Option(help="text for people; json, github or sarif for machines.")] = Format.TEXT,
    against: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", help="The menus as they were published.", show_default="what is in force, if it is known"
        ),
    ] = NOWHERE,
) -> None:
    """Say what is wrong with menus, where, and what to do.

    Reads every file, follows every path, measures every screen in every language, and compares with the offices of the
    configuration. A file of the menu folder is judged together with the others there, as the gateway will, and its
    numbers are compared with those of the menus in force. Exit code 0: good to go live; 1: something is wrong.
    """
    loaded = configuration(config)
    count, complaints, elsewhere = _judged(loaded, loaded.menus if path == NOWHERE else path, against)
    wrong = [c for c in complaints if strict or c.level == "error"]
    if format is Format.TEXT:
        _say(complaints, len(wrong), count)
    else:
        for line in WRITERS[format](complaints):
            out.print(line, markup=False)
    if elsewhere:
        errors.print(f"The other files of {loaded.menus} have {elsewhere} wrong: run `gateway check`", style="yellow")
    if wrong:
        raise typer.Exit(1)


def _say(complaints: list[Complaint], wrong: int, count: int) -> None:
    for complaint in complaints:
        out.print(str(complaint), markup=False, style="yellow" if complaint.level == "warning" else None)
    warned = _counted(len(complaints) - wrong, "warning") if len(complaints) > wrong else ""
    said = ", ".join(part for part in (f"{wrong} wrong" if wrong else "good", warned) if part)
    out.print(f"{_counted(count, 'service')}: {said}", markup=False)
    if complaints:
        example = next((c.code for c in complaints if c.level == "error"), complaints[0].code)
        out.print(f"The word in brackets has a page that explains it, such as {page(example)}", markup=False)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class _Set:
    """Files that are judged together, those of them that were asked for, and what stands before their names.

    `to_be_in_force` is True for those of the menu folder, which the gateway serves.
    """

    files: Files
    asked: list[str]
    prefix: str
    alone: bool = False
    to_be_in_force: bool = False


def _judged(config: Config, path: Path, against: Path) -> tuple[int, list[Complaint], int]:
    """Return how many services `path` holds, what is wrong with them, and how many errors the files beside them have.

    A file that stands alone is not asked for the services of the short codes, which are in other files.
    """
    judged = _set_of(path, config.menus)
    published = catalogue.edition("", _published(config, judged, against)).services
    around = replace(catalogue.surroundings(config), published=published)
    complaints = catalogue.judge(
        judged.files, replace(around, codes={}, costs={}) if judged.alone else around, judged.prefix
    ).complaints
    named = {f"{judged.prefix}{name}" for name in judged.asked} | {around.config_file}
    beside = sum(complaint.level == "error" and complaint.file not in named for complaint in complaints)
    asked = [complaint for complaint in complaints if complaint.file in named]
    return sum(not name.endswith(catalogue.LISTS) for name in judged.asked), asked, beside


def _published(config: Config, judged: _Set, against: Path) -> Files:
    """Return the menus that were published: a folder's, or those in force where the menu folder is judged."""
    if against != NOWHERE:
        return catalogue.menu_files(against)
    if not judged.to_be_in_force or not (config.data / DATABASE).exists():
        return {}
    try:
        with closing(Reader.open(config.data)) as reader:
            latest = reader.editions()[:1]
            return (reader.load_edition(latest[0].edition) or {}) if latest else {}
    except StoreTrouble as error:
        errors.print(f"not compared with the menus in force: {error}", style="yellow", markup=False)
        return {}


def _set_of(path: Path, folder: Path) -> _Set:
    """What lies in the menu folder is judged among its neighbours, as the gateway will; anything else by itself."""
    if not path.exists():
        raise GatewayError(f"{path}: there is no such file or folder")
    if path.resolve().is_relative_to(folder.resolve()):
        inside = path.resolve().relative_to(folder.resolve())
        files = catalogue.menu_files(folder)
        asked = [name for name in files if Path(name).is_relative_to(inside)]
        if asked:
            return _Set(files, asked, _prefix(path, inside, folder), to_be_in_force=True)
    if path.is_dir():
        files = catalogue.menu_files(path)
        return _Set(files, list(files), f"{path}/")
    return _Set({str(path): catalogue.menu_text(path)}, [str(path)], "", alone=True)


def _prefix(path: Path, inside: Path, folder: Path) -> str:
    """Return what stands before the names of the files of the menu folder, as the person who asks writes it."""
    kept = len(path.parts) - len(inside.parts)
    if kept < 0 or path.parts[kept:] != inside.parts:
        return f"{folder}/"
    return f"{Path(*path.parts[:kept])}/" if kept else ""
