"""Long SMS that a telecom brings in parts, in any order, twice, or never. Touches the store.

Each part is kept, sealed, before it is acknowledged. With the last one the whole is answered like any SMS; where one
stays away for an hour, what is there is answered, with … for what is missing.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from gateway.config import Channel, Config
from gateway.crypto import Keys
from gateway.messages import Texted
from gateway.sms import Texts
from gateway.store.records import HeldPart
from gateway.store.store import Store

log = structlog.get_logger()

PATIENCE = 3600.0  # seconds that the rest of a long SMS may take
MISSING = "…"


class Parts:
    """Stands before `Texts` and hands it whole SMS only."""

    def __init__(
        self, config: Config, store: Store, texts: Texts, keys: Keys, clock: Callable[[], float] = time.time
    ) -> None:
        self.config, self.store, self.texts, self.keys, self.clock = config, store, texts, keys, clock

    async def texted(self, channel: Channel, texted: Texted) -> None:
        """Take one SMS or a part of one; what it completes is answered. Raises StoreTrouble."""
        part = texted.part
        if part is None:
            await self.texts.texted(channel, texted)
            return
        sender = self.keys.session_key(channel.name, texted.msisdn, "\0part")
        texted = replace(texted, id=self.keys.mark(sender, texted.id).hex())  # another sender's may have the same id
        sealed = self.keys.seal(texted.text.encode("utf-8", "replace"), texted.id.encode())  # it may hold a PIN
        kept = replace(texted, text=base64.b64encode(sealed).decode())
        held = await self.store.hold_part(channel.name, kept, part, self.clock())
        if held and len(by_place(held)) == part.total:
            await self._answered(channel, held)

    async def late(self) -> int:
        """Answer what has waited for too long; return how many it were. Raises StoreTrouble."""
        overdue = await self.store.parts_overdue(self.clock() - PATIENCE)
        for held in overdue:
            channel, total = self.config.channels.get(held[0].channel), held[0].part.total
            log.warning("long SMS lacks parts", channel=held[0].channel, count=total - len(by_place(held)))
            if channel is not None:
                await self._answered(channel, held)
            else:
                await self.store.parts_joined(held)
        return len(overdue)

    async def _answered(self, channel: Channel, held: Sequence[HeldPart]) -> None:
        """Answer, and only then mark the parts: in between the same id makes a repeat harmless."""
        await self.texts.texted(channel, whole([self._opened(part) for part in held]))
        await self.store.parts_joined(held)

    def _opened(self, held: HeldPart) -> HeldPart:
        texted = held.texted
        text = self.keys.open(base64.b64decode(texted.text), texted.id.encode()).decode()
        return replace(held, texted=replace(texted, text=text))


def by_place(held: Sequence[HeldPart]) -> dict[int, HeldPart]:
    """Return the parts by their number; of one that came twice, the first."""
    return {part.part.number: part for part in reversed(held)}


def whole(held: Sequence[HeldPart]) -> Texted:
    """Put parts together. The id is that of the first part there is, so that the same parts are the same SMS."""
    places = by_place(held)
    first = places[min(places)]
    text = "".join(places[n].texted.text if n in places else MISSING for n in range(1, first.part.total + 1))
    return replace(first.texted, id=f"long-{first.texted.id}", text=text, part=None)
