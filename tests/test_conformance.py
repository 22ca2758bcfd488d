"""`gateway conformance`: what comes with the gateway is understood by every provider, and so are the user's files."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import Channel
from gateway.config.settings import ClientCertificate
from gateway.language.text import Limits
from gateway.messages import GatewayError
from gateway.workshop.conformance.choosing import chosen
from gateway.workshop.conformance.recordings import Recording, read, shipped
from gateway.workshop.conformance.understanding import understood
from providers import samples
from providers.telecom import TELECOMS
from tests.callers import channel, channels
from tests.test_callbacks import AT, book, meets, settings_of
from tests.test_cli import run
from tests.town import written_config

RECORDED = sorted({entry["file"].partition("/")[0] for entry in samples.index()} & TELECOMS.keys())


def a_channel(provider: str) -> Channel:
    return Channel(provider, TELECOMS[provider], settings_of(provider), {}, None, Limits(), 3.0)


@pytest.mark.parametrize("provider", RECORDED)
def test_ours_are_understood(provider: str) -> None:
    recordings = shipped(samples.of(provider))
    assert recordings
    usual = book(provider)["request"].get("event")
    events = {told["sample"]: told.get("event", usual) for told in book(provider)["cases"] if "sample" in told}
    for one in recordings:
        found = understood(a_channel(provider), one, "https://gw.example.org", AT)
        assert found.why_not == "", one.name
        assert found.request.event == events[one.name], one.name
        meets(found.events[0], one.expect, f"{provider}/{one.name}")


# --- files --------------------------------------------------------------------------------------------------------

FORM = "sessionId=ATUid_1&phoneNumber=%2B254700000001&serviceCode=*384*70%23&text="
TEXT = f"""\
### the citizen dials
# on the 24th
POST /in/africastalking/demo-secret/ussd HTTP/1.1
Host: gw.example.org
Content-Type: application/x-www-form-urlencoded
Date: Tue, 24 Nov 2026 09:00:00 GMT

{FORM}

###
POST https://gw.example.org/in/africastalking/wrong-secret/sms
Content-Type: application/x-www-form-urlencoded

