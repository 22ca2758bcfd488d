"""What each way through a service takes: turns, seconds, characters, SMS parts and cost. Pure.

Every screen counts at its longest, as the checker measures it, so that a caller meets no more than this. A turn is
something typed: an answer, or the key for the next page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from gateway.language import text, words
from gateway.language.checks.fits.bodies import MOST_REQUESTS, Body, bodies, footers
from gateway.language.checks.fits.widths import REFERENCE, Caller, Lists
from gateway.language.pages import Footers, Page, paginate
from gateway.language.root import Service
from gateway.language.screens import Ask, Choose, End, Kind, Language, Rate, Status
from gateway.language.text import Limits
from gateway.workshop import tariff
from gateway.workshop.paths import Step, ways
from gateway.workshop.tariff import Tariff, Used

SECONDS = 15.0  # that a turn takes
MOST_TURNS, MOST_SECONDS = 8, 120.0  # of a service that people finish


@dataclass(frozen=True, slots=True)
class Figures:
    """What a way takes on one channel in one language. SMS parts: `sms_out` to the citizen, `sms_in` from her."""

    turns: int = 0
    screens: int = 0
    characters: int = 0
    sms_out: int = 0
    sms_in: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.turns + other.turns,
            self.screens + other.screens,
            self.characters + other.characters,
            self.sms_out + other.sms_out,
            self.sms_in + other.sms_in,
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """What it costs on one network, in minor units."""

    network: str
    citizen: int
    agency: int


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a service: what is chosen on it, and what it takes in each language."""

    taken: tuple[str, ...]
    screens: tuple[str, ...]
    figures: Mapping[str, Figures]
    costs: tuple[Cost, ...]
    seconds: float

    @property
    def turns(self) -> int:
        """The turns in the language that takes most."""
        return max(figures.turns for figures in self.figures.values())

    @property
    def long(self) -> bool:
        """True if it is longer than people stay."""
        return self.turns > MOST_TURNS or self.seconds > MOST_SECONDS


@dataclass(frozen=True, slots=True)
class Report:
    """A service's ways, the longest first. `whole` is False where there are more than are told."""

    service: str
    channel: str
    ways: tuple[Way, ...]
    whole: bool

    @property
    def turns(self) -> tuple[int, float, int]:
        """The fewest turns, the median, and the most."""
        counted = [way.turns for way in self.ways]
        return min(counted), median(counted), max(counted)


