"""Connections that are slow, greedy or too many are cut off; those beside them are not."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
import uvicorn

from gateway.cli import serve
from gateway.web.connections import Bounds, Connection

PATIENCE = 20.0
REQUEST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer with the body and the number of headers."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    said = body + b"|%d" % len(scope["headers"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(said))]})
    await send({"type": "http.response.body", "body": said})


@asynccontextmanager
async def server(bounds: Bounds, application: Any = echo) -> AsyncIterator[int]:
    """Serve within bounds; give the port."""
    kind: Any = partial(Connection, bounds=bounds)
    settings = uvicorn.Config(application, http=kind, ws="none", lifespan="off", log_config=None)  # type: ignore[arg-type]
    listening = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(settings)
    task = asyncio.create_task(running._serve([listening]))
    async with asyncio.timeout(PATIENCE):
        try:
            yield listening.getsockname()[1]
        finally:
            running.should_exit = True
            await task


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    """Open a connection; close it at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def said(to: Line, *pieces: bytes) -> bytes:
    """Send, and return the answer: nothing where the connection is cut off."""
    for piece in pieces:
        to[1].write(piece)
    with suppress(ConnectionResetError, asyncio.IncompleteReadError):
        return await to[0].readuntil(b"|2")
    return b""


async def answered(port: int, *pieces: bytes) -> bytes:
    """Send over a connection of its own."""
    async with line(port) as own:
        return await said(own, *pieces)


LATE = [
    (),
    (b"GET /in/x",),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b",),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",),
    (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",),
]


@pytest.mark.parametrize("pieces", LATE)
async def test_a_request_that_does_not_come_to_its_end_is_cut_off(pieces: tuple[bytes, ...]) -> None:
    bounds = Bounds(within=0.1)
    async with server(bounds) as port:
        assert await answered(port, *pieces) == b""
    assert list(bounds.told) == ["a request takes more than 0.1 seconds to come in"]


GREEDY = [
    (b"GET /" + b"a" * 4000,),
    (b"GET / HTTP/1.1\r\nX-A: " + b"a" * 4000,),
    (b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * 1000,),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"a" * 20_000,),
    (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a:b\r\n" * 4000,),
]


@pytest.mark.parametrize("pieces", GREEDY)
async def test_a_request_that_is_too_large_is_cut_off(pieces: tuple[bytes, ...]) -> None:
    bounds = Bounds(head=2000, whole=10_000)
    async with server(bounds) as port:
        assert await answered(port, *pieces) == b""
    assert list(bounds.told) == ["a request is larger than any callback"]


async def test_the_one_that_was_silent_longest_gives_way_to_one_too_many() -> None:
    bounds = Bounds(most=2)
    async with server(bounds) as port, line(port) as first, line(port) as second:
        assert [(await said(one, REQUEST))[-5:] for one in (first, second)] == [b"abc|2"] * 2
        assert (await answered(port, REQUEST)).endswith(b"abc|2")
        assert list(bounds.told) == ["there are more than 2 at once"]
        assert await said(first) == b""
        assert (await said(second, REQUEST)).endswith(b"abc|2")


async def test_one_too_many_is_cut_off_where_all_others_are_being_answered() -> None:
    entered, let = asyncio.Event(), asyncio.Event()

    async def slow(scope: dict[str, Any], receive: Any, send: Any) -> None:
        entered.set()
        await let.wait()
        await echo(scope, receive, send)

    async with server(Bounds(most=1), slow) as port, line(port) as first:
        first[1].write(REQUEST)
        await entered.wait()
        assert await answered(port, REQUEST) == b""
        let.set()
        assert (await said(first)).endswith(b"abc|2")


async def test_who_says_nothing_makes_room_for_who_calls() -> None:
    async with server(Bounds(most=2)) as port, line(port) as silent, line(port) as half:
        half[1].write(REQUEST[:30])
        await half[1].drain()
        for _ in range(3):
            assert await answered(port, REQUEST)
        assert await said(silent) == b""


async def test_a_good_connection_is_kept_for_many_requests_longer_than_one_may_take() -> None:
    clock = asyncio.get_running_loop().time
    async with server(Bounds(head=400, whole=800, within=0.2)) as port, line(port) as (reader, writer):
        until = clock() + 0.5
        while clock() < until:
            writer.write(REQUEST[:30])
            await writer.drain()
            writer.write(REQUEST[30:] + REQUEST)
            for _ in range(2):
                assert await reader.readuntil(b"abc|2")


async def test_what_earlier_requests_had_is_not_counted() -> None:
    head, body = REQUEST[:-7] + b"\r\nExpect: 100-continue\r\n\r\n", b"abc"
    async with server(Bounds(head=400, whole=800)) as port, line(port) as (reader, writer):
        for _ in range(30):
            writer.write(head)
            assert await reader.readuntil(b"100 Continue\r\n\r\n")  # the head was taken by itself
            writer.write(body)
            assert await reader.readuntil(b"abc|3")


UNLIMITED = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "raised_to", "most"),
    [
        ((1024, 524_288), 4500, 4000),
        ((65_536, 65_536), None, 4000),
        ((UNLIMITED, UNLIMITED), None, 4000),
        ((1024, UNLIMITED), 4500, 4000),
        ((1024, 2000), 2000, 1500),
        ((300, 300), None, 150),
    ],
)
def test_callers_leave_files_for_what_else_is_open(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], raised_to: int | None, most: int
) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: raised.append(wanted))
    assert serve._most_connections() == most
    assert raised == ([] if raised_to is None else [(raised_to, limits[1])])


async def test_what_comes_after_a_body_in_chunks_is_no_header() -> None:
    chunked = (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-forwarded-for: 1\r\n\r\n"
    )
    async with server(Bounds()) as port:
        assert (await answered(port, chunked)).endswith(b"a|2")
