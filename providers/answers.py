"""Finds values in an office's JSON by JSON path, and makes them fit for a screen. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

import jsonpath
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.messages import JSON, to_json

LONGEST: Final = 200  # characters of a text from an office
MOST_ITEMS: Final = 100  # of a list; a menu shows 40 at most
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


@lru_cache(maxsize=1024)
def _compiled(path: str) -> Any:
    return jsonpath.compile(path)


def _valid(path: str) -> str:
    try:
        _compiled(path)
    except jsonpath.JSONPathError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path!r} is not a JSON path: {reason}; write it as $.customer.name") from None
    return path


JsonPath = Annotated[str, AfterValidator(_valid)]
"""A JSON path (RFC 9535, and what python-jsonpath adds), compiled when the configuration is read."""


class ListAt(BaseModel):
    """A list in an answer: the path of the list, and of each field within an item."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    list: JsonPath
    each: dict[str, JsonPath] = Field(min_length=1)


def values_at(paths: Mapping[str, str | ListAt], data: JSON) -> dict[str, JSON]:
    """Return, for each name whose path finds something, the first that it finds, made fit for a screen."""
    single = {name: path for name, path in paths.items() if isinstance(path, str)}
    found = {name: matches(path, data) for name, path in single.items()}
    values = {name: fit(first[0]) for name, first in found.items() if first}
    listed = {name: _items(at, data) for name, at in paths.items() if isinstance(at, ListAt)}
    return values | {name: items for name, items in listed.items() if items is not None}


def _items(at: ListAt, data: JSON) -> list[dict[str, JSON]] | None:
    """Return the items of a list by their fields, none for a null; None where there is no list.

    A field that one item lacks is null there. What no item has is left out: the path is wrong, the menu must notice.
    """
    found = [[] if first is None else first for first in matches(at.list, data)[:1]]
    if not found or not isinstance(found[0], list):
        return None
    items = [values_at(at.each, item) for item in found[0][:MOST_ITEMS]]
    there = [name for name in at.each if any(name in item for item in items)]
    return [{name: item.get(name) for name in there} for item in items]


def matches(path: str, data: JSON) -> list[JSON]:
    """Return what a path finds in an answer, nothing where its filters do not apply to such data."""
    try:
        return list(_compiled(path).findall(data))
    except jsonpath.JSONPathError:
        return []


def is_one_of(found: Iterable[JSON], wanted: Iterable[JSON]) -> bool:
    """Return whether a found value is one of the wanted ones; 84002 is "84002", since offices write both."""
    return not {_canonical(value) for value in found}.isdisjoint(_canonical(value) for value in wanted)


def _canonical(value: JSON) -> str:
    return value if isinstance(value, str) else to_json(value).decode("utf-8", "replace")


def fit(value: JSON) -> JSON:
    """Return a value with its texts at most 200 characters long and without control or direction characters."""
    if isinstance(value, str):
        return _UNFIT.sub(" ", value).strip()[:LONGEST]
    if isinstance(value, dict):
        return {fit(key): fit(child) for key, child in value.items()}
    return [fit(child) for child in value] if isinstance(value, list) else value
