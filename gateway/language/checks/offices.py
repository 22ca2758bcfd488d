"""What services ask of offices must be what the configuration says that the offices can do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.language.places import Complaint, Document, Path, nearest
from gateway.language.screens import Fetch, Service, Submit

CALL_BACK = frozenset({"phone", "service", "screen"})  # what the engine sends when a citizen asks to be rung back


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing an office can be asked: the names it must be sent, and those its answer can hold."""

    needs: frozenset[str]
    answers: frozenset[str]


Offices = Mapping[str, Mapping[str, Operation]]


def check_offices(document: Document, service: Service, offices: Offices) -> Iterator[Complaint]:
    """Yield complaints about unknown offices and operations, and about what is not sent or not answered."""
    for screen, kind in service.screens.items():
        if isinstance(kind, Fetch | Submit):
            path: Path = ("screens", screen, "fetch" if isinstance(kind, Fetch) else "submit")
            yield from _asked(document, path, kind.office, kind.ask, frozenset(kind.send), offices)
            if isinstance(kind, Fetch):
                yield from _answered(document, path, kind, offices)
    if service.call_back is not None:
        place = service.call_back
        yield from _asked(document, ("call_back",), place.office, place.ask, CALL_BACK, offices)


def _asked(
    document: Document, path: Path, office: str, ask: str, sent: frozenset[str], offices: Offices
) -> Iterator[Complaint]:
    if office not in offices:
        what = f"there is no office {office!r}"
        yield document.complaint("unknown-office", (*path, "office"), what, nearest(office, offices))
        return
    operation = offices[office].get(ask)
    if operation is None:
        what = f"the office {office!r} cannot be asked {ask!r}"
        yield document.complaint("unknown-operation", (*path, "ask"), what, nearest(ask, offices[office]))
        return
    for name in sorted(operation.needs - sent):
        what = f"{office!r} needs {name!r} to answer {ask!r}, and it is not sent"
        code, todo = "not-sent", f"add {name}: to send"
        if path == ("call_back",):
            code, todo = "call-back-needs-more", "choose an operation that needs less"
        yield document.complaint(code, (*path, "send"), what, todo, key=True)


def _answered(document: Document, path: Path, kind: Fetch, offices: Offices) -> Iterator[Complaint]:
    operation = offices.get(kind.office, {}).get(kind.ask)
    if operation is None:
        return
    for theirs in kind.save:
        if theirs not in operation.answers:
            what = f"{kind.office!r} gives no {theirs!r} when asked {kind.ask!r}"
            todo = nearest(theirs, operation.answers)
            yield document.complaint("not-answered", (*path, "save", theirs), what, todo, key=True)
