"""`make bench`: how fast the gateway is beside a server that does nothing, beside another menu library, and when full.

Every figure is from one run, with the servers taking turns in short rounds, so that a busy machine slows all of them
alike: believe the ratios. Nothing leaves the loopback interface, but for npm the first time.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import sqlite3
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import uvloop
from rich.console import Console
from rich.table import Table

from tests.bench import client, fill, rooms, servers
from tests.bench.client import Heard
from tests.bench.journey import Script, WrongAnswer, same_always, script, whole_journey
from tests.bench.servers import NotStarted, Server

USSD = "/in/africastalking/demo-secret/ussd"
OURS, BARE, BUILDER = "this gateway", "bare ASGI", "ussd-menu-builder"
console = Console(width=118, highlight=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often things are measured."""

    rounds: int
    seconds: float
    warm_up: float
    few: int
    many: int
    full_rounds: int
    full_seconds: float
    rate: float
    walks: int


LONG = Plan(5, 5.0, 1.0, 1_000, 1_000_000, 7, 6.0, 1_000.0, 1_500)
QUICK = Plan(2, 1.5, 0.5, 1_000, 50_000, 2, 2.0, 600.0, 200)


@dataclass(slots=True)
class Rounds:
    """What the rounds of one server brought: callbacks a second, microseconds of its core, latencies."""

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    middles: list[float] = field(default_factory=list)
    lates: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    filed: int = 0

    def add(self, heard: Heard, cost: float, memory: float) -> None:
        """Take in one round."""
        if len(heard.references) not in (0, heard.ended):
            raise WrongAnswer(f"{heard.ended} journeys ended with {len(heard.references)} different references")
        self.rates.append(heard.rate)
        self.costs.append(cost * 1e6)
        self.middles.append(heard.quantile(0.5) * 1e3)
        self.lates.append(heard.quantile(0.99) * 1e3)
        self.memory.append(memory)
        self.filed += heard.ended


def goal(value: float, wanted: float, *, least: bool) -> str:
    """Say whether a goal is met."""
    met = value >= wanted if least else value <= wanted
    return f"[green]met[/] ({'≥' if least else '≤'} {wanted:g})" if met else (
        f"[yellow]missed[/] ({'≥' if least else '≤'} {wanted:g})"
    )  # fmt: skip


# --- one journey, three servers -----------------------------------------------------------------------------------


async def compared(plan: Plan, folder: Path) -> None:
    """Measure the three servers in turn and show the ratios."""
    with contextlib.ExitStack() as stack:
        offices = stack.enter_context(servers.office(folder)).port
        (folder / "ours").mkdir()
        running: list[tuple[Server, Script]] = [
            (stack.enter_context(servers.bare(folder)), script("/", same_always)),
            (stack.enter_context(servers.gateway(OURS, folder / "ours", offices)), script(USSD, whole_journey)),
        ]
        try:
            running.append((stack.enter_context(servers.builder(folder)), script("/ussd", whole_journey)))
        except NotStarted as error:
            console.print(f"ussd-menu-builder is left out: {error}.")
        found = await _in_turn(running, plan)
    _table("A journey of six turns, 32 connections, closed load", found)
    ours, least = found[OURS], found[BARE]
    filed = _filed(folder / "ours")
    if filed != ours.filed:
        raise WrongAnswer(f"{ours.filed} citizens were given a reference, but {filed} requests are in the ledger")
    console.print(f"{filed} journeys ended with a reference, {filed} requests are in the ledger.")
    _ratio(f"{OURS} / {BARE}", ours, least, 0.30)
    if BUILDER in found:
        _ratio(f"{OURS} / {BUILDER}", ours, found[BUILDER], 1.3)


async def _in_turn(running: list[tuple[Server, Script]], plan: Plan) -> dict[str, Rounds]:
    found = {server.name: Rounds() for server, _ in running}
    number = 0
    for server, _ in running:
        server.hold()
    for _ in range(plan.rounds):
        for server, asked in running:
            server.let()
            cpu, before = server.cpu(), number
            heard, number = await client.closed(server.port, asked, number, plan.warm_up, plan.seconds)
            cost = (server.cpu() - cpu) / (6 * (number - before))
            found[server.name].add(heard, cost, server.memory())
            server.hold()
    return found


def _filed(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / fill.DATABASE)) as connection:
        count: int = connection.execute("SELECT count(*) FROM acceptance").fetchone()[0]
        return count


def _table(title: str, found: dict[str, Rounds]) -> None:
    table = Table(title=title, title_justify="left")
    for head in ("server", "callbacks/s", "relative", "CPU µs a callback", "p50 ms", "p99 ms", "MB"):
        table.add_column(head, justify="left" if head == "server" else "right")
    unit = next(iter(found.values())).rates
    for name, one in found.items():
        table.add_row(
            name, f"{median(one.rates):,.0f}", f"{median(_quotients(one.rates, unit)):.3f}", f"{median(one.costs):.0f}",
            f"{median(one.middles):.2f}", f"{median(one.lates):.2f}", f"{one.memory[-1]:.0f}",
        )  # fmt: skip
    console.print(table)


