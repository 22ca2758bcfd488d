"""A PIN typed in a full run is found nowhere afterwards; a phone number only where it must be."""

from __future__ import annotations

from tests.faults.canary import PIN, WORD, canary


async def test_a_pin_is_nowhere_and_a_number_only_where_it_belongs() -> None:
    found, run = await canary()
    filed = [asked.body for asked in run.office.asked if asked.path == "/water/faults"]
    assert found == []
    assert sum(PIN.encode() in body and WORD.encode() in body for body in filed) >= 4, "the office must have it"
    assert any(PIN.encode() in asked.body for asked in run.office.asked if asked.path.startswith("/tax/"))
    assert sum(b"Received: " in screen for screen in run.answered) >= 2
