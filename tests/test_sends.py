"""What we send to each telecom, and what we make of each answer: tables over a canned transport."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from gateway.messages import Failed, Later, SendOutcome, Sent, Sms
from providers.telecom import TELECOMS

SAMPLES = Path(__file__).parent / "samples"
INDEX = {entry["file"]: entry for entry in json.loads((SAMPLES / "index.json").read_text())}
TEXT = "Ref CR-2026-000123: certificate ready at Kisumu office."
SMS = Sms("key-1", "+254700000001", TEXT)
AFRICASTALKING = {"username": "sandbox", "api_key": "made-up-key", "sender": "CIVILREG"}
TWILIO = {
    "account_sid": "AC00000000000000000000000000000001",
    "auth_tokens": ["0123456789abcdef0123456789abcdef", "another-token"],
    "from": "+15005550006",
    "status_callback": "https://gw.example.org/webhooks/twilio/status",
}
ACCOUNTS = {"africastalking": AFRICASTALKING, "twilio": TWILIO}

# Samples of the sending side that no test reads, and why.
NOT_SENT = {"africastalking/api_fetch_messages_response.json": "the gateway does not poll; callbacks bring SMS in"}


READ: set[str] = set()


def recorded(name: str) -> bytes:
    READ.add(name)
    return (SAMPLES / name).read_bytes()


AT_REQUEST, TWILIO_REQUEST = "africastalking/api_send_request.form", "twilio/api_create_request.form"
AT_FORM, TWILIO_FORM = recorded(AT_REQUEST).decode(), recorded(TWILIO_REQUEST).decode()


@dataclass(slots=True)
class Wire:
    """A transport that keeps what was sent and answers as told, or fails as told."""

    answer: httpx.Response | Exception
    sent: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def sending(provider: str, wire: Wire, sms: Sms = SMS, **change: Any) -> SendOutcome:
    telecom = TELECOMS[provider]
    settings = telecom.Settings.model_validate(ACCOUNTS[provider] | change)
    async with httpx.AsyncClient(transport=httpx.MockTransport(wire)) as http:
        return await telecom.send(http, settings, sms)


def sample(name: str) -> httpx.Response:
    """Return a recorded answer with its status, which Twilio's errors repeat in the body, and its content type."""
    entry, body = INDEX[name], recorded(name)
    status = entry.get("status") or json.loads(body)["status"]
    kind = {"content-type": entry["content_type"]}
    return httpx.Response(status if isinstance(status, int) else 201, content=body, headers=kind)


def recipient(code: object, **more: object) -> httpx.Response:
    one = {"statusCode": code, "number": "+254700000001", "cost": "0", "messageId": "None"} | more
    return httpx.Response(201, json={"SMSMessageData": {"Message": "Sent to 0/1", "Recipients": [one]}})


def refusal(code: object, status: int = 400, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": "x", "status": status}, headers=headers)


def form(request: httpx.Request) -> list[tuple[str, str]]:
    return parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True)


# --- what we send -------------------------------------------------------------------------------------------------


async def test_africastalking_request_has_the_documented_shape() -> None:
    wire = Wire(httpx.Response(500))
    await sending("africastalking", wire)
    request = wire.sent[0]
    wanted = [(field, SMS.to if field == "to" else value) for field, value in parse_qsl(AT_FORM)]
    assert form(request) == wanted
    assert request.content.decode() == AT_FORM.replace("%2C%2B254700000002", "")
    assert (request.method, str(request.url)) == (INDEX[AT_REQUEST]["method"], INDEX[AT_REQUEST]["url"])
    assert request.headers["content-type"] == INDEX[AT_REQUEST]["content_type"]
    assert (request.headers["apikey"], request.headers["accept"]) == ("made-up-key", "application/json")


async def test_twilio_request_has_the_documented_shape() -> None:
    wire = Wire(httpx.Response(500))
    await sending("twilio", wire, Sms("key-1", SMS.to, "Ref CR-2026-000123: certificate ready."))
    request = wire.sent[0]
    assert request.content.decode() == TWILIO_FORM
    assert (request.method, str(request.url)) == (INDEX[TWILIO_REQUEST]["method"], INDEX[TWILIO_REQUEST]["url"])
    pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
    assert pair == "AC00000000000000000000000000000001:0123456789abcdef0123456789abcdef"


