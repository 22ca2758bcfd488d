"""One HTTP exchange with a telecom or an office: bounded in time and size, no redirects. Touches the network."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import quote, quote_plus, urlsplit

import httpx
from pydantic import AfterValidator, SecretStr

from gateway.messages import JSON, Later
from providers.bodies import strict_json

MOST_BYTES: Final = 64 * 1024
LONGEST_SAID: Final = 100  # characters of an answer in a log
LONGEST_WAIT: Final = 86_400.0  # seconds; a Retry-After beyond a day is a mistake more often than a wish
_LONG_NUMBER = re.compile(r"\d(?:[ .()/-]{0,2}\d){4,}")  # it may be a phone number
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


def _literal(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("a URL begins with http:// or https:// and a host")
    if parts.username is not None or "@" in parts.netloc:
        raise ValueError("a URL holds no user or password; give those as settings of their own")
    if any(letter in url for letter in "{}#\\ ") or not url.isascii() or not url.isprintable():
        raise ValueError("a URL has no braces, blanks or # in it (values go into query, or an office's path)")
    return url


def is_near(host: str) -> bool:
    """Return whether a host is this machine or one of our own network: a private address, or a name without a dot."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host.rpartition(".")[2] in (host, "local", "internal", "lan")


Url = Annotated[str, AfterValidator(_literal)]


def _fits_a_header(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if not value or not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError(
            "a secret for a header is printable ASCII without blanks around it; does a file end in a newline?"
        )
    return secret


HeaderSecret = Annotated[SecretStr, AfterValidator(_fits_a_header)]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the other side answered. `body` is what came within the bounds; `cut` says that there was more."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


async def exchange(
    http: httpx.AsyncClient, method: str, url: str, within: float, *, headers: Mapping[str, str], body: bytes = b""
) -> Answered | Later:
    """Send a request and return the answer, or why there is none: Later, `unknown` if the request may have arrived.

    `within` is in seconds and covers everything from the first byte out to the last byte in, however slowly they come.
    The client lends its connections only: its own headers, cookies and credentials are not sent.
    """
    try:
        async with asyncio.timeout(within):
            return await _answer(http, _request(method, url, within, headers, body))
    except _NOT_SENT as error:
        return Later(f"no connection: {type(error).__name__}")
    except (TimeoutError, httpx.TimeoutException):
        return Later(f"no answer within {within:g} s", kind="unknown")
    except httpx.HTTPError as error:
        return Later(f"the connection broke: {type(error).__name__}", kind="unknown")


def _request(method: str, url: str, within: float, headers: Mapping[str, str], body: bytes) -> httpx.Request:
    always = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ussd-gateway"}
    timeout = httpx.Timeout(within).as_dict()
    return httpx.Request(method, url, headers=always | dict(headers), content=body, extensions={"timeout": timeout})


async def _answer(http: httpx.AsyncClient, request: httpx.Request) -> Answered:
    response = await http.send(request, stream=True, follow_redirects=False, auth=None)
    response.headers.pop("content-encoding", None)  # left packed, unread: it could unpack to any size
    try:
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                break
    finally:
        await response.aclose()
    return Answered(response.status_code, response.headers, bytes(body[:MOST_BYTES]), len(body) > MOST_BYTES)


def json_of(answered: Answered) -> JSON:
    """Return the answer's JSON. Raises ValueError if there is none, or it is cut off, too deep or out of range."""
    if answered.cut:
        raise ValueError(f"the answer has more than {MOST_BYTES} bytes")
    return strict_json(answered.body)


def said(answered: Answered, hidden: Iterable[str]) -> str:
    """Return an answer for a log: its status and its beginning, without what is `hidden` nor any longer number."""
    text = answered.body.decode("utf-8", "replace")
    for one in hidden:
        for form in {one, quote(one), quote_plus(one), json.dumps(one)[1:-1]} - {""}:
            text = text.replace(form, "…")
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    text = " ".join(_LONG_NUMBER.sub("…", text).split())
    return f"{answered.status} {text[:LONGEST_SAID]}".rstrip()


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for, given as a number or as a date (RFC 9110 section 10.2.3).

    A date is measured from the answer's own Date, else from our clock. None where nothing readable is asked.
    """
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked[:9]), LONGEST_WAIT)
    until = _date(asked)
    if until is None:
        return None
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)


def _date(text: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def trouble(answered: Answered) -> Later | None:
    """Return what every server means by statuses that say "not now", None for all others.

    401 and 403 are `auth`; 408, 425, 429, 5xx and redirects are `temporary`, with the wait that they ask for.
    """
    status, after = answered.status, wait_asked(answered.headers)
    if status in (401, 403):
        return Later(f"answered {status}: our credentials are refused", kind="auth", after=after)
    if status in (408, 425, 429) or status >= 500:
        return Later(f"answered {status}", after=after)
    if 300 <= status < 400:
        return Later(f"answered {status}, a redirect, which is not followed; correct the URL", after=after)
    return None
