"""USSD of every telecom that calls over HTTP, after a description. Pure.

`generic_ussd` takes the description from the channel (`describe:`); a preset is a description that ships with the
gateway, of which a channel may change keys. Most telecoms differ in names only, and are presets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Annotated, Any, Final, Self

import httpx
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from gateway.messages import (
    Answer,
    Event,
    Inbound,
    Reply,
    Request,
    SendOutcome,
    Sms,
)
from gateway.speech import Door, Shown, Spoken, Text, Turn
from providers.described import reading, speaking
from providers.described.description import Description
from providers.described.filling import Template, filled
from providers.proofs import Basic, Network, PathSecret, prove_shown, shown
from providers.replies import no_sms


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_listed), Field(min_length=1, max_length=2)]
PRESETS: Final = resources.files("providers.telecom") / "presets"


def settings_over(preset: Mapping[str, Any]) -> type[BaseModel]:
    """Return the model of a channel's keys, whose `describe` changes a preset."""

    class Settings(BaseModel):
        """A channel's keys in config.yaml. `secrets` holds one path secret, or two while one replaces the other."""

        model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

        secrets: tuple[PathSecret, ...] = Field((), max_length=2)
        addresses: tuple[Network, ...] = Field((), description="networks that callbacks come from, as 192.0.2.0/24")
        basic: Basic | None = None
        parameters: dict[str, Secrets] = Field({}, description="secret values of parameters that callbacks carry")
        describe: Description

        @model_validator(mode="before")
        @classmethod
        def _over_the_preset(cls, data: Any) -> Any:
            if not isinstance(data, dict) or not preset:
                return data
            return data | {"describe": merged(preset, data.get("describe", {}))}

        @model_validator(mode="after")
        def _secret_where_the_path_goes_on(self) -> Self:
            missing = [name for name in self.parameters if name not in self.describe.parameters]
            if missing:
                raise ValueError(
                    f"the telecom sends no parameter {missing[0]!r} (it is not in `parameters` of its description)"
                )
            return self

    return Settings


def merged(preset: Mapping[str, Any], changes: Any) -> Any:
    """Return a preset with changes. Fields change one by one; all other keys whole, such as the marks or the reply."""
    if not isinstance(changes, dict):
        return changes
    fields = changes.get("fields")
    both = {"fields": preset["fields"] | fields} if isinstance(fields, dict) else {}
    return {**preset, **changes, **both}


@dataclass
class Described:
    """A telecom that is described. `preset` is the name of its file, "" for the one that brings its own."""

    preset: str
    EVENTS: tuple[str, ...] = ("ussd", "ussd/")
    USSD: bool = True
    SMS: bool = False

    @cached_property
    def description(self) -> Mapping[str, Any]:
        """The preset as it is written: every scalar is text."""
        return read_preset(self.preset) if self.preset else {}

    @cached_property
    def Settings(self) -> type[BaseModel]:
        """The model of the channel's own keys."""
        return settings_over(self.description)

    def proofs(self, settings: Any) -> list[str]:
        """Say in words what proves this channel's caller. An empty list: nothing does."""
        return [*shown(settings), *(["secret parameters"] if settings.parameters else [])]

    def prove(self, request: Request, settings: Any) -> None:
        """Raise Refused unless all that is configured is right."""
        prove_shown(request, settings)
        if settings.parameters:
            otherwise = bool(settings.secrets or settings.basic or settings.addresses)
            reading.prove_parameters(request, settings.describe, settings.parameters, otherwise)

    def parse(self, request: Request, settings: Any) -> Event:
        """Read a callback. Raises Unreadable."""
        return reading.read(request, settings.describe)

    def render(self, reply: Reply, inbound: Inbound, settings: Any) -> Answer:
        """Write a USSD screen as the description says."""
        form = settings.describe.reply
        text = reply.text
        for old, new in form.replace.items():
            text = text.replace(old, new)

        def look(name: str) -> str:
            return _value(name, text, inbound)

        def said(template: Template) -> str:
            return " ".join(filled(template, "text", look, more=reply.more).split())

        body = filled(form.bodies[reply.more], form.format, look, more=reply.more, newline=form.newline)
        headers = tuple((name, said(template)) for name, template in form.header_templates)
        return Answer(body.encode("utf-8", "replace"), form.type, form.status, headers)

    def thank(self, request: Request, settings: Any) -> Answer:
        """Write the answer to a notice that a session is over, or to a question of the telecom's."""
        plain, look = reading.plain_answer(request, settings.describe)
        body = filled(plain.template, plain.format, look, more=False)
        return Answer(body.encode("utf-8", "replace"), plain.type, plain.status)

    async def send(self, http: httpx.AsyncClient, settings: Any, sms: Sms) -> SendOutcome:
        """Raise GatewayError: this is USSD."""
        return await no_sms(http, settings, sms)


    def speak(self, said: Turn | Text, settings: Any, door: Door) -> Spoken:
        """Write the callback of a turn, with the secret parameters that the channel asks for."""
        assert isinstance(said, Turn)
        secrets = {name: values[0].get_secret_value() for name, values in settings.parameters.items()}
        return speaking.speak(settings.describe, said, secrets)

    def hear(self, shown: Shown, settings: Any) -> Reply:
        """Read a screen as `render` writes it. Raises Unreadable."""
        return speaking.hear(settings.describe, shown.headers, shown.body.decode("utf-8", "replace"))


def _value(name: str, text: str, inbound: Inbound) -> str:
    if name.startswith("echo."):
        return inbound.echo.get(name.removeprefix("echo."), "")
    return {
        "text": text,
        "first_line": text.partition("\n")[0],
        "session": inbound.session,
        "number": inbound.msisdn,
        "code": inbound.opens or inbound.code,
        "network": inbound.network,
        "sequence": inbound.turn,
        "url": inbound.echo.get("url", ""),
    }[name]


def read_preset(name: str) -> dict[str, Any]:
    """Return a preset as it is written: every scalar is text."""
    text = (PRESETS / f"{name}.yaml").read_text(encoding="utf-8")
    written: dict[str, Any] = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  makes nothing but text
    return written


def presets() -> dict[str, Described]:
    """Return every preset in the package by its name."""
    names = sorted(file.name.removesuffix(".yaml") for file in PRESETS.iterdir() if file.name.endswith(".yaml"))
    return {name: Described(name) for name in names}


generic_ussd: Final = Described("")
