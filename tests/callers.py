"""Phones whose telecom is any described one: the callbacks are built from the description, the answers are bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway.messages import Answer, Inbound, Reply, Request
from gateway.speech import Spoken, Turn
from providers.described.speaking import speak
from providers.telecom.generic_ussd import Described
from tests.town import Town

SECRET = "demo-secret"

# What the technician wrote after "Wonderland Telecom, USSD Application Interface 2.1", which says: POST of XML, the
# session in the header X-Dialogue; <dialogue kind="START|REPLY|HANGUP"><party>…</party><said>…</said></dialogue>; in
# START <said> is what was dialled. Answer with <prompt final="no|yes"><line>…</line></prompt>.
WONDERLAND = """\
name: Wonderland Telecom
transport: xml
fields:
  session: header:X-Dialogue
  number: party
  input: said
input_is: last
first_input: dialled
marks:
  new: {"@kind": START}
  goes_on: {"@kind": REPLY}
  aborted: {"@kind": HANGUP}
reply:
  format: xml
  body: '<prompt final="{more ? no : yes}"><line>{text}</line></prompt>'
"""


def channels(**told: dict[str, Any]) -> str:
    """Return the line `channels:` of a configuration with these before those of the example."""
    return "".join(f"\n  {name}: {json.dumps(channel)}" for name, channel in told.items())


def channel(provider: str, code: str = "*384*70#", **keys: Any) -> dict[str, Any]:
    """Return a channel that opens the county's services."""
    codes = {code: {"service": "county-home", "toll_free": True}}
    return {"provider": provider, "secrets": [SECRET], "codes": codes, **keys}


def request_of(spoken: Spoken, base: str, secret: str = SECRET, peer: str = "127.0.0.1") -> Request:
    """Return a callback as the door hands it to the provider."""
    headers = {name.lower(): value for name, value in spoken.headers.items()}
    return Request(spoken.method, spoken.url(base), headers, spoken.body, peer, spoken.path, secret)


@dataclass(slots=True)
class Caller:
    """A phone on a described channel of a town."""

    town: Town
    name: str
    number: str
    code: str = "*384*70#"
    session: str = ""
    typed: list[str] = field(default_factory=list)
    ahead: tuple[str, ...] = ()
    dialled: int = 0

    @property
    def telecom(self) -> Described:
        """The channel's telecom."""
        found = self.town.gateway.config.channels[self.name].telecom
        assert isinstance(found, Described)
        return found

    @property
    def settings(self) -> Any:
        """The channel's settings."""
        return self.town.gateway.config.channels[self.name].settings

    async def dial(self, *ahead: str) -> httpx.Response:
        """Begin a session."""
        self.dialled += 1
        self.session, self.typed, self.ahead = f"s-{self.name}-{self.dialled}", [], ahead
        return await self.post()

    async def press(self, typed: str) -> httpx.Response:
        """Type an answer."""
        self.typed.append(typed)
        return await self.post()

    def spoken(self, *, over: bool = False) -> Spoken:
        """Return the callback as it stands."""
        turn = Turn(self.session, self.number, self.code, tuple(self.typed), self.ahead, over)
        return speak(self.settings.describe, turn)

    async def post(self, secret: str = SECRET, *, over: bool = False) -> httpx.Response:
        """Send the callback as it stands: again, it is a redelivery."""
        spoken = self.spoken(over=over)
        request = request_of(spoken, f"http://127.0.0.1:8000/in/{self.name}/{secret}")
        return await self.town.http.request(
            spoken.method, request.url, headers=dict(spoken.headers), content=spoken.body
        )

    def written(self, screen: str) -> Answer:
        """Return the answer for a screen of Africa's Talking, `CON …`, in this telecom's form."""
        request = request_of(self.spoken(), f"http://127.0.0.1:8000/in/{self.name}/{SECRET}")
        inbound = self.telecom.parse(request, self.settings)
        assert isinstance(inbound, Inbound)
        return self.telecom.render(Reply(screen[4:], screen[:4] == "CON "), inbound, self.settings)
