"""What we send to each telecom, and what we make of each answer: tables over a canned transport."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import yaml

from gateway.messages import Failed, Later, SendOutcome, Sent, Sms
from providers.telecom import TELECOMS, madapi
from tests.test_callbacks import book
from tests.town import ROOT

SAMPLES = Path(__file__).parent.parent / "providers/samples"
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
KANNEL = {
    "send_url": "http://kannel:13013/cgi-bin/sendsms",
    "username": "gw",
    "password": "made-up",
    "from": "22384",
}
VONAGE = {"api_key": "abcd1234", "api_secret": "made-up-secret", "from": "CIVILREG"}
JASMIN = {"send_url": "http://jasmin:1401/send", "username": "gw", "password": "made-up", "from": "22384"}
INFOBIP = {"url": "https://abc123.api.example.org", "api_key": "made-up-key", "sender": "CIVILREG"}
SMSGATE = {"username": "gw", "password": "made-up-password", "number": "+254700000022"}
TELERIVET = {"api_key": "made-up-key", "project": "PJ0123456789abcdef", "webhook_secrets": ["made-up-secret"]}
GENERIC_SMS: dict[str, Any] = {
    "receive": {"transport": "form", "id": "id", "from": "from", "text": "text"},
    "send": {
        "url": "https://sms.example.org/send",
        "headers": {"Authorization": "Bearer {token}"},
        "json": {"to": "{number}", "from": "{sender}", "text": "{text}", "ref": "{key}", "unicode": False},
        "sender": "CIVILREG",
        "values": {"token": "made-up-token"},
        "taken": {"where": "$.status", "is": ["ok"]},
        "id": "$.id",
        "refused": [
            {"where": "$.code", "is": [101], "means": "auth"},
            {"where": "$.code", "is": [201], "means": "citizen_error"},
            {"where": "$.code", "is": [202], "means": "no_route"},
            {"text": "black ?list", "means": "opted_out"},
            {"status": 410, "where": "$.code", "means": "temporary"},
        ],
    },
}
MADAPI = {"client_id": "made-up-client", "client_secret": "made-up-secret", "sender": "22384"}
ACCOUNTS = {
    "africastalking": AFRICASTALKING,
    "generic_sms": GENERIC_SMS,
    "infobip": INFOBIP,
    "jasmin": JASMIN,
    "kannel": KANNEL,
    "madapi": MADAPI,
    "smsgate": SMSGATE,
    "telerivet": TELERIVET,
    "twilio": TWILIO,
    "vonage": VONAGE,
}
TOLD_APART = {"gammu": "test_gammu_puts_an_sms_into_the_queue"}  # it starts a process

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
        if provider == "madapi":
            madapi._TOKENS[http] = madapi._Token("made-up-token", float("inf"))
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


def vonage(*statuses: str) -> httpx.Response:
    parts = [
        {"status": status, "message-id": f"m{number}", "message-price": "0.0100"}
        for number, status in enumerate(statuses)
    ]
    return httpx.Response(200, json={"message-count": str(len(parts)), "messages": parts})


def infobip(group: object, name: str) -> httpx.Response:
    status = {"groupId": group, "groupName": "x", "name": name}
    return httpx.Response(200, json={"messages": [{"messageId": "key-1", "status": status}]})


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


KANNEL_QUERIES = [
    parse_qsl(recorded(name).decode(), keep_blank_values=True, encoding="latin-1")
    for name in ("kannel/sendsms.query", "kannel/sendsms_ucs2.query")
]


async def test_kannel_requests_are_those_of_the_recordings() -> None:
    receipts, wire = "https://gw.example.org/webhooks/kannel/made-up-secret/dlr", Wire(httpx.Response(500))
    await sending("kannel", wire, Sms("gw-000001", SMS.to, "Ref CR-2026-000123 ready"), receipts=receipts)
    await sending("kannel", wire, Sms("gw-000001", SMS.to, "እርዳታ"))
    sent = [parse_qsl(request.url.query.decode(), encoding="latin-1") for request in wire.sent]
    assert sent == KANNEL_QUERIES
    assert {(r.method, str(r.url).partition("?")[0]) for r in wire.sent} == {("GET", KANNEL["send_url"])}
    await sending("kannel", wire, smsc="orange")
    assert dict(parse_qsl(wire.sent[2].url.query.decode()))["smsc"] == "orange"


async def test_jasmin_request() -> None:
    wire = Wire(httpx.Response(500))
    await sending("jasmin", wire, receipts="https://gw.example.org/in/jasmin/made-up-secret/receipt")
    await sending("jasmin", wire, Sms("key-1", SMS.to, "እ"))
    always = {"username": "gw", "password": "made-up", "to": "254700000001", "from": "22384"}
    reports = {"dlr": "yes", "dlr-url": "https://gw.example.org/in/jasmin/made-up-secret/receipt", "dlr-level": "3"}
    assert dict(form(wire.sent[0])) == always | reports | {"dlr-method": "POST", "coding": "0", "content": TEXT}
    assert dict(form(wire.sent[1])) == always | {"dlr": "no", "coding": "8", "hex-content": "12a5"}


async def test_vonage_request() -> None:
    wire = Wire(httpx.Response(500))
    await sending("vonage", wire)
    await sending("vonage", wire, Sms("key-1", SMS.to, "€ እ"), receipts="https://gw.example.org/in/v/s3cret-s3cret/receipt")
    asked = {"to": "254700000001", "from": "CIVILREG"}
    assert dict(form(wire.sent[0])) == asked | {"text": TEXT}
    report = {"status-report-req": "1", "callback": "https://gw.example.org/in/v/s3cret-s3cret/receipt"}
    assert dict(form(wire.sent[1])) == asked | report | {"text": "€ እ", "type": "unicode"}
    assert str(wire.sent[0].url) == "https://rest.nexmo.com/sms/json"


# provider, what changes in its settings, the URL, the JSON
JSON_SENDS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "infobip",
        {"receipts": "https://gw.example.org/r"},
        "https://abc123.api.example.org/sms/3/messages",
        {
            "messages": [
                {
                    "sender": "CIVILREG",
                    "destinations": [{"to": "254700000001", "messageId": "key-1"}],
                    "content": {"text": TEXT},
                    "webhooks": {
                        "delivery": {
                            "url": "https://gw.example.org/r",
                            "intermediateReport": True,
                            "contentType": "application/json",
                        }
                    },
                }
            ]
        },
    ),
    (
        "smsgate",
        {"sim": 2},
        "https://api.sms-gate.app/3rdparty/v1/messages",
        {
            "id": "key-1",
            "textMessage": {"text": TEXT},
            "phoneNumbers": ["+254700000001"],
            "withDeliveryReport": True,
            "ttl": 86400,
            "simNumber": 2,
        },
    ),
    (
        "smsgate",
        {"url": "http://192.0.2.9:8080"},
        "http://192.0.2.9:8080/message",
        {
            "id": "key-1",
            "textMessage": {"text": TEXT},
            "phoneNumbers": ["+254700000001"],
            "withDeliveryReport": True,
            "ttl": 86400,
        },
    ),
    (
        "telerivet",
        {"receipts": "https://gw.example.org/r", "route": "PN1"},
        "https://api.telerivet.com/v1/projects/PJ0123456789abcdef/messages/send",
        {
            "to_number": "+254700000001",
            "content": TEXT,
            "message_type": "sms",
            "route_id": "PN1",
            "status_url": "https://gw.example.org/r",
            "status_secret": "made-up-secret",
        },
    ),
    (
        "generic_sms",
        {},
        "https://sms.example.org/send",
        {"to": "254700000001", "from": "CIVILREG", "text": TEXT, "ref": "key-1", "unicode": False},
    ),
    (
        "madapi",
        {"cp_address": "county"},
        "https://api.mtn.com/v2/messages/sms/outbound",
        {
            "senderAddress": "22384",
            "receiverAddress": ["254700000001"],
            "message": TEXT,
            "clientCorrelator": "key-1",
            "cpAddress": "county",
        },
    ),
]


@pytest.mark.parametrize(("provider", "change", "url", "body"), JSON_SENDS)
async def test_json_request(provider: str, change: dict[str, Any], url: str, body: dict[str, Any]) -> None:
    wire = Wire(httpx.Response(500))
    await sending(provider, wire, **change)
    assert (wire.sent[0].method, str(wire.sent[0].url)) == ("POST", url)
    assert json.loads(wire.sent[0].content) == body
    assert wire.sent[0].headers["content-type"] == "application/json"


async def test_an_id_of_the_app_is_our_key_without_its_kind() -> None:
    wire = Wire(httpx.Response(409))
    key = "01234567-89ab-4def-8123-456789abcdef"
    assert await sending("smsgate", wire, Sms(f"answer-{key}", SMS.to, "x")) == Sent(key)
    assert json.loads(wire.sent[0].content)["id"] == key


# what the description changes, the URL, the body, the header
DESCRIBED: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"json": None, "form": {"to": "{to}", "text": "{text}", "key": "{token}"}},
        "https://sms.example.org/send",
        "to=%2B254700000001&text=%E1%8A%A5+%7Bkey%7D+%26&key=made-up-token",
        "application/x-www-form-urlencoded",
    ),
    (
        {"json": None, "method": "GET", "query": {"to": "{number}", "hex": "{hex}", "dcs": "{coding}"}},
        "https://sms.example.org/send?to=254700000001&hex=12a50020007b006b00650079007d00200026&dcs=8",
        "",
        "",
    ),
    (
        {"json": None, "body": "{to} {text}", "content_type": "text/x-sms"},
        "https://sms.example.org/send",
        "+254700000001 እ {key} &",
        "text/x-sms",
    ),
]


@pytest.mark.parametrize(("change", "url", "body", "kind"), DESCRIBED)
async def test_a_described_request(change: dict[str, Any], url: str, body: str, kind: str) -> None:
    wire = Wire(httpx.Response(200, text="OK id=17\n"))
    send = GENERIC_SMS["send"] | change | {"taken": {"text": "^OK"}, "id": "id=([0-9]+)"}
    outcome = await sending("generic_sms", wire, Sms("key-1", SMS.to, "እ {key} &"), send=send)
    assert outcome == Sent("17")
    request = wire.sent[0]
    assert (str(request.url), request.content.decode()) == (url, body)
    assert request.headers.get("content-type", "") == kind
    assert request.headers["authorization"] == "Bearer made-up-token"


SECRETIVE = f'no\x1b[31m {{"to": "{SMS.to}", "text": "{SMS.text}", "key": "made-up-token"}} +254 700-000 001 '
SECRETIVE += 200 * "x"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(200, text="ERR 42 no  credit\n"), "explains it: it answered 200 ERR 42 no credit"),
        (httpx.Response(410), "the gateway answered 410"),
        (httpx.Response(410, text="gone"), "the gateway answered 410 gone"),
        (httpx.Response(200, json={"status": "no", "code": 201}), 'it answered 200 {"status":"no","code":201}'),
        (httpx.Response(200, json={"status": "ok"}), 'may have been sent: it answered 200 {"status":"ok"}'),
        (httpx.Response(410, text=SECRETIVE), 'answered 410 no [31m {"to": "…", "text": "…", "key": "…"} +…'),
    ],
)
async def test_a_described_gateway_is_quoted_without_secrets(answer: httpx.Response, why: str) -> None:
    outcome = await sending("generic_sms", Wire(answer))
    assert isinstance(outcome, (Failed, Later)) and why in outcome.why, outcome
    assert len(outcome.why.partition("answered ")[2]) <= 104 and outcome.why.isprintable()


class Mtn:
    """MTN's two doors: tokens, and SMS that are taken with the latest token only."""

    def __init__(self) -> None:
        self.tokens, self.taken, self.answer = 0, 0, httpx.Response(200)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/oauth/access_token":
            assert dict(form(request)) == {"client_id": "made-up-client", "client_secret": "made-up-secret"}
            self.tokens += 1
            if self.answer.status_code != 200:
                return self.answer
            return httpx.Response(200, json={"access_token": f"t{self.tokens}", "expires_in": "3599"})
        if request.headers["authorization"] != f"Bearer t{self.tokens}":
            return httpx.Response(401)
        self.taken += 1
        return httpx.Response(201, json={"statusCode": "0000"})


