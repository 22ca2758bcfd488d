"""`gateway graph`: a service as a drawing. Reads the menu files; writes one file, or the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.chosen import chosen
from gateway.cli.schema import put
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration
from gateway.messages import GatewayError
from gateway.workshop.drawing.mermaid import mermaid
from gateway.workshop.drawing.plan import Plan, plan
from gateway.workshop.drawing.svg import svg


class Drawn(StrEnum):
    """What a drawing is written as."""

    MERMAID = "mermaid"
    SVG = "svg"


WRITERS: Mapping[Drawn, Callable[[Plan], str]] = {Drawn.MERMAID: mermaid, Drawn.SVG: svg}


def graph(
    what: Annotated[str, typer.Argument(metavar="FILE|SERVICE", help="A menu file, or a service by its name.")],
    format: Annotated[Drawn, typer.Option(help="mermaid for Markdown pages, svg for a picture.")] = Drawn.MERMAID,
    names: Annotated[bool, typer.Option("--names", help="Say which names have a value at each screen.")] = False,
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="Of the texts; else the service's first.")] = "",
    target: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Write it there instead.", show_default=False)
    ] = NOWHERE,
    config: ConfigOption = NOWHERE,
) -> None:
    """Draw the screens of a service and the ways between them.

    Each box has the screen's name, its kind, the beginning of its text, and the length of its longest page with what
    fits. Rounded boxes are ends, boxes with a double edge other services; a dashed way is what happens when something
    goes wrong.
    """
    loaded = configuration(config)
    edition, name = chosen(loaded, what)
    service = edition.services[name]
    if language and language not in service.languages:
        known = ", ".join(service.languages)
        raise GatewayError(f"{name!r} does not speak {language!r}; its languages are {known}")
    codes = tuple(
        code for channel in loaded.channels.values() for code, opened in channel.codes.items() if opened.service == name
    )
    drawn = plan(edition, name, language or service.languages[0], saved=names, opened_by=codes)
    put(WRITERS[format](drawn).removesuffix("\n"), target)
