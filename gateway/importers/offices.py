"""The offices that imported services ask, and what to write about them in config.yaml. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.importers import naming
from gateway.importers.writer import block
from gateway.language import templates
from gateway.language.checks.checker import Operation
from gateway.language.templates import TemplateError

URL = re.compile(r"(?:(?P<scheme>\w+)://)?(?P<host>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?")
SLOT = re.compile(r"\{\s*([a-z_]\w*)[^{}]*\}")
HEAD = (
    "# Suggested by the import: move what is under `offices:` to config.yaml.\n"
    "# Check url and answer of each, and add auth where the office asks for it: see docs/for-operators.md."
)
EXAMPLE = "https://office.example"


@dataclass(slots=True)
class Office:
    """One office to be: its address and its operations as config.yaml holds them."""

    url: str
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a question goes, and what the screen sends with it."""

    office: str
    ask: str
    send: dict[str, Any]


@dataclass(slots=True)
class Offices:
    """All the offices of one import."""

    found: dict[str, Office] = field(default_factory=dict)

    def web(
        self, method: str, url: str, query: Mapping[str, str], body: Mapping[str, Any] | None, answer: Mapping[str, Any]
    ) -> Asked:
        """Take note of a web request. Texts are templates of ours; `answer` maps names to JSON paths.

        What the templates use is sent by the screen, under the same names.
        """
        parts = URL.match(url)
        assert parts is not None
        host = parts["host"]
        name = naming.slug(re.sub(r"^(?:www|api)\.", "", SLOT.sub("", host)), "office")
        address = f"{parts['scheme'] or 'http'}://{host}" if host and "{" not in host else EXAMPLE
        path, asked = _path(parts["path"]), {**_query(parts["query"] or ""), **query}
        spec: dict[str, Any] = {"method": method, "path": path}
        spec |= {"query": asked} if asked else {}
        spec |= {"send": dict(body)} if body is not None and method != "GET" else {}
        spec |= {"answer": dict(answer)} if answer else {}
        words = SLOT.sub("", path).strip("/").replace("/", " ")
        return self.take(name, address, naming.slug(words, method.lower()), spec)

    def take(self, name: str, url: str, ask: str, spec: dict[str, Any]) -> Asked:
        """Take note of an operation under the name it should have; the same one twice is one."""
        known = self.found.get(name)
        if known is not None and known.url != url:
            name = naming.unique(name, self.found, "-")
        office = self.found.setdefault(name, Office(url))
        wanted = ask
        for number in range(2, 1000):
            if office.operations.get(ask, spec) == spec:
                break
            ask = f"{wanted}-{number}"
        office.operations[ask] = spec
        return Asked(name, ask, {used: f"{{{used}}}" for used in sorted(_used(spec))})

    def operations(self) -> dict[str, dict[str, Operation]]:
        """Return the offices as the checker knows them."""
        return {
            name: {
                ask: Operation(frozenset(_used(spec)), frozenset(spec.get("answer", {})), _lists(spec))
                for ask, spec in office.operations.items()
            }
            for name, office in self.found.items()
        }

    def suggested(self) -> str:
        """Return the suggested block of config.yaml; empty if there is no office."""
        if not self.found:
            return ""
        offices = {
            name: {"adapter": "http_json", "url": office.url, "operations": office.operations}
            for name, office in self.found.items()
        }
        return f"{HEAD}\n{block({'offices': offices})}\n"


def _lists(spec: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Return the answers that are lists, each with its items' fields."""
    answers = spec.get("answer", {})
    return {name: frozenset(at["each"]) for name, at in answers.items() if isinstance(at, dict)}


def _path(path: str) -> str:
    """Return a path that config.yaml takes: slots hold names alone."""
    plain = re.sub(r"/{2,}", "/", SLOT.sub(r"{\1}", path).replace("\\", "/")) or "/"
    return "".join(char if "!" <= char <= "~" else "_" for char in plain)


def _query(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {key: value for key, _, value in pairs}


def _used(part: Any) -> set[str]:
    """Return the names that the templates of an operation use."""
    if isinstance(part, str):
        try:
            return set(templates.compile(part).names)
        except TemplateError:
            return set()
    if isinstance(part, Mapping):
        return {name for key, value in part.items() if key != "answer" for name in _used(value)}
    return {name for value in part for name in _used(value)} if isinstance(part, list) else set()
