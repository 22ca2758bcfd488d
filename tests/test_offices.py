"""The office adapter: what it sends, what it makes of every answer, and a server on loopback that misbehaves."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.messages import Call, Delivered, Failed, Found, GatewayError, Health, Later, Lookup, Missing, Outcome
from providers.backoffice import OFFICES, http_json
from providers.exchange import Answered, json_of, wait_asked

OFFICE = OFFICES["http_json"]
OPERATIONS: dict[str, Any] = {
    "account": {
        "method": "GET",
        "path": "/accounts/{number}",
        "answer": {"name": "$.customer.name", "balance": "$.balance_cents"},
    },
    "exists": {"method": "GET", "path": "/permits/{number}"},
    "fault": {"path": "/faults", "answer": {"ticket": "$.ticket"}, "status": "ticket"},
    "ticket": {"method": "GET", "path": "/faults/{ticket}", "answer": {"state": "$.state"}},
    "plain": {"path": "/plain"},
    "tenders": {
        "method": "GET",
        "path": "/tenders",
        "answer": {"tenders": {"list": "$.open", "each": {"number": "$.no", "title": "$.title.en"}}, "as_of": "$.day"},
    },
    "ruled": {"path": "/ruled", "refused": {"where": "$.error"}},
    "tax": {
        "path": "/pins",
        "send": {"TaxpayerPIN": "{pin}", "who": {"phone": "tel:{phone}", "n": ["{count}", 7]}},
        "answer": {"status": "$..Status"},
        "missing": {"where": "$.ErrorCode", "is": [84002]},
        "refused": [
            {"where": "$.ErrorCode"},
            {"status": [400, 422], "where": "$.reason", "is": "bad"},
            {"status": 417},
        ],
        "later": [{"where": "$.ErrorCode", "is": "84099"}, {"status": 418}],
    },
}
PLAIN: dict[str, Any] = {"url": "http://office.example/api", "operations": OPERATIONS}
KEY = "01900000-0000-7000-8000-000000000001"


def configured(**change: Any) -> Any:
    return OFFICE.Settings.model_validate(PLAIN | change)


SETTINGS = configured()


@dataclass(slots=True)
class Wire:
    answer: httpx.Response
    sent: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.answer


# --- what we send -------------------------------------------------------------------------------------------------


def test_what_an_operation_needs_and_answers() -> None:
    assert OFFICE.needs(SETTINGS, "account") == {"number"}
    assert OFFICE.needs(SETTINGS, "tax") == {"pin", "phone", "count"}
    assert OFFICE.needs(SETTINGS, "fault") == frozenset()
    assert OFFICE.needs(SETTINGS, "nonsense") is None
    assert OFFICE.answers(SETTINGS, "account") == {"name": frozenset(), "balance": frozenset()}
    assert OFFICE.answers(SETTINGS, "tenders") == {"tenders": {"number", "title"}, "as_of": frozenset()}


def test_a_template_keeps_types_and_fills_texts() -> None:
    call = OFFICE.compose(SETTINGS, "tax", {"pin": None, "phone": "+254700000001", "count": 3, "more": 1})
    sent = {"TaxpayerPIN": None, "who": {"phone": "tel:+254700000001", "n": [3, 7]}}
    assert (call.method, call.path, json.loads(call.body)) == ("POST", "/pins", sent)


def test_without_a_template_all_that_the_menu_sends_goes_out() -> None:
    menu = {"type": "burst", "place": "Kalundu", "urgent": True, "name": "Kéita {x}"}
    call = OFFICE.compose(SETTINGS, "fault", menu)
    assert json.loads(call.body) == menu
    assert OFFICE.compose(SETTINGS, "fault", dict(reversed(menu.items()))) == call


PATHS: list[tuple[str, dict[str, str], dict[str, Any], str]] = [
    ("/accounts/{n}", {}, {"n": "12 3"}, "/accounts/12%203"),
    ("/accounts/{n}", {}, {"n": "?a=b#c&d%2F"}, "/accounts/%3Fa%3Db%23c%26d%252F"),
    ("/accounts/{n}.json", {}, {"n": "é"}, "/accounts/%C3%A9.json"),
    ("/a-{n}/b/{m}", {}, {"n": 7, "m": "..x"}, "/a-7/b/..x"),
    (
        "/search",
        {"q": "{n}", "all": "yes", "x": "a {m}"},
        {"n": "a&b=c/..", "m": True},
        "/search?q=a%26b%3Dc%2F..&all=yes&x=a%20true",
    ),
]


@pytest.mark.parametrize(("path", "query", "send", "composed"), PATHS)
async def test_path(path: str, query: dict[str, str], send: dict[str, Any], composed: str) -> None:
    office = configured(operations={"x": {"method": "GET", "path": path, "query": query}})
    call, wire = OFFICE.compose(office, "x", send), Wire(httpx.Response(200, json={}))
    assert call == Call("GET", composed)
    async with httpx.AsyncClient(transport=httpx.MockTransport(wire)) as http:
        await OFFICE.look_up(http, office, "x", call, 3.0)
    assert wire.sent[0].url.raw_path.decode() == "/api" + composed
    assert wire.sent[0].content == b""
    assert "content-type" not in wire.sent[0].headers


@pytest.mark.parametrize("value", ["", " ", ".", "..", "../admin", "1/close", "..\\admin", "a/", None])
def test_a_value_cannot_leave_its_segment(value: Any) -> None:
    with pytest.raises(GatewayError, match="cannot stand in a path"):
        OFFICE.compose(SETTINGS, "account", {"number": value})


@given(st.text(st.characters(codec="utf-8")))
@settings(deadline=None)
def test_whatever_is_typed_stays_one_segment(value: str) -> None:
    try:
        path = OFFICE.compose(SETTINGS, "account", {"number": value}).path
    except GatewayError:
        return
    url = httpx.URL("http://office.example/api" + path)
    assert url.raw_path.decode() == "/api" + path
    assert (url.path.count("/"), url.query, url.fragment) == (3, b"", "")
    assert url.path == "/api/accounts/" + value


def test_a_name_that_the_menu_does_not_send_is_told() -> None:
    with pytest.raises(GatewayError, match="needs 'number'"):
        OFFICE.compose(SETTINGS, "account", {"nummer": "1"})


AUTHS: list[tuple[dict[str, Any] | None, dict[str, str]]] = [
    (None, {}),
    ({"api_key": {"header": "X-Api-Key", "value": "made-up"}}, {"x-api-key": "made-up"}),
    ({"basic": {"username": "gw", "password": "made up"}}, {"authorization": "Basic Z3c6bWFkZSB1cA=="}),
    ({"bearer": "made-up"}, {"authorization": "Bearer made-up"}),
]


@pytest.mark.parametrize(("auth", "headers"), AUTHS)
async def test_every_attempt_is_the_same(auth: dict[str, Any] | None, headers: dict[str, str]) -> None:
    office = configured(auth=auth, headers={"X-Road-Client": "KE/GOV/1/gw"})
    wire = Wire(httpx.Response(503, headers={"set-cookie": "a=b"}))
    call = OFFICE.compose(office, "fault", {"place": "Kalundu"})
    async with httpx.AsyncClient(transport=httpx.MockTransport(wire)) as http:
        await OFFICE.deliver(http, office, "fault", call, KEY)
        await OFFICE.deliver(http, office, "fault", call, KEY)
    first, second = wire.sent
    assert (first.method, first.url, first.content) == (second.method, second.url, second.content)
    assert first.headers == second.headers
    wanted = headers | {
        "idempotency-key": f'"{KEY}"',
        "content-type": "application/json",
        "x-road-client": "KE/GOV/1/gw",
        "accept-encoding": "identity",
    }
    assert {name: first.headers[name] for name in wanted} == wanted
    assert ("authorization" in first.headers) == ("authorization" in headers)


# --- what we make of the answers ----------------------------------------------------------------------------------


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers={name.replace("_", "-"): v for name, v in headers.items()})


Check = Callable[[Outcome | Lookup], bool]


def later(kind: str = "temporary", after: float | None = None) -> Check:
    return lambda outcome: isinstance(outcome, Later) and (outcome.kind, outcome.after) == (kind, after)


def failed(kind: str, code: str) -> Check:
    return lambda outcome: isinstance(outcome, Failed) and (outcome.kind, outcome.code) == (kind, code)


def just(value: Outcome | Lookup) -> Check:
    return lambda outcome: outcome == value


DATE = "Wed, 04 Mar 2026 09:20:00 GMT"
OK = {"RESPONSE": {"RESULT": {"ResponseCode": "84000", "Status": "OK"}}}
BOTH: list[tuple[httpx.Response, Check]] = [
    (answer(400), failed("contract", "400")),
    (answer(401), later("auth")),
    (answer(403, {"why": "quota"}), later("auth")),
    (answer(405), failed("contract", "405")),
    (answer(408), later()),
    (answer(409), later()),
    (answer(409, retry_after="3"), later(after=3.0)),
    (answer(410), failed("contract", "410")),
    (answer(422, {"error": "x"}), failed("contract", "422")),
    (answer(425), later()),
    (answer(429, retry_after="7"), later(after=7.0)),
    (answer(500), later()),
    (answer(503, retry_after="Wed, 04 Mar 2026 09:21:30 GMT", date=DATE), later(after=90.0)),
    (answer(503, retry_after="Wed, 04 Mar 2026 09:00:00 GMT", date=DATE), later(after=0.0)),
    (answer(503, retry_after="99999999999999999999"), later(after=86_400.0)),
    (answer(503, retry_after="-5"), later()),
    (answer(503, retry_after="soon"), later()),
    (answer(599), later()),
    (answer(301, location="http://other.example/"), later()),
    (answer(304), later()),
]
DELIVERIES: list[tuple[str, httpx.Response, Check]] = [
    *[("fault", response, check) for response, check in BOTH],
    *[("plain", response, check) for response, check in BOTH],
    ("fault", answer(200, {"ticket": "W-1"}), just(Delivered({"ticket": "W-1"}))),
    ("fault", answer(201, {"ticket": None}), just(Delivered({"ticket": None}))),
    ("fault", answer(202, b"\xef\xbb\xbf" + b'{"ticket": 7}'), just(Delivered({"ticket": 7}))),
    ("fault", answer(404), failed("contract", "404")),
    ("fault", answer(200, b"<html>sign in</html>"), later("unknown")),
    ("fault", answer(200, {"error": "no"}), later("unknown")),
    ("fault", answer(200), later("unknown")),
    ("fault", answer(204), later("unknown")),
    ("plain", answer(200), just(Delivered())),
    ("plain", answer(204), just(Delivered())),
    ("plain", answer(200, b"OK"), just(Delivered())),
    ("ruled", answer(204), just(Delivered())),
    ("ruled", answer(200, {}), just(Delivered())),
    ("ruled", answer(200, {"error": "E-7"}), failed("citizen_error", "E-7")),
    ("ruled", answer(200, b"OK"), later("unknown")),
    ("tax", answer(200, OK), just(Delivered({"status": "OK"}))),
    ("tax", answer(200, {"ErrorCode": "84001"}), failed("citizen_error", "84001")),
    ("tax", answer(200, {"ErrorCode": None, "Status": "OK"}), just(Delivered({"status": "OK"}))),
    ("tax", answer(200, {"ErrorCode": "call +254700000001 now"}), failed("citizen_error", "200")),
    ("tax", answer(200, {"ErrorCode": "84002"}), failed("citizen_error", "missing")),
    ("tax", answer(500, {"ErrorCode": 84002}), failed("citizen_error", "missing")),
    ("tax", answer(200, {"ErrorCode": 84099}, retry_after="5"), later(after=5.0)),
    ("tax", answer(418), later()),
    ("tax", answer(417, b"nonsense"), failed("citizen_error", "417")),
    ("tax", answer(422, {"reason": "bad"}), failed("citizen_error", "bad")),
    ("tax", answer(422, {"reason": "worse"}), failed("contract", "422")),
    ("tax", answer(200, b"{"), later("unknown")),
    ("gone", answer(200), failed("contract", "no-operation")),
]
ACCOUNT = {"customer": {"name": "A. Mwangi"}, "balance_cents": 125000}
LOOKUPS: list[tuple[str, httpx.Response, Check]] = [
    *[("account", response, check) for response, check in BOTH],
    ("account", answer(200, ACCOUNT), just(Found({"name": "A. Mwangi", "balance": 125000}))),
    ("account", answer(404), just(Missing())),
    ("account", answer(404, b"<html>"), just(Missing())),
    ("account", answer(200, {"balance_cents": 1}), failed("contract", "answer")),
    ("account", answer(200, {"error": "no"}), failed("contract", "answer")),
    ("account", answer(200, b"<html>"), later()),
    ("account", answer(200, b'{"customer": {"name": NaN}, "balance_cents": 1}'), later()),
    ("account", answer(200, b'{"customer": {"name": "x"}, "balance_cents": 1e400}'), later()),
    ("account", answer(200, b'{"customer": {"name": "x"}, "balance_cents": 1%s}' % (b"0" * 5000)), later()),
    ("account", answer(200, b"[" * 40_000), later()),
    ("account", answer(200, b"[" * 40 + b"]" * 40), later()),
    ("account", answer(200, b'"\xff"'), later()),
    ("account", answer(200, json.dumps(ACCOUNT).encode() + b" " * 70_000), later()),
    (
        "account",
        answer(200, {"customer": {"name": "A\u0000\nB\u202e" + "x" * 300}, "balance_cents": ["\ud800", {"k\r": True}]}),
        just(Found({"name": ("A B " + "x" * 300)[:200], "balance": ["?", {"k": True}]})),
    ),
    ("exists", answer(200), just(Found({}))),
    ("exists", answer(404), just(Missing())),
    ("tax", answer(200, {"ErrorCode": "84002"}), just(Missing())),
    ("tax", answer(200, {"ErrorCode": "84001"}), failed("citizen_error", "84001")),
    ("tax", answer(200, OK), just(Found({"status": "OK"}))),
    ("gone", answer(200), failed("contract", "no-operation")),
]


def since(ask: str) -> str:
    """An operation that a request was filed for and that the configuration has lost since."""
    return "plain" if ask == "gone" else ask


@pytest.mark.parametrize(("ask", "response", "check"), DELIVERIES)
async def test_delivery(ask: str, response: httpx.Response, check: Check) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(Wire(response))) as http:
        call = OFFICE.compose(SETTINGS, since(ask), {"pin": "A1", "phone": "+254700000001", "count": 3})
        outcome = await OFFICE.deliver(http, SETTINGS, ask, call, KEY)
    assert check(outcome), outcome
    assert "+254700000001" not in str(outcome)


@pytest.mark.parametrize(("ask", "response", "check"), LOOKUPS)
async def test_look_up(ask: str, response: httpx.Response, check: Check) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(Wire(response))) as http:
        send = {"number": "12345678", "pin": "A1", "phone": "+254700000001", "count": 3}
        outcome = await OFFICE.look_up(http, SETTINGS, ask, OFFICE.compose(SETTINGS, since(ask), send), 3.0)
    assert check(outcome), outcome


async def test_status_asks_the_named_operation() -> None:
    wire = Wire(answer(200, {"state": "assigned"}))
    async with httpx.AsyncClient(transport=httpx.MockTransport(wire)) as http:
        found = await OFFICE.status(http, SETTINGS, "fault", {"ticket": "W-00001", "reference": "7KQ2-MZ4P-91XD"}, 3.0)
        none = await OFFICE.status(http, SETTINGS, "plain", {"reference": "7KQ2-MZ4P-91XD"}, 3.0)
        lost = await OFFICE.status(http, SETTINGS, "fault", {"reference": "7KQ2-MZ4P-91XD"}, 3.0)
    assert found == Found({"state": "assigned"})
    assert [str(request.url) for request in wire.sent] == ["http://office.example/api/faults/W-00001"]
    assert failed("contract", "no-status")(none)
    assert failed("contract", "no-status")(lost)


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, "ok"), (204, "ok"), (302, "degraded"), (401, "degraded"), (503, "down")],
)
async def test_health(status: int, state: str) -> None:
    wire = Wire(answer(status))
    async with httpx.AsyncClient(transport=httpx.MockTransport(wire)) as http:
        assert (await OFFICE.health(http, configured(health="/alive"))).state == state
    assert str(wire.sent[0].url) == "http://office.example/api/alive"


async def test_health_is_not_asked_where_there_is_nothing_to_ask() -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(Wire(answer(500)))) as http:
        assert (await OFFICE.health(http, SETTINGS)).state == "ok"


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps(text).encode()))
@settings(deadline=None)
def test_whatever_an_office_answers_is_json_or_a_value_error(body: bytes) -> None:
    try:
        json_of(Answered(200, {}, body))
    except ValueError as error:
        assert str(error)


@given(st.text(max_size=40), st.text(max_size=40))
@settings(deadline=None)
def test_whatever_retry_after_says_is_a_wait_within_a_day(asked: str, date: str) -> None:
    wait = wait_asked({"retry-after": asked, "date": date})
    assert wait is None or 0.0 <= wait <= 86_400.0


# --- lists --------------------------------------------------------------------------------------------------------

ONE, TWO = {"no": 1, "title": {"en": "A\nroad"}}, {"no": "2/26"}
LISTS: list[tuple[Any, Any]] = [
    ([ONE, TWO], Found({"tenders": [{"number": 1, "title": "A road"}, {"number": "2/26", "title": None}], "as_of": 3})),
    ([TWO], Found({"tenders": [{"number": "2/26"}], "as_of": 3})),
    ([], Found({"tenders": [], "as_of": 3})),
    (None, Found({"tenders": [], "as_of": 3})),
    ([TWO] * 999, Found({"tenders": [{"number": "2/26"}] * 100, "as_of": 3})),
    (["no object"], Found({"tenders": [{}], "as_of": 3})),
    ({"no": 1}, Failed("answer", "the answer has nothing at the path of tenders", "contract")),
    ("none", Failed("answer", "the answer has nothing at the path of tenders", "contract")),
]


@pytest.mark.parametrize(("answered", "found"), LISTS)
async def test_a_list_in_an_answer(answered: Any, found: Lookup) -> None:
    wire = Wire(httpx.Response(200, json={"open": answered, "day": 3}))
    async with httpx.AsyncClient(transport=httpx.MockTransport(wire)) as http:
        call = OFFICE.compose(SETTINGS, "tenders", {})
        assert await OFFICE.look_up(http, SETTINGS, "tenders", call, 3.0) == found


# --- settings -----------------------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"url": "ftp://office.example"}, "http:// or https://"),
    ({"url": "http://{host}/"}, "no braces"),
    ({"url": "http://a:b@office.example/"}, "no user or password"),
    ({"url": "http://office.example/?a=b"}, "holds no"),
    ({"auth": {}}, "one of"),
    ({"auth": {"bearer": "made-up-key", "basic": {"username": "a", "password": "b"}}}, "one of"),
    ({"auth": {"bearer": "made-up-key\n"}}, "printable ASCII"),
    ({"headers": {"Idempotency-Key": "x"}}, "set by the gateway"),
    ({"headers": {"X-A": "a\r\nX-B: b"}}, "HTTP cannot carry"),
    ({"operations": {}}, "at least 1"),
    ({"operations": {"x": {"path": "faults"}}}, "begins with /"),
    ({"operations": {"x": {"path": "/a/../b"}}}, "blank segment"),
    ({"operations": {"x": {"path": "/a?b={c}"}}}, "see `query`"),
    ({"operations": {"x": {"path": "/a/{b"}}}, "brace"),
    ({"operations": {"x": {"path": "/a/{b c}"}}}, "no blanks"),
    ({"operations": {"x": {"path": "/a", "method": "GET", "send": {}}}}, "GET has no body"),
    ({"operations": {"x": {"path": "/a", "answer": {"a": "$.a["}}}}, r"'\$\.a\[' is not a JSON path"),
    ({"operations": {"x": {"path": "/a", "answer": {"a": {"list": "$.a", "each": {"b": "$.["}}}}}}, "not a JSON path"),
    ({"operations": {"x": {"path": "/a", "answer": {"a": {"list": "$.a", "each": {}}}}}}, "at least 1"),
    ({"operations": {"x": {"path": "/a", "answer": {"a": {"list": "$.a"}}}}}, "each"),
    ({"operations": {"x": {"path": "/a", "missing": {}}}}, "a rule has"),
    ({"operations": {"x": {"path": "/a", "missing": {"status": 404, "is": ["x"]}}}}, "add `where`"),
    ({"operations": {"x": {"path": "/a", "status": "y"}}}, "is not there"),
    ({"operations": {"x": {"path": "/a", "status": "x"}, "y": {"path": "/{n}", "status": "y"}}}, "its only names are"),
    ({"operations": {"x": {"path": "/a", "anwser": {}}}}, "Extra inputs"),
]


@pytest.mark.parametrize(("change", "complaint"), WRONG)
def test_wrong_settings(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint) as wrong:
        configured(**change)
    assert "made-up-key" not in str(wrong.value)


# --- a server that misbehaves -------------------------------------------------------------------------------------

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 10000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b" " * 4096)
        await writer.drain()


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    linger: socket.socket = writer.get_extra_info("socket")
    linger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def saying(raw: bytes) -> Behaviour:
    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return say


def packed() -> bytes:
    body = gzip.compress(b'{"ErrorCode": "84001"}')
    return HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body


REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
FAILED_200 = HEAD + b"Connection: close\r\n\r\n" + b'{"ErrorCode": "84001"}'
SHORT = HEAD + b"Content-Length: 100\r\n\r\n{"


@asynccontextmanager
async def serving(behave: Behaviour) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve every request in the same way; yields the base URL and the requests as they come."""
    heard: list[bytes] = []
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            await behave(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the caller went away, as it should
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# behaviour, what a delivery makes of it, what a question makes of it
MISBEHAVIOURS: list[tuple[str, Behaviour, Check, Check]] = [
    ("slow byte", slow, later("unknown"), later()),
    ("endless body", endless, later("unknown"), later()),
    ("silent", silent, later("unknown"), later()),
    ("reset", reset, later("unknown"), later()),
    ("cut short", saying(SHORT), later("unknown"), later()),
    ("no HTTP", saying(b"SSH-2.0-OpenSSH\r\n"), later("unknown"), later()),
    ("closed at once", saying(b""), later("unknown"), later()),
    ("redirect", saying(REDIRECT), later(), later()),
    ("failed in a 200", saying(FAILED_200), failed("citizen_error", "84001"), failed("citizen_error", "84001")),
    ("packed", saying(packed()), later("unknown"), later()),
]


@pytest.mark.parametrize(
    ("behave", "delivery", "question"), [row[1:] for row in MISBEHAVIOURS], ids=[r[0] for r in MISBEHAVIOURS]
)
async def test_misbehaviour(
    behave: Behaviour, delivery: Check, question: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_json, "DELIVER_WITHIN", 0.3)
    async with asyncio.timeout(20), serving(behave) as (url, heard), httpx.AsyncClient() as http:
        office = configured(url=url)
        call = OFFICE.compose(office, "tax", {"pin": "A1", "phone": "+254700000001", "count": 3})
        assert delivery(first := await OFFICE.deliver(http, office, "tax", call, KEY)), first
        assert question(second := await OFFICE.look_up(http, office, "tax", call, 0.3)), second
    assert len(heard) == 2


async def test_an_endless_answer_that_nobody_reads_is_a_delivery() -> None:
    async with serving(endless) as (url, _), httpx.AsyncClient() as http:
        office = configured(url=url)
        assert await OFFICE.deliver(http, office, "plain", OFFICE.compose(office, "plain", {}), KEY) == Delivered()


async def test_nobody_there() -> None:
    async with serving(silent) as (url, _):
        pass
    async with httpx.AsyncClient() as http:
        office = configured(url=url, health="/alive")
        call = OFFICE.compose(office, "plain", {})
        assert later()(await OFFICE.deliver(http, office, "plain", call, KEY))
        assert later()(await OFFICE.look_up(http, office, "plain", call, 3.0))
        assert await OFFICE.health(http, office) == Health("down", "no connection: ConnectError")


async def test_what_goes_over_the_wire() -> None:
    async with serving(saying(FAILED_200)) as (url, heard), httpx.AsyncClient(headers={"x-own": "1"}) as http:
        office = configured(url=url + "/v1/", auth={"bearer": "made-up"})
        await OFFICE.deliver(http, office, "plain", OFFICE.compose(office, "plain", {}), KEY)
    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "POST /v1/plain HTTP/1.1"
    assert {f'Idempotency-Key: "{KEY}"', "Authorization: Bearer made-up", "Accept-Encoding: identity"} <= set(lines)
    assert not any(line.lower().startswith("x-own") for line in lines)
