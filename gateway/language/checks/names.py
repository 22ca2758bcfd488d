"""The names of a service: where each gets its value, where it is used, and what kind of value it holds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.language import conditions, reader, templates
from gateway.language.checks.graph import REFERENCE, Exits, exits, surely
from gateway.language.conditions import ConditionError
from gateway.language.declared import Declared, Saved
from gateway.language.places import Path
from gateway.language.root import Service
from gateway.language.screens import KIND_NAMES, Ask, Choose, Do, End, Fetch, Kind, Set, Status
from gateway.language.templates import TemplateError

# The names that are always there, and what they hold.
ALWAYS: Mapping[str, str] = {
    "phone": "string",
    "language": "string",
    "channel": "string",
    "network": "string",
    "short_code": "string",
    "service": "string",
    "today": "date",
    "now": "time",
}
RESERVED = frozenset({*ALWAYS, REFERENCE})
ANSWER_KINDS: Mapping[str, str] = {
    "text": "string",
    "digits": "string",
    "number": "int",
    "amount": "amount",
    "date": "date",
    "phone": "string",
    "pin": "string",
    "yes_no": "bool",
    "id": "string",
    "place": "string",
}
DECLARED_KINDS: Mapping[str | None, str] = {
    None: "any", "text": "string", "number": "int", "amount": "amount", "date": "date", "yes_no": "bool",
}  # fmt: skip

Services = Mapping[str, Service]


@dataclass(frozen=True, slots=True)
class Source:
    """A place where a name gets its value. `theirs` is what the office, the item or the other service calls it.

    `kind` is the screen; None for what the service takes. `declared` is what is said of a value from outside.
    """

    path: Path
    screen: str
    name: str
    kind: Kind | None
    theirs: str = ""
    declared: Declared | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a name is used. `where` is `text`, `sent`, `condition`, `handed`, `rated` or `named`."""

    path: Path
    screen: str
    name: str
    where: str
    offset: int = 0
    beside: frozenset[str] = frozenset()  # the fields of the list's items, which could have been meant


def sources(service: Service) -> Iterator[Source]:
    """Yield every place where a name gets a value, in the order of the file."""
    for name, taken in service.takes.items():
        yield Source(("takes", name), "", name, None, declared=taken)
    lists = listed(service)
    for screen, kind in service.screens.items():
        path: Path = ("screens", screen, KIND_NAMES[type(kind)])
        match kind:
            case Choose():
                yield from _chosen(path, screen, kind, lists)
            case Ask(save=name) | Status(save=str(name)):
                yield Source((*path, "save"), screen, name, kind)
            case Fetch():
                for theirs, saved in kind.save.items():
                    yield Source((*path, "save", theirs), screen, saved.as_, kind, theirs, saved)
            case Do():
                for theirs, name in kind.save.items():
                    yield Source((*path, "save", theirs), screen, name, kind, theirs)
            case Set():
                for name in kind.values:
                    yield Source((*path, "values", name), screen, name, kind)


def _chosen(path: Path, screen: str, kind: Choose, lists: Mapping[str, Saved]) -> Iterator[Source]:
    if kind.save is not None:
        yield Source((*path, "save"), screen, kind.save, kind)
    fields = lists[kind.from_].each if kind.from_ is not None and kind.from_ in lists else {}
    for theirs, name in kind.take.items():
        yield Source((*path, "take", theirs), screen, name, kind, theirs, fields.get(theirs))


def listed(service: Service) -> dict[str, Saved]:
    """Return the lists that fetches save, by our names."""
    fetches = [kind for kind in service.screens.values() if isinstance(kind, Fetch)]
    return {saved.as_: saved for kind in fetches for saved in kind.save.values() if saved.each}


def uses(service: Service) -> Iterator[Use]:
    """Yield every place where a name is used, in the order of the file. What cannot be read is passed over."""
    lists = listed(service)
    for screen, kind in service.screens.items():
        top: Path = ("screens", screen)
        for below, text in reader.texts(kind):
            fields = _fields(kind, below, lists)
            for path, _, _, source in reader.variants(text, (*top, *below)):
                for name, offset in template_names(source):
                    if fields is not None and name not in fields:
                        yield Use(path, screen, name, "text", offset, fields)
        for below, source in reader.sent(kind):
            fields = _fields(kind, below, lists)
            for name, offset in template_names(source):
                if fields is not None and name not in fields:
                    yield Use((*top, *below), screen, name, _where(below), offset, fields)
        for below, source in reader.expressions(kind):
            for name in condition_names(source):
                yield Use((*top, *below), screen, name, "condition")
        for below, name in _named(kind):
            yield Use((*top, *below), screen, name, "named")


def _fields(kind: Kind, below: Path, lists: Mapping[str, Saved]) -> frozenset[str] | None:
    """Return the names that mean a field of a list's items in this place; None where the list is not known."""
    if not isinstance(kind, Choose) or kind.from_ is None or below[1] not in ("label", "value"):
        return frozenset()
    return frozenset(lists[kind.from_].each) if kind.from_ in lists else None


def _where(below: Path) -> str:
    return {"with": "handed", "value": "text", "of": "rated"}.get(str(below[1]), "sent")


