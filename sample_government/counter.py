"""How every office serves a request: proof, key, fault of the day, work, answer. Touches the desk and the clock."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from sample_government.desk import Desk, Entry, now

QUOTED = re.compile(r'"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"')
_downs = itertools.count()


HANG_UP = "sample.hang-up"


class Dropped(Response):
    """No answer at all: asks `Connections` to cut the connection without a byte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": HANG_UP})


@dataclass(frozen=True, slots=True)
class Job:
    """One request at the counter. `work` does it and returns the answer; `refusal` says no in the office's own style.

    `mode` is what a magic input asks for; a keyed job must carry an Idempotency-Key and is done once per key.
    """

    office: str
    operation: str
    body: Any
    work: Callable[[], Response]
    refusal: Callable[[], Response]
    mode: str = "ok"
    keyed: bool = False


async def serve(request: Request, job: Job) -> Response:
    """Serve a job as the office's fault of the day allows, and note what was received."""
    desk: Desk = request.app.state.desk
    entry = note(desk, request, job)
    if isinstance(entry, Response):
        return entry
    fault = desk.faults[job.office]
    mode = job.mode if job.mode != "ok" else fault.mode
    if mode == "slow":
        await asyncio.sleep(fault.seconds)
    if mode in NO_WORK:
        return NO_WORK[mode](job)
    answer = finish(entry, job)
    if mode == "lost":
        return Dropped()
    return answer


def note(desk: Desk, request: Request, job: Job) -> Entry | Response:
    """Return the entry for this request, new or known; a Response where its key is missing, unreadable or reused."""
    if not job.keyed:
        desk.questions.append(Entry(job.office, job.operation, None, job.body, now()))
        return desk.questions[-1]
    key = QUOTED.fullmatch(request.headers.get("idempotency-key", "").strip())
    if not key:
        return problem(400, "idempotency-key", 'Send Idempotency-Key: "…", quoted, the same at each attempt.')
    digest = hashlib.sha256(json.dumps(job.body, sort_keys=True).encode()).digest()
    entry = desk.keyed.get((job.office, key[1]))
    if entry is None:
        entry = Entry(job.office, job.operation, key[1], job.body, now(), digest=digest)
        desk.keyed[job.office, key[1]] = entry
        return entry
    if entry.digest != digest:
        return problem(422, "idempotency-key-reused", "This key was used for another body. Use a new key.")
    entry.times += 1
    return entry


def finish(entry: Entry, job: Job) -> Response:
    """Do the work once; a key that was served before gets the stored answer."""
    if job.keyed and entry.answer is not None:
        return JSONResponse(entry.answer["body"], entry.answer["status"], {"Idempotent-Replayed": "true"})
    answer = job.work()
    entry.done = True
    if job.keyed:
        entry.answer = {"status": answer.status_code, "body": json.loads(bytes(answer.body))}
    return answer


def _down(_: Job) -> Response:
    # Real offices say when to come back only now and then: every second time here.
    headers = {"Retry-After": "2"} if next(_downs) % 2 else {}
    return JSONResponse({"error": {"code": "UNAVAILABLE", "message": "Closed for repair."}}, 503, headers)


NO_WORK: dict[str, Callable[[Job], Response]] = {
    "down": _down,
    "refuse": lambda job: job.refusal(),
    "nonsense": lambda _: Response("<html><body>It works!</body></html>", 200, media_type="text/html"),
    "broken": lambda _: JSONResponse({"error": {"code": "INTERNAL", "message": "Unexpected error."}}, 500),
}


def problem(status: int, code: str, message: str) -> JSONResponse:
    """Return an error in the form that the water company and the projects register use."""
    return JSONResponse({"error": {"code": code.upper().replace("-", "_"), "message": message}}, status)


def same(given: str | None, expected: str) -> bool:
    """Return whether two secrets are equal, in constant time."""
    return hmac.compare_digest((given or "").encode(), expected.encode())


def basic(request: Request) -> tuple[str, str]:
    """Return user and password of HTTP Basic authentication; two empty strings where there is none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def bearer(request: Request) -> str:
    """Return the bearer token; an empty string where there is none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


class Connections:
    """ASGI wrapper around everything: cuts the connection where a handler answered Dropped."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_or_hang_up(message: Message) -> None:
            if message["type"] != HANG_UP:
                await send(message)
                return
            # ASGI has no word for hanging up, so this reaches through uvicorn's bound method to its socket.
            transport = getattr(getattr(send, "__self__", None), "transport", None)
            if transport is None:
                raise ConnectionResetError("the sample office hung up")
            transport.abort()
            while (await receive())["type"] != "http.disconnect":
                continue

        await self.app(scope, receive, send_or_hang_up)
