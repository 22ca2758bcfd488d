"""Secrets that the configuration names: taken from the environment or a file, and repeated nowhere. Touches both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.language import places
from gateway.language.places import Document

_LIKE_A_NAME = re.compile(r"[A-Z][A-Z0-9_]+")
_UNREAD: Mapping[type[Exception], str] = {
    FileNotFoundError: "it is not there",
    NotADirectoryError: "it is not there",
    IsADirectoryError: "it is a folder",
    PermissionError: "we may not read it",
    UnicodeDecodeError: "it is not UTF-8 text",
}
SECRET = re.compile(r"(env|file):(.+)\Z")


def resolved(document: Document, value: Any, path: places.Path, folder: Path, env: Mapping[str, str]) -> Any:
    """Replace `env:NAME` and `file:PATH` by what they name, but for the key and what describes a telecom."""
    if _is_parted(value, path):
        ((kind, name),) = value.items()
        what, todo = f"a blank stands after {kind}:", f"write {kind}:{name}"
        document.complain_once("config-missing-secret", path, what, todo)
        return ""
    if isinstance(value, dict):
        return {
            key: part if _is_left(*path, key) else resolved(document, part, (*path, key), folder, env)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [resolved(document, part, (*path, index), folder, env) for index, part in enumerate(value)]
    return _found(document, value, path, folder, env) if isinstance(value, str) else value


def _found(document: Document, value: str, path: places.Path, folder: Path, env: Mapping[str, str]) -> str:
    found = SECRET.match(value)
    if not found:
        if _holds_secrets(path) and _LIKE_A_NAME.fullmatch(value):
            what = f"{value!r} looks like the name of a secret, not like one"
            document.complain_once("config-missing-secret", path, what, f"did you mean env:{value}?")
        return value
    if found[1] == "env":
        if not env.get(found[2]):
            what, todo = f"the environment has no {found[2]}", f"set {found[2]} before the start"
            document.complain_once("config-missing-secret", path, what, todo)
        return env.get(found[2], "")
    try:
        return (folder / found[2]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        what, todo = f"the file {found[2]} cannot be read: {unread(error)}", "write the secret into that file"
        document.complain_once("config-unreadable-secret", path, what, todo)
        return ""


def _holds_secrets(path: places.Path) -> bool:
    return len(path) > 2 and path[-2] in ("secrets", "passwords", "standard_webhooks")


def _is_parted(value: Any, path: places.Path) -> bool:
    """Return whether `env: NAME` is written, which is a key and a value, where `env:NAME` is meant."""
    return _holds_secrets(path) and isinstance(value, dict) and len(value) == 1 and bool({"env", "file"} & value.keys())


def unread(error: OSError | UnicodeDecodeError) -> str:
    """Return in words why a file cannot be read."""
    return next((words for kind, words in _UNREAD.items() if isinstance(error, kind)), "the disk does not give it")


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
