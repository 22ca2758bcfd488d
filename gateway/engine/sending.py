"""What goes to an office: templates filled with values, not labels, and with their types. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.engine.stage import Stage, filled, value_of
from gateway.language import declared, templates
from gateway.language.declared import Declared
from gateway.language.values import Value


def to_send(stage: Stage, send: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is sent. A text that is nothing but `{name}` keeps the value's type."""
    return {key: _filled(stage, value) for key, value in send.items()}


def handed(stage: Stage, source: str, taken: Declared) -> Value:
    """Return what a service is given: a lone `{name}` hands on the value itself, anything else is a text.

    A text is read as an office's answer is: one of the service's `labels` becomes what the caller reads.
    """
    template = templates.compile(source)
    match template.parts:
        case (templates.Slot(name, ""),):
            value = value_of(stage, name)
        case _:
            value = filled(stage, source)
    return declared.taken(taken, value) if isinstance(value, str) and taken.is_text else value


def secret_in(stage: Stage, send: Any) -> bool:
    """True if anything in `send` names a secret answer."""
    if isinstance(send, str):
        return not templates.compile(send).names.isdisjoint(stage.state.secrets)
    parts = send.values() if isinstance(send, Mapping) else send if isinstance(send, list) else ()
    return any(secret_in(stage, part) for part in parts)


def _filled(stage: Stage, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(stage, part) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(stage, part) for part in value]
    if not isinstance(value, str):
        return value
    template = templates.compile(value)
    named = {name: _named(stage, name) for name in template.names}
    return templates.sent(template, named, stage.state.language)


def _named(stage: Stage, name: str) -> Any:
    """Only here may a secret answer leave the state."""
    return stage.state.secrets[name] if name in stage.state.secrets else value_of(stage, name)
