"""Finds the values of a callback wherever a description says they are: query, form, JSON, XML, header or path. Pure.

A place is a name (`SessionId`), a JSON path with dots (`payload.response`) or an XML path with slashes below the root
element (`OnUSSEvent/@Type`); `header:X-Session`, `query:to_addr` and `path:session` look elsewhere than in the body.
Upper and lower case are the same everywhere, since telecoms change them without notice.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from gateway.messages import JSON, Request, Unreadable
from providers.bodies import whole_letters
from providers.forms import is_form, pairs

MOST_VALUES: Final = 256
ELSEWHERE: Final = ("header:", "query:", "path:")

_NAME = re.compile(r"[A-Za-z_.:/@-]{1,40}")
_DANGEROUS = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
Values = Mapping[str, str]


def values_of(request: Request, transport: str, encoding: str, path: str, unnamed: bool) -> dict[str, str]:
    """Return every value of a callback by its place in lower case. Raises Unreadable.

    `unnamed` parameters, which some telecoms add, are passed over where the description says so.
    """
    query = _query(request, unnamed)
    found = dict(query) if transport == "query" else _READERS[transport](request, encoding, unnamed)
    found.update({f"header:{name}": value for name, value in request.headers.items()})
    found.update({f"query:{name}": value for name, value in query.items()})
    found.update(_segments(request, path))
    return found


def _query(request: Request, unnamed: bool) -> dict[str, str]:
    raw = urlsplit(request.url).query if "?" in request.url else ""
    return _lower(pairs(_named(raw.encode("utf-8", "surrogatepass"), unnamed))) if raw else {}


def _form(request: Request, encoding: str, unnamed: bool) -> dict[str, str]:
    if not is_form(request):
        raise Unreadable("the body must be application/x-www-form-urlencoded")
    return _lower(pairs(_named(request.body, unnamed)))


def _named(raw: bytes, unnamed: bool) -> bytes:
    if not unnamed:
        return raw
    return b"&".join(piece for piece in raw.split(b"&") if piece.partition(b"=")[0] and b"=" in piece)


def _lower(found: Mapping[str, str]) -> dict[str, str]:
    return _unique((name.lower(), value) for name, value in found.items())


def _unique(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in found:
        if name in values:
            told = repr(name) if _NAME.fullmatch(name) else "a name"  # anything may stand where names should
            raise Unreadable(f"{told} comes more than once")
        values[name] = value
        if len(values) > MOST_VALUES:
            raise Unreadable(f"the callback has more than {MOST_VALUES} values")
    return values


def _segments(request: Request, path: str) -> dict[str, str]:
    """Return the named segments of what follows `/ussd` in the address, as `path:name`."""
    wanted = [part for part in path.split("/") if part]
    given = [part for part in request.event.split("/")[1:] if part]
    if len(wanted) != len(given):
        raise Unreadable(f"the address must go on with {path or 'nothing'} after /ussd")
    values = {}
    for want, got in zip(wanted, given, strict=True):
        if want.startswith("{"):
            values[f"path:{want[1:-1].lower()}"] = got
        elif want != got:
            raise Unreadable(f"the address must go on with {path} after /ussd")
    return values


# --- JSON ---------------------------------------------------------------------------------------------------------


def _json(request: Request, encoding: str, unnamed: bool) -> dict[str, str]:
    if not request.body.strip():
        return {}
    try:
        text = request.body.decode(encoding)
        data = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=str,
            parse_int=str,
            parse_constant=_no_constant,
        )
        return _unique(_leaves(whole_letters(data) if "\\u" in text else data, ""))
    except UnicodeDecodeError:
        raise Unreadable(f"the body is not {encoding}") from None
    except (json.JSONDecodeError, RecursionError):
        raise Unreadable("the body is not JSON") from None


def _no_constant(word: str) -> JSON:
    raise Unreadable(f"the body has {word}, which is not JSON")


def _object(found: list[tuple[str, JSON]]) -> dict[str, JSON]:
    lower = {name.lower(): value for name, value in found}
    if len(lower) != len(found):
        raise Unreadable("the body has a key that comes more than once")
    return lower


def _leaves(value: JSON, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _leaves(child, f"{path}.{index}" if path else str(index))
    elif value is not None:
        yield path, ("true" if value else "false") if isinstance(value, bool) else str(value)


# --- XML ----------------------------------------------------------------------------------------------------------


def xml_root(body: bytes, encoding: str) -> ET.Element:
    """Return the root of an XML document. Raises Unreadable for anything else, and for any DOCTYPE or ENTITY.

    The text is decoded here and not by the parser, so that no encoding hides a declaration from the look before.
    """
    try:
        text = body.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Unreadable(f"the body is not {encoding}") from None
    if _DANGEROUS.search(text):
        raise Unreadable("the body has a DOCTYPE or an ENTITY, which no telecom needs")
    try:
        return ET.fromstring(text.strip())  # noqa: S314  neither entities nor a DTD get here
    except (ET.ParseError, ValueError):
        raise Unreadable("the body is not XML") from None


def _xml(request: Request, encoding: str, unnamed: bool) -> dict[str, str]:
    return _unique(_elements(xml_root(request.body, encoding)))


def _elements(root: ET.Element) -> Iterator[tuple[str, str]]:
    level: list[tuple[str, ET.Element]] = [("", root)]
    while level:
        path, element = level.pop()
        for name, value in element.attrib.items():
            yield f"{path}/@{_local(name)}".removeprefix("/"), value
        if path:
            yield path, element.text or ""
        level.extend((f"{path}/{_local(child.tag)}".removeprefix("/"), child) for child in element)


def _local(name: str) -> str:
    return str(name).rpartition("}")[2].lower()


_READERS: Final[Mapping[str, Callable[[Request, str, bool], dict[str, str]]]] = {
    "form": _form,
    "json": _json,
    "xml": _xml,
}