def _named(kind: Kind) -> Iterator[tuple[Path, str]]:
    """Yield the names that stand by themselves, not in a text: the list of a menu, the place that narrows another."""
    if isinstance(kind, Choose) and kind.from_ is not None:
        yield ("choose", "from"), kind.from_
    within = getattr(kind.answer, "within", None) if isinstance(kind, Ask) else None
    if within is not None:
        yield ("ask", "answer", "within"), within


def template_names(source: str) -> list[tuple[str, int]]:
    """Return the names in a template with their places; nothing if it cannot be read."""
    try:
        return [(slot.name, slot.offset) for slot in templates.compile(source).slots]
    except TemplateError:
        return []


def condition_names(source: str) -> list[str]:
    """Return the names in an expression; nothing if it cannot be read."""
    try:
        return sorted(conditions.compile(source).names)
    except ConditionError:
        return []


# --- what other services bring ------------------------------------------------------------------------------------


def outs(service: Service, services: Services, seen: frozenset[str] = frozenset()) -> Exits:
    """Return the ways out of each screen, with what the services that are gone into surely bring back."""
    found = {}
    for screen, kind in service.screens.items():
        given_back = brought(kind.service, services, seen) if isinstance(kind, Do) else None
        found[screen] = exits(kind, given_back)
    return found


def brought(name: str, services: Services, seen: frozenset[str] = frozenset()) -> frozenset[str] | None:
    """Return the names that surely have a value at every end of a service; None if it cannot be known."""
    if name not in services or name in seen:
        return None
    service = services[name]
    sure = surely(service.start, outs(service, services, seen | {name}), service.takes)
    ends = [names for screen, names in sure.items() if isinstance(service.screens.get(screen), End)]
    return frozenset.intersection(*ends) if ends else None


def taken_back(services: Services) -> dict[str, frozenset[str]]:
    """Return the services that others go into, each with the names that they save of it."""
    found: dict[str, frozenset[str]] = {}
    for service in services.values():
        for kind in service.screens.values():
            if isinstance(kind, Do):
                found[kind.service] = found.get(kind.service, frozenset()) | kind.save.keys()
    return found


def secrets(service: Service, services: Services, seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the names that hold answers which must never be shown."""
    found = set()
    for source in sources(service):
        if isinstance(source.kind, Ask) and source.kind.hidden:
            found.add(source.name)
        if isinstance(source.kind, Do):
            other = services.get(source.kind.service)
            if other is not None and other.service not in seen:
                hidden = secrets(other, services, seen | {service.service})
                found |= {source.name} if source.theirs in hidden else set()
    return frozenset(found)


# --- kinds of value -----------------------------------------------------------------------------------------------


def kinds(service: Service, services: Services, seen: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return what each name holds, in the words of `conditions.type_trouble`; `any` where that differs."""
    found: dict[str, str] = {**ALWAYS, REFERENCE: "string"}
    own: dict[str, str] = {}
    computed = []
    for source in sources(service):
        if isinstance(source.kind, Set):
            computed.append(source)
        else:
            held = _kind(source, services, seen | {service.service})
            own[source.name] = held if own.get(source.name, held) == held else "any"
    for source in computed:
        held = _computed(source, {**found, **own})
        own[source.name] = held if own.get(source.name, held) == held else "any"
    return own | found


def _kind(source: Source, services: Services, seen: frozenset[str]) -> str:
    if source.declared is not None:
        return "list" if getattr(source.declared, "each", None) else declared_kind(source.declared)
    match source.kind:
        case Choose() | Status():
            return "string"
        case Ask(optional=True, answer=answer) if ANSWER_KINDS[answer.kind] != "string":
            return "any"
        case Ask(answer=answer):
            held = ANSWER_KINDS[answer.kind]
            return held if held == "string" or not getattr(answer, "allow", ()) else "any"
        case Do(service=name) if name in services and name not in seen:
            return kinds(services[name], services, seen).get(source.theirs, "any")
    return "any"


def declared_kind(declared: Declared) -> str:
    """Return what a declared value holds."""
    return "string" if declared.labels else DECLARED_KINDS[declared.kind]


def _computed(source: Source, known: Mapping[str, str]) -> str:
    assert isinstance(source.kind, Set)
    try:
        condition = conditions.compile(source.kind.values[source.name])
    except ConditionError:
        return "any"
    return conditions.kind_of(condition, known) if condition.names <= known.keys() else "any"


def domains(service: Service) -> dict[str, tuple[Any, ...]]:
    """Return every value a name can have, for the names of which that is known."""
    found: dict[str, tuple[Any, ...]] = {}
    endless: set[str] = set()
    for source in sources(service):
        match source.kind:
            case Choose(options=options, from_=None):
                values: tuple[Any, ...] = tuple(option.value for option in options)
            case Ask(answer=answer, optional=False) if answer.kind == "yes_no":
                values = (True, False)
            case _:
                endless.add(source.name)
                continue
        found[source.name] = tuple(dict.fromkeys((*found.get(source.name, ()), *values)))
    own = {name: values for name, values in found.items() if name not in endless}
    return {**own, "language": tuple(service.languages), "channel": ("ussd", "sms")}
