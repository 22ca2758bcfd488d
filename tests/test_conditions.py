"""Conditions: what holds, what is refused in plain words, and what the checker learns of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.language import conditions
from gateway.language.conditions import ConditionError
from gateway.language.values import Amount, Chosen, Value

HELD: dict[str, Value] = {
    "account": "0",
    "fault": Chosen("none", {"en": "No water"}),
    "bill": Amount(150000, "KES"),
    "people": 5,
    "urgent": True,
    "born": date(2008, 11, 23),
    "today": date(2026, 11, 23),
    "now": datetime(2026, 11, 23, 14, 5),
    "rows": [{"n": 1}, {"n": 2}],
    "owner": {"name": "Asha"},
    "nothing": None,
    "huge": 10**30,
}
KINDS = {
    "account": "string", "fault": "string", "bill": "amount", "people": "int", "urgent": "bool", "born": "date",
    "today": "date", "rows": "list", "whatever": "any",
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ('account == "0"', True),
        ('account != "0" || fault == "none"', True),
        ('fault in ["burst", "none"]', True),
        ("bill > 100000 && people < 3", False),
        ("!urgent", False),
        ("years(born, today) >= 18", True),
        ('years(born, "2026-11-22") >= 18', False),
        ('days("2026-11-01", today) == 22', True),
        ('today > "2026-11-22" && today < "2026-12-01"', True),
        ('now >= "2026-11-23T14:00"', True),
        ("rows.exists(row, row.n > 1)", True),
        ("rows.all(row, row.n > 1)", False),
        ("size(rows) == 2", True),
        ('has(owner.name) && owner.name.startsWith("A")', True),
        ('account.matches("^[0-9]+$") && int(account) == 0', True),
        ("nothing == null", True),
        ("huge > 1", True),
    ],
)
def test_holds(source: str, holds: bool) -> None:
    assert conditions.holds(conditions.compile(source), HELD) is holds


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("people * 2", 10),
        ('string(people) + " people"', "5 people"),
        ("urgent ? 1 : 2", 1),
        ("rows.map(r, r.n)", [1, 2]),
    ],
)
def test_compute(source: str, value: Any) -> None:
    assert conditions.compute(conditions.compile(source), HELD) == value


@pytest.mark.parametrize(
    ("source", "offset", "message"),
    [
        ("", 0, "the condition is empty"),
        ("people == ", 10, "the condition stops too early (something is missing at its end)"),
        ("(people", 7, "the condition stops too early (something is missing at its end)"),
        ("people = 1", 7, "'=' cannot stand here (write == to compare)"),
        ("urgent and urgent", 7, "'and' cannot stand here (write && for and)"),
        ("urgent or urgent", 7, "'or' cannot stand here (write || for or)"),
        ("not urgent", 4, "'urgent' cannot stand here (write ! for not)"),
        ("people <> 1", 8, "'>' cannot stand here (write != for is not)"),
        ('account == "0', 11, 'the text that starts here is not closed (end it with ")'),
        ("siz(account) > 1", 0, "there is no function 'siz' (did you mean size?)"),
        ("x" * 1001, 1000, "the condition is longer than 1000 characters (compute a part of it in a set before)"),
        (
            "[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))",
            0,
            "a condition may walk over lists 3 times at most (let the office choose what it sends)",
        ),
    ],
)
def test_refused(source: str, offset: int, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        conditions.compile(source)
    assert (caught.value.message, caught.value.offset) == (message, offset)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("people / 0 == 1", "it divides by zero"),
        ("people * 9223372036854775807 == 1", "a number is too large"),
        ("account > 1", "values of different kinds"),
        ("absent == 1", "absent has no value"),
        ("owner.age == 1", "there is no 'age'"),
        ("rows[7] == 1", "the list is not that long"),
        ("people", "gives a number, not true or false"),
        ("fault", "gives a text, not true or false"),
        ("int(fault) == 1", "cannot be worked out"),
        ("years(fault, today) > 1", "cannot be worked out"),
    ],
)
def test_trouble_while_working_it_out(source: str, message: str) -> None:
    with pytest.raises(ConditionError, match=message):
        conditions.holds(conditions.compile(source), HELD)


def test_what_a_citizen_typed_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ConditionError):
        conditions.holds(conditions.compile("years(born, born) > 1"), {"born": "0700000001"})
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('a == "b" && size(c) > 1', {"a", "c"}),
        ("rows.exists(row, row.n > least)", {"rows", "least"}),
        ('a == ".exists(b, "', {"a"}),
        ("true", set()),
    ],
)
def test_names(source: str, names: set[str]) -> None:
    assert conditions.compile(source).names == names


@pytest.mark.parametrize(
    ("source", "trouble"),
    [
        ('account == "0" && people > 2', None),
        ("bill > 1000 && urgent", None),
        ('born < "2020-01-01"', None),
        ("years(born, today) >= 18", None),
        ("rows.exists(r, r.n == 1)", None),
        ("whatever == 1", None),
        ("whatever > 1 && account == whatever.name", None),
        ("whatever + people", "different kinds"),
        ("whatever > people + account", "different kinds"),
        ("int(account) > 3", None),
        ('account + "1" == "01"', None),
        ("people + 1 == 2", None),
        ("account == 0", "account is a text and 0 is a number, so they are never equal"),
        ('people == "1"', 'people is a number and "1" is a text, so they are never equal'),
        ('urgent == "yes"', 'urgent is true or false and "yes" is a text, so they are never equal'),
        ('people in ["1"]', 'people is a number and "1" is a text, so they are never equal'),
        ("(account == people)", "account is a text and people is a number, so they are never equal"),
        ("people > account", "different kinds"),
        ('fault == "burst" && account > 2', "different kinds"),
        ('fault == "burst" ? people > 1 : account', "it gives a text, not true or false"),
        ("years(account, today) > 1", "different kinds"),
        ("people", "it gives a number, not true or false"),
        ("peple > 1", "nothing is called 'peple' here (did you mean people?)"),
    ],
)
def test_type_trouble(source: str, trouble: str | None) -> None:
    found = conditions.type_trouble(conditions.compile(source), KINDS)
    assert (trouble or "") in (found.message if found else "")
    assert (found is None) == (trouble is None)


@pytest.mark.parametrize(
    ("source", "kind"), [("people + 1", "int"), ('account + "x"', "string"), ("urgent ? 1 : account", "any")]
)
def test_kind_of_a_computed_value(source: str, kind: str) -> None:
    condition = conditions.compile(source)
    assert conditions.kind_of(condition, KINDS) == kind


def test_a_computed_value_need_not_be_true_or_false() -> None:
    assert conditions.type_trouble(conditions.compile("people + 1"), KINDS, "any") is None


@pytest.mark.parametrize(
    ("source", "always"),
    [
        ('fault == "none" || fault != "none"', True),
        ('fault == "leak"', False),
        ('fault == "none"', None),
        ('fault == "none" && people > 1', None),
        ("true", True),
        ("int(fault) == 1", None),
    ],
)
def test_constant(source: str, always: bool | None) -> None:
    assert conditions.constant(conditions.compile(source), {"fault": ("none", "burst")}) is always


def test_too_many_combinations_are_not_tried() -> None:
    domains = {name: tuple("abcdefgh") for name in "abc"}
    assert conditions.constant(conditions.compile('a == "z" || b == "z" || c == "z"'), domains) is None


@given(st.text(max_size=40))
def test_any_source_compiles_or_says_why(source: str) -> None:
    try:
        conditions.compile(source)
    except ConditionError as error:
        assert error.message
        assert 0 <= error.offset <= len(source)
