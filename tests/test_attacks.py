"""What a hostile caller, a bad network or an odd office might do, and must not get away with."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

from gateway import catalogue, engine
from gateway.app import Gateway
from gateway.cli import requests, serve
from gateway.cli.terminal import out
from gateway.config import load
from gateway.config.settings import Code
from gateway.language.text import Limits
from gateway.messages import Call, Delivered, Later, SendOutcome, Sent, Sms, SmsState
from gateway.store.jobs import Filing, Job
from gateway.store.records import RequestRow
from gateway.talk import Turned
from providers.backoffice import http_json
from providers.telecom import africastalking
from tests.test_cli import free_port
from tests.town import AT, PATIENCE, ROOT, town, written_config

DAY = 86_400.0
NOW = 1_795_420_800.0  # 2026-11-23 08:00 UTC


async def delivered_once(gateway: Gateway) -> None:
    """Let the outbox begin what is due, and wait for it."""
    await gateway.outbox.claim()
    tasks = [task for tasks in gateway.outbox.working.values() for task in tasks]
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_calls_is_not_taken_from_a_header_unless_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uvicorn by itself believes X-Forwarded-For of whoever connects from this machine."""
    made: list[uvicorn.Config] = []

    def fake(settings: uvicorn.Config) -> Any:
        made.append(settings)

        async def nothing(doors: list[Any]) -> None:
            await made[0].app.store.close()  # type: ignore[union-attr]
            for door in doors:
                door.close()

        return SimpleNamespace(serve=nothing)

    monkeypatch.setattr(uvicorn, "Server", fake)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    await serve._served(load(written_config(tmp_path, listen=f"127.0.0.1:{free_port()}")))
    assert not made[0].proxy_headers


# --- delivery -----------------------------------------------------------------------------------------------------


async def test_a_request_that_breaks_our_adapter_is_tried_again_and_parked_in_the_end(tmp_path: Path) -> None:
    now = [NOW]

    async def broken(*_: Any) -> Any:
        raise ValueError("our bug")

    async with town(tmp_path, deliver=False, clock=lambda: now[0]) as place:
        gateway = place.gateway
        await gateway.store.set_lanes(list(gateway.outbox.lanes.values()))
        await place.phone().walk("1", "1", "Kalundu", "0", "1")
        office = gateway.config.offices["water-crm"]
        gateway.config.offices["water-crm"] = replace(office, adapter=SimpleNamespace(deliver=broken))  # type: ignore
        await delivered_once(gateway)
        [row] = await gateway.store.list_requests()
        assert (row.state, row.in_flight, row.attempts) == ("queued", False, 1)
        now[0] += 8 * DAY
        await delivered_once(gateway)
        await gateway.outbox.park_overdue()
        [row] = await gateway.store.list_requests()
        assert row.state == "parked" and "our bug" not in row.why


async def test_a_secret_in_a_path_is_on_disk_no_more_than_one_in_a_body(tmp_path: Path) -> None:
    operation = {"method": "PUT", "path": "/pins/{pin}", "query": {"old": "{pin}"}, "send": {"new": "{pin}"}}
    settings = http_json.Settings.model_validate({"url": "http://127.0.0.1:9", "operations": {"put": operation}})
    sent: list[Call] = []

    async def deliver(_http: Any, _settings: Any, _ask: str, call: Call, _key: str) -> Delivered:
        sent.append(call)
        return Delivered()

    async with town(tmp_path, deliver=False) as place:
        gateway = place.gateway
        office = replace(gateway.config.offices["water-crm"], settings=settings)
        gateway.config.offices["water-crm"] = office  # type: ignore[index]
        submit = engine.Submit("REF", "pins", "agency", "PIN", "en", office.name, "put", {"pin": "4711"}, True)
        facts = engine.Facts("ussd", "+254700000001", datetime.now(UTC), 1, Limits())
        turned = Turned(engine.Step(None), (submit,))
        [request] = gateway.talk.promises.of(
            gateway.config.channels["africastalking"], turned.effects, turned.step.edition, facts
        ).requests
        assert "4711" not in repr(request)
        adapter = SimpleNamespace(deliver=deliver)
        gateway.config.offices["water-crm"] = replace(office, adapter=adapter)  # type: ignore
        filing = Filing("REF", "pins", office.name, "put", request.call, True, facts.phone, "at", "en", "")
        await gateway.outbox._attempt(Job(1, "office:water-crm", "key", 1, 1, NOW, filing))
    assert sent == [http_json.compose(settings, "put", {"pin": "4711"})]


def route(outcomes: dict[str, SendOutcome]) -> Any:
    """Return a telecom that answers each number in its own way."""

    async def send(_http: Any, _settings: Any, sms: Sms) -> SendOutcome:
        return outcomes[sms.to]

    return SimpleNamespace(send=send, Settings=africastalking.Settings)


