"""Runs files of conversations, over several processes where there are many, and adds up what they cover."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import tzinfo

from gateway import catalogue
from gateway.language.screens import Fetch
from gateway.language.text import USSD, Limits
from gateway.workshop.rehearsal import conversations, updating
from gateway.workshop.rehearsal.conversations import SUFFIX, Conversation, Read
from gateway.workshop.rehearsal.coverage import Trace
from gateway.workshop.rehearsal.judging import Failure, Questions, asked, judged, unasked
from gateway.workshop.rehearsal.phone import Played, Setting, rehearse

FEW = 40  # files; fewer are done before other processes have started


@dataclass(frozen=True, slots=True)
class Place:
    """What the services are made of, and the world around them; it can be sent to another process."""

    files: Mapping[str, str]
    zone: tzinfo
    country: str
    code: str
    limits: Limits = USSD
    networks: Mapping[str, Limits] = field(default_factory=dict)

    def setting(self) -> Setting:
        """Return where conversations take place."""
        edition = catalogue.edition("rehearsal", self.files)
        return Setting(edition, self.zone, self.country, self.code, self.limits, self.networks)


@dataclass(frozen=True, slots=True)
class Job:
    """One file of conversations: its name as it is told, its text, and which conversations are wanted."""

    file: str
    text: str
    wanted: str = ""
    update: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """How one conversation went."""

    name: str
    line: int
    failures: tuple[Failure, ...]


@dataclass(slots=True)
class Result:
    """How a file went: complaints where it cannot be read, else each conversation; its new text if updated."""

    file: str
    service: str = ""
    complaints: tuple[str, ...] = ()
    conversations: list[Told] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)  # of the file as a whole
    updated: str | None = None
    trace: Trace = field(default_factory=Trace)

    @property
    def passed(self) -> bool:
        """True if nothing is wrong."""
        return not (self.complaints or self.failures or any(told.failures for told in self.conversations))


def run(jobs: list[Job], place: Place, processes: int) -> Iterator[Result]:
    """Yield the result of each job, in their order."""
    if processes <= 1 or len(jobs) < FEW:
        setting = place.setting()
        yield from (run_file(job, setting) for job in jobs)
        return
    with ProcessPoolExecutor(min(processes, len(jobs)), initializer=_settle, initargs=(place,)) as pool:
        yield from pool.map(_run_there, jobs, chunksize=max(1, len(jobs) // (4 * processes)))


def cores() -> int:
    """Return how many processes can work at a time."""
    return os.cpu_count() or 1


_SETTING: list[Setting] = []  # of this process, where it is one of several


def _settle(place: Place) -> None:
    _SETTING[:] = [place.setting()]


def _run_there(job: Job) -> Result:
    return run_file(job, _SETTING[0])


def run_file(job: Job, setting: Setting) -> Result:
    """Return how all conversations of a file go that are wanted."""
    read = conversations.read(job.text.encode(errors=catalogue.ODD_BYTES), job.file)
    if read.suite is None:
        return Result(job.file, complaints=tuple(str(complaint) for complaint in sorted(read.document.complaints)))
    service = _tested(read, setting)
    if service is None:
        what = f"there is no service {read.suite.tests or _stem(job.file)!r}"
        todo = f"write tests: and its name, or call the file like it, with {SUFFIX}"
        complaint = read.document.complaint("unknown-service", ("tests",), what, todo)
        return Result(job.file, complaints=(str(complaint),))
    result = Result(job.file, service)
    questions = _questions(setting)
    played = {place: _played(read, one, service, setting, result) for place, one in _wanted(read, job)}
    for place, one in played.items():
        name, line = read.suite.conversations[place].name, read.line("conversations", place)
        result.conversations.append(Told(name, line, tuple(judged(read, place, one, questions))))
    if len(played) == len(read.suite.conversations):
        result.failures.extend(_unused(read, played.values(), questions))
    result.trace.forget()
    new = updating.updated(job.text, read, played) if job.update else job.text
    if new == job.text:
        return result
    again = run_file(Job(job.file, new, job.wanted), setting)
    again.updated = new
    return again


def _wanted(read: Read, job: Job) -> Iterator[tuple[int, Conversation]]:
    assert read.suite is not None
    for place, conversation in enumerate(read.suite.conversations):
        if job.wanted.casefold() in f"{job.file} {conversation.name}".casefold():
            yield place, conversation


def _played(read: Read, conversation: Conversation, service: str, setting: Setting, result: Result) -> Played:
    assert read.suite is not None
    return rehearse(conversation, service, read.suite.offices, setting, result.trace)


def _tested(read: Read, setting: Setting) -> str | None:
    """Return the service that a file tests: the one it names, else the one it is called like."""
    assert read.suite is not None
    services, named = setting.edition.services, read.suite.tests
    if named is not None:
        return named if named in services else None
    like = [name for name in services if name.rpartition("/")[2] == _stem(read.document.file)]
    return like[0] if len(like) == 1 else None


def _stem(file: str) -> str:
    return file.replace("\\", "/").rpartition("/")[2].removesuffix(SUFFIX)


def _questions(setting: Setting) -> dict[str, set[str]]:
    """Return what any service asks while the caller waits, by office."""
    found: dict[str, set[str]] = {}
    for service in setting.edition.services.values():
        for kind in service.screens.values():
            if isinstance(kind, Fetch):
                found.setdefault(kind.office, set()).add(kind.ask)
    return found


def _unused(read: Read, played: Iterable[Played], questions: Questions) -> Iterator[Failure]:
    """Yield the answers for all conversations that none of them asks for."""
    assert read.suite is not None
    used = {key for one in played for key in one.used}
    for office, asks in read.suite.offices.items():
        for ask in asks:
            if (office, ask) not in used:
                line = read.line("offices", office, ask)
                what, todo = f"nobody asks {office} {ask!r}", "delete the answer, or make a conversation ask"
                if not asked(office, ask, questions):
                    what, todo = unasked(office, ask, questions)
                yield Failure(read.document.file, line, "all conversations", 0, what, todo)
