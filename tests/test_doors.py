"""What the telecoms' door does with callers who prove nothing, with bodies nobody can read, and with trouble inside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.engine import MenuTrouble
from gateway.messages import StoreTrouble
from gateway.store import Store
from tests.callers import SECRET, channel, channels
from tests.town import AT, Town, signed, town

FORM = "sessionId=ATUid_1&phoneNumber=%2B254700000001&networkCode=63902&serviceCode=%2A384%2A70%23&text="
HEADERS = {"content-type": "application/x-www-form-urlencoded"}
SMS = "id=1&from=%2B254700000001&to=22384&text=WATER&date=2026-11-23"


async def rows(place: Town) -> int:
    return (await place.gateway.store.counts()).sessions


# path, body, headers, status, body of the answer
REFUSED: list[tuple[str, str | bytes, dict[str, str], int, bytes]] = [
    ("/in/africastalking/wrong-secret/ussd", FORM, HEADERS, 404, b"not found\n"),
    ("/in/africastalking//ussd", FORM, HEADERS, 404, b"not found\n"),
    ("/in/africastalking/ussd", FORM, HEADERS, 404, b"not found\n"),
    ("/in/africastalking/demo-secret/other", FORM, HEADERS, 404, b"not found\n"),
    ("/in/africastalking/ussd?secret=demo-secret", FORM, HEADERS, 404, b"not found\n"),
    ("/in/nobody/demo-secret/ussd", FORM, HEADERS, 404, b"not found\n"),
    ("/in/", FORM, HEADERS, 404, b"not found\n"),
    ("/in/twilio/sms", "MessageSid=SM1&From=%2B254700000001&To=1&Body=WATER", HEADERS, 404, b"not found\n"),
    (
        "/in/twilio/sms",
        "MessageSid=SM1",
        {**HEADERS, "x-twilio-signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        404,
        b"not found\n",
    ),
    (f"{AT}/ussd", FORM + "1" * 17_000, HEADERS, 400, b"bad request\n"),
    (f"{AT}/ussd", FORM + "&text=2", HEADERS, 400, b"bad request\n"),
    (f"{AT}/ussd", FORM.encode() + b"%ff", HEADERS, 400, b"bad request\n"),
    (f"{AT}/ussd", FORM.encode() + b"\xff\xfe", HEADERS, 400, b"bad request\n"),
    (f"{AT}/ussd", FORM.replace("sessionId", "session"), HEADERS, 400, b"bad request\n"),
    (f"{AT}/ussd", FORM.replace("%2B2547", "2547x"), HEADERS, 400, b"bad request\n"),
    (f"{AT}/ussd", '{"text": ""}', {"content-type": "application/json"}, 400, b"bad request\n"),
    (f"{AT}/ussd", "", HEADERS, 400, b"bad request\n"),
    (f"{AT}/sms", "from=%2B254700000001&to=22384&text=WATER", HEADERS, 400, b"bad request\n"),
]


async def test_nothing_is_written_for_who_is_not_proven_or_not_readable(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        for path, body, headers, status, said in REFUSED:
            answer = await place.http.post(path, content=body, headers=headers)
            assert (answer.status_code, answer.content) == (status, said), (path, body)
        assert await rows(place) == 0
        assert not await place.messages()


VONAGE = channel("vonage") | {
    "secrets": [],
    "codes": {},
    "api_key": "a1b2c3d4",
    "api_secret": "a-secret-of-vonage",
    "from": "22384",
    "signature": {"method": "sha256", "secrets": ["a-signature-secret"]},
    "sms": {"short_code": "22384"},
}
ECHOING: dict[str, Any] = {
    "transport": "json",
    "fields": {"session": "session", "number": "msisdn", "input": "input"},
    "input_is": "last",
    "first_input": "nothing",
    "marks": {"new": "unseen"},
    "reply": {"format": "text", "body": "{more ? CON : END} {text}", "headers": {"X-Session": "{session}"}},
}
XMLRPC = "<methodCall><methodName>USSD.INIT</methodName><params><param><value>{}</value></param></params></methodCall>"
JSON_TYPE = {"content-type": "application/json"}
# a channel, the event behind its secret, the body, the status and how the answer begins
ODD: list[tuple[dict[str, Any], str, str, int, bytes]] = [
    (VONAGE, "sms", r'{"\ud800":"x"}', 404, b"not found\n"),
    (channel("trueafrican"), "ussd", XMLRPC.format("<bigdecimal>x</bigdecimal>"), 400, b"bad request\n"),
    (
        channel("generic_ussd", describe=ECHOING),
        "ussd",
        r'{"session":"sess-\u1234","msisdn":"+254700000001","input":""}',
        200,
        b"CON County services",
    ),
    (
        channel("generic_ussd", describe=ECHOING),
        "ussd",
        r'{"session":"s-\ud83d","msisdn":"+254700000001","input":""}',
        200,
        b"CON County services",
    ),
]


@pytest.mark.parametrize(("told", "event", "body", "status", "begins"), ODD)
async def test_odd_letters_are_answered_like_any_others(
    tmp_path: Path, told: dict[str, Any], event: str, body: str, status: int, begins: bytes
) -> None:
    async with town(tmp_path, deliver=False, channels=channels(theirs=told)) as place:
        path = "/".join(part for part in ("/in/theirs", *told["secrets"], event) if part)
        answer = await place.http.post(path, content=body, headers=JSON_TYPE)
        assert answer.status_code == status
        assert answer.content.startswith(begins)


async def test_what_stands_where_a_name_should_is_not_logged(tmp_path: Path) -> None:
    """A telecom that writes the number into the path, and a client that sends a PIN as a name."""
    described = ECHOING | {"path": "{session}/{_}", "fields": ECHOING["fields"] | {"session": "path:session"}}
    told = channel("generic_ussd", describe=described)
    body = '{"msisdn":"+254700000001","254711222444 pin 4711":[{"a":1}],"254711222444 pin 4711.0.a":2,"input":""}'
    async with town(tmp_path, deliver=False, channels=channels(theirs=told)) as place:
        with capture_logs() as lines:
            for path, said in (("s-1/254711222333", body), ("254711222333", "{}")):
                answer = await place.http.post(f"/in/theirs/{SECRET}/ussd/{path}", content=said, headers=JSON_TYPE)
                assert answer.status_code == 400
        unreadable = [(line["kind"], line["why"]) for line in lines if line["event"] == "unreadable"]
        assert [kind for kind, _ in unreadable] == ["ussd/"] * 2
        assert unreadable[0][1] == "a name comes more than once"
        assert not [line for line in lines if "2547" in str(line) or "4711" in str(line)]


async def test_an_unexpected_error_tells_a_stranger_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path, deliver=False) as place:
        telecom = place.gateway.config.channels["africastalking"].telecom
        monkeypatch.setattr(telecom, "prove", lambda *_: 1 // 0)
        answer = await place.http.post(f"{AT}/ussd", content=FORM, headers=HEADERS)
        assert (answer.status_code, answer.content) == (404, b"not found\n")


async def test_a_text_that_spells_out_fields_of_twilios_is_a_text(tmp_path: Path) -> None:
    """Twilio signs names and values run together: a stranger who saw one signature must not cut them anew."""
    text = "STOPFrom+254722222222MessageSidSMevil1To+15005550006z"
    real = {"Body": text, "From": "+254700000001", "MessageSid": "SMreal1", "To": "+15005550006"}
    headers = signed("/in/twilio/sms", real)
    anew = [
        {"Body": "STOP", "From": "+254722222222", "MessageSid": "SMevil1", "To": "+15005550006"}
        | {"zFrom+254700000001MessageSidSMreal1To+15005550006": ""},
        {"Body": "STOP", "From": "+254722222222", "MessageSid": "SMevil1", "To": "+15005550006"}
        | {"zFr": "om+254700000001MessageSidSMreal1To+15005550006"},
    ]
    async with town(tmp_path, deliver=False) as place:
        for form in anew:
            assert signed("/in/twilio/sms", form) == headers
            assert (await place.http.post("/in/twilio/sms", data=form, headers=headers)).status_code == 404
        assert (await place.http.post("/in/twilio/sms", data=real, headers=headers)).status_code == 200

        query = "/sms?MessageSid=SMevil2&From=%2B254733333333&To=%2B15005550006&Body=STOP&x="
        real = {"Body": query, "From": "+254700000001", "MessageSid": "SMreal2", "To": "+15005550006"}
        headers = signed("/in/twilio/sms", real)
        target = f"/in/twilio/smsBody{query}From+254700000001MessageSidSMreal2To+15005550006"
        assert (await place.http.get(target, headers=headers)).status_code == 404
        for number in ("+254722222222", "+254733333333"):
            assert not (await place.gateway.store.newcomer("twilio", number, 0)).opted_out


async def test_a_body_without_end_is_not_kept(tmp_path: Path) -> None:
    async def endless() -> Any:
        for _ in range(1000):
            yield b"x" * 1024

    async with town(tmp_path, deliver=False) as place:
        for path, status in ((f"{AT}/ussd", 400), ("/in/nobody/demo-secret/ussd", 404)):
            answer = await place.http.post(path, content=endless(), headers=HEADERS)
            assert (answer.status_code, answer.headers["connection"]) == (status, "close")
        good = await place.http.post(f"{AT}/ussd", content=FORM, headers=HEADERS)
        assert "connection" not in good.headers


async def test_a_body_that_is_not_kept_is_not_taken_for_none(tmp_path: Path) -> None:
    """Infobip's question needs no body, so that an empty one is good."""
    async with town(tmp_path, deliver=False, channels=channels(theirs=channel("infobip_ussd"))) as place:
        url = f"/in/theirs/{SECRET}/ussd/session/1/status"
        for body, status in ((b"", 200), (b"{" + b" " * 17_000 + b"}", 400)):
            answer = await place.http.request("GET", url, content=body, headers={"content-type": "application/json"})
            assert answer.status_code == status, body[:10]


