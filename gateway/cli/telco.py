"""`gateway telco`: plays a channel's telecom to the gateway that runs here. Touches the terminal and the network."""

from __future__ import annotations

import asyncio
import contextlib
import time
from random import Random
from typing import Annotated, Any

import httpx
import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway import catalogue
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration, out
from gateway.config import Channel, Config, is_loopback
from gateway.language import commands
from gateway.messages import GatewayError
from gateway.workshop.playing.elsewhere import Elsewhere
from gateway.workshop.playing.telco import Telco, played
from gateway.workshop.playing.traffic import Tally, Weather, told


def _percent(help: str) -> Any:
    return typer.Option(min=0, max=100, metavar="PERCENT", help=help)


def _seconds(help: str) -> Any:
    return typer.Option(min=0, max=120, metavar="SECONDS", help=help)


def telco(
    name: Annotated[str, typer.Argument(metavar="CHANNEL", help="A channel of the configuration.")],
    code: Annotated[str, typer.Option(metavar="CODE", help="Else the channel's first.")] = "",
    sms: Annotated[bool, typer.Option("--sms", help="Text keywords instead of dialling.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, max=2000, metavar="NUMBER", help="Sessions begun in a second.")] = 5.0,
    lasting: Annotated[float, typer.Option("--for", min=0.1, max=3600, metavar="SECONDS")] = 10.0,
    typed: Annotated[str, typer.Option(metavar="KEYS", help="Type this first, such as `1*2*Kalundu`.")] = "",
    doubles: Annotated[float, _percent("Callbacks that come twice at once.")] = 2.0,
    retries: Annotated[float, _percent("Callbacks that come again: the answer got lost.")] = 2.0,
    late: Annotated[float, _percent("Callbacks that come again after a later one.")] = 1.0,
    drops: Annotated[float, _percent("Sessions that are dropped.")] = 5.0,
    delay: Annotated[float, _seconds("At most, until a callback arrives.")] = 0.1,
    thinking: Annotated[float, _seconds("At most, until she answers.")] = 2.0,
    seed: Annotated[int, typer.Option(help="The same seed, the same chances.")] = 1,
    config: ConfigOption = NOWHERE,
) -> None:
    """Play a channel's telecom to the gateway that runs on this machine: for load, for demonstrations, for trust.

    Citizens dial at a given rate and type at random; callbacks come twice, late, out of order or not at all. It is
    checked that every repeat has the same answer and nobody sees another's screen. Exit code 1 if something was wrong,
    or if no session came to its end.
    """
    loaded = configuration(config)
    channel, dialled = _chosen(loaded, name, code, sms)
    weather = Weather(doubles, retries, late, drops, delay, thinking)
    keys = tuple(key for key in typed.split("*") if key)
    tally, lasted = asyncio.run(_run(loaded, channel, dialled, keys, weather, Random(seed), sms, rate, lasting))  # noqa: S311
    out.print(_table(tally, lasted))
    if tally.wrong:
        raise typer.Exit(1)


def _chosen(config: Config, name: str, code: str, sms: bool) -> tuple[Channel, str]:
    channel = config.channels.get(name)
    if channel is None:
        raise GatewayError(f"there is no channel {name!r}; known are {', '.join(config.channels) or 'none'}")
    if not is_loopback(config.host):
        raise GatewayError(f"listen is {config.host}: telco plays only to a gateway that listens on this machine alone")
    if sms and not channel.telecom.SMS:
        raise GatewayError(f"{name}: its telecom brings no SMS")
    if sms:
        return channel, ""
    if not channel.codes:
        raise GatewayError(f"{name}: it has no short code to dial (try --sms)")
    if code and code not in channel.codes:
        raise GatewayError(f"{name}: it has no short code {code}; known are {', '.join(channel.codes)}")
    return channel, code or next(iter(channel.codes))


async def _run(
    config: Config, channel: Channel, code: str, keys: tuple[str, ...], weather: Weather, chance: Random, sms: bool,
    rate: float, lasting: float,
) -> tuple[Tally, float]:  # fmt: skip
    keywords = _keywords(config) if sms else ()
    limits = httpx.Limits(max_connections=256, max_keepalive_connections=256)
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(limits=limits, trust_env=False))
        reply_url = getattr(channel.settings, "reply_url", None)
        there = await stack.enter_async_context(Elsewhere(reply_url)) if reply_url else None
        telco = Telco(config, channel, code, keys, weather, chance, http, keywords, there)
        await telco.answers(sms)
        if not out.is_terminal:
            return telco.tally, await played(telco, sms, rate, lasting, lambda: None)
        begun = time.perf_counter()
        with Live(console=out, refresh_per_second=4, transient=True) as live:
            lasted = await played(
                telco, sms, rate, lasting, lambda: live.update(_table(telco.tally, time.perf_counter() - begun))
            )
    return telco.tally, lasted


def _keywords(config: Config) -> tuple[str, ...]:
    judged = catalogue.judge(catalogue.menu_files(config.menus), catalogue.surroundings(config))
    if judged.edition is None:
        raise GatewayError("the menus have errors; `gateway check` says which")
    found = (commands.keywords([one], one.languages[0]) for one in judged.edition.services.values())
    return tuple(word for words in found for word in words) or ("HELP",)


def _table(tally: Tally, lasted: float) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for what, say in told(tally, lasted):
        table.add_row(Text(what, style="red" if what.startswith("WRONG") else ""), Text(say))
    return table
