"""USSD over XML-RPC: what its two telecoms share. Pure."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Mapping
from pyexpat import ExpatError
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.messages import JSON, Answer, Request, Unreadable
from gateway.speech import Shown, Spoken
from providers.described.finding import xml_root
from providers.proofs import Basic, Network, PathSecret


class Settings(BaseModel):
    """A channel's keys in config.yaml. `secrets` holds one path secret, or two while one replaces the other."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = Field((), description="networks that callbacks come from, as 192.0.2.0/24")
    basic: Basic | None = None


def called(request: Request) -> tuple[str, dict[str, str]]:
    """Return the method and the fields of its struct. Raises Unreadable, also for any DOCTYPE or ENTITY."""
    if request.method != "POST":
        raise Unreadable("XML-RPC is posted")
    root = xml_root(request.body, "utf-8")
    for struct in root.iter("struct"):
        names = [name.text for name in struct.iterfind("member/name")]
        if len(set(names)) != len(names):
            raise Unreadable("the struct has a field that comes more than once")
    try:
        given, method = xmlrpc.client.loads(request.body.decode().strip())
    except (
        ExpatError,
        xmlrpc.client.Error,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        AssertionError,
    ):
        raise Unreadable("the body is not an XML-RPC call") from None
    if method is None or len(given) != 1 or not isinstance(given[0], dict):
        raise Unreadable("the call must have one struct")
    return method, {name: str(value) for name, value in given[0].items() if isinstance(value, str | int)}


def answered(fields: Mapping[str, JSON]) -> Answer:
    """Write the answer to a call: one struct."""
    said = {name: _speakable(value) if isinstance(value, str) else value for name, value in fields.items()}
    body = xmlrpc.client.dumps((said,), methodresponse=True)
    return Answer(body.encode("utf-8", "replace"), "text/xml")


def thanked(request: Request, settings: Any) -> Answer:
    """Write the answer to what shows no screen: an empty struct."""
    return answered({})


def calling(method: str, fields: Mapping[str, str]) -> Spoken:
    """Write a call, as the telecom does."""
    said = {name: _speakable(value) for name, value in fields.items()}
    body = xmlrpc.client.dumps((said,), method).encode("utf-8", "replace")
    return Spoken("POST", "ussd", "", {"content-type": "text/xml"}, body)


def heard(shown: Shown) -> dict[str, str]:
    """Return the fields of an answer. Raises Unreadable."""
    try:
        (fields,), _ = xmlrpc.client.loads(shown.body.decode())
    except (ExpatError, xmlrpc.client.Error, ValueError):
        raise Unreadable("the answer is not of XML-RPC") from None
    return {name: str(value) for name, value in fields.items()} if isinstance(fields, dict) else {}


def _speakable(value: str) -> str:
    return "".join(letter for letter in value if letter >= " " or letter in "\n\t")