# the line of the configuration, the peer, X-Forwarded-For, whether it is let in
PEERS: list[tuple[str, str, str, str, bool]] = [
    ("[]", "[192.0.2.0/24]", "192.0.2.7", "", True),
    ("[]", "[192.0.2.0/24]", "198.51.100.1", "", False),
    ("[]", "[192.0.2.0/24]", "198.51.100.1", "192.0.2.7", False),
    ("[]", "[192.0.2.0/24]", "::ffff:192.0.2.7", "", True),
    ("[10.0.0.0/8]", "[192.0.2.0/24]", "10.0.0.1", "192.0.2.7", True),
    ("[10.0.0.0/8]", "[192.0.2.0/24]", "10.0.0.1", "192.0.2.7, 198.51.100.1", False),
    ("[10.0.0.0/8]", "[192.0.2.0/24]", "10.0.0.1", "192.0.2.7, 198.51.100.1, 10.0.0.2", False),
    ("[10.0.0.0/8]", "[192.0.2.0/24]", "::ffff:10.0.0.1", "198.51.100.1, 192.0.2.7", True),
    ("[10.0.0.0/8]", "[192.0.2.0/24]", "10.0.0.1", "", False),
    ("[10.0.0.0/8]", "[192.0.2.0/24]", "10.0.0.1", "nonsense", False),
]


