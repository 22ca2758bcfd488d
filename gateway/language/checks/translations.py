"""Every text in every language of the service, and no character that halves a screen by accident. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.language import reader, text
from gateway.language.places import Complaint, Document, Path
from gateway.language.root import Service
from gateway.language.screens import CHANNELS

MOST_STRAY = 3  # more characters outside GSM-7 in one text are no accident


def check_translations(document: Document, service: Service) -> Iterator[Complaint]:
    """Yield complaints about translations that are missing and about stray characters."""
    written = list(_texts(service))
    for path, texts in written:
        yield from _missing(document, service, path, texts)
    written += [(("words", key), own) for key, own in service.words.items()]
    variants = [variant for path, texts in written for variant in reader.variants(texts, path)]
    wide = {tongue for _, _, tongue, source in variants if _is_wide(source)}
    for path, _, tongue, source in variants:
        if tongue not in wide and None not in wide:
            yield from _strays(document, path, source)


def _texts(service: Service) -> Iterator[tuple[Path, Any]]:
    yield ("title",), service.title
    for name, taken in service.takes.items():
        yield from reader.declared_labels(taken, ("takes", name))
    for screen, kind in service.screens.items():
        for below, texts in (*reader.texts(kind), *reader.labels(kind)):
            yield ("screens", screen, *below), texts


def _missing(document: Document, service: Service, path: Path, texts: Any) -> Iterator[Complaint]:
    if isinstance(texts, str):
        return
    if any(key in CHANNELS for key in texts):
        for channel, part in texts.items():
            yield from _missing(document, service, (*path, channel), part)
        return
    for tongue in service.languages:
        if tongue not in texts:
            what, todo = f"this text is missing in {tongue!r}", f"add {tongue}: and the translation"
            yield document.complaint("missing-translation", path, what, todo)


def _is_wide(source: str) -> bool:
    """True for a text whose language needs UCS-2 anyway."""
    foreign = _foreign(source)
    return len(foreign) > MOST_STRAY or any(text.replacement(char) is None for _, char in foreign)


def _foreign(source: str) -> list[tuple[int, str]]:
    if text.encoding(source) == "gsm7":
        return []
    return [(place, char) for place, char in enumerate(source) if text.encoding(char) == "ucs2"]


def _strays(document: Document, path: Path, source: str) -> Iterator[Complaint]:
    foreign = _foreign(source)
    if foreign:
        place, char = foreign[0]
        what = f"the character {char!r} leaves room for 70 letters on a screen instead of 160"
        todo = f"write {text.replacement(char)!r}"
        yield document.complaint("halving-character", path, what, todo, offset=place)
