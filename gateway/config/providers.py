"""Channels and offices: our own keys, those of their providers, and what does not go together. Touches files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway.config.entries import Channel, OfficeEntry
from gateway.config.secrets import SECRET
from gateway.config.settings import ChannelPart, Code, NetworkPart, OfficePart, Top
from gateway.contracts import Telecom
from gateway.language import places, shapes
from gateway.language.places import Document
from gateway.language.text import Limits
from providers.backoffice import OFFICES
from providers.telecom import TELECOMS


def channels_of(document: Document, raw: Any) -> dict[str, Channel]:
    """Return the channels that are good; the others are complained of."""
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
        _check_what_it_carries(document, path, part, telecom)
        codes = {c: o if isinstance(o, Code) else Code(service=o) for c, o in part.codes.items()}
        limits = Limits(part.screen.septets, part.screen.units, part.unicode, _table(part.shift_table, ""))
        found[name] = Channel(
            name, telecom, settings, codes, part.sms, limits, part.answer_within, part.session_lasts,
            part.repeat_within, part.client_certificate, _shown_by(limits, part.networks),
        )  # fmt: skip
    return found


def _check_what_it_carries(document: Document, path: places.Path, part: ChannelPart, telecom: Telecom) -> None:
    for code in part.codes:
        if not re.fullmatch(r"\*\d{1,6}(\*\d{1,8})*#", code):
            place, what = (*path, "codes", code), f"{code!r} is no short code"
            document.complain("config-bad-short-code", place, what, "write it as *384*70#", key=True)
    if part.codes and not telecom.USSD:
        what = f"{part.provider} has no USSD"
        document.complain("config-no-ussd", (*path, "codes"), what, "remove codes", key=True)
    if part.sms is not None and not telecom.SMS:
        what = f"{part.provider} has no SMS"
        document.complain("config-no-sms", (*path, "sms"), what, "remove sms", key=True)


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


def check_routes(document: Document, top: Top | None, channels: Mapping[str, Channel]) -> None:
    """Complain of routes that lead to a channel without SMS."""
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


def offices_of(document: Document, raw: Any) -> dict[str, OfficeEntry]:
    """Return the offices that are good; the others are complained of."""
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