async def test_madapi_keeps_its_token_and_asks_anew_when_it_is_withdrawn() -> None:
    mtn, settings = Mtn(), TELECOMS["madapi"].Settings.model_validate(MADAPI)
    async with httpx.AsyncClient(transport=httpx.MockTransport(mtn)) as http:
        for _ in range(3):
            assert await madapi.send(http, settings, SMS) == Sent("key-1")
        assert (mtn.tokens, mtn.taken) == (1, 3)
        madapi._TOKENS[http] = madapi._Token("withdrawn", float("inf"))
        assert await madapi.send(http, settings, SMS) == Sent("key-1")
        assert (mtn.tokens, mtn.taken) == (2, 4)
        madapi._TOKENS[http] = madapi._Token("over", 0.0)
        assert await madapi.send(http, settings, SMS) == Sent("key-1")
        assert mtn.tokens == 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(401), "auth"),
        (httpx.Response(400), "auth"),
        (httpx.Response(503), "temporary"),
    ],
)
async def test_without_a_token_nothing_is_sent(answer: httpx.Response, kind: str) -> None:
    mtn, settings = Mtn(), TELECOMS["madapi"].Settings.model_validate(MADAPI)
    mtn.answer = answer
    async with httpx.AsyncClient(transport=httpx.MockTransport(mtn)) as http:
        outcome = await madapi.send(http, settings, SMS)
    assert isinstance(outcome, Later) and outcome.kind == kind
    assert mtn.taken == 0


