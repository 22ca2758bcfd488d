"""`gateway graph`: a service as a drawing. Reads the menu files; writes one file, or the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway import catalogue
from gateway.cli.schema import put
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration
from gateway.config import Config
from gateway.language.places import nearest
from gateway.language.screens import Service
from gateway.messages import GatewayError, Misconfigured
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
    target: Annotated[Path, typer.Option("--out", metavar="FILE", help="Write it there instead.")] = NOWHERE,
    config: ConfigOption = NOWHERE,
) -> None:
    """Draw the screens of a service and the ways between them.

    Each box has the screen's name, its kind, the beginning of its text, and the length of its longest page with what
    fits. Rounded boxes are ends, boxes with a double edge other services; a dashed way is what happens when something
    goes wrong.
    """
    loaded = configuration(config)
    service, services = _chosen(loaded, what)
    if language and language not in service.languages:
        known = ", ".join(service.languages)
        raise GatewayError(f"{service.service!r} does not speak {language!r}; its languages are {known}")
    codes = tuple(
        code
        for channel in loaded.channels.values()
        for code, opened in channel.codes.items()
        if opened.service == service.service
    )
    drawn = plan(service, services, language or service.languages[0], saved=names, opened_by=codes)
    put(WRITERS[format](drawn).removesuffix("\n"), target)


def _chosen(config: Config, what: str) -> tuple[Service, dict[str, Service]]:
    """Return a service and all others by name. Raises Misconfigured if it cannot be read."""
    reads = {name: catalogue.read(text, name) for name, text in _files(config).items()}
    services = {read.service.service: read.service for read in reads.values() if read.service is not None}
    file = Path(what)
    if not file.is_file():
        if what not in services:
            raise GatewayError(f"there is no file and no service {what!r} ({nearest(what, services)})")
        return services[what], services
    here = catalogue.read(catalogue.menu_text(file), str(file))
    if here.service is None or set(here.service.screens) != set(here.document.data["screens"]):
        raise Misconfigured([str(complaint) for complaint in sorted(here.document.complaints)])
    return here.service, {**services, here.service.service: here.service}


def _files(config: Config) -> dict[str, str]:
    return catalogue.services_in(catalogue.menu_files(config.menus))