async def test_a_number_without_a_route_keeps_nobody_elses_sms_back(tmp_path: Path) -> None:
    lost, fine = numbers = "+254700000001", "+254700000002"
    async with town(tmp_path, deliver=False) as place:
        gateway = place.gateway
        await gateway.store.set_lanes(list(gateway.outbox.lanes.values()))
        for number in numbers:
            await place.phone(number).text("HELP", f"at-{number}")
            channel = gateway.config.channels["africastalking"]
            answers = {lost: africastalking._REFUSALS["CouldNotRoute"], fine: Sent("ATXid_1")}
            gateway.config.channels["africastalking"] = replace(channel, telecom=route(answers))  # type: ignore
            await delivered_once(gateway)
            gateway.config.channels["africastalking"] = channel  # type: ignore
        states = {row.number: row.state for row in await gateway.store.list_messages()}
    assert states == {lost: SmsState.QUEUED, fine: SmsState.SENT}


async def test_an_sms_that_is_given_up_has_failed(tmp_path: Path) -> None:
    now = [NOW]
    number = "+254700000001"
    async with town(tmp_path, deliver=False, clock=lambda: now[0]) as place:
        gateway = place.gateway
        await gateway.store.set_lanes(list(gateway.outbox.lanes.values()))
        await place.phone(number).text("HELP", "at-1")
        channel = gateway.config.channels["africastalking"]
        gateway.config.channels["africastalking"] = replace(channel, telecom=route({number: Later("down")}))  # type: ignore
        now[0] += 2 * DAY
        await delivered_once(gateway)
        assert [row.state for row in await gateway.store.list_messages()] == [SmsState.FAILED]


# --- the door -----------------------------------------------------------------------------------------------------

SCOPE = {
    "type": "http", "method": "POST", "path": f"{AT}/ussd", "raw_path": f"{AT}/ussd".encode(), "query_string": b"",
    "headers": [(b"content-type", b"application/x-www-form-urlencoded")], "client": ("127.0.0.1", 1),
}  # fmt: skip
FORM = b"sessionId=ATUid_1&phoneNumber=%2B254700000001&serviceCode=%2A384%2A70%23&text="


async def called(gateway: Gateway, *messages: dict[str, Any]) -> tuple[int, bytes]:
    """Call the gateway as a server does, with what arrives one after the other; return status and body."""
    arrived, sent = iter(messages), []

    async def receive() -> dict[str, Any]:
        return next(arrived)

    async def send(message: Any) -> None:
        sent.append(message)

    await gateway(dict(SCOPE), receive, send)
    return sent[0]["status"], sent[1]["body"]


async def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        begun = {"type": "http.request", "body": FORM, "more_body": True}
        status, _ = await called(place.gateway, begun, {"type": "http.disconnect"})
        assert status == 400
        assert (await place.gateway.store.counts()).sessions == 0


async def test_an_sms_conversation_that_cannot_go_on_is_told_so_and_can_be_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unopened(_: Any) -> Any:
        raise ValueError("our bug")

    async with town(tmp_path) as place:
        phone = place.phone()
        await phone.text("WATER", "at-1")
        await place.messages(1)
        monkeypatch.setattr(place.gateway.talk.states, "opened", unopened)
        await phone.text("1", "at-2")
        await place.messages(2)
        await phone.text("STOP", "at-3")
        said = [message["text"] for message in await place.messages(3)]
        assert (await place.gateway.store.newcomer("africastalking", phone.number, 0)).opted_out
    assert said[1].startswith("Service is busy") and said[2].startswith("You will get no more")


async def test_a_repeat_of_a_turn_that_fails_is_answered_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: Any, **__: Any) -> Any:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        raise ValueError("our bug")

    async with town(tmp_path, deliver=False) as place:
        monkeypatch.setattr(place.gateway.talk.store, "keep", slow)
        whole = {"type": "http.request", "body": FORM}
        answers = await asyncio.gather(*(called(place.gateway, whole) for _ in range(3)), return_exceptions=True)
    assert len(set(answers)) == 1 and answers[0][0] == 200 and answers[0][1].startswith(b"END ")  # type: ignore


# --- what offices and citizens make of a conversation -------------------------------------------------------------


@pytest.mark.parametrize("value", [2**63, -(2**64), 10**19, 1e30, -1e300, float("1e19")])
async def test_a_number_that_a_session_cannot_keep_is_no_answer(tmp_path: Path, value: float) -> None:
    """The menu's `otherwise` follows, and not the end of the session."""

    async def huge(*_: Any, **__: Any) -> dict[str, Any]:
        return {"title": "Road", "status": "implementation", "percent": value}

    async with town(tmp_path, deliver=False) as place:
        place.gateway.talk.lookups.fulfil = huge  # type: ignore[method-assign]
        shown = await place.phone().walk("3", "1001")
    assert shown.startswith("END The register of projects is slow")


