"""The configuration as the rooms use it: channels, offices, and the whole. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from gateway.config.settings import ClientCertificate, Code, Rates, Route, SmsLimits, SmsSide
from gateway.contracts import Office, Telecom
from gateway.language.text import Limits


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: a telecom, its settings, and what its short codes open."""

    name: str
    telecom: Telecom
    settings: Any
    codes: Mapping[str, Code]
    sms: SmsSide | None
    limits: Limits
    answer_within: float
    session_lasts: float = 600.0
    repeat_within: float = 2.0
    client_certificate: ClientCertificate | None = None
    networks: Mapping[str, Limits] = field(default_factory=dict)

    def limits_of(self, network: str) -> Limits:
        """Return what fits a screen of a network, and in which letters; what holds for all where nothing is known."""
        return self.networks.get(network, self.limits)

    def proofs(self) -> list[str]:
        """Say in words what proves its callers. An empty list: nothing does."""
        shown = ["a client certificate, which our proxy checks"] if self.client_certificate else []
        return [*self.telecom.proofs(self.settings), *shown]


@dataclass(frozen=True, slots=True)
class OfficeEntry:
    """One back office: its adapter, its settings and its limits."""

    name: str
    adapter: Office
    settings: Any
    rate: float
    in_flight: int
    trip_after: int


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration, checked. Paths are absolute."""

    file: Path
    host: str
    port: int
    public_url: str
    data: Path
    menus: Path
    reload: Literal["watch", "signal"]
    durability: Literal["full", "relaxed"]
    country: str
    zone: ZoneInfo
    key_file: Path
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    limits: Rates
    sms_limits: SmsLimits
    routes: tuple[Route, ...]
    give_up_after: float
    channels: Mapping[str, Channel]
    offices: Mapping[str, OfficeEntry]

    @property
    def loopback(self) -> bool:
        """True if nobody beyond this machine can reach us: neither directly nor through a proxy of ours.

        A proxy on this machine brings what comes from elsewhere, whatever `public_url` says.
        """
        near = is_loopback(self.host) and is_loopback(urlsplit(self.public_url).hostname or "")
        return near and not self.trusted_proxies


def is_loopback(host: str) -> bool:
    """True if `host` names this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
