"""The longest text each screen can show, on every channel and in every language, and whether it fits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from gateway.language import answers, declared, templates, text, words
from gateway.language.checks import names
from gateway.language.checks.names import Services, Source
from gateway.language.pages import Footers, paginate
from gateway.language.places import Complaint, Document, Path
from gateway.language.screens import CHANNELS, Ask, Choose, Confirm, Do, End, Kind, Say, Service, spec, written
from gateway.language.templates import LENGTHENED, TemplateError
from gateway.language.text import SMS, Limits

MOST_PAGES = 5
WIDTHS = {
    "phone": 13, "language": 5, "channel": 4, "network": 20, "short_code": 15, "service": 40, "today": 11, "now": 17,
    "reference": 14,
}  # fmt: skip


DEEPEST = 3  # labels that name labels
Misfit = tuple[str, Path, str, str]  # the code, where, what, what to do


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a screen is measured: the caller's channel and language, in one service."""

    service: Service
    services: Services
    channel: str
    language: str
    depth: int = 0

    def longest(self, texts: Any) -> str:
        """Return the longest form of a text of the service."""
        source = written(texts, self.channel, self.language, self.service.languages)
        try:
            template = templates.compile(source)
        except TemplateError:
            return source
        return templates.widest(template, self.sample)

    def sample(self, name: str, chosen_filter: str = "") -> str:
        """Return the longest value of a name, as a text shows it."""
        found = [_value(self, source, chosen_filter) for source in names.sources(self.service) if source.name == name]
        return max(found, key=text.units, default=_filled(WIDTHS.get(name, 20), chosen_filter))

    def place(self, texts: Any, path: Path) -> Path:
        """Return the path of the text that this caller reads; `path` is that of the whole."""
        for wanted in ((self.channel,), (self.language, *self.service.languages)):
            if isinstance(texts, str) or (wanted == (self.channel,) and not set(CHANNELS) & texts.keys()):
                continue
            key = next((key for key in wanted if key in texts), next(iter(texts)))
            path, texts = (*path, key), texts[key]
        return path


def _filled(width: int, chosen_filter: str) -> str:
    lengthened = LENGTHENED.get(chosen_filter)
    return "n" * (lengthened(width) if lengthened else width)


def _value(caller: Caller, source: Source, chosen_filter: str) -> str:
    if caller.depth > DEEPEST:
        return _filled(declared.LONGEST, chosen_filter)
    deeper = replace(caller, depth=caller.depth + 1)
    match source.kind:
        case Choose(from_=str()):
            return _filled(declared.LONGEST, chosen_filter)
        case Choose(options=options) if chosen_filter == "value":
            return max((option.value for option in options), key=text.units)
        case Choose(options=options):
            label = max((deeper.longest(option.label) for option in options), key=text.units)
            return label.upper() if chosen_filter == "upper" else label
        case Ask(answer=answer) if answer.kind == "yes_no":
            return max((words.phrase(key, caller.language) for key in ("yes", "no")), key=text.units)
        case Ask():
            return _filled(answers.longest(spec(source.kind)), chosen_filter)
        case Do(service=name) if name in caller.services:
            return replace(deeper, service=caller.services[name]).sample(source.theirs, chosen_filter)
    return _filled(declared.LONGEST, chosen_filter)


# --- whether it fits ----------------------------------------------------------------------------------------------


def check_lengths(
    document: Document, service: Service, services: Services, ussd: Iterable[Limits]
) -> Iterator[Complaint]:
    """Yield what does not fit, each thing once. `ussd` are the limits of the channels that have short codes."""
    told: set[tuple[str, Path]] = set()
    channels = [*(("ussd", limits) for limits in ussd), ("sms", SMS)]
    for (channel, limits), language in product(channels, service.languages):
        caller = Caller(service, services, channel, language)
        for screen, kind in service.screens.items():
            for code, path, what, todo in _misfits(caller, ("screens", screen), kind, limits):
                if (code, path) not in told:
                    told.add((code, path))
                    yield document.complaint(code, path, what, todo)


def _misfits(caller: Caller, screen: Path, kind: Kind, limits: Limits) -> Iterator[Misfit]:
    match kind:
        case End():
            yield from _end(caller, (*screen, "end"), kind, limits)
        case Choose():
            if kind.from_ is not None:
                return
            lines = tuple(f"{number} {caller.longest(option.label)}" for number, option in enumerate(kind.options, 1))
            yield from _options(caller, (*screen, "choose", "options"), kind, lines, limits)
            yield from _pages(caller, (*screen, "choose", "text"), kind.text, lines, limits)
        case Ask():
            yield from _pages(caller, (*screen, "ask", "text"), kind.text, (), limits)
        case Confirm():
            lines = tuple(f"1 {words.phrase(key, caller.language, caller.service.words)}" for key in ("send", "change"))
            yield from _pages(caller, (*screen, "confirm", "text"), kind.text, lines, limits)
        case Say():
            lines = (f"1 {words.phrase('next', caller.language, caller.service.words)}",)
            yield from _pages(caller, (*screen, "say", "text"), kind.text, lines, limits)
        case _:
            return


def _end(caller: Caller, path: Path, kind: End, limits: Limits) -> Iterator[Misfit]:
    """Over SMS the receipt is the last screen."""
    if caller.channel == "ussd" or kind.sms is None:
        shown = caller.longest(kind.text)
        if not limits.fits(shown):
            what = f"this last screen can be {_length(shown)} long in {caller.language}; {_room(shown, limits)} fit"
            yield "end-too-long", caller.place(kind.text, (*path, "text")), what, "shorten it: it has no second page"
    if caller.channel == "sms" and kind.sms is not None:
        parts = text.segments(caller.longest(kind.sms))
        if parts > caller.service.sms_parts:
            what = f"this SMS can be {parts} parts long in {caller.language}; {caller.service.sms_parts} are allowed"
            yield "sms-too-long", caller.place(kind.sms, (*path, "sms")), what, "shorten it, or raise sms_parts"


def _options(caller: Caller, path: Path, kind: Choose, lines: tuple[str, ...], limits: Limits) -> Iterator[Misfit]:
    foot = f"{_footers(caller).more}\n{_footers(caller).back}"
    for place, (line, option) in enumerate(zip(lines, kind.options, strict=True)):
        alone = f"{line}\n{foot}"
        if not limits.fits(alone):
            what = f"this option alone is {-limits.room(alone)} longer than a screen in {caller.language}"
            yield "option-too-long", caller.place(option.label, (*path, place, "label")), what, "shorten it"


def _pages(caller: Caller, path: Path, texts: Any, lines: tuple[str, ...], limits: Limits) -> Iterator[Misfit]:
    shown = caller.longest(texts)
    try:
        count = len(paginate(shown, lines, _footers(caller), limits))
    except ValueError:
        return  # an option that is longer than a screen is complained of already
    if count > MOST_PAGES:
        what = f"this needs {count} screens in {caller.language} over {caller.channel.upper()}"
        yield "too-many-pages", caller.place(texts, path), what, f"say it in {MOST_PAGES} at most"


def _footers(caller: Caller) -> Footers:
    keys, own = caller.service.keys, caller.service.words
    back, more = (words.phrase(key, caller.language, own) for key in ("back", "more"))
    return Footers(back=f"{keys.back} {back}", more=f"{keys.more} {more}")


def _length(shown: str) -> str:
    return f"{text.units(shown)} characters" + (" (in UCS-2)" if text.encoding(shown) == "ucs2" else "")


def _room(shown: str, limits: Limits) -> int:
    return limits.septets if text.encoding(shown) == "gsm7" else limits.units
