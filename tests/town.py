"""A whole town in one process: the gateway on a real database, the sample government on a real socket, and phones."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import uvicorn
from starlette.types import ASGIApp

from gateway import app, config
from gateway.app import Gateway
from sample_government.app import build
from tests.storing import empty_database

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}\b")
TWILIO_TOKEN = "0123456789abcdef0123456789abcdef"
AT = "/in/africastalking/demo-secret"
PATIENCE = 10.0  # seconds until something that must happen has happened


@asynccontextmanager
async def served(application: ASGIApp) -> AsyncIterator[str]:
    """Serve an application on a free port of this machine; gives its base URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # who calls before the server runs waits for it
        server = uvicorn.Server(uvicorn.Config(application, log_level="critical", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def written_config(
    folder: Path, government: str = "http://127.0.0.1:9", menus: Path = ROOT / "menus", **lines: str
) -> Path:
    """Write the example configuration for a test: its own folder, this government. `lines` replace top-level keys."""
    text = (ROOT / "config.example.yaml").read_text(encoding="utf-8").replace("http://127.0.0.1:8001", government)
    given = {"data": str(folder / "data"), "menus": str(menus), "key": f"file:{folder}/data/gateway.key"}
    for key, value in {**given, "limits": "{number: 10000/minute, session: 10000/minute}", **lines}.items():
        text, count = re.subn(rf"(?m)^{key}:.*$", f"{key}: {value}".replace("\\", r"\\"), text)
        assert count == 1, key
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@dataclass(slots=True)
class Phone:
    """A phone whose telecom is Africa's Talking. `dial` begins a session; `press` types into it."""

    town: Town
    number: str
    session: str = ""
    typed: list[str] = field(default_factory=list)
    dialled: int = 0
    network: str = "63902"

    async def dial(self, ahead: str = "", code: str = "*384*70#") -> str:
        """Begin a session, with a long dial's answers if there are any; returns the body."""
        self.dialled += 1
        digest = hashlib.sha256(f"{self.number}{self.dialled}".encode()).hexdigest()[:32]
        self.session, self.typed = f"ATUid_{digest}", [ahead] if ahead else []
        return await self.post(code)

    async def press(self, typed: str, code: str = "*384*70#") -> str:
        """Type an answer; returns the body."""
        self.typed.append(typed)
        return await self.post(code)

    async def post(self, code: str = "*384*70#", text: str | None = None) -> str:
        """Post the callback as it stands: again, it is a redelivery."""
        form = {
            "sessionId": self.session,
            "phoneNumber": self.number,
            "networkCode": self.network,
            "serviceCode": code,
            "text": "*".join(self.typed) if text is None else text,
        }
        answer = await self.town.http.post(f"{AT}/ussd", data=form)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def walk(self, *keys: str) -> str:
        """Dial and press; returns the last body."""
        shown = await self.dial()
        for key in keys:
            shown = await self.press(key)
        return shown

    async def text(self, body: str, id: str) -> None:
        """Send an SMS through Africa's Talking."""
        form = {"id": id, "from": self.number, "to": "22384", "text": body, "date": "2026-11-23 09:00:00"}
        form |= {"networkCode": self.network}
        answer = await self.town.http.post(f"{AT}/sms", data=form)
        assert answer.status_code == 200, answer.text

    async def text_by_twilio(self, body: str, id: str) -> httpx.Response:
        """Send an SMS through Twilio, signed as Twilio signs."""
        form = {"MessageSid": id, "From": self.number, "To": "+15005550006", "Body": body, "NumMedia": "0"}
        return await self.town.http.post(
            "/in/twilio/sms", content=urlencode(form), headers=signed("/in/twilio/sms", form)
        )


def signed(path: str, form: dict[str, str]) -> dict[str, str]:
    """Return the headers of a callback of Twilio's: HMAC-SHA1 over the public URL and the sorted fields."""
    plain = f"http://127.0.0.1:8000{path}" + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(TWILIO_TOKEN.encode(), plain.encode(), hashlib.sha1).digest()
    return {
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }


@dataclass(slots=True)
class Town:
    """The gateway, a client at its door, and a client of the sample government."""

    gateway: Gateway
    http: httpx.AsyncClient
    government: httpx.AsyncClient
    folder: Path

    def phone(self, number: str = "+254700000001", network: str = "63902") -> Phone:
        """Return a phone."""
        return Phone(self, number, network=network)

    async def received(self, count: int = 0) -> list[dict[str, Any]]:
        """Return what the offices were sent, as soon as there are `count` of them."""
        return await self._soon("/received", count)

    async def messages(self, count: int = 0) -> list[dict[str, Any]]:
        """Return the SMS that were sent, as soon as there are `count` of them."""
        return await self._soon("/sms", count)

    async def _soon(self, path: str, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(PATIENCE):
            while True:
                found: list[dict[str, Any]] = (await self.government.get(path)).json()
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.01)

    async def settled(self, state: str = "delivered", count: int = 1) -> None:
        """Wait until so many requests are in a state."""
        async with asyncio.timeout(PATIENCE):
            while len(await self.gateway.store.list_requests(state=state)) < count:  # type: ignore[arg-type]
                await asyncio.sleep(0.01)

    async def upset(self, office: str, mode: str, seconds: float | None = None) -> None:
        """Switch a fault of the sample government on or off."""
        body = {"office": office, "mode": mode} | ({} if seconds is None else {"seconds": seconds})
        assert (await self.government.post("/fault", json=body)).status_code == 200


@asynccontextmanager
async def town(
    folder: Path,
    *,
    menus: Path = ROOT / "menus",
    deliver: bool = True,
    clock: Callable[[], float] | None = None,
    **lines: str,
) -> AsyncIterator[Town]:
    """Build a town in a folder. `lines` replace top-level lines of the configuration."""
    async with AsyncExitStack() as stack:
        government = await stack.enter_async_context(served(build("", report_after=0)))
        loaded = config.load(written_config(folder, government, menus, **lines))
        if not (loaded.data / "gateway.db").exists():
            loaded.data.mkdir(parents=True, exist_ok=True)
            shutil.copy(empty_database(), loaded.data / "gateway.db")
        gateway = await app.built(loaded, **({"clock": clock} if clock else {}), deliver=deliver)
        await app.started(gateway, deliver=deliver)
        stack.push_async_callback(app.stopped, gateway)
        door = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://127.0.0.1:8000")
        )
        office = await stack.enter_async_context(httpx.AsyncClient(base_url=government, trust_env=False))
        yield Town(gateway, door, office, folder)


def fields(body: str) -> dict[str, str]:
    """Return the fields of a form."""
    return dict(parse_qsl(body, keep_blank_values=True))
