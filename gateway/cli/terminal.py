"""What the commands share: the terminal, and where the configuration is. Touches the terminal and the environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gateway import config
from gateway.config import Config

PIPED = 240  # columns of a table that no terminal shows
WHOLE = frozenset({"reference", "state", "day", "accepted", "number"})  # columns that are never cut nor broken

out = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else PIPED)
errors = Console(stderr=True, soft_wrap=True, highlight=False)

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
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


def configuration(path: Path) -> Config:
    """Return the configuration that was named, or the one that lies here. Raises Misconfigured."""
    if path != NOWHERE:
        return config.load(path)
    here = Path("config.yaml")
    return config.load(here if here.exists() else Path("config.example.yaml"))
