"""Proves a set of services before citizens meet them: everything that is wrong with them, at once. Pure.

The reader has said what is wrong with each file alone; here is what screens, services and the configuration have to do
with each other. A screen that could not be read is passed over, so that one trouble does not look like two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gateway.language.asked import SLUG
from gateway.language.checks import graph, names
from gateway.language.checks.fits.lengths import check_lengths, too_long_a_notice
from gateway.language.checks.fits.widths import Lists
from gateway.language.checks.handing import check_endings, check_handing
from gateway.language.checks.items import check_items
from gateway.language.checks.lists import Listed, beside, check_lists, check_places
from gateway.language.checks.logic import check_conditions
from gateway.language.checks.offices import Operation, check_offices
from gateway.language.checks.people import check_people
from gateway.language.checks.renumbering import check_renumbering
from gateway.language.checks.saving import check_names, check_steps
from gateway.language.checks.translations import check_translations
from gateway.language.commands import COMMANDS
from gateway.language.places import Complaint, Document, Path, nearest
from gateway.language.reader import Read
from gateway.language.root import Service
from gateway.language.screens import Choose, Do, End, Texts
from gateway.language.text import USSD, Limits

__all__ = ["Operation", "Surroundings", "check"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the menus meet in the configuration: offices and what they can be asked, short codes, screen limits.

    `costs` has each short code that callers pay for, with what they are told of it if they are. `published` are the
    services that were in force before, with which the numbers of options are compared.
    """

    offices: Mapping[str, Mapping[str, Operation]]
    codes: Mapping[str, str]
    limits: Mapping[str, Limits]
    config_file: str
    costs: Mapping[str, Texts | None] = field(default_factory=dict)
    published: Mapping[str, Service] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Menu:
    """A service with its file."""

    document: Document
    service: Service

    @property
    def whole(self) -> bool:
        """True if every screen that is written could be read."""
        return set(self.service.screens) == set(self.document.data["screens"])


NO_LISTS: Listed = {}


def check(reads: list[Read], around: Surroundings | None, listed: Listed = NO_LISTS) -> list[Complaint]:
    """Return what is wrong with the services together, sorted. Without `around`, offices and codes are left out.

    `listed` are the lists of places by their files.
    """
    menus = [Menu(read.document, read.service) for read in reads if read.service is not None]
    services = {menu.service.service: menu.service for menu in menus if menu.whole}
    known = {_named(read) or _stem(read.document.file) for read in reads}
    limits = dict.fromkeys(around.limits.values()) if around is not None and around.limits else (USSD,)
    lists = beside(listed, {menu.document.file: menu.service for menu in menus})
    taken_back, codes = names.taken_back(services), around.codes if around is not None else {}
    found: list[Complaint] = list(check_lists(listed))
    for menu in menus:
        found += _check_one(menu, services, lists, known, limits, taken_back, codes)
        found += check_places(menu.document, menu.service, services, listed)
        if around is not None:
            found += check_offices(menu.document, menu.service, around.offices)
            found += check_renumbering(menu.document, menu.service, around.published)
    found += _same_names(reads)
    found += _keywords(menus)
    found += _service_circles(menus)
    if around is not None:
        found += [*_codes(around, known, services), *_costs(around, services, lists, limits)]
    return sorted(found)


def _named(read: Read) -> str | None:
    """Return the name of a service, also where the rest of its file could not be read."""
    data = read.document.data
    name = data.get("service") if isinstance(data, dict) else None
    return name if isinstance(name, str) else None


def _last(file: str) -> str:
    return file.replace("\\", "/").rpartition("/")[2]


def _stem(file: str) -> str:
    return _last(file).removesuffix(".yaml").removesuffix(".yml")


def _check_one(
    menu: Menu,
    services: Mapping[str, Service],
    lists: Lists,
    known: set[str],
    limits: Iterable[Limits],
    taken_back: Mapping[str, frozenset[str]],
    codes: Mapping[str, str],
) -> Iterator[Complaint]:
    document, service = menu.document, menu.service
    outs = names.outs(service, services)
    lost = list(graph.check_targets(document, service, outs))
    yield from lost
    yield from _unknown_services(menu, known)
    yield from check_steps(document, service, outs)
    yield from check_translations(document, service)
    yield from check_lengths(document, service, services, lists, limits)
    yield from check_conditions(document, service, services)
    yield from check_items(document, service)
    yield from check_handing(document, service, services, lists)
    yield from check_endings(document, service, services, codes)
    if menu.whole and not lost:
        yield from graph.check_ways(document, service, outs, _endless(service, services))
    if menu.whole and service.start in service.screens:
        yield from check_names(document, service, services, outs, taken_back)
    if menu.whole and not lost and service.start in service.screens:
        yield from check_people(document, service, services, lists, outs, limits, service.service in taken_back)


# --- services among themselves ------------------------------------------------------------------------------------


