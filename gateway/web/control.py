"""The control socket: how commands that change something reach the one process that writes. Touches a local socket.

One JSON object a line in, one out, in the data directory, for its owner alone: `{"do": "replay", "reference": "…"}` is
answered by `{"done": true, "say": "…"}`.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from gateway.messages import GatewayError

log = structlog.get_logger()

SOCKET = "control.sock"
LONGEST_PATH = 100  # bytes: Linux allows 108 (unix(7))
LONGEST_LINE = 64 * 1024
Command = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


def path_of(data: Path) -> Path:
    """Return where the socket of a data directory is. Raises GatewayError if the path is too long for a socket."""
    path = data / SOCKET
    if len(str(path).encode()) > LONGEST_PATH:
        raise GatewayError(f"{path}: too long for a socket (choose a data directory with a shorter path)")
    return path


async def listen(data: Path, commands: Mapping[str, Command]) -> asyncio.Server:
    """Open the socket. A stale one is replaced: the process lock proves that nobody listens on it."""
    path = path_of(data)
    path.unlink(missing_ok=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            writer.write(json.dumps(await _done(commands, line)).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError) as error:
            log.warning("control socket", exc=error)
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, path=str(path), limit=LONGEST_LINE)
    path.chmod(0o600)
    return server


async def _done(commands: Mapping[str, Command], line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line)
        command = commands[asked["do"]]
    except (ValueError, KeyError, TypeError):
        return {"done": False, "say": "unknown command; known are: " + ", ".join(sorted(commands))}
    try:
        return await command(asked)
    except GatewayError as error:
        return {"done": False, "say": str(error)}
    except (KeyError, TypeError) as error:
        return {"done": False, "say": f"{asked['do']}: it lacks {error}"}


def ask(data: Path, do: str, **fields: Any) -> dict[str, Any]:
    """Send one command to the running gateway and return its answer. Raises GatewayError if none is running."""
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(60)
            door.connect(str(path_of(data)))
            door.sendall(json.dumps({"do": do, **fields}).encode() + b"\n")
            with door.makefile("rb") as answer:
                found: dict[str, Any] = json.loads(answer.readline() or b"{}")
                return found
    except (OSError, ValueError) as error:
        raise GatewayError(f"no gateway is running on {data} ({error}); start it with `gateway serve`") from error
