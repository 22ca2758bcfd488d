"""Which way an SMS goes, how many may go out, and long SMS that come in parts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from gateway import config
from gateway.cli import doctor, requests
from gateway.cli.sms import findings
from gateway.config.settings import Most, SmsLimits
from gateway.messages import Failed, Later, Part, SendOutcome, SmsState, Texted
from gateway.parts import whole
from gateway.spending import Caps
from gateway.store import Cap, Lane, NewMessage, caps, outbox, sms_lane
from gateway.store.jobs import Completion, Done, Reject, Reroute
from gateway.store.opening import open_writer
from gateway.store.reading import Reader
from gateway.store.records import HeldPart
from providers.telecom import twilio
from tests.storing import NOW, a_message, a_store, by_hand, claim, empty_database, file, rows
from tests.town import Town, town, written_config

ROUTE = '[{prefix: "+25473", channels: [twilio, africastalking]}, {channels: [africastalking, twilio]}]'
FILED = "1", "1", "Kalundu", "0", "1"  # what a caller presses to report a water fault


async def filed(place: Town, number: str) -> None:
    shown = await place.phone(number).walk("1", *FILED)
    assert shown.startswith("END"), shown


async def sent(place: Town, count: int) -> list[tuple[str, str]]:
    """Return the telecom and the number of each SMS, as soon as there are so many."""
    return sorted((row["channel"], row["to"]) for row in await place.messages(count))


# --- ways ---------------------------------------------------------------------------------------------------------


async def test_notices_go_by_the_first_route_that_fits(tmp_path: Path) -> None:
    async with town(tmp_path, routes=ROUTE) as place:
        await filed(place, "+254730000001")
        await filed(place, "+254700000001")
        assert await sent(place, 2) == [("africastalking", "+254700000001"), ("twilio", "+254730000001")]


@pytest.mark.parametrize("mode", ["down", "refuse"])
async def test_a_channel_that_does_not_send_is_passed_by(tmp_path: Path, mode: str) -> None:
    async with town(tmp_path, routes=ROUTE) as place:
        await place.upset("africastalking", mode)
        for number in range(12):  # more than it takes to close the lane
            await filed(place, f"+2547000001{number:02}")
        assert await sent(place, 12) == [("twilio", f"+2547000001{number:02}") for number in range(12)]
        assert await place.gateway.store.verify() == []


async def test_an_answer_stays_on_its_channel(tmp_path: Path) -> None:
    async with town(tmp_path, routes="[{channels: [twilio]}]") as place:
        await place.phone().text("HELP", "a1")
        assert await sent(place, 1) == [("africastalking", "+254700000001")]


OUTCOMES: list[tuple[SendOutcome, list[str]]] = [
    (Later("down"), ["a", "b", "c", "a"]),
    (Later("wrong key", "auth"), ["a", "b", "c", "a"]),
    (Failed("x", "what?", "contract"), ["a", "b", "c"]),
    (Failed("x", "no such number"), ["a"]),
    (Later("lost", "unknown"), ["a", "a", "a"]),
]


@pytest.mark.parametrize(("outcome", "ways"), OUTCOMES)
async def test_the_order_in_which_ways_are_tried(
    tmp_path: Path, outcome: SendOutcome, ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, deliver=False) as place:
        box, tried, now = place.gateway.outbox, [], [NOW]
        some = place.gateway.config.channels["twilio"]
        monkeypatch.setattr(box, "clock", lambda: now[0])
        monkeypatch.setattr(box, "config", replace(box.config, channels={n: replace(some, name=n) for n in "abc"}))
        monkeypatch.setattr(box, "doors", replace(box.doors, channels=dict.fromkeys("abc", place.http)))

        async def send(_: Any, __: Any, ___: Any) -> SendOutcome:
            return outcome

        monkeypatch.setattr(twilio, "send", send)
        await place.gateway.store.set_lanes([Lane(sms_lane(name), rate=0) for name in "abc"])
        await file(place.gateway.store, messages=(NewMessage("notice-1", "a", "+254700000001", "x", ways=("b", "c")),))
        for _ in range(4):
            claimed = await place.gateway.store.claim({sms_lane(name): 1 for name in "abc"}, now[0], 30)
            for job in claimed.jobs:
                tried.append(job.what.channel)
                await place.gateway.store.finish(job, await box._tried(job), now[0])
            if len(tried) >= 3:
                now[0] += 400
            elif outcome == Later("lost", "unknown"):
                now[0] += 60
        assert tried == ways
        assert await place.gateway.store.verify() == []


async def test_what_waits_for_a_closed_channel_moves_on(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await store.set_lanes([Lane(sms_lane(name), rate=0) for name in "ab"])
        messages = [a_message(str(n), channel="a", ways=("b",)) for n in range(3)]
        await file(store, messages=(*messages, a_message("alone", channel="a")))
        by_hand(tmp_path, f"UPDATE lane SET open_until = {NOW + 60} WHERE name = 'sms:a'")
        lanes = {sms_lane("a"): 9, sms_lane("b"): 9}
        first = await store.claim(lanes, NOW, 30)
        again = await store.claim(lanes, NOW, 30)
        jobs = first.jobs + again.jobs
        assert sorted(job.key for job in jobs) == ["sms-0", "sms-1", "sms-2"]
        assert {job.what.channel for job in jobs} == {"b"}
        assert {job.what.ways for job in jobs} == {("a",)}
        assert rows(tmp_path, "SELECT key FROM message WHERE channel = 'a'") == [("sms-alone",)]


async def test_who_opted_out_of_one_way_gets_nothing_by_another(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await store.opt("b", "+254700000001", out=True, now=NOW)
        await file(store, messages=(a_message("1", ways=("b",)), a_message("2", ways=("c",))))
        jobs = await claim(store, lane=sms_lane("at"))
        assert {job.key: job.what.opted_out for job in jobs} == {"sms-1": True, "sms-2": False}


async def test_a_report_finds_the_sms_by_the_way_that_it_took(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        await store.set_lanes([Lane(sms_lane(name), rate=0) for name in "ab"])
        await file(store, messages=(a_message("1", channel="a", ways=("b",)),))
        (job,) = await claim(store, lane=sms_lane("a"))
        await store.finish(job, Reroute(NOW, "down"), NOW)
        (job,) = await claim(store, lane=sms_lane("b"))
        assert not await store.receipt("a", "id-1", None, "", "of another", NOW)
        assert not await store.receipt("b", "id-1", SmsState.DELIVERED, "", "early", NOW)
        await store.finish(job, Done(provider_id="id-1"), NOW)
        (message,) = await store.list_messages()
        assert (message.channel, message.state, message.word) == ("b", "delivered", "early")


async def test_who_opted_out_at_the_telecom_is_not_tried_again(tmp_path: Path) -> None:
    number = "+254700000096"  # the sample telecoms say that it opted out
    async with town(tmp_path) as place:
        await filed(place, number)
        async with asyncio.timeout(10):
            while not (await place.gateway.store.newcomer("africastalking", number, 0)).opted_out:
                await asyncio.sleep(0.01)
            while (await place.gateway.store.list_messages())[0].state == "queued":
                await asyncio.sleep(0.01)
        (message,) = await place.gateway.store.list_messages()
        assert (message.state, message.word) == ("failed", "UserInBlacklist")


# --- caps ---------------------------------------------------------------------------------------------------------

LIMITS = SmsLimits(
    countries=["+254", "+256"],
    notices=Most(number="2/day", range="50/hour", total="1000/day"),
    answers=Most(number="3/day"),
    service="500/day",
    cost=100.0,
)


def spent(limits: SmsLimits, number: str, text: str = "x", service: str = "water", price: float = 0.0) -> set[str]:
    return {cap.name for cap in Caps(limits).of_notice(number, text, service, price)}


def test_what_a_notice_and_an_answer_spend() -> None:
    assert spent(SmsLimits(), "+254700000001") == set()
    assert spent(LIMITS, "+254700000001") == {"number", "range", "total", "service"}
    assert spent(LIMITS, "+882100000001") == {"country", "number", "range", "total", "service"}
    found = Caps(LIMITS).of_notice("+254700000001", "x" * 161, "water", 0.8)
    assert Cap("cost", "", 86400.0, 100.0, 1.6) in found
    assert Cap("range", "+254700000", 3600.0, 50.0) in found
    answer = Caps(LIMITS).of_answer("+254700000001", "x", 0.0)
    assert answer == (Cap("answers number", "+254700000001", 86400.0, 3.0),)


def test_a_pumping_attack_stays_under_its_caps_and_honest_people_get_theirs(tmp_path: Path) -> None:
    """50,000 requests from 2,000 numbers of two ranges, and 400 honest people among them."""
    database = tmp_path / "gateway.db"
    database.write_bytes(empty_database().read_bytes())
    connection = open_writer(database, "relaxed")

    def texted(key: str, number: str, service: str) -> None:
        counted = Caps(LIMITS).of_notice(number, "x", service, 0.01)
        outbox.queue_message(connection, NewMessage(key, "at", number, "x", caps=counted), NOW)

    connection.execute("BEGIN")
    for n in range(50_000):
        texted(f"bad-{n}", f"+25479900{n % 2:1}{n % 1000:03}", "water")
        if n % 125 == 0:
            texted(f"good-{n}", f"+2547{n // 125 * 24_989:08}", "tax")
    connection.execute("COMMIT")
    went = "SELECT count(*) FROM outbox WHERE state = 'queued' AND key LIKE '{}-%'"
    assert connection.execute(went.format("bad")).fetchone() == (100,)
    assert connection.execute(went.format("good")).fetchone() == (400,)
    assert connection.execute("SELECT count(*) FROM message WHERE word = 'capped' AND reason = 'range'").fetchone()[0]
    states = {state.name: state for state in caps.states(connection, NOW)}
    assert states["range"].reached
    assert sum(state.refused for state in states.values()) == 50_000 - 100
    later = {state.name: state.reached for state in caps.states(connection, NOW + 86_400)}
    assert not any(later.values())
    assert caps.sweep(connection, NOW + 4 * 86_400, 100_000) > 0
    assert caps.states(connection, NOW) == ()
    connection.close()


async def test_a_cap_that_is_reached_is_told(tmp_path: Path) -> None:
    caps = "{notices: {range: 1/day}, answers: {number: 2/day}}"
    async with town(tmp_path, sms_limits=caps) as place:
        for number in ("+254700000001", "+254700000002", "+254700000003", "+254700001001"):
            await filed(place, number)
        for n in range(4):
            await place.phone().text("HELP", f"a{n}")
        assert len(await sent(place, 4)) == 4
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(place.gateway.pages), base_url="http://127.0.0.1:8000"
        ) as http:
            metrics = (await http.get("/metrics")).text
        assert 'gateway_sms_refused{why="range"} 2.0' in metrics
        assert 'gateway_sms_refused{why="answers number"} 2.0' in metrics
        assert 'gateway_sms_cap_reached{why="range"} 1.0' in metrics
        assert 'gateway_sms_cap_refused{most="1/day",whom="+254700000…",why="range"} 2.0' in metrics
        assert 'gateway_sms_cap_refused{most="2/day",whom="+254…001",why="answers number"} 2.0' in metrics
        assert 'gateway_sms_cap_ends{most="1/day",whom="+254700000…",why="range"} ' in metrics
        assert await place.gateway.store.verify() == []
        assert len(await place.gateway.store.list_requests()) == 4
        told = {what: say for _, what, say in doctor._store(place.gateway.config)}
        start = "2 SMS refused in the last two days: 2 to +254700000…, and more until "
        assert told["sms_limits: range"].startswith(start) and ". The cap is 1/day: " in told["sms_limits: range"]
        [_, capped, *_] = await place.gateway.store.list_requests()
        with closing(Reader.open(place.gateway.config.data)) as reader:
            assert [requests._sent(one) for one in reader.messages_about(capped.reference)] == [
                "failed (capped): range"
            ]


@pytest.mark.parametrize(
    ("cap", "why"),
    [
        (Cap("range", "+254700000", 3600.0, 50.0), "+254700000… reached the cap 'range' of sms_limits, 50/hour"),
        (Cap("answers number", "+254700000001", 86400.0, 3.0), "+254…001 reached the cap 'answers number'"),
        (Cap("service", "water", 86400.0, 5.0), "water reached the cap 'service' of sms_limits, 5/day"),
        (Cap("cost", "", 86400.0, 0.5), "all reached the cap 'cost' of sms_limits, 0.5/day, until 1970-01-02 00:00"),
        (Cap("country", "", 86400.0, 0.0), "it goes to a country that is not in `countries` of sms_limits"),
    ],
)
def test_the_log_says_which_cap_is_reached(cap: Cap, why: str) -> None:
    assert caps._why(cap, 86400.0).startswith(why)


async def test_doctor_says_that_a_channel_sends_nothing(tmp_path: Path) -> None:
    loaded = config.load(written_config(tmp_path))
    async with a_store(tmp_path) as store:
        await store.set_lanes([Lane(sms_lane("africastalking"), rate=0)])

        async def settled(key: str, outcome: Completion) -> list[str]:
            await file(store, messages=(a_message(key, channel="africastalking"),))
            (job,) = await claim(store, lane=sms_lane("africastalking"))
            assert await store.finish(job, outcome, NOW)
            return [say for _, what, say in findings(loaded, reader, NOW) if what == "SMS by africastalking"]

        with closing(Reader.open(tmp_path)) as reader:
            [one] = await settled("1", Reject("401", "who are you?"))
            assert one.startswith("the last one was refused, the latest of ") and one.endswith(": who are you?")
            assert await settled("2", Reject("opted_out", "no SMS")) == [one]
            for n in range(5):
                said = await settled(f"bad {n}", Reject("refused", "what?"))
            assert said[0].startswith("the last 5 were refused") and said[0].endswith(": what?")
            assert await settled("good", Done(provider_id="a")) == []


async def test_a_country_that_is_not_listed_is_told_in_its_own_words(tmp_path: Path) -> None:
    async with town(tmp_path, sms_limits='{countries: ["+256"]}', deliver=False) as place:
        await filed(place, "+254700000001")
        told = {what: say for _, what, say in doctor._store(place.gateway.config)}
        assert told["sms_limits: countries"].startswith("1 SMS to a country that is not in `countries` were refused")


async def test_a_repeat_spends_nothing(tmp_path: Path) -> None:
    async with town(tmp_path, sms_limits="{answers: {number: 2/day}}") as place:
        for id_ in ("a1", "a1", "a1", "a2"):
            await place.phone().text("HELP", id_)
        assert len(await sent(place, 2)) == 2


# --- parts --------------------------------------------------------------------------------------------------------


def a_part(number: int, text: str, total: int = 3, **more: Any) -> Texted:
    return Texted(**{
        "id": f"p{number}", "msisdn": "+254700000001", "to": "22384", "text": text, "part": Part("7", total, number),
    } | more)  # fmt: skip


PARTS = {1: a_part(1, "WATER "), 2: a_part(2, "burst "), 3: a_part(3, "Kalundu")}


async def answered(place: Town) -> int:
    return int(rows(place.folder / "data", "SELECT count(*) FROM inbox")[0][0])


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
async def test_parts_come_in_any_order_and_twice(tmp_path: Path, order: tuple[int, ...]) -> None:
    async with town(tmp_path, deliver=False) as place:
        parts, channel = place.gateway.parts, place.gateway.config.channels["africastalking"]
        for number in order[:2]:
            for _ in range(2):
                await parts.texted(channel, PARTS[number])
        assert await answered(place) == 0
        await asyncio.gather(*(parts.texted(channel, PARTS[order[2]]) for _ in range(3)))
        await parts.texted(channel, PARTS[order[0]])
        assert await answered(place) == 1
        (message,) = await place.gateway.store.list_messages()
        assert message.text.startswith("Account number")
        await parts.texted(channel, a_part(1, "HELP", 2, id="q1"))  # the same reference, used again
        await parts.texted(channel, a_part(2, "", 2, id="q2"))
        assert await answered(place) == 2


async def test_an_id_that_another_senders_sms_had_is_no_repeat(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        parts, channel = place.gateway.parts, place.gateway.config.channels["africastalking"]
        for msisdn in ("+254700000001", "+254722222222", "+254700000001"):
            await parts.texted(channel, Texted("7", msisdn, "22384", "HELP"))
        assert {message.number for message in await place.gateway.store.list_messages()} == {
            "+254700000001",
            "+254722222222",
        }
        assert await answered(place) == 2
        for number in PARTS:
            for msisdn in ("+254733333333", "+254744444444"):
                await parts.texted(channel, replace(PARTS[number], msisdn=msisdn))
        assert await answered(place) == 4


async def test_no_telecom_can_name_a_session_after_a_conversation(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        phone = place.phone()
        await phone.text("WATER", "m1")
        phone.session = "sms"
        assert (await phone.post()).startswith("CON County services")
        assert rows(place.folder / "data", "SELECT start FROM session") == [(1,), (1,)]


async def test_a_crash_between_the_answer_and_its_mark_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, deliver=False) as place:
        parts, channel = place.gateway.parts, place.gateway.config.channels["africastalking"]

        async def crash(_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(place.gateway.store, "parts_joined", crash)
            for number in (1, 2, 3):
                await parts.texted(channel, PARTS[number])
        await parts.texted(channel, PARTS[3])
        assert await answered(place) == 1
        assert rows(place.folder / "data", "SELECT sum(joined), max(text) FROM part") == [(3, "")]
        assert len(await place.gateway.store.list_messages()) == 1


async def test_what_is_there_after_an_hour_is_answered(tmp_path: Path) -> None:
    now = [NOW]
    async with town(tmp_path, deliver=False, clock=lambda: now[0]) as place:
        parts, channel = place.gateway.parts, place.gateway.config.channels["africastalking"]
        await parts.texted(channel, PARTS[3])
        await parts.texted(channel, PARTS[1])
        now[0] += 3000
        assert await parts.late() == 0
        assert not any("Kalundu" in text for (text,) in rows(place.folder / "data", "SELECT text FROM part"))
        now[0] += 700
        assert await parts.late() == 1
        assert await answered(place) == 1
        assert await parts.late() == 0
        await place.gateway.store.sweep(now[0] + 40 * 86400, sessions_after=0, inbox_after=30 * 86400)
        assert rows(place.folder / "data", "SELECT count(*) FROM part") == [(0,)]


def test_gaps_are_shown() -> None:
    held = [HeldPart("at", part, part.part, NOW) for part in (PARTS[1], PARTS[3]) if part.part is not None]
    assert whole(held).text == "WATER …Kalundu"
    assert whole(held).part is None


async def test_parts_of_others_are_not_mixed(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        part = Part("7", 2, 1)
        for other in ({}, {"msisdn": "+254700000002"}, {"to": "22385"}, {"part": part._replace(ref="8")}):
            texted = a_part(1, "x", 2, **({"id": f"p{other}"} | other))
            assert texted.part is not None
            assert len(await store.hold_part("at", texted, texted.part, NOW)) == 1
        assert len(await store.hold_part("other", a_part(1, "x", 2), part, NOW)) == 1


# --- through the door ---------------------------------------------------------------------------------------------

Change = Callable[[str], str]
VONAGE = """channels:
  vonage:
    provider: vonage
    api_key: abcd1234
    api_secret: made-up-secret
    from: CIVILREG
    secrets: [demo-secret-of-vonage]
    sms: {short_code: "22384"}
  infobip:
    provider: infobip
    url: http://127.0.0.1:9
    api_key: made-up-key
    sender: CIVILREG
    secrets: [demo-secret-of-infobip]
    sms: {short_code: "22384"}
    client_certificate: {header: X-Client-Subject, subject: CN=infobip}
