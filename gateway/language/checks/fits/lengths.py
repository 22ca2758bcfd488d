"""The longest text each screen can show, on every channel and in every language, and whether it fits. Pure.

What the engine adds is counted in: numbers, the lines for more, back, keep and skip, and the reason why an answer was
wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from gateway.language import answers, text
from gateway.language.checks.fits.bodies import MOST_LIST_PAGES, MOST_REQUESTS, Body, below, bodies, choices, footers
from gateway.language.checks.fits.widths import ALWAYS, REFERENCE, Caller, Lists, is_foreign, of_item
from gateway.language.checks.names import Services
from gateway.language.pages import paginate
from gateway.language.places import Complaint, Document, Path
from gateway.language.root import Service
from gateway.language.screens import Ask, Choose, End, Texts, spec, written
from gateway.language.text import SMS, Limits

SHARE = 5  # a name that takes a fifth of a text is told
LEAST_ROOM = 20  # septets or units that the lines at the foot must leave
Misfit = tuple[str, Path, str, str]  # the code, where, what, what to do


def check_lengths(
    document: Document, service: Service, services: Services, lists: Lists, ussd: Iterable[Limits]
) -> Iterator[Complaint]:
    """Yield what does not fit, each thing once. `ussd` are the limits of the channels that have short codes."""
    told: set[tuple[str, Path]] = set()
    wide = (False, True) if is_foreign(service, lists) else (False,)
    texted = dict.fromkeys([SMS, *(limits.as_sms() for limits in ussd)])
    channels = [*(("ussd", limits) for limits in ussd), *(("sms", limits) for limits in texted)]
    for (channel, limits), language, foreign in product(channels, service.languages, wide):
        caller = Caller(service, services, lists, channel, language, foreign)
        for code, path, what, todo in _all_misfits(caller, limits):
            if (code, path) not in told:
                told.add((code, path))
                yield document.complaint(code, path, what, todo)


def too_long_a_notice(
    notice: Texts, service: Service, services: Services, lists: Lists, ussd: Iterable[Limits]
) -> str | None:
    """Return in words that what callers are told of the cost pushes the first question off the first screen."""
    for limits, language in product(ussd, service.languages):
        caller = Caller(service, services, lists, "ussd", language)
        first = next(bodies(caller, ("screens", service.start), service.screen(service.start)), None)
        if first is None:
            continue
        both = f"{caller.longest(notice)}\n{first.shown}"
        alone, together = (len(paginate(shown, first.lines, footers(caller), limits)) for shown in (first.shown, both))
        if together > alone:
            return f"what is said of the cost and the first screen need {together} screens in {language}"
    return None


def _all_misfits(caller: Caller, limits: Limits) -> Iterator[Misfit]:
    yield from _of_the_service(caller, limits)
    for screen, kind in caller.service.screens.items():
        path: Path = ("screens", screen)
        if isinstance(kind, Ask) and not _can_be_read(kind):
            continue
        if isinstance(kind, End):
            yield from _end(caller, (*path, "end"), kind, limits)
        if isinstance(kind, Choose):
            yield from _options(caller, (*path, "choose"), kind, limits)
        if isinstance(kind, Ask):
            yield from _wrong(caller, (*path, "ask"), kind, limits)
        for body in bodies(caller, path, kind):
            yield from _pages(caller, body, limits)


def _can_be_read(kind: Ask) -> bool:
    """True unless the answer is complained of already."""
    try:
        answers.prepare(spec(kind))
    except answers.Impossible:
        return False
    return True


# --- whether it fits ----------------------------------------------------------------------------------------------


def _pages(caller: Caller, body: Body, limits: Limits) -> Iterator[Misfit]:
    try:
        pages = paginate(body.shown, body.lines, footers(caller), limits)
    except ValueError:
        return  # a line that is longer than a screen is complained of already
    if len(pages) > body.most:
        what = f"this needs {len(pages)} screens in {caller.language} over {caller.channel.upper()}"
        what += _because(caller, body.source, body.shown)
        todo = f"say it in {body.most} at most"
        if body.most == MOST_LIST_PAGES:
            todo = f"keep fewer items with most:, or shorten the label; {body.most} screens are enough"
        yield "too-many-pages", body.path, what, todo
    parts = max(text.segments(page.text) for page in pages)
    if caller.channel == "sms" and parts > caller.service.sms_parts:
        because = _because(caller, body.source, body.shown)
        what = f"over SMS this screen can be {parts} parts long in {caller.language}{because}; 1 is allowed"
        yield "sms-too-long", body.path, what, "shorten it, or raise sms_parts"


def _end(caller: Caller, path: Path, kind: End, limits: Limits) -> Iterator[Misfit]:
    """Over SMS the receipt is the last screen."""
    texts, place = (kind.text, "text") if caller.channel == "ussd" or kind.sms is None else (kind.sms, "sms")
    if texts is None:
        return  # nobody reads it
    source = written(texts, caller.channel, caller.language, caller.service.languages)
    shown = caller.filled(source)
    because = _because(caller, source, shown)
    if caller.channel == "ussd" and not limits.fits(shown):
        what = f"this last screen can be {_length(shown, limits)} long in {caller.language}{because}; "
        what, todo = what + f"{limits.most(shown)} fit", "shorten it: it has no second page"
        yield "end-too-long", caller.place(texts, (*path, place)), what, todo
    parts, allowed = text.segments(limits.shown(shown)), caller.service.sms_parts
    if caller.channel == "sms" and parts > allowed:
        what = f"this SMS can be {parts} parts long in {caller.language}{because}; {_so_many(allowed)} allowed"
        yield "sms-too-long", caller.place(texts, (*path, place)), what, "shorten it, or raise sms_parts"


def _options(caller: Caller, path: Path, kind: Choose, limits: Limits) -> Iterator[Misfit]:
    lines = choices(caller, kind)
    items = len(lines) - len(kind.options)
    if items and not _alone(caller, lines[items - 1], limits):
        assert kind.label is not None
        source = written(kind.label, caller.channel, caller.language, caller.service.languages)
        what = f"an item of this list can be {_over(caller, lines[items - 1], limits)} longer than a screen"
        what += f" in {caller.language}{_because(of_item(caller, kind), source, lines[items - 1], 'it')}"
        todo = "shorten the label, or say under each how long its fields can be (max:)"
        yield "option-too-long", caller.place(kind.label, (*path, "label")), what, todo
    for place, (line, option) in enumerate(zip(lines[items:], kind.options, strict=True)):
        if not _alone(caller, line, limits):
            over = _over(caller, line, limits)
            what = f"this option alone is {over} longer than a screen in {caller.language}"
            source = written(option.label, caller.channel, caller.language, caller.service.languages)
            where = caller.place(option.label, (*path, "options", place, "label"))
            yield "option-too-long", where, what + _because(caller, source, line, "it"), "shorten it"


def _alone(caller: Caller, line: str, limits: Limits) -> bool:
    """True if a line fits a screen between the lines that may stand below it."""
    return _over(caller, line, limits) <= 0


def _over(caller: Caller, line: str, limits: Limits) -> int:
    foot = footers(caller)
    return -limits.room(f"{line}\n{foot.more}\n{foot.back}")


def _wrong(caller: Caller, path: Path, kind: Ask, limits: Limits) -> Iterator[Misfit]:
    """A reason that the agency wrote stands on one screen with the question, if the question alone does."""
    if kind.wrong is None:
        return
    lines = tuple(line for line in below(caller, kind) if not line.startswith(f"{caller.service.keys.keep} "))
    question, foot = caller.longest(kind.text), footers(caller)
    reason = written(kind.wrong, caller.channel, caller.language, caller.service.languages)
    both = f"{caller.filled(reason)}\n{question}"
    if len(paginate(question, lines, foot, limits)) == 1 and len(paginate(both, lines, foot, limits)) > 1:
        shown = "\n".join((both, *lines, foot.back))
        what = f"after a wrong answer the question is cut in two in {caller.language}: reason and question are"
        what += f" {_length(shown, limits)}, {limits.most(shown)} fit"
        where = caller.place(kind.wrong, (*path, "wrong"))
        yield "wrong-too-long", where, what, "shorten the reason or the question"


def _of_the_service(caller: Caller, limits: Limits) -> Iterator[Misfit]:
    """The title stands in a list of requests; some of what the agency says in place of us has no second page."""
    service, foot = caller.service, footers(caller)
    if limits.room(f"{foot.more}\n{foot.back}\n") < LEAST_ROOM:
        key = max(("back", "more"), key=lambda key: text.units(caller.said(key)))
        what = f"the lines for more and back leave no room on a screen in {caller.language}"
        yield "words-too-long", _own(caller, key), what, "shorten them"
        return
    if not _alone(caller, f"{MOST_REQUESTS} {caller.longest(service.title)} {REFERENCE}", limits):
        what = f"this title is too long in {caller.language}: with a reference beside it, it fits no screen"
        yield "title-too-long", caller.place(service.title, ("title",)), what, "shorten it"
    for keys, shown in _last_words(caller):
        if service.words.keys() & keys and caller.channel == "ussd" and not limits.fits(shown):
            key = max(service.words.keys() & keys, key=lambda key: text.units(caller.said(key)))
            what = f"this last screen can be {_length(shown, limits)} long in {caller.language}; "
            what += f"{limits.most(shown)} fit"
            yield "words-too-long", _own(caller, key), what, "shorten it: it has no second page"


def _last_words(caller: Caller) -> Iterator[tuple[set[str], str]]:
    """Yield what ends a session when nothing else does, and the built-in texts that it is made of."""
    if caller.service.call_back is not None:
        yield {"call_back_saved"}, caller.said("call_back_saved", reference=REFERENCE)
    else:
        again = caller.said("dial_again", code=ALWAYS["short_code"][0])
        yield {"too_many_tries", "dial_again"}, f"{caller.said('too_many_tries')}\n{again}"


def _own(caller: Caller, key: str) -> Path:
    """Return where the agency wrote a built-in text; where it did not, where its words would stand."""
    own = caller.service.words.get(key)
    return ("words",) if own is None else caller.place(own, ("words", key))


def _because(caller: Caller, source: str, shown: str, whole: str = "them") -> str:
    """Say which name takes most of a text, where one takes much of it."""
    name, most = caller.largest(source)
    return f", {most} of {whole} for {{{name}}}" if name and most * SHARE >= text.units(shown) else ""


def _so_many(parts: int) -> str:
    return "1 is" if parts == 1 else f"{parts} are"


def _length(shown: str, limits: Limits) -> str:
    foreign = text.encoding(shown) == "ucs2"
    letters = "" if not foreign else TRANSLITERATED if not limits.unicode else "" if limits.is_gsm(shown) else IN_UCS2
    return f"{limits.length(shown)} characters{letters}"


IN_UCS2, TRANSLITERATED = " (in UCS-2)", " (transliterated, for networks without Unicode)"
