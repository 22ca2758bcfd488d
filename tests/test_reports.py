"""What `gateway check` writes for machines: SARIF as GitHub takes it, annotations, JSON lines.

The models are the part of the SARIF 2.1.0 schema that we write, with its own limits and no key beside them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gateway.cli.reports import WRITERS, Format, page
from gateway.language.codes import CODES, PAGELESS
from gateway.language.places import Complaint

ROOT = Path(__file__).parent.parent
Said = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Uri = Annotated[str, StringConstraints(pattern=r"^(file:///)?[A-Za-z0-9._~/%!$&'()*+,;=:@-]+$")]
SarifLevel = Literal["none", "note", "warning", "error"]


class Part(BaseModel):
    """A part of a SARIF file: only the keys that are named, only values of the right type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Message(Part):
    text: Said
    markdown: Said | None = None


class Configuration(Part):
    level: SarifLevel


class Properties(Part):
    tags: Annotated[list[str], Field(min_length=1, max_length=20)]


class Rule(Part):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=255)]
    shortDescription: Message
    fullDescription: Message
    help: Message
    defaultConfiguration: Configuration
    properties: Properties


class Driver(Part):
    name: Said
    version: Said
    rules: list[Rule]


class Tool(Part):
    driver: Driver


class ArtifactLocation(Part):
    uri: Uri


class Region(Part):
    startLine: Annotated[int, Field(ge=1)]
    startColumn: Annotated[int, Field(ge=1)]


class PhysicalLocation(Part):
    artifactLocation: ArtifactLocation
    region: Region


class Location(Part):
    physicalLocation: PhysicalLocation


class Result(Part):
    ruleId: str
    ruleIndex: Annotated[int, Field(ge=0)]
    level: SarifLevel
    message: Message
    locations: Annotated[list[Location], Field(min_length=1, max_length=1)]


class Run(Part):
    tool: Tool
    columnKind: Literal["utf16CodeUnits", "unicodeCodePoints"]
    results: Annotated[list[Result], Field(max_length=25_000)]


class Log(Part):
    schema_: Annotated[str, Field(alias="$schema", pattern=r"^https://.*sarif.*2\.1\.0.*\.json$")]
    version: Literal["2.1.0"]
    runs: Annotated[list[Run], Field(min_length=1, max_length=20)]


FOUND = [
    Complaint("menus/a.yaml", 3, 8, "there is no screen 'wath'", "did you mean 'what'?", "missing-target"),
    Complaint("menus/maji à mji.yaml", 9, 1, "nobody, 100%: no\nend", "shorten it", "too-many-pages"),
    Complaint("config.yaml", 1, 1, "the short code opens nothing", "add it", "config-unknown-service"),
]


def written(format: Format, complaints: list[Complaint]) -> str:
    return "\n".join(WRITERS[format](complaints))


def sarif(complaints: list[Complaint]) -> Run:
    return Log.model_validate(json.loads(written(Format.SARIF, complaints))).runs[0]


@pytest.mark.parametrize("complaints", [[], FOUND], ids=["nothing wrong", "something wrong"])
def test_sarif_keeps_to_the_schema(complaints: list[Complaint]) -> None:
    run = sarif(complaints)
    assert [rule.id for rule in run.tool.driver.rules] == list(CODES)
    assert len(run.results) == len(complaints)


def test_every_result_names_its_rule_place_and_level() -> None:
    run = sarif(FOUND)
    for result, complaint in zip(run.results, FOUND, strict=True):
        rule = run.tool.driver.rules[result.ruleIndex]
        assert rule.id == result.ruleId == complaint.code
        assert rule.defaultConfiguration.level == result.level == complaint.level
        region = result.locations[0].physicalLocation.region
        assert (region.startLine, region.startColumn) == (complaint.line, complaint.column)
    uris = [result.locations[0].physicalLocation.artifactLocation.uri for result in run.results]
    assert uris == ["menus/a.yaml", "menus/maji%20%C3%A0%20mji.yaml", "config.yaml"]


@pytest.mark.parametrize(
    ("file", "uri"),
    [("/elsewhere/a b.yaml", "file:///elsewhere/a%20b.yaml"), (str(Path.cwd() / "menus/a.yaml"), "menus/a.yaml")],
)
def test_an_absolute_file_is_named_from_where_the_repository_begins(file: str, uri: str) -> None:
    run = sarif([Complaint(file, 1, 1, "wrong", "right", "not-yaml")])
    assert run.results[0].locations[0].physicalLocation.artifactLocation.uri == uri


@pytest.mark.parametrize(
    ("path", "value"),
    [(("version",), "2.0.0"), (("runs", 0, "results", 0, "level"), "bad"), (("runs", 0, "odd"), 1)],
)
def test_the_models_refuse_what_the_schema_refuses(path: tuple[Any, ...], value: Any) -> None:
    log = json.loads(written(Format.SARIF, FOUND))
    *above, last = path
    part = log
    for key in above:
        part = part[key]
    part[last] = value
    with pytest.raises(ValidationError):
        Log.model_validate(log)


def test_annotations_escape_what_github_would_read_as_its_own() -> None:
    assert written(Format.GITHUB, FOUND[:2]).splitlines() == [
        "::error file=menus/a.yaml,line=3,col=8,title=missing-target::there is no screen 'wath' (did you mean 'what'?)",
        "::warning file=menus/maji à mji.yaml,line=9,col=1,title=too-many-pages::nobody, 100%25: no%0Aend (shorten it)",
    ]
    odd = Complaint("a,b:c.yaml", 1, 1, "wrong", "right", "not-yaml")
    assert written(Format.GITHUB, [odd]).startswith("::error file=a%2Cb%3Ac.yaml,line=1,col=1,title=not-yaml::")


def test_json_has_a_line_for_each() -> None:
    lines = [json.loads(line) for line in written(Format.JSON, FOUND).splitlines()]
    assert [line["code"] for line in lines] == [complaint.code for complaint in FOUND]
    assert lines[1] == {
        "file": "menus/maji à mji.yaml",
        "line": 9,
        "column": 1,
        "level": "warning",
        "code": "too-many-pages",
        "what": "nobody, 100%: no\nend",
        "todo": "shorten it",
    }


def test_text_ends_with_the_code() -> None:
    assert str(FOUND[0]) == "menus/a.yaml:3:8: there is no screen 'wath' (did you mean 'what'?) [missing-target]"


def test_codes_of_the_configuration_have_the_index_as_their_page() -> None:
    assert {page(code) for code in CODES if code.startswith(PAGELESS)} == {"docs/checks/README.md"}
    assert page("missing-target") == "docs/checks/missing-target.md"