@pytest.mark.usefixtures("known_secrets")
@pytest.mark.parametrize(("proxies", "addresses", "peer", "forwarded", "let_in"), PEERS)
async def test_the_address_is_the_real_peers(
    tmp_path: Path, proxies: str, addresses: str, peer: str, forwarded: str, let_in: bool
) -> None:
    lines = {"trusted_proxies": proxies, "    addresses": addresses}
    async with town(tmp_path, deliver=False, **lines) as place:
        door = httpx.ASGITransport(place.gateway, client=(peer, 1234))
        async with httpx.AsyncClient(transport=door, base_url="http://127.0.0.1:8000") as http:
            headers = HEADERS | ({"x-forwarded-for": forwarded} if forwarded else {})
            answer = await http.post(f"{AT}/ussd", content=FORM, headers=headers)
    assert answer.status_code == (200 if let_in else 404)


async def test_two_secrets_are_valid_while_one_replaces_the_other(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False, **{"    secrets": "[demo-secret, next-secret-0001]"}) as place:
        for secret in ("demo-secret", "next-secret-0001"):
            answer = await place.http.post(f"/in/africastalking/{secret}/ussd", content=FORM, headers=HEADERS)
            assert answer.status_code == 200


async def test_an_unknown_short_code_is_a_polite_end(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        shown = await place.phone().dial(code="*999#")
        assert shown.startswith("END ") and "*999#" in shown
        assert await rows(place) == 0


def broken(error: Exception) -> Callable[..., Any]:
    async def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("error", [StoreTrouble("disk full"), MenuTrouble("no way holds"), ValueError("our bug")])
async def test_trouble_inside_is_a_polite_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with town(tmp_path, deliver=False) as place:
        phone = place.phone()
        before = await phone.walk("1", "1")
        with monkeypatch.context() as patch:
            patch.setattr(Store, "keep", broken(error))
            shown = await phone.press("Kalundu")
            assert shown == "END Service is busy. Nothing was sent. Dial *384*70# again."
            answer = await place.http.post(f"{AT}/sms", content=SMS, headers=HEADERS)
            assert answer.status_code in (200, 503)
        phone.typed.pop()
        assert await phone.dial() != before and await phone.press("1") == before


async def test_an_sms_that_could_not_be_kept_is_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path) as place:
        with monkeypatch.context() as patch:
            patch.setattr(Store, "keep", broken(StoreTrouble("disk full")))
            assert (await place.http.post(f"{AT}/sms", content=SMS, headers=HEADERS)).status_code == 503
        assert (await place.http.post(f"{AT}/sms", content=SMS, headers=HEADERS)).status_code == 200
        assert len(await place.messages(1)) == 1


