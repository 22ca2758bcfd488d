"""Lists of places must lie beside the services that ask for them, and have the levels they are asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.language.answers.gazetteer import Gazetteer, Trouble
from gateway.language.asked import PlaceAnswer
from gateway.language.checks import names
from gateway.language.checks.names import Services
from gateway.language.places import Complaint, Document, Path, nearest
from gateway.language.root import Service
from gateway.language.screens import Ask, Do

DEEPEST = 5  # services within services
Listed = Mapping[str, tuple[Gazetteer | None, list[Trouble]]]  # by file, each with what is wrong with it


def beside(listed: Listed, services: Mapping[str, Service]) -> dict[tuple[str, str], Gazetteer]:
    """Return the lists that lie beside each service, by its name and the file's. `services` are by their files."""
    return {
        (service.service, _parted(file)[1]): gazetteer
        for path, service in services.items()
        for file, (gazetteer, _) in listed.items()
        if gazetteer is not None and _parted(file)[0] == _parted(path)[0]
    }


def _parted(file: str) -> tuple[str, str]:
    folder, _, name = file.replace("\\", "/").rpartition("/")
    return folder, name


def check_lists(listed: Listed) -> Iterator[Complaint]:
    """Yield what is wrong with the lists themselves."""
    for file, (_, troubles) in listed.items():
        for line, what, todo in troubles:
            yield Complaint(file, line, 1, what, todo, "bad-list")


def check_places(document: Document, service: Service, services: Services, listed: Listed) -> Iterator[Complaint]:
    """Yield complaints about lists that are not beside a service, and about levels that they lack."""
    folder = _parted(document.file)[0]
    near = {_parted(file)[1]: gazetteer for file, (gazetteer, _) in listed.items() if _parted(file)[0] == folder}
    for screen, kind in service.screens.items():
        if isinstance(kind, Ask) and isinstance(kind.answer, PlaceAnswer):
            path: Path = ("screens", screen, "ask", "answer")
            yield from _place(document, path, kind.answer, near)
            yield from _within(document, path, kind.answer, service, services, near.get(kind.answer.list))


def _place(
    document: Document, path: Path, answer: PlaceAnswer, near: Mapping[str, Gazetteer | None]
) -> Iterator[Complaint]:
    if answer.list not in near:
        what = f"there is no list {answer.list!r} beside this service"
        todo = nearest(answer.list, near) if near else "put it into the same folder"
        yield document.complaint("list-not-there", (*path, "list"), what, todo)
        return
    gazetteer = near[answer.list]
    if gazetteer is not None and answer.level not in gazetteer.levels:
        what, todo = f"{answer.list} has no level {answer.level!r}", nearest(answer.level, gazetteer.levels)
        yield document.complaint("unknown-level", (*path, "level"), what, todo)


def _within(
    document: Document,
    path: Path,
    answer: PlaceAnswer,
    service: Service,
    services: Services,
    gazetteer: Gazetteer | None,
) -> Iterator[Complaint]:
    """A place is narrowed by a place of the same list and of a wider level."""
    if answer.within is None:
        return
    held = list(_asked(answer.within, service, services))
    levels = gazetteer.levels if gazetteer is not None else ()
    for other in held:
        if other is None:
            what, todo = f"{answer.within!r} is no place", "name an answer of the kind place"
        elif other.list != answer.list:
            what, todo = f"{answer.within!r} is a place of {other.list}", f"name a place of {answer.list}"
        elif {answer.level, other.level} <= set(levels) and levels.index(other.level) >= levels.index(answer.level):
            what = f"{answer.within!r} is a {other.level}, which is no wider than a {answer.level}"
            todo = "the levels go from wide to narrow: " + ", ".join(levels)
        else:
            continue
        yield document.complaint("not-within", (*path, "within"), what, todo)
        return


def _asked(name: str, service: Service, services: Services, depth: int = 0) -> Iterator[PlaceAnswer | None]:
    """Yield the place answers that a name can hold; None for anything else."""
    for source in names.sources(service):
        if source.name != name:
            continue
        if isinstance(source.kind, Ask) and isinstance(source.kind.answer, PlaceAnswer):
            yield source.kind.answer
        elif isinstance(source.kind, Do) and source.kind.service in services and depth < DEEPEST:
            yield from _asked(source.theirs, services[source.kind.service], services, depth + 1)
        else:
            yield None
