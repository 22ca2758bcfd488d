"""A reference survives a bad line: every single wrong character and every swap of neighbours is noticed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import references

SEEDS = st.integers(0, 2**128)
SHAPE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")


@given(SEEDS, st.integers(0, 5))
def test_what_is_made_can_be_read(seed: int, nth: int) -> None:
    made = references.make(seed, nth)
    assert SHAPE.fullmatch(made)
    assert references.read(made) == made
    assert references.make(seed, nth) == made


@given(SEEDS)
def test_the_next_one_is_another(seed: int) -> None:
    assert len({references.make(seed, nth) for nth in range(20)}) == 20


@given(SEEDS, st.integers(0, 11), st.sampled_from(references.ALPHABET))
def test_a_wrong_character_is_noticed(seed: int, place: int, char: str) -> None:
    plain = references.make(seed).replace("-", "")
    other = plain[:place] + char + plain[place + 1 :]
    assert (references.read(other) is None) == (other != plain)


@given(SEEDS, st.integers(0, 10))
def test_neighbours_that_changed_places_are_noticed(seed: int, place: int) -> None:
    plain = references.make(seed).replace("-", "")
    other = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
    assert (references.read(other) is None) == (other != plain)


MADE = references.make(7)
ZEROS = next(made for made in map(references.make, range(1000)) if "0" in made and "1" in made)


@pytest.mark.parametrize(
    "typed",
    [
        MADE,
        MADE.lower(),
        MADE.replace("-", ""),
        MADE.replace("-", " "),
        f"  {MADE}. ",
        MADE.replace("-", "–"),
        "-".join(MADE),
    ],
)
def test_forgiving(typed: str) -> None:
    assert references.read(typed) == MADE


@pytest.mark.parametrize("lookalikes", [("O", "I"), ("o", "l"), ("O", "L"), ("٠", "١")])
def test_lookalikes(lookalikes: tuple[str, str]) -> None:
    assert references.read(ZEROS.replace("0", lookalikes[0]).replace("1", lookalikes[1])) == ZEROS


@pytest.mark.parametrize(
    "typed", ["", "0", MADE[:-1], MADE + "0", MADE.replace(MADE[0], "U"), "????-????-????", "ß" * 12]
)
def test_no_reference(typed: str) -> None:
    assert references.read(typed) is None


@given(st.text())
def test_any_text_can_be_typed(typed: str) -> None:
    read = references.read(typed)
    assert read is None or SHAPE.fullmatch(read)
