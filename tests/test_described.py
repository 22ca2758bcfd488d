"""Telecoms that are described: each preset over HTTP, and one in nobody's list."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.cli.phone.lines import on_air
from gateway.messages import Refused, Reply, Request, Unreadable
from gateway.speech import Turn
from providers.described.description import Description
from providers.described.speaking import hear, speak
from providers.telecom import TELECOMS
from providers.telecom.generic_ussd import Described
from tests.callers import SECRET, WONDERLAND, Caller, channel, channels, request_of
from tests.town import served, town

PRESETS = [name for name, telecom in TELECOMS.items() if isinstance(telecom, Described) and telecom.preset]
CODES = {"moolre": "*203*109#"}
NUMBER = "+254700000123"
PARAMETERS = {"airtel_flares": {"userid": "flares", "password": "made-up"}}


def described(provider: str, **keys: Any) -> Any:
    return TELECOMS[provider].Settings.model_validate({"secrets": [SECRET], **keys})


def turn(provider: str, *typed: str, **keys: Any) -> Turn:
    plain = {"session": "s-1", "number": NUMBER, "code": CODES.get(provider, "*384*70#"), "typed": typed}
    return Turn(**(plain | keys))


# --- a whole journey ----------------------------------------------------------------------------------------------


def shows(response: httpx.Response, caller: Caller, screen: str) -> None:
    """Check that an answer is the screen that Africa's Talking's caller sees, in this telecom's form."""
    wanted = caller.written(screen)
    assert response.content == wanted.body
    assert response.status_code == wanted.status
    assert response.headers["content-type"] == wanted.content_type
    for name, value in wanted.headers:
        assert response.headers[name] == value


@pytest.mark.parametrize("provider", PRESETS)
async def test_a_journey_over_http(provider: str, tmp_path: Path) -> None:
    code = CODES.get(provider, "*384*70#")
    async with town(tmp_path, deliver=False, channels=channels(theirs=channel(provider, code))) as there:
        phone, caller = there.phone("+254700000122"), Caller(there, "theirs", NUMBER, code)
        shows(await caller.dial(), caller, home := await phone.dial())
        shows(await caller.post(), caller, home)
        shows(await caller.press("2"), caller, second := await phone.press("2"))
        shows(await caller.post(), caller, second)
        assert second != home
        shows(await caller.press("1"), caller, third := await phone.press("1"))
        shows(await caller.post(), caller, third)
        assert third != second
        before = (await caller.post(secret="demo-secreT")).content
        assert before == b"not found\n"


DEEP = [
    name
    for name, told in ((name, described(name).describe) for name in PRESETS)
    if told.first_input in ("dialled", "suffix") or told.input_is == "transcript"
]  # fmt: skip


@pytest.mark.parametrize("provider", [*DEEP, "moolre"])
async def test_a_long_dial_over_http(provider: str, tmp_path: Path) -> None:
    code = CODES.get(provider, "*384*70#")
    async with town(tmp_path, deliver=False, channels=channels(theirs=channel(provider, code))) as there:
        phone, caller = there.phone("+254700000122"), Caller(there, "theirs", NUMBER, code)
        shows(await caller.dial("2", "1"), caller, ahead := await phone.dial("2*1"))
        shows(await caller.post(), caller, ahead)
        assert ahead == await there.phone("+254700000121").walk("2", "1")


ENDING = [name for name in PRESETS if described(name).describe.marks.aborted is not None]


@pytest.mark.parametrize("provider", ENDING)
async def test_hanging_up_over_http(provider: str, tmp_path: Path) -> None:
    code = CODES.get(provider, "*384*70#")
    async with town(tmp_path, deliver=False, channels=channels(theirs=channel(provider, code))) as there:
        caller = Caller(there, "theirs", NUMBER, code)
        await caller.dial()
        await caller.press("2")
        answer = await caller.post(over=True)
        assert answer.status_code == 200
        assert answer.content == (await caller.post(over=True)).content


@pytest.mark.parametrize("provider", ["hubtel", "airtel_flares", "infobip_ussd", "safaricom_http", "truroute"])
async def test_dial_speaks_as_the_telecom_does(provider: str, tmp_path: Path) -> None:
    told = channel(provider, "*384*71#", **({"parameters": PARAMETERS[provider]} if provider in PARAMETERS else {}))
    async with town(tmp_path, deliver=False, channels=channels(theirs=told)) as there, served(there.gateway) as url:
        phone = there.phone("+254700000122")
        here = replace(there.gateway.config, host="127.0.0.1", port=int(url.rpartition(":")[2]))
        line = on_air(here, "*384*71*2#", NUMBER, "63902")
        first, second = await asyncio.to_thread(line.dial), await asyncio.to_thread(line.press, "1")
        assert f"CON {first.text}" == await phone.dial("2") and first.more
        assert f"CON {second.text}" == await phone.press("1")


# --- what every telecom must be refused ---------------------------------------------------------------------------


def given(provider: str, spoken_turn: Turn, secret: str = SECRET, peer: str = "192.0.2.7", **keys: Any) -> Any:
    settings = described(provider, addresses=["192.0.2.0/24"], **keys)
    request = request_of(speak(settings.describe, spoken_turn), f"http://127.0.0.1:8000/in/x/{secret}", secret, peer)
    TELECOMS[provider].prove(request, settings)
    return TELECOMS[provider].parse(request, settings)


