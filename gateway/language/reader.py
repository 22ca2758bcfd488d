"""From a menu file's text to a `Service`, with every complaint in its place. Pure.

The reader says what is wrong with one file taken alone: YAML, keys, values, templates, conditions. What several screens
or files have to do with each other is the checker's matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from gateway.language import answers, conditions, places, templates, words
from gateway.language.places import Document, Path
from gateway.language.screens import (
    CHANNELS,
    KIND_NAMES,
    KINDS,
    Ask,
    Branch,
    Choose,
    End,
    Fetch,
    Kind,
    Service,
    Set,
    Submit,
    spec,
)


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read: its service where it has the right shape, and the document with the complaints."""

    document: Document
    service: Service | None


def read(text: str, file: str) -> Read:
    """Read one menu file."""
    document = places.read(text, file)
    if not isinstance(document.data, dict):
        if document.data is not None:
            document.complain((), "a service has keys and values", "start with service: its-name")
        return Read(document, None)
    sound = not document.complaints
    screens = _screens(document, document.data)
    try:
        service = Service.model_validate({**document.data, "screens": screens or {"": None}})
    except ValidationError as error:
        places.explain(document, error, (), Service)
        return Read(document, None)
    for path, kind in ((("screens", name), kind) for name, kind in screens.items()):
        _check_parts(document, service, path, kind)
    for key in service.words:
        if key not in words.WORDS:
            document.complain(("words", key), f"there is no built-in text {key!r}", places.nearest(key, words.WORDS))
    return Read(document, service if sound and screens else None)


def _screens(document: Document, data: dict[str, Any]) -> dict[str, Kind]:
    """Validate each screen with the model of its kind; one screen's trouble doesn't hide another's."""
    raw = data.get("screens")
    if not isinstance(raw, dict):
        return {}
    found: dict[str, Kind] = {}
    for name, body in raw.items():
        path: Path = ("screens", name)
        if not isinstance(body, dict) or len(body) != 1:
            what = "a screen has one key, its kind" if not isinstance(body, dict) else "a screen has just one kind"
            document.complain(path, f"{name!r}: {what}", "use one of: " + ", ".join(KINDS), key=True)
            continue
        kind, content = next(iter(body.items()))
        if kind not in KINDS:
            document.complain((*path, kind), f"unknown kind {kind!r}", places.nearest(kind, KINDS), key=True)
            continue
        try:
            found[name] = KINDS[kind].model_validate(content)
        except ValidationError as error:
            places.explain(document, error, (*path, kind), KINDS[kind])
    return found


# --- texts, templates and conditions of one screen ----------------------------------------------------------------


def texts(kind: Kind) -> Iterator[tuple[Path, Any]]:
    """Yield every text of a screen with its path below the screen's name."""
    name = KIND_NAMES[type(kind)]
    for key in ("text", "wrong", "sms"):
        if getattr(kind, key, None) is not None:
            yield (name, key), getattr(kind, key)
    if isinstance(kind, Choose):
        for index, option in enumerate(kind.options):
            yield (name, "options", index, "label"), option.label


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
    """Yield every template of what a screen sends to an office."""
    if isinstance(kind, Fetch | Submit):
        yield from _strings(kind.send, (KIND_NAMES[type(kind)], "send"))


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


def _check_parts(document: Document, service: Service, screen: Path, kind: Kind) -> None:
    for below, text in texts(kind):
        for path, channel, tongue, source in variants(text, (*screen, *below)):
            _check_variant(document, service, path, channel, tongue)
            _check_template(document, path, source)
    for below, source in sent(kind):
        _check_template(document, (*screen, *below), source)
    for below, source in expressions(kind):
        try:
            conditions.compile(source)
        except conditions.ConditionError as error:
            document.complain((*screen, *below), str(error), "see the conditions page of the guide")
    if isinstance(kind, Ask):
        try:
            answers.prepare(spec(kind))
        except ValueError as error:
            document.complain((*screen, "ask", "answer"), str(error), "correct the answer's limits or pattern")
    if isinstance(kind, Choose):
        _check_options(document, screen, kind)
    if isinstance(kind, End) and kind.text == "":
        document.complain((*screen, "end"), "the last screen is empty", "tell the citizen what happens now")


def _check_variant(document: Document, service: Service, path: Path, channel: str | None, tongue: str | None) -> None:
    known = [*service.languages, *CHANNELS]
    if tongue is not None and tongue not in service.languages:
        document.complain(path, f"{tongue!r} is not a language of this service", places.nearest(tongue, known), key=True)
    if channel is not None and channel not in CHANNELS:
        document.complain(path[:-1], f"{channel!r} is not a channel", places.nearest(channel, CHANNELS), key=True)


def _check_template(document: Document, path: Path, source: str) -> None:
    try:
        templates.compile(source)
    except templates.TemplateError as error:
        document.complain(path, str(error), "write {name} or {name | filter}")


def _check_options(document: Document, screen: Path, kind: Choose) -> None:
    seen: set[str] = set()
    for index, option in enumerate(kind.options):
        path: Path = (*screen, "choose", "options", index)
        if (option.go is None) == (option.do is None):
            document.complain(path, f"option {option.value!r} leads nowhere", "give it go: a screen, or do: a service")
        if option.value in seen:
            document.complain((*path, "value"), f"the value {option.value!r} is used twice", "give each option its own")
        seen.add(option.value)
