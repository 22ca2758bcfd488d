"""A back office with a JSON interface over HTTP, described in config.yaml. Touches the network."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote, urlencode

import httpx

from gateway.messages import (
    JSON,
    Call,
    Delivered,
    Failed,
    Found,
    GatewayError,
    Health,
    Later,
    Lookup,
    Missing,
    Outcome,
    to_json,
)
from providers.answers import is_one_of, matches, values_at
from providers.backoffice.operations import Operation, Rule, Settings
from providers.exchange import Answered, exchange, json_of, trouble, wait_asked
from providers.templates import filled, filled_path, filled_text

__all__ = ["Settings", "answers", "compose", "deliver", "health", "look_up", "needs", "status"]

DELIVER_WITHIN: Final = 30.0  # seconds
HEALTH_WITHIN: Final = 3.0


def needs(settings: Settings, ask: str) -> frozenset[str] | None:
    """Return the names that the operation's path, query and body use; None if there is no such operation."""
    operation = settings.operations.get(ask)
    return None if operation is None else operation.needs()


def answers(settings: Settings, ask: str) -> Mapping[str, frozenset[str]]:
    """Return the names that the operation's answer can hold, each with its fields if it is a list."""
    return settings.operations[ask].answers()


def compose(settings: Settings, ask: str, send: Mapping[str, JSON]) -> Call:
    """Write the request once, as the bytes that every attempt sends. Pure.

    Raises GatewayError when the menu does not send a name, or its value cannot stand in the path.
    """
    operation = settings.operations[ask]
    path = filled_path(operation.path, send)
    if operation.query:
        query = {name: filled_text(template, send) for name, template in operation.query.items()}
        path += "?" + urlencode(query, quote_via=quote)
    if operation.method == "GET":
        return Call("GET", path)
    return Call(operation.method, path, to_json(dict(send) if operation.send is None else filled(operation.send, send)))


async def deliver(http: httpx.AsyncClient, settings: Settings, ask: str, call: Call, key: str) -> Outcome:
    """Send a composed call, for at most 30 s, under an Idempotency-Key (IETF httpapi draft 07, October 2025)."""
    operation = settings.operations.get(ask)
    if operation is None:
        return _unknown(ask)
    answered = await _call(http, settings, call, DELIVER_WITHIN, {"Idempotency-Key": f'"{key}"'})
    return answered if isinstance(answered, Later) else _delivered(operation, answered)


async def look_up(http: httpx.AsyncClient, settings: Settings, ask: str, call: Call, within: float) -> Lookup:
    """Ask the office, for at most `within` seconds. Found holds every name of the operation's `answer`."""
    operation = settings.operations.get(ask)
    if operation is None:
        return _unknown(ask)
    answered = await _call(http, settings, call, within, {})
    if isinstance(answered, Later):
        return replace(answered, kind="temporary")  # a question that was lost has changed nothing
    return _found(operation, answered)


async def status(
    http: httpx.AsyncClient, settings: Settings, ask: str, known: Mapping[str, JSON], within: float
) -> Lookup:
    """Ask how a delivered request stands, through the operation that `ask` names as its `status`.

    `known` are our `reference` and what the office answered when it took the request, such as a ticket of its own.
    """
    operation = settings.operations.get(ask)
    if operation is None or operation.status is None:
        return Failed("no-status", f"config.yaml gives operation {ask!r} no `status` operation", "contract")
    try:
        call = compose(settings, operation.status, known)
    except GatewayError as error:
        return Failed("no-status", str(error), "contract")
    return await look_up(http, settings, operation.status, call, within)


async def health(http: httpx.AsyncClient, settings: Settings) -> Health:
    """Ask whether the office is there: its `health` path, if config.yaml gives one, for at most 3 s."""
    if settings.health is None:
        return Health("ok", "not asked: config.yaml gives no `health` path")
    answered = await _call(http, settings, Call("GET", settings.health), HEALTH_WITHIN, {})
    if isinstance(answered, Later):
        return Health("down", answered.why)
    if answered.status < 300:
        return Health("ok")
    return Health("down" if answered.status >= 500 else "degraded", f"{settings.health} answered {answered.status}")


# --- the exchange -------------------------------------------------------------------------------------------------