id=1&from=%2B254700000001&to=22384&text=WATER&date=2026-11-24
### nothing
"""
HAR: dict[str, Any] = {
    "log": {
        "entries": [
            {
                "startedDateTime": "2026-11-24T09:00:00Z",
                "request": {
                    "method": "POST",
                    "url": "https://gw.example.org/in/africastalking/demo-secret/ussd",
                    "headers": [{"name": "Content-Type", "value": "application/x-www-form-urlencoded"}],
                    "postData": {"text": base64.b64encode(FORM.encode()).decode(), "encoding": "base64"},
                },
            }
        ]
    }
}


def test_a_text_file_is_read() -> None:
    first, second = read("calls.http", TEXT.encode())
    assert first == Recording(
        "calls.http:3", "POST", "/in/africastalking/demo-secret/ussd",
        {"host": "gw.example.org", "content-type": "application/x-www-form-urlencoded",
         "date": "Tue, 24 Nov 2026 09:00:00 GMT"},
        FORM.encode(), 1795510800.0, "the citizen dials",
    )  # fmt: skip
    assert (second.event, second.secret, second.name) == ("sms", "wrong-secret", "calls.http:11")
    assert read("calls.http", TEXT.replace("\n", "\r\n").encode()) == [first, second]


def test_an_archive_is_read() -> None:
    [one] = read("calls.har", json.dumps(HAR).encode())
    assert (one.event, one.secret, one.body, one.at) == ("ussd", "demo-secret", FORM.encode(), 1795510800.0)


BAD_FILES = [
    (b"", "holds no callback (begin each with a line such as POST"),
    (b"### only a comment\n", "holds no callback"),
    (b"\xff\xfe", "is not UTF-8 text"),
    (b"\nPUSH /in/x/y HTTP/1.1\n", "calls:2: is no request line"),
    (b"POST /in/x/y\nContent-Type text/xml\n", "calls:2: is no header"),
    (b'{"log":\n}', "calls:2: is not JSON"),
    (b'{"log": {}}', "no HAR archive"),
    (b'{"log": {"entries": {}}}', "no HAR archive"),
    (b"[1, 2]", "no HAR archive"),
    (b'{"log": {"entries": []}}', "is a HAR archive without any request"),
    (b'{"log":' + b"[" * 200_000, "is nested too deep"),
    (b"POST http://[x/ HTTP/1.1\n", "calls:1: its address cannot be read: Invalid IPv6 URL"),
]
# What an entry of an archive holds in place of what it should, and what is said of it.
BAD_ENTRIES: list[tuple[Any, str]] = [
    (5, "it is not an object"),
    ({}, "`request` is missing"),
    ({"request": [1]}, "`request` is not an object"),
    ({"request": {"url": "/in/x/y"}}, "`request.method` is missing"),
    ({"request": {"method": 5}}, "`request.method` is not text"),
    ({"request": {"method": "GET", "url": 5}}, "`request.url` is not text"),
    ({"request": {"method": "GET", "url": "http://[x/"}}, "its address cannot be read: Invalid IPv6 URL"),
    ({"headers": None}, "`request.headers` is not a list"),
    ({"headers": ["A: b"]}, "`request.headers[0]` is not an object"),
    ({"headers": [{"value": "A"}]}, "`request.headers[0].name` is missing"),
    ({"postData": "a=b"}, "`request.postData` is not an object"),
    ({"postData": 5}, "`request.postData` is not an object"),
    ({"postData": None}, "`request.postData` is not an object"),
    ({"postData": {"text": 5}}, "`request.postData.text` is not text"),
    ({"postData": {"text": None}}, "`request.postData.text` is not text"),
    ({"postData": {"text": "a\ud800"}}, "`request.postData.text` holds half a character"),
    ({"postData": {"text": "@@", "encoding": "base64"}}, "`request.postData.text` is not base64"),
    ({"postData": {"text": "\u00e9", "encoding": "base64"}}, "`request.postData.text` is not base64"),
    ({"postData": {"params": ["a"]}}, "`request.postData.params[0]` is not an object"),
    ({"startedDateTime": "yesterday", "request": {"method": "GET", "url": "/"}}, "`startedDateTime` is no time"),
    ({"startedDateTime": "0001-01-01T00:00:00", "request": {"method": "GET", "url": "/"}}, "is no time"),
]


@pytest.mark.parametrize(("raw", "complaint"), BAD_FILES)
def test_a_bad_file(raw: bytes, complaint: str) -> None:
    with pytest.raises(GatewayError) as wrong:
        read("calls", raw)
    assert complaint in str(wrong.value)


@pytest.mark.parametrize(("entry", "complaint"), BAD_ENTRIES)
def test_a_bad_entry(entry: Any, complaint: str) -> None:
    good = HAR["log"]["entries"][0]
    if isinstance(entry, dict) and entry and entry.keys() <= {"headers", "postData"}:
        entry = {"request": good["request"] | entry}
    with pytest.raises(GatewayError) as wrong:
        read("calls.har", json.dumps({"log": {"entries": [good, entry]}}).encode())
    assert str(wrong.value).startswith("calls.har, entry 2: ") and complaint in str(wrong.value)


def test_the_fields_of_a_form_in_an_archive() -> None:
    fields = [{"name": "sessionId", "value": "A 1"}, {"name": "text"}]
    posted = {"mimeType": "application/x-www-form-urlencoded", "params": fields}
    request = {"method": "POST", "url": "https://gw.example.org/in/at/demo-secret/ussd", "postData": posted}
    [one] = read("calls.har", json.dumps({"log": {"entries": [{"request": request}]}}).encode())
    assert one.body == b"sessionId=A+1&text="
    assert one.headers == {"content-type": "application/x-www-form-urlencoded"}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | st.just(json.dumps(HAR).encode()))
@settings(deadline=None)
def test_any_file_is_read_or_complained_of(raw: bytes) -> None:
    try:
        found = read("calls", raw)
    except GatewayError as wrong:
        assert str(wrong).startswith("calls")
        return
    for one in found:
        assert understood(a_channel("africastalking"), one, "https://gw.example.org", AT)


# --- the command --------------------------------------------------------------------------------------------------


def told(folder: Path, *words: str) -> Any:
    return run("conformance", *words, "--config", str(folder / "config.yaml"))


def test_our_recordings_are_reported(tmp_path: Path) -> None:
    written_config(tmp_path, channels=channels(theirs=channel("hubtel", "*713*4#")))
    done = told(tmp_path, "theirs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "**7 callbacks: 7 understood, 0 not.**" in done.stdout
    assert '"Type": "Response"' in done.stdout
    assert "+233200···001" in done.stdout or "···" in done.stdout
    assert not (tmp_path / "data").exists()


HIDDEN = [("aat_vodacom", "/in/theirs/<secret>/ussd"), ("integrat", "<Password>…<")]


@pytest.mark.parametrize(("provider", "what"), HIDDEN)
def test_the_report_holds_no_secret(provider: str, what: str, tmp_path: Path) -> None:
    keys = {"reply_url": "http://127.0.0.1:9/", "user": "u", "password": "made-up"} if provider == "integrat" else {}
    written_config(tmp_path, channels=channels(theirs=channel(provider, "*120*44#", **keys)))
    for form in ("markdown", "json"):
        done = told(tmp_path, "theirs", "--format", form)
        assert done.returncode == 0
        assert "demo-secret" not in done.stdout and "made-up" not in done.stdout
    assert what in told(tmp_path, "theirs").stdout


def test_a_file_of_the_users(tmp_path: Path) -> None:
    written_config(tmp_path)
    strange = "POST /in/africastalking/demo-secret/ussd\nContent-Type: application/json\n\n{}\n###\n"
    elsewhere = TEXT.replace("*384*70%23", "*384*99%23").replace("ATUid_1", "ATUid_2").split("###\nPOST")[0]
    (tmp_path / "calls.http").write_text(TEXT + strange + elsewhere)
    done = told(tmp_path, "africastalking", str(tmp_path / "calls.http"))
    assert done.returncode == 1
    said = done.stdout
    assert "**4 callbacks: 1 understood, 3 not.**" in said
    assert "- proof: right: a secret in the path\n" in said
    assert "- proof: the path secret is wrong" in said
    assert "- **refused**: the gateway answers 404 to this; nothing is written" in said
    assert "CON County services" in said
    assert "- **not understood**: the body must be application/x-www-form-urlencoded" in said
    assert "the channel has no short code `*384*99#` (add it to `codes`)" in said
    assert "- `receipt`" in said.partition("## Not recorded")[2]
    assert "+254700000001" not in said
    assert "+254700000001" in told(tmp_path, "africastalking", str(tmp_path / "calls.http"), "--numbers").stdout


def test_the_event_of_a_recording_that_does_not_say_it(tmp_path: Path) -> None:
    written_config(tmp_path)
    text = "POST https://hook.example.org/1\nContent-Type: application/x-www-form-urlencoded\n\n"
    fields = "phoneNumber=%2B254700000001&shortCode=22384&keyword=HEALTH&updateType=Addition&senderId=X"
    (tmp_path / "calls.http").write_text(text + fields)
    guessed = told(tmp_path, "africastalking", str(tmp_path / "calls.http")).stdout
    assert "- understood: an opt-out" in guessed
    said = told(tmp_path, "africastalking", str(tmp_path / "calls.http"), "--event", "subscription").stdout
    assert "- understood: noted, nothing comes of it" in said


def test_the_report_as_data(tmp_path: Path) -> None:
    written_config(tmp_path)
    (tmp_path / "calls.http").write_text(TEXT)
    done = told(tmp_path, "africastalking", str(tmp_path / "calls.http"), "--format", "json")
    assert done.returncode == 1
    first, second = json.loads(done.stdout)["callbacks"]
    assert first["proven"] and first["understood"][0]["is"] == "a turn of a USSD session"
    assert first["answer"]["body"].startswith("CON ")
    assert second["refused"] and not second["proven"] and not second["good"] and second["answer"] is None


def recorded(address: str, typed: str = "", session: str = "ATUid_1", **headers: str) -> str:
    """Return a callback of Africa's Talking in a text file."""
    kinds = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    lines = "".join(f"{name}: {value}\n" for name, value in kinds.items())
    form = FORM.replace("ATUid_1", session) + typed
    return f"POST {address} HTTP/1.1\n{lines}\n{form}\n###\n"


