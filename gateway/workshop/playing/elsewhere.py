"""Where a telecom takes screens that we bring by calls of our own, as Integrat does. Touches the network: it listens.

Only for playing: a real telecom's own address is its own business.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from urllib.parse import SplitResult, urlsplit

from gateway.messages import GatewayError
from gateway.speech import Shown

_LENGTH = re.compile(rb"(?im)^content-length:\s*(\d+)")
_SESSION = re.compile(rb'SessionID="([^"]{1,128})"')
_TAKEN = b'<Response status_code="0"/>'
_OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
MOST = 64 * 1024  # bytes of a call


def _port_of(parts: SplitResult) -> int | None:
    """Return the port of an address; None if it has none, or none that there can be."""
    try:
        return parts.port
    except ValueError:
        return None


class Elsewhere:
    """Takes calls at `url`, an address of this machine, and keeps each screen until it is asked for."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        port = _port_of(parts)
        if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost") or port is None:
            raise GatewayError(f"its screens go to {url}; to play it, let that be a port of 127.0.0.1")
        self._host, self._port = parts.hostname, port
        self._screens: dict[str, asyncio.Queue[Shown]] = defaultdict(asyncio.Queue)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Elsewhere:
        try:
            self._server = await asyncio.start_server(self._called, self._host, self._port, limit=MOST)
        except OSError as error:
            raise GatewayError(f"cannot listen at {self._host}:{self._port} for screens: {error.strerror}") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def screen(self, session: str) -> Shown:
        """Return the next screen of a session, as soon as it is there."""
        return await self._screens[session].get()

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(min(int(length[1]) if length else 0, MOST))
            writer.write(_OK % (len(_TAKEN), _TAKEN))
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return
        finally:
            writer.close()
        session = _SESSION.search(body)
        if session is not None:
            self._screens[session[1].decode("utf-8", "replace")].put_nowait(Shown(200, {}, body))