@pytest.mark.parametrize(
    ("value", "shown"), [(12345.67, "12345.67"), (1234567.5, "1234567.5"), (7.0, "7"), (0.00001, "0.00001")]
)
async def test_an_offices_number_is_shown_to_the_last_digit(tmp_path: Path, value: float, shown: str) -> None:
    async def exact(*_: Any, **__: Any) -> dict[str, Any]:
        return {"title": value, "status": "implementation", "percent": 40}

    async with town(tmp_path, deliver=False) as place:
        place.gateway.talk.lookups.fulfil = exact  # type: ignore[method-assign]
        assert f"CON {shown}: work is under way" in await place.phone().walk("3", "1001")


OUTER = """
service: outer
version: 1
agency: a
title: Outer
languages: [en]
start: what
screens:
  what: {ask: {text: What, save: what, answer: {kind: text}, go: inside}}
  inside: {do: {service: inner, go: after}}
  after: {say: {text: Filed, go: done}}
  done: {end: {text: Bye}}
"""
INNER = """
service: inner
version: 1
agency: a
title: Inner
languages: [en]
start: sure
screens:
  sure: {confirm: {text: Send, go: file, change: sure}}
  file: {submit: {office: o, ask: f, send: {x: fixed}, go: told}}
  told: {say: {text: Sent, go: done}}
  done: {end: {text: "{reference}"}}
"""


@pytest.mark.parametrize("keys", [("leak", "1", "0"), ("leak", "1", "1", "0")])
def test_back_leads_from_what_was_filed_to_no_screen_before_it(keys: tuple[str, ...]) -> None:
    edition = catalogue.judge({"outer.yaml": OUTER, "inner.yaml": INNER}, None).edition
    assert edition is not None
    facts = engine.Facts("ussd", "+254700000001", datetime.now(UTC), 1, Limits())
    step = engine.step(edition, None, engine.Opened("outer"), facts)
    for key in keys:
        step = engine.step(edition, step.state, engine.Typed(key), facts)
    assert step.text.partition("\n")[0] not in ("What", "Send")


# --- dropped and dialled again ------------------------------------------------------------------------------------


async def test_a_dropped_conversation_is_offered_as_long_as_its_own_service_says(tmp_path: Path) -> None:
    menus = tmp_path / "menus"
    shutil.copytree(ROOT / "menus", menus)
    tax = menus / "revenue" / "tax-compliance.yaml"
    tax.write_text(tax.read_text().replace("keywords:", "resume_for: 60s\nkeywords:", 1))
    now = [NOW]
    async with town(tmp_path, menus=menus, deliver=False, clock=lambda: now[0]) as place:
        phone = place.phone()
        for seconds, offered in ((50, True), (70, False)):
            await phone.walk("2", "A000000000Y")
            now[0] += seconds
            assert (await phone.dial()).startswith("CON You did not finish") == offered
            now[0] += DAY


async def test_an_offer_left_open_is_not_made_on_another_short_code(tmp_path: Path) -> None:
    async with town(tmp_path, deliver=False) as place:
        channel = place.gateway.config.channels["africastalking"]
        channel.codes["*384*71#"] = Code(service="project-status")  # type: ignore[index]
        phone = place.phone()
        await phone.walk("1", "1")
        assert (await phone.dial()).startswith("CON You did not finish")
        assert (await phone.dial(code="*384*71#")).startswith("CON Project code")


async def test_a_dropped_conversation_that_does_not_open_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unopened(_: Any) -> Any:
        raise ValueError("our bug")

    async with town(tmp_path, deliver=False) as place:
        phone = place.phone()
        await phone.walk("1", "1")
        monkeypatch.setattr(place.gateway.talk.states, "opened", unopened)
        assert (await phone.dial()).startswith("CON County services")


# --- menus --------------------------------------------------------------------------------------------------------


async def test_an_old_edition_is_read_once_however_many_ask_for_it() -> None:
    """After a restart with new menus every session that goes on asks at the same time."""
    files = {"outer.yaml": OUTER, "inner.yaml": INNER}
    loads = []

    async def load(name: str) -> dict[str, str]:
        loads.append(name)
        await asyncio.sleep(0)
        return files

    known = catalogue.Catalogue(engine.Edition("new", {}), {}, load)
    editions = await asyncio.gather(*(known.edition("old") for _ in range(100)))
    assert loads == ["old"] and all(edition is editions[0] for edition in editions)
    assert set(editions[0].services) == {"outer", "inner"}