SETTINGS = {"secrets": ["demo-secret"], "username": "sandbox", "api_key": "made-up-key"}
BASIC = {"basic": {"user": "them", "passwords": ["made-up-password"]}}
RIGHT = "Basic dGhlbTptYWRlLXVwLXBhc3N3b3Jk"
SECRET, PASSWORD, ADDRESS = "a secret in the path", "a password (HTTP Basic)", "the caller's network address"
NOT_SHOWN = "not shown by a recording: "
PROOFS: list[tuple[dict[str, Any], str, dict[str, str], str, bool]] = [
    ({}, "/in/theirs/demo-secret/ussd", {}, f"right: {SECRET}", True),
    ({}, "/in/theirs/wrong-secret/ussd", {}, "the path secret is wrong", False),
    ({}, "/in/theirs/ussd", {}, NOT_SHOWN + SECRET, True),
    ({}, "/callback", {}, NOT_SHOWN + SECRET, True),
    *(({}, f"/in/theirs/{word}/ussd", {}, NOT_SHOWN + SECRET, True)
      for word in ("<secret>", "%3Csecret%3E", "***", "SECRET", "xxxxxxxx", "demo-***", "your-secret", "{secret}")),
    ({"addresses": ["196.201.214.0/24"]}, "/in/theirs/demo-secret/ussd", {"X-Forwarded-For": "8.8.8.8"},
     f"right: {SECRET}; {NOT_SHOWN}{ADDRESS}", True),
    (BASIC, "/in/theirs/demo-secret/ussd", {}, f"right: {SECRET}; {NOT_SHOWN}{PASSWORD}", True),
    (BASIC, "/in/theirs/<secret>/ussd", {"Authorization": RIGHT}, f"right: {PASSWORD}; {NOT_SHOWN}{SECRET}", True),
    (BASIC, "/in/theirs/<secret>/ussd", {"Authorization": "Basic ***"}, f"{NOT_SHOWN}{SECRET} and {PASSWORD}", True),
    (BASIC, "/in/theirs/<secret>/ussd", {"Authorization": "Basic eDp5"},
     f"the user or password of HTTP Basic is wrong or missing; {NOT_SHOWN}{SECRET}", False),
    ({"client_certificate": {"header": "X-Client", "subject": "CN=them"}}, "/in/theirs/demo-secret/ussd",
     {"X-Client": "CN=them"}, f"right: {SECRET}; {NOT_SHOWN}a client certificate, which our proxy checks", True),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "address", "headers", "said", "lets_in"), PROOFS)
