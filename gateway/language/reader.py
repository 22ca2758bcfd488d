"""From a menu file's text to a `Service`, with every complaint in its place. Pure.

The reader says what is wrong with one file taken alone: YAML, keys, values, templates, conditions. What several screens
or files have to do with each other is the checker's matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from gateway.language import answers, blanks, conditions, places, shapes, templates, words
from gateway.language.declared import Declared
from gateway.language.places import Document, Path
from gateway.language.root import Service
from gateway.language.screens import (
    CHANNELS,
    KIND_NAMES,
    KINDS,
    Ask,
    Branch,
    CallBackScreen,
    Choose,
    Do,
    Fetch,
    Kind,
    Rate,
    Set,
    Status,
    Submit,
    spec,
)


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read: its service where it has the right shape, and the document with the complaints."""

    document: Document
    service: Service | None


def read(text: str | bytes, file: str) -> Read:
    """Read one menu file. The service is there, too, where only a part of it is wrong: see the complaints."""
    document = places.read(text, file)
    if not isinstance(document.data, dict):
        if document.data is not None:
            document.complain("not-a-service", (), "a service has keys and values", "start with service: its-name")
        return Read(document, None)
    if "conversations" in document.data and "screens" not in document.data:
        what, todo = "this is a test, not a service", f"run `gateway test {file}`"
        document.complain("not-a-service", ("conversations",), what, todo, key=True)
        return Read(document, None)
    screens = _screens(document, document.data)
    service = _service(document, screens)
    if service is not None:
        _check_service(document, service)
        for name, kind in screens.items():
            _check_parts(document, service, ("screens", name), kind)
    return Read(document, service if screens else None)


def _service(document: Document, screens: Mapping[str, Kind]) -> Service | None:
    """Return the service; where a key is wrong that others can do without, the service without it."""
    data = dict(document.data)
    if isinstance(data.get("screens"), dict) and data["screens"]:
        data["screens"] = screens or {"": None}  # what is wrong inside is said already
    try:
        return Service.model_validate(data)
    except ValidationError as error:
        shapes.explain(document, error, (), Service)
        wrong = {str(detail["loc"][0]) for detail in error.errors()}
    try:
        return Service.model_validate({key: value for key, value in data.items() if key not in wrong})
    except ValidationError:
        return None


def _screens(document: Document, data: dict[str, Any]) -> dict[str, Kind]:
    """Validate each screen with the model of its kind; one screen's trouble doesn't hide another's."""
    raw = data.get("screens")
    if not isinstance(raw, dict):
        return {}
    found: dict[str, Kind] = {}
    for name, body in raw.items():
        path: Path = ("screens", name)
        if not isinstance(body, dict) or len(body) != 1:
            _complain_of_kinds(document, path, body)
            continue
        kind, content = next(iter(body.items()))
        if kind not in KINDS:
            todo = places.nearest(kind, KINDS)
            document.complain("unknown-kind", (*path, kind), f"unknown kind {kind!r}", todo, key=True)
            continue
        if blanks.complain(document, content, (*path, kind)):
            continue
        try:
            found[name] = KINDS[kind].model_validate(content)
        except ValidationError as error:
            shapes.explain(document, error, (*path, kind), KINDS[kind])
    return found


def _complain_of_kinds(document: Document, path: Path, body: Any) -> None:
    """Say why a screen has not just one kind. What is no kind may be a screen that stands too far in."""
    name, listed = path[-1], "use one of: " + ", ".join(KINDS)
    if not isinstance(body, dict):
        document.complain("no-kind", path, f"{name!r}: a screen has one key, its kind", listed, key=True)
        return
    for key, part in body.items():
        if key not in KINDS and (part is None or (isinstance(part, dict) and any(kind in KINDS for kind in part))):
            what, todo = f"{key!r} stands too far in to be a screen", f"let it begin where {name!r} begins"
            document.complain("two-kinds", (*path, key), what, todo, key=True)
            return
    document.complain("two-kinds", path, f"{name!r}: a screen has just one kind", listed, key=True)


