"""Numbers that people know by heart: an option keeps its own from one version to the next. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.language.checks.names import Services
from gateway.language.places import Complaint, Document, Path
from gateway.language.root import Service
from gateway.language.screens import Choose, Option


def check_renumbering(document: Document, service: Service, published: Services) -> Iterator[Complaint]:
    """Yield a complaint for each menu in which a number means something else than in the version that is in force."""
    before = published.get(service.service)
    if before is None:
        return
    for screen, kind in service.screens.items():
        earlier = before.screens.get(screen)
        if not isinstance(kind, Choose) or not isinstance(earlier, Choose) or kind.renumber:
            continue
        if kind.from_ is None and earlier.from_ is None:  # the numbers behind a list are never the same
            path: Path = ("screens", screen, "choose", "options")
            yield from _menu(document, path, _numbered(earlier), _numbered(kind))


def _numbered(kind: Choose) -> dict[int, Option]:
    return dict(enumerate(kind.options, 1))


def _menu(
    document: Document, path: Path, before: Mapping[int, Option], now: Mapping[int, Option]
) -> Iterator[Complaint]:
    numbers = {option.value: number for number, option in before.items()}
    moved = [
        (number, f"{option.value!r} was {numbers[option.value]} and is {number} now")
        for number, option in now.items()
        if numbers.get(option.value, number) != number
    ]
    values = {option.value for option in now.values()}
    taken = [
        (number, f"{option.value!r} is {number} now, which was {before[number].value!r}")
        for number, option in now.items()
        if number in before and before[number].value not in values and _is_another(before[number], option)
    ]
    for number, what in (moved or taken)[:1]:
        others = len(moved or taken) - 1
        more = f", and {others} more in this menu moved" if others else ""
        todo = "put new options at the end, or write renumber: true for this menu"
        yield document.complaint("option-renumbered", (*path, number - 1), f"{what}{more}", todo)


def _is_another(before: Option, now: Option) -> bool:
    """True unless only the value was renamed: what the citizen reads is the same."""
    return before.value != now.value and before.label != now.label
