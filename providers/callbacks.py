"""Callbacks as telecoms write them: a form, a query or JSON. The other direction of `forms` and `bodies`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from gateway.messages import JSON, to_json
from gateway.speech import Spoken
from providers.forms import FORM

Fields = Mapping[str, Any]  # what urlencode takes: text, numbers, bytes


def posted(path: str, fields: Fields) -> Spoken:
    """Return a form that is posted."""
    return Spoken("POST", path, "", {"content-type": FORM}, urlencode(fields).encode())


def queried(path: str, fields: Fields) -> Spoken:
    """Return a query."""
    return Spoken("GET", path, urlencode(fields))


def posted_json(path: str, data: JSON) -> Spoken:
    """Return JSON that is posted."""
    return Spoken("POST", path, "", {"content-type": "application/json"}, to_json(data))


def with_headers(spoken: Spoken, headers: Mapping[str, str]) -> Spoken:
    """Return the callback with more headers, such as its signature."""
    return spoken._replace(headers={**spoken.headers, **headers})
