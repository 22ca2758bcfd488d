"""Every recorded callback through a configured channel over HTTP: what the door hands on, and the bytes of the answer.

The units of the same are in test_callbacks.py; here a whole gateway stands between, with its proofs, store and menus.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.messages import Event, Inbound, Request
from gateway.speech import Door, Turn
from providers.proofs import showing
from providers.telecom import TELECOMS
from tests.callers import channels
from tests.test_callbacks import (
    AT,
    CASES,
    SAMPLES,
    SIGNERS,
    WITH_A_BOOK,
    Case,
    answered,
    book,
    event_of,
    meets,
    request_of,
    settings_of,
    telecom_of,
)
from tests.town import ROOT, Town, town

HOME = "http://127.0.0.1:8000"
APART = {"settings", "change", "refused", "unreadable"}  # tests/test_proofs.py has who is refused
SAMPLED = [case for case in CASES if "sample" in case.told and not APART & case.told.keys()]
PROVIDERS = sorted({case.provider for case in SAMPLED})
SERVICE = """\
service: home
version: 1
agency: county
title: Home
languages: [en]
start: start
screens:
  start: {{ask: {{text: {first}, save: said, answer: {{kind: text, min: 0, max: 160}}, go: {then}}}}}
  done: {{end: {{text: {last}}}}}
"""
# A way back to the same screen; that a way leads on from it `gateway check` insists.
AGAIN = "  again: {branch: [{when: 'said == \"STOP\"', go: done}, {go: start}]}\n"


def menus(folder: Path, text: str, more: bool) -> Path:
    """Write a service that shows a text on and on, or says it as its last word."""
    shutil.copytree(ROOT / "menus", folder / "menus")
    said = json.dumps(text)
    if more:
        written = SERVICE.format(first=said, then="again", last="Enough") + AGAIN
    else:
        written = SERVICE.format(first="Hello", then="done", last=said)
    (folder / "menus/home.yaml").write_text(written)
    return folder / "menus"


def codes_of(provider: str) -> list[str]:
    """Return short codes of which the provider's recordings dial one each, whatever follows it."""
    events = [event_of(case) for case in CASES if case.provider == provider and case.told.get("is") == "Inbound"]
    dialled = {(event.opens or event.code).strip("*#").partition("*")[0] for event in events}
    return [f"*{first}#" for first in sorted(dialled - {""})] or ["*384*70#"]


def told(provider: str) -> dict[str, Any]:
    """Return the provider's channel, whose settings are the book's."""
    channel = {"provider": book(provider).get("provider", provider), **book(provider)["settings"]}
    if telecom_of(provider).USSD:
        channel["codes"] = {code: {"service": "home", "toll_free": True} for code in codes_of(provider)}
    if telecom_of(provider).SMS:
        channel["sms"] = {"short_code": "22384"}
    return channel


@asynccontextmanager
async def gateway(folder: Path, provider: str, text: str = "Home", more: bool = True) -> AsyncIterator[Town]:
    """A town with a channel of the provider's."""
    where = menus(folder, text, more)
    async with town(
        folder, menus=where, deliver=False, clock=lambda: float(AT), channels=channels(theirs=told(provider))
    ) as place:
        yield place


async def sent(place: Town, request: Request) -> httpx.Response:
    """Send a request as it was recorded, to our own address and from its own."""
    query = urlsplit(request.url).query
    url = "/".join(part for part in ("/in/theirs", request.secret, request.event) if part)
    client = httpx.ASGITransport(place.gateway, client=(request.peer, 1))
    async with httpx.AsyncClient(transport=client, base_url=HOME) as http:
        return await http.request(
            request.method, url + (f"?{query}" if query else ""), headers=dict(request.headers), content=request.body
        )


def at_our_address(case: Case) -> Request:
    """Return a case's request, signed anew where its signature is over the address that it was recorded at."""
    request = request_of(case)
    query = urlsplit(request.url).query
    path = "/".join(part for part in ("/in/theirs", request.secret, request.event) if part)
    request = request._replace(url=f"{HOME}{path}" + (f"?{query}" if query else ""))
    if case.provider != "twilio":
        return request
    return SIGNERS["twilio"](request, settings_of("twilio").auth_tokens[0].get_secret_value())


def watched(place: Town) -> list[Event]:
    """Return a list that fills with what the door hands on."""
    handed: list[Event] = []
    done = place.gateway.door._done

    async def noted(channel: Any, request: Request, event: Event) -> Any:
        handed.append(event)
        return await done(channel, request, event)

    place.gateway.door._done = noted  # type: ignore[method-assign]
    return handed


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_recorded_callbacks(provider: str, tmp_path: Path) -> None:
    cases = [case for case in SAMPLED if case.provider == provider]
    async with gateway(tmp_path, provider) as place:
        handed = watched(place)
        for case in cases:
            handed.clear()
            answer = await sent(place, at_our_address(case))
            assert answer.status_code == 200, (case.told["name"], answer.text)
            assert [type(event).__name__ for event in handed] == case.told.get("batch", [case.told.get("is")])
            meets(handed[0], case.entry().get("expect", {}), case.entry()["file"])
    assert len(cases) >= len({case.told["sample"] for case in cases}) > 0


OURS = b"http://127.0.0.1:8000/in/theirs/demo-secret/ussd"  # AAT's answers hold our address
REPLIES = [
    (provider, number)
    for provider in WITH_A_BOOK
    for number, reply in enumerate(book(provider).get("replies", ()))
    if "sample" in reply
]


@pytest.mark.parametrize(("provider", "number"), REPLIES)
async def test_recorded_replies(provider: str, number: int, tmp_path: Path) -> None:
    reply = book(provider)["replies"][number]
    bytes_of = (SAMPLES / provider / reply["sample"]).read_bytes().strip()
    async with gateway(tmp_path, provider, reply["text"], reply["more"]) as place:
        case = answered(provider, reply.get("to") or a_turn(provider, "" if reply["more"] else "1"))
        event, request = event_of(case), at_our_address(case)
        if not reply["more"] or event.first is False:
            await sent(place, opening(provider, event))
        answer = await sent(place, request)
        assert answer.status_code == 200
        body = answer.content
        if provider == "integrat":
            body = place.gateway.door.talk._written(  # its errand, which test_errands.py sees arrive
                place.gateway.config.channels["theirs"], event, b"CCivil Registry\n1. Birth"
            ).errand.body  # type: ignore[union-attr]
        at_home = body.strip().replace(OURS, b"https://gw.example.org/ussd/aat")
        assert at_home == bytes_of


def a_turn(provider: str, text: str) -> dict[str, Any]:
    """Return the case of a recording in which that was typed."""
    turns = (case for case in SAMPLED if case.provider == provider and case.told.get("is") == "Inbound")
    return next(case.told for case in turns if event_of(case).text == text)


def opening(provider: str, event: Inbound) -> Request:
    """Return the callback that opens the session of another one."""
    number, code = event.msisdn or "+254700000001", codes_of(provider)[0]
    chosen = settings_of(provider)
    spoken = TELECOMS[provider].speak(Turn(event.session, number, code), chosen, Door(f"{HOME}/in/theirs", AT))
    secret, headers = showing(chosen)
    named = {name.lower(): value for name, value in {**spoken.headers, **headers}.items()}
    return Request(spoken.method, spoken.url(HOME), named, spoken.body, "192.0.2.7", spoken.path, secret)
