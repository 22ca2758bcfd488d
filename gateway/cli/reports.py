"""The complaints of `gateway check` as machines read them: JSON lines, GitHub annotations, SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gateway import __version__
from gateway.language.codes import CODES, PAGELESS
from gateway.language.places import Complaint

PAGES = "docs/checks"
FIELDS = ("file", "line", "column", "level", "code", "what", "todo")
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class Format(StrEnum):
    """How the complaints are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def page(code: str) -> str:
    """Return where a code is explained: a page of its own, or the index for what is about the configuration alone."""
    return f"{PAGES}/README.md" if code.startswith(PAGELESS) else f"{PAGES}/{code}.md"


def _json(complaints: list[Complaint]) -> Iterator[str]:
    for complaint in complaints:
        yield json.dumps({name: getattr(complaint, name) for name in FIELDS}, ensure_ascii=False)


# --- GitHub annotations -------------------------------------------------------------------------------------------


def _github(complaints: list[Complaint]) -> Iterator[str]:
    for complaint in complaints:
        fields = {
            "file": complaint.file,
            "line": complaint.line,
            "col": complaint.column,
            "title": complaint.code,
        }
        place = ",".join(f"{name}={_property(str(value))}" for name, value in fields.items())
        yield f"::{complaint.level} {place}::{_message(f'{complaint.what} ({complaint.todo})')}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


# --- SARIF --------------------------------------------------------------------------------------------------------


def _sarif(complaints: list[Complaint]) -> Iterator[str]:
    codes = list(CODES)
    driver = {"name": "gateway check", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(complaint, codes.index(complaint.code)) for complaint in complaints],
    }
    yield json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _rule(code: str) -> dict[str, Any]:
    """A rule names its page in its help. SARIF's own `helpUri` would have to be absolute."""
    check = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": f"{check.title}."},
        "help": {
            "text": f"{check.title}. See {page(code)}.",
            "markdown": f"{check.title}. See [{page(code)}]({page(code)}).",
        },
        "defaultConfiguration": {"level": check.level},
        "properties": {"tags": [check.group.lower()]},
    }


def _result(complaint: Complaint, rule: int) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": _uri(complaint.file)},
        "region": {"startLine": complaint.line, "startColumn": complaint.column},
    }
    return {
        "ruleId": complaint.code,
        "ruleIndex": rule,
        "level": complaint.level,
        "message": {"text": f"{complaint.what} ({complaint.todo})"},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str) -> str:
    """Return the file relative to where the command runs, which is where a repository begins; else absolute."""
    path, here = Path(file), Path.cwd()
    if path.is_absolute() and path.is_relative_to(here):
        path = path.relative_to(here)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


WRITERS: Mapping[Format, Callable[[list[Complaint]], Iterator[str]]] = {
    Format.JSON: _json,
    Format.GITHUB: _github,
    Format.SARIF: _sarif,
}
