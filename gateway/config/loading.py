"""Reads config.yaml: strict, every complaint with its place, all at once. Touches files and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from gateway.config.entries import Channel, Config, OfficeEntry
from gateway.config.providers import channels_of, check_routes, offices_of
from gateway.config.safety import check_safety
from gateway.config.secrets import resolved, unread, without_secrets
from gateway.config.settings import Top
from gateway.language import places, shapes
from gateway.language.places import Complaint, Document
from gateway.messages import Misconfigured
from providers.proofs import network


def load(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Read the configuration. Raises Misconfigured with every complaint at once."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what, todo = f"it cannot be read: {unread(error)}", "say where it is with --config"
        raise Misconfigured([str(Complaint(str(path), 1, 1, what, todo, "config-unreadable"))]) from error
    document = places.read(text, str(path))
    if not isinstance(document.data, dict):
        if not document.complaints:
            what, todo = "the configuration has keys and values", "start from config.example.yaml"
            document.complain("config-not-keys-and-values", (), what, todo)
        raise Misconfigured(without_secrets(document))
    found = resolved(document, document.data, (), path.parent, os.environ if environment is None else environment)
    try:
        top = Top.model_validate({**found, "key": document.data.get("key", "file:./data/gateway.key")})
    except ValidationError as error:
        shapes.explain(document, error, (), Top)
        top = None
    channels = channels_of(document, found.get("channels"))
    offices = offices_of(document, found.get("offices"))
    check_routes(document, top, channels, found.get("channels"))
    proxies = _networks(document, found.get("trusted_proxies") or [])
    if top is None or document.complaints:
        raise Misconfigured(without_secrets(document, found))
    config = _joined(path, top, channels, offices, proxies)
    check_safety(document, config, found)
    if document.complaints:
        raise Misconfigured(without_secrets(document, found))
    return config


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


def _networks(document: Document, raw: Any) -> tuple[Any, ...]:
    found = []
    for index, value in enumerate(raw if isinstance(raw, list) else []):
        place = ("trusted_proxies", index)
        if place in document.lost or not isinstance(value, str):
            continue
        try:
            found.append(network(value))
        except ValueError as error:
            document.complain("config-bad-network", place, *places.advised(str(error), "write it as 10.0.0.0/8"))
    return tuple(found)
