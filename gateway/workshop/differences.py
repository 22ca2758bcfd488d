"""What changed between two sets of services, as a citizen and a reviewer see it. Pure.

Some of it callers know by heart: the numbers of options, long dials, keywords. That is marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.engine import Edition
from gateway.language.checks.graph import SILENT, exits
from gateway.language.root import Service
from gateway.language.screens import KIND_NAMES, Choose, Confirm, Do, Kind, Say, Set

DEEP = 3  # levels of a long dial
TEXTS = frozenset({"text", "wrong", "sms", "comment", "label", "states", "title", "words"})
WAYS = frozenset({"go", "do", "change", "missing", "otherwise", "none", "too_many", "decline"})
OFFICES = frozenset({"office", "ask", "send"})
SORTS = {
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(WAYS, "way"),
    **dict.fromkeys(OFFICES, "office"),
}
APART = frozenset({"screens", "keywords", "service"})  # compared in their own way

Flat = dict[tuple[str, ...], str]
Spot = tuple[str, str]  # a service and its screen
Codes = Mapping[str, str]  # the services that short codes open


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as before. `before` is empty for what is new, `after` for what is gone.

    `sort`: service, screen, text, way, office, rule, number, keyword, dial or longest. `by_heart`: callers notice.
    """

    service: str
    sort: str
    where: str
    before: str = ""
    after: str = ""
    by_heart: bool = False


def differences(before: Edition, after: Edition, codes: Codes) -> list[Change]:
    """Return all changes: service by service, then long dials."""
    found: list[Change] = []
    for name in sorted({*before.services, *after.services}):
        old, new = before.services.get(name), after.services.get(name)
        if old is None or new is None:
            lost = old is not None
            found.append(Change(name, "service", name, name if lost else "", "" if lost else name))
            found += _keywords(name, old, new)
        else:
            found += _service(old, new)
    return [*found, *_dials(before, after, codes)]


def _service(old: Service, new: Service) -> Iterator[Change]:
    name = old.service
    yield from _parts(name, "", _flat(old.model_dump(mode="json", exclude_unset=True, exclude=set(APART))),
                      _flat(new.model_dump(mode="json", exclude_unset=True, exclude=set(APART))))  # fmt: skip
    yield from _keywords(name, old, new)
    for screen in (*old.screens, *(screen for screen in new.screens if screen not in old.screens)):
        yield from _screen(name, screen, old.screens.get(screen), new.screens.get(screen))
    if longest(old) != longest(new):
        yield Change(name, "longest", "screens on the longest way", str(longest(old)), str(longest(new)))


def _keywords(name: str, old: Service | None, new: Service | None) -> Iterator[Change]:
    """Yield what became of each keyword, with the language that it sets. A new one takes nothing from anybody."""
    had = old.claimed if old is not None else {}
    has = new.claimed if new is not None else {}
    for word in sorted({*had, *has}):
        told = [f"{word} ({tongue[word]})" if tongue.get(word) else word for tongue in (had, has)]
        if had.get(word, "") != has.get(word, ""):
            before, after = (one if word in there else "" for one, there in zip(told, (had, has), strict=True))
            yield Change(name, "keyword", word, before, after, by_heart=word in had)


# --- screens ------------------------------------------------------------------------------------------------------


def _screen(name: str, screen: str, old: Kind | None, new: Kind | None) -> Iterator[Change]:
    kinds = [KIND_NAMES[type(kind)] if kind is not None else "" for kind in (old, new)]
    if kinds[0] != kinds[1]:
        yield Change(name, "screen", screen, kinds[0], kinds[1])
    if old is None or new is None or kinds[0] != kinds[1]:
        return
    if isinstance(old, Choose) and isinstance(new, Choose):
        yield from _numbers(name, screen, old, new)
    yield from _parts(name, screen, _flat(_written(old)), _flat(_written(new)))


def _numbers(name: str, screen: str, old: Choose, new: Choose) -> Iterator[Change]:
    """Yield the options that have another number, or none any more."""
    had, has = ({option.value: str(number) for number, option in enumerate(kind.options, 1)} for kind in (old, new))
    for value, number in had.items():
        if has.get(value) != number:
            yield Change(name, "number", f"{screen}: {value}", number, has.get(value, ""), by_heart=True)


