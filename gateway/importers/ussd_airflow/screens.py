"""Every type of screen, and the whole journey. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.importers import cel
from gateway.importers.cel import Unsure
from gateway.importers.draft import Draft
from gateway.importers.mending.speaking import SPEAK
from gateway.importers.notes import Notes
from gateway.importers.offices import Offices
from gateway.importers.ussd_airflow import jinja
from gateway.importers.ussd_airflow.asking import kind_of, question
from gateway.importers.ussd_airflow.conversion import Conversion
from gateway.importers.ussd_airflow.journey import FIRST, Journey
from gateway.importers.ussd_airflow.known import known
from gateway.importers.ussd_airflow.menus import menu
from gateway.importers.ussd_airflow.requests import http

LANGUAGE_KEY = "override_language"
FUNCTION = "let an office work it out, and ask it with fetch"


def converted(journey: Journey, draft: Draft, offices: Offices, notes: Notes) -> None:
    """Fill the draft with the screens of the journey."""
    c = Conversion(journey, draft, offices, notes, known(journey))
    draft.reserved = frozenset(name for name, _ in journey.named())
    for _, body in journey.named():
        _learn(c, body)
    _open(c)
    for name, body in journey.named():
        screen = TYPES.get(str(body.get("type")), _unknown)
        screen(c, name, body)
        _note_unknown(c, name, body)
    _messages(c)
    for tongue, screens in c.untranslated.items():
        names = ", ".join(dict.fromkeys(screens))
        notes.doubt(draft.place, f"some texts are not written in {tongue}: those of {names}", "translate them")


def _note_unknown(c: Conversion, name: str, body: dict[str, Any]) -> None:
    """Note the keys of a screen that say nothing to us."""
    known = KEYS.get(str(body.get("type")))
    for key in sorted(map(str, body.keys() - {"type", "inherit", *known})) if known is not None else ():
        c.notes.lost(c.place(name, key), f"{key} of the screen {name!r}", "see whether it is needed")


def _learn(c: Conversion, body: dict[str, Any]) -> None:
    """Note under which name, and as what kind, a screen saves something."""
    match body:
        case {"type": "input_screen", "input_identifier": identifier}:
            c.known.save(str(identifier), kind_of(c.journey, body))
        case {"type": "menu_screen", "items": {"session_key": key} as items}:
            name = c.known.save(str(key), "text")
            if items.get("text") != items.get("value"):
                c.known.chosen.add(name)
        case {"type": "update_session_screen", "values_to_update": [*updates]}:
            for update in updates:
                if isinstance(update, dict) and isinstance(update.get("key"), str) and "{" not in update["key"]:
                    c.known.save(update["key"], "any")


# --- the beginning ------------------------------------------------------------------------------------------------


def _open(c: Conversion) -> None:
    """Begin as the initial screen says: constants first, then the first screen."""
    first, place = c.journey.first(), c.place(FIRST)
    if not first:
        start = next((name for name, _ in c.journey.named()), "")
        c.notes.doubt(place, "there is no initial_screen", f"it begins with the first screen, {start!r}; correct start")
        c.draft.start = start
        return
    c.draft.start = c.onward("first", first, FIRST)
    _variables(c, first)
    if isinstance(first.get("ussd_report_session"), dict):
        what = "ussd_report_session: the whole session is sent nowhere when it ends"
        c.notes.lost(c.place(FIRST, "ussd_report_session"), what, "file with confirm and submit what an office needs")
    if isinstance(first.get("session_expiry"), int):
        c.draft.resume_for = f"{first['session_expiry']}s"
    pages = first.get("pagination_config")
    if isinstance(pages, dict) and "ussd_text_limit" in pages:
        what = f"pages of {pages['ussd_text_limit']} characters: here a screen holds what the telecom allows"
        c.notes.differs(c.place(FIRST, "pagination_config"), what, "nothing; long texts are paged by themselves")
    known = {"type", "next_screen", "default_next_screen", "default_language", "variables", "create_ussd_variables"}
    for key in first.keys() - known - {"ussd_report_session", "session_expiry", "pagination_config"}:
        c.notes.lost(c.place(FIRST, str(key)), f"{key} of the initial screen", "see whether it is needed")


def _variables(c: Conversion, first: dict[str, Any]) -> None:
    """Constants that never change stand where they are used; those that a screen changes are set at the start."""
    created = first.get("create_ussd_variables")
    values: dict[str, str] = {}
    for key, value in created.items() if isinstance(created, dict) else ():
        place = c.place(FIRST, "create_ussd_variables", key)
        if isinstance(value, list | dict) or (key not in c.known.called and not isinstance(value, str)):
            c.known.constants[key] = value
        elif isinstance(value, str) and "{{" in value:
            c.notes.lost(place, f"{key} = {value}: the environment is not read here", "write its value")
        elif key not in c.known.called:
            c.known.constants[key] = value
        else:
            values[c.known.save(key, "any")] = _constant(value)
    if values:
        body = {"values": values, "go": c.draft.start}
        c.draft.start = c.draft.add("begin", "set", body, c.place(FIRST), made=True)


def _constant(value: Any) -> str:
    if isinstance(value, bool):
        return cel.truth(value).source
    return cel.number(value).source if isinstance(value, int) else cel.text(str(value or "")).source


def _messages(c: Conversion) -> None:
    """What is said of a wrong choice, and how More and Back read, belongs to the whole service here."""
    said = [(name, body["error_message"]) for name, body in c.journey.named() if body.get("error_message")]
    texts = [c.text(message, name, "error_message") for name, message in said]
    if texts and all(text == texts[0] for text in texts):
        c.draft.words["wrong_choice"] = texts[0]
    elif texts:
        what = f"what {', '.join(name for name, _ in said)} say of a wrong choice differs"
        c.notes.lost(c.place(said[0][0], "error_message"), what, "write one text under words: wrong_choice")
    found = c.journey.first().get("pagination_config")
    pages = found if isinstance(found, dict) else {}
    for theirs, ours in (("more_option", "more"), ("back_option", "back")):
        if pages.get(theirs):
            c.draft.words[ours] = c.text(pages[theirs], FIRST, "pagination_config", theirs)


# --- types --------------------------------------------------------------------------------------------------------


def _quit(c: Conversion, name: str, body: dict[str, Any]) -> None:
    text = c.text(body.get("text"), name, "text")
    if not text:
        c.notes.lost(c.place(name), f"the last screen {name!r} has no text", "write it")
    c.draft.put(name, "end", {"text": text or c.draft.said("thanks")}, c.place(name))


def _router(c: Conversion, name: str, body: dict[str, Any]) -> None:
    place = c.place(name)
    if body.get("with_items") is not None:
        what = f"the router {name!r} goes through a list"
        c.notes.lost(c.place(name, "with_items"), what, "let an office look, and branch on what it answers")
        gap = c.draft.missing(f"router {name}")
        c.draft.put(name, "say", {"text": gap}, place, "from: router_screen with_items; not carried over")
        c.draft.screens[name].body["go"] = c.onward(name, {**body, "router_options": []}, name)
        return
    if not isinstance(body.get("router_options"), list):
        c.notes.lost(place, f"the router {name!r} has no router_options", "write them")
    arms = c.arms(name, {"router_options": [], **body})
    c.draft.put(name, "branch", arms, place)


def _update(c: Conversion, name: str, body: dict[str, Any]) -> None:
    place = c.place(name)
    updates = body.get("values_to_update")
    if body.get("with_items") is not None:
        what = f"the screen {name!r} saves something for each member of a list"
        c.notes.lost(c.place(name, "with_items"), what, "let an office do it")
        updates = []
    values: dict[str, str] = {}
    spoken = ""
    for index, update in enumerate(updates if isinstance(updates, list) else ()):
        if not isinstance(update, dict) or not {"key", "value"} <= update.keys():
            c.notes.lost(c.place(name, "values_to_update", index), "a value without key and value", "write both")
        elif update["key"] == LANGUAGE_KEY and str(update["value"]) in c.draft.languages:
            spoken = str(update["value"])
        else:
            _save(c, name, index, update, values)
    onward = c.onward(name, {"next_screen": None, **body}, name)
    if spoken:
        first = onward if not values else c.draft.add(f"{name}_values", "set", {"values": values, "go": onward}, place)
        c.draft.put(name, SPEAK, {"language": spoken, "go": first}, place)
    elif values:
        c.draft.put(name, "set", {"values": values, "go": onward}, place)
    else:
        c.draft.put(name, "branch", [{"go": onward}], place, "from: update_session_screen; nothing is left of it")


def _save(c: Conversion, name: str, index: int, update: dict[str, Any], values: dict[str, str]) -> None:
    """Add one value to be saved; with a condition, the old value stays where it does not hold."""
    path: tuple[str | int, ...] = (name, "values_to_update", index)
    key, value = str(update["key"]), update["value"]
    if "{" in key or isinstance(value, list | dict) or str(value).replace(" ", "") in ("{{[]}}", "{{{}}}"):
        c.notes.lost(c.place(*path), f"{key} = {value}: only texts and numbers are saved here", "let an office keep it")
        return
    try:
        found = _value(c, value)
    except Unsure as error:
        c.notes.lost(c.place(*path), f"{key} = {value}: {error}", "write it in CEL")
        return
    ours = c.known.save(key, "any")
    if "expression" not in update:
        values[ours] = found
        return
    holds = c.condition(update["expression"], *path)
    if holds is not None:
        before = values.get(ours, ours)
        before = f"({before})" if " ? " in before else before
        values[ours] = found if holds == cel.truth(True) else f"{holds.inside(cel.OR + 1)} ? {found} : {before}"


def _value(c: Conversion, value: Any) -> str:
    if isinstance(value, str) and "{{" in value:
        return jinja.value(value, lambda parts: c.known.look(parts)).source
    return _constant(value)


def _function(c: Conversion, name: str, body: dict[str, Any]) -> None:
    _gap(c, name, body, f"function {body.get('function')}", FUNCTION)


def _custom(c: Conversion, name: str, body: dict[str, Any]) -> None:
    _gap(c, name, body, f"custom screen {body.get('screen_obj')}", "write the screen in our language")


def _unknown(c: Conversion, name: str, body: dict[str, Any]) -> None:
    _gap(c, name, body, f"screen of type {body.get('type')}", "write the screen in our language")


def _gap(c: Conversion, name: str, body: dict[str, Any], what: str, todo: str) -> None:
    c.notes.lost(c.place(name), f"{name!r}: {what}", todo)
    gap = c.draft.missing(what)
    c.draft.put(name, "say", {"text": gap}, c.place(name), f"from: {what}; not carried over")
    c.draft.screens[name].body["go"] = c.onward(name, {"next_screen": None, **body}, name)


WAYS = ("next_screen", "default_next_screen")
KEYS: Mapping[str, tuple[str, ...]] = {
    "input_screen": (*WAYS, "text", "input_identifier", "validators", "options", "error_message"),
    "menu_screen": ("text", "options", "items", "error_message"),
    "quit_screen": ("text",),
    "router_screen": ("router_options", "default_next_screen", "with_items"),
    "http_screen": (*WAYS, "http_request", "session_key", "synchronous"),
    "update_session_screen": (*WAYS, "values_to_update", "with_items"),
    "function_screen": (*WAYS, "function", "session_key"),
}
TYPES: Mapping[str, Callable[[Conversion, str, dict[str, Any]], None]] = {
    "input_screen": question,
    "menu_screen": menu,
    "quit_screen": _quit,
    "router_screen": _router,
    "http_screen": http,
    "update_session_screen": _update,
    "function_screen": _function,
    "custom_screen": _custom,
}
