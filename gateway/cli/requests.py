"""`gateway requests`: what citizens filed, and what became of it. Reads the database; changes go to the gateway."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, cast, get_args

import typer
from rich.table import Table

from gateway import references
from gateway.cli.terminal import NOWHERE, ConfigOption, columns, configuration, errors, out
from gateway.config import Config
from gateway.messages import GatewayError
from gateway.store.reading import Reader
from gateway.store.records import RequestRow, RequestState
from gateway.web import control

PORTION = 500  # references in one command
app = typer.Typer(no_args_is_help=True, help="See what citizens filed, queue it again, or set it aside.")

COLOURS = {"delivered": "green", "queued": "yellow", "parked": "red", "rejected": "red", "erased": "dim"}
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]
Numbers = Annotated[bool, typer.Option("--numbers", help="Show whole phone numbers.")]


@app.command("list")
def list_(
    config: ConfigOption = NOWHERE,
    state: Annotated[str, typer.Option(help="queued, delivered, parked, rejected or erased.")] = "",
    service: Annotated[str, typer.Option(help="Only of this service.")] = "",
    office: Annotated[str, typer.Option(help="Only for this office.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="So many at most, the latest first.")] = 50,
    json_lines: Json = False,
    numbers: Numbers = False,
) -> None:
    """List requests, the latest first."""
    loaded = configuration(config)
    if state and state not in get_args(RequestState):
        raise GatewayError(f"{state!r} is no state; use one of {', '.join(get_args(RequestState))}")
    with closing(Reader.open(loaded.data)) as reader:
        rows = reader.list_requests(
            state=cast("RequestState", state) if state else None, service=service or None, office=office or None,
            limit=limit,
        )  # fmt: skip
    if json_lines:
        for row in rows:
            out.print(json.dumps(_shown(row, numbers), ensure_ascii=False), markup=False)
        return
    out.print(_table(rows, loaded, numbers) if rows else "No requests.")


@app.command()
def show(
    reference: Annotated[str, typer.Argument(help="As the citizen reads it aloud.")],
    config: ConfigOption = NOWHERE,
    json_lines: Json = False,
    numbers: Numbers = False,
) -> None:
    """Show one request whole: where it stands, what was tried, what the office answered."""
    loaded, wanted = configuration(config), _reference(reference)
    with closing(Reader.open(loaded.data)) as reader:
        row = reader.find_request(wanted)
    if row is None:
        raise GatewayError(f"there is no request {reference}")
    fields = _shown(row, numbers)
    if json_lines:
        out.print(json.dumps(fields, ensure_ascii=False), markup=False)
        return
    table = Table(show_header=False, box=None)
    for name, value in fields.items():
        table.add_row(f"[dim]{name}[/]", _text(name, value, loaded))
    out.print(table)


@app.command()
def replay(
    references_: Annotated[list[str], typer.Argument(metavar="REFERENCE…", help="Parked ones; `all` for all.")],
    config: ConfigOption = NOWHERE,
) -> None:
    """Queue parked requests again, with the same key and the same bytes, so that nothing is done twice."""
    loaded = configuration(config)
    wanted = _parked(loaded) if references_ == ["all"] else [_reference(one) for one in references_]
    _ordered(loaded, "replay", references=wanted)


@app.command()
def park(
    references_: Annotated[list[str], typer.Argument(metavar="REFERENCE…")],
    config: ConfigOption = NOWHERE,
    why: Annotated[str, typer.Option(help="What the next person should know.")] = "",
) -> None:
    """Set queued requests aside for a person. Nothing is lost; `replay` queues them again."""
    _ordered(configuration(config), "park", references=[_reference(one) for one in references_], why=why)


def _parked(config: Config) -> list[str]:
    with closing(Reader.open(config.data)) as reader:
        return [row.reference for row in reader.list_requests(state="parked", limit=100_000)]


def _ordered(config: Config, do: str, references: list[str], **fields: Any) -> None:
    """Send a command in portions: each fits a line of the control socket and is answered soon."""
    all_done = True
    for first in range(0, max(len(references), 1), PORTION):
        answer = control.ask(config.data, do, references=references[first : first + PORTION], **fields)
        done = bool(answer.get("done"))
        (out if done else errors).print(answer.get("say", "no answer"), markup=False)
        all_done = all_done and done
    if not all_done:
        raise typer.Exit(1)


def _reference(text: str) -> str:
    read = references.read(text)
    if read is None:
        raise GatewayError(f"{text!r} is no reference: they have 12 letters and digits, as in the citizen's message")
    return read


def _shown(row: RequestRow, numbers: bool) -> dict[str, Any]:
    fields = asdict(row)
    if not numbers:
        fields["number"] = f"{row.number[:4]}…{row.number[-3:]}"
    first = ("reference", "service", "state", "office", "attempts")
    return {**{name: fields[name] for name in first}, **fields}


def _text(name: str, value: Any, config: Config) -> str:
    if value is None:
        return "-"
    if name in ("accepted", "settled", "due"):
        return datetime.fromtimestamp(value, config.zone).strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _table(rows: tuple[RequestRow, ...], config: Config, numbers: bool) -> Table:
    table = columns(
        "reference", "service", "state", "office", "tries", "accepted", *(["number"] if numbers else []), "why"
    )
    for row in rows:
        state = f"[{COLOURS[row.state]}]{'in flight' if row.in_flight else row.state}[/]"
        accepted = datetime.fromtimestamp(row.accepted, config.zone).strftime("%d %b %H:%M")
        number = [row.number] if numbers else []
        why = row.why if row.state != "delivered" else ""
        table.add_row(row.reference, row.service, state, row.office, str(row.attempts), accepted, *number, why)
    return table
