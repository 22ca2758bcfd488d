"""A telecom that plays: it calls the gateway of this machine, and much goes wrong on the way. Touches the network.

Sessions begin at the given rate whatever the gateway does, as citizens dial.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from random import Random
from urllib.parse import urlsplit

import httpx

from gateway import turns
from gateway.config import Channel, Config
from gateway.messages import Ended, GatewayError, Inbound, Reply, Request, Unreadable
from gateway.speech import Shown, Text, Turn, address
from gateway.workshop.playing.calling import Call, call
from gateway.workshop.playing.elsewhere import Elsewhere
from gateway.workshop.playing.traffic import LONGEST, Caller, Tally, Weather, word_of

PATIENCE = 15.0  # seconds: what a telecom waits
TEXTS = 4  # of one caller over SMS: a keyword and what she answers
NOBODY = "+254700000000"


@dataclass(slots=True)
class Telco:
    """The telecom of one channel. `keys` are typed first in every session."""

    config: Config
    channel: Channel
    code: str
    keys: tuple[str, ...]
    weather: Weather
    chance: Random
    http: httpx.AsyncClient
    keywords: tuple[str, ...] = ()
    elsewhere: Elsewhere | None = None
    tally: Tally = field(default_factory=Tally)
    clock: Callable[[], float] = time.time

    async def answers(self, sms: bool) -> None:
        """Raise GatewayError unless a gateway runs here and takes the channel's callbacks from this machine."""
        said = Text("telco", NOBODY, "22384", "HELP", self.clock()) if sms else Turn("telco", NOBODY, self.code)
        asked, where = self._call(said), f"{self.config.host}:{self.config.port}"
        try:
            answer = await self.http.request(asked.method, asked.url, headers=dict(asked.headers), content=asked.body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise GatewayError(f"no gateway answers at {where}: {error} (start `gateway serve`)") from error
        if answer.status_code == 404:
            raise GatewayError(kept_out(self.channel))

    def never_late(self, sms: bool) -> str:
        """Return why nothing of this telecom can come late; nothing if it can."""
        if self.weather.late and sms:
            return "texts have no order in which one could be late"
        if self.weather.late and not self._numbered(Turn("telco", NOBODY, self.code, ("1",))):
            return "this telecom does not number its turns, so that a late one looks like a new one"
        return ""

    # --- sessions

    async def dialled(self, number: int) -> None:
        """Play one session from the first screen until it ends, is dropped, or goes on for too long."""
        caller = Caller(Random(self.chance.random()), word_of(number), self.keys)  # noqa: S311  a game
        turn = Turn(f"telco-{self.clock():.0f}-{number}", f"+2547{number % 10**8:08}", self.code)
        drops_at = self._chance_of(self.weather.drops) and self.chance.randrange(1, 6)
        earlier: tuple[Turn, Shown] | None = None
        self.tally.sessions += 1
        for _ in range(LONGEST):
            self.tally.turns += 1
            answer = self._agreed(await self._sent(turn))
            if earlier is not None and self._numbered(turn) and self._chance_of(self.weather.late):
                await self._late(*earlier)
            shown = self._heard(caller, answer) if answer is not None else None
            if answer is None or shown is None:
                return
            if not shown.more:
                self.tally.ended += 1
                return
            if drops_at and len(turn.typed) + 1 >= drops_at:
                self.tally.dropped += 1
                await self._over(turn)
                return
            await self._pause(self.weather.thinking)
            earlier, turn = (turn, answer), turn._replace(typed=(*turn.typed, caller.types(shown.text)))

    def _agreed(self, answers: list[Shown | None]) -> Shown | None:
        """Return the answer that one callback had each time; None if one was missing or another."""
        bodies = {answer.body for answer in answers if answer is not None}
        if len(bodies) > 1:
            self.tally.wrong["a repeat was answered otherwise"] += 1
        return answers[0] if len(bodies) == 1 and None not in answers else None

    def _heard(self, caller: Caller, answer: Shown) -> Reply | None:
        try:
            shown = self.channel.telecom.hear(answer, self.channel.settings)
        except Unreadable:
            self.tally.wrong["an answer is not in the telecom's form"] += 1
            return None
        self.tally.saw(caller, shown.text)
        return shown

    async def _late(self, turn: Turn, answered: Shown) -> None:
        """Send an earlier callback again, after a later one: it has the answer that it had."""
        self.tally.late += 1
        again = await self._posted(turn)
        if again is not None and again.body != answered.body:
            self.tally.wrong["a late repeat was answered otherwise"] += 1

    async def _over(self, turn: Turn) -> None:
        """Tell that the citizen hung up, if this telecom tells of it."""
        if isinstance(self._read(turn._replace(over=True)), Ended):
            await self._posted(turn._replace(over=True))

    def _numbered(self, turn: Turn) -> bool:
        event = self._read(turn)
        return isinstance(event, Inbound) and turns.is_numbered(event)

    def _read(self, turn: Turn) -> object:
        asked = self._call(turn)
        event = address(urlsplit(asked.url).path)[2]
        named = {name.lower(): value for name, value in asked.headers.items()}
        return self.channel.telecom.parse(
            Request(asked.method, asked.url, named, asked.body, "127.0.0.1", event), self.channel.settings
        )

    # --- texts

    async def texted(self, number: int) -> None:
        """Send a keyword and some answers, each perhaps more than once."""
        word, msisdn = word_of(number), f"+2547{number % 10**8:08}"
        short_code = self.channel.sms.short_code if self.channel.sms is not None else "22384"
        self.tally.sessions += 1
        for index in range(TEXTS):
            said = self.chance.choice(self.keywords) if index == 0 else self.chance.choice((word, "1", "2", "12"))
            text = Text(f"telco-{self.clock():.0f}-{number}-{index}", msisdn, short_code, said, self.clock())
            self.tally.texts += 1
            await self._sent(text)
            await self._pause(self.weather.thinking)
        self.tally.ended += 1

    # --- the wire

    async def _sent(self, said: Turn | Text) -> list[Shown | None]:
        """Send a callback, perhaps twice at once or once more; return every answer."""
        await self._pause(self.weather.delay)
        times = 2 if self._chance_of(self.weather.doubles) else 1
        answers = list(await asyncio.gather(*(self._posted(said) for _ in range(times))))
        self.tally.doubles += times - 1
        if self._chance_of(self.weather.retries):  # the answer got lost, and the telecom asks again
            self.tally.retries += 1
            answers.append(await self._posted(said))
        return answers

    def _call(self, said: Turn | Text) -> Call:
        return call(self.config, self.channel, said, self.clock())

    async def _posted(self, said: Turn | Text) -> Shown | None:
        asked, begun = self._call(said), time.perf_counter()
        try:
            answer = await self.http.request(
                asked.method, asked.url, headers=dict(asked.headers), content=asked.body, timeout=PATIENCE
            )
        except httpx.HTTPError as error:
            self.tally.wrong[f"no answer ({type(error).__name__})"] += 1
            return None
        self.tally.seconds.append(time.perf_counter() - begun)
        if answer.status_code != 200:
            self.tally.wrong[f"answered {answer.status_code} {answer.text.strip()[:40]}"] += 1
            return None
        if self.elsewhere is not None and isinstance(said, Turn) and not said.over:
            return await self._brought(self.elsewhere, said)
        return Shown(answer.status_code, answer.headers, answer.content)

    async def _brought(self, elsewhere: Elsewhere, turn: Turn) -> Shown | None:
        """Return the screen that comes in a call of the gateway's own."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await elsewhere.screen(turn.session)
        except TimeoutError:
            self.tally.wrong["no screen came"] += 1
            return None

    def _chance_of(self, percent: float) -> bool:
        return self.chance.random() * 100 < percent

    async def _pause(self, most: float) -> None:
        if most:
            await asyncio.sleep(self.chance.random() * most)


def kept_out(channel: Channel) -> str:
    """Return why the gateway may answer a channel's callbacks from this machine with 404, the likeliest first."""
    addresses = getattr(channel.settings, "addresses", ())
    causes = []
    if set(channel.telecom.proofs(channel.settings)) - {"the caller's network address"}:
        causes.append(
            "most likely it runs with another secret or password than this configuration has, or was not restarted "
            "since it was changed"
        )
    else:
        causes.append("perhaps it was not restarted since the channel was added")
    if addresses and not any(ip_address("127.0.0.1") in network for network in addresses):
        causes.append("`addresses` keeps this machine out (for a trial add 127.0.0.0/8 to it, and restart)")
    if channel.client_certificate is not None:
        causes.append("a client certificate is asked for, which a trial does not have")
    return f"{channel.name}: the gateway lets nobody in from this machine: {'; '.join(causes)}"


async def played(telco: Telco, sms: bool, rate: float, lasting: float, seen: Callable[[], None]) -> float:
    """Begin sessions at a rate, a second, for so long; return how long it took until the last was over."""
    telco.tally.never_late = telco.never_late(sms)
    begun, following, number = time.perf_counter(), 0.0, telco.chance.randrange(10**7)
    under_way: set[asyncio.Task[None]] = set()
    while following < lasting:
        await asyncio.sleep(max(0.0, begun + following - time.perf_counter()))
        task = asyncio.create_task(telco.texted(number) if sms else telco.dialled(number))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        following, number = following + telco.chance.expovariate(rate), number + 1
        seen()
    while under_way:
        await asyncio.wait(under_way, timeout=0.5)
        seen()
    if telco.weather.drops < 100:
        telco.tally.conclude()
    return time.perf_counter() - begun
