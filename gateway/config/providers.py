"""Channels and offices: our own keys, those of their providers, and what does not go together. Touches files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway.config.descriptions import described
from gateway.config.entries import Channel, OfficeEntry
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
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            what, todo = f"{name!r} cannot stand in an address", "use letters, digits, - and _, as in karibu-mobile"
            document.complain("config-bad-channel-name", path, what, todo, key=True)
        body, written = described(document, path, body)
        if written is not None and written.complaints:
            continue
        split = _split(document, path, body, ChannelPart, TELECOMS, "provider", written)
        if split is None:
            continue
        part, telecom, settings = split
        _check_what_it_carries(document, path, part, telecom)
        _check_what_opens(document, path, part, telecom, settings)
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


def _check_what_opens(
    document: Document, path: places.Path, part: ChannelPart, telecom: Telecom, settings: Any
) -> None:
    """Complain of a channel on which nobody can reach anything, or where two codes cannot be told apart."""
    if telecom.USSD and not part.codes and part.sms is None:
        what, todo = "no short code opens anything here", 'add codes: {"*384*70#": county-home}'
        place = (*path, "codes") if document.at((*path, "codes")) is not None else path
        document.complain("config-no-codes", place, what, todo, key=True)
    description = getattr(settings, "describe", None)
    if description is not None and not description.tells_the_code and len(part.codes) > 1:
        what = "callbacks do not say which of these codes was dialled"
        todo = "add code to the fields of the description, or give each code a channel of its own"
        document.complain("config-untold-code", (*path, "codes"), what, todo, key=True)


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


def check_routes(document: Document, top: Top | None, channels: Mapping[str, Channel], raw: Any) -> None:
    """Complain of routes that lead to a channel without SMS; of one that is faulty itself enough is said."""
    faulty = raw.keys() - channels.keys() if isinstance(raw, dict) else set()
    sending = [name for name, channel in channels.items() if channel.sms is not None]
    for index, route in enumerate(top.routes if top is not None else ()):
        for place, name in enumerate(route.channels):
            if name not in sending and name not in faulty:
                what = f"{name!r} is no channel with sms"
                document.complain(
                    "config-unknown-channel", ("routes", index, "channels", place), what, places.nearest(name, sending)
                )


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
    if (*path, kind) in document.lost:
        return None
    if body.get(kind) is not None and provider is None:
        name = str(body[kind])
        what, todo = f"there is no {kind} {name!r}", places.nearest(name, table)
        document.complain(f"config-unknown-{kind}", (*path, kind), what, todo)
        return None
    part = _judged(document, path, ours, mine)
    settings = _judged(document, path, provider.Settings, theirs, ours.model_fields, described) if provider else None
    lost = any(place[: len(path)] == path for place in document.lost)
    return None if part is None or settings is None or lost else (part, provider, settings)


def _judged(
    document: Document, path: places.Path, model: type[BaseModel], keys: dict[str, Any], beside: Iterable[str] = (),
    described: Document | None = None,
) -> Any:  # fmt: skip
    """Return what the keys say; None after complaints, each in its file: the configuration, or the one `described`."""
    try:
        return model.model_validate(keys)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        there = [detail for detail in errors if described is not None and detail["loc"][:1] == ("describe",)]
        shapes.explain_each(document, [detail for detail in errors if detail not in there], path, model, beside)
        if described is not None and there:
            shapes.explain_each(described, there, (), model)
            document.complaints += described.complaints
        return None