def sent_by_gammu(outcome: SendOutcome) -> bool:
    return outcome == Sent("OUTC20261124_090000_00_+254700000001_sms0.txt")


GAMMU: list[tuple[str, Callable[[SendOutcome], bool]]] = [
    ('cat > "$0.text"; echo "Written message with ID OUTC20261124_090000_00_+254700000001_sms0.txt"', sent_by_gammu),
    ("cat > /dev/null", lambda outcome: isinstance(outcome, Later) and outcome.kind == "unknown"),
    ("exit 3", lambda outcome: isinstance(outcome, Later) and outcome.kind == "auth"),
]


@pytest.mark.parametrize(("script", "check"), GAMMU)
async def test_gammu_puts_an_sms_into_the_queue(
    tmp_path: Path, script: str, check: Callable[[SendOutcome], bool]
) -> None:
    inject = tmp_path / "inject"
    inject.write_text(f'#!/bin/sh\necho "$@" > "$0.arguments"\n{script}\n')
    inject.chmod(0o755)
    telecom = TELECOMS["gammu"]
    settings = telecom.Settings.model_validate({"number": "+254700000022", "inject": str(inject), "smsdrc": "/x"})
    async with httpx.AsyncClient() as http:
        outcome = await telecom.send(http, settings, Sms("key-1", SMS.to, "የውሃ x"))
    assert check(outcome), outcome
    assert (tmp_path / "inject.arguments").read_text() == "-c /x TEXT +254700000001 -report -autolen 5 -unicode\n"
    if isinstance(outcome, Sent):
        assert (tmp_path / "inject.text").read_text() == "የውሃ x"


