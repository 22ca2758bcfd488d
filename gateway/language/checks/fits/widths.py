"""The longest value of each name, as texts show it: proven from what is declared, not sampled. Pure.

A name has a few extreme values (the largest amount with cents, the longest label, …). Each is written by the very
filters and formats that the engine writes it with, in the caller's language, and the longest counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from gateway.language import answers, conditions, reader, templates, text, words
from gateway.language.answers.gazetteer import LONGEST_NAME, Gazetteer, picked
from gateway.language.checks import names
from gateway.language.checks.names import Services, Source
from gateway.language.conditions import ConditionError
from gateway.language.conditions.tokens import tokens, unquoted
from gateway.language.declared import LARGEST, LONGEST, Declared, Saved
from gateway.language.formats import FILTERS, currency_exponent, shown
from gateway.language.places import Path
from gateway.language.root import Service
from gateway.language.screens import CHANNELS, Ask, Choose, Do, Set, Status, spec, written
from gateway.language.templates import TemplateError
from gateway.language.values import Amount, Chosen, Value, bare

Lists = Mapping[tuple[str, str], Gazetteer]  # by the service and the file's name

PHONE = "+999999999999999"  # E.164: fifteen digits at most
PHONE_APART = "+999 999 999 999 999"
REFERENCE = "XXXX-XXXX-XXXX"
ALWAYS: Mapping[str, tuple[Value, ...]] = {
    "phone": (PHONE,),
    "network": ("n" * 20,),
    "short_code": ("*99999*99999999#",),
    "today": tuple(date(2030, month, 28) for month in range(1, 13)),
    "now": tuple(datetime(2030, month, 28, 20, 58) for month in range(1, 13)),  # noqa: DTZ001  the caller's own clock
    "reference": (REFERENCE,),
}
DAYS = (*ALWAYS["today"], "")
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a screen is measured: the caller's channel and language, in one service.

    `wide`: of several values take the one that needs UCS-2. `fields` are those of a list's item, which come first.
    """

    service: Service
    services: Services
    lists: Lists
    channel: str
    language: str
    wide: bool = False
    fields: Mapping[str, Declared] = field(default_factory=dict)
    known: dict[tuple[str, str], tuple[Value, ...]] = field(default_factory=dict)
    saved: dict[str, dict[str, list[Source]]] = field(default_factory=dict)

    def longest(self, texts: Any) -> str:
        """Return the longest form of a text of the service."""
        return self.filled(written(texts, self.channel, self.language, self.service.languages))

    def filled(self, source: str, **given: Value) -> str:
        """Return the longest form of a template. `given` are names with one value."""
        try:
            template = templates.compile(source)
        except TemplateError:
            return source
        if not template.names:
            return "".join(part for part in template.parts if isinstance(part, str))
        whole = templates.widest(template, lambda name, how: self.sample(name, how, given))
        if self.wide and text.encoding(whole) == "gsm7":
            return templates.widest(template, lambda name, how: self.sample(name, how, given, foreign=True))
        return whole

    def said(self, key: str, **given: Value) -> str:
        """Return a built-in text, or the agency's own, filled."""
        return self.filled(words.phrase(key, self.language, self.service.words), **given)

    def sample(
        self, name: str, chosen_filter: str = "", given: Mapping[str, Value] | None = None, *, foreign: bool = False
    ) -> str:
        """Return the longest value of a name, as a text shows it; a foreign one if there is one and it is wanted."""
        values: tuple[Any, ...] = (given[name],) if given and name in given else self.values(name)
        written = [_shown(value, chosen_filter, self.language) for value in values]
        if not self.wide:
            written = [one for one in written if text.encoding(one) == "gsm7"] or written
        elif foreign:
            written = [one for one in written if text.encoding(one) == "ucs2"] or written
        return max(written, key=text.units, default="")

    def values(self, name: str) -> tuple[Value, ...]:
        """Return the extreme values of a name: one of them is the longest, whatever the filter."""
        if name in self.fields:
            return tuple(self.declared(self.fields[name]))
        key = (self.service.service, name)
        if key not in self.known:
            self.known[key] = (self.letters(LONGEST),)  # for a label that names itself
            found = [value for source in self.sources(name) for value in _values(self, source)]
            self.known[key] = tuple(dict.fromkeys(found)) or self._always(name)
        return self.known[key]

    def _always(self, name: str) -> tuple[Value, ...]:
        match name:
            case "service":
                return (self.service.service,)
            case "channel":
                return (self.channel,)
            case "language":
                return tuple(self.service.languages)
        return ALWAYS.get(name, ())  # what nothing saves is complained of elsewhere

    def sources(self, name: str) -> list[Source]:
        """Return the places where a name of the service gets its value."""
        by_name = self.saved.get(self.service.service)
        if by_name is None:
            by_name = self.saved[self.service.service] = {}
            for source in names.sources(self.service):
                by_name.setdefault(source.name, []).append(source)
        return by_name.get(name, [])

    def letters(self, count: int) -> str:
        """Return so many letters as they are typed in this language."""
        return letter(self.language) * count

    def declared(self, declared: Declared) -> Iterator[Value]:
        """Yield the extreme values that an outside value can have."""
        for code, labels in declared.labels.items():
            yield Chosen(code, written(labels, self.channel, self.language, self.service.languages))
        most = declared.most
        match declared.kind:
            case "number":
                yield from (most, -most)
            case "amount":
                assert declared.currency is not None
                yield from _amounts(declared.currency, -most, most)
            case "date":
                yield from DAYS
            case "yes_no":
                yield from (True, False)
            case "text":
                yield self.letters(most)
            case _:
                digits = min(most, MOST_DIGITS)
                yield from (self.letters(most), int("9" * digits), -int("9" * max(digits - 1, 1)))

    def place(self, texts: Any, path: Path) -> Path:
        """Return the path of the text that this caller reads; `path` is that of the whole."""
        for wanted in ((self.channel,), (self.language, *self.service.languages)):
            if isinstance(texts, str) or not texts or (wanted == (self.channel,) and not set(CHANNELS) & texts.keys()):
                continue
            key = next((key for key in wanted if key in texts), next(iter(texts)))
            path, texts = (*path, key), texts[key]
        return path

    def largest(self, source: str) -> tuple[str, int]:
        """Return the name that takes most of a template, and how much; an empty name where there is none."""
        try:
            slots = templates.compile(source).slots
        except TemplateError:
            return "", 0
        taken = [(text.units(self.sample(slot.name, slot.filter)), slot.name) for slot in slots]
        most, name = max(taken, default=(0, ""))
        return name, most


