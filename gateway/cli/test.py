"""`gateway test`: the conversations beside the menus, run offline. Touches the menu folder."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from gateway import catalogue
from gateway.cli import results
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration, errors, out
from gateway.config import Config
from gateway.messages import GatewayError, Misconfigured
from gateway.workshop.rehearsal import running
from gateway.workshop.rehearsal.conversations import SUFFIX
from gateway.workshop.rehearsal.coverage import Coverage, Trace, coverage
from gateway.workshop.rehearsal.running import Job, Place, Result

LOOKS = 0.5  # seconds between two looks at the files


def test(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Folders or *.test.yaml files; without any, the folder of menus."),
    ] = None,
    config: ConfigOption = NOWHERE,
    filter: Annotated[str, typer.Option(metavar="TEXT", help="Only conversations with this in their name.")] = "",
    update: Annotated[bool, typer.Option("--update", help="Write what was seen over what was expected.")] = False,
    cover: Annotated[
        int | None, typer.Option(metavar="PERCENT", help="Say what is not covered; fail below this.", min=0, max=100)
    ] = None,
    junit: Annotated[Path, typer.Option(metavar="FILE", help="Write JUnit XML, too.", show_default=False)] = NOWHERE,
    json: Annotated[bool, typer.Option("--json", help="A JSON line for each conversation.")] = False,
    jobs: Annotated[int, typer.Option(metavar="N", help="Processes; without it, one for each core.", min=0)] = 0,
    watch: Annotated[bool, typer.Option("--watch", help="Again whenever a menu or a test changes.")] = False,
) -> None:
    """Run the conversations that lie beside the menus, with offices that answer as they say.

    Nothing is sent, and no gateway need run. Of what goes wrong the place is told, and both screens side by side. Exit
    code 0: all went as written; 1: something did not, or less is covered than asked for; 2: it could not be run.
    """
    wanted = _Wanted(paths or [], filter, update, cover, junit, json, jobs or running.cores())
    loaded = configuration(config)
    if watch:
        _watch(loaded, wanted)
    elif not _run(loaded, wanted):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for on the command line."""

    paths: list[Path]
    filter: str
    update: bool
    cover: int | None
    junit: Path
    json: bool
    processes: int


@dataclass(slots=True)
class _Group:
    """Tests of the same menu folder, as they are named, and what of it is to be covered."""

    root: Path
    prefix: str
    tests: dict[Path, str] = field(default_factory=dict)  # how each is told
    covers: list[Path] = field(default_factory=list)  # folders


# --- one run ------------------------------------------------------------------------------------------------------


def _run(config: Config, wanted: _Wanted) -> bool:
    """Run everything and tell of it. Return whether all is well."""
    groups = _groups(config, wanted.paths or [config.menus])
    told, covered = [], []
    for group in groups:
        files = catalogue.menu_files(group.root)
        place = _place(config, files, group.prefix)
        for result in running.run(_jobs(group, wanted), place, wanted.processes):
            told.append(result)
            if result.updated is not None:
                _rewrite(group, result, result.updated)
            if not wanted.json:
                out.print(results.line_of(result), markup=False, style=None if result.passed else "red")
        covered.append((group, files))
    if wanted.filter and not any(result.conversations or result.complaints for result in told):
        raise GatewayError(f"no conversation has {wanted.filter!r} in its name or its file's")
    found = _covered(covered, told) if wanted.cover is not None else None
    _tell(told, found, wanted)
    enough = found is None or wanted.cover is None or found.percent >= wanted.cover
    return enough and all(result.passed for result in told)


def _jobs(group: _Group, wanted: _Wanted) -> list[Job]:
    return [Job(name, _text(file), wanted.filter, wanted.update) for file, name in group.tests.items()]


def _text(file: Path) -> str:
    """Return the text of a file with its ends of lines as they are."""
    return file.read_bytes().decode(errors=catalogue.ODD_BYTES)


def _place(config: Config, files: dict[str, str], prefix: str) -> Place:
    """Return where the conversations take place. Raises Misconfigured where the menus have errors."""
    wrong = [c for c in catalogue.judge(files, None, prefix).complaints if c.level == "error"]
    if wrong:
        raise Misconfigured([str(complaint) for complaint in wrong])
    dialled = [(code, channel) for channel in config.channels.values() for code in channel.codes]
    if not dialled:
        return Place(files, config.zone, config.country, "*000#")
    code, channel = dialled[0]
    return Place(files, config.zone, config.country, code, channel.limits, channel.networks)


