"""The services in force, their editions, and what a short code or a keyword opens. Touches the menu folder.

An edition is the whole set of service files at one moment, named by its content hash. A session ends on the edition it
began with: editions are kept in the store, and read again from there after a restart.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from gateway.config import Config
from gateway.engine import Edition
from gateway.language import reader
from gateway.language.answers import gazetteer
from gateway.language.answers.gazetteer import Gazetteer, Trouble
from gateway.language.checks import checker
from gateway.language.checks.checker import Operation, Surroundings
from gateway.language.places import Complaint
from gateway.language.reader import Read
from gateway.messages import Misconfigured, StoreTrouble, to_json

Files = Mapping[str, str]
Lists = Mapping[str, tuple[Gazetteer | None, list[Trouble]]]
Loader = Callable[[str], Awaitable[dict[str, str] | None]]

ODD_BYTES = "surrogateescape"  # what is not UTF-8 gets through to the reader, which complains of its place
SUFFIXES = (".yaml", ".yml")
TESTS = (".test.yaml", ".test.yml")
LARGEST = 16 * 1024 * 1024  # bytes of a file; what is less is for those to judge who read it
LISTS = ".csv"  # administrative lists, beside the services that use them
MOST_EDITIONS = 16  # kept in memory; an older one is read again from the store


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be said of a set of files, and the edition they make if nothing is wrong with them."""

    edition: Edition | None
    complaints: tuple[Complaint, ...]


def edition_paths(folder: Path) -> list[Path]:
    """Return every file below `folder` that may belong to an edition, in order. Raises Misconfigured.

    Names that begin with a dot are left out: they are what editors and version control keep there.
    """
    try:
        there = folder.is_dir()
    except OSError as error:
        raise _unread(folder, error) from error
    if not there:
        raise Misconfigured([f"{folder}:1:1: there is no such folder (write `menus:` in the configuration)"])
    found: list[Path] = []
    for here, folders, names in os.walk(folder, onerror=_stopped):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(here, name) for name in names if _belongs(name)]
    return sorted(found)


def _belongs(name: str) -> bool:
    return name.endswith((*SUFFIXES, LISTS)) and not name.startswith(".") and not name.endswith(TESTS)


def _stopped(error: OSError) -> NoReturn:
    raise _unread(error.filename, error) from error


def _unread(file: Path | str, error: OSError) -> Misconfigured:
    return Misconfigured([f"{file}:1:1: it cannot be read: {error.strerror} (let the gateway read it)"])


def menu_files(folder: Path) -> dict[str, str]:
    """Return the text of every service and list below `folder` by its path there. Raises Misconfigured."""
    paths = edition_paths(folder)
    for path in paths:
        _refuse(path)
    return {str(path.relative_to(folder)): menu_text(path) for path in paths}


def _refuse(file: Path) -> None:
    """Raise Misconfigured for what would be read for ever: a pipe, a device, a file that is far too large."""
    try:
        found = file.stat()
    except OSError as error:
        raise _unread(file, error) from error
    if not stat.S_ISREG(found.st_mode):
        raise Misconfigured([f"{file}:1:1: this is no file (take it out of the menu folder)"])
    if found.st_size > LARGEST:
        raise Misconfigured([f"{file}:1:1: the file is larger than 16 MiB (take it out of the menu folder)"])


def menu_text(file: Path) -> str:
    """Return the text of one service file, as `read` and `judge` take it. Raises Misconfigured."""
    try:
        return file.read_text(encoding="utf-8", errors=ODD_BYTES)
    except OSError as error:
        raise _unread(file, error) from error


def read(text: str, file: str) -> Read:
    """Read one service file from its `menu_text`."""
    return reader.read(text.encode(errors=ODD_BYTES), file)


def services_in(files: Files) -> dict[str, str]:
    """Return those of the files that are services."""
    return {name: text for name, text in files.items() if not name.endswith(LISTS)}


def lists_in(files: Files) -> dict[str, tuple[Gazetteer | None, list[Trouble]]]:
    """Return the administrative lists among the files by their path, each with what is wrong with it."""
    return {name: gazetteer.read(text) for name, text in files.items() if name.endswith(LISTS)}


def edition_hash(files: Files) -> str:
    """Return the name of the edition that these files make, or would make if they were good."""
    readable = {_readable(name): _readable(text) for name, text in files.items()}
    return hashlib.sha256(to_json(readable)).hexdigest()[:32]


def _readable(text: str) -> str:
    return text.encode(errors=ODD_BYTES).decode(errors="backslashreplace")


