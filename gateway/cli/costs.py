"""`gateway report`: turns, seconds, SMS parts and cost of every way through the services. Touches the menu folder."""

from __future__ import annotations

import json as js
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import catalogue
from gateway.cli.terminal import NOWHERE, ConfigOption, columns, configuration, errors, out, tabled
from gateway.config import Config
from gateway.engine import Edition
from gateway.language.formats import currency_exponent
from gateway.language.text import SMS, USSD
from gateway.messages import GatewayError, Misconfigured
from gateway.workshop import tariff
from gateway.workshop.report import MOST_SECONDS, MOST_TURNS, SECONDS, Measure, Report, Way
from gateway.workshop.tariff import Tariff

FEW = 12  # ways of a service that are shown in a terminal, without --all


class Channel(StrEnum):
    """How the citizen comes."""

    USSD = "ussd"
    SMS = "sms"


def report(
    what: Annotated[
        str, typer.Argument(metavar="[PATH|SERVICE]", help="A service or its file; without it, all services.")
    ] = "",
    config: ConfigOption = NOWHERE,
    prices: Annotated[
        Path, typer.Option("--tariff", metavar="FILE", help="What networks charge.", show_default=False)
    ] = NOWHERE,
    channel: Annotated[Channel, typer.Option(help="USSD with its receipts, or SMS both ways.")] = Channel.USSD,
    seconds: Annotated[
        float, typer.Option("--seconds-per-turn", metavar="SECONDS", min=1, max=120, help="What a turn takes.")
    ] = SECONDS,
    every: Annotated[bool, typer.Option("--all", help="Every way, not only the longest.")] = False,
    json: Annotated[bool, typer.Option("--json", help="A JSON line for each way.")] = False,
) -> None:
    """Show what callers pay in turns, seconds, SMS parts and money, way by way; the longest first.

    Every screen counts at its longest, as `gateway check` measures it: nobody meets more. A way comes to no screen
    twice, and wrong answers are not in it. A way of more than 8 turns or 120 seconds is marked: sessions end there.
    """
    loaded = configuration(config)
    edition, wanted = _services(loaded, what)
    measure = _measure(loaded, edition, channel, seconds, _tariff(prices))
    reports = sorted((measure.report(name) for name in wanted), key=lambda report: (-report.turns[2], report.service))
    if json:
        for line in (line for report in reports for line in _json(report)):
            out.print(line, markup=False)
        return
    _summary(reports)
    for report in reports:
        most = len(report.ways) if every else FEW if len(reports) == 1 else 0
        _ways(report, measure.tariff, most)


def _services(config: Config, what: str) -> tuple[Edition, list[str]]:
    """Return the services, and the names of those that are wanted. What only others go into is left to them."""
    judged = catalogue.judge(catalogue.menu_files(config.menus), catalogue.surroundings(config), f"{config.menus}/")
    if judged.edition is None:
        wrong = [str(complaint) for complaint in judged.complaints if complaint.level == "error"]
        raise Misconfigured(wrong)
    services = judged.edition.services
    if not what:
        return judged.edition, [name for name, service in services.items() if not service.takes]
    if what in services:
        return judged.edition, [what]
    path = Path(what)
    if not path.is_file():
        raise GatewayError(
            f"{what}: there is no such service and no such file; there are {', '.join(sorted(services))}"
        )
    here = catalogue.read(catalogue.menu_text(path), what).service
    if here is None or here.service not in services:
        raise GatewayError(f"{what}: this is none of the services in {config.menus}")
    return judged.edition, [here.service]


def _measure(config: Config, edition: Edition, channel: Channel, seconds: float, prices: Tariff | None) -> Measure:
    limits = next((one.limits for one in config.channels.values() if one.codes), USSD)
    fits = SMS if channel is Channel.SMS else limits
    return Measure(edition.services, edition.lists, channel.value, fits, seconds, prices)


def _tariff(path: Path) -> Tariff | None:
    if path == NOWHERE:
        return None
    try:
        text = path.read_bytes()
    except OSError as error:
        raise GatewayError(f"{path}: it cannot be read: {error.strerror}") from error
    found, complaints = tariff.read(text, str(path))
    if found is None:
        raise Misconfigured(complaints)
    return found


# --- in words -----------------------------------------------------------------------------------------------------


def _summary(reports: list[Report]) -> None:
    table = columns("service", "ways", "fewest turns", "median", "most turns", "seconds at most", "")
    for report in reports:
        least, middle, most = report.turns
        longest = max(way.seconds for way in report.ways)
        ways = f"{len(report.ways)}{'' if report.whole else '+'}"
        table.add_row(report.service, ways, f"{least}", f"{middle:g}", f"{most}", f"{longest:g}", _warned(report.ways))
    tabled(table)
    for report in reports:
        if not report.whole:
            errors.print(f"{report.service} has more ways than are told; its figures are of these", style="yellow")


def _warned(ways: Iterable[Way]) -> str:
    count = sum(way.long for way in ways)
    return f"{count} over {MOST_TURNS} turns or {MOST_SECONDS:g} s" if count else ""


def _ways(report: Report, prices: Tariff | None, most: int) -> None:
    if not most:
        return
    sms = report.channel == "sms"
    languages = list(report.ways[0].figures)
    parts = [f"SMS {way} {tongue}" for tongue in languages for way in (("out", "in") if sms else ("out",))]
    money = [f"{code} {side}" for code in (prices.networks if prices else ()) for side in ("citizen", "agency")]
    out.print(f"\n{report.service}, {'over SMS' if sms else 'over USSD'}", style="bold")
    table = columns("turns", "s", "characters", *parts, *money, "way")
    for way in report.ways[:most]:
        characters = max(figures.characters for figures in way.figures.values())
        counted = [str(number) for one in way.figures.values() for number in ([one.sms_out, one.sms_in][: 1 + sms])]
        paid = [_money(minor, prices) for cost in way.costs if prices for minor in (cost.citizen, cost.agency)]
        mark = "!" if way.long else ""
        table.add_row(f"{way.turns}{mark}", f"{way.seconds:g}", f"{characters}", *counted, *paid, _taken(way))
    tabled(table)
    if prices is not None:
        out.print(f"Money is in {prices.currency}.", style="dim")
    if len(report.ways) > most:
        out.print(f"{len(report.ways) - most} shorter ways: --all shows them.", style="dim")


def _money(minor: int, prices: Tariff) -> str:
    exponent = currency_exponent(prices.currency)
    return f"{minor / 10**exponent:.{exponent}f}"


def _taken(way: Way) -> str:
    return " > ".join((*way.taken, way.screens[-1]))


def _json(report: Report) -> list[str]:
    """Return a line for each way: what is chosen, the figures of each language, and what it costs in minor units."""
    return [js.dumps(_way(report, way), ensure_ascii=False) for way in report.ways]


def _way(report: Report, way: Way) -> dict[str, Any]:
    figures = {
        tongue: {
            "turns": one.turns,
            "screens": one.screens,
            "characters": one.characters,
            "sms_out": one.sms_out,
            "sms_in": one.sms_in,
        }
        for tongue, one in way.figures.items()
    }
    return {
        "service": report.service,
        "channel": report.channel,
        "way": list(way.taken),
        "screens": list(way.screens),
        "turns": way.turns,
        "seconds": way.seconds,
        "long": way.long,
        "languages": figures,
        "costs": [{"network": cost.network, "citizen": cost.citizen, "agency": cost.agency} for cost in way.costs],
    }
