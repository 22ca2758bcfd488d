"""What the fault tests stand on: a ground of their own, processes ended by their ids, a telecom that calls.

Touches a temporary folder, loopback sockets and processes.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlencode

import yaml

ROOT = Path(__file__).parents[2]
MENUS = Path(__file__).parent / "menus"
USSD = "/in/africastalking/demo-secret/ussd"
CODE = "*384*70#"
REFERENCE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
GATEWAY = ("-c", "from gateway.cli import main; main()")


# --- a ground of its own ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ground:
    """A folder with a configuration made from config.example.yaml, and two free ports."""

    folder: Path
    port: int
    office_port: int

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def rows(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        """Read the database beside the gateway."""
        connection = sqlite3.connect(f"file:{self.data / 'gateway.db'}?mode=ro", uri=True)
        try:
            return connection.execute(query, given).fetchall()
        finally:
            connection.close()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a `gateway` command to its end."""
        command = [sys.executable, *GATEWAY, *words, "--config", str(self.config)]
        return subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=120, check=False)


@contextmanager
def a_ground(
    menus: Path = ROOT / "menus", change: Callable[[dict[str, Any]], None] = lambda _: None
) -> Iterator[Ground]:
    """Make a ground; `change` alters the configuration before it is written. Everything goes at the end."""
    ground = Ground(Path(mkdtemp(prefix="gf-")), free_port(), free_port())
    text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{ground.port}")
    config = yaml.safe_load(text.replace("127.0.0.1:8001", f"127.0.0.1:{ground.office_port}"))
    config["menus"] = str(menus)
    config["limits"] = {"number": "1000000/minute", "session": "1000000/minute"}
    change(config)
    ground.config.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    try:
        yield ground
    finally:
        shutil.rmtree(ground.folder)


def free_port() -> int:
    """Return a loopback port that nobody listens on at this moment."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


# --- processes ----------------------------------------------------------------------------------------------------


class Process:
    """A process of ours, whose output goes to a file."""

    def __init__(self, log: Path, *words: str) -> None:
        self.log = log
        self.began = time.monotonic()
        with log.open("ab") as out:
            self.running = subprocess.Popen(
                [sys.executable, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=ROOT, env=_environment()
            )

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it is gone; one that does not listen is killed."""
        self.running.send_signal(how)
        try:
            self.running.wait(20)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()

    def queued_for_a_core(self) -> float:
        """Return the seconds in which it could have run, but others had the processor (Linux, main thread)."""
        return int(Path(f"/proc/{self.running.pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9

    def said(self) -> str:
        """Return what it wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def _environment() -> dict[str, str]:
    # Compiled modules are kept as in any installation: without them each start would compile all of ours.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@contextmanager
def a_process(log: Path, *words: str) -> Iterator[Process]:
    """Start a process and end it in any case."""
    process = Process(log, *words)
    try:
        yield process
    finally:
        if process.running.poll() is None:
            process.end()


def gateway(ground: Ground, sabotage: str = "", level: str = "warning") -> Process:
    """Start `gateway serve`, or a build of it that was sabotaged."""
    start = ("-m", "tests.faults.sabotage", sabotage) if sabotage else GATEWAY
    words = (*start, "serve", "--config", str(ground.config), "--log-level", level)
    return Process(ground.folder / "gateway.log", *words)


@asynccontextmanager
async def a_gateway(ground: Ground, sabotage: str = "", level: str = "warning") -> AsyncIterator[Process]:
    """Start a gateway, wait until it answers, and end it in any case."""
    process = gateway(ground, sabotage, level)
    try:
        await answering(ground.port, process)
        yield process
    finally:
        if process.running.poll() is None:
            await asyncio.to_thread(process.end)


@contextmanager
def a_government(ground: Ground) -> Iterator[Process]:
    """Start the sample government."""
    port, url = str(ground.office_port), f"http://127.0.0.1:{ground.port}"
    words = ("-m", "sample_government", "--port", port, "--gateway", url)
    with a_process(ground.folder / "government.log", *words) as process:
        yield process


async def answering(port: int, process: Process, within: float = 30) -> float:
    """Wait until somebody listens; return the seconds since the process began."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        assert process.running.poll() is None, process.said()
        line = Line(port)
        try:
            await line.get("/health/live")
            return time.monotonic() - process.began
        except Cut:
            await asyncio.sleep(0.01)
        finally:
            line.close()
    raise AssertionError(f"nobody answers on {port}: {process.said()}")


async def until(what: Callable[[], Any], within: float, every: float = 0.1) -> Any:
    """Wait until `what` returns something true, and return it; the last false value when the time is up."""
    end = time.monotonic() + within
    while not (found := what()) and time.monotonic() < end:
        await asyncio.sleep(every)
    return found


# --- a telecom that calls -----------------------------------------------------------------------------------------


class Cut(Exception):
    """No answer: nobody listens, or the connection broke before the answer was whole."""


class Line:
    """One keep-alive HTTP connection to loopback; far lighter than a client library, since both share two cores."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> tuple[int, bytes]:
        """Return status and body. Raises Cut."""
        return await self._asked(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    async def post(
        self, path: str, body: bytes, kind: str = "application/x-www-form-urlencoded", **headers: str
    ) -> tuple[int, bytes]:
        """Return status and body. Raises Cut."""
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        return await self._asked(head.encode() + body)

    async def dialled(self, session: str, number: str, text: str) -> bytes:
        """Send one USSD turn as Africa's Talking does and return the screen. Raises Cut."""
        form = {"sessionId": session, "phoneNumber": number, "serviceCode": CODE, "networkCode": "63902", "text": text}
        status, body = await self.post(USSD, urlencode(form).encode())
        assert status == 200, (status, body)
        return body

    def close(self) -> None:
        """Hang up."""
        if self._ends is not None:
            self._ends[1].transport.abort()
            self._ends = None

    async def _asked(self, sent: bytes) -> tuple[int, bytes]:
        try:
            if self._ends is None:
                self._ends = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self._ends
            writer.write(sent)
            async with asyncio.timeout(20):
                status, body, last = await _answer(reader)
            if last:
                self.close()
            return status, body
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise Cut(type(error).__name__) from error


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    """Return status, body, and whether the connection is closed after it."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status, size = int(head[9:12]), int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    return status, await reader.readexactly(size), b"\r\nconnection: close" in head


@asynccontextmanager
async def lines(port: int, count: int) -> AsyncIterator[list[Line]]:
    """Return so many connections, hung up at the end."""
    found = [Line(port) for _ in range(count)]
    try:
        yield found
    finally:
        for line in found:
            line.close()


# --- figures ------------------------------------------------------------------------------------------------------


def percentile(values: list[float], part: float) -> float:
    """Return the value below which `part` of the values lie, in the values' own unit."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
