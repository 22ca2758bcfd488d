"""What services ask of offices must be what the configuration says that the offices can do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.language.declared import Saved
from gateway.language.places import Complaint, Document, Path, nearest
from gateway.language.root import Service
from gateway.language.screens import KIND_NAMES, CallBackScreen, Fetch, Submit

CALL_BACK = frozenset({"phone", "service", "screen"})  # what the engine sends when a citizen asks to be rung back


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing an office can be asked: the names it must be sent, and those its answer can hold.

    `fields` says of the answers that are lists which fields their items have.
    """

    needs: frozenset[str]
    answers: frozenset[str]
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)


Offices = Mapping[str, Mapping[str, Operation]]


def check_offices(document: Document, service: Service, offices: Offices) -> Iterator[Complaint]:
    """Yield complaints about unknown offices and operations, and about what is not sent or not answered."""
    for screen, kind in service.screens.items():
        if isinstance(kind, Fetch | Submit | CallBackScreen):
            path: Path = ("screens", screen, KIND_NAMES[type(kind)])
            always = CALL_BACK if isinstance(kind, CallBackScreen) else frozenset()
            yield from _asked(document, path, kind.office, kind.ask, always | kind.send.keys(), offices)
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
    for theirs, saved in kind.save.items():
        place: Path = (*path, "save", theirs)
        if theirs not in operation.answers:
            what = f"{kind.office!r} gives no {theirs!r} when asked {kind.ask!r}"
            yield document.complaint("not-answered", place, what, _meant(theirs, operation.answers), key=True)
        else:
            yield from _listed(document, place, kind.office, saved, operation.fields.get(theirs, frozenset()))


def _listed(document: Document, path: Path, office: str, saved: Saved, fields: frozenset[str]) -> Iterator[Complaint]:
    """A list is saved as a list, with fields that its items have."""
    theirs = path[-1]
    if fields and not saved.each:
        todo = f"name its fields under each: {', '.join(sorted(fields))}"
        yield document.complaint("answer-is-a-list", path, f"{theirs!r} is a list", todo, key=True)
    if saved.each and not fields:
        what, todo = f"{office!r} gives {theirs!r} as a single value, not as a list", "leave out each"
        yield document.complaint("answer-is-no-list", path, what, todo, key=True)
    for name in saved.each if fields else ():
        if name not in fields:
            what = f"the items of {theirs!r} have no {name!r}"
            yield document.complaint("not-answered", (*path, "each", name), what, _meant(name, fields), key=True)


def _meant(word: str, known: frozenset[str]) -> str:
    """Return the nearest name, and all there are: offices call things by names that a clerk cannot guess."""
    near, every = nearest(word, known), "use one of: " + ", ".join(sorted(known))
    return f"{near} {every}" if known and not near.startswith("use") else near