@dataclass(slots=True)
class Measure:
    """Measures ways on one channel. `limits` is what fits a screen."""

    services: Mapping[str, Service]
    lists: Lists
    channel: str
    limits: Limits
    seconds: float = SECONDS
    tariff: Tariff | None = None
    known: dict[tuple[str, Step], Figures] = field(default_factory=dict)

    def report(self, service: str) -> Report:
        """Return what the ways through a service take."""
        found, whole = ways(service, self.services)
        measured = [self._way(service, steps) for steps in found]
        measured.sort(key=lambda way: (-way.turns, way.taken))
        return Report(service, self.channel, tuple(measured), whole)

    def _way(self, service: str, steps: tuple[Step, ...]) -> Way:
        figures = {}
        for language in self.services[service].languages:
            total = Figures(sms_in=1 if self.channel == "sms" else 0)  # the keyword
            for step in steps:
                total += self._step(language, step)
            figures[language] = total
        turns = max(one.turns for one in figures.values())
        seconds = turns * self.seconds
        taken = tuple(f"{step.screen}: {step.taken}" for step in steps if step.taken)
        return Way(taken, tuple(step.screen for step in steps), figures, self._costs(figures, seconds), seconds)

    def _costs(self, figures: Mapping[str, Figures], seconds: float) -> tuple[Cost, ...]:
        """Return what the way costs at most in any language, network by network."""
        if self.tariff is None:
            return ()
        costs = []
        for code, network in self.tariff.networks.items():
            used = [self._used(one, seconds) for one in figures.values()]
            sides = [max(tariff.price(side, one) for one in used) for side in (network.citizen, network.agency)]
            costs.append(Cost(f"{code} {network.name}", *sides))
        return tuple(costs)

    def _used(self, figures: Figures, seconds: float) -> Used:
        sessions = 1 if self.channel == "ussd" else 0
        return Used(sessions, seconds, figures.screens, figures.sms_out, figures.sms_in)

    def _step(self, language: str, step: Step) -> Figures:
        if (language, step) not in self.known:
            service = self.services[step.service]
            spoken = language if language in service.languages else service.languages[0]
            caller = Caller(service, self.services, self.lists, self.channel, spoken)
            self.known[language, step] = self._measured(caller, step, service.screen(step.screen))
        return self.known[language, step]

    def _measured(self, caller: Caller, step: Step, kind: Kind) -> Figures:
        if isinstance(kind, End):
            return self._end(caller, kind)
        if isinstance(kind, Choose) and kind.none is not None and step.option is None:
            return Figures()  # an empty list is not shown
        total = Figures()
        for body in _said(caller, step.screen, kind):
            pages = paginate(body.shown, body.lines, footers(caller), self.limits)
            if isinstance(kind, Choose) and step.option is not None:
                pages = _up_to(pages, _place(kind, step, body))
            if isinstance(kind, Status) and body.lines:
                pages = pages[:1]
            total += self._seen(pages, answered=True)
        return total

    def _end(self, caller: Caller, kind: End) -> Figures:
        """Over SMS the receipt is the last screen; over USSD it comes besides."""
        receipt = caller.longest(kind.sms) if kind.sms is not None else None
        shown = receipt if receipt is not None and self.channel == "sms" else caller.longest(kind.text)
        total = self._seen(paginate(shown, (), Footers(more=footers(caller).more), self.limits), answered=False)
        if receipt is None or self.channel == "sms":
            return total
        return total + Figures(sms_out=text.segments(receipt))

    def _seen(self, pages: tuple[Page, ...], *, answered: bool) -> Figures:
        turns = len(pages) - (0 if answered else 1)
        characters = sum(text.units(page.text) for page in pages)
        if self.channel != "sms":
            return Figures(turns, len(pages), characters)
        return Figures(turns, len(pages), characters, sum(text.segments(page.text) for page in pages), turns)


def _said(caller: Caller, screen: str, kind: Kind) -> list[Body]:
    """Return what the screen says on the way, one after the other: each is answered."""
    found = list(bodies(caller, (screen,), kind))
    match kind:
        case Language() if not found:
            names = tuple(f"{n} {words.own_name(tongue)}" for n, tongue in enumerate(caller.service.languages, 1))
            return [Body((screen,), caller.said("language_question"), names)]
        case Rate(text=None):
            return [Body((screen,), caller.said("rate_us")), *found]
        case Ask():
            again = [Body((screen,), caller.said("type_again"))] if kind.twice else []
            return [*found[:1], *again]  # of several places that fit, one is as a rule the only one
        case Status():
            return _status(caller, screen, kind)
    return found


def _status(caller: Caller, screen: str, kind: Status) -> list[Body]:
    """Return the list of requests, or the question for one, and how the first of them stands."""
    title = caller.longest(caller.service.title)
    question = "type_reference" if kind.of == "reference" else "your_requests"
    shown = caller.longest(kind.text) if kind.text is not None else caller.said(question)
    lines = tuple(f"{number} {title} {REFERENCE}" for number in range(1, MOST_REQUESTS + 1))
    stands = f"{title}\n{REFERENCE}\n{caller.sample('today')}: {caller.said('state_delivered')}"
    return [Body((screen,), shown, lines if kind.of != "reference" else ()), Body((screen,), stands)]


def _place(kind: Choose, step: Step, body: Body) -> int:
    """Return the place of the line that is chosen; of the items of a list, the first."""
    items = len(body.lines) - len(kind.options)
    return 0 if step.taken == "an item" and kind.go is not None else items + (step.option or 0)


def _up_to(pages: tuple[Page, ...], place: int) -> tuple[Page, ...]:
    """Return the pages that are seen until an option is found; where the menu is one page, it names no places."""
    for count, page in enumerate(pages, 1):
        if place in page.options:
            return pages[:count]
    return pages
