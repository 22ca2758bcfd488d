"""Every recorded callback of every telecom against what it means; see tests/callbacks/."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from twilio.request_validator import RequestValidator

from gateway.messages import Event, GatewayError, Inbound, Refused, Reply, Request, Unreadable
from gateway.transcript import Began, Diverged, Repeated, Typed, heard, read
from providers.telecom import TELECOMS, africastalking, twilio

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
INDEX = {entry["file"]: entry for entry in json.loads((SAMPLES / "index.json").read_text())}
FORM = {"content-type": "application/x-www-form-urlencoded"}

# Samples of callbacks and replies that no recording shows, and why.
NOT_RECORDED = {
    "twilio/signatures.json": "read by test_signature_vector",
    "twilio/reply_message.xml": "answers to an SMS go out as messages of their own",
}


@dataclass(frozen=True, slots=True)
class Case:
    provider: str
    book: dict[str, Any]
    told: dict[str, Any]

    def entry(self) -> dict[str, Any]:
        return INDEX[f"{self.provider}/{self.told['sample']}"] if "sample" in self.told else {}


def fields_of(event: Event) -> dict[str, Any]:
    """Return an event's fields; the one of the hot path is a named tuple."""
    return event._asdict() if isinstance(event, Inbound) else asdict(event)


@cache
def book(provider: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((HERE / f"callbacks/{provider}.yaml").read_text())
    return loaded


@cache
def settings_of(provider: str) -> Any:
    return TELECOMS[provider].Settings.model_validate(book(provider)["settings"])


TURN = Inbound("ATUid_1", "+254700000001", "*384*70#", "", "", True)
CASES = [Case(name, book(name), told) for name in TELECOMS for told in book(name)["cases"]]


def request_of(case: Case) -> Request:
    told, entry = case.book["request"] | case.told, case.entry()
    body = (SAMPLES / entry["file"]).read_bytes() if entry else told["body"].encode()
    body += b"".join([told.get("with", "x").encode()] * told.get("pad", 0))
    sent = {name.lower(): value for name, value in entry.get("headers", {}).items()}
    headers = told.get("headers", {"content-type": entry.get("content_type", FORM["content-type"])} | sent)
    url = entry.get("url", told.get("url", "https://gw.example.org/in"))
    method = told.get("method", "POST")
    if "sign" in told:
        fields = Values(parse_qsl(body.decode(), keep_blank_values=True)) if method == "POST" else {}
        headers = headers | {"x-twilio-signature": RequestValidator(told["sign"]).compute_signature(url, fields)}
    return Request(method, url, headers, body, told["peer"], told["event"], told.get("secret", ""))


class Values(dict[str, str]):
    """Form fields with repeats, as Twilio's library reads them."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs

    def getall(self, wanted: str) -> list[str]:
        return [value for name, value in self.pairs if name == wanted]


def event_of(case: Case) -> Any:
    telecom, request = TELECOMS[case.provider], request_of(case)
    telecom.prove(request, settings_of(case.provider))
    return telecom.parse(request, settings_of(case.provider))


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.provider}: {c.told['name']}")
def test_callback(case: Case) -> None:
    told = case.told
    if "refused" in told:
        with pytest.raises(Refused) as refused:
            event_of(case)
        assert refused.value.status == told["refused"]
        return
    if "unreadable" in told:
        with pytest.raises(Unreadable, match=told["unreadable"]) as unreadable:
            event_of(case)
        assert "+254700000001" not in str(unreadable.value)
        return
    event = event_of(case)
    assert type(event).__name__ == told["is"]
    said = fields_of(event)
    assert {name: said[name] for name in told["fields"]} == told["fields"]


SAMPLED = [case for case in CASES if "expect" in case.entry() and "is" in case.told]

# What a word of `expect` means of an event; words of the transcript are read by test_transcript_of_a_sample.
MEANING: dict[str, Any] = {
    "session": lambda event: event.session,
    "status": lambda event: event.outcome.title(),
    "duration_ms": lambda event: event.duration_ms,
    "hops": lambda event: event.hops,
    "id": lambda event: event.id,
    "msisdn": lambda event: event.msisdn,
    "service_code": lambda event: event.code,
    "network": lambda event: event.network,
    "from": lambda event: event.msisdn,
    "to": lambda event: event.to,
    "text": lambda event: event.text,
    "ts": lambda event: event.sent_at.isoformat().replace("+00:00", "Z"),
    "state": lambda event: event.state.value,
    "final": lambda event: event.state.value in ("delivered", "failed"),
    "reason": lambda event: event.reason,
    "error": lambda event: int(event.reason),
    "opt_out_of": lambda event: event.sender,
    "opt_out": lambda event: "STOP" if event.out else "START",
    "update": lambda event: event.detail["update"],
}
OF_THE_TRANSCRIPT = {"new", "previous_text", "input", "inputs", "duplicate", "conflict"}
OF_THE_STORE = {"duplicate_of"}  # the same id, which the store knows


@pytest.mark.parametrize("case", SAMPLED, ids=lambda c: c.entry()["file"])
def test_sample_gives_its_expectation(case: Case) -> None:
    event, expect = event_of(case), case.entry()["expect"]
    for word in expect.keys() - OF_THE_TRANSCRIPT - OF_THE_STORE:
        assert MEANING[word](event) == expect[word], word
    if "duplicate_of" in expect:
        first = next(c for c in SAMPLED if c.told["sample"] == expect["duplicate_of"])
        assert event.id == event_of(first).id


@pytest.mark.parametrize("case", [c for c in SAMPLED if "new" in c.entry()["expect"]], ids=lambda c: c.entry()["file"])
def test_transcript_of_a_sample(case: Case) -> None:
    def digest(text: str) -> bytes:
        return blake2b(text.encode()).digest()

    expect = case.entry()["expect"]
    previous = None if expect["new"] else heard(expect["previous_text"], digest)
    match read(previous, event_of(case).text, digest):
        case Began(inputs):
            assert expect["new"]
            assert list(inputs) == expect.get("inputs", [])
        case Typed(text):
            assert text == expect["input"]
        case Repeated():
            assert expect["duplicate"]
        case Diverged():
            assert expect["conflict"]


def test_no_sample_is_left_out() -> None:
    recorded = {case.entry()["file"] for case in CASES if case.entry()}
    for name in TELECOMS:
        told = [*book(name).get("replies", ()), book(name)["thanks"]]
        recorded |= {f"{name}/{reply['sample']}" for reply in told if "sample" in reply}
    on_disk = {str(p.relative_to(SAMPLES)) for name in TELECOMS for p in (SAMPLES / name).iterdir()}
    assert on_disk == {file for file in INDEX if file.split("/")[0] in TELECOMS}
    asked = {file for file in on_disk if INDEX[file]["direction"] in ("callback", "reply")}
    assert asked - recorded == set(NOT_RECORDED)
    assert len(recorded) == 24 + 11


def test_every_provider_has_the_cases_that_matter() -> None:
    for name, telecom in TELECOMS.items():
        told = book(name)["cases"]
        assert any("refused" in case for case in told), f"{name}: no case with a wrong proof"
        assert any("is missing" in case.get("unreadable", "") for case in told), f"{name}: no case with a missing field"
        seen = {case["event"] for case in told if "is" in case}
        assert seen == set(telecom.EVENTS), f"{name}: an event without a case"


@pytest.mark.parametrize("provider", TELECOMS)
def test_answers(provider: str) -> None:
    telecom = TELECOMS[provider]
    for told in book(provider).get("replies", ()):
        body = (SAMPLES / provider / told["sample"]).read_bytes() if "sample" in told else told["body"].encode()
        answer = telecom.render(Reply(told["text"], told["more"]), TURN, settings_of(provider))
        assert (answer.body, answer.status) == (body, 200)
        assert answer.content_type.startswith("text/plain")
    told = book(provider)["thanks"]
    body = (SAMPLES / provider / told["sample"]).read_bytes() if "sample" in told else told["body"].encode()
    answer = telecom.thank(Request("POST", "", {}, b"", "192.0.2.7", told["event"]), settings_of(provider))
    assert (answer.body.strip(), answer.content_type, answer.status) == (body.strip(), told["content_type"], 200)


def test_twilio_has_no_screens() -> None:
    assert not twilio.USSD
    with pytest.raises(GatewayError, match="no USSD"):
        twilio.render(Reply("x", more=False), TURN, settings_of("twilio"))


def test_a_query_that_is_no_unicode_is_unreadable() -> None:
    url = "https://gw.example.org/in?MessageSid=SM1&MessageStatus=sent&x=\udce9"
    with pytest.raises(Unreadable, match="not valid UTF-8"):
        twilio.parse(Request("GET", url, {}, b"", "192.0.2.7", "receipt"), settings_of("twilio"))


# --- Twilio's signatures ------------------------------------------------------------------------------------------

VECTORS = json.loads((SAMPLES / "twilio/signatures.json").read_text())["cases"]


def encoded(pairs: list[list[str]]) -> bytes:
    return urlencode([(name, value) for name, value in pairs]).encode()


def vector_request(vector: dict[str, Any]) -> Request:
    raw = vector.get("raw_body")
    headers = {"content-type": "application/json"} if raw else dict(FORM)
    headers["x-twilio-signature"] = vector["signature"]
    if "settings_header" in vector:
        headers["x-twilio-webhooks-signature-settings"] = vector["settings_header"]
    body = raw.encode() if raw else encoded(vector["params"])
    return Request(vector["http_method"], vector["url"], headers, body, "192.0.2.7", "sms")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_signature_vector(vector: dict[str, Any]) -> None:
    request = vector_request(vector)
    if vector["valid"]:
        twilio.prove(request, settings_of("twilio"))
        return
    with pytest.raises(Refused) as refused:
        twilio.prove(request, settings_of("twilio"))
    assert refused.value.status == 403


def test_a_shared_key_counts_only_where_it_is_configured() -> None:
    vector = next(v for v in VECTORS if "settings_header" in v)
    plain = twilio.Settings.model_validate(book("twilio")["settings"] | {"shared_keys": {}})
    with pytest.raises(Refused):
        twilio.prove(vector_request(vector), plain)


def test_a_missing_signature_is_told() -> None:
    with pytest.raises(Refused, match="X-Twilio-Signature is missing"):
        twilio.prove(Request("POST", "https://gw.example.org/in", FORM, b"", "192.0.2.7", "sms"), settings_of("twilio"))


def test_the_vectors_are_all_there() -> None:
    assert len(VECTORS) == 20
    assert sum(not v["valid"] for v in VECTORS) == 4


# --- settings -----------------------------------------------------------------------------------------------------


def test_proofs_in_words() -> None:
    account: dict[str, Any] = {"username": "sandbox", "api_key": "made-up-key"}
    said = africastalking.proofs
    assert said(africastalking.Settings.model_validate(account)) == []
    assert said(africastalking.Settings.model_validate(account | {"secrets": ["demo-secret"]})) == [
        "a secret in the path"
    ]
    assert len(said(settings_of("africastalking"))) == 2
    assert said(africastalking.Settings.model_validate(account | {"addresses": ["192.0.2.0/24"]})) != []
    assert twilio.proofs(settings_of("twilio")) == ["Twilio's signature"]


WRONG_SETTINGS = [
    ("africastalking", {"secrets": ["short"]}, "8 characters or more"),
    ("africastalking", {"secrets": ["with/a/slash"]}, "8 characters or more"),
    ("africastalking", {"secrets": ["demo-secret"] * 3}, "at most 2"),
    ("africastalking", {"addresses": ["192.0.2.0/33"]}, "addresses"),
    ("africastalking", {"api_key": "key\n"}, "printable ASCII"),
    ("africastalking", {"send_url": "ftp://example.org"}, "http:// or https://"),
    ("africastalking", {"send_url": "https://a:b@example.org/"}, "no user or password"),
    ("africastalking", {"send_url": "https://example.org:port/"}, "[Pp]ort"),
    ("africastalking", {"sende": "CIVIC"}, "Extra inputs"),
    ("twilio", {"auth_tokens": []}, "at least 1"),
    ("twilio", {"auth_tokens": [""]}, "blank"),
    ("twilio", {"account_sid": "AC1"}, "pattern"),
    ("twilio", {"messaging_service": "MG00000000000000000000000000000001"}, "either `from` or `messaging_service`"),
    ("twilio", {"validity_seconds": 0}, "greater than or equal"),
]


@pytest.mark.parametrize(("provider", "change", "complaint"), WRONG_SETTINGS)
def test_wrong_settings(provider: str, change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint) as wrong:
        TELECOMS[provider].Settings.model_validate(book(provider)["settings"] | change)
    assert "made-up-key" not in str(wrong.value)


# --- anything at all ----------------------------------------------------------------------------------------------

seen = {name for case in CASES for name, _ in parse_qsl(request_of(case).body.decode("utf-8", "replace"))}
values = st.text(max_size=12) | st.sampled_from(["+254700000001", "a1", "delivered", "2026-03-04 09:20:01"])
forms = st.lists(st.tuples(st.sampled_from(sorted(seen)) | st.text(max_size=3), values), unique_by=lambda pair: pair[0])
bodies = st.binary(max_size=200) | forms.map(lambda pairs: encoded([list(pair) for pair in pairs]))
doors = st.sampled_from([(provider, event) for provider, telecom in TELECOMS.items() for event in telecom.EVENTS])


@given(doors, bodies, st.sampled_from(["GET", "POST"]))
@settings(deadline=None, max_examples=400)
def test_whatever_comes_is_an_event_or_unreadable(where: tuple[str, str], body: bytes, method: str) -> None:
    provider, event = where
    url = "https://gw.example.org/in?" + body.decode("utf-8", "surrogateescape")
    request = Request(method, url, FORM, body, "192.0.2.7", event)
    try:
        found = TELECOMS[provider].parse(request, settings_of(provider))
    except Unreadable as error:
        assert str(error)
        return
    if isinstance(getattr(found, "sent_at", None), datetime):
        assert found.sent_at.utcoffset() is not None
    json.dumps(fields_of(found), default=str).encode()


@given(bodies, st.text(max_size=30), st.sampled_from(["", "application/json", FORM["content-type"]]))
@settings(deadline=None)
def test_whatever_comes_unsigned_is_refused(body: bytes, signature: str, kind: str) -> None:
    headers = {"content-type": kind, "x-twilio-signature": signature}
    request = Request("POST", "https://gw.example.org/in?bodySHA256=x", headers, body, "192.0.2.7", "sms")
    with pytest.raises(Refused):
        twilio.prove(request, settings_of("twilio"))
