"""What the two kinds of provider owe the gateway: a telecom, and a kind of back office. Pure declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from gateway.messages import (
    JSON,
    Answer,
    Call,
    Events,
    Health,
    Inbound,
    Lookup,
    Outcome,
    Reply,
    Request,
    SendOutcome,
    Sms,
)
from gateway.speech import Door, Shown, Spoken, Text, Turn

if TYPE_CHECKING:
    import httpx
    from pydantic import BaseModel


class Telecom(Protocol):
    """A telecom or SMS gateway: one module in `providers/telecom/`, one line in its table.

    A module satisfies it with plain functions and constants; `self` below is the module.

    `Settings` is the pydantic model of the channel's own keys in config.yaml; `EVENTS` names the callbacks that
    `/in/{channel}/…/{event}` takes; `USSD` and `SMS` say what the provider can do.
    """

    @property
    def Settings(self) -> type[BaseModel]: ...

    @property
    def EVENTS(self) -> tuple[str, ...]: ...

    USSD: bool
    SMS: bool

    def proofs(self, settings: Any) -> list[str]:
        """Say in words what proves this channel's caller. An empty list: nothing does."""

    def prove(self, request: Request, settings: Any) -> None:
        """Raise Refused unless the request comes from the telecom."""

    def parse(self, request: Request, settings: Any) -> Events:
        """Read the request, whose event is one of EVENTS. Raises Unreadable. A USSD turn always comes alone."""

    def render(self, reply: Reply, inbound: Inbound, settings: Any) -> Answer:
        """Write a USSD screen in the telecom's form. Pure: the same reply to the same turn is the same bytes.

        Without USSD nobody asks for one; `providers.replies.no_screen` stands here.
        """

    def thank(self, request: Request, settings: Any) -> Answer:
        """Write the answer to every callback that is not a USSD turn."""

    async def send(self, http: httpx.AsyncClient, settings: Any, sms: Sms) -> SendOutcome:
        """Hand one SMS to the telecom. Never raises for what the network or the telecom does.

        Without SMS nobody asks for it; `providers.replies.no_sms` stands here.
        """

    def speak(self, said: Turn | Text, settings: Any, door: Door) -> Spoken:
        """Write the callback by which this telecom tells of it, signed with the channel's keys. Pure: the other
        direction of `parse`, for rehearsals, conformance and load. A turn is asked of USSD only, a text of SMS only."""

    def hear(self, shown: Shown, settings: Any) -> Reply:
        """Read what `render` wrote. Raises Unreadable. Without USSD, `providers.replies.nothing_heard` stands here."""


class Office(Protocol):
    """A kind of back office: one module in `providers/backoffice/`, one line in its table.

    `Settings` is the pydantic model of the office's own keys in config.yaml; its `operations` maps the names that
    menus use in `ask` to what the adapter needs to know.
    """

    @property
    def Settings(self) -> type[BaseModel]: ...

    def needs(self, settings: Any, ask: str) -> frozenset[str] | None:
        """Return the names that a menu must send for operation `ask`; None if there is no such operation."""

    def answers(self, settings: Any, ask: str) -> Mapping[str, frozenset[str]]:
        """Return the names that the operation's answer can hold, each with its fields if it is a list."""

    def compose(self, settings: Any, ask: str, send: Mapping[str, JSON]) -> Call:
        """Write the request once, as the bytes that every attempt sends. Pure.

        Raises GatewayError when what the menu sends lacks a name, or cannot stand in the operation's path.
        """

    async def deliver(self, http: httpx.AsyncClient, settings: Any, ask: str, call: Call, key: str) -> Outcome:
        """Send a composed call under `key` (the Idempotency-Key). Never raises for what the office does."""

    async def look_up(self, http: httpx.AsyncClient, settings: Any, ask: str, call: Call, within: float) -> Lookup:
        """Ask the office, for at most `within` seconds. Never raises for what the office does."""

    async def status(
        self, http: httpx.AsyncClient, settings: Any, ask: str, known: Mapping[str, JSON], within: float
    ) -> Lookup:
        """Ask how a delivered request stands, through the operation that `ask` names as its `status`.

        `known` are our `reference` and what the office answered when it took the request, such as a ticket of its own.
        """

    async def health(self, http: httpx.AsyncClient, settings: Any) -> Health:
        """Ask whether the office is there."""
