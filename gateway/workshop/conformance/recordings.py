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
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlencode, urlsplit

from gateway.messages import GatewayError
from gateway.speech import address

_LINE: Final = re.compile(r"(GET|POST|PUT)\s+(\S+)(?:\s+HTTP/[0-9.]+)?\s*")
_HEADER: Final = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):\s*(.*)")
_METHODS: Final = {"exec": "POST"}
_KINDS: Final[Mapping[type, str]] = {str: "text", dict: "an object", list: "a list"}
_T = TypeVar("_T", str, dict[str, Any], list[Any])


@dataclass(frozen=True, slots=True)
class Recording:
    """One callback as it was recorded. `told` is its event where somebody said so who knows it.

    `archived` are those of a HAR archive, which holds all that went by; `ours` those that come with the gateway.
    """

    name: str
    method: str
    address: str
    headers: Mapping[str, str]
    body: bytes
    at: float | None = None
    what: str = ""
    expect: Mapping[str, Any] = field(default_factory=dict)
    told: str = ""
    archived: bool = False
    ours: bool = False

    @property
    def query(self) -> str:
        """The query of its address."""
        return urlsplit(self.address).query

    @property
    def channel(self) -> str:
        """The channel in its address; nothing if the address is not one of ours."""
        return self._door[0]

    @property
    def event(self) -> str:
        """The event, in its address if that is one of ours; else as it was told, or nothing."""
        return self._door[2] or self.told

    @property
    def secret(self) -> str | None:
        """The path secret in its address; None if the address is not one of ours."""
        channel, secret, _ = self._door
        return secret if channel else None

    @property
    def _door(self) -> tuple[str, str, str]:
        return address(unquote(urlsplit(self.address).path))


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
    return Recording(name, _METHODS.get(method, method), address, headers, body, None, what, expect, told, ours=True)


def read(file: str, raw: bytes) -> list[Recording]:
    """Return the callbacks of a file. Raises GatewayError, which names the line."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise GatewayError(f"{file}: is not UTF-8 text; save the recording as text or as HAR") from None
    archive = text.lstrip().startswith(("{", "[")) or file.lower().endswith(".har")
    found = _archived(file, text) if archive else list(_written(file, text))
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
    _known_address(f"{file}:{number}", begun[2])
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
    except (ValueError, OverflowError):
        return None


def _known_address(name: str, address: str) -> str:
    """Return an address that can be taken apart. Raises GatewayError, which names its request."""
    try:
        urlsplit(address)
    except ValueError as error:
        raise GatewayError(f"{name}: its address cannot be read: {error}") from None
    return address


# --- HAR ----------------------------------------------------------------------------------------------------------


def _archived(file: str, text: str) -> list[Recording]:
    try:
        entries = json.loads(text)["log"]["entries"]
    except json.JSONDecodeError as error:
        raise GatewayError(f"{file}:{error.lineno}: is not JSON ({error.msg})") from None
    except RecursionError:
        raise GatewayError(f"{file}: is nested too deep for a HAR archive") from None
    except (KeyError, TypeError, ValueError):
        entries = None
    if not isinstance(entries, list):
        raise GatewayError(f"{file}: is JSON, but no HAR archive: the list log.entries is missing")
    if not entries:
        raise GatewayError(f"{file}: is a HAR archive without any request: its list log.entries is empty")
    return [_entry(f"{file}, entry {number}", entry) for number, entry in enumerate(entries, 1)]


def _entry(name: str, entry: Any) -> Recording:
    request = _part(name, entry, "request", dict)
    method = _part(name, request, "request.method", str)
    url = _known_address(name, _part(name, request, "request.url", str))
    headers = {key.lower(): value for key, value in _pairs(name, request, "request.headers")}
    posted = _part(name, request, "request.postData", dict, {})
    kind = _part(name, posted, "request.postData.mimeType", str, "")
    if kind:
        headers.setdefault("content-type", kind)
    return Recording(name, method, url, headers, _posted(name, posted), _begun(name, entry), archived=True)


def _part(name: str, of: Any, path: str, kind: type[_T], default: _T | None = None) -> _T:
    """Return what the last key of `path` holds. Raises GatewayError, which names the entry, for another kind."""
    outer, _, key = path.rpartition(".")
    if not isinstance(of, dict):
        raise GatewayError(f"{name}: {f'`{outer}`' if outer else 'it'} is not an object")
    if key not in of:
        if default is None:
            raise GatewayError(f"{name}: `{path}` is missing")
        return default
    found = of[key]
    if not isinstance(found, kind):
        raise GatewayError(f"{name}: `{path}` is not {_KINDS[kind]}")
    if isinstance(found, str) and any("\ud800" <= char <= "\udfff" for char in found):
        raise GatewayError(f"{name}: `{path}` holds half a character (\\ud800 to \\udfff)")
    return found


def _pairs(name: str, of: dict[str, Any], path: str) -> list[tuple[str, str]]:
    """Return a list's names with their values."""
    return [
        (_part(name, one, f"{path}[{index}].name", str), _part(name, one, f"{path}[{index}].value", str, ""))
        for index, one in enumerate(_part(name, of, path, list, []))
    ]


def _posted(name: str, posted: dict[str, Any]) -> bytes:
    """Return the body: as text, in base64, or as the fields of a form."""
    text = _part(name, posted, "request.postData.text", str, "")
    fields = _pairs(name, posted, "request.postData.params")
    if fields and not text:
        return urlencode(fields).encode()
    if _part(name, posted, "request.postData.encoding", str, "") != "base64":
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise GatewayError(f"{name}: `request.postData.text` is not base64") from None


def _begun(name: str, entry: dict[str, Any]) -> float | None:
    begun = _part(name, entry, "startedDateTime", str, "")
    try:
        return datetime.fromisoformat(begun).timestamp() if begun else None
    except (ValueError, OverflowError):
        raise GatewayError(f"{name}: `startedDateTime` is no time (such as 2026-11-24T09:00:00Z)") from None
