"""Stands in for all offices and telecoms that are delivered to: takes all, answers at once. Run by `tests.bench`."""

from __future__ import annotations

import asyncio
import itertools
import sys

import uvloop

NUMBERS = itertools.count(1)


class Office(asyncio.Protocol):
    """Answers a filing with a ticket and an SMS with Africa's Talking's receipt."""

    def __init__(self) -> None:
        self.part = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.part += data
        while (end := self.part.find(b"\r\n\r\n")) >= 0:
            head = self.part[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.part) < end + 4 + length:
                return
            self.part = self.part[end + 4 + length :]
            self.transport.write(_answer(b"messaging" in head.split(b"\r\n", 1)[0]))


def _answer(sms: bool) -> bytes:
    number = next(NUMBERS)
    body = (
        b'{"SMSMessageData":{"Message":"Sent to 1/1","Recipients":[{"statusCode":101,"number":"+999","cost":"KES 0.8",'
        b'"status":"Success","messageId":"ATXid_%032x"}]}}' % number
        if sms
        else b'{"ticket":"T%09d"}' % number
    )
    return b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


async def _stand(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Office, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_stand(int(sys.argv[1])))
