"""`gateway schema`: what an editor needs to complete and mark service files. Writes one file, or the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import NOWHERE, out
from gateway.messages import GatewayError
from gateway.workshop import schema as making


def schema(
    tests: Annotated[bool, typer.Option("--tests", help="Of a *.test.yaml file, not of a service.")] = False,
    target: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Write it there instead.", show_default=False)
    ] = NOWHERE,
) -> None:
    """Print the JSON Schema of a service file, for editors with a YAML language server.

    The first line of a service, `# yaml-language-server: $schema=../service.schema.json`, leads the editor to it.
    """
    put(json.dumps(making.test_schema() if tests else making.service_schema(), indent=2, ensure_ascii=False), target)


def put(text: str, target: Path) -> None:
    """Write a text to a file, or to the terminal where none is named. Raises GatewayError."""
    if target == NOWHERE:
        out.out(text, highlight=False)
        return
    try:
        target.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise GatewayError(f"{target} cannot be written: {error.strerror}") from error