def surroundings(config: Config) -> Surroundings:
    """Return what the checker must know of the configuration."""
    offices = {
        name: {
            ask: Operation(office.adapter.needs(office.settings, ask) or frozenset(), frozenset(answers), answers)
            for ask, answers in _operations(office.adapter, office.settings)
        }
        for name, office in config.offices.items()
    }
    codes = {code: opened.service for channel in config.channels.values() for code, opened in channel.codes.items()}
    dialled = {name: channel for name, channel in config.channels.items() if channel.codes}
    limits = {name: channel.limits for name, channel in dialled.items()}
    limits |= {f"{name} {code}": own for name, one in dialled.items() for code, own in one.networks.items()}
    opened = [(code, one) for channel in config.channels.values() for code, one in channel.codes.items()]
    costs = {code: one.cost_notice for code, one in opened if not one.toll_free}
    return Surroundings(offices, codes, limits, str(config.file), costs)


def _operations(adapter: object, settings: object) -> list[tuple[str, Mapping[str, frozenset[str]]]]:
    operations = getattr(settings, "operations", {})
    return [(ask, adapter.answers(settings, ask)) for ask in operations]  # type: ignore[attr-defined]


def judge(files: Files, around: Surroundings | None, prefix: str = "") -> Judged:
    """Read and check a set of service files. `prefix` is put before their names in complaints."""
    reads = {name: read(text, f"{prefix}{name}") for name, text in services_in(files).items()}
    lists = lists_in(files)
    complaints = [complaint for one in reads.values() for complaint in one.document.complaints]
    complaints += checker.check(
        list(reads.values()), around, {f"{prefix}{name}": listed for name, listed in lists.items()}
    )
    if any(complaint.level == "error" for complaint in complaints):
        return Judged(None, tuple(sorted(complaints)))
    return Judged(_edition(edition_hash(files), reads, lists), tuple(sorted(complaints)))


def longest_pause(edition: Edition) -> float:
    """Return for how many seconds a dropped conversation may be worth looking for."""
    return max((service.resume_for for service in edition.services.values()), default=0.0)


def _edition(name: str, reads: Mapping[str, Read], lists: Lists) -> Edition:
    """Join the services and, to each, the lists beside it."""
    found = {path: read.service for path, read in reads.items() if read.service is not None}
    beside = {
        (service.service, file.rpartition("/")[2]): gazetteer
        for path, service in found.items()
        for file, (gazetteer, _) in lists.items()
        if gazetteer is not None and file.rpartition("/")[0] == path.rpartition("/")[0]
    }
    return Edition(name, {service.service: service for service in found.values()}, beside)


def edition(name: str, files: Files) -> Edition:
    """Return the edition that files make which were judged before."""
    return _edition(name, {path: read(text, path) for path, text in services_in(files).items()}, lists_in(files))


class Catalogue:
    """The editions that conversations may be on. `current` is the one that new conversations begin with."""

    def __init__(self, edition: Edition, files: Files, load: Loader) -> None:
        self.current = edition
        self.longest_pause = longest_pause(edition)  # seconds
        self.files = dict(files)
        self.trouble: tuple[str, ...] = ()  # why the menus on disk are not in force
        self.notice = ""  # a sentence, where an earlier edition was put in force on purpose
        self._load = load
        self._reading = asyncio.Lock()
        self._known: dict[str, Edition] = {edition.hash: edition}

    def replace(self, edition: Edition, files: Files, notice: str = "") -> None:
        """Put another edition in force."""
        self.current, self.files, self.trouble, self.notice = edition, dict(files), (), notice
        self.longest_pause = longest_pause(edition)
        self._remember(edition)

    async def edition(self, name: str) -> Edition:
        """Return an edition by its hash. Raises StoreTrouble if it is kept nowhere."""
        known = self._known.get(name)
        if known is not None:
            return known
        async with self._reading:  # one reads it, all the others have it then
            if name not in self._known:
                files = await self._load(name)
                if files is None:
                    raise StoreTrouble(f"the edition {name} of the menus is not in the store")
                self._remember(await asyncio.to_thread(edition, name, files))
            return self._known[name]

    def keyword(self, word: str) -> tuple[str, str | None] | None:
        """Return the service that a keyword opens, and in which language if the keyword says."""
        wanted = word.upper()
        for service in self.current.services.values():
            if wanted in service.claimed:
                return service.service, service.claimed[wanted]
        return None

    def _remember(self, edition: Edition) -> None:
        self._known[edition.hash] = edition
        while len(self._known) > MOST_EDITIONS:
            oldest = next(name for name in self._known if name != self.current.hash)
            del self._known[oldest]
