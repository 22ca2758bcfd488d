"""Names must be saved on every way before they are used, be used once they are saved, and secrets never shown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.language.checks import names
from gateway.language.checks.graph import CONFIRMED, REFERENCE, Exits, surely
from gateway.language.checks.names import ALWAYS, RESERVED, Services, Source, Use
from gateway.language.checks.presence import Presence, met, way_without
from gateway.language.places import Complaint, Document, Path, nearest
from gateway.language.reader import variants
from gateway.language.root import Service
from gateway.language.screens import Ask, Do, Fetch, Rate, Status, Submit

DEEPEST = 5  # services within services


def check_names(
    document: Document, service: Service, services: Services, outs: Exits, taken_back: Mapping[str, frozenset[str]]
) -> Iterator[Complaint]:
    """Yield complaints about the names of a service whose screens could all be read.

    `taken_back` are the names that other services save of those they go into.
    """
    saved = list(names.sources(service))
    secret = names.secrets(service, services)
    yield from _reserved(document, saved)
    yield from _unsaved(document, service, outs, saved)
    yield from _shown_secrets(document, service, secret)
    yield from _titles(document, service)
    yield from _rated(document, service, services)
    if not document.complaints:  # a name may stand in what could not be read
        yield from _unused(document, service, saved, taken_back.get(service.service, frozenset()))
    yield from _unpromised(document, service, services)


def check_steps(document: Document, service: Service, outs: Exits) -> Iterator[Complaint]:
    """Yield a complaint for a fetch without a way out and for a submit that the citizen did not confirm."""
    sure = surely(service.start, outs, service.takes)
    for screen, kind in service.screens.items():
        path: Path = ("screens", screen)
        if isinstance(kind, Fetch) and kind.otherwise is None:
            what = "this fetch has no otherwise: when the office is slow or down, the citizen is stuck"
            todo = "add otherwise: and the screen to go on with"
            yield document.complaint("fetch-without-otherwise", (*path, "fetch"), what, todo, key=True)
        if isinstance(kind, Submit) and CONFIRMED not in sure.get(screen, {CONFIRMED}):
            what = f"the citizen comes to this submit without a confirm{way_without(CONFIRMED, screen, service, outs)}"
            todo = "put a confirm before it on every way"
            yield document.complaint("submit-without-confirm", (*path, "submit"), what, todo, key=True)


def _reserved(document: Document, saved: list[Source]) -> Iterator[Complaint]:
    for source in saved:
        if source.name in RESERVED:
            what = f"{source.name!r} is always there"
            yield document.complaint("reserved-name", source.path, what, "save under another name")


# --- saved before used --------------------------------------------------------------------------------------------


def _unsaved(document: Document, service: Service, outs: Exits, saved: list[Source]) -> Iterator[Complaint]:
    present = met(service, outs)
    known = {source.name for source in saved}
    told: set[tuple[Path, str]] = set()
    for use in _with_computed(service):
        if use.name in ALWAYS or (use.path, use.name) in told or use.screen not in present:
            continue
        told.add((use.path, use.name))
        if use.name == REFERENCE:
            yield from _early_reference(document, service, outs, use, present[use.screen])
        elif use.name not in known:
            what, todo = f"nothing is called {use.name!r}", nearest(use.name, known | RESERVED | use.beside)
            yield document.complaint("unknown-name", use.path, what, todo, offset=use.offset)
        elif use.name not in present[use.screen].sure:
            what, todo = f"{use.name!r} is never saved before this screen", "save it on a screen before"
            if use.name in present[use.screen].maybe:
                what = f"{use.name!r} has no value yet{way_without(use.name, use.screen, service, outs)}"
                todo = "save it on every way to here"
            yield document.complaint("name-not-saved", use.path, what, todo, offset=use.offset)


def _with_computed(service: Service) -> Iterator[Use]:
    """Leave out what a `set` uses of its own earlier values."""
    computed: dict[str, set[str]] = {}
    for use in names.uses(service):
        if use.where == "condition" and len(use.path) > 3 and use.path[-2] == "values":
            before = computed.setdefault(use.screen, set())
            kind = service.screens[use.screen]
            before |= set(list(kind.values)[: list(kind.values).index(use.path[-1])])
            if use.name in before:
                continue
        yield use


def _early_reference(
    document: Document, service: Service, outs: Exits, use: Use, present: Presence
) -> Iterator[Complaint]:
    """A condition may ask whether there is a reference, a `rate` passes where there is none; a text needs one."""
    on_some_ways = present.sure | present.maybe if use.where == "rated" else present.sure
    if use.where != "condition" and REFERENCE not in on_some_ways:
        what = f"there is no {REFERENCE!r} yet{way_without(REFERENCE, use.screen, service, outs)}"
        todo = "it exists after a submit"
        yield document.complaint("reference-before-submit", use.path, what, todo, offset=use.offset)


# --- secrets, titles, and names that nobody uses ------------------------------------------------------------------

_REVEALED = ("secret-shown", "the secret {name!r} would be shown", "leave it out; a secret goes to an office only")
_SHOWN = {
    "text": _REVEALED,
    "rated": _REVEALED,
    "handed": ("secret-handed", "the secret {name!r} cannot be handed to another service", "ask for it there"),
    "condition": ("secret-compared", "the secret {name!r} cannot be compared", "let the office check it"),
}


def _shown_secrets(document: Document, service: Service, secret: frozenset[str]) -> Iterator[Complaint]:
    for use in names.uses(service):
        if use.name in secret and use.where in _SHOWN:
            code, what, todo = _SHOWN[use.where]
            if "sms" in use.path:
                code, what = "secret-by-sms", "the secret {name!r} would be sent by SMS"
            yield document.complaint(code, use.path, what.format(name=use.name), todo, offset=use.offset)


def _titles(document: Document, service: Service) -> Iterator[Complaint]:
    """A title is shown before anything is known of the caller."""
    for path, _, _, source in variants(service.title, ("title",)):
        for name, offset in names.template_names(source):
            if name not in ALWAYS:
                what = f"a title cannot name {name!r}"
                yield document.complaint("name-in-title", path, what, "write plain words", offset=offset)


def _rated(document: Document, service: Service, services: Services) -> Iterator[Complaint]:
    """A rating is about a request: it names the one that was filed or looked at."""
    for screen, kind in service.screens.items():
        if isinstance(kind, Rate):
            named = [name for name, _ in names.template_names(kind.of)]
            alone = len(named) == 1 and kind.of.strip() == f"{{{named[0]}}}"
            if not alone or not _refers(named[0], service, services):
                what = f"{kind.of!r} is not the number of a request"
                todo = "write {reference}, or in braces the name that a status screen saves"
                yield document.complaint("rating-of-nothing", ("screens", screen, "rate", "of"), what, todo)


def _refers(name: str, service: Service, services: Services, depth: int = 0) -> bool:
    """True if a name holds the number of a request, or one that was typed; or if nothing is known of it."""
    for source in names.sources(service):
        if source.name != name:
            continue
        match source.kind:
            case Status():
                continue
            case Ask(answer=answer) if answer.kind in ("text", "id"):
                continue
            case Do(service=other) if depth < DEEPEST and other in services:
                if not _refers(source.theirs, services[other], services, depth + 1):
                    return False
            case None if source.declared is not None and source.declared.is_text:
                continue
            case _:
                return False
    return True


def _unused(
    document: Document, service: Service, saved: list[Source], taken_back: frozenset[str]
) -> Iterator[Complaint]:
    used = {use.name for use in names.uses(service)} | taken_back
    told: set[str] = set()
    for source in saved:
        if source.name not in used | RESERVED | told:
            told.add(source.name)
            what = f"{source.name!r} is saved and never used"
            yield document.complaint("name-never-used", source.path, what, "use it, or do not save it")


def _unpromised(document: Document, service: Service, services: Services) -> Iterator[Complaint]:
    """A `do` can bring back only what the other service saves."""
    for source in names.sources(service):
        if not isinstance(source.kind, Do) or source.kind.service not in services:
            continue
        theirs = {other.name for other in names.sources(services[source.kind.service])}
        if source.theirs not in theirs:
            what = f"the service {source.kind.service!r} saves no {source.theirs!r}"
            todo = nearest(source.theirs, theirs)
            yield document.complaint("name-not-given-back", source.path, what, todo, key=True)