PREMIUM = Sms("key-1", "+254700000001", "x", link="link-1")
SK = {"sid": "SK00000000000000000000000000000001", "secret": "of-the-key"}
AT_LIVE = "https://api.africastalking.com/version1/messaging"
AT_PREMIUM = "https://content.africastalking.com/version1/messaging"
AT_SANDBOX = "https://api.sandbox.africastalking.com/version1/messaging"
URLS: list[tuple[str, Sms, dict[str, Any], str, dict[str, str]]] = [
    ("africastalking", SMS, {"username": "county"}, AT_LIVE, {"username": "county", "bulkSMSMode": "1"}),
    ("africastalking", SMS, {"send_url": "http://127.0.0.1:8001/at"}, "http://127.0.0.1:8001/at", {"to": SMS.to}),
    ("africastalking", PREMIUM, {"short_code": "22384"}, AT_SANDBOX, {"from": "22384", "bulkSMSMode": "0"}),
    (
        "africastalking",
        PREMIUM,
        {"username": "county", "keyword": "K"},
        AT_PREMIUM,
        {"linkId": "link-1", "keyword": "K"},
    ),
    (
        "africastalking",
        PREMIUM,
        {"premium_send_url": "https://example.org/p"},
        "https://example.org/p",
        {"message": "x"},
    ),
    ("twilio", SMS, {"send_url": "http://127.0.0.1:8001/twilio"}, "http://127.0.0.1:8001/twilio", {"Body": TEXT}),
]


@pytest.mark.parametrize(("provider", "sms", "change", "url", "fields"), URLS)
async def test_where_it_goes(provider: str, sms: Sms, change: dict[str, Any], url: str, fields: dict[str, str]) -> None:
    wire = Wire(httpx.Response(500))
    await sending(provider, wire, sms, **change)
    assert str(wire.sent[0].url) == url
    assert dict(form(wire.sent[0])).items() >= fields.items()


async def test_fields_that_have_no_value_are_not_sent() -> None:
    wire = Wire(httpx.Response(500))
    await sending("africastalking", wire, sender="")
    await sending("africastalking", wire, PREMIUM)
    assert [name for name, _ in form(wire.sent[0])] == ["username", "to", "message", "bulkSMSMode", "enqueue"]
    assert [name for name, _ in form(wire.sent[1])] == ["username", "to", "message", "bulkSMSMode", "linkId"]


async def test_twilio_sends_through_a_messaging_service_and_an_api_key() -> None:
    wire, service = Wire(httpx.Response(500)), "MG00000000000000000000000000000001"
    await sending("twilio", wire, **{"from": ""}, messaging_service=service, api_key=SK, status_callback=None)
    assert [name for name, _ in form(wire.sent[0])] == ["To", "MessagingServiceSid", "Body", "ValidityPeriod"]
    pair = base64.b64decode(wire.sent[0].headers["authorization"].removeprefix("Basic ")).decode()
    assert pair == "SK00000000000000000000000000000001:of-the-key"


async def test_any_text_arrives_as_written() -> None:
    text = "Ñandú & co = 100% + ; \n€ ‘x’ አማርኛ"
    for provider, name in (("africastalking", "message"), ("twilio", "Body")):
        wire = Wire(httpx.Response(500))
        await sending(provider, wire, Sms("key-1", SMS.to, text))
        assert dict(form(wire.sent[0]))[name] == text


# --- what we make of the answers ----------------------------------------------------------------------------------

Check = Callable[[SendOutcome], bool]


def later(kind: str, after: float | None = None) -> Check:
    return lambda outcome: isinstance(outcome, Later) and (outcome.kind, outcome.after) == (kind, after)


def failed(kind: str, code: str) -> Check:
    return lambda outcome: isinstance(outcome, Failed) and (outcome.kind, outcome.code) == (kind, code)


def sent(id_: str, cost: str = "") -> Check:
    return lambda outcome: outcome == Sent(id_, cost)


