"""`gateway dial`: a phone in the terminal. Calls the running gateway as a telecom would, or walks a file offline."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.panel import Panel
from rich.text import Text

from gateway import catalogue, engine
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration, errors, out
from gateway.config import Channel, Config
from gateway.engine import Facts, Fetched, Opened, State, Step, Typed
from gateway.language import text
from gateway.messages import GatewayError, Misconfigured

WIDE = 32  # characters of the drawn screen
PATIENCE = 15.0  # seconds: what a telecom waits

Screen = tuple[str, bool]  # the text, and whether the session goes on
Phone = Callable[[str], Screen]  # what was typed ("" at first) to the next screen


def dial(
    what: Annotated[str, typer.Argument(metavar="CODE|FILE", help="A short code such as '*384*70#', or a menu file.")],
    config: ConfigOption = NOWHERE,
    number: Annotated[str, typer.Option(metavar="NUMBER", help="The number that calls.")] = "+254700000001",
    network: Annotated[str, typer.Option(metavar="CODE", help="The network's code.")] = "63902",
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="For a file: the language, such as sw.")] = "",
    keys: Annotated[
        str, typer.Option(metavar="ANSWERS", help="What to type instead of asking: '1 2' or '1*Moi Avenue*2'.")
    ] = "",
) -> None:
    """Dial a short code of the running gateway, or walk a menu file without one.

    A long dial such as '*384*70*1*1#' answers the first screens. Ctrl-D hangs up. The answers of --keys are parted by
    blanks or, as in a long dial, by * where there is one: then an answer can hold blanks. With a file nothing is sent
    to any office: its questions go unanswered, and what would be filed is shown.
    """
    loaded = configuration(config)
    if what.startswith("*"):
        channel, code, ahead = _short_code(loaded, what)
        phone = _over_http(loaded, channel, code, ahead, number, network)
    else:
        phone = _offline(loaded, Path(what), number, language)
    typed = iter(keys.split("*") if "*" in keys else keys.split()) if keys else None
    _conversation(phone, typed.__next__ if typed else _asked)


def _conversation(phone: Phone, answer: Callable[[], str]) -> None:
    said = ""
    while True:
        shown, more = phone(said)
        units = text.units(shown)
        title = f"{units} of {'160' if text.encoding(shown) == 'gsm7' else '70'}"
        out.print(
            Panel(Text(shown), width=WIDE + 4, subtitle=title, border_style="green" if more else "dim"), soft_wrap=False
        )
        if not more:
            return
        try:
            said = answer()
        except (EOFError, StopIteration):
            errors.print("hung up", style="dim")
            return


def _asked() -> str:
    if sys.stdin.isatty():
        return out.input("[bold]> [/]")
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


# --- the running gateway ------------------------------------------------------------------------------------------


def _short_code(config: Config, dialled: str) -> tuple[Channel, str, str]:
    """Return the channel and the code that begin what was dialled, and the rest, as a telecom would pass it on."""
    if not dialled.endswith("#"):
        raise GatewayError(f"{dialled!r} ends with # on a phone, such as '*384*70#' (in quotes, for the shell)")
    known = [(channel, code) for channel in config.channels.values() for code in channel.codes]
    for channel, code in sorted(known, key=lambda pair: -len(pair[1])):
        start = code.removesuffix("#")
        if dialled == code or dialled.startswith(start + "*"):
            return channel, code, dialled.removeprefix(start).removesuffix("#").removeprefix("*")
    raise GatewayError(f"no channel has {dialled}; known are {', '.join(code for _, code in known) or 'none'}")


def _over_http(config: Config, channel: Channel, code: str, ahead: str, number: str, network: str) -> Phone:
    found = getattr(channel.settings, "secrets", ())
    if not found:
        raise GatewayError(f"{channel.name}: dial speaks as Africa's Talking does, with a secret in the path")
    url = f"http://{config.host}:{config.port}/in/{channel.name}/{found[0].get_secret_value()}/ussd"
    session, transcript = f"ATUid_{secrets.token_hex(16)}", [ahead] if ahead else []
    first = True

    def press(typed: str) -> Screen:
        nonlocal first
        if not first:
            transcript.append(typed)
        first = False
        form = {"sessionId": session, "phoneNumber": number, "serviceCode": code, "networkCode": network}
        try:
            answer = httpx.post(url, data={**form, "text": "*".join(transcript)}, timeout=PATIENCE, trust_env=False)
        except httpx.HTTPError as error:
            raise GatewayError(f"no gateway answers at {config.host}:{config.port}: {error}") from error
        if answer.status_code != 200:
            raise GatewayError(f"the gateway answered {answer.status_code}: {answer.text.strip()}")
        kind, _, shown = answer.text.partition(" ")
        return shown, kind == "CON"

    return press


# --- a file -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Walk:
    state: State | None = None
    language: str = ""


def _offline(config: Config, file: Path, number: str, language: str) -> Phone:
    edition, service = _edition(config, file)
    known = edition.services[service].languages
    if language and language not in known:
        raise GatewayError(f"{service!r} does not speak {language!r}; its languages are {', '.join(known)}")
    walk = _Walk()
    channel = next((c for c in config.channels.values() if c.codes), None)
    limits = channel.limits if channel is not None else text.Limits()

    def press(typed: str) -> Screen:
        now = datetime.now(config.zone)
        facts = Facts("ussd", number, now, secrets.randbits(128), limits, "63902", "*000#", config.country)
        event = Typed(typed) if walk.state is not None else Opened(service, (), language or None)
        step = engine.step(edition, walk.state, event, facts)
        _told(step)
        while step.wish is not None:
            errors.print(f"asks {getattr(step.wish, 'office', 'for your requests')}: no answer, offline", style="dim")
            found: Any = {"requests": []} if isinstance(step.wish, engine.Recall) else None
            step = engine.step(edition, step.state, Fetched(found), facts)
            _told(step)
        walk.state = step.state
        return step.text, step.more

    return press


def _edition(config: Config, file: Path) -> tuple[engine.Edition, str]:
    """Return the services of the configuration with this file among them, and the file's own service."""
    if not file.is_file():
        raise GatewayError(f"{file}: there is no such file; a short code begins with *")
    here = catalogue.read(catalogue.menu_text(file), str(file))
    if here.service is None:
        raise Misconfigured([str(complaint) for complaint in sorted(here.document.complaints)])
    files = catalogue.menu_files(config.menus)
    there, folder = file.resolve(), config.menus.resolve()
    name = str(there.relative_to(folder) if there.is_relative_to(folder) else there)
    edition = catalogue.edition("offline", {**files, **_beside(there), name: catalogue.menu_text(file)})
    return edition, here.service.service


def _beside(file: Path) -> dict[str, str]:
    """Return the lists that lie beside a file."""
    return {str(path): catalogue.menu_text(path) for path in sorted(file.parent.glob(f"*{catalogue.LISTS}"))}


def _told(step: Step) -> None:
    for effect in step.effects:
        match effect:
            case engine.Submit():
                errors.print(f"files {effect.reference} for {effect.office}", style="cyan", markup=False)
            case engine.Message():
                parts = text.segments(effect.text)
                errors.print(f"sends an SMS ({parts} part): {effect.text}", style="cyan", markup=False)
            case engine.Remember():
                errors.print(f"remembers the language {effect.language}", style="cyan", markup=False)
