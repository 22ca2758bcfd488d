"""`gateway dial`: a phone in the terminal. Calls the running gateway as a telecom would, or walks a service offline."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from gateway import catalogue
from gateway.cli.phone import handset
from gateway.cli.phone.drawing import counted
from gateway.cli.phone.handset import Handset
from gateway.cli.phone.holding import hold
from gateway.cli.phone.lines import Line, Offline, on_air, short_code
from gateway.cli.phone.recorder import Recorder, canned
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration, errors, out
from gateway.config import Config
from gateway.engine import Edition, Facts, Fetch
from gateway.language import text
from gateway.messages import GatewayError, Misconfigured
from gateway.workshop.offline import Answer, Turn, Walk
from gateway.workshop.rehearsal.conversations import SUFFIX
from gateway.workshop.rehearsal.writing import flow

WIDE = 32  # characters of the drawn screen
NOBODYS_CODE = "*000#"  # of a service that no short code opens


class By(StrEnum):
    """How the phone speaks."""

    USSD = "ussd"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how."""

    number: str
    network: str
    language: str
    by: By


What = Annotated[
    str,
    typer.Argument(
        metavar="CODE|FILE|SERVICE", help="A short code such as '*384*70#', a menu file, or the name of a service."
    ),
]
Number = Annotated[str, typer.Option(metavar="NUMBER", help="The number that calls.")]
Network = Annotated[str, typer.Option(metavar="CODE", help="The network's code.")]
Language = Annotated[str, typer.Option(metavar="LANGUAGE", help="Offline: the language, such as sw.")]
Channel = Annotated[By, typer.Option(help="Offline: call, or text.")]
Keys = Annotated[
    str, typer.Option(metavar="ANSWERS", help="What to type instead of asking: '1 2' or '1*Moi Avenue*2'.")
]
DropAfter = Annotated[
    int, typer.Option(metavar="N", min=0, help="Lose the line after N answers, once, and dial again.")
]
TimeOut = Annotated[float, typer.Option(metavar="SECONDS", min=1, help="How long the telecom keeps a session.")]
Offices = Annotated[
    Path, typer.Option(metavar="FILE", help="Offline: a test file; its offices answer.", show_default=False)
]
Record = Annotated[
    Path,
    typer.Option(
        metavar="FILE", help="Offline: write what is dialled into a test beside the menu.", show_default=False
    ),
]
Unconnected = Annotated[bool, typer.Option("--offline", help="Dial a short code without a gateway.")]
Plain = Annotated[bool, typer.Option("--plain", help="Line by line, as on a pipe.")]


def dial(
    what: What,
    config: ConfigOption = NOWHERE,
    number: Number = "+254700000001",
    network: Network = "63902",
    language: Language = "",
    channel: Channel = By.USSD,
    keys: Keys = "",
    drop_after: DropAfter = 0,
    time_out: TimeOut = 180.0,
    offices: Offices = NOWHERE,
    record: Record = NOWHERE,
    offline: Unconnected = False,
    plain: Plain = False,
) -> None:
    """Dial a short code of the running gateway, or walk a service without one.

    In a terminal this is a phone with keys. On a pipe, with --plain and with --keys it is one screen after another,
    and Ctrl-D hangs up. A long dial such as '*384*70*1*1#' answers the first screens. The answers of --keys are parted
    by blanks or, as in a long dial, by * where there is one: then an answer can hold blanks. Offline (a file, a
    service, or --offline) nothing is sent to any office: on the phone you answer for it, line by line its questions
    go unanswered. What would be filed is shown. A long dial of a service is 'water-fault*1*Kalundu#'. In a record
    stands what was typed, a PIN too: record with made-up answers only.
    """
    loaded = configuration(config)
    caller = Caller(number, network, language, channel)
    line, code = _line(loaded, what, caller, offline)
    if record != NOWHERE and not record.name.endswith(SUFFIX):
        raise GatewayError(f"{record}: the name of a test ends with {SUFFIX}, such as water-fault{SUFFIX}")
    told = canned(offices) if offices != NOWHERE else _nobody
    if record != NOWHERE or offices != NOWHERE:
        line = _recorded(line, language)
    phone = Handset(line, time.monotonic, code, network, time_out, drop_after, channel is By.SMS, told)
    if plain or keys or not (sys.stdin.isatty() and out.is_terminal):
        typed = iter(keys.split("*") if "*" in keys else keys.split()) if keys else None
        _conversation(phone, typed.__next__ if typed else _asked)
    else:
        _held(phone)
    if record != NOWHERE:
        _recorded(line, language).write(record, f"As recorded on {_now(loaded):%Y-%m-%d at %H:%M:%S}")
        errors.print(f"{record}: written; `gateway test {record}` runs it", style="dim")


def _held(phone: Handset) -> None:
    phone.told += [phone.line.hint] if phone.line.hint else []
    phone.start()
    hold(phone, Console(highlight=False, emoji=False), sys.stdin.fileno())
    for told in phone.told:
        errors.print(told, style="cyan", markup=False)


def _recorded(line: Line, language: str) -> Recorder:
    """Return the line as one that remembers. Raises GatewayError."""
    if isinstance(line, Recorder):
        return line
    if not isinstance(line, Offline):
        raise GatewayError("--record and --offices are for services offline: add --offline, or name a file")
    return Recorder(line, language)


