"""The telecoms' own libraries as peers: they send to a listener of ours, and we send the same in what matters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from africastalking.SMS import SMSService
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from vonage_http_client.auth import Auth
from vonage_http_client.http_client import HttpClient
from vonage_sms import Sms as VonageSms
from vonage_sms import SmsMessage

from gateway.messages import Sent, Sms
from gateway.web.bodies import Bodies, Receive
from gateway.web.telecoms import Scope, Send
from providers.telecom import TELECOMS
from tests.town import served

SAMPLES = Path(__file__).parent.parent / "providers/samples"
TO, TEXT = "+254700000001", "Ref CR-2026-000123: tayari & 100% € \n ‘እ’"
ACCOUNT, TOKEN = "AC00000000000000000000000000000001", "0123456789abcdef0123456789abcdef"


@dataclass(slots=True)
class Listener:
    """Plays a telecom: keeps what comes and answers with a recording."""

    answer: bytes
    status: int
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = (await Bodies().read(receive) or b"").decode()
        asked = {"method": scope["method"], "path": scope["path"], "query": scope["query_string"].decode()}
        asked |= {"type": headers["content-type"].partition(";")[0], "form": dict(parse_qsl(body, True, True))}
        known = {name: headers[name] for name in ("authorization", "apikey", "accept") if name in headers}
        self.asked.append(asked | {"headers": known})
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": self.status, "headers": kind})
        await send({"type": "http.response.body", "body": self.answer})


class Here(HTTPAdapter):
    """Takes every request of a library to our listener, whatever host it names."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: PreparedRequest, *given: Any, **more: Any) -> Response:
        request.url = self.url + request.path_url
        return super().send(request, *given, **{**more, "proxies": {}})


def by_africastalking(url: str) -> str:
    service = SMSService("county", "made-up-key")
    service._baseUrl = f"{url}/version1"
    answer = service.send(TEXT, [TO], "CIVILREG", enqueue=True)
    return str(answer["SMSMessageData"]["Recipients"][0]["messageId"])


def by_twilio(url: str) -> str:
    http, session = TwilioHttpClient(), Session()
    session.mount("https://", Here(url))
    http.session = session
    client = Client(ACCOUNT, TOKEN, http_client=http)
    callback = "https://gw.example.org/in/twilio/receipt"
    sent = client.messages.create(
        to=TO, from_="+15005550006", body=TEXT, status_callback=callback, validity_period=14_400
    )
    return str(sent.sid)


def by_vonage(url: str) -> str:
    http = HttpClient(Auth(api_key="abcd1234", api_secret="made-up-secret"))
    http._session.mount("https://", Here(url))
    message = SmsMessage(
        to=TO.removeprefix("+"),
        from_="CIVILREG",
        text=TEXT,
        type="unicode",
        status_report_req=True,
        callback="https://gw.example.org/in/v/s3cret-s3cret/receipt",
    )
    return str(VonageSms(http).send(message).messages[0].message_id)


@dataclass(frozen=True, slots=True)
class Peer:
    """A library, what we configure for the same account, the recorded answer, and what need not be the same."""

    provider: str
    send: Callable[[str], str]
    settings: Mapping[str, Any]
    url: str
    answer: str
    status: int
    apart: Mapping[str, str] = field(default_factory=dict)


PEERS = [
    Peer(
        "africastalking",
        by_africastalking,
        {"username": "county", "api_key": "made-up-key", "sender": "CIVILREG"},
        "/version1/messaging",
        "africastalking/api_send_response_201.json",
        201,
    ),
    Peer(
        "twilio",
        by_twilio,
        {
            "account_sid": ACCOUNT,
            "auth_tokens": [TOKEN],
            "from": "+15005550006",
            "status_callback": "https://gw.example.org/in/twilio/receipt",
        },
        f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        "twilio/api_create_response_201.json",
        201,
    ),
    Peer(
        "vonage",
        by_vonage,
        {
            "api_key": "abcd1234",
            "api_secret": "made-up-secret",
            "from": "CIVILREG",
            "receipts": "https://gw.example.org/in/v/s3cret-s3cret/receipt",
        },
        "/sms/json",
        "vonage/api_send_response_ok.json",
        200,
        {"status-report-req": "True"},  # Python's own word for what Vonage calls 1
    ),
]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.provider)
async def test_we_send_what_the_library_sends(peer: Peer) -> None:
    listener = Listener((SAMPLES / peer.answer).read_bytes(), peer.status)
    telecom = TELECOMS[peer.provider]
    async with served(listener) as url, httpx.AsyncClient(trust_env=False) as http:
        theirs = await asyncio.to_thread(peer.send, url)
        settings = telecom.Settings.model_validate({**peer.settings, "send_url": url + peer.url})
        ours = await telecom.send(http, settings, Sms("notice-1", TO, TEXT))
    assert isinstance(ours, Sent) and ours.id == theirs
    library, gateway = listener.asked
    assert {name: library["form"][name] for name in peer.apart} == peer.apart
    library["form"] |= {name: gateway["form"][name] for name in peer.apart}
    for asked in listener.asked:
        asked["headers"]["authorization"] = asked["headers"].get("authorization", "")
        asked["headers"]["accept"] = asked["headers"]["accept"].replace("*/*", "application/json")
    assert gateway == library


METHODS = ["md5", "sha1", "sha256", "sha512"]


@pytest.mark.parametrize("method", METHODS)
def test_vonage_takes_our_signature_vectors(method: str) -> None:
    told = json.loads((SAMPLES / "vonage/signatures.json").read_text())
    auth = Auth(api_key="abcd1234", signature_secret=told["secret"], signature_method=method)  # type: ignore[arg-type]
    right = told["signatures"][method]
    assert auth.check_signature({**told["params"], "sig": right})
    assert not auth.check_signature({**told["params"], "sig": right[::-1]})