def test_what_a_recording_proves(
    keys: dict[str, Any], address: str, headers: dict[str, str], said: str, lets_in: bool
) -> None:
    certificate = ClientCertificate(**keys["client_certificate"]) if "client_certificate" in keys else None
    theirs = {name: value for name, value in keys.items() if name != "client_certificate"}
    told = TELECOMS["africastalking"].Settings.model_validate(SETTINGS | theirs)
    one = replace(a_channel("africastalking"), name="theirs", settings=told, client_certificate=certificate)
    [recording] = read("calls", recorded(address, **headers).encode())
    found = understood(one, recording, "https://gw.example.org", AT)
    assert found.proof.said == said
    assert found.proof.refused is not lets_in and found.proof.proven is (said[:5] == "right" and ";" not in said)


def test_a_signature_that_was_not_recorded() -> None:
    [one] = read("calls", b"POST /in/twilio/sms\nContent-Type: application/x-www-form-urlencoded\n\nMessageSid=1")
    assert understood(a_channel("twilio"), one, "https://gw.example.org", AT).proof.said == (
        NOT_SHOWN + "Twilio's signature"
    )
    wrong = replace(one, headers={**one.headers, "x-twilio-signature": "made-up"})
    assert understood(a_channel("twilio"), wrong, "https://gw.example.org", AT).proof.refused