@lru_cache(maxsize=256)
def letter(language: str) -> str:
    """Return a letter of a language's own script: one outside GSM-7 where its texts cannot do without."""
    own = (char for char in words.own_name(language) if text.encoding(char) == "ucs2")
    return next((char for char in own if text.replacement(char) is None), "n")


@lru_cache(maxsize=16384, typed=True)  # 1 is not True
def _shown(value: Any, chosen_filter: str, language: str) -> str:
    if chosen_filter == "phone" and value == PHONE:
        return PHONE_APART
    if chosen_filter == "upper" and language.partition("-")[0] == "de" and isinstance(value, str):
        value = value.replace("n", "ß")  # it becomes two letters
    return FILTERS[chosen_filter](value, language) if chosen_filter else shown(value, language)


def extremes(spec: answers.Spec, language: str) -> Iterator[Value]:
    """Yield the extreme values of a typed answer, but for places."""
    yield from spec.allow
    match spec:
        case answers.Text(max=most):
            yield letter(language) * most
            if most >= len("2030-12-31"):
                yield "2030-09-28"
        case answers.Digits(max=most):
            yield "9" * most
            if spec.min <= len("20300928") <= most:
                yield "20300928"
        case answers.Id(max=most):
            yield "X" * most
        case answers.Number(min=least, max=most):
            yield from (least, most)
        case answers.AmountOf(currency, least, most):
            yield from _amounts(currency, least, most)
        case answers.Date():
            yield from DAYS
        case answers.Phone():
            yield PHONE
        case answers.Pin(length, longest):
            yield "9" * (longest or length)
        case answers.YesNo():
            yield from (True, False)


def _amounts(currency: str, least: int, most: int) -> Iterator[Value]:
    """Yield the ends, and the amounts just inside them, which have cents."""
    scale = 10 ** currency_exponent(currency)
    yield from (Amount(minor, currency) for minor in {least * scale, least * scale + 1, most * scale - 1, most * scale})


