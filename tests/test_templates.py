"""Templates: what they say in each language, what they refuse, and values that survive the session's JSON."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.language import templates, text
from gateway.language.formats import FILTERS
from gateway.language.templates import TemplateError
from gateway.language.values import Amount, Chosen, Value, bare, from_plain, to_plain

NAIROBI = timezone(timedelta(hours=3))
HELD: dict[str, Value] = {
    "place": "Kibera",
    "fault": Chosen("none", {"en": "No water", "sw": "Hakuna maji"}),
    "size": Chosen("xl", "Extra large"),
    "bill": Amount(150050, "KES"),
    "fee": Amount(150000, "KES"),
    "fine": Amount(1500, "UGX"),
    "naira": Amount(150000, "NGN"),
    "born": date(2026, 8, 1),
    "now": datetime(2026, 11, 23, 14, 5, tzinfo=NAIROBI),
    "phone": "+254700000001",
    "people": 12345,
    "urgent": True,
    "rows": ["a", "b"],
    "nothing": None,
    "iso": "2026-11-23",
    "nasty": "a\r\nb\x00c\u202ed",
}


def rendered(source: str, language: str = "en") -> str:
    return templates.render(templates.compile(source), HELD, language)


@pytest.mark.parametrize(
    ("source", "language", "says"),
    [
        ("{fault} at {place}. Send?", "en", "No water at Kibera. Send?"),
        ("{fault} huko {place}. Tuma?", "sw", "Hakuna maji huko Kibera. Tuma?"),
        ("{fault}", "sw-KE", "Hakuna maji"),
        ("{fault}", "fr", "No water"),
        ("{size}", "am", "Extra large"),
        ("{fault | value} {fault|label}", "en", "none No water"),
        ("{bill} {fee} {fine}", "en", "KES 1,500.50 KES 1,500 UGX 1,500"),
        ("{bill | money}", "sw", "Ksh 1,500.50"),
        ("{bill}", "fr", "1 500,50 KES"),
        ("{bill}", "pt", "1 500,50 KES"),
        ("{naira}", "ha", "NGN 1,500"),
        ("{born} {born | date}", "en", "1 Aug 2026 1 Aug 2026"),
        ("{born}", "sw", "1 Ago 2026"),
        ("{born}", "fr", "01/08/2026"),
        ("{born}", "ar", "01/08/2026"),
        ("{now | date} {now | time} {now}", "en", "23 Nov 2026 14:05 23 Nov 2026 14:05"),
        ("{iso | date} {place | date}", "en", "23 Nov 2026 Kibera"),
        ("{phone | phone} {phone | mask} {place | mask}", "en", "+254 700 000001 ***0001 ***era"),
        ("{place | upper}", "en", "KIBERA"),
        ("{people} {people | count} {rows | count}", "en", "12345 12,345 2"),
        ("{urgent}", "sw", "Ndiyo"),
        ("{rows} [{nothing}] [{absent}]", "en", "a, b [] []"),
        ("{{name}} }}{{", "en", "{name} }{"),
        ("{nasty}", "en", "a  b c d"),
        ("no names", "en", "no names"),
        ("", "en", ""),
        ("{place} {born} {bill}", "xx", "Kibera 01/08/2026 KES 1,500.50"),
    ],
)
def test_render(source: str, language: str, says: str) -> None:
    assert rendered(source, language) == says


@pytest.mark.parametrize(
    ("source", "offset", "message"),
    [
        ("Hello {name", 6, "this { is never closed (close it with }, or write {{ for a brace)"),
        ("Hello name}", 10, "this } closes nothing (open it with {, or write }} for a brace)"),
        ("a {x {y}", 2, "this { is never closed (close it with }, or write {{ for a brace)"),
        ("{bill | mony}", 0, "there is no filter 'mony' (did you mean money?)"),
        ("{bill | zzz}", 0, "there is no filter 'zzz' (filters are " + ", ".join(sorted(FILTERS)) + ")"),
        ("{bill | }", 0, "there is no filter '' (filters are " + ", ".join(sorted(FILTERS)) + ")"),
        ("{}", 0, "the braces are empty (write a name between them, or {{ }} for braces)"),
        (
            "ok {u.__class__}",
            3,
            "'u.__class__' is not a name (names have lower-case letters, digits and _; write {{ for a brace)",
        ),
        ("{0}", 0, "'0' is not a name (names have lower-case letters, digits and _; write {{ for a brace)"),
    ],
)
def test_refused(source: str, offset: int, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        templates.compile(source)
    assert (caught.value.message, caught.value.offset) == (message, offset)


def test_parts_and_names() -> None:
    template = templates.compile("{fault | label} at {place}, {place}")
    assert template.names == {"fault", "place"}
    assert [(slot.name, slot.filter, slot.offset) for slot in template.slots] == [
        ("fault", "label", 0),
        ("place", "", 19),
        ("place", "", 28),
    ]


def test_a_lookup_can_be_a_function() -> None:
    assert templates.render(templates.compile("{a}{b}"), str.upper, "en") == "AB"


@pytest.mark.parametrize(
    ("source", "goes_out"),
    [
        ("{fault}", "none"),
        ("{fee}", 150000),
        ("{people}", 12345),
        ("{urgent}", True),
        ("{born}", "2026-08-01"),
        ("{rows}", ["a", "b"]),
        ("{nothing}", None),
        ("{fault | label}", "No water"),
        ("{fault}/{fee}/{urgent}", "none/150000/true"),
        ("fixed", "fixed"),
        ("", ""),
    ],
)
def test_what_offices_get(source: str, goes_out: Any) -> None:
    assert templates.sent(templates.compile(source), HELD, "en") == goes_out


def test_widest() -> None:
    template = templates.compile("{fault} at {place | upper}: {bill | money}")
    assert (
        templates.widest(template, lambda name, filter: f"<{name}{filter}>") == "<fault> at <placeupper>: <billmoney>"
    )


@given(
    st.text(alphabet=st.characters(codec=None)), st.sampled_from(sorted(FILTERS)), st.sampled_from(["en", "ar", "am"])
)
def test_no_value_brings_control_characters(value: str, filter: str, language: str) -> None:
    for source in ("{value}", f"{{value | {filter}}}"):
        says = templates.render(templates.compile(source), {"value": value}, language)
        assert not any(char < " " or "\x7f" <= char <= "\x9f" or "\ud800" <= char <= "\udfff" for char in says)
        assert "\u2028" not in says


@given(st.text(max_size=60))
def test_any_source_compiles_or_says_why(source: str) -> None:
    try:
        template = templates.compile(source)
    except TemplateError as error:
        assert 0 <= error.offset < len(source)
    else:
        assert templates.widest(template, lambda name, _: "") is not None


@given(st.integers(-(10**12), 10**12), st.sampled_from(["KES", "NGN", "XOF", "UGX", "TND", "EUR"]))
def test_money_is_gsm7_in_latin_languages(minor: int, currency: str) -> None:
    for language in ("en", "sw", "fr", "pt", "ha", "yo"):
        says = templates.render(templates.compile("{a}"), {"a": Amount(minor, currency)}, language)
        assert text.encoding(says) == "gsm7", says
        assert "".join(filter(str.isdigit, says)).lstrip("0").startswith(str(abs(minor)).rstrip("0"))


# --- values -------------------------------------------------------------------------------------------------------

LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.text(max_size=10),
    st.dates(),
    st.datetimes(timezones=st.just(NAIROBI)),
    st.builds(Amount, st.integers(-(10**15), 10**15), st.sampled_from(["KES", "UGX"])),
    st.builds(
        Chosen,
        st.text(max_size=5),
        st.one_of(st.text(max_size=5), st.dictionaries(st.text(max_size=3), st.text(max_size=5))),
    ),
)
KEYS = st.one_of(st.text(max_size=4), st.sampled_from(["$amount", "$date", "$map", "$chosen", "$time"]))
VALUES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3))
)


@given(VALUES)
def test_values_survive_json(value: Value) -> None:
    assert from_plain(json.loads(json.dumps(to_plain(value)))) == value


@given(VALUES)
def test_bare_values_are_json(value: Value) -> None:
    assert json.loads(json.dumps(bare(value))) == bare(value)


def test_plain_forms() -> None:
    assert to_plain(Amount(1234, "KES")) == {"$amount": [1234, "KES"]}
    assert to_plain(date(2026, 11, 23)) == {"$date": "2026-11-23"}
    assert to_plain(Chosen("a", {"en": "A"})) == {"$chosen": ["a", {"en": "A"}]}
    assert to_plain({"$date": "no date"}) == {"$map": {"$date": "no date"}}


def test_what_a_session_cannot_keep() -> None:
    with pytest.raises(TypeError, match="a session cannot keep a set"):
        to_plain({1, 2})  # type: ignore[arg-type]
