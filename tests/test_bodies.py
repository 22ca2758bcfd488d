"""Bodies that come slowly, in pieces, too large or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.web.bodies import LARGEST, Bodies


def coming(*pieces: bytes, then: str = "") -> Callable[[], Awaitable[dict[str, Any]]]:
    """Return what brings a body in pieces; `then` it `hangs` for ever or `breaks` off."""
    left = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    if not then:
        left[-1]["more_body"] = False

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        if left:
            return left.pop(0)
        if then == "breaks":
            return {"type": "http.disconnect"}
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    return receive


GOOD = [((b"",), b""), ((b"a=1",), b"a=1"), ((b"a", b"=", b"1"), b"a=1"), ((b"x" * LARGEST,), b"x" * LARGEST)]
BAD = [((b"x" * (LARGEST + 1),), ""), ((b"x" * LARGEST, b"x"), ""), ((b"a",), "breaks"), ((), "breaks")]


@pytest.mark.parametrize(("pieces", "body"), GOOD)
async def test_a_body_is_read_whole(pieces: tuple[bytes, ...], body: bytes) -> None:
    assert await Bodies().read(coming(*pieces)) == body


@pytest.mark.parametrize(("pieces", "then"), BAD)
async def test_a_body_that_is_none(pieces: tuple[bytes, ...], then: str) -> None:
    assert await Bodies().read(coming(*pieces, then=then)) is None


@pytest.mark.parametrize("pieces", [(), (b"a=1",)])
async def test_a_body_that_never_ends_is_given_up_and_those_beside_it_are_not(pieces: tuple[bytes, ...]) -> None:
    bodies = Bodies(within=0.05)
    async with asyncio.timeout(5):
        slow = [asyncio.create_task(bodies.read(coming(*pieces, then="hangs"))) for _ in range(3)]
        assert await bodies.read(coming(b"a=1")) == b"a=1"
        assert await asyncio.gather(*slow) == [None] * 3
        assert await bodies.read(coming(*pieces, then="hangs")) is None  # the clock is wound up again
        assert await bodies.read(coming(b"a=2")) == b"a=2"
    assert not bodies._begun and not bodies._late


async def test_who_is_cancelled_from_outside_is_cancelled() -> None:
    bodies = Bodies()
    task = asyncio.create_task(bodies.read(coming(then="hangs")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not bodies._begun
