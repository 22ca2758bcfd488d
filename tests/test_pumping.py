"""SMS pumping over HTTP: 50,000 requests from 2,000 numbers of four ranges, and 400 honest people among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import pumping

REQUESTS, OF_THE_TWIN = 50_000, 5_000


async def test_pumping_stays_under_its_caps_and_honest_people_get_theirs(tmp_path: Path) -> None:
    async with pumping.gateway(tmp_path, pumping.CAPS) as place:
        attack = await pumping.attacked(place, REQUESTS)
        await pumping.assert_caps_hold(place, attack)
        await pumping.assert_nothing_is_lost(place, attack)
        await pumping.assert_it_is_told(place, attack)


async def test_pumping_without_caps_is_noticed(tmp_path: Path) -> None:
    """The twin: without caps all of it goes out, and the same assertion says so."""
    async with pumping.gateway(tmp_path, "{}") as place:
        attack = await pumping.attacked(place, OF_THE_TWIN)
        with pytest.raises(AssertionError, match="and 100 may"):
            await pumping.assert_caps_hold(place, attack)
        await pumping.assert_nothing_is_lost(place, attack)