def test_what_is_refused_moves_nothing_on(tmp_path: Path) -> None:
    written_config(tmp_path)
    at = "/in/africastalking/{}/ussd"
    calls = [("demo-secret", ""), ("wrong-secret", "1"), ("demo-secret", "2")]
    text = "".join(recorded(at.format(secret), typed) for secret, typed in calls)
    (tmp_path / "calls.http").write_text(text)
    done = told(tmp_path, "africastalking", str(tmp_path / "calls.http"), "--format", "json")
    assert done.returncode == 1
    first, wrong, last = json.loads(done.stdout)["callbacks"]
    assert (first["good"], wrong["good"], last["good"]) == (True, False, True)
    (tmp_path / "calls.http").write_text(text.replace("wrong-secret", "demo-secret"))
    moved = json.loads(told(tmp_path, "africastalking", str(tmp_path / "calls.http"), "--format", "json").stdout)
    assert wrong["answer"] is None and moved["callbacks"][1]["answer"] is not None
    assert last["answer"] != moved["callbacks"][2]["answer"]


def archive(*requests: dict[str, Any]) -> bytes:
    return json.dumps({"log": {"entries": [{"request": one} for one in requests]}}).encode()


def test_what_else_an_archive_holds(tmp_path: Path) -> None:
    written_config(tmp_path)
    call = HAR["log"]["entries"][0]["request"]
    others = [
        {"method": "GET", "url": "https://gw.example.org/favicon.ico"},
        {"method": "OPTIONS", "url": call["url"]},
        {"method": "GET", "url": "https://hook.example.org/page?a=b"},
        {**call, "url": "https://gw.example.org/in/twilio/sms"},
        {"method": "\x1b[31mPOST", "url": call["url"]},
    ]
    (tmp_path / "calls.har").write_bytes(archive(*others, call))
    done = told(tmp_path, "africastalking", str(tmp_path / "calls.har"))
    assert done.returncode == 0, done.stdout
    assert "**1 callback: 1 understood, 0 not.**\n\n- left out: 5 requests to other addresses\n" in done.stdout
    (tmp_path / "calls.har").write_bytes(archive(others[0]))
    none = told(tmp_path, "africastalking", str(tmp_path / "calls.har"))
    assert none.returncode == 2
    assert "nothing that was recorded calls africastalking: left out: 1 request to other addresses" in none.stderr
    elsewhere = {**call, "url": "https://hook.example.org/1"}
    kept, left = chosen("at", ("at", "twilio"), read("x.har", archive(others[0], elsewhere)))
    assert [one.address for one in kept] == [elsewhere["url"]] and left


def test_a_callback_of_another_channel(tmp_path: Path) -> None:
    written_config(tmp_path)
    (tmp_path / "calls.http").write_text(recorded("/in/africastalking/demo-secret/ussd") + recorded("/in/twilio/sms"))
    done = told(tmp_path, "africastalking", str(tmp_path / "calls.http"))
    assert done.returncode == 0
    assert "calls.http: line 6 calls channel twilio, not africastalking\n" in done.stdout
    assert "**1 callback: 1 understood, 0 not.**" in done.stdout


