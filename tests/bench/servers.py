"""Starts and stops what is measured: each server a process of its own, on the server's core. Touches processes, files.

Whoever is not being measured is held still (SIGSTOP), so that no server works in another's time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
BUILDER = Path(__file__).parent / "builder" / "server.js"
PACKAGES = ("ussd-menu-builder@1.2.0", "express@4")
TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
GATEWAY = "from gateway.cli import main; main()"


class NotStarted(Exception):
    """A server did not start; the message says what it wrote."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def hold(self) -> None:
        """Keep it from running."""
        self.process.send_signal(signal.SIGSTOP)

    def let(self) -> None:
        """Let it run again."""
        self.process.send_signal(signal.SIGCONT)

    def cpu(self) -> float:
        """Return the CPU seconds that it has used, all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> float:
        """Return its resident memory in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(name: str, command: list[str], port: int, folder: Path, core: int = SERVER_CORE) -> Iterator[Server]:
    """Start a server, wait until it listens, and stop it at the end, by its process id. Raises NotStarted."""
    written = folder / f"{name.replace(' ', '-')}.log"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "NODE_ENV": "production", "PYTHONUNBUFFERED": "1"}
    with written.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )  # fmt: skip
    server = Server(name, port, process)
    try:
        _wait(server, written)
        yield server
    finally:
        _stop(server)


def _wait(server: Server, written: Path) -> None:
    until = time.monotonic() + 40
    while time.monotonic() < until and server.process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.05)
    raise NotStarted(f"{server.name} did not start:\n{written.read_text(errors='replace')[-2000:]}")


def _stop(server: Server) -> None:
    server.let()
    server.process.terminate()
    try:
        server.process.wait(20)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


# --- the servers --------------------------------------------------------------------------------------------------


def bare(folder: Path) -> contextlib.AbstractContextManager[Server]:
    """The bare ASGI application on uvicorn."""
    port = free_port()
    return running("bare ASGI", [sys.executable, "-m", "tests.bench.bare", str(port)], port, folder)


def office(folder: Path) -> contextlib.AbstractContextManager[Server]:
    """The offices and the telecom that the gateway delivers to, on the client's core."""
    port = free_port()
    return running("office", [sys.executable, "-m", "tests.bench.office", str(port)], port, folder, CLIENT_CORE)


def gateway(name: str, folder: Path, offices: int) -> contextlib.AbstractContextManager[Server]:
    """Our gateway as `gateway serve` runs it, with the example configuration and the sample menus."""
    port = free_port()
    config = configuration(folder, port, offices)
    command = [sys.executable, "-c", GATEWAY, "serve", "--config", str(config), "--log-level", "info"]
    return running(name, command, port, folder)


def configuration(folder: Path, port: int, offices: int) -> Path:
    """Write config.example.yaml with other ports and folders, and nothing else changed; return where it is."""
    text = (REPOSITORY / "config.example.yaml").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{port}").replace("127.0.0.1:8001", f"127.0.0.1:{offices}")
    asked = yaml.safe_load(text)
    asked |= {"data": str(folder), "menus": str(REPOSITORY / "menus"), "key": f"file:{folder}/gateway.key"}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(asked), encoding="utf-8")
    return path


def builder(folder: Path) -> contextlib.AbstractContextManager[Server]:
    """The same journey on ussd-menu-builder. Raises NotStarted when it cannot be installed."""
    node, modules = shutil.which("node"), _installed()
    port = free_port()
    server = modules / "server.js"
    shutil.copyfile(BUILDER, server)
    return running("ussd-menu-builder", [str(node), str(server), str(port)], port, folder)


def _installed() -> Path:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotStarted("npm is not there")
    cache = Path(tempfile.gettempdir()) / f"ussd-gateway-bench-{os.getuid()}"
    if (cache / "node_modules" / "express").is_dir() and (cache / "node_modules" / "ussd-menu-builder").is_dir():
        return cache
    cache.mkdir(mode=0o700, exist_ok=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(cache), *PACKAGES]
    try:
        done = subprocess.run(command, cwd=cache, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        raise NotStarted("npm could not install it within a minute") from None
    if done.returncode != 0:
        raise NotStarted(f"npm could not install it ({(done.stderr.strip().splitlines() or ['no reason'])[-1]})")
    return cache
