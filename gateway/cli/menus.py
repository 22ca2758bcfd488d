"""`gateway menus`: which editions were in force, and which is. Reads the database; changes go to the gateway."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import PurePath
from typing import Annotated, Any

import typer

from gateway import catalogue, editions
from gateway.cli.terminal import NOWHERE, ConfigOption, columns, command, configuration, errors, out, tabled
from gateway.config import Config
from gateway.editions import SHORT
from gateway.messages import GatewayError
from gateway.store import InForce, Reader

app = typer.Typer(
    no_args_is_help=True, help="See which menus were in force, go back to earlier ones, or read the disk."
)

STANDS = {
    (True, True): "in force, on disk",
    (True, False): "in force",
    (False, True): "on disk",
    (False, False): "kept",
}
COLOURS = {"in force, on disk": "green", "in force": "yellow", "on disk": "yellow", "kept": "dim"}
Hash = Annotated[str, typer.Argument(metavar="HASH", help="As `list` shows it, or its beginning.")]


@app.command("list")
def list_(
    config: ConfigOption = NOWHERE,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")] = False,
) -> None:
    """List the editions that were in force and are kept, the latest first.

    in force: who dials now gets it. on disk: it is what the menu folder holds. kept: sessions may still end on it, and
    it can be put in force again.
    """
    loaded = configuration(config)
    rows = _rows(loaded)
    if json_lines:
        for row in rows:
            out.print(json.dumps(row, ensure_ascii=False), markup=False)
        return
    table = columns("edition", "since", "services", "sessions", "stands", "why")
    for row in rows:
        since = datetime.fromtimestamp(row["since"], loaded.zone).strftime("%d %b %Y %H:%M") if row["since"] else ""
        stands = f"[{COLOURS[row['stands']]}]{row['stands']}[/]"
        cells = (row["edition"][:SHORT], since, str(row["services"]), str(row["sessions"]))
        table.add_row(*cells, stands, row["why"])
    tabled(table)


@app.command()
def show(
    edition: Hash,
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="A service, or a file as it is listed.")] = "",
    config: ConfigOption = NOWHERE,
) -> None:
    """List the files of an edition, or print one of them as it was."""
    with closing(Reader.open(configuration(config).data)) as reader:
        found = editions.chosen(reader.editions(), edition)
        files = reader.load_edition(found.edition) or {}
    if not service:
        for name in files:
            out.print(name, markup=False)
        return
    named = next((text for name, text in files.items() if service in (name, PurePath(name).stem)), None)
    if named is None:
        raise GatewayError(f"the edition {found.edition[:SHORT]} has no {service!r} (without it, the files are listed)")
    out.out(named, end="", highlight=False)


@app.command("roll-back")
def roll_back(
    edition: Annotated[
        str, typer.Argument(metavar="HASH", help="As `list` shows it. Without it, the one in force before.")
    ] = "",
    config: ConfigOption = NOWHERE,
    why: Annotated[str, typer.Option(metavar="TEXT", help="What the next person should know.")] = "",
) -> None:
    """Put an earlier edition in force, though the files are as they are.

    It stays, also over a restart, until a file changes or `gateway menus reload`. It must fit the present
    configuration. Sessions that go on end on the edition they began with.
    """
    _ordered(configuration(config), "roll back", edition=edition, why=why)


@app.command()
def reload(config: ConfigOption = NOWHERE) -> None:
    """Read the menus on disk now, and put them in force if they are good, even after a roll-back."""
    _ordered(configuration(config), "reload")


def _ordered(config: Config, do: str, **fields: Any) -> None:
    answer = command(config, do, **fields)
    done = bool(answer.get("done"))
    (out if done else errors).print(answer.get("say", "no answer"), markup=False)
    if not done:
        raise typer.Exit(1)


def _rows(config: Config) -> list[dict[str, Any]]:
    """Return a row for each edition, and one for what lies on disk where that was never in force."""
    with closing(Reader.open(config.data)) as reader:
        kept, sessions = reader.editions(), reader.editions_in_use()
        files = {one.edition: reader.load_edition(one.edition) or {} for one in kept}
    disk = editions.on_disk(config)
    rows = [
        _row(one, files[one.edition], sessions.get(one.edition, 0), number == 0, one.edition == disk.hash)
        for number, one in enumerate(kept)
    ]
    if disk.hash in files:
        return rows
    never = {"edition": disk.hash, "since": None, "services": _services(disk.files), "sessions": 0, "stands": "on disk"}
    return [{**never, "why": "never in force; see `gateway check`" if disk.hash else "it cannot be read"}, *rows]


def _row(one: InForce, files: Mapping[str, str], sessions: int, in_force: bool, on_disk: bool) -> dict[str, Any]:
    back = f"rolled back: {one.why}" if one.why else "rolled back"
    return {
        "edition": one.edition,
        "since": one.since,
        "services": _services(files),
        "sessions": sessions,
        "stands": STANDS[in_force, on_disk],
        "why": back if one.rolled_back else "",
    }


def _services(files: Mapping[str, str]) -> int:
    return len(catalogue.services_in(files))
