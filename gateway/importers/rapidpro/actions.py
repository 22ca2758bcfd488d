"""The actions of a node that are no messages: values, offices, other flows, and what has no place here. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from gateway.importers import cel, naming
from gateway.importers.cel import Cel
from gateway.importers.mending.speaking import SPEAK
from gateway.importers.offices import EXAMPLE
from gateway.importers.rapidpro.conversion import Act, Conversion, Row
from gateway.importers.rapidpro.export import iso, maps
from gateway.importers.rapidpro.known import CONTACT_NAME

PLAIN_HEADERS = frozenset({"content-type", "accept", "user-agent"})
SLOT = re.compile(r"\{([a-z_]\w*)[^{}]*\}")
CONFIRM = "confirm"

# What is left out, and what to do about it.
LEFT_OUT: Mapping[str, tuple[str, str]] = {
    "add_contact_groups": ("the contact is put into groups", "send the office what tells its people apart"),
    "remove_contact_groups": ("the contact is taken out of groups", "send the office what tells its people apart"),
    "add_contact_urn": ("an address of the contact is kept", "send it to an office with a submit"),
    "add_input_labels": ("the message is labelled", "send the office what tells messages apart"),
    "set_contact_channel": ("the contact's channel is set", "nothing: the telecom decides"),
    "set_contact_status": ("the contact's status is set", "STOP and START do that here"),
    "set_contact_timezone": ("the contact's time zone is set", "nothing: the gateway has one"),
    "send_broadcast": ("a message goes out to others", "let the office send it"),
    "start_session": ("a flow is started for others", "let the office do it"),
    "transfer_airtime": ("airtime is transferred", "let an office do it, with confirm and submit"),
    "call_classifier": ("a classifier reads the answer", "ask with a menu"),
    "call_llm": ("a language model writes an answer", "ask with a menu"),
    "call_resthook": ("a resthook is called", "ask or tell an office, with fetch or submit"),
    "request_optin": ("an opt-in is asked for", "STOP and START do that here"),
    "send_optin": ("an opt-in is asked for", "STOP and START do that here"),
    "play_audio": ("a sound is played", "say it in words"),
}


def act(c: Conversion, row: Row, action: dict[str, Any]) -> None:
    """Put what an action does behind the row."""
    kind = str(action.get("type"))
    if kind in ACTIONS:
        ACTIONS[kind](c, row, action)
        return
    what, todo = LEFT_OUT.get(kind, (f"the action {kind}", "do it by hand"))
    details = _details(action)
    c.notes.lost(c.place(action), f"{c.flow.name!r}: {what}{details}", todo)


def _details(action: dict[str, Any]) -> str:
    """Return the names of what the action is about."""
    parts = [*(action.get("groups") or ()), *(action.get("labels") or ())]
    named = [str(one.get("name") or one.get("name_match")) for one in parts if isinstance(one, dict)]
    found = [*named, *(str(action[key]) for key in ("audio_url", "text", "resthook", "status") if action.get(key))]
    return f": {', '.join(found)}" if found else ""


# --- values -------------------------------------------------------------------------------------------------------


def _set(c: Conversion, row: Row, wanted: str, ours: str, value: Cel, action: dict[str, Any]) -> None:
    """Put a computed value behind; several in a row are one screen."""
    if value.source == ours:
        return
    c.known.save(ours, "text" if value.literal is not None and value.kind == "text" else value.kind)
    last = next(reversed(c.draft.screens.values()), None)
    if last is not None and last.kind == "set" and row.ends and row.ends[0][0] is last.body:
        before = last.body["values"]
        if ours not in before:
            before[ours] = value.source
            return
    row.add(wanted, "set", {"values": {ours: value.source}, "go": ""}, c.place(action))


def _result(c: Conversion, row: Row, action: dict[str, Any]) -> None:
    name = str(action.get("name") or "result")
    value = c.computed(str(action.get("value") or ""), action)
    ours = c.known.result(name)
    _set(c, row, f"set_{ours}", ours, value, action)
    if action.get("category") and c.known.tells(ours):
        _set(c, row, f"set_{ours}", f"{ours}_category", cel.text(str(action["category"])), action)


def _field(c: Conversion, row: Row, action: dict[str, Any]) -> None:
    field = action.get("field")
    key = str(field.get("key")) if isinstance(field, dict) else "field"
    _keep(c, row, action, c.known.field(key), f"the field {key} of the contact", "value")


def _contact_name(c: Conversion, row: Row, action: dict[str, Any]) -> None:
    _keep(c, row, action, CONTACT_NAME, "the name of the contact", "name")


def _keep(c: Conversion, row: Row, action: dict[str, Any], ours: str, what: str, key: str) -> None:
    value = c.computed(str(action.get(key) or ""), action)
    todo = "send it to an office with a submit, if it must be kept"
    c.notes.differs(c.place(action), f"{c.flow.name!r}: {what} is kept until the conversation ends, as {ours!r}", todo)
    _set(c, row, f"set_{ours}", ours, value, action)


def _local(c: Conversion, row: Row, action: dict[str, Any]) -> None:
    ours = naming.name(str(action.get("local") or "local"))
    if action.get("operation") == "increment":
        c.notes.lost(c.place(action), f"{c.flow.name!r}: {ours} is counted up", "count in the office")
        return
    _set(c, row, f"set_{ours}", ours, c.computed(str(action.get("value") or ""), action), action)


def _language(c: Conversion, row: Row, action: dict[str, Any]) -> None:
    code = str(action.get("language") or "")
    if not iso(code):
        c.notes.lost(
            c.place(action), f"{c.flow.name!r}: the language is set to {code or 'none'}", "let the caller choose"
        )
        return
    row.add(f"speak_{iso(code)}", SPEAK, {"language": iso(code), "go": ""}, c.place(action))


# --- offices ------------------------------------------------------------------------------------------------------


def webhook(c: Conversion, row: Row, action: dict[str, Any]) -> dict[str, Any]:
    """Put a `fetch` behind and return its body; `otherwise` is still to be led somewhere."""
    method, place = str(action.get("method") or "GET").upper(), c.place(action)
    url = SLOT.sub(r"{\1}", c.template(str(action.get("url") or ""), action))
    body = _json(c, action) if action.get("body") and method != "GET" else None
    answer = {ours: f"$.{c.known.spelled[path]}" for path, ours in c.known.answers.items()}
    asked = c.offices.web(method, url, {}, body, answer)
    headers = [key for key in action.get("headers") or {} if str(key).lower() not in PLAIN_HEADERS]
    if headers:
        what = f"{c.flow.name!r}: the headers {', '.join(headers)} of a web request; their values are not written down"
        c.notes.lost(place, what, "write what the office needs under auth or headers of the office")
    made: dict[str, Any] = {"office": asked.office, "ask": asked.ask}
    made |= {"send": asked.send} if asked.send else {}
    made |= {"save": {ours: _saved(c, ours) for ours in c.known.answers.values()}} if c.known.answers else {}
    made |= {"go": "", "otherwise": ""}
    row.add(f"ask_{naming.name(asked.ask, 'office')}", "fetch", made, place)
    return made


def _saved(c: Conversion, ours: str) -> Any:
    return {"as": ours, "kind": "number"} if c.known.kinds[ours] == "number" else ours


def _json(c: Conversion, action: dict[str, Any]) -> dict[str, Any] | None:
    """Return the body of a web request as JSON with our templates; None, and a note, if it is no such JSON."""
    written = str(action["body"])
    quoted = re.sub(r"@\(json\(((?:[^()]|\([^()]*\))*)\)\)", r'"@(\1)"', written)
    made = SLOT.sub(r"{\1}", _templated(c, quoted, action))
    try:
        found = json.loads(made.replace("{{", "{").replace("}}", "}"))
    except json.JSONDecodeError:
        found = None
    if isinstance(found, dict):
        return found
    c.notes.lost(c.place(action), f"{c.flow.name!r}: the body {written}", "write it under send of the office")
    return None


def _templated(c: Conversion, written: str, action: dict[str, Any]) -> str:
    return c.template(written, action)


def _submit(c: Conversion, row: Row, action: dict[str, Any], office: str, ask: str, send: dict[str, str]) -> None:
    """Put behind: what is sent is confirmed, filed, and the number told."""
    place = c.place(action)
    shown = next((text for text in (send.get("note"), send.get("body")) if text and SLOT.search(text)), "")
    ending = c.draft.said("send")
    text: Any = ending
    if shown:
        text = {tongue: f"{shown}\n{line}" for tongue, line in ending.items()} if isinstance(ending, dict) else ""
        text = text or f"{shown}\n{ending}"
    row.add(f"confirm_{naming.name(ask)}", CONFIRM, {"text": text, "go": "", "change": ""}, place, made=True)
    spec = {"method": "POST", "path": f"/{ask}", "send": {key: f"{{{key}}}" for key in send}}
    asked = c.offices.take(office, EXAMPLE, ask, spec)
    body = {"office": asked.office, "ask": asked.ask, "send": send, "go": ""}
    row.add(f"file_{naming.name(ask)}", "submit", body, place, f"from: {action.get('type')}")
    if action.get("type") == "send_email" and any(one.get("type") == "open_ticket" for one in _all(c)):
        return  # the number that counts is the ticket's
    row.add("your_number", "say", {"text": c.draft.said("number"), "go": ""}, place, made=True)


def _all(c: Conversion) -> list[dict[str, Any]]:
    return [one for node in c.flow.nodes.values() for one in maps(node, "actions")]


def ticket(c: Conversion, row: Row, action: dict[str, Any]) -> None:
    """Put a ticket behind, as a request to an office."""
    topic = action.get("topic") or action.get("ticketer")
    name = str(topic.get("name")) if isinstance(topic, dict) and topic.get("name") else str(action.get("subject") or "")
    note = c.template(str(action.get("note") or action.get("body") or ""), action)
    send = {"note": note, "phone": "{phone}"} if note else {"phone": "{phone}"}
    what = f"{c.flow.name!r}: a ticket is a request to an office: the caller confirms it and gets a number"
    c.notes.differs(c.place(action), what, "name the office that looks after tickets")
    if isinstance(action.get("assignee"), dict):
        c.notes.lost(c.place(action), f"{c.flow.name!r}: who looks after the ticket", "let the office decide")
    _submit(c, row, action, "tickets", naming.slug(name, "ticket"), send)


def _email(c: Conversion, row: Row, action: dict[str, Any]) -> None:
    addresses = action.get("addresses")
    to = ", ".join(c.template(str(one), action) for one in addresses) if isinstance(addresses, list) else ""
    subject = c.template(str(action.get("subject") or ""), action)
    send = {"to": to, "subject": subject, "body": c.template(str(action.get("body") or ""), action), "phone": "{phone}"}
    what = f"{c.flow.name!r}: an e-mail to {to} is a request to an office: the caller confirms it and gets a number"
    c.notes.differs(c.place(action), what, "name the office that passes e-mails on, or leave it out")
    _submit(c, row, action, "email", naming.slug(str(action.get("subject") or ""), "email"), send)


# --- other flows --------------------------------------------------------------------------------------------------


def enter(c: Conversion, row: Row, action: dict[str, Any]) -> None:
    """Put a `do` behind; a flow that is not in the export is said to be missing."""
    flow = action.get("flow")
    uuid, name = (str(flow.get("uuid")), str(flow.get("name"))) if isinstance(flow, dict) else ("", "?")
    service = c.services.get(uuid)
    if service is None:
        c.notes.lost(c.place(action), f"{c.flow.name!r} enters {name!r}, which is not in the export", "export both")
        text = c.draft.missing(name)
        comment = f"from: enter_flow {name}; not carried over"
        row.add(naming.short(name, "other_flow"), "say", {"text": text, "go": ""}, c.place(action), comment)
        return
    body: dict[str, Any] = {"service": service}
    saved = {naming.name(key): ours for key, ours in c.known.children.items() if key in c.results.get(uuid, ())}
    body |= {"save": saved} if saved else {}
    body["go"] = ""
    row.add(naming.short(name, "other_flow"), "do", body, c.place(action))


def _webhook(c: Conversion, row: Row, action: dict[str, Any]) -> None:
    made = webhook(c, row, action)
    row.ends = [(made, "go"), (made, "otherwise")]
    if c.known.answers:
        what = f"{c.flow.name!r}: when the office is slow or down, what it would have answered is empty"
        c.notes.doubt(c.place(action), what, "lead otherwise to a screen that says so")


ACTIONS: Mapping[str, Act] = {
    "set_run_result": _result,
    "set_contact_field": _field,
    "set_contact_name": _contact_name,
    "set_run_local": _local,
    "set_contact_language": _language,
    "call_webhook": _webhook,
    "open_ticket": ticket,
    "send_email": _email,
    "enter_flow": enter,
}
