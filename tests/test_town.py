"""The main job, end to end: a citizen dials or texts, and her request is at the office, once."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.language import text
from tests.journeys import FILED, JOURNEYS
from tests.town import REFERENCE, town


async def test_a_water_fault_arrives_once_with_a_receipt(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        shown = await place.phone().walk("1", "1", "Kalundu", "0", "1")
        reference = REFERENCE.search(shown)
        assert shown.startswith("END Received.") and reference
        [request] = await place.received(1)
        [message] = await place.messages(1)
        await place.settled()
    assert request["body"] == {"type": "none", "place": "Kalundu", "account": "0", "phone": "+254700000001"}
    assert request["times"] == 1
    assert message["to"] == "+254700000001" and reference[0] in message["text"]


async def test_the_same_by_long_dial(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        shown = await place.phone().dial("1*1*Kalundu*0*1")
        assert shown.startswith("END Received.")
        assert [request["body"]["place"] for request in await place.received(1)] == ["Kalundu"]


async def test_the_same_in_swahili(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        phone = place.phone()
        assert (await phone.walk("5", "5", "2")).startswith("CON Huduma za kaunti")
        shown = await phone.walk("1", "1", "Kalundu", "0", "1")
        assert shown.startswith("END Imepokelewa.")
        [message] = await place.messages(1)
        assert message["text"].startswith("Tatizo la maji")


async def test_the_same_by_sms_through_twilio(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        phone = place.phone()
        answer = await phone.text_by_twilio("WATER burst Kibera", "SM1")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/xml")
        await phone.text_by_twilio("0", "SM2")
        await phone.text_by_twilio("1", "SM3")
        [request] = await place.received(1)
        said = [message["text"] for message in await place.messages(3)]
    assert request["body"] == {"type": "burst", "place": "Kibera", "account": "0", "phone": "+254700000001"}
    assert said[0].startswith("Account number") and said[1].startswith("Burst pipe at Kibera. Send?")
    assert REFERENCE.search(said[2]) and all(text.segments(one) <= 2 for one in said)


async def test_a_sent_again_sms_has_no_effect(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        phone = place.phone()
        for _ in range(3):
            await phone.text("WATER", "at-1")
        await phone.text("1", "at-2")
        assert [m["text"].partition("\n")[0] for m in await place.messages(2)] == [
            "What is wrong?",
            "Which village or estate?",
        ]
        assert len(await place.messages()) == 2


async def test_a_repeated_callback_gets_the_same_bytes(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        phone = place.phone()
        first = await phone.dial()
        screens = [first, *[await phone.press(key) for key in ("1", "1", "Kalundu", "0", "1")]]
        for count, shown in enumerate(screens):
            assert await phone.post(text="*".join(phone.typed[:count])) == shown
        assert len(await place.gateway.store.list_requests()) == 1


async def test_the_office_may_be_down_meanwhile(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await place.upset("water", "down")
        shown = await place.phone().walk("1", "1", "Kalundu", "12345678", "1")
        assert shown.startswith("END Received.")
        assert not [request for request in await place.received() if request.get("done")]
        rows = await place.gateway.store.list_requests()
        assert [row.state for row in rows] == ["queued"]


async def test_my_requests_and_status(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        phone = place.phone()
        filed = await phone.walk("1", "1", "Kalundu", "0", "1")
        found = REFERENCE.search(filed)
        assert found
        await place.settled()
        assert found[0] in await phone.walk("4")
        assert "the office is working on it" in await phone.press("1")
        await phone.text(f"STATUS {found[0].lower().replace('-', ' ')}", "at-9")
        said = (await place.messages(2))[-1]["text"]
        assert said.endswith("passed to the office") and found[0] in said
        other = place.phone("+254700000002")
        assert "You have no requests" in await other.walk("4")


async def test_stop_holds_notices_back_and_start_lets_them_through(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        phone = place.phone()
        await phone.text("stop", "at-1")
        assert len(await place.messages(1)) == 1
        await phone.walk("1", "1", "Kalundu", "0", "1")
        await place.settled()
        await phone.text("START", "at-2")
        assert len(await place.messages(2)) == 2
        await phone.walk("1", "1", "Kalundu", "0", "1")
        assert "received" in (await place.messages(3))[-1]["text"]


async def test_every_sample_request_arrives_once_and_its_office_says_how_it_stands(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        phones = {name: place.phone(f"+2547000003{number:02d}") for number, name in enumerate(sorted(FILED))}
        for name, phone in phones.items():
            shown = await phone.walk(*JOURNEYS[name])
            assert shown.startswith("END ") and REFERENCE.search(shown), (name, shown)
        await place.settled(count=len(FILED))
        filed = [request for request in await place.received() if request["key"] is not None]
        for name, phone in phones.items():
            told = await phone.walk("4", "1")
            assert re.search(r": (the office is working on it|asked for|noted|booked|done)\n", told), (name, told)
    assert len(filed) == len(FILED) and all(request["done"] and request["times"] == 1 for request in filed)
