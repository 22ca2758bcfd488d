"""How this machine calls the gateway as a channel's telecom does: the address, the proof, the callback. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gateway.config import Channel, Config
from gateway.speech import Door, Text, Turn, path_of
from providers.proofs import showing


class Call(NamedTuple):
    """One HTTP request to the gateway that runs here."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def call(config: Config, channel: Channel, said: Turn | Text, at: float) -> Call:
    """Return the request by which the channel's telecom tells of a turn or a text at `at`, in unix seconds."""
    secret, headers = showing(channel.settings)
    path = path_of(channel.name, secret)
    spoken = channel.telecom.speak(said, channel.settings, Door(f"{config.public_url}{path}", at))
    url = spoken.url(f"http://{config.host}:{config.port}{path}")
    return Call(spoken.method, url, {**spoken.headers, **headers}, spoken.body)
