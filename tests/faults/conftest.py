"""Prints the figures of the fault tests, one JSON line each, when all is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

LINES = pytest.StashKey[list[str]]()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return a function that adds to the figures of a test."""
    lines = request.config.stash.setdefault(LINES, [])

    def add(**found: Any) -> None:
        rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}
        lines.append(json.dumps({"test": request.node.name, **rounded}))

    return add


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the figures below the results."""
    for line in config.stash.get(LINES, []):
        terminalreporter.write_line(line)
