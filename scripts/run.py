"""Start the sample government and the gateway, wait until they are ready, say what to try. Ends both when one ends.

Run by `make run`. Listens through its children on 127.0.0.1:8000 and :8001; logs go to data/*.log.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
GATEWAY = "http://127.0.0.1:8000"
GOVERNMENT = "http://127.0.0.1:8001"
PATIENCE = 60.0  # seconds until both must be ready

CHILDREN = {
    "sample government": ("sample-government.log", [sys.executable, "-m", "sample_government", "--gateway", GATEWAY]),
    "gateway": (
        "gateway.log",
        [str(Path(sys.executable).with_name("gateway")), "serve", "--config", "config.example.yaml"],
    ),
}

TRY = f"""
The gateway is at {GATEWAY}, a sample government at {GOVERNMENT}. Ctrl-C ends both.
Type these in another terminal, in this directory.

Report a water fault, as a telecom would pass it on (five screens in one dial):

  curl -sS {GATEWAY}/in/africastalking/demo-secret/ussd \\
    -d sessionId=demo-1 -d phoneNumber=%2B254700000001 -d serviceCode=%2A384%2A70%23 \\
    -d networkCode=63902 --data-urlencode 'text=1*1*Kalundu*0*1'

Dial it yourself, on a phone in the terminal:

  .venv/bin/gateway dial '*384*70#'

See what the offices were sent, and which SMS went out:

  curl -sS {GOVERNMENT}/received
  curl -sS {GOVERNMENT}/sms

See the requests, and prove that none is lost:

  .venv/bin/gateway requests list
  .venv/bin/gateway verify

Close the water company, report another fault, and open it again:

  curl -sS {GOVERNMENT}/fault -H 'content-type: application/json' -d '{{"office": "water", "mode": "down"}}'
  curl -sS {GOVERNMENT}/fault -H 'content-type: application/json' -d '{{"office": "water", "mode": "ok"}}'
"""


def main() -> int:
    """Supervise both processes; returns the exit code."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupted)
    for port in (8000, 8001):
        _expect_free(port)
    DATA.mkdir(mode=0o700, exist_ok=True)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in CHILDREN:
            running[name] = _start(name)
        _wait_until_ready(running)
        print(TRY, flush=True)
        print(f"Logs: {_shown(DATA / 'gateway.log')}, {_shown(DATA / 'sample-government.log')}", flush=True)
        _wait_for_one(running)
    except KeyboardInterrupt:
        print("\nStopping.", flush=True)
    finally:
        _stop(running)
    return 0


def _start(name: str) -> subprocess.Popen[bytes]:
    log, command = CHILDREN[name]
    with (DATA / log).open("ab") as out:
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out)


def _wait_until_ready(running: dict[str, subprocess.Popen[bytes]]) -> None:
    end = time.monotonic() + PATIENCE
    for url in (f"{GOVERNMENT}/fault", f"{GATEWAY}/health/ready"):
        while (why := _trouble(url)) is not None:
            _expect_alive(running)
            if time.monotonic() > end:
                _give_up(f"{url} is not ready after {PATIENCE:.0f} s: {why}")
            time.sleep(0.1)


def _trouble(url: str) -> str | None:
    """Return why a URL does not answer 200; None where it does."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # a fixed loopback address
            return None if answer.status == 200 else str(answer.status)
    except urllib.error.HTTPError as refusal:
        return f"{refusal.code} {refusal.read(500).decode(errors='replace')}"
    except OSError as trouble:
        return str(trouble)


def _wait_for_one(running: dict[str, subprocess.Popen[bytes]]) -> None:
    while True:
        _expect_alive(running)
        time.sleep(0.5)


def _expect_alive(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in running.items():
        if child.poll() is not None:
            log = DATA / CHILDREN[name][0]
            last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            _give_up(f"The {name} ended with code {child.returncode}. The end of {_shown(log)}:\n{last}")


def _expect_free(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            _give_up(f"Something listens on 127.0.0.1:{port} already. End it first, or use it.")


def _stop(running: dict[str, subprocess.Popen[bytes]]) -> None:
    """End the gateway first, so that its last words still find an office."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for child in reversed(running.values()):
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _give_up(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    raise SystemExit(1)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    raise SystemExit(main())
