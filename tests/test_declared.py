"""What an office answers that is not what was declared is nonsense: the citizen goes on by `otherwise`."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.language.declared import Declared, Nonsense, Saved, items, taken

AS_IT_COMES, TEXT = Declared(), Declared(kind="text")
NUMBER, AMOUNT, SHORT = Declared(kind="number"), Declared(kind="amount", currency="KES"), Declared(max=6)
CODES = Declared(labels={"1": "Open"})


@pytest.mark.parametrize("declared", [AS_IT_COMES, TEXT, NUMBER, AMOUNT, SHORT, CODES])
@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), 1e300, 1e-300, 10**300, -(10**30), [], {}, [[1]], {"a": 1}]
)
def test_nonsense(declared: Declared, value: Any) -> None:
    with pytest.raises(Nonsense):
        taken(declared, value)


@pytest.mark.parametrize("declared", [NUMBER, AMOUNT])
@pytest.mark.parametrize("value", ["--5", "---1", "-", "", "5.0", "1e3", "\u00b2", "9" * 30, True, "5-"])
def test_a_number_in_quotes_is_one_or_nonsense(declared: Declared, value: Any) -> None:
    with pytest.raises(Nonsense):
        taken(declared, value)


@pytest.mark.parametrize("value", [1234567, 12345.25, -1234567.5])
def test_a_number_is_never_cut(value: float) -> None:
    assert taken(AS_IT_COMES, value) in (value, str(value))
    for declared in (SHORT, Declared(kind="text", max=6)):
        with pytest.raises(Nonsense):
            taken(declared, value)


def test_of_a_huge_list_the_first_items_are_kept_and_looked_at() -> None:
    saved = Saved.model_validate({"as": "tenders", "most": 2, "each": {"number": {}}})
    assert items(saved, [{"number": n} for n in range(100_000)]) == [{"number": 0}, {"number": 1}]
    with pytest.raises(Nonsense):
        items(saved, [{"number": float("nan")}])
