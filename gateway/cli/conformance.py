"""`gateway conformance`: recorded callbacks against a channel. Reads files; writes to a folder that goes again."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import orjson
import typer

from gateway import sight, turns
from gateway.app import Gateway, built, stopped
from gateway.cli.terminal import NOWHERE, ConfigOption, configuration, out
from gateway.config import Channel, Config
from gateway.config.settings import Code
from gateway.lookups import Lookups
from gateway.messages import Answer, GatewayError, Inbound
from gateway.workshop.conformance.choosing import chosen
from gateway.workshop.conformance.recordings import Recording, read, shipped
from gateway.workshop.conformance.report import Played, Run, data, markdown
from gateway.workshop.conformance.understanding import Understood, understood
from providers import samples
from providers.telecom import TELECOMS


class Form(StrEnum):
    """What a report is written as."""

    MARKDOWN = "markdown"
    JSON = "json"


def conformance(
    name: Annotated[str, typer.Argument(metavar="CHANNEL", help="A channel of the configuration.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Recorded requests (text, ### between them) or HAR.", show_default="ours"),
    ] = None,
    event: Annotated[
        str, typer.Option(metavar="EVENT", help="What they are if their addresses do not say it: ussd, sms, receipt …")
    ] = "",
    form: Annotated[Form, typer.Option("--format", help="markdown to send to the operator, json.")] = Form.MARKDOWN,
    numbers: Annotated[bool, typer.Option("--numbers", help="Show phone numbers whole.")] = False,
    config: ConfigOption = NOWHERE,
) -> None:
    """Play recorded callbacks to a channel and say what it understood, for the operator to read.

    Without a file, those that come with the gateway. Nothing reaches an office, a telecom or the gateway's own
    database. Exit code 1 if a callback is not understood, not served, or shows a proof that is wrong.
    """
    loaded = configuration(config)
    channel = loaded.channels.get(name)
    if channel is None:
        raise GatewayError(f"there is no channel {name!r}; known are {', '.join(loaded.channels) or 'none'}")
    provider = next(key for key, telecom in TELECOMS.items() if telecom is channel.telecom)
    own = [dataclasses.replace(one, told=event) for file in files or () for one in _read(file)]
    recordings, left_out = chosen(name, loaded.channels, own) if files else (shipped(samples.of(provider)), [])
    if left_out and not recordings:
        raise GatewayError(f"nothing that was recorded calls {name}: {'; '.join(left_out)}")
    if not recordings:
        raise GatewayError(f"no recordings of {provider} come with the gateway; give a file of the operator's")
    sight.set_up_logs("error")
    played = asyncio.run(_played(loaded, channel, recordings, ours=not files))
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    run = Run(channel, provider, version("ussd-gateway"), day, played, not files, numbers, left_out)
    told = markdown(run) if form is Form.MARKDOWN else orjson.dumps(data(run), option=orjson.OPT_INDENT_2).decode()
    out.out(told.rstrip("\n"), highlight=False)
    if not all(one.good for one in played):
        raise typer.Exit(1)


def _read(file: Path) -> list[Recording]:
    try:
        return read(str(file), file.read_bytes())
    except OSError as error:
        raise GatewayError(f"{file}: cannot be read: {error.strerror}") from None


async def _played(config: Config, channel: Channel, recordings: Sequence[Recording], ours: bool) -> list[Played]:
    now = time.time()
    found = [understood(channel, recording, config.public_url, now) for recording in recordings]
    if ours:
        channel = _with_their_codes(config, channel, found)
    with tempfile.TemporaryDirectory(prefix="gateway-conformance-") as folder:
        here = dataclasses.replace(
            config, data=Path(folder), key_file=Path(folder) / "gateway.key", reload="signal",
            channels={**config.channels, channel.name: channel},
        )  # fmt: skip
        gateway = await built(here, deliver=False)
        try:
            gateway.talk.lookups = Lookups(gateway.store, {}, gateway.metrics)  # no office is asked
            return [await _answered(gateway, channel, one) for one in found]
        finally:
            await stopped(gateway)


def _with_their_codes(config: Config, channel: Channel, found: Sequence[Understood]) -> Channel:
    """Return the channel with the short codes that our own recordings dial."""
    opened = next(iter(channel.codes.values()), None)
    if opened is None:
        known = [code for one in config.channels.values() for code in one.codes.values()]
        if not known:
            return channel
        opened = known[0]
    codes: dict[str, Code] = dict(channel.codes)
    for event in (event for one in found for event in one.events if isinstance(event, Inbound)):
        for code in filter(None, (event.opens, event.code)):
            if turns.dialled(dataclasses.replace(channel, codes=codes), event._replace(code=code)) is None:
                codes[code] = opened
    return dataclasses.replace(channel, codes=codes)


async def _answered(gateway: Gateway, channel: Channel, one: Understood) -> Played:
    if one.why_not or one.proof.refused:
        return Played(one, None)
    answer: Answer = channel.telecom.thank(one.request, channel.settings)
    missing = ""
    for event in one.events:
        if isinstance(event, Inbound):
            missing = "" if await gateway.talk.serves(channel, event) else event.opens or event.code
            answer = await gateway.talk.ussd(channel, event)
    return Played(one, answer, missing)
