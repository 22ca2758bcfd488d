"""`gateway new`: begins a service from a blueprint. Writes two files into the menu folder."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import NOWHERE, ConfigOption, columns, configuration, out, tabled
from gateway.language.asked import LANGUAGE, SLUG
from gateway.language.phrases import TONGUES
from gateway.messages import GatewayError
from gateway.workshop import starting

app = typer.Typer(no_args_is_help=True, help="Begin a service from a blueprint.")
Blueprint = StrEnum("Blueprint", {name.upper(): name for name in starting.BLUEPRINTS})  # type: ignore[misc]
REPORT = Blueprint("report")


@app.command("list")
def list_() -> None:
    """List the blueprints."""
    table = columns("blueprint", "what it makes")
    for name, line in starting.described():
        table.add_row(name, line)
    tabled(table)


@app.command()
def service(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, such as street-light.")],
    agency: Annotated[str, typer.Option(metavar="AGENCY", help="Who answers for it: its folder.")] = "my-agency",
    blueprint: Annotated[Blueprint, typer.Option(help="What it is like; see `gateway new list`.")] = REPORT,
    language: Annotated[
        list[str] | None, typer.Option(metavar="LANGUAGE", help="Such as en or sw; again for each.", show_default="en")
    ] = None,
    config: ConfigOption = NOWHERE,
) -> None:
    """Write a service and its test from a blueprint, and say what to do next. No file is overwritten."""
    languages = list(dict.fromkeys(language or ["en"]))
    _refuse(name, agency, languages)
    folder = configuration(config).menus / agency
    stem = name.rpartition("/")[2]
    file, tests = folder / f"{stem}.yaml", folder / f"{stem}.test.yaml"
    for there in (file, tests):
        if there.exists():
            raise GatewayError(f"{there} is there already, and stays as it is (choose another name)")
    _write(file, starting.service(blueprint.value, name, agency, languages))
    _write(tests, starting.test(blueprint.value, languages))
    out.print(f"{file}\n{tests}\n", markup=False)
    out.print("Now write your own texts, and put your offices in. Then:", markup=False)
    for step in (f"gateway check {file}", f"gateway test {tests}", f"gateway dial {file}"):
        out.print(f"  {step}", markup=False)
    missing = [tongue for tongue in languages if tongue not in starting.WRITTEN]
    for tongue in missing:
        out.print(f"Translate what begins with [{tongue}], and go on with its conversation in the test.", markup=False)
        if tongue.partition("-")[0] not in TONGUES:
            what = "what the gateway itself says (Back, Next) stays English until you write it under words:"
            out.print(f"{tongue} is a language that the gateway does not know: {what}", markup=False)


def _refuse(name: str, agency: str, languages: list[str]) -> None:
    for word in (name, agency):
        if not SLUG.match(word):
            raise GatewayError(f"{word!r} is no name of a service or an agency: write lower-case letters, digits and -")
    for tongue in languages:
        if not LANGUAGE.match(tongue):
            raise GatewayError(f"{tongue!r} is no language: write its code, such as en, sw or pt-MZ")


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except OSError as error:
        raise GatewayError(f"{file} cannot be written: {error.strerror}") from error
