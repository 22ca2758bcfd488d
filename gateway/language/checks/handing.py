"""What one service hands to another: everything that it takes, of the right kind, and no longer than it takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gateway.language import templates
from gateway.language.checks import names
from gateway.language.checks.fits.widths import Caller, Lists
from gateway.language.checks.names import Services
from gateway.language.declared import Declared
from gateway.language.formats import currency_exponent
from gateway.language.places import Complaint, Document, Path, nearest
from gateway.language.root import Service
from gateway.language.screens import Choose, Do, End
from gateway.language.templates import Slot, TemplateError
from gateway.language.values import Amount

SPOKEN = {
    "string": "a text", "int": "a number", "amount": "an amount", "date": "a day", "time": "a time",
    "bool": "yes or no", "list": "a list",
}  # fmt: skip
SUITS = {("time", "string"), ("date", "string")}  # which read as texts in conditions, too
NUMBERS = ("int", "amount")


def check_handing(document: Document, service: Service, services: Services, lists: Lists) -> Iterator[Complaint]:
    """Yield complaints about what a service hands to those that it goes into."""
    kinds = names.kinds(service, services)
    callers = [Caller(service, services, lists, "ussd", language) for language in service.languages]
    for screen, kind in service.screens.items():
        if isinstance(kind, Do) and kind.service in services:
            path: Path = ("screens", screen, "do")
            takes = services[kind.service].takes
            yield from _all(document, path, kind, takes)
            for name, source in kind.with_.items():
                if name in takes:
                    yield from _fitting(document, (*path, "with", name), source, takes[name], kinds, callers)
        if isinstance(kind, Choose):
            for place, option in enumerate(kind.options):
                other = services.get(option.do or "")
                if other is not None and other.takes:
                    path = ("screens", screen, "choose", "options", place, "do")
                    yield _opened(document, path, other)
    for path, _ in _claims(service):
        if service.takes:
            yield _opened(document, path, service)


def check_endings(
    document: Document, service: Service, services: Services, codes: Mapping[str, str]
) -> Iterator[Complaint]:
    """Yield a complaint for each end without a text that somebody reads: whose caller does not come back."""
    kinds = [kind for other in services.values() for kind in other.screens.values()]
    entered = any(isinstance(kind, Do) and kind.service == service.service for kind in kinds)
    offered = any(
        option.do == service.service for kind in kinds if isinstance(kind, Choose) for option in kind.options
    )
    if entered and not (offered or service.claimed or service.service in codes.values()):
        return
    for screen, kind in service.screens.items():
        if isinstance(kind, End) and kind.text is None:
            what = "this end says nothing, and a call can end here"
            yield document.complaint("end-without-text", ("screens", screen, "end"), what, "add text:", key=True)


def _opened(document: Document, path: Path, service: Service) -> Complaint:
    what = f"{service.service!r} takes {', '.join(service.takes)}, so it can be opened by a screen of the kind do only"
    return document.complaint("takes-something", path, what, "lead to such a screen with go, and say with: there")


def _claims(service: Service) -> Iterable[tuple[Path, str]]:
    return [(("keywords",), keyword) for keyword in service.claimed][:1]


def _all(document: Document, path: Path, kind: Do, takes: Mapping[str, Declared]) -> Iterator[Complaint]:
    """All that is taken is given, and nothing else."""
    for name in takes:
        if name not in kind.with_:
            what = f"the service {kind.service!r} takes {name!r}, and it is not given"
            yield document.complaint("not-handed", path, what, f"add {name}: under with", key=True)
    for name in kind.with_:
        if name not in takes:
            what = f"the service {kind.service!r} takes no {name!r}"
            todo = nearest(name, takes) if takes else "delete it"
            yield document.complaint("not-taken", (*path, "with", name), what, todo, key=True)


def _fitting(
    document: Document, path: Path, source: str, taken: Declared, kinds: Mapping[str, str], callers: list[Caller]
) -> Iterator[Complaint]:
    try:
        parts = templates.compile(source).parts
    except TemplateError:
        return  # complained of already
    wanted, given = names.declared_kind(taken), "string"
    lone = parts[0].name if len(parts) == 1 and isinstance(parts[0], Slot) and not parts[0].filter else ""
    if lone:
        given = kinds.get(lone, "any")
    if "any" not in (given, wanted) and given != wanted and (given, wanted) not in SUITS:
        what = f"this is {SPOKEN.get(given, given)}, and {path[-1]!r} takes {SPOKEN[wanted]}"
        yield document.complaint("wrong-kind-handed", path, what, "hand over a value of that kind")
        return
    other = _other_currency(callers[0], lone, taken) if lone and wanted == "amount" else None
    if other is not None:
        what = f"this is an amount in {other}, and {path[-1]!r} takes {taken.currency}"
        yield document.complaint("wrong-kind-handed", path, what, "hand over an amount of that currency")
        return
    most = max(_most(caller, source, lone, wanted) for caller in callers)
    if most > taken.most:
        long = "" if wanted in NUMBERS else " characters long"
        what = f"this can be {most}{long}, and {path[-1]!r} takes {taken.most} at most"
        todo = f"say max: {taken.most} where it is saved, or raise max: under takes"
        yield document.complaint("handed-too-long", path, what, todo)


def _other_currency(caller: Caller, name: str, taken: Declared) -> str | None:
    held = [value.currency for value in caller.values(name) if isinstance(value, Amount)]
    return next((currency for currency in held if currency != taken.currency), None)


def _most(caller: Caller, source: str, lone: str, wanted: str) -> int:
    """Return the most characters, or the largest number (of amounts the whole units), that can be handed over."""
    held = caller.values(lone) if lone else ()
    if wanted in NUMBERS:
        amounts = [value for value in held if isinstance(value, Amount)]
        numbers = [abs(value) for value in held if isinstance(value, int)]
        return max([0, *numbers, *(int(abs(one.minor) // 10 ** currency_exponent(one.currency)) for one in amounts)])
    if lone:  # only a text is cut
        return max([0, *(len(value) for value in held if isinstance(value, str))])
    return len(caller.filled(source)) if wanted in ("string", "any") else 0
