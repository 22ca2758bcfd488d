"""`gateway import`: services of other systems, in our menu language. Touches the files that it is given and writes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import catalogue
from gateway.catalogue import Judged
from gateway.cli.terminal import errors, out
from gateway.importers import rapidpro, ussd_airflow
from gateway.importers.notes import Imported
from gateway.language.asked import SLUG
from gateway.language.checks.checker import Surroundings
from gateway.language.text import USSD
from gateway.messages import GatewayError

CONFIG = "config.suggested.yaml"
NOWHERE = Path()

app = typer.Typer(no_args_is_help=True, help="Bring services from other systems: ussd_airflow and RapidPro.")


class Format(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"


ToOption = Annotated[
    Path, typer.Option("--to", metavar="FOLDER", help="The menu folder to write to.", show_default="nothing is written")
]
AgencyOption = Annotated[str, typer.Option(metavar="NAME", help="The agency of the services.")]
ServiceOption = Annotated[str, typer.Option(metavar="NAME", help="The service's name, where there is just one.")]
ReportOption = Annotated[Format, typer.Option("--report", help="text for people, json for machines.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Write over files that are there.")]


@dataclass(frozen=True, slots=True)
class _Wanted:
    to: Path
    force: bool
    report: Format


@app.command("ussd-airflow")
def airflow(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE…|FOLDER", help="Journeys, and the files they need.")],
    to: ToOption = NOWHERE,
    agency: AgencyOption = "imported",
    service: ServiceOption = "",
    report: ReportOption = Format.TEXT,
    force: ForceOption = False,
) -> None:
    """Import ussd_airflow journeys (YAML), each as a service.

    Variables files and files that a journey extends must be given with it. Without --to, what would be written is
    shown. Everything that is not as it was is in the report. Exit code 0: the services have no errors; 1: they have.
    """
    _named(agency, service)
    files = {name: _text(path) for name, path in _files(paths).items()}
    _give(ussd_airflow.imported(files, agency, service), _Wanted(to, force, report))


@app.command("rapidpro")
def flows(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An export of flows (JSON).")],
    to: ToOption = NOWHERE,
    agency: AgencyOption = "imported",
    service: ServiceOption = "",
    report: ReportOption = Format.TEXT,
    force: ForceOption = False,
) -> None:
    """Import a RapidPro export (JSON, formats 13 and 14), each flow as a service.

    Without --to, what would be written is shown. Everything that is not as it was is in the report. Exit code 0: the
    services have no errors; 1: they have.
    """
    _named(agency, service)
    _give(rapidpro.imported(_text(file), str(file), agency, service), _Wanted(to, force, report))


# --- files --------------------------------------------------------------------------------------------------------


def _named(agency: str, service: str) -> None:
    for option, name in (("--agency", agency), ("--service", service)):
        if name and (not SLUG.match(name) or (option == "--agency" and "/" in name)):
            raise GatewayError(f"{option} {name!r} is no name (lower-case letters and digits joined by -)")


def _files(paths: list[Path]) -> dict[str, Path]:
    """Return the files by the name that the report gives them: as they were given, below a folder too."""
    found: dict[str, Path] = {}
    for path in paths:
        if not path.exists():
            raise GatewayError(f"{path}: there is no such file or folder")
        inside = sorted(one for one in path.rglob("*.y*ml") if one.is_file()) if path.is_dir() else [path]
        if not inside:
            raise GatewayError(f"{path}: no YAML files in it")
        found |= {one.as_posix(): one for one in inside}
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise GatewayError(f"{path}: it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise GatewayError(f"{path}:1:1: this is not UTF-8 text (save it as UTF-8)") from error


def _give(imported: Imported, wanted: _Wanted) -> None:
    """Write or show what was made, and say all there is to say. Raises typer.Exit where there are errors."""
    around = Surroundings(imported.offices, {}, {"": USSD}, CONFIG)
    judged = catalogue.judge(imported.files, around, "" if wanted.to == NOWHERE else f"{wanted.to}/")
    targets = {} if wanted.to == NOWHERE else _targets(imported, wanted.to)
    there = [str(path) for path in targets if path.exists()]
    if there and not wanted.force:
        raise GatewayError(f"{', '.join(there)}: there already (write over them with --force)")
    for path, text in targets.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if wanted.report is Format.JSON:
        out.print(json.dumps(_plain(imported, judged, bool(targets)), ensure_ascii=False, indent=2), markup=False)
    else:
        _show(imported, judged, targets)
    if judged.edition is None:
        raise typer.Exit(1)


def _targets(imported: Imported, folder: Path) -> dict[Path, str]:
    """Return the texts by the files they go to. The suggested configuration lies beside the menus, not among them."""
    found = {folder / name: text for name, text in imported.files.items()}
    return found | ({folder.resolve().parent / CONFIG: imported.config} if imported.config else {})


# --- the report ---------------------------------------------------------------------------------------------------


def _show(imported: Imported, judged: Judged, targets: dict[Path, str]) -> None:
    """Show the files, or that they were written; the report goes to standard error where the files are shown."""
    shown = {**imported.files, **({CONFIG: imported.config} if imported.config else {})}
    for name, text in shown.items() if not targets else ():
        out.print(f"--- {name}\n{text}", markup=False)
    for path in targets:
        out.print(f"written: {path}", markup=False)
    console = out if targets else errors
    for line in reported(imported, judged):
        console.print(line, markup=False)


def reported(imported: Imported, judged: Judged) -> list[str]:
    """Return the report line by line: every note, what the checker says, and a sum."""
    lines = [str(note) for note in imported.notes] + [str(complaint) for complaint in judged.complaints]
    counted = {level: sum(note.level == level for note in imported.notes) for level in ("lost", "differs", "doubt")}
    wrong = sum(complaint.level == "error" for complaint in judged.complaints)
    sums = f"{counted['lost']} left out, {counted['differs']} different, {counted['doubt']} to look at"
    services = f"{len(imported.files)} service{'' if len(imported.files) == 1 else 's'}"
    warned = len(judged.complaints) - wrong
    return [*lines, f"{services}: {sums}; gateway check: {wrong} wrong, {warned} warning{'' if warned == 1 else 's'}"]


def _plain(imported: Imported, judged: Judged, written: bool) -> dict[str, Any]:
    return {
        "written": written,
        "files": dict(imported.files),
        "config": imported.config,
        "notes": [asdict(note) for note in imported.notes],
        "complaints": [asdict(complaint) for complaint in judged.complaints],
    }
