"""Screens that set the caller's language, which our language lets the caller do herself. Pure."""

from __future__ import annotations

from gateway.importers.draft import Draft, Screen, targets, turn
from gateway.importers.notes import Notes

SPEAK = "speak"  # {language, go}: no kind of ours; gone once the draft is finished


def spoken(draft: Draft, notes: Notes) -> None:
    """Replace the screens of the kind `speak`: a menu of languages becomes our own, the others are noted."""
    for name, screen in list(draft.screens.items()):
        if screen.kind == "choose":
            _menu(draft, name, screen, notes)
    for name, screen in list(draft.screens.items()):
        if screen.kind == SPEAK:
            _alone(draft, name, screen, notes)


def _menu(draft: Draft, name: str, screen: Screen, notes: Notes) -> None:
    """A menu each of whose options sets another language and that goes on at one place."""
    led = [draft.screens.get(option.get("go", "")) for option in screen.body.get("options", ())]
    if len(led) < 2 or any(one is None or one.kind != SPEAK for one in led):
        return
    spoken = [one.body["language"] for one in led if one is not None]
    onward = {one.body["go"] for one in led if one is not None}
    if len(onward) > 1 or len(set(spoken)) < len(spoken):
        return
    text = screen.body["text"]
    draft.screens[name] = Screen("language", {"text": text, "go": onward.pop()}, screen.place, screen.comments)
    missing = [tongue for tongue in spoken if tongue not in draft.languages]
    if missing:
        what = f"the menu {name!r} offers {', '.join(missing)}, in which no text is written"
        notes.differs(screen.place, what, "translate the texts, and add the language to languages")
    unoffered = [tongue for tongue in draft.languages if tongue not in spoken]
    if unoffered:
        what = f"the menu {name!r} did not offer {', '.join(unoffered)}; ours offers every language of the service"
        notes.differs(screen.place, what, "take the language out of languages if it is not ready")


def _alone(draft: Draft, name: str, screen: Screen, notes: Notes) -> None:
    """A language that is set without a question: at the very start it is the service's first one."""
    language, onward = screen.body["language"], screen.body["go"]
    if draft.start == name and language in draft.languages:
        draft.languages.remove(language)
        draft.languages.insert(0, language)
        what = f"the language was set to {language} at the start; it is the first of the service now"
        notes.differs(screen.place, what, "a caller who chose another language before keeps hers")
    elif name in {target for other in draft.screens.values() for target in targets(other)}:
        what = f"the language is set to {language} without asking; here only the caller chooses it"
        notes.lost(screen.place, what, "lead to a screen of the kind language")
    del draft.screens[name]
    turn(draft, name, onward)