async def test_who_calls_too_often_is_told_so(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False, limits="{number: 3/minute, session: 60/minute}") as place:
        phone = place.phone()
        for _ in range(3):
            assert (await phone.dial()).startswith("CON ")
        assert (await phone.dial()).startswith("END Too many tries")
        assert (await place.phone("+254700000002").dial()).startswith("CON ")
        assert (await place.http.post(f"{AT}/sms", content=SMS, headers=HEADERS)).status_code == 429


async def test_sixteen_at_once_are_one_turn(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        phone = place.phone()
        await phone.walk("1", "1", "Kalundu", "0")
        phone.typed.append("1")
        bodies = await asyncio.gather(*[phone.post() for _ in range(16)])
        assert len(set(bodies)) == 1 and bodies[0].startswith("END Received")
        assert len(await place.gateway.store.list_requests()) == 1


async def test_a_session_id_that_is_used_again_is_a_new_session(tmp_path: Path) -> None:
    now = 1_764_000_000.0
    async with town(tmp_path, deliver=False, clock=lambda: now) as place:
        phone = place.phone()
        first = await phone.walk("1", "1", "Kalundu", "0", "1")
        now += 3600
        again = [
            await phone.post(text=text) for text in ("", "1", "1*1", "1*1*Kibera", "1*1*Kibera*0", "1*1*Kibera*0*1")
        ]
        assert again[0].startswith("CON County services") and again[-1].startswith("END Received")
        assert again[-1] != first and len(await place.gateway.store.list_requests()) == 2


async def test_what_comes_after_the_end_files_nothing(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        phone = place.phone()
        end = await phone.walk("1", "1", "Kalundu", "0", "1")
        assert await phone.post() == end
        assert (await phone.press("1")).startswith("END ")
        assert len(await place.gateway.store.list_requests()) == 1


async def test_a_guessed_session_id_shows_nobody_elses_screen(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        phone, thief = place.phone(), place.phone("+254700000002")
        await phone.walk("1", "1", "Kalundu", "0")
        thief.session, thief.typed = phone.session, list(phone.typed)
        shown = await thief.press("1")
        assert [row.number for row in await place.gateway.store.list_requests()] in ([], [thief.number]), shown
        assert (await phone.press("1")).startswith("END Received")


async def test_the_end_notice_leaves_the_session_to_be_resumed(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        phone = place.phone()
        before = await phone.walk("1", "1")
        body = (
            f"sessionId={phone.session}&phoneNumber={quote(phone.number)}&status=Incomplete&date=2026-11-23&hopsCount=3"
        )
        body += "&durationInMillis=30118&serviceCode=%2A384%2A70%23&networkCode=63902&cost=0"
        assert (await place.http.post(f"{AT}/ussd-end", content=body, headers=HEADERS)).status_code == 200
        assert (await phone.dial()).startswith("CON You did not finish")
        assert await phone.press("1") == before


async def test_a_delivery_report_never_leaves_a_final_state(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await place.phone().text("HELP", "at-1")
        [sent] = await place.messages(1)
        for status in ("Sent", "Success", "Sent", "Failed", "Buffered"):
            form = {"id": sent["id"], "status": status, "phoneNumber": "+254700000001", "networkCode": "63902"}
            assert (await place.http.post(f"{AT}/receipt", data=form)).status_code == 200
        [message] = await place.gateway.store.list_messages()
        assert message.state == "delivered"


async def test_an_opt_out_of_the_telecoms_own_is_kept(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        form = {"senderId": "CIVIC", "phoneNumber": "+254700000001"}
        assert (await place.http.post(f"{AT}/opt-out", data=form)).status_code == 200
        await place.phone().walk("1", "1", "Kalundu", "0", "1")
        await place.settled()
        assert not await place.messages()
        stop = {
            "MessageSid": "SM1",
            "From": "+254700000001",
            "To": "+15005550006",
            "Body": "Stop",
            "OptOutType": "STOP",
        }
        answer = await place.http.post("/in/twilio/sms", data=stop, headers=signed("/in/twilio/sms", stop))
        assert answer.status_code == 200


async def test_health_and_metrics(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await place.phone().walk("1", "1", "Kalundu", "0", "1")
        await place.settled()
        assert (await place.http.get("/health/live")).text == "live\n"
        ready = await place.http.get("/health/ready")
        assert ready.status_code == 200 and ready.json()["ready"] is True
        metrics = (await place.http.get("/metrics")).text
        assert "gateway_books_balanced 1.0" in metrics
        assert 'gateway_books{service="water-fault",state="delivered"} 1.0' in metrics
        assert (await place.http.get("/openapi.json")).status_code == 404
        place.gateway.tasks[0].cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        broken_down = await place.http.get("/health/ready")
        assert broken_down.status_code == 503 and "delivery stopped" in broken_down.json()["why"][0]


async def test_a_bad_menu_at_reload_leaves_the_old_one_in_force(tmp_path: Path) -> None:
    menus = tmp_path / "menus"
    (menus / "county").mkdir(parents=True)
    file = menus / "county/county-home.yaml"
    good = (
        "service: county-home\nversion: 1\nagency: county\ntitle: Home\nlanguages: [en]\nstart: bye\n"
        "screens:\n  bye:\n    end: {text: Good-bye}\n"
    )
    file.write_text(good, encoding="utf-8")
    async with town(tmp_path, menus=menus, deliver=False) as place:
        file.write_text(good.replace("end:", "ned:"), encoding="utf-8")
        complaints = await place.gateway.editions.reload()
        assert any("county-home.yaml:9:5" in line for line in complaints), complaints
        assert await place.phone().dial() == "END Good-bye"
        assert (await place.http.get("/health/ready")).json()["why"] == complaints
        file.write_text(good.replace("Good-bye", "So long"), encoding="utf-8")
        assert await place.gateway.editions.reload() == []
        assert await place.phone("+254700000002").dial() == "END So long"


async def test_a_database_does_not_open_with_another_key(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        await place.phone().dial()
    key = tmp_path / "data/gateway.key"
    secret = key.read_bytes()
    key.unlink()
    with pytest.raises(StoreTrouble, match="the key of the database is missing"):
        async with town(tmp_path, deliver=False):
            pass
    assert not key.exists()
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    with pytest.raises(StoreTrouble, match="belongs to another key"):
        async with town(tmp_path, deliver=False):
            pass
    key.write_bytes(secret)
    async with town(tmp_path, deliver=False) as place:
        assert (await place.phone().dial()).startswith("CON ")


async def test_a_refusal_after_a_lost_answer_is_for_a_person(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        await place.upset("water", "lost")
        await place.phone().walk("1", "1", "Kalundu", "0", "1")
        await place.received(1)
        await place.upset("water", "refuse")
        store = place.gateway.store
        async with asyncio.timeout(20):
            while [row.state for row in await store.list_requests()] != ["parked"]:
                store.news.set()
                await asyncio.sleep(0.02)
        [row] = await store.list_requests()
        assert "may have been taken" in row.why
