"""Lists of places as people write them, and as large as a country."""

from __future__ import annotations

import time

import pytest

from gateway.language.answers import gazetteer
from gateway.language.values import Chosen

HEAD = "county,ward,village\n"
COUNTRY = HEAD + "\n".join(f"County {n % 47},Ward {n % 1450},Kwa Jirani {n}" for n in range(60_000))
CODED = "county,county_code,ward,ward_code,village\nMombasa,1,Changamwe,7,Bokole\nKwale,2,Port Reitz,1,Bomani\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (HEAD + "Kitui,Mutomo," + "a" * 200_000, 2, "not CSV"),
        (HEAD + 'Kitui,Mutomo,"Kalundu\n' + "Kitui,Mutomo,Kandae\n" * 10_000, 2, "not CSV"),
        (HEAD + "Kitui,Mutomo,Kalundu\nKitui,Mutomo,Kand\udce9\n", 3, "not UTF-8"),
        ("county;ward;village\nKitui;Mutomo;Kalundu\n", 1, "separated by semicolons"),
    ],
)
def test_what_cannot_be_read_has_a_line(text: str, line: int, said: str) -> None:
    found, [(where, what, todo)] = gazetteer.read(text)
    assert (found, where) == (None, line) and said in what and todo


def test_a_place_of_a_large_list_is_found_between_two_key_presses() -> None:
    """One search holds up every other caller: it must not fold a country's names again."""
    found, troubles = gazetteer.read(COUNTRY)
    assert found is not None and not troubles
    began = time.process_time()
    assert [spot.name for spot in found.search("village", "jirani 59999")] == ["Kwa Jirani 59999"]
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize(
    ("within", "names"),
    [(Chosen("1", "Mombasa"), ["Bokole"]), (Chosen("1", "Port Reitz"), ["Bomani"]), (Chosen("9", "Elsewhere"), [])],
)
def test_levels_may_use_the_same_codes(within: Chosen, names: list[str]) -> None:
    found, _ = gazetteer.read(CODED)
    assert found is not None
    assert [spot.name for spot in found.search("village", "bo", within)] == names


@pytest.mark.parametrize("typed", ["vonza", "kwa-vonza", "KWA VON", "Kwa  Vónza"])
def test_dashes_blanks_case_and_accents_do_not_matter(typed: str) -> None:
    found, _ = gazetteer.read("ward\nKwa Vonza\nKwa-Vonza\nMutomo\n")
    assert found is not None
    assert [spot.name for spot in found.search("ward", typed)] == ["Kwa Vonza", "Kwa-Vonza"]
