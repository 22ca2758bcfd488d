"""Recorded callbacks: ours, requests in a text file, and HAR archives. Pure.

A text file holds requests as they went over the wire, `###` between them, as editors with an HTTP client write them:

    ### the citizen dials
    POST /in/africastalking/secret/ussd HTTP/1.1
    Content-Type: application/x-www-form-urlencoded

    sessionId=…&text=
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from gateway.messages import GatewayError
from gateway.speech import address

_LINE: Final = re.compile(r"(GET|POST|PUT)\s+(\S+)(?:\s+HTTP/[0-9.]+)?\s*")
_HEADER: Final = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):\s*(.*)")
_METHODS: Final = {"exec": "POST"}


@dataclass(frozen=True, slots=True)
class Recording:
    """One callback as it was recorded. `told` is its event where somebody said so who knows it."""

    name: str
    method: str
    address: str
    headers: Mapping[str, str]
    body: bytes
    at: float | None = None
    what: str = ""
    expect: Mapping[str, Any] = field(default_factory=dict)
    told: str = ""

    @property
    def query(self) -> str:
        """The query of its address."""
        return urlsplit(self.address).query

    @property
    def event(self) -> str:
        """The event, in its address if that is one of ours; else as it was told, or nothing."""
        return address(urlsplit(self.address).path)[2] or self.told

    @property
    def secret(self) -> str | None:
        """The path secret in its address; None if the address is not one of ours."""
        channel, secret, _ = address(urlsplit(self.address).path)
        return secret if channel else None


def shipped(samples: Sequence[tuple[Mapping[str, Any], bytes]]) -> list[Recording]:
    """Return the recordings that come with the gateway."""
    return [_shipped(entry, raw) for entry, raw in samples]


def _shipped(entry: Mapping[str, Any], raw: bytes) -> Recording:
    method, address, body = entry["method"], entry.get("url", "/"), raw
    headers = {name.lower(): value for name, value in entry.get("headers", {}).items()}
    if entry.get("content_type"):
        headers["content-type"] = entry["content_type"]
    if method == "exec":  # what a program is given, which posts it
        body = urlencode([line.partition("=")[::2] for line in raw.decode().splitlines() if line]).encode()
        headers["content-type"] = "application/x-www-form-urlencoded"
    if method == "GET":
        address, body = f"{address}?{raw.decode().strip()}", b""
    name = entry["file"].partition("/")[2]
    expect = entry.get("expect", {})
    what, told = entry.get("what", "").partition(". ")[0], entry.get("event", "")  # the rest is for our tests
    return Recording(name, _METHODS.get(method, method), address, headers, body, None, what, expect, told)


def read(file: str, raw: bytes) -> list[Recording]:
    """Return the callbacks of a file. Raises GatewayError, which names the line."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise GatewayError(f"{file}: is not UTF-8 text; save the recording as text or as HAR") from None
    found = _archived(file, text) if text.lstrip().startswith("{") else list(_written(file, text))
    if not found:
        raise GatewayError(f"{file}: holds no callback (begin each with a line such as POST /in/… HTTP/1.1)")
    return found


# --- text ---------------------------------------------------------------------------------------------------------


def _written(file: str, text: str) -> Iterator[Recording]:
    block: list[tuple[int, str]] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line.startswith("###"):
            yield from _request(file, block)
            block = []
        block.append((number, line))
    yield from _request(file, block)


def _request(file: str, block: list[tuple[int, str]]) -> Iterator[Recording]:
    """Yield the request of a block, if it has more than comments."""
    said = [line.lstrip("#/ ").strip() for _, line in block if line.startswith(("#", "//"))]
    lines = [(number, line) for number, line in block if not line.startswith(("#", "//"))]
    while lines and not lines[0][1].strip():
        del lines[0]
    if not lines:
        return
    number, first = lines[0]
    begun = _LINE.fullmatch(first)
    if begun is None:
        raise GatewayError(f"{file}:{number}: is no request line (write it as POST /in/… HTTP/1.1)")
    blank = next((index for index, (_, line) in enumerate(lines) if not line.strip()), len(lines))
    headers = _headers(file, lines[1:blank])
    body = "\n".join(line for _, line in lines[blank + 1 :]).rstrip("\n")
    what = next((one for one in said if one), "")
    yield Recording(f"{file}:{number}", begun[1], begun[2], headers, body.encode(), _dated(headers), what)


def _headers(file: str, lines: list[tuple[int, str]]) -> dict[str, str]:
    headers = {}
    for number, line in lines:
        found = _HEADER.fullmatch(line.strip())
        if found is None:
            raise GatewayError(f"{file}:{number}: is no header (write Accept: text/xml, and a blank line after all)")
        headers[found[1].lower()] = found[2].strip()
    return headers


def _dated(headers: Mapping[str, str]) -> float | None:
    """Return when it came, by its Date header: signatures with a time are judged by it."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return None


# --- HAR ----------------------------------------------------------------------------------------------------------


def _archived(file: str, text: str) -> list[Recording]:
    try:
        entries = json.loads(text)["log"]["entries"]
        return [_entry(f"{file}, entry {number}", entry) for number, entry in enumerate(entries, 1)]
    except json.JSONDecodeError as error:
        raise GatewayError(f"{file}:{error.lineno}: is not JSON ({error.msg})") from None
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise GatewayError(f"{file}: is JSON, but no HAR archive: log.entries[].request is missing") from error


def _entry(name: str, entry: Mapping[str, Any]) -> Recording:
    request = entry["request"]
    posted = request.get("postData", {})
    text = posted.get("text", "")
    body = base64.b64decode(text, validate=True) if posted.get("encoding") == "base64" else text.encode()
    headers = {str(header["name"]).lower(): str(header["value"]) for header in request.get("headers", ())}
    begun = entry.get("startedDateTime")
    at = datetime.fromisoformat(begun).timestamp() if begun else None
    return Recording(name, request["method"], request["url"], headers, body, at)
