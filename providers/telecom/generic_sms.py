"""SMS of any gateway that speaks HTTP, after a description in the channel. Sends over the network; all else is pure.

What the description may say stands in providers/described/sms.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ConfigDict, Field

from gateway.messages import (
    JSON,
    Answer,
    Event,
    Events,
    Failed,
    Later,
    Noted,
    Receipt,
    Refused,
    Request,
    SendOutcome,
    Sent,
    Sms,
    SmsState,
    Texted,
    Unreadable,
    to_json,
)
from gateway.speech import Door, Spoken, Text, Turn
from providers.alphabet import is_plain, ucs2
from providers.answers import matches
from providers.callbacks import with_headers
from providers.described.answering import Plain
from providers.described.finding import values_of
from providers.described.sms import Meaning, Receiving, Reporting, Sending, compiled
from providers.described.speaking import written
from providers.exchange import Answered, exchange, json_of, said, trouble
from providers.forms import (
    FORM,
    CallingCode,
    anyones_number,
    count,
    is_unanswerable,
    label,
    moment,
    moment_of,
    required_label,
    texted_text,
)
from providers.proofs import (
    Basic,
    Network,
    PathSecret,
    SharedSecret,
    prove_shown,
    prove_standard_webhook,
    shown,
    standard_webhook,
)
from providers.replies import no_screen, nothing_heard
from providers.templates import filled, filled_text

Values = Mapping[str, str]

EVENTS: Final = ("sms", "receipt")
USSD = False
SMS = True
SEND_WITHIN: Final = 30.0  # seconds
MOST_OF_A_BATCH: Final = 100


class Settings(BaseModel):
    """A channel's keys in config.yaml: what proves the caller, and the description."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    secrets: tuple[PathSecret, ...] = Field((), max_length=2)
    addresses: tuple[Network, ...] = ()
    basic: Basic | None = None
    standard_webhooks: tuple[SharedSecret, ...] = Field((), max_length=2)
    calling_code: CallingCode = ""
    number: str = Field("", max_length=20, description="the number that citizens text, where callbacks do not say")
    receive: Receiving
    report: Reporting | None = None
    send: Sending


# --- callbacks ----------------------------------------------------------------------------------------------------


def proofs(settings: Settings) -> list[str]:
    """Say in words what proves this channel's caller. An empty list: nothing does."""
    return shown(settings) + (["a Standard Webhooks signature"] if settings.standard_webhooks else [])


def prove(request: Request, settings: Settings) -> None:
    """Raise Refused unless all that is configured is right."""
    prove_shown(request, settings)
    if settings.standard_webhooks:
        prove_standard_webhook(request, settings.standard_webhooks)
    if request.event == "receipt" and settings.report is None:
        raise Refused("the channel describes no `report`")


def parse(request: Request, settings: Settings) -> Events:
    """Read a callback. Raises Unreadable."""
    if request.event == "sms":
        return _read(request, settings.receive, lambda values: _sms(values, settings))
    report = settings.report
    if report is None:
        raise Unreadable("the channel describes no `report`")
    return _read(request, report, lambda values: _receipt(values, report))


def _read(request: Request, form: Receiving | Reporting, read: Callable[[Values], Event]) -> Events:
    values = values_of(request, form.transport, form.encoding, "", True)
    if not form.batch:
        return read(values)
    return [read(item) for item in _items(values, form.batch.lower())]


def _items(values: Values, batch: str) -> Iterator[Values]:
    """Yield the values of each item of a list, by their places within it."""
    for index in range(MOST_OF_A_BATCH):
        prefix = f"{batch}.{index}."
        item = {place.removeprefix(prefix): value for place, value in values.items() if place.startswith(prefix)}
        if not item:
            return
        yield item


def _at(values: Values, places: tuple[str, ...] | None) -> str:
    found = (values.get(place.lower(), "") for place in places or ())
    return next((value for value in found if value.strip()), "")


def _sms(values: Values, settings: Settings) -> Texted | Noted:
    form = settings.receive
    given = {"id": _at(values, form.id), "to": _at(values, form.to) or settings.number}
    sender, when = _at(values, form.number), _at(values, form.sent_at)
    if form.text and all(place.lower() not in values for place in form.text):
        raise Unreadable(f"the field {form.text[0]!r} is missing")
    text = texted_text({"text": _at(values, form.text)}, "text")
    if form.id is None:
        required_label({"sent_at": when}, "sent_at", 60)
        same = "\n".join((sender, given["to"], when, text))
        given["id"] = "made-" + hashlib.sha256(same.encode()).hexdigest()[:40]
    id_ = required_label(given, "id")
    if is_unanswerable(sender):
        return Noted("SMS from a sender that cannot be answered", {"id": id_})
    number = anyones_number(sender, settings.calling_code)
    sent_at = moment({"at": when}, "at") or moment_of(_seconds(when))
    return Texted(id_, number, required_label(given, "to", 20), text, sent_at)


def _seconds(when: str) -> float | None:
    """Return unix seconds of a number of seconds, or of milliseconds if it is as large as those are."""
    number = count({"at": when}, "at") if len(when) <= 12 else count({"at": when[:-3]}, "at")
    return None if number is None else float(number)


