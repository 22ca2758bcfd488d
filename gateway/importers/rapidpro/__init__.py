"""RapidPro flow exports, JSON of nodes, actions and switches, in our menu language. Pure.

The format as goflow documents it (13 and 14): a flow is a list of nodes that begins with the first; a node has actions,
perhaps a switch with cases that lead to categories, and exits to other nodes; translations stand apart, by uuid.
"""

from __future__ import annotations

from gateway.importers import naming
from gateway.importers.draft import Draft, literal
from gateway.importers.mending import Made, finished
from gateway.importers.notes import Imported, Notes
from gateway.importers.offices import Offices
from gateway.importers.rapidpro.conversion import Conversion
from gateway.importers.rapidpro.export import Export, Flow, iso, maps, read, router, targets
from gateway.importers.rapidpro.known import Known, learn, snake
from gateway.importers.rapidpro.nodes import walked
from gateway.messages import GatewayError


def imported(text: str, file: str, agency: str, service: str = "") -> Imported:
    """Return the services that the flows of an export make. `service` names it where there is just one flow.

    Raises GatewayError for what is no export.
    """
    export = read(text, file)
    if service and len(export.flows) > 1:
        raise GatewayError(f"--service names one service, and {file} holds {len(export.flows)} flows (leave it out)")
    notes, offices = Notes(), Offices()
    names: dict[str, str] = {}
    for flow in export.flows:
        names[flow.uuid] = service or naming.unique(naming.slug(flow.name, "flow"), names.values(), "-")
    results = {flow.uuid: frozenset(_results(flow)) for flow in export.flows}
    entered = {uuid for flow in export.flows for uuid in _entered(flow)}
    drafts = []
    for flow in export.flows:
        draft = _draft(flow, agency, names[flow.uuid], notes)
        known = Known()
        learn(known, flow)
        _converted(Conversion(flow, draft, offices, notes, known, names, results, flow.uuid in entered))
        drafts.append(draft)
    _note_the_rest(export, drafts, names, notes)
    return finished(Made(drafts, offices, notes))


def _draft(flow: Flow, agency: str, service: str, notes: Notes) -> Draft:
    own = iso(str(flow.data.get("language") or ""))
    if not own:
        notes.doubt(flow.place(), f"{flow.name!r} does not say its language", "it is taken for en; correct languages")
    languages = list(dict.fromkeys([own or "en", *(iso(code) for code in flow.translations() if iso(code))]))
    if flow.data.get("type") == "voice":
        notes.differs(flow.place(), f"{flow.name!r} is spoken on the phone", "read the texts on a screen")
    minutes = flow.data.get("expire_after_minutes")
    if isinstance(minutes, int) and minutes > 0:
        what = f"{flow.name!r} waited {minutes} minutes for an answer"
        notes.differs(flow.place(), what, "here a dropped call is kept for resume_for, and an SMS session for 24 h")
    return Draft(
        service, agency, literal(flow.name.strip()) or service, languages, flow.place(), f"{flow.file} (RapidPro)"
    )


def _converted(c: Conversion) -> None:
    """Fill the draft with the screens of the flow."""
    if not c.flow.nodes:
        c.notes.lost(c.flow.place(), f"{c.flow.name!r} has no nodes", "write its screens")
        c.draft.start = c.draft.ended("thanks", "finished")
        return
    walked(c)
    for uuid, node in c.flow.nodes.items():
        if uuid not in c.entries and not _is_retry(c, uuid):
            said = [str(one.get("text")) for one in maps(node, "actions") if one.get("text")]
            what = f"{c.flow.name!r}: nothing leads to a node{f': {said[0]}' if said else ''}"
            c.notes.lost(c.place(node), what, "lead to it, or forget it")
    for tongue, texts in c.untranslated.items():
        each = "; ".join(dict.fromkeys(" ".join(text.split()) for text in texts if text))
        if each:
            what = f"{c.flow.name!r}: some texts are not translated into {tongue}: {each[:200]}"
            c.notes.doubt(c.draft.place, what, "translate them")


def _is_retry(c: Conversion, uuid: str) -> bool:
    """True for a node whose message became what is said of a wrong answer."""
    return any(uuid in targets(node) and router(node) for node in c.flow.nodes.values())


def _results(flow: Flow) -> list[str]:
    named = [router(node).get("result_name") for node in flow.nodes.values()]
    named += [
        one.get("name")
        for node in flow.nodes.values()
        for one in maps(node, "actions")
        if one.get("type") == "set_run_result"
    ]
    return [snake(str(name)) for name in named if name]


def _entered(flow: Flow) -> list[str]:
    entering = [one for node in flow.nodes.values() for one in maps(node, "actions") if one.get("type") == "enter_flow"]
    return [str(one["flow"].get("uuid")) for one in entering if isinstance(one.get("flow"), dict)]


def _note_the_rest(export: Export, drafts: list[Draft], names: dict[str, str], notes: Notes) -> None:
    """Carry over keywords, and note the campaigns and other triggers."""
    by_service = {draft.service: draft for draft in drafts}
    place = (export.file, 1)
    for one in maps(export.data, "triggers"):
        flow = one.get("flow")
        service = names.get(str(flow.get("uuid"))) if isinstance(flow, dict) else None
        words = one.get("keywords") or [one.get("keyword")]
        found = naming.keywords(str(word) for word in words if word) if isinstance(words, list) else []
        if service and found and one.get("trigger_type", "K") == "K":
            if one.get("groups") or one.get("exclude_groups"):
                notes.lost(place, f"the keyword {', '.join(found)} was for some groups only", "branch on who calls")
            by_service[service].keywords += [word for word in found if word not in by_service[service].keywords]
        else:
            name = flow.get("name") if isinstance(flow, dict) else "?"
            notes.lost(
                place, f"a trigger of the type {one.get('trigger_type')} for {name!r}", "begin it by code or keyword"
            )
    for one in maps(export.data, "campaigns"):
        notes.lost(place, f"the campaign {one.get('name')!r}", "let the office send its messages")
