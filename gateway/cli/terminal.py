"""What the commands share: the terminal, and where the configuration is. Touches the terminal and the environment."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from gateway import config
from gateway.config import Config
from gateway.messages import GatewayError
from gateway.web import control

PIPED = 240  # columns of a table that no terminal shows
WHOLE = frozenset({"reference", "state", "day (UTC)", "accepted", "number"})  # columns that are never cut nor broken

out = Console(soft_wrap=True, highlight=False, emoji=False, width=None if sys.stdout.isatty() else PIPED)
errors = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="GATEWAY_CONFIG",
        help="The configuration file.",
        show_default="config.yaml, else config.example.yaml",
    ),
]
NOWHERE = Path()


def columns(*names: str) -> Table:
    """Return an empty table in which a long word is folded rather than cut."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name, no_wrap=name in WHOLE, overflow="fold", min_width=14 if name == "reference" else None)
    return table


def tabled(table: Table, piped: int = PIPED) -> None:
    """Print a table as wide as the terminal; for a pipe `piped` columns at most, with no blanks after a line."""
    if out.file.isatty():
        out.print(table)
        return
    with out.capture() as written:
        out.print(table, width=piped)
    for line in written.get().splitlines():
        out.out(line.rstrip(), highlight=False)


def command(config: Config, do: str, **fields: Any) -> dict[str, Any]:
    """Send a command to the running gateway and return its answer. Raises GatewayError if none is running."""
    try:
        return control.ask(config.data, do, **fields)
    except GatewayError as error:
        if isinstance(error.__cause__, FileNotFoundError | ConnectionRefusedError):
            raise GatewayError("no gateway is running (start it with `gateway serve`)") from error
        if isinstance(error.__cause__, PermissionError):
            raise GatewayError(f"{config.data} is another user's: run this as the user that serves") from error
        raise


def flowing(app: typer.Typer) -> None:
    """Let the help of every command flow to the terminal's width, whatever the width of our source."""
    for command_ in app.registered_commands:
        paragraphs = inspect.cleandoc(command_.callback.__doc__ or "").split("\n\n") if command_.callback else []
        command_.help = command_.help or "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            flowing(group.typer_instance)


def configuration(path: Path) -> Config:
    """Return the configuration that was named, or the one that lies here. Raises Misconfigured."""
    if path != NOWHERE:
        return config.load(path)
    here = Path("config.yaml")
    return config.load(here if here.exists() else Path("config.example.yaml"))
