"""The playing telecom: every provider plays to a real gateway, and it sees what a wrong gateway does wrong."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from gateway.cli.telco import _table
from gateway.config import Channel, Config
from gateway.config.settings import ClientCertificate
from gateway.language.text import Limits
from gateway.messages import GatewayError
from gateway.workshop.playing.elsewhere import Elsewhere
from gateway.workshop.playing.telco import Telco, kept_out, played
from gateway.workshop.playing.traffic import Caller, Tally, Weather, told, word_of
from providers.telecom import TELECOMS
from tests.callers import channels
from tests.test_callbacks import book
from tests.test_cli import free_port, run, serving
from tests.test_cli import written_config as written
from tests.town import served, town

ROUGH = Weather(doubles=20, retries=20, late=20, drops=10, delay=0, thinking=0)
USSD = [name for name, telecom in TELECOMS.items() if telecom.USSD and name != "generic_ussd"]
SMS = [name for name, telecom in TELECOMS.items() if telecom.SMS]
CODES = {"moolre": "*203*109#"}


def told_of(provider: str) -> dict[str, Any]:
    """Return the channel of a provider's book, open to this machine."""
    code = CODES.get(provider, "*384*70#")
    theirs = {key: value for key, value in book(provider)["settings"].items() if key != "addresses"}
    theirs |= {"provider": provider}
    if "reply_url" in theirs:
        theirs["reply_url"] = f"http://127.0.0.1:{free_port()}/"
    if TELECOMS[provider].SMS:
        theirs["sms"] = {"short_code": "22384"}
    return theirs | ({"codes": {code: {"service": "county-home"}}} if TELECOMS[provider].USSD else {})


async def telco(config: Config, url: str, http: httpx.AsyncClient, name: str = "theirs", **keys: Any) -> Telco:
    channel: Channel = config.channels[name]
    here = replace(config, host="127.0.0.1", port=int(url.rpartition(":")[2]))
    code = next(iter(channel.codes), "")
    return Telco(here, channel, code, (), ROUGH, Random(7), http, ("WATER", "TAX"), **keys)


async def play(config: Config, url: str, sms: bool = False) -> Tally:
    reply_url = getattr(config.channels["theirs"].settings, "reply_url", "")
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        there = await stack.enter_async_context(Elsewhere(reply_url)) if reply_url else None
        player = await telco(config, url, http, elsewhere=there)
        await player.answers(sms)
        await played(player, sms, rate=400, lasting=0.05, seen=lambda: None)
    return player.tally


@pytest.mark.parametrize("provider", USSD)
async def test_every_telecom_of_ussd_plays(provider: str, tmp_path: Path) -> None:
    many = channels(theirs=told_of(provider))
    async with town(tmp_path, deliver=False, channels=many) as place, served(place.gateway) as url:
        tally = await play(place.gateway.config, url)
        assert tally.wrong == {}, told(tally, 1)
        assert tally.sessions > 5 and tally.turns > 15 and tally.ended and tally.dropped
        assert tally.doubles and tally.retries
        assert tally.late or provider not in ("africastalking", "hubtel", "airtel_malawi_xmlrpc")  # which number turns
        wrong = [line for line in await place.gateway.store.verify() if "but no limits" not in line]
        assert wrong == []  # nothing is delivered here, so that lanes have no limits


@pytest.mark.parametrize("provider", SMS)
async def test_every_telecom_of_sms_plays(provider: str, tmp_path: Path) -> None:
    many = channels(theirs=told_of(provider))
    async with town(tmp_path, deliver=False, channels=many) as place, served(place.gateway) as url:
        tally = await play(place.gateway.config, url, sms=True)
        assert tally.wrong == {}, told(tally, 1)
        assert tally.texts == 4 * tally.sessions > 20
        kept = await place.gateway.store.list_messages(limit=10_000)
        assert len(kept) == tally.texts + 1  # one answer to each, whatever came twice, and to the first look


