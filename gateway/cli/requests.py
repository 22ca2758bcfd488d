"""`gateway requests`: what citizens filed, and what became of it. Reads the database; changes go to the gateway."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, cast, get_args

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gateway import references
from gateway.cli.terminal import NOWHERE, ConfigOption, columns, command, configuration, errors, out, tabled
from gateway.config import Config
from gateway.messages import GatewayError
from gateway.store.jobs import MessageRow
from gateway.store.reading import Reader
from gateway.store.records import RequestRow, RequestState

PORTION = 500  # references in one command
app = typer.Typer(no_args_is_help=True, help="See what citizens filed, queue it again, or set it aside.")

COLOURS = {"delivered": "green", "queued": "yellow", "parked": "red", "rejected": "red", "erased": "dim"}
TIMES = ("accepted", "settled", "due")
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]
Numbers = Annotated[bool, typer.Option("--numbers", help="Show whole phone numbers.")]


@app.command("list")
def list_(
    config: ConfigOption = NOWHERE,
    state: Annotated[str, typer.Option(metavar="STATE", help="queued, delivered, parked, rejected or erased.")] = "",
    service: Annotated[str, typer.Option(metavar="SERVICE", help="Only of this service.")] = "",
    office: Annotated[str, typer.Option(metavar="OFFICE", help="Only for this office.")] = "",
    limit: Annotated[
        int, typer.Option(metavar="COUNT", min=1, max=100_000, help="So many at most, the latest first.")
    ] = 50,
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
            out.print(json.dumps(_shown(row, loaded, numbers), ensure_ascii=False), markup=False)
        return
    if not rows:
        out.print("No requests.")
        return
    tabled(_table(rows, loaded, numbers))


@app.command()
def show(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="As the citizen reads it aloud.")],
    config: ConfigOption = NOWHERE,
    json_lines: Json = False,
    numbers: Numbers = False,
) -> None:
    """Show one request: where it stands, how often it was tried, and what the office answered last."""
    loaded, wanted = configuration(config), _reference(reference)
    with closing(Reader.open(loaded.data)) as reader:
        row, messages = reader.find_request(wanted), reader.messages_about(wanted)
    if row is None:
        raise GatewayError(f"there is no request {reference}")
    if json_lines:
        sms = [{"state": one.state, "word": one.word, "why": one.reason, "channel": one.channel} for one in messages]
        out.print(json.dumps(_shown(row, loaded, numbers) | {"sms": sms}, ensure_ascii=False), markup=False)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _in_words(row, loaded, numbers).items():
        table.add_row(name, Text(value))
    for message in messages:
        table.add_row("SMS", Text(_sent(message)))
    tabled(table)


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
    references_: Annotated[list[str], typer.Argument(metavar="REFERENCE…", help="Queued ones.")],
    config: ConfigOption = NOWHERE,
    why: Annotated[str, typer.Option(metavar="TEXT", help="What the next person should know.")] = "",
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
        answer = command(config, do, references=references[first : first + PORTION], **fields)
        done = bool(answer.get("done"))
        (out if done else errors).print(answer.get("say", "no answer"), markup=False)
        all_done = all_done and done
    if not all_done:
        raise typer.Exit(1)


def _reference(text: str) -> str:
    read = references.read(text)
    if read is not None:
        return read
    plain = references.SEPARATORS.sub("", text).upper().translate(references.LOOKALIKES)
    if len(plain) == references.LENGTH + 1 and set(plain) <= references.VALUES.keys():
        raise GatewayError(f"{text!r} is mistyped: its last character does not fit the others (look at each again)")
    raise GatewayError(f"{text!r} is no reference: they have 12 letters and digits, as in the citizen's message")


def _shown(row: RequestRow, config: Config, numbers: bool) -> dict[str, Any]:
    """Return the fields as they are kept, the number masked, and each time in ISO 8601 as well."""
    fields = asdict(row)
    if not numbers:
        fields["number"] = _masked(row.number)
    times = {f"{name}_at": _moment(fields[name], config).isoformat() for name in TIMES if fields[name] is not None}
    first = ("reference", "service", "state", "office", "attempts")
    return {**{name: fields[name] for name in first}, **fields, **times}


def _in_words(row: RequestRow, config: Config, numbers: bool) -> dict[str, str]:
    """Return what is known of a request, for a person: times are local, what is empty is left out."""
    fields = _shown(row, config, numbers)
    for name in TIMES:
        at = fields.pop(f"{name}_at", None)
        fields[name] = at and _moment(fields[name], config).strftime("%Y-%m-%d %H:%M:%S")
    if fields.pop("in_flight"):
        fields["state"] = "queued, an attempt is under way"
    fields["values"] = "\n".join(f"{name}: {value}" for name, value in row.values.items())
    return {name: str(value) for name, value in fields.items() if value not in (None, "")}


def _sent(message: MessageRow) -> str:
    """Return how far an SMS got, in words: `failed (capped): range`."""
    word = f" ({message.word})" if message.word else ""
    return f"{message.state}{word}" + (f": {message.reason}" if message.reason else "")


def _masked(number: str) -> str:
    return f"{number[:4]}…{number[-3:]}" if number else ""


def _moment(at: float, config: Config) -> datetime:
    return datetime.fromtimestamp(at, config.zone).replace(microsecond=0)


def _table(rows: tuple[RequestRow, ...], config: Config, numbers: bool) -> Table:
    table = columns(
        "reference", "service", "state", "office", "tries", "accepted", *(["number"] if numbers else []), "why"
    )
    for row in rows:
        state = f"[{COLOURS[row.state]}]{'in flight' if row.in_flight else row.state}[/]"
        accepted = _moment(row.accepted, config).strftime("%d %b %H:%M")
        number = [row.number] if numbers else []
        why = row.why if row.state != "delivered" else ""
        plain = (row.office, str(row.attempts), accepted, *number, why)
        table.add_row(row.reference, escape(row.service), state, *(escape(value) for value in plain))
    return table
