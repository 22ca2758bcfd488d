"""A telecom that knows sessions by their id alone gives an id to another number: nobody is shown another's screen."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.messages import Reply
from gateway.speech import Shown, Turn
from gateway.workshop.playing.calling import call
from tests.callers import channel, channels
from tests.town import Town, town

BY_ID: dict[str, Any] = {
    "transport": "json",
    "fields": {"session": "session", "number": "msisdn", "input": "input"},
    "input_is": "last",
    "first_input": "nothing",
    "country_code": "254",
    "known_by": "id",
    "marks": {"new": {"type": "begin"}, "goes_on": "otherwise"},
    "reply": {"format": "text", "body": "{more ? CON : END} {text}"},
}
NUMBERED = BY_ID | {"fields": BY_ID["fields"] | {"sequence": "seq"}}
TELECOMS = {
    "last input": channel("generic_ussd", describe=BY_ID),
    "numbered": channel("generic_ussd", describe=NUMBERED),
    "trueafrican": channel("trueafrican"),
    "mtech": channel("mtech"),
    "infobip": channel("infobip_ussd"),
}
HERS, HIS, NEW = "+254700000001", "+254722222222", "+254733333333"
HE_TYPES = ("1", "2", "Elsewhere", "0", "1")


async def turn(place: Town, number: str, session: str, *typed: str) -> Reply:
    """Send the callback of one turn; return the screen as a phone shows it."""
    config = place.gateway.config
    theirs = config.channels["theirs"]
    said = call(config, theirs, Turn(session, number, "*384*70#", typed), time.time())
    answer = await place.http.request(said.method, said.url, headers=dict(said.headers), content=said.body)
    assert answer.status_code == 200
    return theirs.telecom.hear(Shown(200, dict(answer.headers), answer.content), theirs.settings)


async def walked(place: Town, number: str, session: str, typed: tuple[str, ...]) -> list[Reply]:
    """Dial, type, and return every screen."""
    return [await turn(place, number, session, *typed[:count]) for count in range(len(typed) + 1)]


@pytest.mark.parametrize("kind", TELECOMS)
async def test_an_id_that_another_number_has_now_begins_anew(kind: str, tmp_path: Path) -> None:
    async with town(tmp_path, channels=channels(theirs=TELECOMS[kind])) as place:
        hers = await walked(place, HERS, "again", ("1", "3", "House 7 of Akinyi", "0"))
        assert "House 7 of Akinyi" in hers[-1].text
        his = await walked(place, HIS, "again", HE_TYPES)
        usual = await walked(place, NEW, "another", HE_TYPES)
        assert his[:-1] == usual[:-1]
        assert not his[-1].more
        received = await place.received(2)
        sent = sorted((entry["body"]["phone"], entry["body"]["place"]) for entry in received)
        assert sent == [(HIS, "Elsewhere"), (NEW, "Elsewhere")]
        hers_again = await turn(place, HERS, "again later")
        assert hers_again.text.startswith("You did not finish")


@pytest.mark.parametrize("kind", TELECOMS)
async def test_two_numbers_that_begin_with_one_id_at_once(kind: str, tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False, channels=channels(theirs=TELECOMS[kind])) as place:
        await asyncio.gather(*(turn(place, number, "both", *()) for number in (HERS, HIS, HERS, HIS)))
        with closing(sqlite3.connect(place.gateway.config.data / "gateway.db")) as connection:
            begun = connection.execute("SELECT number FROM session ORDER BY number").fetchall()
        assert begun == [(HERS,), (HIS,)]