ATX = "ATXid_0123456789abcdef0123456789abcdef"
ANSWERS: list[tuple[str, httpx.Response | Exception, Check]] = [
    ("africastalking", sample("africastalking/api_send_response_201.json"), sent(ATX, "KES 0.8000")),
    ("africastalking", sample("africastalking/api_send_response_mixed_201.json"), sent(ATX, "KES 0.8000")),
    ("africastalking", sample("africastalking/api_send_response_invalid_sender_201.json"), later("auth")),
    ("africastalking", sample("africastalking/api_send_response_401.txt"), later("auth")),
    ("africastalking", recipient(100, messageId="ATXid_1"), sent("ATXid_1", "0")),
    ("africastalking", recipient(102), sent("", "0")),
    ("africastalking", recipient("101", messageId="ATXid_1"), sent("ATXid_1", "0")),
    ("africastalking", recipient(401), failed("contract", "RiskHold")),
    ("africastalking", recipient(402), later("auth")),
    ("africastalking", recipient(403), failed("citizen_error", "InvalidPhoneNumber")),
    ("africastalking", recipient(404), failed("citizen_error", "UnsupportedNumberType")),
    ("africastalking", recipient(405), later("auth")),
    ("africastalking", recipient(406), failed("opted_out", "UserInBlacklist")),
    ("africastalking", recipient(407), later("temporary", 3600.0)),
    ("africastalking", recipient(409), failed("citizen_error", "DoNotDisturbRejection")),
    ("africastalking", recipient(500), later("temporary")),
    ("africastalking", recipient(501), later("temporary")),
    ("africastalking", recipient(502), failed("citizen_error", "RejectedByGateway")),
    ("africastalking", recipient(999), failed("contract", "999")),
    ("africastalking", recipient("a lot"), later("unknown")),
    ("africastalking", httpx.Response(201, json={"SMSMessageData": {"Message": "a b"}}), later("unknown")),
    (
        "africastalking",
        httpx.Response(200, json={"SMSMessageData": {"Message": "to +254700000001", "Recipients": []}}),
        failed("contract", "refused"),
    ),
    ("africastalking", httpx.Response(201, text="<html>sign in</html>"), later("unknown")),
    ("africastalking", httpx.Response(201, json=[]), later("unknown")),
    ("africastalking", httpx.Response(201, json={"SMSMessageData": {"Recipients": [7]}}), later("unknown")),
    (
        "africastalking",
        httpx.Response(400, text="Request is missing a field"),
        failed("contract", "400"),
    ),
    ("twilio", sample("twilio/api_create_response_201.json"), sent("SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1")),
    ("twilio", sample("twilio/api_error_21610.json"), failed("opted_out", "21610")),
    ("twilio", sample("twilio/api_error_20429.json"), later("temporary")),
    ("twilio", sample("twilio/api_error_20003.json"), later("auth")),
    ("twilio", refusal(21211), failed("citizen_error", "21211")),
    ("twilio", refusal(30006), failed("citizen_error", "30006")),
    ("twilio", refusal(21606), later("auth")),
    ("twilio", refusal(21611, 400), later("temporary")),
    ("twilio", refusal(20429, 429, **{"retry-after": "7"}), later("temporary", 7.0)),
    ("twilio", refusal(99999), failed("contract", "99999")),
    ("twilio", refusal(["21610"]), failed("contract", "400")),
    ("twilio", refusal(99999, 500), later("temporary")),
    ("twilio", httpx.Response(400, text="no JSON"), failed("contract", "400")),
    ("twilio", httpx.Response(401, text="no JSON"), later("auth")),
    ("twilio", httpx.Response(201, text="no JSON"), later("unknown")),
    ("twilio", httpx.Response(201, json={"sid": None}), later("unknown")),
    *[
        (provider, answer, check)
        for provider in TELECOMS
        for answer, check in (
            (httpx.Response(503, headers={"retry-after": "120"}), later("temporary", 120.0)),
            (httpx.Response(429, headers={"retry-after": "a while"}), later("temporary")),
            (httpx.Response(408), later("temporary")),
            (httpx.Response(403), later("auth")),
            (httpx.Response(302, headers={"location": "https://example.org/"}), later("temporary")),
            (httpx.ConnectError("no route"), later("temporary")),
            (httpx.ConnectTimeout("slow"), later("temporary")),
            (httpx.PoolTimeout("busy"), later("temporary")),
            (httpx.ReadTimeout("slow"), later("unknown")),
            (httpx.WriteTimeout("slow"), later("unknown")),
            (httpx.ReadError("reset"), later("unknown")),
            (httpx.RemoteProtocolError("nonsense"), later("unknown")),
            (TimeoutError(), later("unknown")),
        )
    ],
]


@pytest.mark.parametrize(("provider", "answer", "check"), ANSWERS)
async def test_answer(provider: str, answer: httpx.Response | Exception, check: Check) -> None:
    wire = Wire(answer)
    outcome = await sending(provider, wire)
    assert check(outcome), outcome
    assert len(wire.sent) == 1
    assert "+254700000001" not in str(outcome)


async def test_nothing_of_the_client_goes_along() -> None:
    for provider in TELECOMS:
        wire = Wire(httpx.Response(302, headers={"location": "https://example.org/", "set-cookie": "a=b"}))
        telecom = TELECOMS[provider]
        settings = telecom.Settings.model_validate(ACCOUNTS[provider])
        own = {"headers": {"x-own": "1"}, "cookies": {"c": "1"}, "auth": ("u", "p"), "follow_redirects": True}
        async with httpx.AsyncClient(transport=httpx.MockTransport(wire), **own) as http:
            await telecom.send(http, settings, SMS)
            await telecom.send(http, settings, SMS)
        assert len(wire.sent) == 2
        assert wire.sent[0].headers == wire.sent[1].headers
        assert not {"cookie", "x-own"} & set(wire.sent[1].headers)
        assert wire.sent[0].headers.get("authorization", "").startswith("Basic ") == (provider == "twilio")


def test_no_sample_is_left_out() -> None:
    sides = ("api_request", "api_response")
    asked = {file for file, entry in INDEX.items() if entry["direction"] in sides and file.split("/")[0] in TELECOMS}
    assert len(asked) == 11
    assert asked - READ == set(NOT_SENT)