def _nobody(wish: Fetch) -> Answer | Literal["ask"]:
    return "ask"


def _line(config: Config, what: str, caller: Caller, offline: bool) -> tuple[Line, str]:
    """Return the line for what is dialled, and the code that the phone shows. Raises GatewayError."""
    if not what.startswith("*"):
        name, star, ahead = (what, "", "") if Path(what).is_file() else what.partition("*")
        if star and not ahead.endswith("#"):
            raise GatewayError(f"{what!r} ends with # on a phone, such as 'water-fault*1#' (in quotes, for the shell)")
        return _offline(config, name, caller, ahead.removesuffix("#"))
    if offline:
        channel, code, ahead = short_code(config, what)
        return _offline(config, channel.codes[code].service, caller, ahead)
    if caller.by is By.SMS:
        raise GatewayError("a short code is dialled; to text a service, add --offline or name its file")
    line = on_air(config, what, caller.number, caller.network)
    return line, line.code


# --- line by line -------------------------------------------------------------------------------------------------


def _conversation(phone: Handset, answer: Callable[[], str]) -> None:
    """Print one screen after another until the session or the answers end. SMS begin with what is texted."""
    line, drop_after = phone.line, phone.drop_after
    answers, turn = 0, None if phone.sms else _answered(phone, line.dial())
    while True:
        if turn is not None:
            _print(turn, line.limits)
        if turn is not None and not turn.more:
            return
        if drop_after and answers == drop_after:
            errors.print("the line is lost; dialling again", style="dim")
            drop_after, turn = 0, _answered(phone, line.dial())
            continue
        try:
            said = answer()
        except (EOFError, StopIteration):
            errors.print("hung up", style="dim")
            return
        answers, turn = answers + 1, _answered(phone, line.press(said))


def _print(turn: Turn, limits: text.Limits) -> None:
    length = counted(turn.text, limits).rpartition(" ")[0]
    out.print(
        Panel(Text(turn.text), width=WIDE + 4, subtitle=length, border_style="green" if turn.more else "dim"),
        soft_wrap=False,
    )


def _answered(phone: Handset, turn: Turn) -> Turn:
    """Say what the turn does; offices stay silent, or answer as a test file says."""
    _tell(turn)
    while turn.wish is not None:
        answer = phone.canned(turn.wish)
        said = "no answer, offline" if answer in ("ask", None) else flow(answer)
        errors.print(f"asks {turn.wish.office}: {said}", style="dim", markup=False)
        turn = phone.line.told(None if answer == "ask" else answer)
        _tell(turn)
    return turn


def _tell(turn: Turn) -> None:
    for effect in turn.effects:
        errors.print(handset.said(effect), style="cyan", markup=False)


def _asked() -> str:
    if sys.stdin.isatty():
        return out.input("[bold]> [/]")
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


# --- offline ------------------------------------------------------------------------------------------------------


def _offline(config: Config, what: str, caller: Caller, ahead: str) -> tuple[Line, str]:
    edition, service = _edition(config, what)
    if edition.services[service].takes:
        raise GatewayError(f"{service!r} is given something by the service that goes into it: dial that one")
    known = edition.services[service].languages
    if caller.language and caller.language not in known:
        raise GatewayError(f"{service!r} does not speak {caller.language!r}; its languages are {', '.join(known)}")
    channel = next((c for c in config.channels.values() if c.codes), None)
    limits = channel.limits_of(caller.network) if channel is not None else text.Limits()
    code = next((code for code, opened in channel.codes.items() if opened.service == service), "") if channel else ""
    about = Facts(
        channel=caller.by.value,
        phone=caller.number,
        now=_now(config),
        seed=0,
        limits=limits.as_sms() if caller.by is By.SMS else limits,
        network=caller.network,
        short_code=code or NOBODYS_CODE,
        country=config.country,
    )
    walk = Walk(edition, service, about, lambda: _now(config), lambda: secrets.randbits(128), caller.language)
    return Offline(walk, tuple(ahead.split("*")) if ahead else ()), code or service


def _now(config: Config) -> datetime:
    return datetime.now(config.zone)


def _edition(config: Config, what: str) -> tuple[Edition, str]:
    """Return the services of the configuration, a file that was named among them, and the service that is meant."""
    files = catalogue.menu_files(config.menus)
    file = Path(what)
    if not file.is_file():
        edition = catalogue.edition("offline", files)
        if what not in edition.services:
            raise GatewayError(f"{what}: there is no such file and no such service; a short code begins with *")
        return edition, what
    here = catalogue.read(catalogue.menu_text(file), what)
    if here.service is None:
        raise Misconfigured([str(complaint) for complaint in sorted(here.document.complaints)])
    there, folder = file.resolve(), config.menus.resolve()
    name = str(there.relative_to(folder) if there.is_relative_to(folder) else there)
    edition = catalogue.edition("offline", {**files, **_beside(there), name: catalogue.menu_text(file)})
    return edition, here.service.service


def _beside(file: Path) -> dict[str, str]:
    """Return the lists that lie beside a file."""
    return {str(path): catalogue.menu_text(path) for path in sorted(file.parent.glob(f"*{catalogue.LISTS}"))}
