"""The sample government over a real socket: offices, keys, faults, magic inputs, telecoms and their reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from fastapi import FastAPI, Request
from twilio.request_validator import RequestValidator

from sample_government.app import build
from sample_government.desk import MODES, OFFICES
from sample_government.telecoms import ACCOUNT, AUTH_TOKEN
from tests.town import served

WATER = {"X-Api-Key": "demo-water-key"}
TAX = ("gateway", "demo-tax-password")
COUNTY = {"Authorization": "Bearer demo-county-key"}
SLIP = {"number": "4000014", "phone": "+254700000001", "pin": "24680"}
ALARM = {"what": "fire", "place": "0502", "phone": "+254700000001"}
OWING = {"tax_number": "A000000001X", "pin": "1234"}
PROJECTS = {"Authorization": "Bearer demo-projects-key"}
AT = {"apiKey": "demo-africastalking-key"}
MESSAGES = f"/twilio/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
REPORT = {"type": "burst", "place": "Kalundu", "account": "0", "phone": "+254700000001"}


@asynccontextmanager
async def town(gateway: str = "") -> AsyncIterator[httpx.AsyncClient]:
    async with (
        served(build(gateway, report_after=0)) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as http,
    ):
        yield http


def key(value: str) -> dict[str, str]:
    return {**WATER, "Idempotency-Key": f'"{value}"'}


async def upset(http: httpx.AsyncClient, office: str, mode: str, seconds: float = 0.0) -> None:
    answer = await http.post("/fault", json={"office": office, "mode": mode, "seconds": seconds})
    assert answer.status_code == 200, answer.text


# office, request, status, what the answer holds (a path of keys and its value)
ASKED: list[tuple[str, str, dict[str, Any], int, list[str | int], Any]] = [
    ("GET", "/water/accounts/12345678", {"headers": WATER}, 200, ["customer", "name"], "Esther Njeri"),
    ("GET", "/water/accounts/12345678", {"headers": WATER}, 200, ["balance_cents"], 78_500),
    ("GET", "/water/accounts/00000000", {"headers": WATER}, 404, ["error", "code"], "NO_SUCH_ACCOUNT"),
    ("GET", "/water/accounts/12345678", {}, 401, ["error", "code"], "NO_KEY"),
    ("GET", "/water/accounts/88888888", {"headers": WATER}, 503, ["error", "code"], "UNAVAILABLE"),
    ("GET", "/water/accounts/77777777", {"headers": WATER}, 422, ["error", "code"], "ACCOUNT_CLOSED"),
    ("GET", "/water/faults/W-1", {"headers": WATER}, 404, ["error", "code"], "NO_SUCH_TICKET"),
    ("POST", "/water/faults", {"headers": WATER, "json": REPORT}, 400, ["error", "code"], "IDEMPOTENCY_KEY"),
    (
        "POST",
        "/water/faults",
        {"headers": {**WATER, "Idempotency-Key": "bare"}, "json": REPORT},
        400,
        ["error", "code"],
        "IDEMPOTENCY_KEY",
    ),
    ("GET", "/projects/1001", {"headers": PROJECTS}, 200, ["completion_percent"], 60),
    ("GET", "/projects/1001", {"headers": PROJECTS}, 200, ["budget", "amount", "currency"], "KES"),
    ("GET", "/projects/5555", {"headers": PROJECTS}, 404, ["error", "code"], "NO_SUCH_PROJECT"),
    ("GET", "/projects/1001", {}, 401, ["error", "code"], "NO_TOKEN"),
    ("GET", "/projects/8888", {"headers": PROJECTS}, 503, ["error", "code"], "UNAVAILABLE"),
    ("GET", "/permits/bp223184", {"headers": COUNTY}, 200, ["business"], "Amina's Kiosk"),
    ("GET", "/permits/BP223184", {}, 401, ["error", "code"], "NO_TOKEN"),
    ("GET", "/permits/BP000000", {"headers": COUNTY}, 404, ["error", "code"], "NOT_FOUND"),
    ("GET", "/permits/health", {}, 200, ["state"], "ok"),
    ("GET", "/roads/near?place=0202", {"headers": COUNTY}, 200, ["works", 1, "stage"], "halted"),
    ("GET", "/roads/near?place=0101", {"headers": COUNTY}, 200, ["works"], []),
    ("GET", "/procurement/tenders?kind=goods", {"headers": COUNTY}, 200, ["tenders", 0, "number"], "EDU02026"),
    ("GET", "/complaints/tickets/M-1", {"headers": COUNTY}, 404, ["error", "code"], "NO_SUCH_TICKET"),
    ("POST", "/payroll/payslip", {"headers": COUNTY, "json": SLIP}, 200, ["deductions_cents"], 1_187_000),
    (
        "POST",
        "/payroll/payslip",
        {"headers": COUNTY, "json": {**SLIP, "pin": "1"}},
        404,
        ["error", "code"],
        "NOT_FOUND",
    ),
    ("POST", "/payroll/payslip", {"headers": COUNTY, "content": b"[]"}, 422, ["error", "code"], "UNREADABLE"),
    ("POST", "/payroll/payslip", {"headers": COUNTY, "content": b"{"}, 422, ["error", "code"], "UNREADABLE"),
    ("POST", "/emergency/alarms", {"headers": COUNTY, "json": {}}, 422, ["error", "code"], "UNREADABLE"),
    ("POST", "/emergency/alarms", {"headers": COUNTY, "json": ALARM}, 400, ["error", "code"], "IDEMPOTENCY_KEY"),
    ("POST", "/tax/balance", {"auth": TAX, "json": OWING}, 200, ["responseData", "totalCents"], 1_545_000),
    ("POST", "/tax/balance", {"auth": TAX, "json": {**OWING, "pin": "0000"}}, 200, ["ErrorCode"], "84003"),
    ("POST", "/nowhere", {}, 404, ["detail"], "Not Found"),
]


@pytest.mark.parametrize(("method", "path", "more", "status", "where", "value"), ASKED)
async def test_offices_answer(
    method: str, path: str, more: dict[str, Any], status: int, where: list[str | int], value: Any
) -> None:
    async with town() as http:
        answer = await http.request(method, path, **more)
    assert answer.status_code == status
    found = answer.json()
    for name in where:
        found = found[name]
    assert found == value


@pytest.mark.parametrize(
    ("number", "pin", "status", "field", "value"),
    [
        ("A000000000Y", "7391", 200, "status", "OK"),
        ("a000000001x", "7391", 200, "responseCode", "70000"),
        ("A000000002W", "7391", 200, "ErrorCode", "84002"),
        ("A000000000Y", "0000", 200, "ErrorCode", "84003"),
        ("12", "7391", 200, "ErrorCode", "70001"),
        ("A000000005T", "7391", 500, "error", {"code": "INTERNAL", "message": "Unexpected error."}),
    ],
)
async def test_the_tax_authority_says_no_with_200(number: str, pin: str, status: int, field: str, value: Any) -> None:
    async with town() as http:
        answer = await http.post("/tax/compliance", auth=TAX, json={"tax_number": number, "pin": pin})
        token = await http.post(
            "/tax/compliance",
            headers={"Authorization": "Bearer demo-tax-key"},
            json={"tax_number": number, "pin": pin},
        )
        unproven = await http.post("/tax/compliance", json={"tax_number": number, "pin": pin})
    assert (answer.status_code, answer.json()[field]) == (status, value)
    assert token.status_code == status
    assert unproven.status_code == 401


async def test_nonsense_is_not_json() -> None:
    async with town() as http:
        answer = await http.get("/water/accounts/66666666", headers=WATER)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_fault_is_filed_once_however_often_it_comes() -> None:
    async with town() as http:
        answers = await asyncio.gather(*(http.post("/water/faults", headers=key("k"), json=REPORT) for _ in range(5)))
        other = await http.post("/water/faults", headers=key("k"), json=REPORT | {"place": "Kibera"})
        second = await http.post("/water/faults", headers=key("k2"), json=REPORT)
        ticket = answers[0].json()["ticket"]
        stands = await http.get(f"/water/faults/{ticket}", headers=WATER)
        received = [entry for entry in (await http.get("/received")).json() if entry["operation"] == "fault"]
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["ticket"] for answer in answers} == {ticket}
    assert other.status_code == 422
    assert second.json()["ticket"] != ticket
    assert stands.json() == {"ticket": ticket, "state": "open", "type": "burst", "place": "Kalundu"}
    assert [(entry["key"], entry["times"], entry["done"]) for entry in received] == [("k", 5, True), ("k2", 1, True)]
    assert received[0]["body"] == REPORT


async def test_a_lost_answer_was_work_done() -> None:
    async with town() as http:
        await upset(http, "water", "lost")
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post("/water/faults", headers=key("k"), json=REPORT)
        await upset(http, "water", "ok")
        again = await http.post("/water/faults", headers=key("k"), json=REPORT)
        received = (await http.get("/received")).json()
    assert again.headers["idempotent-replayed"] == "true"
    assert [(entry["times"], entry["done"]) for entry in received] == [(2, True)]


async def test_a_closed_office_does_nothing_and_sometimes_says_when_to_return() -> None:
    async with town() as http:
        await upset(http, "water-crm", "down")
        answers = [await http.post("/water/faults", headers=key("k"), json=REPORT) for _ in range(2)]
        closed = (await http.get("/received")).json()
        down = await http.get("/water/health")
        await upset(http, "water", "ok")
        up = await http.get("/water/health")
        opened = await http.post("/water/faults", headers=key("k"), json=REPORT)
    assert [answer.status_code for answer in answers] == [503, 503]
    assert sorted("retry-after" in answer.headers for answer in answers) == [False, True]
    assert [(entry["times"], entry["done"]) for entry in closed] == [(2, False)]
    assert opened.status_code == 201
    assert (down.status_code, up.status_code) == (503, 200)


async def test_a_slow_office_takes_as_long_as_ordered() -> None:
    async with town() as http:
        await upset(http, "projects", "slow", 0.3)
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/projects/1001", headers=PROJECTS, timeout=0.1)
        await upset(http, "projects", "slow", 0)
        assert (await http.get("/projects/9999", headers=PROJECTS)).status_code == 200


@pytest.mark.parametrize("order", [{"office": "post", "mode": "ok"}, {"office": "water", "mode": "tired"}])
async def test_an_unknown_office_or_mode_gets_the_list(order: dict[str, str]) -> None:
    async with town() as http:
        answer = await http.post("/fault", json=order)
        modes = (await http.get("/fault")).json()
    assert answer.status_code == 422
    assert answer.json().get("offices", answer.json().get("modes")) in (list(OFFICES), list(MODES))
    assert modes == dict.fromkeys(OFFICES, "ok")


async def test_everything_can_be_forgotten() -> None:
    async with town() as http:
        await http.post("/water/faults", headers=key("k"), json=REPORT)
        await http.post("/africastalking/version1/messaging", headers=AT, data={"to": "+254700000001", "message": "x"})
        assert (await http.get("/received")).json()
        assert (await http.get("/sms")).json()
        assert (await http.delete("/received")).status_code == 204
        assert (await http.delete("/sms")).status_code == 204
        assert (await http.get("/received")).json() == []
        assert (await http.get("/sms")).json() == []


# --- telecoms -----------------------------------------------------------------------------------------------------


async def test_africastalking_takes_messages_and_refuses_in_its_own_way() -> None:
    form = {"username": "sandbox", "to": "+254700000001,+254700000096", "message": "Received.", "from": "CIVIC"}
    async with town() as http:
        taken = await http.post("/africastalking/version1/messaging", headers=AT, data=form)
        wrong = await http.post("/africastalking/version1/messaging", headers={"apiKey": "x"}, data=form)
        await upset(http, "africastalking", "refuse")
        refused = await http.post("/africastalking/version1/messaging", headers=AT, data=form)
        sms = (await http.get("/sms")).json()
        received = (await http.get("/received")).json()
    rows = taken.json()["SMSMessageData"]["Recipients"]
    assert taken.status_code == 201
    assert [(row["statusCode"], row["status"]) for row in rows] == [(101, "Success"), (406, "UserInBlacklist")]
    assert (wrong.status_code, wrong.headers["content-type"]) == (401, "text/plain; charset=utf-8")
    assert (refused.status_code, refused.json()["SMSMessageData"]["Recipients"]) == (201, [])
    sent = [(row["channel"], row["to"], row["from"], row["text"], row["id"]) for row in sms]
    assert sent == [("africastalking", "+254700000001", "CIVIC", "Received.", rows[0]["messageId"])]
    assert received == []


async def test_twilio_takes_messages_and_refuses_in_its_own_way() -> None:
    form = {"To": "+254700000001", "From": "+15005550006", "Body": "Received."}
    who = (ACCOUNT, AUTH_TOKEN)
    async with town() as http:
        taken = await http.post(MESSAGES, auth=who, data=form)
        wrong = await http.post(MESSAGES, auth=(ACCOUNT, "x"), data=form)
        stopped = await http.post(MESSAGES, auth=who, data=form | {"To": "+254700000096"})
        sms = (await http.get("/sms")).json()
    assert (taken.status_code, taken.json()["status"]) == (201, "queued")
    assert (wrong.status_code, wrong.json()["code"]) == (401, 20003)
    assert (stopped.status_code, stopped.json()["code"]) == (400, 21610)
    assert [(row["channel"], row["id"]) for row in sms] == [("twilio", taken.json()["sid"])]


async def test_delivery_is_reported_to_the_gateway() -> None:
    got: asyncio.Queue[tuple[str, str, dict[str, str]]] = asyncio.Queue()
    gateway = FastAPI()

    @gateway.post("/in/{rest:path}")
    async def receipt(rest: str, request: Request) -> None:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        await got.put((rest, request.headers.get("x-twilio-signature", ""), form))

    async with served(gateway) as base, town(base) as http:
        back = {"StatusCallback": f"{base}/in/twilio/receipt"}
        at = await http.post("/africastalking/version1/messaging", headers=AT, data={"to": "+254700000001"})
        first = await asyncio.wait_for(got.get(), 10)
        await http.post("/africastalking/version1/messaging", headers=AT, data={"to": "+254700000099"})
        second = await asyncio.wait_for(got.get(), 10)
        await http.post(MESSAGES, auth=(ACCOUNT, AUTH_TOKEN), data={"To": "+254700000001"} | back)
        third = await asyncio.wait_for(got.get(), 10)
    assert (first[0], first[2]["status"]) == ("africastalking/demo-secret/receipt", "Success")
    assert first[2]["id"] == at.json()["SMSMessageData"]["Recipients"][0]["messageId"]
    assert (second[2]["status"], second[2]["failureReason"]) == ("Failed", "AbsentSubscriber")
    assert (third[0], third[2]["MessageStatus"]) == ("twilio/receipt", "delivered")
    assert RequestValidator(AUTH_TOKEN).validate(back["StatusCallback"], third[2], third[1])


async def test_a_gateway_that_is_away_does_not_matter() -> None:
    async with town("http://127.0.0.1:1") as http:
        await http.post("/africastalking/version1/messaging", headers=AT, data={"to": "+254700000001"})
        assert (await http.get("/received")).status_code == 200
