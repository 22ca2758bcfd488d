"""Where a switch leads: a branch on its cases, or the outcome of an action. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.importers import cel, naming
from gateway.importers.cel import Unsure
from gateway.importers.rapidpro import actions, cases
from gateway.importers.rapidpro.conversion import NODE, Conversion, Row
from gateway.importers.rapidpro.export import maps, router, targets, waits
from gateway.importers.rapidpro.known import snake
from gateway.importers.rapidpro.questions import Category, categories, covers

# What a switch looks at to tell whether an action went well; or at the action's own result.
OUTCOMES: Mapping[str, frozenset[str]] = {
    "call_webhook": frozenset({"webhook"}),
    "call_resthook": frozenset({"webhook"}),
    "open_ticket": frozenset({"ticket", "_new_ticket"}),
    "enter_flow": frozenset({"child"}),
}


def saved_as(c: Conversion, node: dict[str, Any]) -> str:
    """Return the name under which a node's answer is saved."""
    name = router(node).get("result_name")
    return c.known.result(str(name)) if name else f"answer_{list(c.flow.nodes).index(node['uuid']) + 1}"


def lead(c: Conversion, row: Row, saved: str, way: Category | None) -> None:
    """Lead the row to a category's node; the category is saved where the flow uses it."""
    if way is None:
        row.lead(NODE)
        return
    if c.known.tells(saved) and saved not in c.known.options:
        _categorised(c, row, saved, way)
    row.lead(NODE + way.target)


def _categorised(c: Conversion, row: Row, saved: str, way: Category) -> None:
    value = cel.text(way.name).source
    c.known.save(f"{saved}_category", "text")
    body = {"values": {f"{saved}_category": value}, "go": ""}
    row.add(f"{saved}_{naming.name(way.name, 'category')}", "set", body, c.place(way.data), made=True)


def branch(c: Conversion, row: Row, node: dict[str, Any], saved: str, wanted: str) -> None:
    """Put a branch on the cases of a node behind."""
    arms: list[dict[str, Any]] = []
    row.add(f"{wanted}_next", "branch", arms, c.place(node), made=True)
    named, other = categories(node)
    order = [(case, one) for case in maps(router(node), "cases") for one in named if case in one.cases]
    for case, one in order:
        found = _condition(c, node, case)
        if found is not None and found != cel.truth(False):
            arms.append({} if found == cel.truth(True) else {"when": found.source})
            arms[-1]["go"] = _way(c, saved, one)
    if waits(node) and len(arms) > 1 and len(arms) == len(order) and covers([case for case, _ in order]):
        del arms[-1]["when"]
    if not arms or "when" in arms[-1]:
        arms.append({"go": _way(c, saved, other) if other is not None else NODE})


def _way(c: Conversion, saved: str, way: Category) -> str:
    row = c.row()
    lead(c, row, saved, way)
    return row.first


def _condition(c: Conversion, node: dict[str, Any], case: dict[str, Any]) -> cel.Cel | None:
    written = str(router(node).get("operand") or "@input.text")
    shown = f"{case.get('type')} {' '.join(cases.arguments(case))}".strip()
    try:
        saved = saved_as(c, node)
        operand = cel.Cel(saved, c.known.kinds.get(saved, "any")) if waits(node) else c.operand(written)
        values = c.known.options.get(operand.source)
        if values is not None and str(case.get("type")) in (cases.WORDS | {"has_category"}):
            return _chosen(operand, case, values)
        return cases.condition(case, operand)
    except Unsure as error:
        what = f"{c.flow.name!r}: the case {shown} of {written}: {error}"
        c.notes.lost(c.place(case), what, "write a branch in CEL")
        return None


def _chosen(operand: cel.Cel, case: dict[str, Any], values: dict[str, str]) -> cel.Cel:
    """Compare what was chosen from a menu with a category."""
    name = " ".join(cases.arguments(case)).strip().lower()
    if name not in values:
        raise Unsure(f"no option is called {name!r}")
    return cel.compared(operand, "==", cel.text(values[name]))


def split(c: Conversion, row: Row, node: dict[str, Any]) -> None:
    """Put a switch that asks nobody behind."""
    if router(node).get("type") == "random":
        out = targets(node)
        what = f"{c.flow.name!r}: callers are parted by chance into {len(maps(router(node), 'categories'))} groups"
        c.notes.lost(c.place(node), what, "all of them go the first way; lead them by an answer")
        row.lead(NODE + (out[0] if out else ""))
        return
    saved = c.known.result(str(router(node)["result_name"])) if router(node).get("result_name") else ""
    branch(c, row, node, saved, "way")


# --- actions that a switch looks at -------------------------------------------------------------------------------


def special(node: dict[str, Any]) -> dict[str, Any] | None:
    """Return the action whose outcome the node's switch looks at."""
    if not router(node) or waits(node):
        return None
    operand = set(re.findall(r"\w+", str(router(node).get("operand") or "")))
    acting = [one for one in maps(node, "actions") if str(one.get("type")) in OUTCOMES]
    looked_at = [one for one in acting if operand & {*OUTCOMES[str(one["type"])], snake(str(one.get("result_name")))}]
    return looked_at[-1] if looked_at else None


def decided(c: Conversion, row: Row, node: dict[str, Any], action: dict[str, Any]) -> str:
    """Put the action behind, lead its bad outcome to its exit, and return the node of the good one."""
    named, other = categories(node)
    good = named[0].target if named else other.target if other is not None else ""
    bad = other.target if other is not None else good
    if action.get("type") == "call_webhook":
        made = actions.webhook(c, row, action)
        made["otherwise"] = NODE + bad
        return good
    actions.act(c, row, action)
    if bad != good and action.get("type") != "call_resthook":
        ticket = action.get("type") == "open_ticket"
        why = "a request is never refused here" if ticket else "no flow runs out of time here"
        name = other.name if other is not None else ""
        c.notes.lost(c.place(node), f"{c.flow.name!r}: the way {name!r} after {action.get('type')}", f"nothing: {why}")
    return good
