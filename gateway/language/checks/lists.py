"""Lists of places must lie beside the services that ask for them, and have the levels they are asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.language.answers.gazetteer import Gazetteer, Trouble
from gateway.language.asked import PlaceAnswer
from gateway.language.places import Complaint, Document, Path, nearest
from gateway.language.screens import Ask, Service

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


def check_places(document: Document, service: Service, listed: Listed) -> Iterator[Complaint]:
    """Yield complaints about lists that are not beside a service, and about levels that they lack."""
    folder = _parted(document.file)[0]
    near = {_parted(file)[1]: gazetteer for file, (gazetteer, _) in listed.items() if _parted(file)[0] == folder}
    for screen, kind in service.screens.items():
        if isinstance(kind, Ask) and isinstance(kind.answer, PlaceAnswer):
            path: Path = ("screens", screen, "ask", "answer")
            yield from _place(document, path, kind.answer, near)


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
