"""Http screens: a question to an office while the caller waits, or a request that is filed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.importers.draft import Place
from gateway.importers.offices import Asked
from gateway.importers.ussd_airflow import jinja
from gateway.importers.ussd_airflow.conversion import Conversion
from gateway.importers.ussd_airflow.known import STATUS, Listed

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PATIENCE = 5  # seconds: the most that a fetch waits
PLAIN_HEADERS = frozenset({"content-type", "accept", "user-agent"})
HEADERS = "write what the office needs under auth or headers of the office"


def http(c: Conversion, name: str, body: dict[str, Any]) -> None:
    """Put an http screen: a `fetch`, or `confirm` and `submit` where nobody waits for the answer."""
    place, request = c.place(name), body.get("http_request")
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        c.notes.lost(place, f"{name!r} says no url to ask", "write a fetch")
        gap = c.draft.missing(name)
        c.draft.put(name, "say", {"text": gap}, place, "from: http_screen without a url; not carried over")
        c.draft.screens[name].body["go"] = c.onward(name, body, name)
        return
    fields = c.known.answers.get(str(body.get("session_key")), {})
    _note_the_rest(c, name, request)
    later = "synchronous" in body and body["synchronous"] is not False
    if "synchronous" in body and not later:
        what = f"{name!r} has synchronous: false, which the manual and the program read differently"
        c.notes.doubt(c.place(name, "synchronous"), what, "it is asked while the caller waits")
    if later and str(request.get("method", "get")).upper() not in ("GET", "HEAD"):
        _file(c, name, body, _asked(c, name, request, {}, []), place)
    elif later:
        c.notes.lost(
            place, f"{name!r} asks {request['url']} later, out of the session", "do it in the office, or fetch"
        )
        c.draft.put(name, "branch", [{"go": ""}], place, "from: http_screen, asked later; not carried over")
        c.draft.screens[name].body[0]["go"] = c.onward(name, body, name)
    else:
        lists = [one for one in c.known.lists.values() if one.key == body.get("session_key")]
        _fetch(c, name, body, _asked(c, name, request, fields, lists), fields, lists)


def _asked(
    c: Conversion, name: str, request: dict[str, Any], fields: Mapping[tuple[str, ...], str], lists: list[Listed]
) -> Asked:
    method = str(request.get("method", "get")).upper()
    if method not in METHODS:
        c.notes.lost(
            c.place(name, "http_request", "method"), f"the method {method}", "GET is asked; correct the office"
        )
        method = "GET"
    query = _filled(c, name, request.get("params"), "params")
    bodies = [_filled(c, name, request.get(key), key) for key in ("json", "data") if request.get(key) is not None]
    flat = {key: ",".join(map(str, value)) if isinstance(value, list) else str(value) for key, value in query.items()}
    several = [key for key, value in query.items() if isinstance(value, list)]
    if several:
        what = f"{', '.join(several)} is a list in the query of {name!r}"
        c.notes.differs(c.place(name, "http_request", "params"), what, "it is sent with commas between")
    url = c.template(request["url"], name, "http_request", "url")
    body = {key: value for part in bodies for key, value in part.items()} if bodies else None
    answer: dict[str, Any] = {ours: f"$.{'.'.join(path)}" for path, ours in fields.items() if path != (STATUS,)}
    answer |= {listed.name: listed.answered() for listed in lists}
    return c.offices.web(method, url, flat, body, answer)


def _filled(c: Conversion, name: str, part: Any, key: str) -> dict[str, Any]:
    """Return a map that is sent, with our templates; what cannot be filled in is left out, and noted."""
    place = c.place(name, "http_request", key)
    if isinstance(part, str):
        c.notes.lost(place, f"the {key} of {name!r} is one text: {part}", "write what is sent under send of the office")
    found: dict[str, Any] = {}
    for field, value in part.items() if isinstance(part, dict) else ():
        troubles: list[str] = []
        made = _made(c, value, troubles)
        for trouble in troubles:
            c.notes.lost(place, f"{field} is not sent: {trouble}", "add it to the operation by hand")
        if not troubles:
            found[str(field)] = made
    return found


def _made(c: Conversion, value: Any, troubles: list[str]) -> Any:
    if isinstance(value, str):
        made = jinja.template(value, lambda parts: c.known.look(parts), troubles.append).strip()
        return re.sub(r"\{([a-z_]\w*) \| \w+\}", r"{\1}", made)
    if isinstance(value, dict):
        return {str(key): _made(c, part, troubles) for key, part in value.items()}
    if isinstance(value, list):
        return [_made(c, part, troubles) for part in value]
    return value


def _note_the_rest(c: Conversion, name: str, request: dict[str, Any]) -> None:
    """Note what else the request held."""
    headers = request.get("headers")
    special = [key for key in headers if str(key).lower() not in PLAIN_HEADERS] if isinstance(headers, dict) else []
    if special:
        what = f"the headers {', '.join(map(str, special))} of {name!r}; their values are not written down here"
        c.notes.lost(c.place(name, "http_request", "headers"), what, HEADERS)
    if request.get("verify") is False:
        what = f"{name!r} asked without looking at the certificate"
        c.notes.lost(
            c.place(name, "http_request", "verify"), what, "the gateway always looks; give the office a good one"
        )
    patience = request.get("timeout")
    if isinstance(patience, int) and patience > PATIENCE:
        what = f"{name!r} waited {patience} s for the office; here {PATIENCE} s is the most"
        c.notes.differs(c.place(name, "http_request", "timeout"), what, "make the office answer in time")
    known = {"method", "url", "params", "json", "data", "headers", "verify", "timeout"}
    for key in sorted(map(str, request.keys() - known)):
        c.notes.lost(
            c.place(name, "http_request", key), f"{key} of the request of {name!r}", "see the office in config.yaml"
        )


# --- screens ------------------------------------------------------------------------------------------------------


def _fetch(
    c: Conversion,
    name: str,
    body: dict[str, Any],
    asked: Asked,
    fields: Mapping[tuple[str, ...], str],
    lists: list[Listed],
) -> None:
    place = c.place(name)
    made: dict[str, Any] = {"office": asked.office, "ask": asked.ask}
    made |= {"send": asked.send} if asked.send else {}
    values = [ours for path, ours in fields.items() if path != (STATUS,)]
    saved = {ours: _saved(c, ours) for ours in values} | {one.name: one.saved() for one in lists}
    made |= {"save": saved} if saved else {}
    patience = body["http_request"].get("timeout")
    made |= {"within": f"{min(patience, PATIENCE)}s"} if isinstance(patience, int) and patience > 0 else {}
    c.draft.put(name, "fetch", made, place)
    status = fields.get((STATUS,))
    if status is not None:
        _tell_status(c, name, body, made, place, status, values)
    else:
        made["go"] = c.onward(name, body, name)
    if lists or (saved and status is None):
        made["otherwise"] = c.draft.ended("trouble", "trouble")
        what = f"{name!r}: when the office is slow or down, the caller is told so, and it ends"
        c.notes.differs(place, what, "lead otherwise to where she can go on")
    elif status is None:
        made["otherwise"] = made["go"]
        what = f"nothing of what the office answers to {name!r} is used; when it is slow or down, nobody notices"
        c.notes.doubt(place, what, "file it with confirm and submit, if it must arrive")


def _saved(c: Conversion, ours: str) -> Any:
    return {"as": ours, "kind": "number"} if c.known.kinds[ours] == "number" else ours


def _tell_status(
    c: Conversion, name: str, body: dict[str, Any], made: dict[str, Any], place: Place, status: str, values: list[str]
) -> None:
    """The journey looks at the status of the answer: 200 where the office answered, 0 where it did not."""
    good = {"values": {status: "200"}, "go": ""}
    bad = {"values": {status: "0", **dict.fromkeys(values, '""')}, "go": ""}
    made["go"] = c.draft.add(f"{name}_answered", "set", good, place, made=True)
    made["otherwise"] = c.draft.add(f"{name}_unanswered", "set", bad, place, made=True)
    good["go"] = bad["go"] = c.onward(name, body, name)
    what = f"{name!r} looks at the status of the answer: here it is 200 for any good answer, and 0 for none"
    c.notes.differs(place, what, "see that each branch after it fits")


def _file(c: Conversion, name: str, body: dict[str, Any], asked: Asked, place: Place) -> None:
    """File what was sent out of the session; a citizen confirms what is filed."""
    confirm = {"text": c.draft.said("send"), "go": "", "change": ""}
    c.draft.put(name, "confirm", confirm, place, "from: http_screen, sent after the session; filed now")
    filed = {"office": asked.office, "ask": asked.ask, "send": asked.send, "go": ""}
    confirm["go"] = c.draft.add(f"{name}_file", "submit", filed, place, made=True)
    number = {"text": c.draft.said("number"), "go": ""}
    filed["go"] = c.draft.add(f"{name}_number", "say", number, place, made=True)
    number["go"] = c.onward(name, body, name)
    what = f"{name!r} is filed: the caller confirms it first, and gets a number"
    c.notes.differs(place, what, "say in the confirm what is sent")
