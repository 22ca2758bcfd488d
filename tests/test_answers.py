"""What people type and what it means: one table for each kind of answer."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.language import answers, words
from gateway.language.answers import (
    AmountOf,
    Date,
    Digits,
    Local,
    Number,
    Phone,
    Pin,
    Spec,
    Text,
    Wrong,
    YesNo,
)
from gateway.language.checks.fits import widths
from gateway.language.formats import FILTERS
from gateway.language.phrases import TONGUES
from gateway.language.templates import compile, render
from gateway.language.values import Amount, Value

TODAY = date(2026, 11, 23)
KENYA = Local("KE", "sw", TODAY)
FRENCH = Local("SN", "fr", TODAY)


def reason(read: Value | Wrong) -> str:
    assert isinstance(read, Wrong), read
    return words.say(read.reason, "en", **read.args)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("1", "1"), (" 1. ", "1"), ("1)", "1"), ("#1#", "1"), ("(1)", "(1)"), ("98", "98"), ("00", "00"),
        ("a  b\tc", "a b c"), ("١٢", "12"), ("፩", "1"), ("१", "1"), ("", ""), ("#", ""), ("  ", ""), ("x\x00y", "x y"),
    ],
)  # fmt: skip
def test_clean(typed: str, plain: str) -> None:
    assert answers.clean(typed) == plain


@pytest.mark.parametrize(
    "typed",
    ["2", " 2 ", "2.", "2)", "(2)", "#2", "2#", "02", "٢", "፪", "Option 2", "chaguo 2", "No. 2", "Nambari 2", "رقم 2"],
)
def test_a_choice(typed: str) -> None:
    assert answers.choice(typed, 5) == 2


@pytest.mark.parametrize("typed", ["", "0", "00", "6", "-1", "1 2", "1,2", "one", "1.5", "no", "100", "9" * 5000, "²²"])
def test_no_choice(typed: str) -> None:
    assert answers.choice(typed, 5) is None


OPTIONS = [("No water", "none", "dry"), ("Burst pipe", "burst"), ("Eau sale", "Été"), ("Burnt meter",), ("لا ماء",)]


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("no water", 0), ("DRY.", 0), ("Burst", 1), ("ete", 2), ("Burnt", 3), ("لا ماء", 4), ("eau", 2),
        ("bursting", None),
        ("bur", None), ("no", None), ("", None), ("water", None), ("x" * 600, None), ("dr", None), ("'burst'", 1),
    ],
)  # fmt: skip
def test_word_match(typed: str, place: int | None) -> None:
    assert answers.word_match(typed, OPTIONS) == place


def test_a_word_of_two_options_is_no_choice() -> None:
    assert answers.word_match("water", [("water",), ("Water",)]) is None


ID = Text(5, 10, r"[A-Z]{2}[0-9]{3,8}")


@pytest.mark.parametrize(
    ("spec", "typed", "value"),
    [
        (Text(), "  St.  Mary's  ", "St. Mary's"),
        (Text(allow=("0",)), "0", "0"),
        (Text(), "٥ شارع", "٥ شارع"),
        (Text(max=3), "a\nb", "a b"),
        (ID, "ab12345", "AB12345"),
        (ID, "AB١٢٣", "AB123"),
        (Digits(8, 8), "1234-5678", "12345678"),
        (Digits(8, 8), " 0000 0001.", "00000001"),
        (Digits(8, 8, ("0",)), "٠", "0"),
        (Digits(3, 5, pattern="[1-9].*"), "1234", "1234"),
        (Number(0, 5000), "1,500", 1500),
        (Number(0, 5000), "1 500", 1500),
        (Number(0, 5000), "2.0", 2),
        (Number(-5, 5), "-3", -3),
        (Number(0, 5000), "٤٢", 42),
        (AmountOf("KES"), "1500", Amount(150000, "KES")),
        (AmountOf("KES"), "1,500.50", Amount(150050, "KES")),
        (AmountOf("KES"), "1.500,50", Amount(150050, "KES")),
        (AmountOf("KES"), "1,500", Amount(150000, "KES")),
        (AmountOf("KES"), "1.500", Amount(150000, "KES")),
        (AmountOf("KES"), "1.5", Amount(150, "KES")),
        (AmountOf("KES"), "Ksh. 1,500/=", Amount(150000, "KES")),
        (AmountOf("KES"), "KES1500", Amount(150000, "KES")),
        (AmountOf("KES"), "500 bob", Amount(50000, "KES")),
        (AmountOf("UGX"), "15,000.00", Amount(15000, "UGX")),
        (AmountOf("TND"), "1.500", Amount(1500, "TND")),
        (AmountOf("NGN"), "₦2500", Amount(250000, "NGN")),
        (AmountOf("ETB"), "٥٠٠ birr", Amount(50000, "ETB")),
        (Date(), "23/11/2026", TODAY),
        (Date(), "23-11-26", TODAY),
        (Date(), "2026-11-23", TODAY),
        (Date(), "23.11", TODAY),
        (Date(), "2311", TODAY),
        (Date(), "231126", TODAY),
        (Date(), "23112026", TODAY),
        (Date(), "20261123", TODAY),
        (Date(), "23 Nov", TODAY),
        (Date(), "Nov 23, 2026", TODAY),
        (Date(), "23novemba2026", TODAY),
        (Date(), "11/23/2026", TODAY),
        (Date(), "٢٣/١١/٢٠٢٦", TODAY),
        (Date(), "Leo", TODAY),
        (Date(), "today", TODAY),
        (Date(), "jana", date(2026, 11, 22)),
        (Date(), "KESHO!", date(2026, 11, 24)),
        (Date(), "5/3/62", date(1962, 3, 5)),
        (Date(), "29/2", date(2024, 2, 29)),
        (Date(max="today"), "24/12", date(2025, 12, 24)),
        (Date(min="today"), "5/1", date(2027, 1, 5)),
        (Date(max="today"), "5/3/30", date(1930, 3, 5)),
        (Phone(), "0700000001", "+254700000001"),
        (Phone(), "+254 700-000-001", "+254700000001"),
        (Phone(), "254700000001", "+254700000001"),
        (Phone(), "00254700000001", "+254700000001"),
        (Phone(), "700000001", "+254700000001"),
        (Phone(), "٠٧٠٠٠٠٠٠٠١", "+254700000001"),
        (Phone("TZ"), "0620000001", "+255620000001"),
        (Pin(), "0123", "0123"),
        (Pin(), "#1 2 3 4#", "1234"),
        (Pin(4, 6), "12345", "12345"),
        (YesNo(), "1", True),
        (YesNo(), "2.", False),
        (YesNo(), "NDIYO", True),
        (YesNo(), "Hapana.", False),
        (YesNo(), "yes", True),
    ],
)
def test_read(spec: Spec, typed: str, value: Value) -> None:
    assert answers.read(spec, typed, KENYA) == value
    answers.prepare(spec)


@pytest.mark.parametrize(
    ("spec", "typed", "why"),
    [
        (Text(), "  ", "Please type an answer."),
        (Text(min=3), "ab", "At least 3 characters, please."),
        (Text(max=3), "abcd", "At most 3 characters, please."),
        (ID, "12345", "That does not look right. Check it."),
        (Digits(8, 8), "1234567", "It has 8 digits."),
        (Digits(3, 5), "12a", "Digits only, 3 to 5 of them."),
        (Digits(3, 5, pattern="[1-9].*"), "0123", "That does not look right. Check it."),
        (Number(), "many", "Please type a number, such as 12."),
        (Number(), "1.5", "Please type a number, such as 12."),
        (Number(), "9" * 400, "Please type a number, such as 12."),
        (Number(1, 9), "0", "The least is 1."),
        (Number(1, 9), "10", "The most is 9."),
        (AmountOf("KES"), "1500k", "Please type an amount, such as 1500."),
        (AmountOf("KES"), ".5", "Please type an amount, such as 1500."),
        (AmountOf("KES"), "1.2345", "Please type an amount, such as 1500."),
        (AmountOf("KES"), "12,34,567", "Please type an amount, such as 1500."),
        (AmountOf("KES"), "1,500.5.5", "Please type an amount, such as 1500."),
        (AmountOf("UGX"), "1.5", "Please type an amount, such as 1500."),
        (AmountOf("KES", 10, 500), "9.99", "The least is KES 10."),
        (AmountOf("KES", 10, 500), "500.01", "The most is KES 500."),
        (Date(), "31/2/2026", "Type the day like 23/11/2026."),
        (Date(), "soon", "Type the day like 23/11/2026."),
        (Date(), "1/1/1", "Type the day like 23/11/2026."),
        (Date(), "0", "Type the day like 23/11/2026."),
        (Date(min="today-30"), "1/1/2026", "Not before 24 Oct 2026."),
        (Date(max="today"), "kesho", "Not after 23 Nov 2026."),
        (Date(max="2026-01-01"), "today", "Not after 1 Jan 2026."),
        (Phone(), "12345", "That is not a phone number. Check it."),
        (Phone(), "my number", "That is not a phone number. Check it."),
        (Phone(), "+2547000000010000000", "That is not a phone number. Check it."),
        (Pin(), "123", "The PIN has 4 digits."),
        (Pin(4, 6), "abcd", "The PIN has 4-6 digits."),
        (YesNo(), "maybe", "Reply 1 for yes or 2 for no."),
        (YesNo(), "3", "Reply 1 for yes or 2 for no."),
    ],
)
def test_wrong(spec: Spec, typed: str, why: str) -> None:
    assert reason(answers.read(spec, typed, KENYA)) == why


@pytest.mark.parametrize(
    ("local", "spec", "typed", "value"),
    [
        (Local("US", "en", TODAY), Date(), "5/3/2026", date(2026, 5, 3)),
        (KENYA, Date(), "5/3/2026", date(2026, 3, 5)),
        (FRENCH, Date(), "12 août 2026", date(2026, 8, 12)),
        (FRENCH, Date(), "aout 12", date(2026, 8, 12)),
        (FRENCH, Date(), "hier", date(2026, 11, 22)),
        (FRENCH, Date(), "Aujourd’hui", TODAY),
        (FRENCH, YesNo(), "OUI", True),
        (FRENCH, Number(), "1.500", 1500),
        (FRENCH, AmountOf("TND"), "1.500", Amount(1500000, "TND")),
        (FRENCH, AmountOf("XOF"), "1 500 FCFA", Amount(1500, "XOF")),
        (Local("MZ", "pt-MZ", TODAY), YesNo(), "não", False),
        (Local("MZ", "pt", TODAY), Date(), "amanhã", date(2026, 11, 24)),
        (Local("EG", "ar", TODAY), YesNo(), "لا", False),
        (Local("EG", "ar", TODAY), Date(), "أمس", date(2026, 11, 22)),
        (Local("ET", "am", TODAY), YesNo(), "አዎ", True),
        (Local("ET", "am", TODAY), Date(), "ዛሬ።", TODAY),
        (Local("NG", "ha", TODAY), YesNo(), "yes", True),
    ],
)
def test_read_where_the_caller_is(local: Local, spec: Spec, typed: str, value: Value) -> None:
    assert answers.read(spec, typed, local) == value


SPECS = [
    Text(), Text(min=0, max=3), ID, Digits(), Digits(4, 4, ("0",)), Number(), Number(-9, 9), AmountOf("KES"),
    AmountOf("UGX"), AmountOf("TND"), Date(), Date("today-30", "today"), Phone(), Pin(), Pin(4, 6), YesNo(),
]  # fmt: skip
NOT_LONGER = [name for name in FILTERS if name not in ("upper", "phone")]
TYPED = st.one_of(
    st.text(),
    st.text(alphabet=st.sampled_from("0123456789 .,-/:+#()kKsShh=٠፩²①")),
    st.dates().map(str),
    st.text(alphabet=st.characters(codec=None)),
)


@given(TYPED, st.sampled_from(SPECS), st.sampled_from([KENYA, FRENCH, Local("EG", "ar", TODAY)]))
def test_anything_can_be_typed(typed: str, spec: Spec, local: Local) -> None:
    read = answers.read(spec, typed, local)
    assert read is not None
    if isinstance(read, Wrong):
        assert all(words.say(read.reason, language, **read.args) for language in TONGUES)


@given(TYPED, st.sampled_from(SPECS), st.sampled_from(["en", "sw", "fr", "ar"]), st.sampled_from(["", *NOT_LONGER]))
def test_no_answer_is_shown_wider_than_proven(typed: str, spec: Spec, language: str, chosen_filter: str) -> None:
    read = answers.read(spec, typed, KENYA)
    if not isinstance(read, Wrong):
        source = compile(f"{{value | {chosen_filter}}}" if chosen_filter else "{value}")
        proven = max(len(render(source, {"value": extreme}, language)) for extreme in widths.extremes(spec, language))
        assert len(render(source, {"value": read}, language)) <= proven


@given(st.integers(0, 10**9), st.sampled_from(["en", "sw", "fr", "pt", "ar", "am"]), st.sampled_from(["KES", "UGX"]))
def test_an_amount_can_be_typed_as_it_is_shown(minor: int, language: str, currency: str) -> None:
    amount = Amount(minor, currency)
    shown = render(compile("{value}"), {"value": amount}, language)
    assert answers.read(AmountOf(currency, 0, 10**9), shown, Local("KE", language, TODAY)) == amount


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.sampled_from(["en", "sw", "fr", "pt", "ar", "am"]))
def test_a_day_can_be_typed_as_it_is_shown(day: date, language: str) -> None:
    shown = render(compile("{value}"), {"value": day}, language)
    assert answers.read(Date(), shown, Local("KE", language, TODAY)) == day


@pytest.mark.parametrize(
    ("spec", "keys"),
    [
        (Text(), set()),
        (Text(allow=("0",)), {"0"}),
        (Text(pattern="[0-9]+"), {"0", "00", "98", "99"}),
        (ID, set()),
        (Digits(8, 8), set()),
        (Digits(8, 8, ("0",)), {"0"}),
        (Digits(1, 9), {"0", "00", "98", "99"}),
        (Number(1, 120), {"98", "99"}),
        (Number(0, 9), {"0"}),
        (AmountOf("KES", 1, 50), set()),
        (AmountOf("KES"), {"0", "98", "99"}),
        (Date(), set()),
        (Phone(), set()),
        (Pin(), set()),
        (YesNo(), set()),
    ],
)
def test_keys_give_way(spec: Spec, keys: set[str]) -> None:
    assert {key for key in ("0", "00", "98", "99") if answers.may_be(spec, key)} == keys


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (Text(pattern="("), "the pattern '(' cannot be read: missing ): ("),
        (Digits(pattern=r"\d(?=1)"), "cannot be read"),  # RE2 has no look-ahead, and so no runaway time
        (Text(min=5, max=2), "min is 5, which is more than max, 2"),
        (AmountOf("KES", 5, 2), "min is 5, which is more than max, 2"),
        (Pin(6, 4), "length is 6, which is more than max, 4"),
        (Date("soon"), "'soon' is not a day such as 2026-11-23, today or today-30"),
        (Date("today", "today-1"), "min is today, which is after max, today-1"),
        (Date("2026-02-01", "2026-01-01"), "min is 2026-02-01, which is after max, 2026-01-01"),
        (Phone("XX"), "'XX' is not a country that has phone numbers"),
    ],
)
def test_a_kind_that_cannot_work(spec: Spec, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        answers.prepare(spec)
    assert why in str(caught.value)
