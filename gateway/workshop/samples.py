"""What an office might say: a sample answer to a live question, of the kinds that the menu declares. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from gateway.engine import Fetch as Question
from gateway.engine import State
from gateway.language.declared import Declared, Saved
from gateway.language.formats import currency_exponent
from gateway.language.root import Service
from gateway.language.screens import Fetch

ITEMS = 3  # of a sample list
ROUND = 1500  # a sample amount in whole units


def asked(service: Service, state: State, question: Question) -> dict[str, Any]:
    """Return a sample answer to the question that the conversation waits for: a value for each name that is saved."""
    kind = service.screen(state.screen)
    assert isinstance(kind, Fetch) and kind.office == question.office
    return {theirs: _value(theirs, saved) for theirs, saved in kind.save.items()}


def _value(name: str, saved: Saved) -> Any:
    if not saved.each:
        return of(name, saved)
    return [
        {field: of(f"{field} {number}", declared) for field, declared in saved.each.items()}
        for number in range(1, min(ITEMS, saved.most_items) + 1)
    ]


def of(name: str, declared: Declared, today: date = date(2026, 11, 23)) -> Any:
    """Return one value as an office would write it in JSON."""
    if declared.labels:
        return next(iter(declared.labels))
    match declared.kind:
        case "number":
            return min(declared.most, 40)
        case "amount":
            assert declared.currency is not None
            return min(declared.most, ROUND) * 10 ** currency_exponent(declared.currency)
        case "date":
            return (today + timedelta(days=30)).isoformat()
        case "yes_no":
            return True
    return name.replace("_", " ").capitalize()[: declared.most]
