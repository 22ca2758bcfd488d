"""Reads a RapidPro export: JSON with flows, as goflow's format 13 and 14 has them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from babel.core import get_global

from gateway.importers.draft import Place
from gateway.language.asked import LANGUAGE
from gateway.messages import GatewayError

UUID = re.compile(r'"uuid"\s*:\s*"([^"]+)"')
OLD = ("action_sets", "rule_sets", "base_language")
LARGEST = 16 * 1024 * 1024
NO_LANGUAGE = frozenset({"base", "und", ""})
KNOWN = ("13", "14")


@dataclass(slots=True)
class Export:
    """One export: its flows, and what else it holds, by key."""

    file: str
    flows: list[Flow]
    data: dict[str, Any]


@dataclass(slots=True)
class Flow:
    """One flow. `lines` gives the line of each uuid."""

    file: str
    data: dict[str, Any]
    lines: dict[str, int]
    nodes: dict[str, dict[str, Any]]

    @property
    def name(self) -> str:
        return str(self.data.get("name") or "flow")

    @property
    def uuid(self) -> str:
        return str(self.data.get("uuid", ""))

    def place(self, part: dict[str, Any] | None = None) -> Place:
        """Return the file and line of a part that has a uuid; else of the flow."""
        own = str((part or {}).get("uuid", ""))
        return self.file, self.lines.get(own, self.lines.get(self.uuid, 1))

    def translations(self) -> dict[str, dict[str, Any]]:
        """Return what is translated, by language and uuid."""
        found = self.data.get("localization")
        return {key: part for key, part in found.items() if isinstance(part, dict)} if isinstance(found, dict) else {}

    def strings(self) -> Iterator[str]:
        """Yield every text of the flow."""
        yield from _strings({"nodes": self.data.get("nodes"), "localization": self.data.get("localization")})


def read(text: str, file: str) -> Export:
    """Read an export, or one flow by itself. Raises GatewayError with the place."""
    if len(text) > LARGEST:
        raise GatewayError(f"{file}:1:1: the export is larger than 16 MiB (export fewer flows)")
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise GatewayError(
            f"{file}:{error.lineno}:{error.colno}: this is not JSON: {error.msg} (export it again)"
        ) from error
    except RecursionError as error:
        raise GatewayError(f"{file}:1:1: this is nested too deep (export it again)") from error
    raw = data.get("flows", [data] if isinstance(data.get("nodes"), list) else None) if isinstance(data, dict) else None
    if not isinstance(raw, list) or not raw:
        raise GatewayError(f"{file}:1:1: no flows in it (export flows from RapidPro)")
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        for found in UUID.findall(line):
            lines.setdefault(found, number)
    return Export(file, [_flow(one, file, lines) for one in raw], data)


def _flow(data: Any, file: str, lines: dict[str, int]) -> Flow:
    if not isinstance(data, dict) or any(key in data for key in OLD):
        raise GatewayError(f"{file}:1:1: a flow of an old format (open it in RapidPro and export it again)")
    version = str(data.get("spec_version", ""))
    if version.partition(".")[0] not in KNOWN:
        raise GatewayError(f"{file}:1:1: a flow of format {version or '?'} (formats 13 and 14 are known)")
    nodes = [one for one in maps(data, "nodes") if isinstance(one.get("uuid"), str)]
    return Flow(file, data, lines, {node["uuid"]: node for node in nodes})


def iso(code: str) -> str:
    """Return our code of a language: `en` for `eng`. Empty for none and for what is no code."""
    if code in NO_LANGUAGE or not LANGUAGE.match(code):
        return ""
    alias = get_global("language_aliases").get(code, code)
    return alias if LANGUAGE.match(alias) else code


def listed(part: Any, key: str) -> list[Any]:
    """Return a list below a map; empty if there is none."""
    found = part.get(key) if isinstance(part, dict) else None
    return found if isinstance(found, list) else []


def maps(part: Any, key: str) -> list[dict[str, Any]]:
    """Return the maps of a list below a map."""
    return [one for one in listed(part, key) if isinstance(one, dict)]


def router(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node's router; empty if it has none."""
    found = node.get("router")
    return found if isinstance(found, dict) else {}


def waits(node: dict[str, Any]) -> bool:
    """True if the node waits for a message."""
    wait = router(node).get("wait")
    return isinstance(wait, dict) and wait.get("type") == "msg"


def exits(node: dict[str, Any]) -> dict[str, str]:
    """Return where each exit of a node leads: a node's uuid, or nothing for the end."""
    return {str(one.get("uuid")): str(one.get("destination_uuid") or "") for one in maps(node, "exits")}


def targets(node: dict[str, Any]) -> list[str]:
    """Return the nodes that a node leads to."""
    return [target for target in exits(node).values() if target]


def _strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for value in part.values() if isinstance(part, dict) else part:
            yield from _strings(value)
