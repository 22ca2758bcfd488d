"""The six turns that every server is asked, as ready bytes, and what must come back. Pure.

Africa's Talking's form with its cumulative text. Every journey is a new citizen and a new session; numbers begin with
+999, which no country has. All bodies of a turn have the same length, so that only two places change.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

TEXTS = ("", "1", "1*1", "1*1*Kalundu", "1*1*Kalundu*0", "1*1*Kalundu*0*1")
TURNS = len(TEXTS)
BARE_ANSWER = b"CON County services (free)\n1 Water fault\n2 Tax compliance\n3 Public project\n4 My requests"
REFERENCE = re.compile(rb"END .*?\b([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})\b", re.DOTALL)

Check = Callable[[int, bytes], bytes | None]


class WrongAnswer(Exception):
    """A server answered something else than the journey needs; the message quotes it."""


@dataclass(frozen=True, slots=True)
class Script:
    """One server's journey: the bytes of each turn with `%(number)b` and `%(session)b` open, and the check."""

    requests: tuple[bytes, ...]
    check: Check

    def request(self, turn: int, journey: int) -> bytes:
        """Return the bytes of one turn of the journey with that number."""
        return self.requests[turn] % {b"number": b"%09d" % journey, b"session": b"%032x" % (journey * 7919)}


def script(path: str, check: Check) -> Script:
    """Return the journey as it is posted to `path`."""
    return Script(tuple(_request(path, text) for text in TEXTS), check)


def _request(path: str, text: str) -> bytes:
    text = text.replace("*", "%%2A")
    body = (
        "sessionId=ATUid_%(session)b&serviceCode=%%2A384%%2A70%%23&phoneNumber=%%2B999%(number)b&networkCode=99999&text="
        + text
    )
    length = len(body.encode() % {b"session": b"0" * 32, b"number": b"0" * 9})
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nUser-Agent: bench\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    )
    return (head + body).encode()


def same_always(turn: int, body: bytes) -> bytes | None:
    """Check the bare server's answer. Raises WrongAnswer."""
    if body != BARE_ANSWER:
        raise WrongAnswer(f"turn {turn + 1}: {body[:160]!r}")
    return None


ASKS = (
    b"County services (free)\n", b"What is wrong?\n", b"Which village", b"Account number",
    b"No water at Kalundu. Send?",
)  # fmt: skip


def whole_journey(turn: int, body: bytes) -> bytes | None:
    """Check an answer of the water fault and return the reference that its last screen gives. Raises WrongAnswer."""
    if turn < TURNS - 1:
        if body.startswith(b"CON " + ASKS[turn]):
            return None
    elif found := REFERENCE.match(body):
        return found[1]
    raise WrongAnswer(f"turn {turn + 1} ({TEXTS[turn]!r}): {body[:160]!r}")
