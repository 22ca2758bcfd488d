"""Screens that go out as calls of ours: after the commit, once more if they did not arrive, and not for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

from gateway.messages import Inbound, Reply
from providers.telecom import integrat
from tests.callers import SECRET, channel, channels
from tests.town import Town, served, town

SAMPLES = Path(__file__).parent.parent / "providers/samples/integrat"
TAKEN, REFUSED = ((SAMPLES / f"reply_{name}.xml").read_bytes() for name in ("ack", "error"))
ACCOUNT: dict[str, Any] = {"user": "LoginName", "password": "made-up"}


@dataclass
class Higate:
    """Takes screens; answers the next ones with what is in `answers`, and all others as taken."""

    answers: list[tuple[int, bytes]] = field(default_factory=list)
    screens: list[bytes] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.screens.append((await receive())["body"])
        status, body = self.answers.pop(0) if self.answers else (200, TAKEN)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


def test_the_screen_is_as_recorded() -> None:
    settings = integrat.Settings.model_validate({"reply_url": "https://higate.example/x", **ACCOUNT})
    turn = Inbound("sess1234", "+27820000001", "*120*44#", "", "2", False)
    answer = integrat.render(Reply("Civil Registry\n1. Birth", more=True), turn, settings)
    assert answer.body == b"" and answer.errand is not None
    assert answer.errand.body.strip() == (SAMPLES / "reply_post.xml").read_bytes().strip()
    last = integrat.render(Reply("a < b & c", more=False), turn, settings).errand
    assert last is not None and b'Flags="1"' in last.body and b"a &lt; b &amp; c" in last.body


async def said(there: Town, kind: str, text: str = "") -> None:
    """Send an event, and wait until its screen is out."""
    body = (SAMPLES / "event_request.xml").read_text().replace('Type="Request"', f'Type="{kind}"')
    body = body.replace(">2<", f">{text}<").replace("*120*44#", "*384*70#")
    answer = await there.http.post(f"/in/integrat/{SECRET}/ussd", content=body, headers={"Content-Type": "text/xml"})
    assert (answer.status_code, answer.content) == (200, b"")
    await there.gateway.door.errands.stop()


async def test_a_journey_by_errands(tmp_path: Path) -> None:
    higate = Higate()
    async with served(higate) as url:
        told = channels(integrat=channel("integrat", reply_url=f"{url}/interface", **ACCOUNT))
        async with town(tmp_path, deliver=False, channels=told) as there:
            phone = there.phone("+254700000122")
            await said(there, "New")
            assert higate.screens == []
            await said(there, "Open")
            await said(there, "Open")  # a repeat: its screen goes out again
            await said(there, "Request", "2")
            await said(there, "Close")
            home, second = await phone.dial(), await phone.press("2")
    shown = [screen.decode().partition("TEXT")[2][2:].partition("</USSText>")[0] for screen in higate.screens]
    assert shown == [home[4:], home[4:], second[4:]]
    assert all(b'SessionID="sess1234" Flags="0"' in screen for screen in higate.screens)


async def test_a_screen_that_is_not_taken_goes_out_once_more(tmp_path: Path) -> None:
    higate = Higate(answers=[(200, REFUSED), (200, TAKEN), (500, b""), (500, b"")])
    async with served(higate) as url:
        told = channels(integrat=channel("integrat", reply_url=f"{url}/interface", **ACCOUNT))
        async with town(tmp_path, deliver=False, channels=told) as there:
            await said(there, "Open")
            assert len(higate.screens) == 2 and higate.screens[0] == higate.screens[1]
            await said(there, "Request", "2")
            assert len(higate.screens) == 4 and higate.answers == []
            await said(there, "Request", "2")  # missed, so it comes again, and gets the same screen
            assert higate.screens[4] == higate.screens[3]