@pytest.mark.parametrize("provider", PRESETS)
@pytest.mark.parametrize("wrong", [{"secret": "demo-secreT"}, {"secret": ""}, {"peer": "198.51.100.7"}, {"peer": ""}])
def test_a_wrong_proof(provider: str, wrong: dict[str, str]) -> None:
    assert given(provider, turn(provider)).session in ("s-1", "")
    with pytest.raises(Refused):
        given(provider, turn(provider), **wrong)


@pytest.mark.parametrize("provider", PRESETS)
def test_a_wrong_password(provider: str) -> None:
    basic = {"user": "telecom", "passwords": ["made-up-password"]}
    with pytest.raises(Refused, match="Basic"):
        given(provider, turn(provider), basic=basic)


WRONG = [
    ("a missing number", {"number": ""}, "is missing"),
    ("a number that is none", {"number": "12ab"}, "phone number"),
    ("a missing session", {"session": ""}, "is missing|must go on"),
    ("an over-long session", {"session": "s" * 129}, "longer than 128"),
    ("an over-long answer", {"typed": ("x" * 4001,)}, "more than 4000"),
    ("a control character", {"typed": ("a\x07b",)}, "control|not XML"),
]


@pytest.mark.parametrize("provider", PRESETS)
@pytest.mark.parametrize(("what", "change", "complaint"), WRONG, ids=[what for what, _, _ in WRONG])
def test_a_wrong_callback(provider: str, what: str, change: dict[str, Any], complaint: str) -> None:
    if described(provider).describe.known_by == "number" and "session" in change:
        assert given(provider, turn(provider, **change)).session == ""  # it has none to be wrong
        return
    with pytest.raises(Unreadable, match=complaint):
        given(provider, turn(provider, **change))


@pytest.mark.parametrize("provider", PRESETS)
def test_a_repeat_says_the_same(provider: str) -> None:
    for typed in ((), ("1",), ("1", "1")):
        assert given(provider, turn(provider, *typed)) == given(provider, turn(provider, *typed))


@pytest.mark.parametrize("provider", PRESETS)
def test_a_preset_says_what_people_need(provider: str) -> None:
    description: Description = described(provider).describe
    assert description.name and description.country and description.about and description.source
    assert description.ask_for and description.quirks
    assert description.confidence in ("A", "B", "C")


@pytest.mark.parametrize("provider", PRESETS)
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"<a>", b"[1]", b"null", b'{"a": NaN}', b"<!DOCTYPE a><a/>"])
def test_junk_is_unreadable(provider: str, body: bytes) -> None:
    description = described(provider).describe
    kinds = {"json": "application/json", "xml": "text/xml"}
    headers = {"content-type": kinds.get(description.transport, "application/x-www-form-urlencoded")}
    request = Request(description.allowed_methods[0], "http://x/in/a/b/ussd", headers, body, "192.0.2.7", "ussd")
    with pytest.raises(Unreadable):
        TELECOMS[provider].parse(request, described(provider))


@pytest.mark.parametrize("provider", PRESETS)
@pytest.mark.parametrize("text", ["Home\n1 Water", 'a "b" & <c> \\ é', "7", "true"])
@pytest.mark.parametrize("more", [True, False])
def test_what_is_said_is_heard(provider: str, text: str, more: bool) -> None:
    settings = described(provider)
    inbound = given(provider, turn(provider, "1"))
    answer = TELECOMS[provider].render(Reply(text, more), inbound, settings)
    headers = {name.lower(): value for name, value in answer.headers}
    assert hear(settings.describe, headers, answer.body.decode()) == Reply(text, more)


# --- one that is in nobody's list ---------------------------------------------------------------------------------

async def test_a_telecom_in_nobodys_list(tmp_path: Path) -> None:
    (tmp_path / "wonderland.yaml").write_text(WONDERLAND)
    told = channel("generic_ussd", describe="file:wonderland.yaml")
    async with town(tmp_path, channels=channels(wonderland=told)) as there:
        phone = there.phone("+254700000122")

        async def said(kind: str, text: str, session: str = "d-1") -> str:
            body = f'<dialogue kind="{kind}"><party>{NUMBER[1:]}</party><said>{text}</said></dialogue>'
            headers = {"X-Dialogue": session, "Content-Type": "text/xml"}
            answer = await there.http.post(f"/in/wonderland/{SECRET}/ussd", content=body, headers=headers)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/xml" if answer.content else "text/plain")
            return answer.text

        def shown(screen: str) -> str:
            final = "no" if screen.startswith("CON ") else "yes"
            text = screen[4:].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
            return f'<prompt final="{final}"><line>{text}</line></prompt>'

        assert await said("START", "*384*70#") == shown(await phone.dial())
        for typed in ("1", "2", "Kalundu &amp; Sons", "0"):
            screen = shown(await phone.press(typed.replace("&amp;", "&")))
            assert await said("REPLY", typed) == screen
            assert await said("REPLY", typed) == screen
        assert 'final="yes"' in (last := await said("REPLY", "1"))
        assert await said("REPLY", "1") == last
        assert await said("HANGUP", "") == ""
        [request] = await there.received(1)
        assert request["body"]["place"] == "Kalundu & Sons" and request["times"] == 1
        assert "2 Burst pipe" in await said("START", "*384*70*1#", "d-2")


def test_a_channel_changes_a_preset() -> None:
    settings = described("bongatech", describe={"input_is": "transcript", "fields": {"network": "mno"}})
    assert settings.describe.input_is == "transcript"
    assert settings.describe.fields.network == ("mno",)
    assert settings.describe.fields.session == ("session_id",)