def _endless(service: Service, services: Mapping[str, Service], seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the screens that a citizen passes without being asked anything."""
    found = set()
    for screen, kind in service.screens.items():
        if isinstance(kind, graph.SILENT):
            found.add(screen)
        other = services.get(kind.service) if isinstance(kind, Do) and kind.service not in seen else None
        if other is not None and _passes(other, services, seen | {service.service}):
            found.add(screen)
    return frozenset(found)


def _passes(service: Service, services: Mapping[str, Service], seen: frozenset[str]) -> bool:
    """True if one can come from the start of a service to its end without being asked anything."""
    endless = _endless(service, services, seen)
    ways = {screen: [way.target for way in graph.exits(service.screen(screen))] for screen in endless}
    come_to = graph.reached([service.start], ways)
    return any(isinstance(service.screens.get(screen), End) for screen in come_to)


def gone_into(service: Service) -> Iterator[tuple[Path, str]]:
    """Yield the services that one goes into, each with the place where it says so."""
    for screen, kind in service.screens.items():
        if isinstance(kind, Do):
            yield ("screens", screen, "do", "service"), kind.service
        if isinstance(kind, Choose):
            for place, option in enumerate(kind.options):
                if option.do is not None:
                    yield ("screens", screen, "choose", "options", place, "do"), option.do


def _unknown_services(menu: Menu, known: set[str]) -> Iterator[Complaint]:
    for path, name in gone_into(menu.service):
        if name not in known:
            what = f"there is no service {name!r}"
            yield menu.document.complaint("unknown-service", path, what, nearest(name, known))


def _service_circles(menus: list[Menu]) -> Iterator[Complaint]:
    ways = {menu.service.service: [name for _, name in gone_into(menu.service)] for menu in menus}
    by_name = {menu.service.service: menu for menu in menus}
    for circle in graph.circles(ways):
        menu = by_name[circle[0]]
        path = next(path for path, name in gone_into(menu.service) if name == circle[1])
        what = f"services go into each other in a circle: {' > '.join(circle)}"
        yield menu.document.complaint("services-in-a-circle", path, what, "come back with an end instead")


def _same_names(reads: list[Read]) -> Iterator[Complaint]:
    first: dict[str, str] = {}
    for read in sorted(reads, key=lambda read: read.document.file):
        name, document = _named(read), read.document
        if name is None:
            continue
        if name in first:
            what = f"there are two services called {name!r}"
            todo = f"the other is in {first[name]}; rename one"
            yield document.complaint("duplicate-service", ("service",), what, todo)
        first.setdefault(name, document.file)
        file, stem = _last(document.file), name.rpartition("/")[2]
        if SLUG.match(name) and _stem(file) != stem:  # what is no name has been told already
            todo = f"name the file {stem}{'.yml' if file.endswith('.yml') else '.yaml'}"
            yield document.complaint("file-name", ("service",), f"the file of {name!r} is called {file}", todo)


def _keywords(menus: list[Menu]) -> Iterator[Complaint]:
    claimed: dict[str, str] = {}
    for menu in sorted(menus, key=lambda menu: menu.document.file):
        for path, keyword in _places(menu.service.keywords):
            word = keyword.upper()
            if word in COMMANDS:
                what = f"the keyword {keyword!r} means the same everywhere"
                yield menu.document.complaint("reserved-keyword", path, what, "choose another word")
            elif word in claimed:
                what = f"the keyword {keyword!r} is claimed by {claimed[word]} already"
                yield menu.document.complaint("keyword-claimed-twice", path, what, "choose another word")
            claimed.setdefault(word, menu.service.service)


def _places(keywords: list[str] | dict[str, list[str]]) -> Iterator[tuple[Path, str]]:
    if isinstance(keywords, list):
        yield from ((("keywords", place), keyword) for place, keyword in enumerate(keywords))
        return
    for language, words in keywords.items():
        yield from ((("keywords", language, place), keyword) for place, keyword in enumerate(words))


def _codes(around: Surroundings, known: set[str], services: Mapping[str, Service]) -> Iterator[Complaint]:
    for code, name in around.codes.items():
        if name not in known:
            what = f"the short code {code} opens {name!r}, which is no service"
            yield Complaint(around.config_file, 1, 1, what, nearest(name, known), "config-unknown-service")
        if name in services and services[name].takes:
            what = f"the short code {code} opens {name!r}, which takes {', '.join(services[name].takes)}"
            todo = "open a service that goes into it with do"
            yield Complaint(around.config_file, 1, 1, what, todo, "config-service-takes")


def _costs(
    around: Surroundings, services: Mapping[str, Service], lists: Lists, limits: Iterable[Limits]
) -> Iterator[Complaint]:
    """Who pays is told so, and reads the first question on the same screen."""
    for code, notice in around.costs.items():
        service = services.get(around.codes.get(code, ""))
        if notice is None:
            what, todo = f"callers pay for {code}, and nothing tells them so", "add cost_notice: or toll_free: true"
            yield Complaint(around.config_file, 1, 1, what, todo, "config-no-cost-notice")
        elif service is not None and service.start in service.screens:
            long = too_long_a_notice(notice, service, services, lists, limits)
            if long is not None:
                what, todo = f"{code}: {long}", "shorten cost_notice, or the first screen"
                yield Complaint(around.config_file, 1, 1, what, todo, "config-long-cost-notice")
