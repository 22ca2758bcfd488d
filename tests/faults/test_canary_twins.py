"""The search for a PIN finds it in builds that let it slip."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.canary import canary


@pytest.mark.parametrize(("sabotage", "where"), [("secrets_in_clear", "gateway.db"), ("talkative", "gateway.log")])
async def test_a_build_that_lets_a_secret_slip_fails(sabotage: str, where: str, figures: Callable[..., None]) -> None:
    found, _ = await canary(sabotage)
    figures(found=len(found), such_as=found[:2])
    assert any(f"the PIN is in {where}" in line for line in found)
    assert any(f"the word is in {where}" in line for line in found)
