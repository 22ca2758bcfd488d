"""The confirms that an import puts before what is filed: where they lead back to, and that each asks once. Pure."""

from __future__ import annotations

from gateway.importers.draft import Draft, targets, turn
from gateway.language.checks import graph
from gateway.language.checks.graph import CONFIRMED, Exit

QUESTIONS = frozenset({"ask", "choose"})


def confirmed(draft: Draft) -> None:
    """Complete the confirms that are ours."""
    for name, screen in list(draft.screens.items()):
        if screen.kind == "confirm" and screen.body["change"] == "":
            screen.body["change"] = _question_before(draft, name) or draft.ended("not_sent", "not_sent")
    while (again := _asked_again(draft)) is not None:
        onward = draft.screens[again].body["go"]
        turn(draft, again, onward)
        del draft.screens[again]


def _question_before(draft: Draft, name: str) -> str:
    """Return the nearest question on the way to a screen; empty if there is none."""
    before: dict[str, list[str]] = {}
    for other, screen in draft.screens.items():
        for target in targets(screen):
            before.setdefault(target, []).append(other)
    steps = graph.route(name, lambda other: draft.screens[other].kind in QUESTIONS, before)
    return steps[-1] if steps else ""


def _asked_again(draft: Draft) -> str | None:
    """Return a confirm of ours that comes after another one whatever way was taken."""
    outs = {
        name: [Exit((), to, frozenset(), frozenset()) for to in targets(one)] for name, one in draft.screens.items()
    }
    for name, screen in draft.screens.items():
        if screen.kind == "confirm":
            said = frozenset({CONFIRMED})
            outs[name] = [Exit((), screen.body["go"], said), Exit((), screen.body["change"], undoes=said)]
    sure = graph.surely(draft.start, outs) if draft.start in draft.screens else {}
    confirms = [name for name, screen in draft.screens.items() if screen.kind == "confirm" and screen.made]
    return next((name for name in confirms if CONFIRMED in sure.get(name, ())), None)