async def test_a_menu_folder_that_is_gone_leaves_the_old_menus_in_force(tmp_path: Path) -> None:
    menus = tmp_path / "menus"
    shutil.copytree(ROOT / "menus", menus)
    async with town(tmp_path, menus=menus, deliver=False) as place:
        menus.rename(tmp_path / "elsewhere")
        assert "there is no such folder" in (await place.gateway.editions.reload())[0]
        assert place.gateway.catalogue.trouble
        assert (await place.phone().dial()).startswith("CON ")


async def test_of_two_reloads_at_once_the_later_menus_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    menus = tmp_path / "menus"
    shutil.copytree(ROOT / "menus", menus)
    home = menus / "county-home" / "county-home.yaml"
    text = home.read_text()

    def judged(files: Any, *rest: Any) -> Any:
        if "First wish" in files["county-home/county-home.yaml"]:
            begun.set()
            time.sleep(0.05)  # a slow look at the first menus, while the second ones are already there
        return judge(files, *rest)

    judge, begun = catalogue.judge, threading.Event()
    async with town(tmp_path, menus=menus, deliver=False, reload="signal") as place:
        monkeypatch.setattr(catalogue, "judge", judged)
        home.write_text(text.replace("County services", "First wish"))
        first = asyncio.create_task(place.gateway.editions.reload())
        await asyncio.to_thread(begun.wait, PATIENCE)
        home.write_text(text.replace("County services", "Second wish"))
        assert await place.gateway.editions.reload() == [] and await first == []
        assert (await place.phone().dial()).startswith("CON Second wish")


def test_what_offices_answer_is_shown_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = "[/b] [red]x :warning:"
    loaded = load(written_config(tmp_path))
    given: dict[str, Any] = dict.fromkeys(RequestRow.__dataclass_fields__, odd)
    given |= {
        "reference": "REF",
        "state": "parked",
        "accepted": NOW,
        "settled": None,
        "due": None,
        "values": {"x": odd},
        "number": "",
    }
    row = RequestRow(**given)
    out.print(requests._table((row,), loaded, False))
    assert capsys.readouterr().out.count(odd) == 4


# --- logs ---------------------------------------------------------------------------------------------------------


def said_by(code: str, stderr: str) -> subprocess.CompletedProcess[bytes]:
    """Run some code that logs, with its standard error going to a file."""
    with Path(stderr).open("wb") as file:
        return subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=file, check=False)


def test_a_full_disk_under_the_logs_stops_nothing() -> None:
    code = (
        "import structlog; from gateway import sight; sight.set_up_logs(); structlog.get_logger().error('x'); print(1)"
    )
    assert said_by(code, "/dev/full").stdout == b"1\n"


def test_a_library_that_fills_its_message_in_itself_says_its_first_line_only(tmp_path: Path) -> None:
    code = (
        "import logging; from gateway import sight; sight.set_up_logs(); "
        "logging.getLogger('asyncio').error('Task exception was never retrieved\\nfuture: ValueError(+254700000001)')"
    )
    said_by(code, str(tmp_path / "log"))
    said = (tmp_path / "log").read_text()
    assert "Task exception was never retrieved" in said and "254700000001" not in said


async def test_a_get_is_no_callback_of_africas_talking(tmp_path: Path) -> None:
    """What a citizen types would stand in the query, and in every log on the way."""
    async with town(tmp_path, deliver=False) as place:
        form = {"sessionId": "1", "phoneNumber": "+254700000001", "serviceCode": "*384*70#", "text": ""}
        assert (await place.http.get("/in/africastalking/demo-secret/ussd", params=form)).status_code == 400
        assert (await place.http.put("/in/africastalking/demo-secret/ussd", data=form)).status_code == 400


async def test_the_receipt_of_a_long_last_screen_goes_out_once(tmp_path: Path) -> None:
    menus = tmp_path / "menus"
    (menus / "county").mkdir(parents=True)
    (menus / "county/county-home.yaml").write_text(
        "service: county-home\nversion: 1\nagency: county\ntitle: Home\nlanguages: [en]\nstart: a\nscreens:\n"
        "  a: {choose: {text: Go?, options: [{value: x, label: Yes, go: bye}]}}\n"
        f"  bye: {{end: {{text: '{'word ' * 30}', sms: Bye}}}}\n"
    )
    async with town(tmp_path, menus=menus) as place:
        place.gateway.catalogue.current.services["county-home"].screens["bye"] = (
            place.gateway.catalogue.current.services["county-home"]
            .screens["bye"]
            .model_copy(update={"text": "word " * 60})
        )
        phone = place.phone()
        assert "98 More" in await phone.walk("1")
        await phone.dial()
        await phone.press("1")
        assert (await phone.press("98")).startswith("END ")
        assert len(await place.messages(1)) == 1