# --- texts, templates and conditions of one screen ----------------------------------------------------------------


def texts(kind: Kind) -> Iterator[tuple[Path, Any]]:
    """Yield every text of a screen with its path below the screen's name."""
    name = KIND_NAMES[type(kind)]
    for key in ("text", "wrong", "sms", "comment"):
        if getattr(kind, key, None) is not None:
            yield (name, key), getattr(kind, key)
    if isinstance(kind, Choose):
        if kind.label is not None:
            yield (name, "label"), kind.label
        for index, option in enumerate(kind.options):
            yield (name, "options", index, "label"), option.label


def labels(kind: Kind) -> Iterator[tuple[Path, Any]]:
    """Yield every label of an outside value with its path below the screen's name: it is shown as it stands."""
    match kind:
        case Fetch():
            for theirs, saved in kind.save.items():
                yield from declared_labels(saved, ("fetch", "save", theirs))
                for name, field in saved.each.items():
                    yield from declared_labels(field, ("fetch", "save", theirs, "each", name))
        case Status():
            for word, label in kind.states.items():
                yield ("status", "states", word), label


def declared_labels(declared: Declared, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the labels of a declared value; `path` is where it is declared."""
    for code, label in declared.labels.items():
        yield (*path, "labels", code), label


def variants(text: Any, path: Path = ()) -> Iterator[tuple[Path, str | None, str | None, str]]:
    """Yield (path, channel, language, source) for every variant of a text; None stands for all."""
    if isinstance(text, str):
        yield path, None, None, text
        return
    by_channel = any(key in CHANNELS for key in text)
    for key, value in text.items():
        if isinstance(value, str):
            yield (*path, key), key if by_channel else None, None if by_channel else key, value
        elif isinstance(value, dict):
            for tongue, source in value.items():
                yield (*path, key, tongue), key, tongue, source


def sent(kind: Kind) -> Iterator[tuple[Path, str]]:
    """Yield every template of what a screen sends to an office, hands to a service, or takes a value from."""
    match kind:
        case Fetch() | Submit() | CallBackScreen():
            yield from _strings(kind.send, (KIND_NAMES[type(kind)], "send"))
        case Do():
            yield from _strings(kind.with_, ("do", "with"))
        case Rate():
            yield ("rate", "of"), kind.of
        case Choose(value=str(source)):
            yield ("choose", "value"), source


def _strings(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _strings(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _strings(part, (*path, index))


def expressions(kind: Kind) -> Iterator[tuple[Path, str]]:
    """Yield every CEL expression of a screen with its path below the screen's name."""
    match kind:
        case Choose():
            for index, option in enumerate(kind.options):
                if option.when is not None:
                    yield ("choose", "options", index, "when"), option.when
        case Branch():
            for index, arm in enumerate(kind.root):
                if arm.when is not None:
                    yield ("branch", index, "when"), arm.when
        case Set():
            for name, source in kind.values.items():
                yield ("set", "values", name), source
        case _:
            return


def _check_service(document: Document, service: Service) -> None:
    _check_text(document, service, ("title",), service.title)
    for name, taken in service.takes.items():
        for below, label in declared_labels(taken, ("takes", name)):
            _check_label(document, service, below, label)
    for tongue in service.keywords if isinstance(service.keywords, dict) else ():
        if tongue not in service.languages:
            _complain_of_tongue(document, service, ("keywords", tongue), tongue)
    for key, text in service.words.items():
        path: Path = ("words", key)
        if key not in words.WORDS:
            todo = places.nearest(key, words.WORDS)
            document.complain("unknown-built-in-text", path, f"there is no built-in text {key!r}", todo, key=True)
            continue
        _check_text(document, service, path, text)
        known = templates.compile(words.WORDS[key]).names
        for variant, _, _, source in variants(text, path):
            _check_own_words(document, variant, source, known)


def _check_own_words(document: Document, path: Path, source: str, known: frozenset[str]) -> None:
    try:
        slots = templates.compile(source).slots
    except templates.TemplateError:
        return  # complained of already
    for slot in slots:
        if slot.name not in known:
            todo = places.nearest(slot.name, known)
            what = f"this text has no {{{slot.name}}}"
            document.complain("name-not-in-built-in-text", path, what, todo, offset=slot.offset)


def _check_parts(document: Document, service: Service, screen: Path, kind: Kind) -> None:
    for below, text in texts(kind):
        _check_text(document, service, (*screen, *below), text)
    for below, label in labels(kind):
        _check_label(document, service, (*screen, *below), label)
    for below, source in sent(kind):
        _check_template(document, (*screen, *below), source)
    for below, source in expressions(kind):
        try:
            conditions.compile(source)
        except conditions.ConditionError as error:
            what, todo = places.advised(error.message, "see the conditions in the guide for agencies")
            document.complain(error.code, (*screen, *below), what, todo, offset=error.offset)
    if isinstance(kind, Ask):
        try:
            answers.prepare(spec(kind))
        except answers.Impossible as error:
            todo = "correct the answer's limits or pattern"
            document.complain(error.code, (*screen, "ask", "answer"), str(error), todo)
    if isinstance(kind, Choose):
        _check_options(document, service, screen, kind)


def _check_text(document: Document, service: Service, path: Path, text: Any) -> None:
    if text == {} or (isinstance(text, dict) and {} in text.values()):
        document.complain("empty-text", path, "this text is empty", "write one text, or one for each language")
    by_channel = isinstance(text, dict) and any(key in CHANNELS for key in text)
    for key in text if by_channel else ():
        if key not in CHANNELS:
            todo = "write either channels or languages here"
            document.complain("unknown-channel", (*path, key), f"{key!r} is not a channel", todo, key=True)
    for variant, channel, tongue, source in variants(text, path):
        if tongue is not None and tongue not in service.languages and channel in (None, *CHANNELS):
            _complain_of_tongue(document, service, variant, tongue)
        if not source.strip():
            document.complain("empty-text", variant, "this text is empty", "say something")
        _check_template(document, variant, source)


def _check_label(document: Document, service: Service, path: Path, label: Any) -> None:
    _check_text(document, service, path, label)
    for variant, _, _, source in variants(label, path):
        if "{" in source:
            what = "a label of what an office says is shown as it stands, with no names in it"
            document.complain("name-in-label", variant, what, "write plain words", offset=source.index("{"))


def _check_template(document: Document, path: Path, source: str) -> None:
    try:
        templates.compile(source)
    except templates.TemplateError as error:
        what, todo = places.advised(error.message, "write {name} or {name | filter}")
        document.complain(error.code, path, what, todo, offset=error.offset)


def _complain_of_tongue(document: Document, service: Service, path: Path, tongue: str) -> None:
    what, todo = f"{tongue!r} is not a language of this service", places.nearest(tongue, service.languages)
    document.complain("undeclared-language", path, what, todo, key=True)


def _check_options(document: Document, service: Service, screen: Path, kind: Choose) -> None:
    seen: set[str] = set()
    for index, option in enumerate(kind.options):
        path: Path = (*screen, "choose", "options", index)
        if option.go is None and option.do is None:
            what, todo = f"option {option.value!r} leads nowhere", "give it go: a screen, or do: a service"
            document.complain("option-without-way", path, what, todo)
        if option.go is not None and option.do is not None:
            what = f"option {option.value!r} leads to two places"
            document.complain("option-with-two-ways", (*path, "do"), what, "keep go or do", key=True)
        if option.value in seen:
            what = f"the value {option.value!r} is used twice"
            document.complain("duplicate-option-value", (*path, "value"), what, "give each option its own")
        seen.add(option.value)
        for tongue in option.words if isinstance(option.words, dict) else ():
            if tongue not in service.languages:
                _complain_of_tongue(document, service, (*path, "words", tongue), tongue)