async def test_gammu_that_is_not_installed_is_said() -> None:
    telecom = TELECOMS["gammu"]
    settings = telecom.Settings.model_validate({"number": "+254700000022", "inject": "/nowhere/gammu-smsd-inject"})
    async with httpx.AsyncClient() as http:
        outcome = await telecom.send(http, settings, SMS)
    assert isinstance(outcome, Later) and outcome.kind == "auth" and "cannot be run" in outcome.why


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
    ("vonage", sample("vonage/api_send_response_ok.json"), sent("16000002CB8B0A12", "EUR 0.0333")),
    ("vonage", sample("vonage/api_send_response_throttled.json"), later("temporary")),
    ("vonage", vonage("5"), later("temporary")),
    ("vonage", vonage("4"), later("auth")),
    ("vonage", vonage("9"), later("auth")),
    ("vonage", vonage("7"), failed("citizen_error", "7")),
    ("vonage", vonage("33"), failed("citizen_error", "33")),
    ("vonage", vonage("3"), failed("contract", "3")),
    ("vonage", vonage("x"), failed("contract", "refused")),
    ("vonage", vonage("0", "0"), sent("m0", "EUR 0.0200")),
    ("vonage", vonage("0", "1"), later("unknown")),
    ("vonage", httpx.Response(200, json={"messages": []}), later("unknown")),
    ("vonage", httpx.Response(200, text="<html>"), later("unknown")),
    ("vonage", httpx.Response(422), failed("contract", "422")),
    ("kannel", sample("kannel/sendsms_response_202.txt"), sent("key-1")),
    ("kannel", httpx.Response(202, text="3: Queued for later delivery"), sent("key-1")),
    ("kannel", sample("kannel/sendsms_response_403.txt"), later("auth")),
    ("kannel", httpx.Response(503, text="Temporal failure, try again later."), later("temporary")),
    ("kannel", httpx.Response(400, text="Empty receiver number not allowed, rejected"), failed("contract", "400")),
    ("kannel", httpx.Response(200, text="<html>"), later("unknown")),
    ("jasmin", sample("jasmin/send_response_ok.txt"), sent("6c8a0a52-0000-4000-8000-000000000002")),
    ("jasmin", sample("jasmin/send_response_error.txt"), later("temporary", 3600.0)),
    ("jasmin", httpx.Response(400, text='Error "Argument [x] is unknown."'), failed("contract", "400")),
    ("jasmin", httpx.Response(500, text='Error "Cannot send submit_sm"'), later("temporary")),
    ("jasmin", httpx.Response(200, text="<html>"), later("unknown")),
    ("infobip", infobip(1, "PENDING_ACCEPTED"), sent("key-1")),
    ("infobip", infobip(3, "DELIVERED_TO_HANDSET"), sent("key-1")),
    ("infobip", infobip(5, "REJECTED_NOT_ENOUGH_CREDITS"), later("auth")),
    ("infobip", infobip(5, "REJECTED_ROUTE_NOT_AVAILABLE"), later("temporary", 3600.0)),
    ("infobip", infobip(5, "REJECTED_SYSTEM_ERROR"), later("temporary")),
    (
        "infobip",
        infobip(5, "REJECTED_DESTINATION_ON_BLACKLIST"),
        failed("opted_out", "REJECTED_DESTINATION_ON_BLACKLIST"),
    ),
    ("infobip", infobip(5, "REJECTED_PREFIX_MISSING"), failed("citizen_error", "REJECTED_PREFIX_MISSING")),
    ("infobip", infobip(5, "REJECTED_FOR_A_WHIM"), failed("contract", "REJECTED_FOR_A_WHIM")),
    ("infobip", infobip(5, "to +254700000001"), failed("contract", "refused")),
    ("infobip", infobip("?", "x"), later("unknown")),
    ("infobip", httpx.Response(200, json={"messages": []}), later("unknown")),
    ("infobip", httpx.Response(400, json={"requestError": {}}), failed("contract", "400")),
    ("smsgate", httpx.Response(202, json={"id": "key-1", "state": "Pending", "recipients": []}), sent("key-1")),
    ("smsgate", httpx.Response(409, json={"message": "exists"}), sent("key-1")),
    ("smsgate", httpx.Response(202, json={"id": "key-1", "state": "Failed"}), failed("citizen_error", "Failed")),
    ("smsgate", httpx.Response(202, json=[]), later("unknown")),
    ("smsgate", httpx.Response(400, json={"message": "x"}), failed("contract", "400")),
    ("telerivet", httpx.Response(200, json={"id": "SM1", "status": "queued"}), sent("SM1")),
    ("telerivet", httpx.Response(200, json={"id": "SM1", "status": "failed"}), failed("citizen_error", "failed")),
    ("telerivet", httpx.Response(402, json={"error": {}}), later("auth")),
    ("telerivet", httpx.Response(400, json={"error": {"code": "invalid_param"}}), failed("contract", "400")),
    ("telerivet", httpx.Response(200, json={"status": "queued"}), later("unknown")),
    ("generic_sms", httpx.Response(200, json={"status": "ok", "id": 17}), sent("17")),
    ("generic_sms", httpx.Response(200, json={"status": "ok"}), later("unknown")),
    ("generic_sms", httpx.Response(200, json={"status": "ok", "id": {}}), later("unknown")),
    ("generic_sms", httpx.Response(200, json={"status": "no", "code": 101}), later("auth")),
    ("generic_sms", httpx.Response(200, json={"status": "no", "code": "201"}), failed("citizen_error", "refused")),
    ("generic_sms", httpx.Response(500, json={"status": "no", "code": 202}), later("temporary", 3600.0)),
    ("generic_sms", httpx.Response(400, text="on the blacklist"), failed("opted_out", "opted_out")),
    ("generic_sms", httpx.Response(410, json={"code": 1}), later("temporary")),
    ("generic_sms", httpx.Response(410, text="gone"), failed("contract", "410")),
    ("generic_sms", httpx.Response(200, json={"status": "no"}), failed("contract", "refused")),
    ("madapi", httpx.Response(201, json={"statusCode": "0000", "transactionId": "t1"}), sent("key-1")),
    ("madapi", httpx.Response(200, json={"statusCode": "4001"}), failed("contract", "4001")),
    ("madapi", httpx.Response(400, json={"statusCode": "4001"}), failed("contract", "400")),
    ("madapi", httpx.Response(201, text="x"), later("unknown")),
    *[
        (provider, answer, check)
        for provider in ACCOUNTS
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
    assert "254700000001" not in str(outcome)
    assert not any(secret in str(outcome) for secret in ("made-up", "another-token", TEXT[:20]))


def advanta() -> dict[str, Any]:
    """Return the channel of Advanta's page, without what is the gateway's own."""
    page = (ROOT / "docs/telecoms/advanta_sms.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    channel = yaml.safe_load(re.sub(r"env:\w+", "made-up-secret", block))["channels"]["advanta_sms"]
    return {key: value for key, value in channel.items() if key not in ("provider", "sms")}


def of_advanta(code: int, **more: object) -> httpx.Response:
    return httpx.Response(200, json={"responses": [{"respose-code": code, "mobile": 254700000001, **more}]})


ANSWERS_OF_ADVANTA: list[tuple[httpx.Response, Check]] = [
    (of_advanta(200, messageid=8290842), sent("8290842")),
    (httpx.Response(200, json={"responses": [{"response-code": 200, "messageid": "88"}]}), sent("88")),
    (httpx.Response(200, json={"response-code": 1006, "response-description": "Invalid credentials"}), later("auth")),
    (of_advanta(1004), later("auth")),
    (of_advanta(4090), later("temporary")),
    (of_advanta(1003), failed("citizen_error", "refused")),
    (of_advanta(9999), failed("contract", "refused")),
    (of_advanta(200), later("unknown")),
]


@pytest.mark.parametrize(("answer", "check"), ANSWERS_OF_ADVANTA)
async def test_answer_of_advanta_as_its_page_describes_it(answer: httpx.Response, check: Check) -> None:
    telecom, wire = TELECOMS["generic_sms"], Wire(answer)
    async with httpx.AsyncClient(transport=httpx.MockTransport(wire)) as http:
        outcome = await telecom.send(http, telecom.Settings.model_validate(advanta()), SMS)
    assert check(outcome), outcome
    assert json.loads(wire.sent[0].content)["mobile"] == SMS.to.removeprefix("+")


def test_the_page_of_advanta_describes_what_its_book_plays() -> None:
    assert {key: advanta()[key] for key in ("receive", "report")} == {
        key: book("advanta_sms")["settings"][key] for key in ("receive", "report")
    }


async def test_nothing_of_the_client_goes_along() -> None:
    for provider in ACCOUNTS.keys() - {"madapi", "generic_sms"}:
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
        says = wire.sent[0].headers.get("authorization", "").partition(" ")[0]
        assert says == {"africastalking": "", "kannel": "", "jasmin": "", "infobip": "App"}.get(provider, "Basic")


def test_no_sample_is_left_out() -> None:
    sides = ("api_request", "api_response")
    senders = {name for name, telecom in TELECOMS.items() if telecom.SMS}
    asked = {file for file, entry in INDEX.items() if entry["direction"] in sides and file.split("/")[0] in senders}
    assert len(asked) == 11 + 2 + 4 + 2
    assert asked - READ == set(NOT_SENT)
    assert {name for name, telecom in TELECOMS.items() if telecom.SMS} == {*ACCOUNTS, *TOLD_APART}
