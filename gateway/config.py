"""Reads config.yaml: strict, with places, secrets from the environment or a file. Touches files and the environment."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from gateway.contracts import Office, Telecom
from gateway.language import places, shapes
from gateway.language.places import Complaint, Document
from gateway.language.text import Limits
from gateway.messages import Misconfigured
from gateway.settings import (
    ChannelPart,
    ClientCertificate,
    Code,
    NetworkPart,
    OfficePart,
    Rates,
    Route,
    SmsLimits,
    SmsSide,
    Top,
)
from providers.backoffice import OFFICES
from providers.telecom import TELECOMS

SECRET = re.compile(r"(env|file):(.+)\Z")
DEMO_SECRETS = frozenset(
    {
        "demo-secret",
        "0123456789abcdef0123456789abcdef",
        "demo-africastalking-key",
        "demo-water-key",
        "demo-tax-password",
        "demo-tax-key",
        "demo-projects-key",
        "demo-county-key",
    }
)


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
        """True if nobody beyond this machine can reach us: neither directly nor through a proxy of ours."""
        return is_loopback(self.host) and is_loopback(urlsplit(self.public_url).hostname or "")


def is_loopback(host: str) -> bool:
    """True if `host` names this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def load(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Read the configuration. Raises Misconfigured with every complaint at once."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what, todo = f"it cannot be read: {error}", "say where it is with --config"
        raise Misconfigured([str(Complaint(str(path), 1, 1, what, todo, "config-unreadable"))]) from error
    document = places.read(text, str(path))
    if not isinstance(document.data, dict):
        if not document.complaints:
            what, todo = "the configuration has keys and values", "start from config.example.yaml"
            document.complain("config-not-keys-and-values", (), what, todo)
        raise Misconfigured(_lines(document))
    resolved = _resolved(document, document.data, (), path.parent, os.environ if environment is None else environment)
    try:
        top = Top.model_validate({**resolved, "key": document.data.get("key", "file:./data/gateway.key")})
    except ValidationError as error:
        shapes.explain(document, error, (), Top)
        top = None
    channels = _channels(document, resolved.get("channels"))
    offices = _offices(document, resolved.get("offices"))
    _routes(document, top, channels)
    proxies = _networks(document, resolved.get("trusted_proxies") or [])
    if top is None or document.complaints:
        raise Misconfigured(_lines(document, resolved))
    config = _joined(path, top, channels, offices, proxies)
    _prove_safe(document, config, resolved)
    if document.complaints:
        raise Misconfigured(_lines(document, resolved))
    return config


def _lines(document: Document, resolved: Any = None) -> list[str]:
    """Return the complaints; what came from the environment or a file may be a secret, and is not repeated."""
    written = dict(_leaves(document.data, ()))
    placed = [value for path, value in _leaves(resolved, ()) if value != written.get(path) and len(value) > 3]
    lines = [str(complaint) for complaint in sorted(document.complaints)]
    for secret in placed:
        lines = [line.replace(secret, "…").replace(repr(secret)[1:-1], "…") for line in lines]
    return lines


def _joined(
    path: Path, top: Top, channels: dict[str, Channel], offices: dict[str, OfficeEntry], proxies: tuple[Any, ...]
) -> Config:
    host, _, port = top.listen.rpartition(":")
    folder = path.resolve().parent
    return Config(
        file=path,
        host=host.strip("[]"),
        port=int(port),
        public_url=top.public_url,
        data=(folder / top.data).resolve(),
        menus=folder / top.menus,  # a link stays one: it may lead elsewhere tomorrow
        reload=top.reload,
        durability=top.durability,
        country=top.country,
        zone=ZoneInfo(top.time_zone),
        key_file=(folder / top.key.removeprefix("file:")).resolve(),
        trusted_proxies=proxies,
        limits=top.limits,
        sms_limits=top.sms_limits,
        routes=tuple(top.routes),
        give_up_after=top.give_up_after,
        channels=channels,
        offices=offices,
    )


def _resolved(document: Document, value: Any, path: places.Path, folder: Path, env: Mapping[str, str]) -> Any:
    """Replace `env:NAME` and `file:PATH` by what they name, but for the key and what describes a telecom."""
    if isinstance(value, dict):
        return {
            key: part if _is_left(*path, key) else _resolved(document, part, (*path, key), folder, env)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_resolved(document, part, (*path, index), folder, env) for index, part in enumerate(value)]
    found = SECRET.match(value) if isinstance(value, str) else None
    if not found:
        return value
    if found[1] == "env":
        if not env.get(found[2]):
            what, todo = f"the environment has no {found[2]}", f"set {found[2]} before the start"
            document.complain("config-missing-secret", path, what, todo)
        return env.get(found[2], "")
    try:
        return (folder / found[2]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        what, todo = f"the file {found[2]} cannot be read: {error}", "write the secret into that file"
        document.complain("config-unreadable-secret", path, what, todo)
        return ""


def _is_left(*path: str | int) -> bool:
    return path == ("key",) or (len(path) == 3 and path[0] == "channels" and path[2] == "describe")


# --- channels and offices -----------------------------------------------------------------------------------------


def _channels(document: Document, raw: Any) -> dict[str, Channel]:
    found: dict[str, Channel] = {}
    for name, body in (raw if isinstance(raw, dict) else {}).items():
        path: places.Path = ("channels", name)
        body, written = _described(document, path, body)
        if written is not None and written.complaints:
            continue
        split = _split(document, path, body, ChannelPart, TELECOMS, "provider", written)
        if split is None:
            continue
        part, telecom, settings = split
        codes = {c: o if isinstance(o, Code) else Code(service=o) for c, o in part.codes.items()}
        for code in codes:
            if not re.fullmatch(r"\*\d{1,6}(\*\d{1,8})*#", code):
                place, what = (*path, "codes", code), f"{code!r} is no short code"
                document.complain("config-bad-short-code", place, what, "write it as *384*70#", key=True)
        if codes and not telecom.USSD:
            what = f"{part.provider} has no USSD"
            document.complain("config-no-ussd", (*path, "codes"), what, "remove codes", key=True)
        if part.sms is not None and not telecom.SMS:
            what = f"{part.provider} has no SMS"
            document.complain("config-no-sms", (*path, "sms"), what, "remove sms", key=True)
        limits = Limits(part.screen.septets, part.screen.units, part.unicode, _table(part.shift_table, ""))
        found[name] = Channel(
            name, telecom, settings, codes, part.sms, limits, part.answer_within, part.session_lasts,
            part.repeat_within, part.client_certificate, _shown_by(limits, part.networks),
        )  # fmt: skip
    return found


def _table(named: str | None, otherwise: str) -> str:
    """Return a shift table by the name in the configuration, `none` or nothing included."""
    return otherwise if named is None else "" if named == "none" else named


def _shown_by(limits: Limits, networks: Mapping[str, NetworkPart]) -> dict[str, Limits]:
    """Return what fits a screen of each network that is named."""
    return {
        code: replace(
            limits,
            unicode=limits.unicode if network.unicode is None else network.unicode,
            shift=_table(network.shift_table, limits.shift),
        )
        for code, network in networks.items()
    }


def _routes(document: Document, top: Top | None, channels: Mapping[str, Channel]) -> None:
    sending = [name for name, channel in channels.items() if channel.sms is not None]
    for index, route in enumerate(top.routes if top is not None else ()):
        for place, name in enumerate(route.channels):
            if name not in sending:
                what = f"{name!r} is no channel with sms"
                document.complain(
                    "config-unknown-channel", ("routes", index, "channels", place), what, places.nearest(name, sending)
                )


def _described(document: Document, path: places.Path, body: Any) -> tuple[Any, Document | None]:
    """Return a channel with the description that it names as `file:PATH`, and that file with its places."""
    named = SECRET.match(str(body.get("describe"))) if isinstance(body, dict) else None
    if named is None or named[1] != "file":
        return body, None
    file = Path(document.file).parent / named[2]
    try:
        text = file.read_bytes()
    except OSError as error:
        what, todo = f"the file {named[2]} cannot be read: {error}", "write the telecom's description into that file"
        document.complain("config-unreadable-description", (*path, "describe"), what, todo)
        return {key: value for key, value in body.items() if key != "describe"}, None
    written = places.read(text, str(file))
    document.complaints += written.complaints
    written.values = {("describe", *place): at for place, at in written.values.items()}
    written.keys = {("describe", *place): at for place, at in written.keys.items()}
    return {**body, "describe": written.data}, written


def _offices(document: Document, raw: Any) -> dict[str, OfficeEntry]:
    found: dict[str, OfficeEntry] = {}
    for name, body in (raw if isinstance(raw, dict) else {}).items():
        split = _split(document, ("offices", name), body, OfficePart, OFFICES, "adapter")
        if split is not None:
            part, adapter, settings = split
            found[name] = OfficeEntry(name, adapter, settings, part.rate, part.in_flight, part.trip_after)
    return found


def _split(
    document: Document, path: places.Path, body: Any, ours: type[BaseModel], table: Mapping[str, Any], kind: str,
    described: Document | None = None,
) -> tuple[Any, Any, Any] | None:  # fmt: skip
    """Read our own keys and the provider's. None after a complaint, which may be about the file `described`."""
    if not isinstance(body, dict):
        document.complain("not-keys-and-values", path, "this must have keys and values", f"start with {kind}: …")
        return None
    mine = {key: value for key, value in body.items() if key in ours.model_fields}
    theirs = {key: value for key, value in body.items() if key not in ours.model_fields}
    provider = table.get(str(body.get(kind)))
    if body.get(kind) is not None and provider is None:
        name = str(body[kind])
        what, todo = f"there is no {kind} {name!r}", places.nearest(name, table)
        document.complain(f"config-unknown-{kind}", (*path, kind), what, todo)
        return None
    try:
        part = ours.model_validate(mine)
    except ValidationError as error:
        shapes.explain(document, error, path, ours)
        return None
    try:
        settings = provider.Settings.model_validate(theirs) if provider else None
    except ValidationError as error:
        model = provider.Settings if provider else ours
        if described is not None and all(detail["loc"][:1] == ("describe",) for detail in error.errors()):
            shapes.explain(described, error, (), model)
            document.complaints += described.complaints
        else:
            shapes.explain(document, error, path, model, tuple(ours.model_fields))
        return None
    return part, provider, settings


def _networks(document: Document, raw: Any) -> tuple[Any, ...]:
    found = []
    for index, value in enumerate(raw if isinstance(raw, list) else []):
        try:
            found.append(ipaddress.ip_network(value))
        except ValueError:
            place, what = ("trusted_proxies", index), f"{value!r} is no network"
            document.complain("config-bad-network", place, what, "write it as 10.0.0.0/8")
    return tuple(found)


# --- what must not be ---------------------------------------------------------------------------------------------


def _prove_safe(document: Document, config: Config, resolved: Any) -> None:
    """Beyond loopback every channel proves its caller, and no demo secret is in use."""
    for name, channel in config.channels.items():
        if channel.client_certificate is not None and not config.trusted_proxies:
            place, what = ("channels", name, "client_certificate"), "there is no proxy that could show one"
            document.complain("config-no-proxy", place, what, "name your proxy in trusted_proxies", key=True)
    if config.loopback:
        return
    for name, channel in config.channels.items():
        if not channel.proofs():
            what, todo = "nothing proves that its callbacks are genuine", "give it secrets or addresses, or listen on"
            document.complain("config-unproved-channel", ("channels", name), what, f"{todo} 127.0.0.1", key=True)
    for path, value in _leaves(resolved, ()):
        if value in DEMO_SECRETS:
            todo = "make a secret of your own, as env:NAME or file:PATH, or listen on 127.0.0.1"
            document.complain("config-demo-secret", path, "this is the demo secret, which everybody knows", todo)


def _leaves(value: Any, path: places.Path) -> list[tuple[places.Path, Any]]:
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in _leaves(part, (*path, key))]
    if isinstance(value, list):
        return [leaf for index, part in enumerate(value) for leaf in _leaves(part, (*path, index))]
    return [(path, value)]