# --- what must be seen --------------------------------------------------------------------------------------------

Answering = Callable[[str, int], str]


def wrong_gateway(answer: Answering) -> Any:
    """Return an application that answers a session's callbacks, numbered from 1, as it likes."""
    counts: dict[str, int] = {}

    async def app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        body = (await receive())["body"].decode()
        session = body.partition("sessionId=")[2].partition("&")[0]
        counts[session] = counts.get(session, 0) + 1
        said = answer(session, counts[session])
        status = int(said) if said.isdigit() else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": said.encode()})

    return app


WRONG: list[tuple[str, Answering, str]] = [
    ("repeats", lambda session, count: f"CON {count}\n1 On", "a repeat was answered otherwise"),
    ("late", lambda session, count: f"CON {min(count, 9)}\n1 On", "a late repeat was answered otherwise"),
    ("mixes", lambda session, count: "CON Zqnobody\n1 On" if count == 1 else "END", "somebody else's screen"),
    ("forms", lambda session, count: "Welcome", "an answer is not in the telecom's form"),
    ("endless", lambda session, count: "CON Hello\n1 On", "no session came to its end"),
    ("statuses", lambda session, count: "500" if count > 1 else "CON Hello\n1 On", "answered 500 500"),
]


@pytest.mark.parametrize(("name", "answer", "wrong"), WRONG, ids=[name for name, _, _ in WRONG])
async def test_what_is_wrong_is_seen(name: str, answer: Answering, wrong: str, tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place, served(wrong_gateway(answer)) as url:
        async with httpx.AsyncClient(trust_env=False) as http:
            player = await telco(place.gateway.config, url, http, "africastalking")
            await played(player, False, rate=400, lasting=0.05, seen=lambda: None)
        assert player.tally.wrong[wrong] > 0, player.tally.wrong


async def test_nobody_is_there(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place, served(wrong_gateway(lambda session, count: "404")) as url:
        async with httpx.AsyncClient(trust_env=False) as http:
            player = await telco(place.gateway.config, url, http, "africastalking")
            with pytest.raises(
                GatewayError, match="lets nobody in from this machine: most likely it runs with another"
            ):
                await player.answers(False)
            player.config = replace(player.config, port=9)
            with pytest.raises(GatewayError, match="no gateway answers"):
                await player.answers(False)
            await player.dialled(1)
        assert player.tally.wrong.keys() == {"no answer (ConnectError)"}


def test_why_a_channel_is_kept_out() -> None:
    network, inside = ["196.201.214.0/24"], ["196.201.214.0/24", "127.0.0.0/8"]
    secret = {"username": "sandbox", "api_key": "made-up-key", "secrets": ["made-up-secret"]}
    made = TELECOMS["africastalking"].Settings.model_validate
    base = Channel("theirs", TELECOMS["africastalking"], made(secret), {}, None, Limits(), 3.0)
    for settings, certificate, causes in (
        (secret, None, ("another secret or password",)),
        (secret | {"addresses": network}, None, ("another secret or password", "for a trial add 127.0.0.0/8")),
        (secret | {"addresses": inside}, None, ("another secret or password",)),
        (secret | {"secrets": [], "addresses": network}, None, ("was not restarted", "for a trial add 127.0.0.0/8")),
        (secret, ClientCertificate(header="X-Client", subject="CN=them"), ("another secret", "a client certificate")),
    ):
        said = kept_out(replace(base, settings=made(settings), client_certificate=certificate))
        assert said.count("; ") == len(causes) - 1, said
        assert all(cause in said for cause in causes), said


def test_what_an_answer_holds_is_only_text() -> None:
    strange = "answered 500 [/red] x [link=http://evil]y[/link] \x1b[31m"
    console = Console(file=io.StringIO(), width=200)
    console.print(_table(Tally(wrong=Counter({strange: 1})), 1.0))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "WRONG: answered 500 [/red] x [link=http://evil]y[/link] \\x1b[31m" in said and "\x1b" not in said


@pytest.mark.parametrize(("provider", "sms", "why"), [
    ("africastalking", False, ""), ("africastalking", True, "texts have no order"),
    ("arkesel", False, "does not number"),
])  # fmt: skip
async def test_where_nothing_can_be_late(provider: str, sms: bool, why: str, tmp_path: Path) -> None:
    many = channels(theirs=told_of(provider))
    async with town(tmp_path, deliver=False, channels=many) as place, httpx.AsyncClient(trust_env=False) as http:
        player = await telco(place.gateway.config, "http://127.0.0.1:9", http)
        found = player.never_late(sms)
        assert why in found and bool(found) == bool(why)
        assert dict(told(Tally(never_late=found), 1.0)).get("nothing was late", "") == found
        player.weather = replace(ROUGH, late=0)
        assert player.never_late(sms) == ""


# --- callers ------------------------------------------------------------------------------------------------------


@given(st.integers(min_value=0, max_value=26**6 - 1), st.integers(min_value=0, max_value=26**6 - 1))
def test_words_are_of_one_caller_each(one: int, other: int) -> None:
    assert (word_of(one) == word_of(other)) == (one == other)
    assert Caller(Random(1), word_of(one)).strange(f"Hello {word_of(other)}") == (one != other)


def test_what_a_caller_types() -> None:
    caller = Caller(Random(1), "Zqabcdef", ["1", "Kalundu"])
    assert [caller.types("anything") for _ in range(2)] == ["1", "Kalundu"]
    assert {caller.types("Fault\n1 Leak\n2 Burst\n0 Back") for _ in range(50)} == {"0", "1", "2"}
    assert [caller.types("Name?\n0 Back") for _ in range(3)] == ["Zqabcdef", "12", "07/03/1990"]
    assert caller.types("Done?\n1. Yes\n2. No") in ("1", "2")
    assert caller.types("Name?") == "Zqabcdef"


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_plays_to_a_running_gateway(tmp_path: Path) -> None:
    with serving(tmp_path) as (config, _):
        quick = ("--rate", "40", "--for", "1", "--thinking", "0", "--delay", "0", "--config", str(config))
        done = run("telco", "africastalking", "--typed", "1*1*Kalundu*0*1", "--drops", "0", *quick)
        assert done.returncode == 0, done.stdout + done.stderr
        said = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if line)
        begun = int(said["sessions"].split()[0])
        assert f"{begun} to their end, 0 dropped" in said["sessions"]
        assert f"references given  {begun}" in done.stdout
        assert run("telco", "twilio", "--sms", *quick).returncode == 0
        assert "The books balance." in run("verify", "--config", str(config)).stdout


def test_what_cannot_be_played(tmp_path: Path) -> None:
    with pytest.raises(GatewayError, match="to play it, let that be a port of"):
        Elsewhere("http://127.0.0.1:99999/")
    codes, here = {"*120*44#": {"service": "county-home"}}, f"127.0.0.1:{free_port()}"
    theirs = channels(reply={"provider": "integrat", **book("integrat")["settings"], "codes": codes})
    config = written(tmp_path, channels=theirs, listen=here, public_url=f"http://{here}")
    for words, complaint in (
        (("nobody",), "there is no channel 'nobody'"),
        (("twilio",), "it has no short code to dial (try --sms)"),
        (("africastalking", "--code", "*1#"), "it has no short code *1#; known are *384*70#"),
        (("reply",), "to play it, let that be a port of 127.0.0.1"),
        (("reply", "--sms"), "its telecom brings no SMS"),
        (("africastalking",), f"no gateway answers at {here}"),
    ):
        done = run("telco", *words, "--config", str(config))
        assert done.returncode == 2, done.stdout
        assert complaint in done.stderr
