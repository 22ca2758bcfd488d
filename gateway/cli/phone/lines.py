"""What a phone calls: the running gateway as its telecom would, or a service offline. Touches the network."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from gateway.config import Channel, Config
from gateway.engine import Fetch, MenuTrouble
from gateway.language.text import Limits
from gateway.messages import GatewayError
from gateway.speech import Shown
from gateway.speech import Turn as Told
from gateway.workshop import samples
from gateway.workshop.offline import Answer, Turn, Walk
from gateway.workshop.playing.calling import call
from providers.telecom import TELECOMS

HIDDEN = "****"
PATIENCE = 15.0  # seconds: what a telecom waits


@dataclass(slots=True)
class Question:
    """An office that waits for a person to speak for it: what it is asked, what it might say, what it said so far."""

    office: str
    ask: str
    send: Mapping[str, Any]
    sample: Mapping[str, Any]
    found: dict[str, Any] | None = None

    @property
    def name(self) -> str | None:
        """The value that is asked for now; None while it is open what the office says."""
        left = [name for name in self.sample if self.found is not None and name not in self.found]
        return left[0] if left else None


class Line(Protocol):
    """One number's line. Each call is one turn; a turn with a `wish` waits for `told`."""

    @property
    def limits(self) -> Limits: ...

    @property
    def hint(self) -> str:
        """Something to know before the first key, or nothing."""

    def dial(self) -> Turn:
        """Dial the code; the first time with what was typed ahead, so that later a dropped call can be offered."""

    def press(self, typed: str) -> Turn:
        """Send what was typed: an answer to the screen, or an SMS."""

    def told(self, answer: Answer) -> Turn:
        """Go on with an office's answer."""

    def question(self, wish: Fetch) -> Question:
        """Return the question to an office as the phone puts it to a person."""


@dataclass(slots=True)
class OnAir:
    """A line to the running gateway. Offices answer by themselves, so that no turn has a wish."""

    config: Config
    channel: Channel
    code: str
    ahead: str
    number: str
    network: str
    session: str = ""
    transcript: list[str] = field(default_factory=list)
    opened: int = 0  # pieces of the transcript that were dialled ahead

    @property
    def limits(self) -> Limits:
        return self.channel.limits_of(self.network)

    @property
    def hint(self) -> str:
        return f"calls the gateway at {self.config.host}:{self.config.port}; `gateway requests list` shows what it has"

    def dial(self) -> Turn:
        """Begin a session. Raises GatewayError when no gateway answers."""
        self.session, self.transcript = f"ATUid_{secrets.token_hex(16)}", [self.ahead] if self.ahead else []
        self.ahead, self.opened = "", len(self.transcript)
        return self._post()

    def press(self, typed: str) -> Turn:
        """Type into the session. Raises GatewayError when no gateway answers."""
        self.transcript.append(typed)
        return self._post()

    def told(self, answer: Answer) -> Turn:
        raise AssertionError("the gateway asks the offices itself")

    def question(self, wish: Fetch) -> Question:
        raise AssertionError("the gateway asks the offices itself")

    def _post(self) -> Turn:
        config, channel = self.config, self.channel
        asked = call(config, channel, self._told(), time.time())
        try:
            answer = httpx.request(
                asked.method, asked.url, headers=dict(asked.headers), content=asked.body, timeout=PATIENCE,
                trust_env=False,
            )  # fmt: skip
        except httpx.HTTPError as error:
            raise GatewayError(f"no gateway answers at {config.host}:{config.port}: {error}") from error
        if answer.status_code != 200:
            raise GatewayError(f"the gateway answered {answer.status_code}: {answer.text.strip()}")
        shown = channel.telecom.hear(Shown(answer.status_code, answer.headers, answer.content), channel.settings)
        return Turn(shown.text, shown.more)

    def _told(self) -> Told:
        """Return this turn as the channel's telecom sees it."""
        typed, ahead = tuple(self.transcript[self.opened :]), tuple(self.transcript[: self.opened])
        ahead = tuple(ahead[0].split("*")) if ahead else ()
        return Told(self.session, self.number, self.code, typed, ahead, network=self.network)


def on_air(config: Config, dialled: str, number: str, network: str) -> OnAir:
    """Return the line for a short code as it is dialled, such as `*384*70*1#`. Raises GatewayError."""
    channel, code, ahead = short_code(config, dialled)
    if channel.telecom is TELECOMS["integrat"]:
        raise GatewayError(f"{channel.name}: its screens go to `reply_url`, not to who dials here")
    return OnAir(config, channel, code, ahead, number, network)


def short_code(config: Config, dialled: str) -> tuple[Channel, str, str]:
    """Return the channel and the code that begin what was dialled, and the rest, as a telecom would pass it on."""
    if not dialled.endswith("#"):
        raise GatewayError(f"{dialled!r} ends with # on a phone, such as '*384*70#' (in quotes, for the shell)")
    known = [(channel, code) for channel in config.channels.values() for code in channel.codes]
    for channel, code in sorted(known, key=lambda pair: -len(pair[1])):
        start = code.removesuffix("#")
        if dialled == code or dialled.startswith(start + "*"):
            return channel, code, dialled.removeprefix(start).removesuffix("#").removeprefix("*")
    raise GatewayError(f"no channel has {dialled}; known are {', '.join(code for _, code in known) or 'none'}")


@dataclass(slots=True)
class Offline:
    """A line to a service without a gateway: calls, or over SMS texts."""

    walk: Walk
    ahead: tuple[str, ...] = ()

    @property
    def limits(self) -> Limits:
        return self.walk.about.limits

    @property
    def hint(self) -> str:
        if self.walk.about.channel != "sms":
            return ""
        return f"text a keyword: {', '.join(self.walk.keywords()) or 'none of the services has one (write keywords:)'}"

    def dial(self) -> Turn:
        """Dial. Raises GatewayError where the menu cannot go on."""
        ahead, self.ahead = self.ahead, ()
        return _gone_on(lambda: self.walk.dial(ahead))

    def press(self, typed: str) -> Turn:
        """Type, or text. Raises GatewayError where the menu cannot go on."""
        sms = self.walk.about.channel == "sms"
        return _gone_on(lambda: self.walk.text(typed) if sms else self.walk.press(typed))

    def told(self, answer: Answer) -> Turn:
        """Go on with an office's answer. Raises GatewayError where the menu cannot go on."""
        return _gone_on(lambda: self.walk.told(answer))

    def question(self, wish: Fetch) -> Question:
        """Return the question, with what was typed secretly hidden."""
        state = self.walk.asking
        assert state is not None
        hidden = set(state.secrets.values())
        shown = {name: HIDDEN if str(value) in hidden else value for name, value in wish.send.items()}
        return Question(
            wish.office, wish.ask, shown, samples.asked(self.walk.edition.services[state.service], state, wish)
        )


def _gone_on(turn: Callable[[], Turn]) -> Turn:
    try:
        return turn()
    except MenuTrouble as error:
        raise GatewayError(f"the menu cannot go on: {error} (`gateway check` says why)") from error
