"""The texts that every service needs, in the caller's language; an agency may put its own in their place. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from gateway.language import templates
from gateway.language.phrases import TONGUES
from gateway.language.phrases.tongue import Tongue
from gateway.language.values import Value

Own = Mapping[str, str | Mapping[str, str]]
WORDS: Mapping[str, str] = TONGUES["en"].phrases  # every key there is
NONE: Own = {}


@lru_cache(maxsize=256)
def tongue(language: str) -> Tongue:
    """Return the words of a language tag: its own, those of its plain form (`pt-MZ` is `pt`), else English."""
    return TONGUES.get(language) or TONGUES.get(language.partition("-")[0]) or TONGUES["en"]


def phrase(key: str, language: str, own: Own = NONE) -> str:
    """Return the unfilled text: the agency's in this language, else ours. Raises KeyError for an unknown key."""
    theirs = own.get(key)
    if isinstance(theirs, str):
        return theirs
    if theirs:
        for tag in (language, language.partition("-")[0]):
            if tag in theirs:
                return theirs[tag]
    return tongue(language).phrases[key]


def say(key: str, language: str, own: Own = NONE, /, **values: Value) -> str:
    """Return the text of `key`, filled. `own` holds the agency's texts, each one string or one for each language."""
    return templates.render(templates.compile(phrase(key, language, own)), values, language)


@lru_cache(maxsize=1024)
def plain(key: str, language: str) -> str:
    """Return our own text of `key` where nothing is to be filled in."""
    return say(key, language)


def own_name(language: str) -> str:
    """Return what a language calls itself, such as Kiswahili; the tag where we do not know."""
    found = TONGUES.get(language) or TONGUES.get(language.partition("-")[0])
    return found.own_name if found else language