def test_numbers_secrets_and_control_characters_stay_out(tmp_path: Path) -> None:
    reply = {
        "format": "text", "body": "{number} {text}",
        "headers": {"X-Next": "{url}", "X-Number": "{number}", "X-More": "{more ? 1 : 0}"},
    }  # fmt: skip
    describe = {
        "transport": "query", "fields": {"session": "session", "number": "msisdn", "input": "input"},
        "input_is": "last", "first_input": "nothing", "country_code": "254", "marks": {"new": "unseen"}, "reply": reply,
    }  # fmt: skip
    written_config(tmp_path, channels=channels(theirs=channel("generic_ussd", describe=describe)))
    escape = "\x1b]0;owned\x07\x9b31m"
    (tmp_path / "calls.http").write_text(
        f"### {escape} 0712345678 calls\nGET /in/theirs/demo-secret/ussd?session=254712345678-7&msisdn=254712345678"
        f"&input= HTTP/1.1\nContent-Type: text/{escape}plain\n"
    )
    for form in ("markdown", "json"):
        said = told(tmp_path, "theirs", str(tmp_path / "calls.http"), "--format", form).stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", said) and "owned" in said
        assert "712345678" not in said and "+254712···678" in said and "demo-secret" not in said
        assert "/in/theirs/<secret>/ussd" in said
    assert "712345678" in told(tmp_path, "theirs", str(tmp_path / "calls.http"), "--numbers").stdout


def test_events_are_named_once(tmp_path: Path) -> None:
    written_config(tmp_path, channels=channels(theirs=channel("arkesel")))
    (tmp_path / "calls.http").write_text("POST /in/theirs/demo-secret/sms\n\n{}\n")
    said = told(tmp_path, "theirs", str(tmp_path / "calls.http")).stdout
    assert "the channel has no event 'sms' (it has ussd)" in said
    assert said.partition("## Not recorded")[2].count("ussd") == 1
    (tmp_path / "calls.http").write_text("POST /in/theirs/demo-secret/ussd\n\n{}\n")
    said = told(tmp_path, "theirs", str(tmp_path / "calls.http")).stdout
    assert "- **not understood**" in said and "## Not recorded" not in said
    (tmp_path / "calls.http").write_text("POST /callback\n\n{}\n")
    said = told(tmp_path, "theirs", str(tmp_path / "calls.http")).stdout
    assert "event `?`, which its address does not tell (say it with `--event`)" in said


def test_a_code_is_judged_as_it_is_served(tmp_path: Path) -> None:
    describe = {
        "transport": "query", "fields": {"session": "s", "number": "n", "input": "i", "code": "c"},
        "input_is": "last", "first_input": "dialled", "country_code": "254",
        "marks": {"new": {"op": "1"}, "goes_on": {"op": "2"}},
        "reply": {"format": "text", "body": "{more ? CON : END} {text}"},
    }  # fmt: skip
    written_config(tmp_path, channels=channels(theirs=channel("generic_ussd", "*384*71#", describe=describe)))
    right, wrong = "c=*384*71%23", "c=*384*99%23"
    calls = [
        f"s=1&op=1&i=1&{right}",
        f"s=1&op=2&i=1&{right}",
        f"s=1&op=2&i=2&{wrong}",
        f"s=2&op=1&i=*384*99%23&{wrong}",
    ]
    lines = [f"GET /in/theirs/demo-secret/ussd?n=254712345678&{call} HTTP/1.1\n###\n" for call in calls]
    (tmp_path / "calls.http").write_text("".join(lines))
    done = told(tmp_path, "theirs", str(tmp_path / "calls.http"), "--format", "json")
    found = json.loads(done.stdout)["callbacks"]
    assert [one["code_missing"] for one in found] == ["", "", "*384*99#", "*384*99#"], done.stdout
    assert [one["answer"]["body"].split()[1] for one in found[:2]] == ["County", "What"]


def test_what_cannot_be_reported(tmp_path: Path) -> None:
    written_config(tmp_path, channels=channels(theirs=channel("nalo")))
    for words, complaint in (
        (("nobody",), "there is no channel 'nobody'; known are theirs, africastalking"),
        (("theirs",), "no recordings of nalo come with the gateway"),
        (("theirs", "nowhere.http"), "nowhere.http: cannot be read: No such file"),
    ):
        done = told(tmp_path, *words)
        assert done.returncode == 2
        assert complaint in done.stderr
