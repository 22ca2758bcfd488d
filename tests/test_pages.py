"""Whatever is to be shown, every screen fits, and nothing is lost on the way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.language.pages import Footers, Page, paginate
from gateway.language.text import Limits

USSD = Limits(160, 70)
FOOTERS = st.sampled_from(
    [
        Footers("0 Back", "98 More"),
        Footers("0 Back", "98 More", back_first=False),
        Footers("", "98 Zaidi"),
        Footers("", ""),
        Footers("0 ተመለስ", "98 ተጨማሪ"),
        Footers("0 رجوع", ""),
    ]
)
LIMITS = st.sampled_from([USSD, Limits(182, 80), Limits(306, 134), Limits(50, 30), Limits(40, 40)])
WORDS = st.text(alphabet=st.sampled_from("abc €é\nአا👍\u0301{"), max_size=700)
TEXTS = st.one_of(st.text(max_size=300), WORDS)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.lists(st.text(min_size=1, max_size=200), max_size=12), FOOTERS, LIMITS)
def test_every_page_fits_and_every_option_is_shown_once(
    text: str, options: list[str], footers: Footers, limits: Limits
) -> None:
    pages = paginate(text, tuple(options), footers, limits)
    assert pages
    assert all(limits.fits(page.text) for page in pages)
    assert [place for page in pages for place in page.options] == list(range(len(options)))
    assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]


@settings(max_examples=300, deadline=None)
@given(TEXTS, FOOTERS, LIMITS)
def test_no_word_is_lost(text: str, footers: Footers, limits: Limits) -> None:
    shown = "".join(_body(page, place, footers) for place, page in enumerate(paginate(text, (), footers, limits)))
    assert re.sub("[ \n]", "", shown) == re.sub("[ \n]", "", text)


def _body(page: Page, place: int, footers: Footers) -> str:
    body = page.text
    back = footers.back if place or footers.back_first else ""
    for line in (back, footers.more if page.more else ""):
        body = body.removesuffix(line) if line else body
        body = body.removesuffix("\n") if line else body
    return body


@pytest.mark.parametrize(
    ("text", "options", "footers", "limits", "screens"),
    [
        ("What is wrong?", ("1 No water", "2 Burst"), Footers("0 Back", "98 More"), USSD, [
            "What is wrong?\n1 No water\n2 Burst\n0 Back",
        ]),
        ("What is wrong?", ("1 No water",), Footers("0 Back", "98 More", back_first=False), USSD, [
            "What is wrong?\n1 No water",
        ]),
        ("", (), Footers("0 Back", ""), USSD, ["0 Back"]),
        ("", (), Footers(), USSD, [""]),
        ("", ("1 A", "2 B"), Footers(), USSD, ["1 A\n2 B"]),
        # Words stay whole, and More is only where something follows.
        ("one two three four", (), Footers("0 B", "9 M"), Limits(20, 10), ["one two\n9 M\n0 B", "three four\n0 B"]),
        ("one two three", (), Footers("0 B", "9 M", back_first=False), Limits(12, 6), [
            "one two\n9 M", "three\n0 B",
        ]),
        # Text first, options follow on; an option is one line on one page.
        ("aaa bbb", ("1 cccc", "2 dddd"), Footers("", "9 M"), Limits(18, 9), ["aaa bbb\n1 cccc\n9 M", "2 dddd"]),
        # A word that is longer than a page is cut between characters; an option is cut short.
        ("a" * 25, (), Footers("", "M"), Limits(12, 6), ["a" * 10 + "\nM", "a" * 10 + "\nM", "a" * 5]),
        ("T", ("1 " + "b" * 30, "2 c"), Footers("", "M"), Limits(12, 6), ["T\nM", "1 bbbbb...\nM", "2 c"]),
        ("ቃ", ("1 " + "ለ" * 30,), Footers(), Limits(24, 12), ["ቃ", "1 " + "ለ" * 9 + "…"]),
        # Lines of the author's own stay lines, but not at the top of a page.
        ("a\n\nb", (), Footers(), USSD, ["a\n\nb"]),
        ("aaaa\nbbbb", (), Footers("", "M"), Limits(7, 3), ["aaaa\nM", "bbbb"]),
    ],
)  # fmt: skip
def test_layout(text: str, options: tuple[str, ...], footers: Footers, limits: Limits, screens: list[str]) -> None:
    assert [page.text for page in paginate(text, options, footers, limits)] == screens


def test_only_the_page_with_the_foreign_character_pays_for_it() -> None:
    pages = paginate("a " * 60 + "ç", (), Footers(), Limits(100, 40))
    assert [len(page.text) for page in pages] == [99, 21]


def test_a_letter_keeps_its_mark() -> None:
    pages = paginate("e\u0301" * 30, (), Footers(), Limits(20, 11))
    assert all(not page.text.startswith("\u0301") for page in pages)


def test_footers_that_leave_no_room_are_the_authors_error() -> None:
    with pytest.raises(ValueError, match="leave no room"):
        paginate("word another", (), Footers("0 Back", "98 More"), Limits(14, 7))
    with pytest.raises(ValueError, match="alone does not fit"):
        paginate("", (), Footers("0 Back", ""), Limits(4, 2))
