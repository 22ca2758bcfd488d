"""`gateway verify`: proves that the books balance, row by row. Reads the database."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer

from gateway.cli.terminal import NOWHERE, ConfigOption, columns, configuration, errors, out, tabled
from gateway.store.reading import Reader

COLUMNS = ("service", "day", "accepted", "delivered", "queued", "in_flight", "parked", "rejected", "erased")
HEADS = {"day": "day (UTC)", "in_flight": "in flight"}


def verify(
    config: ConfigOption = NOWHERE,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Prove that nothing accepted was lost: accepted = delivered + queued + in flight + parked + rejected + erased.

    Shows the books by service and day, and compares the ledger, the requests and the outbox row by row, beside a
    running gateway or without one. Exit code 0 only if the books balance.
    """
    loaded = configuration(config)
    with closing(Reader.open(loaded.data)) as reader, errors.status("Reading the books…"):
        rows, problems = reader.books(), reader.verify()
    problems = [*problems, *(f"{row.service} {row.day}: does not add up" for row in rows if not row.balanced())]
    if json_lines:
        for row in rows:
            out.print(json.dumps({**asdict(row), "balanced": row.balanced()}), markup=False)
    elif rows:
        table = columns(*(HEADS.get(column, column) for column in COLUMNS))
        for row in rows:
            table.add_row(*(str(getattr(row, column)) for column in COLUMNS))
        tabled(table)
    for problem in problems:
        errors.print(problem, style="red", markup=False)
    if problems:
        raise typer.Exit(1)
    (errors if json_lines else out).print("The books balance.", style="green")
