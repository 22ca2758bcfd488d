"""A real Kannel, where one is installed (`apt install kannel`): bearerbox, smsbox, and we play the SMSC.

Kannel's fake SMSC speaks lines of `sender receiver text words` over TCP.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from gateway import app, config
from gateway.app import Gateway
from gateway.messages import Sent, Sms, SmsState
from gateway.store import MessageRow
from gateway.web.bodies import Receive
from gateway.web.telecoms import Scope, Send
from tests.town import PATIENCE, served, written_config

BEARERBOX, SMSBOX = "/usr/sbin/bearerbox", "/usr/sbin/smsbox"
PAGE = Path(__file__).resolve().parent.parent / "docs/telecoms/kannel.md"
CORE = """group = core
admin-port = {admin}
admin-password = made-up
admin-interface = 127.0.0.1
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-level = 1
store-type = file
store-location = {folder}/store
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-level = 1

"""
CHANNEL = """channels:
  kannel:
    provider: kannel
    send_url: http://127.0.0.1:{sendsms}/cgi-bin/sendsms
    username: gateway
    password: another-secret
    from: "22384"
    secrets: [the-path-secret]
    addresses: [127.0.0.0/8]
    receipts: {url}/in/kannel/the-path-secret/receipt
    sms: {{short_code: "22384"}}
"""


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def kannel_conf(folder: Path, ports: dict[str, int], gateway: str) -> str:
    """Return a whole kannel.conf: ours around it, and within it the lines that the page tells operators to write."""
    lines = PAGE.read_text().partition("```text\n")[2].partition("```")[0]
    return CORE.format(folder=folder, **ports) + lines.replace("http://127.0.0.1:8000", gateway)


@dataclass(slots=True)
class Smsc:
    """The operator's side: what it brings to Kannel, and what it gets."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def bring(self, line: bytes) -> None:
        """Hand Kannel one SMS of a citizen's."""
        self.writer.write(line + b"\n")
        await self.writer.drain()

    async def gets(self, lines: int = 1) -> bytes:
        """Return the next SMS for a citizen, which takes so many lines."""
        async with asyncio.timeout(PATIENCE):
            return b"".join([await self.reader.readline() for _ in range(lines)]).rstrip(b"\n")


async def until(done: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not done():
            await asyncio.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def kannel(folder: Path) -> AsyncIterator[tuple[Gateway, Smsc]]:
    """Run a gateway, a Kannel beside it, and the SMSC that Kannel is bound to."""
    ports = dict(zip(("admin", "boxes", "smsc", "sendsms"), free_ports(4), strict=True))
    late: list[Gateway] = []

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        await late[0](scope, receive, send)

    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(door))
        path = written_config(folder)
        path.write_text(path.read_text().replace("channels:\n", CHANNEL.format(url=url, **ports), 1))
        gateway = await app.built(config.load(path))
        late.append(gateway)
        await app.started(gateway)
        stack.push_async_callback(app.stopped, gateway)
        conf = folder / "kannel.conf"
        conf.write_text(kannel_conf(folder, ports, url))
        for program, port in ((BEARERBOX, "boxes"), (SMSBOX, "sendsms")):
            log = stack.enter_context((folder / f"{port}.log").open("wb"))
            process = await asyncio.create_subprocess_exec(program, str(conf), stdout=log, stderr=log)
            stack.push_async_callback(process.wait)
            stack.callback(process.kill)  # asked politely, it takes ten seconds
            await until(lambda: listens(ports[port]))  # noqa: B023 - awaited before the loop goes on
        reader, writer = await asyncio.open_connection("127.0.0.1", ports["smsc"])
        stack.callback(writer.close)
        yield gateway, Smsc(reader, writer)


if shutil.which(BEARERBOX) and shutil.which(SMSBOX):

    async def test_a_real_kannel_brings_an_sms_and_takes_the_answer(tmp_path: Path) -> None:
        async with kannel(tmp_path) as (gateway, smsc):
            await smsc.bring(b"+254700000001 22384 text WATER burst")
            got = await smsc.gets(2)
            answer = await latest(gateway)
            assert got.decode() == f"22384 +254700000001 text {answer.text}"
            assert answer.text.endswith("\n0 Back")
            async with asyncio.timeout(PATIENCE):
                while (await latest(gateway)).state != SmsState.DELIVERED:
                    await asyncio.sleep(0.02)
            assert (await latest(gateway)).word == "1"

            channel = gateway.config.channels["kannel"]
            sms = Sms("notice-1", "+254700000001", "የውሃ & 50%")
            assert await channel.telecom.send(gateway.clients[0], channel.settings, sms) == Sent("notice-1")
            who, _, units = (await smsc.gets()).rpartition(b" ")
            assert who == b"22384 +254700000001 ucs-2"
            assert unquote_to_bytes(units.replace(b"+", b" ")).decode("utf-16-be") == sms.text

            await smsc.bring(b"00254700000002 22384 text WATER & 100% a+b")
            await smsc.gets(2)
            assert (await latest(gateway)).number == "+254700000002"
            assert await gateway.store.verify() == []


async def latest(gateway: Gateway) -> MessageRow:
    return (await gateway.store.list_messages())[0]
