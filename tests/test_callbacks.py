"""Every recorded callback of every telecom against what it means; see tests/callbacks/."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
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

from gateway.config.settings import ChannelPart
from gateway.contracts import Telecom
from gateway.messages import Answer, Ended, Event, GatewayError, Inbound, Noted, Refused, Reply, Request, Unreadable
from gateway.transcript import Began, Diverged, Repeated, Typed, heard, read
from providers.telecom import TELECOMS, africastalking, twilio
from providers.telecom.generic_ussd import Described

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "providers/samples"
INDEX = {entry["file"]: entry for entry in json.loads((SAMPLES / "index.json").read_text())}
FORM = {"content-type": "application/x-www-form-urlencoded"}

# Samples of callbacks and replies that no recording shows, and why.
NOT_RECORDED = {
    "twilio/signatures.json": "read by test_signature_vector",
    "twilio/reply_message.xml": "answers to an SMS go out as messages of their own",
    "vonage/signatures.json": "read by test_signatures_of_vonage",
    "kannel/sms-service.conf": "read by test_the_lines_for_kannel_yield_what_we_read",
}


@dataclass(frozen=True, slots=True)
class Case:
    provider: str
    book: dict[str, Any]
    told: dict[str, Any]

    def entry(self) -> dict[str, Any]:
        return INDEX[f"{folder_of(self.provider)}/{self.told['sample']}"] if "sample" in self.told else {}


def fields_of(event: Event) -> dict[str, Any]:
    """Return an event's fields; the one of the hot path is a named tuple."""
    return event._asdict() if isinstance(event, Inbound) else asdict(event)