def _quotients(these: list[float], those: list[float]) -> list[float]:
    return [mine / yours for mine, yours in zip(these, those, strict=True)]


def _ratio(what: str, ours: Rounds, theirs: Rounds, wanted: float) -> None:
    """Compare rounds with their neighbours in time; by CPU, since that is what other processes disturb least."""
    ratios = _quotients(ours.rates, theirs.rates)
    by_cpu = median(_quotients(theirs.costs, ours.costs))
    console.print(
        f"{what}: [bold]{median(ratios):.3f}[/] of the rate, rounds {min(ratios):.3f} to {max(ratios):.3f}; "
        f"{by_cpu:.3f} by CPU a callback: {goal(median(ratios), wanted, least=True)}"
    )


# --- few sessions and many ----------------------------------------------------------------------------------------


async def full(plan: Plan, folder: Path) -> None:
    """Measure the gateway over a small and a large database under the same open load."""
    folders = {f"{plan.few:,} sessions": folder / "few", f"{plan.many:,} sessions": folder / "many"}
    for name, place in folders.items():
        place.mkdir()
        took = await fill.filled(place, plan.few if place.name == "few" else plan.many)
        size = (place / fill.DATABASE).stat().st_size / 1e6
        console.print(f"{name}: {size:,.0f} MB of database, filled in {took:.0f} s")
    found = {name: Rounds() for name in folders}
    with contextlib.ExitStack() as stack:
        offices = stack.enter_context(servers.office(folder)).port
        running = [stack.enter_context(servers.gateway(name, place, offices)) for name, place in folders.items()]
        asked, number = script(USSD, whole_journey), 500_000_000
        for server in running:
            server.hold()
        for turn in range(plan.full_rounds):
            for server in running if turn % 2 else running[::-1]:
                server.let()
                cpu, before = server.cpu(), number
                heard, number = await client.opened(server.port, asked, number, plan.rate, 1.0, plan.full_seconds)
                cost = (server.cpu() - cpu) / (6 * (number - before))
                found[server.name].add(heard, cost, server.memory())
                server.hold()
    _table(f"Stored sessions, open load of {plan.rate:,.0f} callbacks/s", found)
    few, many = found.values()
    late, memory = median(_quotients(many.lates, few.lates)), many.memory[-1] / few.memory[-1]
    console.print(f"p99: {late:.3f} of that with {plan.few:,}: {goal(late, 1.1, least=False)}")
    console.print(f"memory: {memory:.3f} of that with {plan.few:,}: {goal(memory, 1.1, least=False)}")


# --- the rest -----------------------------------------------------------------------------------------------------


def alone(plan: Plan, folder: Path) -> None:
    """Measure what needs no network: disk and engine, on the server's core."""
    os.sched_setaffinity(0, {servers.SERVER_CORE})
    middle, late = rooms.synced(folder)
    console.print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, SQLite "
        f"{sqlite3.sqlite_version}; servers on core {servers.SERVER_CORE}, client on core {servers.CLIENT_CORE}"
    )
    console.print(
        f"{folder} ({rooms.file_system(folder)}): fdatasync of 4 KiB {middle * 1e3:.2f} ms, p99 {late * 1e3:.2f} ms"
    )
    step, wrote, read = (seconds * 1e6 for seconds in rooms.stepped(plan.walks))
    console.print(
        f"engine, a service of twelve screens: [bold]{step:.1f} µs[/] a step: {goal(step, 40, least=False)}; "
        f"state to JSON {wrote:.1f} µs, from JSON {read:.1f} µs"
    )
    os.sched_setaffinity(0, {servers.CLIENT_CORE})


def main() -> int:
    """Measure everything; 1 if an answer was wrong or a server did not start, whatever the figures."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="less than a minute: fewer rounds, 50,000 sessions")
    asked.add_argument("--only", choices=("rooms", "journey", "full"), help="a part alone")
    asked.add_argument("--folder", type=Path, help="where databases are made, on the disk to be measured")
    given = asked.parse_args()
    plan = QUICK if given.quick else LONG
    with tempfile.TemporaryDirectory(prefix="gateway-bench-", dir=given.folder) as name:
        try:
            if given.only in (None, "rooms"):
                alone(plan, Path(name))
            os.sched_setaffinity(0, {servers.CLIENT_CORE})
            if given.only in (None, "journey"):
                uvloop.run(compared(plan, Path(name)))
            if given.only in (None, "full"):
                uvloop.run(full(plan, Path(name)))
        except (WrongAnswer, NotStarted) as error:
            console.print(f"[red]bench:[/] {error}", markup=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