async def _call(
    http: httpx.AsyncClient, settings: Settings, call: Call, within: float, headers: Mapping[str, str]
) -> Answered | Later:
    sent = {**settings.headers, **_credentials(settings), **headers}
    if call.body:
        sent["Content-Type"] = call.content_type
    url = settings.url.rstrip("/") + call.path
    return await exchange(http, call.method, url, within, headers=sent, body=call.body)


def _credentials(settings: Settings) -> dict[str, str]:
    auth = settings.auth
    if auth is None:
        return {}
    if auth.api_key is not None:
        return {auth.api_key.header: auth.api_key.value.get_secret_value()}
    if auth.basic is not None:
        pair = f"{auth.basic.username}:{auth.basic.password.get_secret_value()}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    return {"Authorization": f"Bearer {auth.bearer.get_secret_value()}"} if auth.bearer is not None else {}


# --- what an answer means -----------------------------------------------------------------------------------------


def _delivered(operation: Operation, answered: Answered) -> Outcome:
    data = _json(answered)
    meant = _meant(operation, answered, data)
    if isinstance(meant, Missing):
        return Failed("missing", "the office knows no such thing")
    if meant is not None:
        return meant
    if answered.status == 404:
        return _breach(answered)
    if answered.status == 204 and not operation.answer:
        return Delivered()
    if data is None and operation.reads_body():
        return Later(f"answered {answered.status}, but not in JSON that we can read", "unknown")
    values = values_at(operation.answer, data[0]) if data else {}
    if operation.answer and not values:
        return Later(f"answered {answered.status}, but with nothing that its `answer` paths find", "unknown")
    return Delivered(values)


def _found(operation: Operation, answered: Answered) -> Lookup:
    data = _json(answered)
    meant = _meant(operation, answered, data)
    if meant is not None:
        return meant
    if answered.status == 404:
        return Missing()
    if data is None and operation.reads_body():
        return Later(f"answered {answered.status}, but not in JSON that we can read")
    values = values_at(operation.answer, data[0]) if data else {}
    absent = sorted(set(operation.answer) - set(values))
    if absent:
        return Failed("answer", f"the answer has nothing at the path of {', '.join(absent)}", "contract")
    return Found(values)


def _json(answered: Answered) -> list[JSON] | None:
    """Return the answer's JSON in a list of one, since null is JSON too; None where there is none to read."""
    try:
        return [json_of(answered)]
    except ValueError:
        return None


def _meant(operation: Operation, answered: Answered, data: list[JSON] | None) -> Later | Missing | Failed | None:
    """Return what rules and status say against the request; None for 2xx, and for a 404 that no rule speaks of."""
    if any(_applies(rule, answered, data) for rule in operation.later):
        return Later(f"answered {answered.status}: a `later` rule", after=wait_asked(answered.headers))
    if any(_applies(rule, answered, data) for rule in operation.missing):
        return Missing()
    for rule in operation.refused:
        if _applies(rule, answered, data):
            return Failed(_code(rule, answered, data), "the office refuses it")
    if answered.status == 409:
        after = wait_asked(answered.headers)
        return Later("answered 409: an earlier attempt is still at work", after=after, alone=True)
    if answered.status >= 400 and answered.status != 404:
        return trouble(answered) or _breach(answered)
    return trouble(answered)


def _breach(answered: Answered) -> Failed:
    return Failed(
        str(answered.status), f"answered {answered.status}, which no rule in config.yaml explains", "contract"
    )


def _applies(rule: Rule, answered: Answered, data: list[JSON] | None) -> bool:
    if rule.status and answered.status not in rule.status:
        return False
    if rule.where is None:
        return True
    found = [value for value in matches(rule.where, data[0]) if value is not None] if data else []
    return is_one_of(found, rule.is_) if rule.is_ else bool(found)


def _code(rule: Rule, answered: Answered, data: list[JSON] | None) -> str:
    """Return the office's own code from where the rule looked, if it is short and plain enough to show."""
    for value in matches(rule.where, data[0]) if rule.where and data else []:
        if re.fullmatch(r"[A-Za-z0-9._:-]{1,40}", str(value)):
            return str(value)
    return str(answered.status)


def _unknown(ask: str) -> Failed:
    return Failed("no-operation", f"config.yaml no longer describes the operation {ask!r}", "contract")