"""


@pytest.mark.usefixtures("known_secrets")
async def test_parts_and_batches_come_in_over_http(tmp_path: Path) -> None:
    path = written_config(tmp_path, trusted_proxies="[127.0.0.1]")
    path.write_text(path.read_text().replace("channels:\n", VONAGE, 1))
    loaded = config.load(path)
    assert loaded.channels["infobip"].proofs()[-1].startswith("a client certificate")
    async with town(tmp_path, trusted_proxies="[127.0.0.1]", deliver=False) as place:
        for name in ("vonage", "infobip"):
            place.gateway.config.channels[name] = loaded.channels[name]  # type: ignore[index]
            place.gateway.door.seconds[name] = place.gateway.metrics.seconds.labels(name)
        for number, text in ((2, "burst"), (1, "WATER ")):
            fields = {"msisdn": "254700000001", "to": "22384", "messageId": f"m{number}", "text": text}
            fields |= {"concat": "true", "concat-ref": "9", "concat-total": "2", "concat-part": str(number)}
            answer = await place.http.get("/in/vonage/demo-secret-of-vonage/sms?" + urlencode(fields))
            assert (answer.status_code, answer.text) == (200, "OK")
        assert await answered(place) == 1

        batch = [{"messageId": f"i{n}", "from": f"25470000001{n}", "to": "22384", "text": "HELP"} for n in range(3)]
        url, proven = "/in/infobip/demo-secret-of-infobip/sms", {"X-Client-Subject": "CN=infobip"}
        body = json.dumps({"results": batch})
        for headers in ({}, {"X-Client-Subject": "CN=infobip2"}, {"X-Client-Subject": ""}):
            answer = await place.http.post(url, content=body, headers=headers)
            assert (answer.status_code, answer.text) == (404, "not found\n")
        for _ in range(2):
            answer = await place.http.post(url, content=body, headers=proven)
            assert (answer.status_code, answer.text) == (200, "OK")
        assert await answered(place) == 4
        assert (await place.http.post(url, content='{"results":[]}', headers=proven)).status_code == 200
        spoofed = httpx.ASGITransport(place.gateway, client=("198.51.100.7", 1))
        async with httpx.AsyncClient(transport=spoofed, base_url="http://127.0.0.1:8000") as outside:
            answer = await outside.post(url, content=body, headers=proven | {"X-Forwarded-For": "127.0.0.1"})
            assert (answer.status_code, answer.text) == (404, "not found\n")
