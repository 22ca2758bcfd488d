"""`gateway conformance`: what comes with the gateway is understood by every provider, and so are the user's files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import Channel
from gateway.language.text import Limits
from gateway.messages import GatewayError
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
    elsewhere = TEXT.replace("*384*70%23", "*384*99%23").split("###\nPOST")[0]
    (tmp_path / "calls.http").write_text(TEXT + strange + elsewhere)
    done = told(tmp_path, "africastalking", str(tmp_path / "calls.http"))
    assert done.returncode == 1
    said = done.stdout
    assert "**4 callbacks: 2 understood, 2 not.**" in said
    assert "- proof: right: a secret in the path\n" in said
    assert "- proof: the path secret is wrong" in said
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
    assert done.returncode == 0
    first, second = json.loads(done.stdout)["callbacks"]
    assert first["proven"] and first["understood"][0]["is"] == "a turn of a USSD session"
    assert first["answer"]["body"].startswith("CON ")
    assert not second["proven"] and second["good"]


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