def _tell(told: list[Result], found: Coverage | None, wanted: _Wanted) -> None:
    if wanted.junit != NOWHERE:
        wanted.junit.write_bytes(results.junit(told))
    if wanted.json:
        for line in results.json_lines(told, found):
            out.print(line, markup=False)
        return
    for result in told:
        for complaint in result.complaints:
            out.print(complaint, markup=False)
        for failure in results.failures_of(result):
            out.print()
            for line in results.shown(failure):
                out.print(line, markup=False, style="red" if line.startswith(("  !", "  -", "  +")) else None)
    if found is not None and not any(result.complaints for result in told):  # else mend that first
        for line in results.coverage_lines(found):
            out.print(line, markup=False)
    out.print(_sum(told), markup=False)


def _sum(told: list[Result]) -> str:
    count = sum(len(result.conversations) for result in told)
    wrong = sum(bool(one.failures) for result in told for one in result.conversations)
    wrong += sum(len(result.failures) + bool(result.complaints) for result in told)
    said = f"{wrong} wrong" if wrong else "good"
    return f"{results.counted(count, 'conversation')} in {results.counted(len(told), 'file')}: {said}"


# --- which files --------------------------------------------------------------------------------------------------


def _groups(config: Config, paths: list[Path]) -> list[_Group]:
    """Return the tests by menu folder: that of the configuration, or the folder that was named. Raises GatewayError."""
    groups: dict[Path, _Group] = {}
    for path in paths:
        if not path.exists():
            raise GatewayError(f"{path}: there is no such file or folder")
        if path.is_file() and not path.name.endswith(SUFFIX):
            raise GatewayError(f"{path}: a test is called *{SUFFIX}")
        folder = path if path.is_dir() else path.parent
        inside = folder.resolve().is_relative_to(config.menus)
        root = config.menus if inside else folder.resolve()
        prefix = _told(root) if inside else str(folder)
        group = groups.setdefault(root, _Group(root, "" if prefix == "." else f"{prefix}/"))
        found = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        group.tests.update({file.resolve(): _told(file) for file in found})
        if path.is_dir():
            group.covers.append(path.resolve())
    if not any(group.tests for group in groups.values()):
        raise GatewayError(f"{', '.join(map(str, paths))}: there are no tests (a test is called *{SUFFIX})")
    return list(groups.values())


def _told(file: Path) -> str:
    """Return a file's name as it is told: from here, where that is shorter."""
    here, there = Path.cwd(), file.resolve()
    return str(there.relative_to(here) if there.is_relative_to(here) else file)


def _covered(groups: list[tuple[_Group, dict[str, str]]], told: list[Result]) -> Coverage:
    """Return what the conversations cover of the services in the folders that were named, and of those tested."""
    trace, reads = Trace(), []
    for result in told:
        trace.add(result.trace)
    tested = {result.service for result in told}
    for group, files in groups:
        for name, source in catalogue.services_in(files).items():
            file = group.root / name
            read = catalogue.read(source, _told(file))
            within = any(file.is_relative_to(folder) for folder in group.covers)
            if within or (read.service is not None and read.service.service in tested):
                reads.append(read)
    return coverage(reads, trace)


# --- writing and watching -----------------------------------------------------------------------------------------


def _rewrite(group: _Group, result: Result, new: str) -> None:
    file = next(path for path, name in group.tests.items() if name == result.file)
    file.write_bytes(new.encode(errors=catalogue.ODD_BYTES))
    errors.print(f"{result.file}: updated", style="cyan", markup=False)


def _watch(config: Config, wanted: _Wanted) -> None:
    seen: dict[Path, int] = {}
    while True:
        now = _stamps(config, wanted.paths)
        if now != seen:
            seen = now
            try:
                _run(config, wanted)
            except Misconfigured as error:
                for complaint in error.complaints:
                    errors.print(complaint, style="red", markup=False)
            errors.print("waiting for a change; Ctrl-C ends", style="dim")
        time.sleep(LOOKS)


def _stamps(config: Config, paths: list[Path]) -> dict[Path, int]:
    """Return when each menu, list and test was last changed."""
    folders = {config.menus, *(path if path.is_dir() else path.parent for path in paths)}
    return {
        file: file.stat().st_mtime_ns
        for folder in folders
        for file in folder.rglob("*.*")
        if file.suffix in (*catalogue.SUFFIXES, catalogue.LISTS)
    }
