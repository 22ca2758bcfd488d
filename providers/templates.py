"""Fills `{name}` in what an operation sends: JSON of any shape, queries, and paths that a value cannot leave. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote

from gateway.messages import JSON, GatewayError, to_json

_NAME: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def names_in(template: JSON) -> frozenset[str]:
    """Return the names that a template needs, wherever in it they stand."""
    if isinstance(template, str):
        return frozenset(_NAME.findall(template))
    children = template.values() if isinstance(template, dict) else template if isinstance(template, list) else ()
    return frozenset[str]().union(*map(names_in, children))


def filled(template: JSON, values: Mapping[str, JSON]) -> JSON:
    """Return the template with its names filled in. A string that is one name alone keeps the type of the value.

    Raises GatewayError if a name has no value.
    """
    if isinstance(template, dict):
        return {key: filled(child, values) for key, child in template.items()}
    if isinstance(template, list):
        return [filled(child, values) for child in template]
    if not isinstance(template, str):
        return template
    alone = _NAME.fullmatch(template)
    return _value(alone[1], values) if alone else filled_text(template, values)


def filled_text(template: str, values: Mapping[str, JSON]) -> str:
    """Return a text with its names filled in. Raises GatewayError if a name has no value."""
    return _NAME.sub(lambda found: _words(_value(found[1], values)), template)


def filled_path(template: str, values: Mapping[str, JSON]) -> str:
    """Return a path with its names filled in, percent-encoded, each within the segment where it stands.

    Raises GatewayError if a name has no value, or a segment came out blank, as `.` or `..`, or with a slash: many
    servers decode a path before they take it apart, so an encoded slash is a slash to them.
    """
    return "/".join(_segment(segment, values) if "{" in segment else segment for segment in template.split("/"))


def _segment(template: str, values: Mapping[str, JSON]) -> str:
    segment = _NAME.sub(lambda found: quote(_words(_value(found[1], values)), safe=""), template)
    plain = unquote(segment)
    if plain.strip() in ("", ".", "..") or "/" in plain or "\\" in plain:
        raise GatewayError(
            f"the value for {template!r} cannot stand in a path; let the menu ask for digits, or use `query`"
        )
    return segment


def _value(name: str, values: Mapping[str, JSON]) -> JSON:
    if name not in values:
        raise GatewayError(f"the office needs {name!r}, which the menu does not send; add it to `send` in the menu")
    return values[name]


def _words(value: JSON) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else to_json(value).decode()
