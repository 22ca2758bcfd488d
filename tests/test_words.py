"""What the gateway says itself: every language says everything, with the same names in it, briefly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.language import commands, templates, text, words
from gateway.language.answers.folding import folded
from gateway.language.phrases import TONGUES
from gateway.language.phrases.tongue import Tongue

LATIN = ("en", "sw", "fr", "pt")
# These stand before a question on one screen, so they must leave it room.
BEFORE_A_QUESTION = [key for key in words.WORDS if key.startswith(("wrong_", "too_", "date_"))]
EACH = pytest.mark.parametrize("language", TONGUES)
SOURCES = Path(words.__file__).parents[1]
ASKED_FOR = re.compile(r"""(?:\bword\(\w+, |\b(?:say|phrase)\(\s*)["'](\w+)["'](?! *\+)""")
WORD_LISTS = ("yes", "no", "today", "yesterday", "tomorrow", "option")


@EACH
def test_every_language_says_everything(language: str) -> None:
    assert list(TONGUES[language].phrases) == list(words.WORDS)
    assert all(TONGUES[language].phrases.values())


@EACH
def test_with_the_same_names(language: str) -> None:
    for key, phrase in TONGUES[language].phrases.items():
        assert templates.compile(phrase).names == templates.compile(words.WORDS[key]).names, key


@pytest.mark.parametrize("language", LATIN)
def test_gsm7(language: str) -> None:
    assert {key: text.first_foreign(phrase) for key, phrase in TONGUES[language].phrases.items()} == dict.fromkeys(
        words.WORDS
    )


@EACH
def test_reasons_leave_room_for_the_question(language: str) -> None:
    room = 60 if language in LATIN else 30
    assert [key for key in BEFORE_A_QUESTION if len(TONGUES[language].phrases[key]) > room] == []


@EACH
def test_every_text_is_one_message(language: str) -> None:
    limits = text.Limits(160, 70)
    filled = {"keywords": "WATER", "code": "*384*70#", "reference": "AAAA-BBBB-CCCC", "title": "T", "state": "s"}
    for key, phrase in TONGUES[language].phrases.items():
        says = templates.render(templates.compile(phrase), {**filled, "min": 1, "max": 9, "length": 4}, language)
        assert limits.fits(says), (key, says)


@EACH
def test_word_lists_are_as_they_are_compared(language: str) -> None:
    tongue: Tongue = TONGUES[language]
    for name in WORD_LISTS:
        known: tuple[str, ...] = getattr(tongue, name)
        assert known
        assert known == tuple(map(folded, known))
    assert not set(tongue.yes) & set(tongue.no)


@EACH
def test_translations_differ_from_english(language: str) -> None:
    same = [key for key, phrase in TONGUES[language].phrases.items() if phrase == words.WORDS[key]]
    assert language == "en" or same == ["request_line"]


@pytest.mark.parametrize(
    ("language", "says"),
    [("sw", "Baki na Kibera"), ("sw-KE", "Baki na Kibera"), ("ha", "Keep Kibera"), ("fr", "Garder Kibera")],
)
def test_say(language: str, says: str) -> None:
    assert words.say("keep", language, value="Kibera") == says


def test_an_agency_says_it_in_its_own_words() -> None:
    own: words.Own = {"back": {"sw": "Nyuma"}, "more": "Next page"}
    assert words.say("back", "sw", own) == "Nyuma"
    assert words.say("back", "sw-KE", own) == "Nyuma"
    assert words.say("back", "en", own) == "Back"
    assert words.say("more", "sw", own) == "Next page"
    assert words.say("home", "sw", own) == "Mwanzo"


def test_an_unknown_text_is_our_error() -> None:
    with pytest.raises(KeyError):
        words.say("nonsense", "en")


@pytest.mark.parametrize(("language", "name"), [("sw", "Kiswahili"), ("pt-MZ", "Português"), ("xx", "xx")])
def test_own_name(language: str, name: str) -> None:
    assert words.own_name(language) == name


def test_every_text_that_is_asked_for_is_there() -> None:
    found = {key for file in SOURCES.rglob("*.py") for key in ASKED_FOR.findall(file.read_text(encoding="utf-8"))}
    assert found
    assert found - words.WORDS.keys() == set()


def test_as_many_keywords_are_named_as_one_sms_holds() -> None:
    known = [f"KEYWORD{number}" for number in range(40)]
    for language in TONGUES:
        said = commands.naming("help_sms", language, known)
        assert text.segments(said) == 1
        count = said.count("KEYWORD")
        more = words.say("help_sms", language, keywords=", ".join(known[: count + 1]))
        assert text.segments(more) == 2
    assert "WATER." in commands.naming("unknown_keyword", "en", ["WATER"])
