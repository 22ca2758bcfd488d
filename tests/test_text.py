"""Septets, units and parts, against 3GPP vectors and against smsutil as an independent oracle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import smsutil  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from gateway.language import text
from gateway.language.text import Limits

SAMPLES = Path(__file__).parent / "samples" / "text"
VECTORS: list[dict[str, Any]] = json.loads((SAMPLES / "length_vectors.json").read_text())["vectors"]
TABLE: dict[str, Any] = json.loads((SAMPLES / "gsm7_table.json").read_text())

# What menus are made of: both alphabets, their borders, and a few characters of neither.
LETTERS = st.text(alphabet=st.sampled_from("ab 1\n@£€[]{}^~|\\éçêñ’–`\u00a0አا👍\u0301"), min_size=1, max_size=400)
PLAIN = st.text(alphabet=st.sampled_from("abc €[]^é@"), min_size=1, max_size=500)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vectors(vector: dict[str, Any]) -> None:
    written = vector["text"]
    assert text.encoding(written) == vector["encoding"]
    assert text.units(written) == vector["units"]
    assert text.segments(written) == vector["sms_parts"]
    assert Limits(160, 80).fits(written) is (vector["units"] <= (160 if vector["encoding"] == "gsm7" else 80))
    if "ussd_packed_hex" in vector:
        assert text.pack(written).hex().upper() == vector["ussd_packed_hex"]
    if vector["encoding"] == "gsm7":
        assert len(text.pack(written)) == vector["ussd_packed_octets"]


def test_the_table_is_the_standard_one() -> None:
    basic = {entry["char"]: entry["code"] for entry in TABLE["basic"] if entry["code"] != TABLE["escape_code"]}
    assert basic == text.CODES
    assert {entry["char"]: entry["code"] for entry in TABLE["extension"]} == text.EXTENSION


@given(LETTERS)
def test_smsutil_agrees(written: str) -> None:
    assert (text.encoding(written) == "gsm7") == smsutil.is_valid_gsm(written)
    parts = smsutil.split(written).parts
    assert text.segments(written) == max(len(parts), 1)


@given(PLAIN)
def test_smsutil_agrees_on_long_gsm_texts(written: str) -> None:
    assert text.segments(written) == max(len(smsutil.split(written).parts), 1)
    assert text.units(written) == len(text.septets(written))


@given(st.text())
def test_room_and_fits_say_the_same(written: str) -> None:
    limits = Limits(40, 20)
    limit = 40 if text.encoding(written) == "gsm7" else 20
    assert limits.room(written) == limit - text.units(written)
    assert limits.fits(written) is (text.units(written) <= limit)


@given(st.text())
def test_the_first_foreign_character_is_the_first(written: str) -> None:
    found = text.first_foreign(written)
    if found is None:
        assert text.encoding(written) == "gsm7"
    else:
        assert text.encoding(written[: written.index(found)]) == "gsm7"
        assert text.encoding(found) == "ucs2"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("“Water” – it’s off…", '"Water" - it\'s off...'),
        ("KES\u00a01,500", "KES 1,500"),
        ("plain", "plain"),
        ("“Reçu”", "“Reçu”"),  # a letter stands in the way, so the quotes would save nothing
        ("français", "français"),
    ],
)
def test_simplify_changes_typography_only(written: str, plain: str) -> None:
    assert text.simplify(written) == plain


@pytest.mark.parametrize(
    ("char", "plain"), [("ç", "c"), ("ê", "e"), ("’", "'"), ("—", "-"), ("\u00a0", " "), ("አ", None)]
)
def test_replacement(char: str, plain: str | None) -> None:
    assert text.replacement(char) == plain


def test_every_replacement_is_gsm7_for_a_foreign_character() -> None:
    for char, plain in {**text.TYPOGRAPHIC, **text.LETTERS}.items():
        assert text.encoding(char) == "ucs2", char
        assert text.encoding(plain) == "gsm7", char


def test_septets_name_the_character_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="'ç' is not in the GSM 7-bit alphabet"):
        text.septets("Reçu")
