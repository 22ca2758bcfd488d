"""What makes a service hard for the people who dial it: long menus, long ways, long waits, PINs in the open. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from gateway.language import answers, templates
from gateway.language.checks import names
from gateway.language.checks.fits.bodies import bodies, footers
from gateway.language.checks.fits.widths import Caller, Lists
from gateway.language.checks.graph import REFERENCE, SILENT, Exit, Exits, reached
from gateway.language.checks.names import Services
from gateway.language.pages import paginate
from gateway.language.places import Complaint, Document, Path
from gateway.language.reader import texts, variants
from gateway.language.root import Service
from gateway.language.screens import Ask, CallBackScreen, Choose, Do, End, Fetch, Kind, Rate, Submit, spec
from gateway.language.templates import TemplateError
from gateway.language.text import Limits

MANY, TOO_MANY = 5, 9  # options on a page
MOST_TURNS = 8
TURN = 15  # seconds that a turn takes a citizen
MOST_WAITING = 8.0  # seconds; telecoms hang up after ten
MOST_STEPS = 20_000  # of looking for the longest way
RETRIES = frozenset({"missing", "too_many", "change"})  # ways back: who makes no mistake does not go them
LONG_LABEL = 4  # words; shorter ones, such as Class 1 and Class 2, are told apart at a glance
SHORTEST = 3  # characters of a text that may be the same in two languages
PIN = re.compile(r"(?<![a-z])(pin|password|passcode|secret|siri|nywila|mot de passe|senha)(?![a-z])")
PIN_DIGITS = range(4, 7)


def check_people(
    document: Document,
    service: Service,
    services: Services,
    lists: Lists,
    outs: Exits,
    ussd: Iterable[Limits],
    gone_into: bool,
) -> Iterator[Complaint]:
    """Yield complaints about what is hard for people. The service is whole, and its ways lead somewhere.

    `gone_into` is True if other services go into it, and tell the number of a request that it files.
    """
    yield from _menus(document, service, services, lists, ussd)
    yield from _answers(document, service)
    yield from _same_texts(document, service)
    yield from _turns(document, service, services, outs)
    yield from _waits(document, service, services, outs)
    if not gone_into:
        yield from _references(document, service, services, outs)


# --- menus --------------------------------------------------------------------------------------------------------


def _menus(
    document: Document, service: Service, services: Services, lists: Lists, ussd: Iterable[Limits]
) -> Iterator[Complaint]:
    """The options of one page, at their shortest room: the narrowest screen and every language."""
    most: dict[str, tuple[int, str]] = {}
    for limits in ussd:
        for language in service.languages:
            caller = Caller(service, services, lists, "ussd", language)
            for screen, kind in service.screens.items():
                if isinstance(kind, Choose) and kind.from_ is None:
                    most[screen] = max(most.get(screen, (0, "")), (_on_a_page(caller, screen, kind, limits), language))
    for screen, (count, language) in most.items():
        path: Path = ("screens", screen, "choose", "options")
        if count > MANY:
            code = "too-many-options" if count > TOO_MANY else "many-options"
            what = f"{count} options stand on one page in {language}"
            allowed = TOO_MANY if count > TOO_MANY else MANY
            yield document.complaint(code, path, what, f"put some into a menu of their own; {allowed} are enough")
    for screen, kind in service.screens.items():
        if isinstance(kind, Choose):
            yield from _alike(document, service, screen, kind)


def _on_a_page(caller: Caller, screen: str, kind: Choose, limits: Limits) -> int:
    body = next(bodies(caller, ("screens", screen), kind))
    try:
        return max(len(page.options) for page in paginate(body.shown, body.lines, footers(caller), limits))
    except ValueError:
        return 0  # an option that is longer than a screen is complained of already


def _alike(document: Document, service: Service, screen: str, kind: Choose) -> Iterator[Complaint]:
    """Who has a menu read out, or reads in a hurry, goes by the first words."""
    for language in service.languages:
        labels = [
            (place, " ".join(source.casefold().split()[:2]))
            for place, option in enumerate(kind.options)
            for _, channel, tongue, source in variants(option.label)
            if tongue in (None, language) and channel in (None, "ussd") and len(source.split()) >= LONG_LABEL
        ]
        for (_, words), (place, others) in combinations(labels, 2):
            if words == others and "{" not in words:
                path: Path = ("screens", screen, "choose", "options", place, "label")
                what = f"another option begins with {words!r}, too, in {language}"
                yield document.complaint("same-beginning", path, what, "begin with what tells them apart")
                return


# --- answers ------------------------------------------------------------------------------------------------------


def _answers(document: Document, service: Service) -> Iterator[Complaint]:
    for screen, kind in service.screens.items():
        if not isinstance(kind, Ask):
            continue
        path: Path = ("screens", screen, "ask")
        if _is_pin(kind):
            what = "this looks like a PIN, and it would be shown and kept in clear"
            yield document.complaint("open-pin", (*path, "answer"), what, "write kind: pin, or secret: true")
        if kind.twice and not kind.hidden:
            what = "this is asked for twice, though the citizen sees what she types"
            yield document.complaint("twice-in-the-open", (*path, "twice"), what, "keep twice for new PINs")
        if kind.optional and _may_be(kind, service.keys.skip):
            what = f"the key {service.keys.skip} for skip could be the answer, so it is not offered"
            todo = "narrow the answer, or choose another key under keys: {skip: …}"
            yield document.complaint("skip-key-taken", (*path, "optional"), what, todo)


def _may_be(kind: Ask, key: str) -> bool:
    try:
        return answers.may_be(spec(kind), key)
    except answers.Impossible:
        return False  # complained of already


def _is_pin(kind: Ask) -> bool:
    if kind.hidden or kind.answer.kind not in ("digits", "text", "number"):
        return False
    asked = spec(kind)
    match asked:  # a tax number of letters and digits is called a PIN in some countries
        case answers.Digits(min=least, max=most) if least not in PIN_DIGITS or most not in PIN_DIGITS:
            return False
        case answers.Text(pattern=str()):
            return False
    said = [kind.save.replace("_", " "), *(source for *_, source in variants(kind.text))]
    return any(PIN.search(word.casefold()) for word in said)


# --- translations -------------------------------------------------------------------------------------------------


def _same_texts(document: Document, service: Service) -> Iterator[Complaint]:
    """A text that reads the same in two languages was copied and not translated; names and abbreviations are spared."""
    written: list[tuple[Path, object]] = [(("title",), service.title)]
    for screen, kind in service.screens.items():
        written += [(("screens", screen, *below), found) for below, found in texts(kind)]
    for path, found in written:
        by_channel: dict[str | None, dict[str, tuple[Path, str]]] = {}
        for where, channel, tongue, source in variants(found, path):
            if tongue is not None:
                by_channel.setdefault(channel, {})[tongue] = (where, source)
        for tongues in by_channel.values():
            yield from _copied(document, tongues)


def _copied(document: Document, tongues: Mapping[str, tuple[Path, str]]) -> Iterator[Complaint]:
    for (first, (_, one)), (second, (path, other)) in combinations(tongues.items(), 2):
        if one.strip() == other.strip() and _has_words(one):
            what = f"this text is the same in {first} and {second}"
            yield document.complaint("identical-translation", path, what, "translate it, or write it once for all")
            return


def _has_words(source: str) -> bool:
    """True if a text has words to translate: not only names in braces, numbers, or words in capitals."""
    try:
        parts = templates.compile(source).parts
    except TemplateError:
        return False
    words = re.findall(r"[^\W\d_]+", " ".join(part for part in parts if isinstance(part, str)))
    own = [word for word in words if not word.isupper() or not word.isascii()]
    return len("".join(own)) > SHORTEST and not all(word[0].isupper() for word in own)


# --- the longest way ----------------------------------------------------------------------------------------------


def _turns(document: Document, service: Service, services: Services, outs: Exits) -> Iterator[Complaint]:
    turns, way = longest_way(service, services, outs)
    if turns > MOST_TURNS:
        what = f"it can take {turns} turns, {turns * TURN} s, to come to an end: {' > '.join(way)}"
        yield document.complaint("long-way", ("start",), what, f"ask for less; {MOST_TURNS} turns are enough")


def longest_way(
    service: Service, services: Services, outs: Exits, seen: frozenset[str] = frozenset()
) -> tuple[int, tuple[str, ...]]:
    """Return the most turns to an end without a mistake and without a screen twice, and the way."""
    inside = {
        screen: longest_way(services[kind.service], services, names.outs(services[kind.service], services), deeper)[0]
        for screen, kind in service.screens.items()
        if isinstance(kind, Do) and kind.service in services and kind.service not in seen
        for deeper in [seen | {service.service}]
    }
    costs = {screen: inside.get(screen, _turns_of(kind)) for screen, kind in service.screens.items()}
    best: tuple[int, tuple[str, ...]] = (0, ())
    waiting: list[tuple[str, tuple[str, ...], int]] = [(service.start, (), 0)]
    for _ in range(MOST_STEPS):
        if not waiting:
            break
        screen, way, turns = waiting.pop()
        way, turns = (*way, screen), turns + costs.get(screen, 0)
        if isinstance(service.screens.get(screen), End):
            best = max(best, (turns, way), key=lambda one: one[0])
        waiting += [
            (out.target, way, turns) for out in outs.get(screen, ()) if not _is_retry(out) and out.target not in way
        ]
    return best


def _is_retry(out: Exit) -> bool:
    return out.path[-1] in RETRIES


def _turns_of(kind: Kind) -> int:
    match kind:
        case Ask(twice=True):
            return 2
        case Rate(comment=comment):
            return 1 if comment is None else 2
        case End() | Do():
            return 0
    return 0 if isinstance(kind, SILENT) else 1


# --- waiting ------------------------------------------------------------------------------------------------------


def _waits(document: Document, service: Service, services: Services, outs: Exits) -> Iterator[Complaint]:
    """Several questions to offices without an answer between them take so long that the telecom hangs up."""
    told: set[str] = set()
    for screen in service.screens:
        seconds, way = _waiting(screen, service, services, outs, ())
        if seconds > MOST_WAITING and isinstance(service.screens[screen], Fetch) and screen not in told:
            told |= set(way)
            what = f"a citizen may wait {seconds:g} s without a screen: {' > '.join(way)}"
            todo = f"ask for less time with within, or put a screen between; {MOST_WAITING:g} s are the most"
            yield document.complaint("waits-too-long", ("screens", screen, "fetch"), what, todo, key=True)


def _waiting(
    screen: str, service: Service, services: Services, outs: Exits, before: tuple[str, ...]
) -> tuple[float, tuple[str, ...]]:
    """Return the most seconds that offices can take from a screen on until something is shown, and the way."""
    kind = service.screens.get(screen)
    if kind is None or screen in before:
        return 0.0, ()
    if isinstance(kind, Do) and kind.service in services and len(before) < MANY:
        other = services[kind.service]
        seconds, way = _waiting(other.start, other, services, names.outs(other, services), (*before, screen))
        return seconds, (screen, *way)
    if not isinstance(kind, SILENT):
        return 0.0, ()
    on = [_waiting(out.target, service, services, outs, (*before, screen)) for out in outs.get(screen, ())]
    seconds, way = max(on, default=(0.0, ()), key=lambda one: one[0])
    return seconds + (kind.within if isinstance(kind, Fetch) else 0.0), (screen, *way)


# --- references ---------------------------------------------------------------------------------------------------


def _references(document: Document, service: Service, services: Services, outs: Exits) -> Iterator[Complaint]:
    """Whoever filed a request is told its number before the end."""
    shows = {screen for screen, kind in service.screens.items() if _shows_reference(kind)}
    filing = [
        out.target
        for screen, kind in service.screens.items()
        if _files(kind, services)
        for out in outs[screen]
        if REFERENCE in out.saves | out.may
    ]
    ways = {screen: [out.target for out in found] for screen, found in outs.items() if screen not in shows}
    for screen in reached(filing, ways):
        kind = service.screens.get(screen)
        if isinstance(kind, End) and kind.text is not None and screen not in shows:
            what = "a request was filed on the way to this end, and its number is never shown"
            yield document.complaint(
                "reference-not-shown", ("screens", screen, "end"), what, "add {reference}", key=True
            )


def _files(kind: Kind, services: Services, depth: int = 0) -> bool:
    if isinstance(kind, Do) and kind.service in services and depth < MANY:
        return any(_files(other, services, depth + 1) for other in services[kind.service].screens.values())
    return isinstance(kind, Submit | CallBackScreen)


def _shows_reference(kind: Kind) -> bool:
    return any(
        REFERENCE in [name for name, _ in names.template_names(source)]
        for _, found in texts(kind)
        for *_, source in variants(found)
    )
