"""The yardstick, 1.00: an ASGI application that does nothing but answer a fixed text. Run by `tests.bench`."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn

from tests.bench.journey import BARE_ANSWER

START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(BARE_ANSWER)).encode())],
}
BODY = {"type": "http.response.body", "body": BARE_ANSWER}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer without reading the body."""
    await send(START)
    await send(BODY)


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="none", lifespan="off",
        access_log=False, log_config=None, server_header=False, date_header=False, timeout_keep_alive=75, backlog=4096,
    )  # fmt: skip
