"""The nodes of a flow, one after the other: messages, actions, questions, and where each exit leads. Pure."""

from __future__ import annotations

from typing import Any

from gateway.importers import naming
from gateway.importers.draft import ways
from gateway.importers.rapidpro import actions
from gateway.importers.rapidpro.conversion import NODE, Conversion, Row, plain
from gateway.importers.rapidpro.export import maps, router, targets, waits
from gateway.importers.rapidpro.known import snake
from gateway.importers.rapidpro.messages import MESSAGES, message, question, say
from gateway.importers.rapidpro.switches import decided, saved_as, special, split

OFFICES = frozenset({"call_webhook", "open_ticket", "send_email", "enter_flow"})  # what is said comes before them


def walked(c: Conversion) -> None:
    """Put the screens of every node that can be reached, in the order in which a caller comes to them."""
    nodes = c.flow.nodes
    c.owners = _owners(c)
    typed = _typed(c)
    waiting = list(nodes)[:1]
    while waiting:
        uuid = waiting.pop(0)
        if uuid in c.entries or uuid not in nodes:
            continue
        c.typed = typed.get(uuid, "")
        before = len(c.draft.screens)
        c.entries[uuid] = _node(c, nodes[uuid])
        led = [part[key] for screen in list(c.draft.screens.values())[before:] for part, key in ways(screen)]
        waiting = [to.removeprefix(NODE) for to in [c.entries[uuid], *led] if to.startswith(NODE)] + waiting
    c.draft.start = _resolved(c, NODE + next(iter(nodes), ""))
    for screen in list(c.draft.screens.values()):
        for part, key in ways(screen):
            part[key] = _resolved(c, part[key])


def _resolved(c: Conversion, target: str) -> str:
    """Return the screen that a node begins with; the end of the flow is a last screen."""
    seen = set()
    while target.startswith(NODE) and target not in seen:
        seen.add(target)
        uuid = target.removeprefix(NODE)
        if not uuid:
            return c.draft.ended("thanks", "finished")
        if uuid not in c.entries:
            return uuid
        target = c.entries[uuid]
    return c.draft.gap("again", "a circle of empty nodes", "", c.draft.place) if target in seen else target


def _owners(c: Conversion) -> dict[str, str]:
    """Return for each node that only waits the node whose last message is its question."""
    found: dict[str, str] = {}
    for uuid, node in c.flow.nodes.items():
        if router(node) or not _speaks(node):
            continue
        for target in targets(node):
            other = c.flow.nodes.get(target, {})
            if waits(other) and not _speaks(other):
                found.setdefault(target, uuid)
    return found


def _typed(c: Conversion) -> dict[str, str]:
    """Return for each node the name of the last answer, where it is the same whatever way was taken."""
    saved: dict[str, set[str]] = {}
    changed = True
    while changed:
        changed = False
        for uuid, node in c.flow.nodes.items():
            out = {saved_as(c, node)} if waits(node) else saved.get(uuid, set())
            for target in targets(node):
                known = saved.setdefault(target, set())
                if not out <= known:
                    known |= out
                    changed = True
    return {uuid: next(iter(names)) for uuid, names in saved.items() if len(names) == 1}


def _speaks(node: dict[str, Any]) -> bool:
    return any(str(one.get("type")) in MESSAGES for one in maps(node, "actions"))


# --- one node -----------------------------------------------------------------------------------------------------


def _node(c: Conversion, node: dict[str, Any]) -> str:
    """Put the screens of one node and return where it begins."""
    row, said, good = c.row(), [], ""
    decisive = special(node)
    for action in maps(node, "actions"):
        if str(action.get("type")) in MESSAGES:
            said.append(action)
            continue
        if action is decisive or str(action.get("type")) in OFFICES or _changes(action, said):
            say(c, row, said)
            said = []
        if action is decisive:
            good = decided(c, row, node, action)
        else:
            actions.act(c, row, action)
    if decisive is not None:
        say(c, row, said)
        row.lead(NODE + good)
    elif waits(node):
        said = said or _handed(c, node)
        say(c, row, said[:-1])
        question(c, row, node, said[-1:])
    elif router(node):
        say(c, row, said)
        split(c, row, node)
    else:
        _onward(c, row, node, said)
    return row.first


def _changes(action: dict[str, Any], said: list[dict[str, Any]]) -> bool:
    """True if an action sets what the messages before it show."""
    field = action.get("field")
    named = (
        str(field.get("key"))
        if isinstance(field, dict)
        else snake(str(action.get("name") or action.get("local") or ""))
    )
    return bool(named) and any("@" in text and named in text.lower() for text in (str(one.get("text")) for one in said))


def _handed(c: Conversion, node: dict[str, Any]) -> list[dict[str, Any]]:
    owner = c.flow.nodes.get(c.owners.get(node["uuid"], ""), {})
    return [one for one in maps(owner, "actions") if str(one.get("type")) in MESSAGES][-1:]


def _onward(c: Conversion, row: Row, node: dict[str, Any], said: list[dict[str, Any]]) -> None:
    """Go on to the next node, or end: the last message is the last screen."""
    target = next(iter(targets(node)), "")
    if target and c.owners.get(target) == node["uuid"]:
        said = said[:-1]  # it is the question of the next node
    if target or not said or c.entered:
        say(c, row, said)
        row.lead(NODE + target)
        return
    say(c, row, said[:-1])
    text = message(c, said[-1])
    row.add(naming.short(next(iter(text.values())), "end"), "end", {"text": plain(text)}, c.place(said[-1]))
