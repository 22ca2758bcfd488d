"""The kinds of back office: one module each, one line each in the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.contracts import Office
from providers.backoffice import http_json

OFFICES: Final[Mapping[str, Office]] = {
    "http_json": http_json,
}
