"""Makes a set of drafts sound: what leads nowhere, goes round for ever or has no value is mended, and noted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.importers.draft import Draft, Screen, targets, turn, ways
from gateway.importers.mending.complaints import mended
from gateway.importers.mending.confirming import confirmed
from gateway.importers.mending.speaking import spoken
from gateway.importers.notes import Imported, Notes
from gateway.importers.offices import Offices
from gateway.importers.writer import written
from gateway.language import conditions, reader
from gateway.language.checks import graph, names
from gateway.language.checks.graph import REFERENCE
from gateway.language.checks.names import ALWAYS, Services
from gateway.language.conditions import ConditionError
from gateway.language.root import Service

SILENT = frozenset({"branch", "set", "submit", "fetch"})
ASKING = ("ask", "say", "language", "status", "do")


@dataclass(frozen=True, slots=True)
class Made:
    """All that one import has made so far."""

    drafts: list[Draft]
    offices: Offices
    notes: Notes


def finished(made: Made) -> Imported:
    """Mend the drafts and return the import."""
    for draft in made.drafts:
        confirmed(draft)
        spoken(draft, made.notes)
        _skip_nothing(draft)
        _lead_somewhere(draft, made.notes)
        _drop_unreached(draft, made.notes)
        _open_circles(draft, made.notes)
        _give_ways_out(draft, made.notes)
    for draft in made.drafts:
        _begin_empty(draft, made)
    mended(made.drafts, made.offices.operations(), made.notes)
    for draft in made.drafts:
        _skip_nothing(draft)
        _drop_unreached(draft, made.notes)
        _put_in_order(draft)
    files = {draft.path: written(draft) for draft in made.drafts}
    notes = tuple(sorted(made.notes.found))
    return Imported(files, made.offices.suggested(), made.offices.operations(), notes)


# --- ways ---------------------------------------------------------------------------------------------------------


def _lead_somewhere(draft: Draft, notes: Notes) -> None:
    """Lead what names a screen that is not there to one that says so."""
    for name, screen in list(draft.screens.items()):
        for part, key in ways(screen):
            if part[key] not in draft.screens:
                what = f"the screen {name!r} leads to {part[key]!r}, which is not there"
                notes.lost(screen.place, what, "write the screen, or lead elsewhere")
                part[key] = draft.gap(part[key] or "nowhere", f"screen {part[key]}", "", screen.place)
    if draft.start not in draft.screens:
        notes.lost(draft.place, f"the first screen {draft.start!r} is not there", "write it, or name another as start")
        draft.start = draft.gap(draft.start or "start", f"screen {draft.start}", "", draft.place)


def _skip_nothing(draft: Draft) -> None:
    """Take out ways that lead where the last one leads, and branches that have one way only."""
    for name, screen in list(draft.screens.items()):
        while screen.kind == "branch" and len(screen.body) > 1 and screen.body[-2]["go"] == screen.body[-1]["go"]:
            del screen.body[-2]
        if screen.kind == "branch" and len(screen.body) == 1 and "when" not in screen.body[0]:
            onward = screen.body[0]["go"]
            if onward != name:
                turn(draft, name, onward)
                del draft.screens[name]


def _put_in_order(draft: Draft) -> None:
    """The last screens that are ours come last."""
    last = {name for name, screen in draft.screens.items() if screen.made and screen.kind == "end"}
    draft.screens = {
        **{name: screen for name, screen in draft.screens.items() if name not in last},
        **{name: draft.screens[name] for name in draft.screens if name in last},
    }


def _drop_unreached(draft: Draft, notes: Notes) -> None:
    out = {name: targets(screen) for name, screen in draft.screens.items()}
    come_to = graph.reached([draft.start], out)
    for name in [name for name in draft.screens if name not in come_to]:
        screen = draft.screens.pop(name)
        if not screen.made:
            notes.lost(screen.place, f"no way leads to the screen {name!r}", "lead to it, or forget it")


def _open_circles(draft: Draft, notes: Notes) -> None:
    """Put a screen into every circle that asks nothing."""
    for _ in range(len(draft.screens)):
        silent = {name: targets(screen) for name, screen in draft.screens.items() if screen.kind in SILENT}
        found = graph.circles({name: [to for to in out if to in silent] for name, out in silent.items()})
        if not found:
            return
        last, first = found[0][-2], found[0][-1]
        what = f"the screens go round without asking anything: {' > '.join(found[0])}"
        notes.differs(draft.screens[last].place, what, "lead one of them elsewhere")
        stop = draft.gap(f"{first}_again", f"back to {first}", first, draft.screens[last].place)
        for part, key in ways(draft.screens[last]):
            part[key] = stop if part[key] == first else part[key]


def _give_ways_out(draft: Draft, notes: Notes) -> None:
    """Where no end can be reached, offer one."""
    for _ in range(len(draft.screens)):
        stuck = _stuck(draft)
        if not stuck:
            return
        name = _last_asking(draft, stuck)
        screen = draft.screens[name]
        notes.differs(screen.place, f"from the screen {name!r} no end can be reached", "a way to finish was added")
        last = draft.ended("thanks", "finished")
        if screen.kind == "choose":
            options = screen.body.setdefault("options", [])
            values = [option["value"] for option in options]
            value = "finish" if "finish" not in values else "finish_now"
            options.append({"value": value, "label": draft.said("finish"), "go": last})
            continue
        options = [
            {"value": "go_on", "label": draft.said("go_on"), "go": targets(screen)[0]},
            {"value": "finish", "label": draft.said("finish"), "go": last},
        ]
        body = {"text": draft.said("what_next"), "options": options}
        between = draft.add(f"after_{name}", "choose", body, screen.place, "nothing ended here", made=True)
        part, key = next(ways(screen))
        part[key] = between


def _last_asking(draft: Draft, stuck: list[str]) -> str:
    """Return the screen of a circle without an end that is best to leave it from."""
    found = graph.circles({name: targets(draft.screens[name]) for name in stuck})
    around: list[str] = list(found[0]) if found else stuck
    menus = [name for name in around if draft.screens[name].kind == "choose"]
    asking = [name for name in around if draft.screens[name].kind in ASKING]
    return [*menus, *asking, *around][0]


def _stuck(draft: Draft) -> list[str]:
    backwards: dict[str, list[str]] = {}
    for name, screen in draft.screens.items():
        for target in targets(screen):
            backwards.setdefault(target, []).append(name)
    ends = [name for name, screen in draft.screens.items() if _ends(screen)]
    ending = graph.reached(ends, backwards)
    return [name for name in draft.screens if name not in ending]


def _ends(screen: Screen) -> bool:
    return screen.kind == "end" or (
        screen.kind == "choose" and any("do" in one for one in screen.body.get("options", ()))
    )


# --- names --------------------------------------------------------------------------------------------------------


def services(drafts: Iterable[Draft]) -> Mapping[str, Service]:
    """Return the services that the drafts make, as far as they can be read."""
    reads = [reader.read(written(draft), draft.path) for draft in drafts]
    return {read.service.service: read.service for read in reads if read.service is not None}


def _begin_empty(draft: Draft, made: Made) -> None:
    """Names that may have no value where they are used are empty from the start, as they were in the source."""
    known = services(made.drafts)
    service = known.get(draft.service)
    if service is None or set(service.screens) != set(draft.screens):
        return
    sure = graph.surely(service.start, names.outs(service, known))
    saved = {source.name for source in names.sources(service)}
    unsure: dict[str, str] = {}
    for use in names.uses(service):
        if use.name not in ALWAYS and use.name != REFERENCE and use.name not in sure.get(use.screen, frozenset()):
            unsure.setdefault(use.name, use.screen)
    unsure = {name: screen for name, screen in unsure.items() if not _own(draft, name, screen)}
    if not unsure:
        return
    for name, screen in unsure.items():
        what = f"{name!r} may have no value in the screen {screen!r}; it is empty then"
        if name not in saved:
            what = f"{name!r}, which the screen {screen!r} uses, gets its value nowhere; it is empty"
        made.notes.doubt(draft.screens[screen].place, what, "save it on every way, or write the text without it")
    values = {name: _nothing(name, service, known) for name in unsure}
    first = draft.screens[draft.start]
    entered = {target for screen in draft.screens.values() for target in targets(screen)}
    if first.kind == "set" and first.made and draft.start not in entered:
        first.body["values"] = {**values, **first.body["values"]}
        return
    comment = "empty until they are saved"
    begin = draft.add("begin", "set", {"values": values, "go": draft.start}, draft.place, comment, made=True)
    draft.start = begin
    draft.screens = {begin: draft.screens[begin], **draft.screens}


def _nothing(name: str, service: Service, known: Services) -> str:
    """Return the empty value that suits every expression which uses the name: "", "0" or 0."""
    kinds = names.kinds(service, known)
    sources = [source for kind in service.screens.values() for _, source in reader.expressions(kind)]
    compiled = [found for source in sources if (found := _compiled(source)) is not None and name in found.names]
    tries = [("string", '""'), ("string", '"0"'), ("int", "0")]
    if any(f"int({name})" in found.source for found in compiled):
        del tries[0]
    for kind, nothing in tries:
        guessed = {**kinds, name: kind}
        if all(conditions.type_trouble(found, guessed, "any") is None for found in compiled):
            return nothing
    return tries[0][1]


def _compiled(source: str) -> conditions.Condition | None:
    try:
        return conditions.compile(source)
    except ConditionError:
        return None


def _own(draft: Draft, name: str, screen: str) -> bool:
    """True if a set uses only what it has itself computed before."""
    body = draft.screens[screen].body
    if draft.screens[screen].kind != "set" or name not in body["values"]:
        return False
    before = list(body["values"])[: list(body["values"]).index(name) + 1]
    return all(name not in names.condition_names(body["values"][other]) for other in before)
