"""What the commands share: the terminal, and where the configuration is. Touches the terminal and the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway import config
from gateway.config import Config

out = Console(soft_wrap=True, highlight=False)
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


def configuration(path: Path) -> Config:
    """Return the configuration that was named, or the one that lies here. Raises Misconfigured."""
    if path != NOWHERE:
        return config.load(path)
    here = Path("config.yaml")
    return config.load(here if here.exists() else Path("config.example.yaml"))
