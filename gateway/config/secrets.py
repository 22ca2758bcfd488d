"""Secrets that the configuration names: taken from the environment or a file, and repeated nowhere. Touches both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.language import places
from gateway.language.places import Document

SECRET = re.compile(r"(env|file):(.+)\Z")


def resolved(document: Document, value: Any, path: places.Path, folder: Path, env: Mapping[str, str]) -> Any:
    """Replace `env:NAME` and `file:PATH` by what they name, but for the key and what describes a telecom."""
    if isinstance(value, dict):
        return {
            key: part if _is_left(*path, key) else resolved(document, part, (*path, key), folder, env)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [resolved(document, part, (*path, index), folder, env) for index, part in enumerate(value)]
    found = SECRET.match(value) if isinstance(value, str) else None
    if not found:
        return value
    if found[1] == "env":
        if not env.get(found[2]):
            what, todo = f"the environment has no {found[2]}", f"set {found[2]} before the start"
            document.complain("config-missing-secret", path, what, todo)
        return env.get(found[2], "")
    try:
        return (folder / found[2]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        what, todo = f"the file {found[2]} cannot be read: {error}", "write the secret into that file"
        document.complain("config-unreadable-secret", path, what, todo)
        return ""


def _is_left(*path: str | int) -> bool:
    return path == ("key",) or (len(path) == 3 and path[0] == "channels" and path[2] == "describe")


def without_secrets(document: Document, found: Any = None) -> list[str]:
    """Return the complaints; what came from the environment or a file may be a secret, and is not repeated."""
    written = dict(leaves(document.data, ()))
    placed = [value for path, value in leaves(found, ()) if value != written.get(path) and len(value) > 3]
    lines = [str(complaint) for complaint in sorted(document.complaints)]
    for secret in placed:
        lines = [line.replace(secret, "…").replace(repr(secret)[1:-1], "…") for line in lines]
    return lines


def leaves(value: Any, path: places.Path) -> list[tuple[places.Path, Any]]:
    """Return every plain value below a path, with its own."""
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in leaves(part, (*path, key))]
    if isinstance(value, list):
        return [leaf for index, part in enumerate(value) for leaf in leaves(part, (*path, index))]
    return [(path, value)]