@cache
def book(provider: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((HERE / f"callbacks/{provider}.yaml").read_text())
    return loaded


def telecom_of(provider: str) -> Telecom:
    """Return the telecom of a book: of its name, or the one that it describes itself to."""
    return TELECOMS[book(provider).get("provider", provider)]


def folder_of(provider: str) -> str:
    """Return where a book's samples are: in the folder of its name, or in another's."""
    folder: str = book(provider).get("folder", provider)
    return folder


@cache
def settings_of(provider: str) -> Any:
    return telecom_of(provider).Settings.model_validate(book(provider)["settings"])


TURN = Inbound("ATUid_1", "+254700000001", "*384*70#", "", "", True)
WITH_A_BOOK = [name for name in TELECOMS if name != "generic_ussd"]
BOOKS = [*WITH_A_BOOK, "advanta_sms"]  # and those of a described telecom
CASES = [Case(name, book(name), told) for name in BOOKS for told in book(name)["cases"]]
# What a case may hold in place of a sample: a body of one of these kinds, or the query of a GET.
BODIES = {"body": FORM["content-type"], "json": "application/json", "xml": "text/xml; charset=utf-8", "query": ""}


def request_of(case: Case) -> Request:
    told, entry = case.book["request"] | case.told, case.entry()
    kind = next((kind for kind in BODIES if kind in told), "body")
    body = (SAMPLES / entry["file"]).read_bytes() if entry else str(told.get(kind, "")).encode()
    body = body.replace(*(part.encode() for part in told["change"])) if "change" in told else body
    if entry.get("method") == "exec":  # what a program is given, which posts it
        body = urlencode([line.partition("=")[::2] for line in body.decode().splitlines() if line]).encode()
    body = body.replace(b"LONG", b"x" * told.get("long", 4)) + told.get("with", "x").encode() * told.get("pad", 0)
    sent = {name.lower(): value for name, value in entry.get("headers", {}).items()}
    headers = told.get("headers", {"content-type": entry.get("content_type", BODIES[kind])} | sent)
    url = entry.get("url", told.get("url", "https://gw.example.org/in"))
    usual = "GET" if kind == "query" else entry.get("method", "POST").replace("exec", "POST")
    method = told.get("method", usual)
    if entry.get("file", "").endswith(".env"):
        headers = dict(FORM)
    if method == "GET" and body:
        url, body = f"{url}?{body.decode()}", b""
    request = Request(
        method, url, headers, body, told["peer"], told["event"], told.get("secret", ""), told.get("at", AT)
    )
    return SIGNERS[case.provider](request, told["sign"]) if "sign" in told else request


def twilio_signed(request: Request, key: str) -> Request:
    fields = Values(parse_qsl(request.body.decode(), keep_blank_values=True)) if request.method == "POST" else {}
    signature = RequestValidator(key).compute_signature(request.url, fields)
    return request._replace(headers={**request.headers, "x-twilio-signature": signature})


def vonage_signed(request: Request, key: str) -> Request:
    """Sign with `sha256:key`, as its library does."""
    method, _, secret = key.partition(":")
    fields = {"timestamp": str(AT), **dict(parse_qsl(request.url.partition("?")[2], keep_blank_values=True))}
    plain = "".join(f"&{name}={fields[name].replace('&', '_').replace('=', '_')}" for name in sorted(fields))
    if method == "md5hash":
        signature = hashlib.md5((plain + secret).encode()).hexdigest()
    else:
        signature = hmac.new(secret.encode(), plain.encode(), method).hexdigest()
    return request._replace(url="https://gw.example.org/in?" + urlencode({**fields, "sig": signature.upper()}))


def smsgate_signed(request: Request, key: str) -> Request:
    """Sign with `key@time`."""
    secret, _, stamp = key.partition("@")
    digest = hmac.new(secret.encode(), request.body + stamp.encode(), "sha256").hexdigest()
    return request._replace(headers={**request.headers, "x-signature": digest, "x-timestamp": stamp})


AT = 1772616520  # unix seconds: a moment after the samples were signed
SIGNERS = {"twilio": twilio_signed, "vonage": vonage_signed, "smsgate": smsgate_signed}


class Values(dict[str, str]):
    """Form fields with repeats, as Twilio's library reads them."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs

    def getall(self, wanted: str) -> list[str]:
        return [value for name, value in self.pairs if name == wanted]


def events_of(case: Case) -> Any:
    telecom, request = telecom_of(case.provider), request_of(case)
    chosen = settings_of(case.provider)
    if "settings" in case.told:
        chosen = telecom.Settings.model_validate(case.book["settings"] | case.told["settings"])
    telecom.prove(request, chosen)
    return telecom.parse(request, chosen)


def event_of(case: Case) -> Any:
    """Return what a callback tells; of a batch, its only event."""
    found = events_of(case)
    if not isinstance(found, list):
        return found
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.provider}: {c.told['name']}")
def test_callback(case: Case) -> None:
    told = case.told
    if told.get("served") is False:  # tests/test_doors.py: whatever is posted there, the door says 404
        assert told["event"] not in telecom_of(case.provider).EVENTS
        return
    if "refused" in told:
        with pytest.raises(Refused):
            events_of(case)
        return
    if "unreadable" in told:
        with pytest.raises(Unreadable, match=told["unreadable"]) as unreadable:
            events_of(case)
        assert "254700000001" not in str(unreadable.value)
        return
    if "batch" in told:
        found = events_of(case)
        assert isinstance(found, list)
        assert [type(event).__name__ for event in found] == told["batch"]
        return
    event = event_of(case)
    assert type(event).__name__ == told["is"]
    said = fields_of(event)
    assert {name: said[name] for name in told["fields"]} == {
        name: tuple(value) if isinstance(value, list) else value for name, value in told["fields"].items()
    }


SAMPLED = [case for case in CASES if "expect" in case.entry() and "is" in case.told]

# What a word of `expect` means of an event; words of the transcript are read by test_transcript_of_a_sample.
MEANING: dict[str, Any] = {
    "session": lambda event: event.session,
    "status": lambda event: event.outcome.title(),
    "duration_ms": lambda event: event.duration_ms,
    "hops": lambda event: event.hops,
    "id": lambda event: event.id,
    "msisdn": lambda event: event.msisdn,
    "service_code": lambda event: event.opens or event.code,
    "ended": lambda event: isinstance(event, Ended),
    "ignore": lambda event: isinstance(event, Noted),
    "network": lambda event: event.network,
    "from": lambda event: event.msisdn,  # of some telecoms without its plus
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
NOT_KEPT = {"airtel_flares/cleanup.query": {"error"}}  # of what nothing comes


def meets(event: Any, expect: Mapping[str, Any], file: str) -> None:
    """Check an event against what is expected of the sample in a file."""
    for word in expect.keys() - OF_THE_TRANSCRIPT - OF_THE_STORE - NOT_KEPT.get(file, set()):
        said, wanted = MEANING[word](event), expect[word]
        assert said == (f"+{wanted.removeprefix('+')}" if word == "from" else wanted), (file, word)


@pytest.mark.parametrize("case", SAMPLED, ids=lambda c: c.entry()["file"])
def test_sample_gives_its_expectation(case: Case) -> None:
    event, expect = event_of(case), case.entry()["expect"]
    meets(event, expect, case.entry()["file"])
    if "duplicate_of" in expect:
        first = next(c for c in SAMPLED if c.told["sample"] == expect["duplicate_of"])
        assert event.id == event_of(first).id


TOLD_NEW = [c for c in SAMPLED if {"new", "previous_text"} & c.entry()["expect"].keys()]


@pytest.mark.parametrize("case", TOLD_NEW, ids=lambda c: c.entry()["file"])
def test_input_of_a_sample(case: Case) -> None:
    expect, event = case.entry()["expect"], event_of(case)
    if event.cumulative:
        transcript_gives(event, expect)
    elif expect["new"]:
        assert event.first is not False
        assert event.text == "" or event.first is None
        code = event.code.strip("*#")
        ahead = event.opens.strip("*#").removeprefix(code).strip("*")
        assert ahead.split("*") == expect.get("inputs", ahead.split("*"))
    else:
        assert event.first is not True
        assert event.text == expect["input"]


def transcript_gives(event: Inbound, expect: dict[str, Any]) -> None:
    def digest(text: str) -> bytes:
        return blake2b(text.encode()).digest()

    previous = heard(expect["previous_text"], digest) if "previous_text" in expect else None
    match read(previous, event.text, digest):
        case Began(inputs):
            assert expect["new"]
            assert event.opens or list(inputs) == expect.get("inputs", [])
        case Typed(text):
            assert text == expect["input"]
        case Repeated():
            assert expect.get("duplicate") or expect["input"] == ""
        case Diverged():
            assert expect["conflict"]


def answers_told(provider: str) -> list[dict[str, Any]]:
    return [*book(provider).get("replies", ()), book(provider)["thanks"]]


@pytest.mark.parametrize("provider", WITH_A_BOOK)
def test_no_sample_is_left_out(provider: str) -> None:
    recorded = {case.entry()["file"] for case in CASES if case.entry() and folder_of(case.provider) == provider}
    recorded |= {f"{provider}/{told['sample']}" for told in answers_told(provider) if "sample" in told}
    folder = SAMPLES / provider
    on_disk = {f"{provider}/{path.name}" for path in folder.iterdir()} if folder.exists() else set()
    assert on_disk == {file for file in INDEX if file.split("/")[0] == provider}
    asked = {file for file in on_disk if INDEX[file]["direction"] in ("callback", "reply")}
    assert asked - recorded == {file for file in NOT_RECORDED if file.split("/")[0] == provider}
    assert len(asked) == book(provider).get("samples", 0)  # how many callbacks and replies are recorded


CASES_OF_EACH = ("over-long", "a repeat")


def test_every_provider_has_the_cases_that_matter() -> None:
    for name in WITH_A_BOOK:
        telecom, told = TELECOMS[name], book(name)["cases"]
        if isinstance(telecom, Described):
            continue  # tests/test_described.py tries each of these with every preset
        for what in CASES_OF_EACH:
            assert any(case["name"].startswith(what) for case in told), f"{name}: no case {what!r}"
        assert any("refused" in case for case in told), f"{name}: no case with a wrong proof"
        assert any("is missing" in case.get("unreadable", "") for case in told), f"{name}: no case with a missing field"
        usual = book(name)["request"].get("event")
        seen = {case.get("event", usual) for case in told if "is" in case or "batch" in case}
        assert seen == set(telecom.EVENTS), f"{name}: an event without a case"


@pytest.mark.parametrize("provider", BOOKS)
def test_answers(provider: str) -> None:
    telecom = telecom_of(provider)
    for told in book(provider).get("replies", ()):
        turn = event_of(answered(provider, told["to"])) if "to" in told else TURN
        assert isinstance(turn, Inbound)
        answer = telecom.render(Reply(told["text"], told["more"]), turn, settings_of(provider))
        entry = INDEX.get(f"{provider}/{told.get('sample')}", {})
        said(answer, provider, told, entry.get("content_type", "text/plain"))
        assert dict(answer.headers) == entry.get("headers", {}) | told.get("guessed", {})
    told = book(provider)["thanks"]
    request = Request("POST", "", {}, b"", "192.0.2.7", told.get("event", ""))
    request = request_of(answered(provider, told["to"])) if "to" in told else request
    if "to" in told or not isinstance(telecom, Described):
        said(telecom.thank(request, settings_of(provider)), provider, told, told["content_type"])


def answered(provider: str, to: Any) -> Case:
    return Case(provider, book(provider), {"sample": to} if isinstance(to, str) else to)


def said(answer: Answer, provider: str, told: dict[str, Any], content_type: str) -> None:
    body = (SAMPLES / provider / told["sample"]).read_bytes() if "sample" in told else told["body"].encode()
    assert answer.body.strip() == body.strip()
    assert answer.content_type.startswith(content_type)
    assert answer.status == 200


@pytest.mark.parametrize("provider", [name for name, telecom in TELECOMS.items() if not telecom.USSD])
def test_who_has_no_screens_says_so(provider: str) -> None:
    with pytest.raises(GatewayError, match="no USSD"):
        TELECOMS[provider].render(Reply("x", more=False), TURN, settings_of(provider))


@pytest.mark.parametrize("provider", [name for name in WITH_A_BOOK if any("repeats" in c for c in book(name)["cases"])])
def test_a_repeat_has_the_same_id(provider: str) -> None:
    cases = {case.told["name"]: case for case in CASES if case.provider == provider}
    for case in [case for case in cases.values() if "repeats" in case.told]:
        assert event_of(case).id == event_of(cases[case.told["repeats"]]).id


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
    with pytest.raises(Refused):
        twilio.prove(request, settings_of("twilio"))


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


# --- other signatures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["md5hash", "md5", "sha1", "sha256", "sha512"])
def test_signatures_of_vonage(method: str) -> None:
    told = json.loads((SAMPLES / "vonage/signatures.json").read_text())
    assert told["signatures"].keys() == {"md5hash", "md5", "sha1", "sha256", "sha512"}
    signature = {"method": method, "secrets": ["of-the-change-over", told["secret"]]}
    chosen = TELECOMS["vonage"].Settings.model_validate(book("vonage")["settings"] | {"signature": signature})
    for sig, right in ((told["signatures"][method], True), (told["signatures"][method][:-1] + "x", False)):
        url = "https://gw.example.org/in?" + urlencode(told["params"] | {"sig": sig})
        request = Request("GET", url, {}, b"", "192.0.2.7", "sms", "demo-secret", AT)
        if right:
            TELECOMS["vonage"].prove(request, chosen)
            continue
        with pytest.raises(Refused):
            TELECOMS["vonage"].prove(request, chosen)


def test_a_field_of_vonages_cannot_stand_for_two() -> None:
    """Vonage parts the signed fields by & and =, and tames both in values only: a part of an SMS would be a whole."""
    told = json.loads((SAMPLES / "vonage/signatures.json").read_text())
    chosen = TELECOMS["vonage"].Settings.model_validate(
        book("vonage")["settings"] | {"signature": {"method": "sha256", "secrets": [told["secret"]]}}
    )
    names = sorted(told["params"])
    joined = f"{names[0]}={told['params'][names[0]]}&{names[1]}"
    fields = {joined: told["params"][names[1]]} | {name: told["params"][name] for name in names[2:]}
    url = "https://gw.example.org/in?" + urlencode(fields | {"sig": told["signatures"]["sha256"]})
    with pytest.raises(Refused, match="a name that Vonage would not sign"):
        TELECOMS["vonage"].prove(Request("GET", url, {}, b"", "192.0.2.7", "sms", "demo-secret", AT), chosen)


def test_the_lines_for_kannel_yield_what_we_read() -> None:
    lines = (SAMPLES / "kannel/sms-service.conf").read_text()
    query = lines.partition("mo?")[2].partition('"')[0]
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    sample = parse_qsl((SAMPLES / "kannel/mo.query").read_text(), keep_blank_values=True)
    assert names == [name for name, _ in sample]
    assert f"?{query}" in (PAGES / "kannel.md").read_text()


PAGES = HERE.parent / "docs/telecoms"
CHANNELS = [
    (page.name, name, channel)
    for page in sorted(PAGES.glob("*.md"))
    if page.name != "add-a-telecom.md"  # read by tests/test_telecom_pages.py
    for block in re.findall(r"^```yaml\n(channels:.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    for name, channel in yaml.safe_load(re.sub(r"env:\w+", "made-up-secret", block))["channels"].items()
]


@pytest.mark.parametrize(("page", "name", "channel"), CHANNELS)
def test_the_channel_of_a_page_is_good(page: str, name: str, channel: dict[str, Any]) -> None:
    telecom = TELECOMS[channel["provider"]]
    theirs = {key: value for key, value in channel.items() if key not in ChannelPart.model_fields}
    assert telecom.proofs(telecom.Settings.model_validate(theirs)), "nothing proves its callbacks"
    assert ChannelPart.model_validate({key: channel[key] for key in channel.keys() - theirs.keys()})
    events = re.findall(rf"/in/{name}/(?:[^/`\s\"]+/)?([a-z-]+)", (PAGES / page).read_text())
    assert events and set(events) <= set(telecom.EVENTS)


def test_every_provider_of_sms_has_a_page() -> None:
    told = {channel["provider"] for _, _, channel in CHANNELS}
    assert {name for name, telecom in TELECOMS.items() if telecom.SMS} <= told
    assert {page.name for page in PAGES.glob("*.md")} <= {
        "README.md", *re.findall(r"\(([a-z_-]+\.md)\)", (PAGES / "README.md").read_text())
    }  # fmt: skip


SIGNED_AT = str(AT - 10)
WEBHOOKS: list[tuple[str, str, str, bool]] = [  # the signing secret, the id, the time, whether it is taken
    ("whsec_bWFkZS11cC1zZWNyZXQ=", "msg_1", SIGNED_AT, True),
    ("the-other-secret", "msg_1", SIGNED_AT, True),
    ("somebody-else", "msg_1", SIGNED_AT, False),
    ("the-other-secret", "", SIGNED_AT, False),
    ("the-other-secret", "msg_1", "", False),
    ("the-other-secret", "msg_1", str(AT - 301), False),
    ("the-other-secret", "msg_1", str(AT + 301), False),
    ("the-other-secret", "msg_1", "soon", False),
]


@pytest.mark.parametrize(("secret", "id_", "stamp", "right"), WEBHOOKS)
def test_standard_webhooks(secret: str, id_: str, stamp: str, right: bool) -> None:
    keys = {"whsec_bWFkZS11cC1zZWNyZXQ=": b"made-up-secret"}
    digest = hmac.new(keys.get(secret, secret.encode()), f"{id_}.{stamp}.body".encode(), "sha256").digest()
    signature = base64.b64encode(digest).decode()
    headers = {"webhook-id": id_, "webhook-timestamp": stamp, "webhook-signature": f"v1a,x v1,AAAA v1,{signature}"}
    both = {"standard_webhooks": ["the-other-secret", "whsec_bWFkZS11cC1zZWNyZXQ="], "secrets": []}
    chosen = TELECOMS["generic_sms"].Settings.model_validate(book("generic_sms")["settings"] | both)
    assert TELECOMS["generic_sms"].proofs(chosen) == ["a Standard Webhooks signature"]
    request = Request("POST", "https://gw.example.org/in", headers, b"body", "192.0.2.7", "sms", "", AT)
    if right:
        TELECOMS["generic_sms"].prove(request, chosen)
        return
    with pytest.raises(Refused):
        TELECOMS["generic_sms"].prove(request, chosen)


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
    ("generic_sms", {"receive": {"transport": "form", "from": "a", "text": "b"}}, "nothing tells a repeat"),
    ("generic_sms", {"report": {"transport": "form", "id": "a", "status": "b", "states": {}}}, "means delivered"),
    (
        "generic_sms",
        {"report": {"transport": "form", "id": "a", "status": "b", "states": {"delivered": "x", "failed": ["X"]}}},
        "means two things",
    ),
    ("generic_sms", {"send": {"url": "https://x.org", "form": {"a": "{to}{text}{nam}"}, "id": "{key}"}}, "no {nam}"),
    ("generic_sms", {"send": {"url": "https://x.org", "form": {"a": "{to}"}, "id": "{key}"}}, "text is not sent"),
    ("generic_sms", {"send": {"url": "https://x.org", "body": "{to}{text}", "id": "("}}, "no pattern"),
    ("generic_sms", {"send": {"url": "https://x.org", "body": "{to}{text}", "id": "x"}}, "one group"),
    (
        "generic_sms",
        {"send": {"url": "https://x.org", "body": "{to}{text}", "form": {}, "id": "{key}"}},
        "one body",
    ),
    (
        "generic_sms",
        {"send": {"url": "https://x.org", "body": "{to}{text}", "id": "{key}", "taken": {"is": [1]}}},
        "says nothing",
    ),
    ("vonage", {"receipts": "https://example.org/" + "x" * 90}, "at most 100"),
    ("vonage", {"signature": {"method": "crc", "secrets": ["made-up-secret"]}}, "md5hash"),
    ("infobip", {"basic": {"user": "a:b", "passwords": ["made-up-secret"]}}, "without blanks and colons"),
    ("smsgate", {"signing_keys": ["short"]}, "8 characters"),
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
doors = st.sampled_from([(provider, event) for provider in WITH_A_BOOK for event in TELECOMS[provider].EVENTS])


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