def _written(kind: Kind) -> Any:
    return kind.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _flat(part: Any, path: tuple[str, ...] = ()) -> Flat:
    """Return every value by its path; an option of a menu is found by its value, wherever it stands."""
    if not isinstance(part, dict | list):
        return {path: str(part)}
    named = part.items() if isinstance(part, dict) else (_item(number, one) for number, one in enumerate(part, 1))
    return {key: value for name, below in named for key, value in _flat(below, (*path, name)).items()}


def _item(number: int, one: Any) -> tuple[str, Any]:
    if isinstance(one, dict) and "value" in one:
        return str(one["value"]), {key: below for key, below in one.items() if key != "value"}
    return str(number), one


def _parts(name: str, screen: str, old: Flat, new: Flat) -> Iterator[Change]:
    for path in sorted({*old, *new}):
        if old.get(path) != new.get(path):
            sort = next((SORTS[key] for key in path if key in SORTS), "rule")
            where = f"{screen}: {' '.join(path)}" if screen else " ".join(path)
            yield Change(name, sort, where, old.get(path, ""), new.get(path, ""))


# --- ways ---------------------------------------------------------------------------------------------------------


def longest(service: Service) -> int:
    """Return how many screens a caller meets on the longest way that passes no screen twice, ways back left out."""
    done: dict[str, int] = {}
    under_way: set[str] = set()

    def visit(screen: str) -> int:
        if screen in under_way or screen not in service.screens:
            return 0
        if screen not in done:
            under_way.add(screen)
            kind = service.screen(screen)
            further = max((visit(way.target) for way in exits(kind)), default=0)
            under_way.discard(screen)
            done[screen] = further + (not isinstance(kind, SILENT))
        return done[screen]

    return visit(service.start)


def _dials(before: Edition, after: Edition, codes: Codes) -> Iterator[Change]:
    """Yield the long dials that lead elsewhere or nowhere. One that goes on from a changed one is not told again."""
    for code, name in codes.items():
        had, has = (dict(shortcuts(edition, name)) for edition in (before, after))
        told: list[str] = []
        for keys, spot in had.items():
            if has.get(keys) == spot or any(keys.startswith(f"{other}*") for other in told):
                continue
            told.append(keys)
            yield Change(
                name, "dial", f"{code.removesuffix('#')}*{keys}#", _at(spot), _at(has.get(keys)), by_heart=True
            )


def _at(spot: Spot | None) -> str:
    return "" if spot is None else " ".join(spot)


def shortcuts(edition: Edition, name: str) -> Iterator[tuple[str, Spot]]:
    """Yield the long dials of a service by their keys, such as 1*2, each with the screen it leads to."""
    waiting = [("", _beyond(edition, (name, edition.services[name].start)))] if name in edition.services else []
    while waiting:
        keys, spot = waiting.pop(0)
        for key, target in _pressed(edition, spot):
            there = _beyond(edition, target)
            longer = f"{keys}*{key}" if keys else key
            yield longer, there
            if longer.count("*") < DEEP - 1:
                waiting.append((longer, there))


def _kind(edition: Edition, spot: Spot) -> Kind | None:
    service = edition.services.get(spot[0])
    found: Kind | None = service.screens.get(spot[1]) if service is not None else None
    return found


def _pressed(edition: Edition, spot: Spot) -> Iterator[tuple[str, Spot]]:
    """Yield the numbers that a screen takes, each with where it leads."""
    match _kind(edition, spot):
        case Choose(from_=None, options=options):
            for number, option in enumerate(options, 1):
                yield str(number), _start(edition, option.do) if option.do is not None else (spot[0], option.go or "")
        case Confirm(go=go, change=change):
            yield from (("1", (spot[0], go)), ("2", (spot[0], change)))
        case Say(go=go):
            yield "1", (spot[0], go)


def _start(edition: Edition, name: str) -> Spot:
    service = edition.services.get(name)
    return name, service.start if service is not None else ""


def _beyond(edition: Edition, spot: Spot) -> Spot:
    """Return the screen that is shown there: what says nothing and always leads on is passed."""
    for _ in range(100):
        match _kind(edition, spot):
            case Set(go=go):
                spot = (spot[0], go)
            case Do(service=name) if name in edition.services:
                spot = _start(edition, name)
            case _:
                break
    return spot