# --- where a name gets its value ----------------------------------------------------------------------------------


def _values(caller: Caller, source: Source) -> Iterator[Value]:
    if isinstance(source.declared, Saved) and source.declared.each:
        yield source.declared.most_items  # a text can only count them
        return
    if source.declared is not None:
        yield from caller.declared(source.declared)
        return
    match source.kind:
        case Choose() if source.theirs:
            yield ""  # a field of which nothing is known: the list is complained of
        case Choose():
            yield from _chosen(caller, source.kind)
        case Ask(answer=answer) if answer.kind == "place":
            yield from _place(caller, answer.list, answer.level)
        case Ask():
            yield from extremes(spec(source.kind), caller.language)
        case Status():
            yield REFERENCE
        case Set():
            yield from _computed(caller, source.kind.values[source.name])
        case Do(service=name) if name in caller.services:
            yield from replace(caller, service=caller.services[name], fields={}).values(source.theirs)
        case _:
            yield caller.letters(LONGEST)


def _chosen(caller: Caller, kind: Choose) -> Iterator[Value]:
    """Yield an option for the longest label and one for the longest value. The label is that of the channel."""
    channels = CHANNELS if caller.channel == "sms" else (caller.channel,)
    for option in kind.options:
        for channel in channels:
            yield Chosen(option.value, replace(caller, channel=channel).longest(option.label))
    if kind.from_ is not None and kind.label is not None and kind.value is not None:
        item = of_item(caller, kind)
        yield Chosen(item.filled(_as_values(kind.value)), item.longest(kind.label))


def of_item(caller: Caller, kind: Choose) -> Caller:
    """Return the caller who reads an item of a menu's list."""
    listed = names.listed(caller.service).get(kind.from_ or "")
    return replace(caller, fields={} if listed is None else listed.each)


def _as_values(source: str) -> str:
    """Return a template whose names show what goes to offices."""
    try:
        parts = templates.compile(source).parts
    except TemplateError:
        return ""
    return "".join(part if isinstance(part, str) else f"{{{part.name} | {part.filter or 'value'}}}" for part in parts)


def _place(caller: Caller, file: str, level: str) -> Iterator[Value]:
    gazetteer = caller.lists.get((caller.service.service, file))
    if gazetteer is None or level not in gazetteer.levels:
        yield caller.letters(LONGEST_NAME)
        return
    yield from extreme_places(gazetteer, level)


def extreme_places(gazetteer: Gazetteer, level: str) -> list[Value]:
    """Return the places of a level with the longest name and the longest value, of both alphabets."""
    found: dict[tuple[str, str], Any] = {}
    for spot in gazetteer.spots[level]:
        for what, word in (("name", spot.name), ("value", spot.value)):
            key, units = (what, text.encoding(word)), text.units(word)
            if units > found.get(key, (0, None))[0]:
                found[key] = (units, spot)
    return [picked(spot) for _, spot in found.values()]


def _computed(caller: Caller, source: str) -> Iterator[Value]:
    """Yield bounds of what an expression can give: its texts and its names' values, or all of them joined."""
    try:
        condition = conditions.compile(source)
    except ConditionError:
        return
    kinds = names.kinds(caller.service, caller.services)
    kind = conditions.kind_of(condition, kinds) if condition.names <= kinds.keys() else "any"
    if kind == "bool":
        yield from (True, False)
    elif kind == "int":
        yield from (LARGEST, -LARGEST)
    else:
        texts = [unquoted(word) for sort, word in tokens(source) if sort == "string"]
        parts: list[Value] = [*texts, *(bare(v) for name in condition.names for v in caller.values(name))]
        joined = any(word == "+" for _, word in tokens(source))
        yield from (parts if not joined else ["".join([*texts, *map(caller.sample, sorted(condition.names))])])


def is_foreign(service: Service, lists: Lists) -> bool:
    """True if some values or texts of a service need UCS-2 and others may not."""
    near = {service.service, *(kind.service for kind in service.screens.values() if isinstance(kind, Do))}
    return any(name in near for name, _ in lists) or any(
        text.encoding(source) == "ucs2"
        for kind in service.screens.values()
        for _, texts in reader.texts(kind)
        for *_, source in reader.variants(texts)
    )
