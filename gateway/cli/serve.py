"""`gateway serve`: the process that answers telecoms and delivers. Touches everything."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import resource
import signal
import socket
from functools import partial
from typing import Annotated

import structlog
import typer

from gateway import sight
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration
from gateway.config import Config
from gateway.messages import GatewayError
from gateway.web import control

log = structlog.get_logger()
GRACE = 8  # seconds for what is under way when we are told to stop
CONNECTIONS = 4000  # at once, of callers; a telecom keeps some dozens
OTHER_FILES = 500  # what is open besides: the database, offices, telecoms
BACKLOG = 4096  # connections that wait to be taken
WHY_NOT = {
    errno.EADDRINUSE: "is in use: another gateway? Stop what listens there, or choose another port in `listen`",
    errno.EACCES: "is for root alone, as ports below 1024 are; choose a higher one in `listen`",
    errno.EADDRNOTAVAIL: "is no address of this machine; correct `listen`",
}


def serve(
    config: ConfigOption = NOWHERE,
    log_level: Annotated[str, typer.Option(metavar="LEVEL", help="debug, info, warning or error.")] = "info",
) -> None:
    """Answer telecoms and deliver what citizens filed, until told to stop.

    Menus come into force when their files change. Ctrl-C or SIGTERM stops it in order; SIGHUP reads the menus now. One
    process holds the data directory.
    """
    import uvloop

    loaded = configuration(config)
    sight.set_up_logs(log_level)
    os.umask(0o077)  # what is in the data directory is nobody else's business
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_served(loaded))


async def _served(config: Config) -> None:
    import uvicorn  # these two take a quarter of a second, which the other commands need not wait for

    from gateway.app import address, built
    from gateway.web.connections import Bounds, Connection

    control.path_of(config.data)  # one too long is told before anything begins
    doors = _listening(config, address(config))
    gateway = await built(config)
    gc.collect()
    gc.freeze()  # what was built stays: no collection needs to look at it again
    gc.set_threshold(20_000, 20, 20)  # a turn makes some hundred objects and no cycles: look for those more rarely
    reloads: set[asyncio.Task[list[str]]] = set()

    def reload() -> None:
        task = asyncio.create_task(gateway.editions.reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
    for name, channel in config.channels.items():
        if not channel.telecom.proofs(channel.settings):
            log.warning("nothing proves this channel's callbacks: loopback only", channel=name)
    settings = uvicorn.Config(
        gateway,
        host=config.host,
        port=config.port,
        loop="none",
        http=partial(Connection, bounds=Bounds(most=_most_connections())),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,  # who really calls is for `trusted_proxies` to say, at the telecoms' door
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=75,
        backlog=BACKLOG,
    )
    for stop in (signal.SIGTERM, signal.SIGINT):  # uvicorn stops in order and then raises the signal again
        signal.signal(stop, lambda *_: None)
    try:
        await uvicorn.Server(settings).serve(doors)
    except SystemExit as error:  # uvicorn's own 3; for scripts it is one of ours
        raise GatewayError("it could not start; the log says why") from error


def _listening(config: Config, address: str) -> list[socket.socket]:
    """Take the address before anything else is touched; who calls from now on waits. Raises GatewayError."""
    try:
        found = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        each = dict.fromkeys((family, to[:2]) for family, _, _, _, to in found)
        return [socket.create_server(to, family=family, backlog=BACKLOG) for family, to in each]
    except socket.gaierror as error:
        raise GatewayError(f"{address}: there is no such host; correct `listen`") from error
    except OSError as error:
        raise GatewayError(f"{address} {WHY_NOT.get(error.errno or 0, f'cannot be had: {error.strerror}')}") from error


def _most_connections() -> int:
    """Return how many callers may be connected at once, after raising what the system lets us open."""
    wanted = CONNECTIONS + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_to_us = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < open_to_us:
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_to_us, hard))
        soft = open_to_us
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return CONNECTIONS
    log.warning("few files may be open", why=f"the system lets us open {soft}; set LimitNOFILE to {wanted} or more")
    return max(soft // 2, soft - OTHER_FILES)
