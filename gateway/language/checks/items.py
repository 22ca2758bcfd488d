"""Lists that offices answer: chosen from as lists, by fields that their items have, and never shown as a text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.language import templates
from gateway.language.checks import names
from gateway.language.declared import Saved
from gateway.language.places import Complaint, Document, Path, nearest
from gateway.language.root import Service
from gateway.language.screens import Choose
from gateway.language.templates import TemplateError


def check_items(document: Document, service: Service) -> Iterator[Complaint]:
    """Yield complaints about menus made from lists, and about lists in texts."""
    lists = names.listed(service)
    known = {source.name for source in names.sources(service)}
    for screen, kind in service.screens.items():
        if isinstance(kind, Choose) and kind.from_ is not None and kind.from_ in known:
            path: Path = ("screens", screen, "choose")
            yield from _menu(document, path, kind, kind.from_, lists)
    yield from _shown(document, service, lists)


def _menu(document: Document, path: Path, kind: Choose, name: str, lists: Mapping[str, Saved]) -> Iterator[Complaint]:
    if name not in lists:
        what = f"{name!r} is no list"
        todo = nearest(name, lists) if lists else "save a list with a fetch: say each, and its fields"
        yield document.complaint("no-list", (*path, "from"), what, todo)
        return
    fields = lists[name].each
    for theirs in kind.take:
        if theirs not in fields:
            what = f"the items of {name!r} have no {theirs!r}"
            yield document.complaint("unknown-field", (*path, "take", theirs), what, nearest(theirs, fields), key=True)
    for key, source in (("value", kind.value), ("label", kind.label)):
        if isinstance(source, str) and not _names(source) & fields.keys() and _names(source) <= names.RESERVED:
            what = f"every item has the same {key}, since it names no field"
            todo = "write a field in braces: " + ", ".join(f"{{{field}}}" for field in fields)
            yield document.complaint("same-for-every-item", (*path, key), what, todo)


def _names(source: str) -> frozenset[str]:
    try:
        return templates.compile(source).names
    except TemplateError:
        return frozenset()


def _shown(document: Document, service: Service, lists: Mapping[str, Saved]) -> Iterator[Complaint]:
    """A list in a text would show the inside of the gateway."""
    used = {use.path: use for use in names.uses(service) if use.name in lists and use.where in ("text", "handed")}
    for use in used.values():
        if not _only_counted(document, use.path, use.name):
            what = f"{use.name!r} is a list, which is no text"
            todo = f"let the citizen choose from it, or write {{{use.name} | count}}"
            yield document.complaint("list-as-text", use.path, what, todo, offset=use.offset)


def _only_counted(document: Document, path: Path, name: str) -> bool:
    source = document.at(path)
    try:
        slots = templates.compile(source).slots if isinstance(source, str) else ()
    except TemplateError:
        return True
    return all(slot.filter == "count" for slot in slots if slot.name == name)