def _receipt(values: Values, form: Reporting) -> Receipt:
    given = {"id": _at(values, form.id), "status": _at(values, form.status), "reason": _at(values, form.reason)}
    word = required_label(given, "status", 60)
    state = form.state(word)
    reason = label(given, "reason", 400) if state == SmsState.FAILED else ""
    return Receipt(required_label(given, "id"), state, word, reason)


render = no_screen


def thank(request: Request, settings: Settings) -> Answer:
    """Write the answer that the description gives."""
    plain: Plain = settings.receive.answer
    if request.event == "receipt" and settings.report is not None:
        plain = settings.report.answer
    return Answer(plain.body.encode(), plain.type, plain.status)


# --- sending ------------------------------------------------------------------------------------------------------

_LATE: Final = 3600.0  # seconds until a number without a route is worth another try
_MEANINGS: Final[Mapping[Meaning, Later | Failed]] = {
    "temporary": Later("not now, by the channel's `refused`"),
    "auth": Later("our account or settings need repair, by the channel's `refused`", "auth"),
    "no_route": Later("no way to the number, by the channel's `refused`", after=_LATE, alone=True),
    "citizen_error": Failed("refused", "the gateway refuses the number or the text"),
    "opted_out": Failed("opted_out", "the number does not want SMS", "opted_out"),
    "contract": Failed("refused", "refused, by the channel's `refused`", "contract"),
}


async def send(http: httpx.AsyncClient, settings: Settings, sms: Sms) -> SendOutcome:
    """Hand over one SMS as described. A lost answer is Later `unknown`."""
    form, values = settings.send, _values(settings.send, sms)
    headers = {name: filled_text(template, values) for name, template in form.headers.items()}
    body, kind = _body(form, values)
    if body is not None:
        headers["Content-Type"] = form.content_type or kind
    query = {name: filled_text(template, values) for name, template in form.query.items()}
    url = form.url + (("&" if "?" in form.url else "?") + urlencode(query) if query else "")
    answered = await exchange(http, form.method, url, SEND_WITHIN, headers=headers, body=body or b"")
    return answered if isinstance(answered, Later) else _outcome(form, answered, sms)


def _values(form: Sending, sms: Sms) -> dict[str, str]:
    said = {"to": sms.to, "number": sms.to.removeprefix("+"), "text": sms.text, "hex": ucs2(sms.text).hex()}
    said |= {"coding": "0" if is_plain(sms.text) else "8", "key": sms.key, "sender": form.sender}
    return {name: secret.get_secret_value() for name, secret in form.values.items()} | said


def _body(form: Sending, values: Values) -> tuple[bytes | None, str]:
    if form.form is not None:
        return urlencode({name: filled_text(template, values) for name, template in form.form.items()}).encode(), FORM
    if form.json_ is not None:
        return to_json(filled(form.json_, values)), "application/json"
    if form.body is not None:
        return filled_text(form.body, values).encode("utf-8", "replace"), "text/plain; charset=utf-8"
    return None, ""


def _outcome(form: Sending, answered: Answered, sms: Sms) -> SendOutcome:
    """Judge an answer: first by the description, then as every server's statuses are meant."""
    text = answered.body.decode("utf-8", "replace")
    try:
        data: JSON = json_of(answered)
    except ValueError:
        data = None
    hidden = (sms.text, sms.to, *(secret.get_secret_value() for secret in form.values.values()))
    for refusal in form.refused:
        if refusal.holds(answered.status, text, data):
            meaning = _MEANINGS[refusal.means]
            return replace(meaning, why=f"{meaning.why}: it answered {said(answered, hidden)}")
    later = trouble(answered)
    if later is not None:
        return later
    if answered.status >= 400:
        return Failed(str(answered.status), f"the gateway answered {said(answered, hidden)}", "contract")
    if form.taken is not None and not form.taken.holds(answered.status, text, data):
        why = "the answer is not `taken`, and no `refused` explains it"
        return Failed("refused", f"{why}: it answered {said(answered, hidden)}", "contract")
    id_ = _id(form.id, text, data, sms)
    why = "the answer has no id; the SMS may have been sent"
    return Sent(id_) if id_ else Later(f"{why}: it answered {said(answered, hidden)}", "unknown")


def _id(where: str, text: str, data: JSON, sms: Sms) -> str:
    if where == "{key}":
        return sms.key
    if where.startswith("$"):
        found: list[Any] = matches(where, data)
        return str(found[0])[:128] if found and isinstance(found[0], (str, int)) else ""
    seen = compiled(where).search(text)
    return str(seen[1])[:128] if seen else ""


# --- the other side -------------------------------------------------------------------------------------------------


def speak(said: Turn | Text, settings: Settings, door: Door) -> Spoken:
    """Write an SMS as `receive` describes it, signed if the channel says so."""
    assert isinstance(said, Text)
    form, at = settings.receive, datetime.fromtimestamp(said.at, UTC).isoformat()
    places = ((form.id, said.id), (form.number, said.number), (form.to, said.to), (form.text, said.text))
    given = {where[0]: value for where, value in (*places, (form.sent_at, at)) if where}
    values = {f"{form.batch}.0.{place}": value for place, value in given.items()} if form.batch else given
    spoken = written(form.transport, form.encoding, "GET" if form.transport == "query" else "POST", "sms", values)
    if not settings.standard_webhooks:
        return spoken
    return with_headers(spoken, standard_webhook(settings.standard_webhooks[0], said.id, door.at, spoken.body))


hear = nothing_heard
