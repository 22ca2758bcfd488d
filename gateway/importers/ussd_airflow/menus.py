"""Menu screens: options, and items that are repeated for the members of a list. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.importers import naming
from gateway.importers.cel import Cel
from gateway.importers.draft import Draft
from gateway.importers.ussd_airflow import jinja
from gateway.importers.ussd_airflow.conversion import Conversion
from gateway.importers.ussd_airflow.known import ITEM, Listed

MOST = 40  # options of a choose
Member = dict[str, Any]  # what `item`, `key` and `value` are for one member of a list


def menu(c: Conversion, name: str, body: dict[str, Any]) -> None:
    """Put a menu screen as a `choose`."""
    made: dict[str, Any] = {"text": _question(c, name, body)}
    options: list[dict[str, Any]] = []
    items = body.get("items")
    listed = c.known.lists.get(str(items.get("with_items"))) if isinstance(items, dict) else None
    if isinstance(items, dict) and listed is not None:
        made |= _from_list(c, name, items, listed)
    elif isinstance(items, dict):
        members = _members(c, items)
        if members is None:
            _gone_list(c, name, items, body)
            return
        saved = items.get("session_key")
        if saved is not None:
            made["save"] = c.known.save(str(saved), "text")
        options += _from_members(c, name, items, members)
    made["options"] = options
    c.draft.put(name, "choose", made, c.place(name))
    options += _fixed(c, name, body, [str(one["value"]) for one in options])
    if len(options) > MOST:
        c.notes.lost(c.place(name), f"{name!r} has {len(options)} options; {MOST} are kept", "split the menu")
        del options[MOST:]
    if not options and listed is not None:
        del made["options"]
    elif not options:
        c.notes.lost(c.place(name), f"{name!r} has no options", "write them")
        last = c.draft.ended("no_way", "no_way")
        options.append({"value": "finish", "label": c.draft.said("finish"), "go": last})


def _question(c: Conversion, name: str, body: dict[str, Any]) -> Any:
    found = c.text(body.get("text"), name, "text")
    empty = not found.strip() if isinstance(found, str) else not all(text.strip() for text in found.values())
    return c.draft.said("choose") if empty else found


def _fixed(c: Conversion, name: str, body: dict[str, Any], taken: list[str]) -> Iterator[dict[str, Any]]:
    for index, option in enumerate(body["options"] if isinstance(body.get("options"), list) else ()):
        place = c.place(name, "options", index)
        if not isinstance(option, dict):
            c.notes.lost(place, f"an option of {name!r} is no map", "write text and next_screen")
            continue
        label = c.text(option.get("text"), name, "options", index, "text")
        first = label if isinstance(label, str) else label[c.draft.languages[0]]
        if not first:
            c.notes.lost(place, f"an option of {name!r} has no text", "write it")
            continue
        value = naming.unique(naming.name(first, "option"), taken)
        taken.append(value)
        keyed = option.get("input_value")
        if keyed is not None and str(keyed) != str(len(taken)):
            what = f"the option {first!r} was chosen with {keyed}; here its number is {len(taken)}"
            c.notes.differs(place, what, "correct texts that name the key; 0 goes back of itself")
        yield {"value": value, "label": label, "go": c.onward(name, option, name, "options", index)}


# --- items --------------------------------------------------------------------------------------------------------


def _members(c: Conversion, items: dict[str, Any]) -> list[Member] | None:
    """Return the members of the list that the items are made of; None if it is known only when somebody calls."""
    listed = items.get("with_items", items.get("with_dict"))
    if isinstance(listed, str):
        listed = c.known.constants.get(listed.strip("{} "))
    if isinstance(listed, dict):
        return [{"item": key, "key": key, "value": value} for key, value in listed.items()]
    return [{"item": one} for one in listed] if isinstance(listed, list) else None


def _from_members(c: Conversion, name: str, items: dict[str, Any], members: list[Member]) -> list[dict[str, Any]]:
    """Return an option for each member; all lead to the same screen."""
    onward = c.onward(name, items, name, "items")
    found: dict[str, dict[str, Any]] = {}
    for member in members:
        label = _filled(c, items.get("text"), member, name)
        value = _filled(c, items.get("value"), member, name)
        value = value if isinstance(value, str) and value not in ("", "...") else str(member["item"])
        found.setdefault(value, {"value": value, "label": label, "go": onward})
    return list(found.values())


def _from_list(c: Conversion, name: str, items: dict[str, Any], listed: Listed) -> dict[str, Any]:
    """Return what a `choose` from a list that a fetch saved has; all items lead to the same screen."""

    def look(parts: tuple[str, ...]) -> Cel:
        field = parts[1] if len(parts) == 2 else ITEM
        return Cel(field, "any") if parts[0] == ITEM and field in listed.fields else c.known.look(parts)

    value = _filled(c, items.get("value"), {}, name, look)
    made: dict[str, Any] = {"from": listed.name, "label": _filled(c, items.get("text"), {}, name, look)}
    made["value"] = value if isinstance(value, str) and value not in ("", "...") else f"{{{listed.fields[0]}}}"
    if items.get("session_key") is not None:
        made["save"] = c.known.save(str(items["session_key"]), "text")
    what = f"nothing was said of an empty list in {name!r}; the caller is told that we cannot go on"
    c.notes.differs(c.place(name, "items"), what, "lead none to where she can go on")
    what = f"the options of {name!r} show {listed.most} letters of a field at most"
    c.notes.differs(c.place(name, "items"), what, "correct max under each, in the fetch")
    return made | {"none": c.draft.ended("no_way", "no_way"), "go": c.onward(name, items, name, "items")}


def _filled(c: Conversion, text: Any, member: Member, name: str, own: jinja.Look | None = None) -> Any:
    """Return the text of an item with the member's own words put in; `own` looks names up in another way."""
    if isinstance(text, dict):
        said = {tongue: _filled(c, words, member, name, own) for tongue, words in text.items() if tongue != "default"}
        first = next(iter(said.values()), "")
        made = {tongue: said.get(tongue, first) for tongue in c.draft.languages}
        return made if len(made) > 1 else next(iter(made.values()))

    def look(parts: tuple[str, ...]) -> Cel:
        value: Any = member.get(parts[0])
        for part in parts[1:]:
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str | int) and not isinstance(value, bool):
            return Cel("", "text", literal=str(value))
        return c.known.look(parts)

    place = c.place(name, "items")
    return jinja.template(
        str(text or ""),
        own or look,
        lambda what: c.notes.lost(place, f"{what} in the items of {name!r}", "write it out"),
    ).strip()


def _gone_list(c: Conversion, name: str, items: dict[str, Any], body: dict[str, Any]) -> None:
    """Put a screen that says that a list is missing, and go on to the options that are there, or where items led."""
    place = c.place(name, "items")
    listed = items.get("with_items", items.get("with_dict"))
    what = f"the menu {name!r} is made of the list {listed}, which is known only when somebody calls"
    c.notes.lost(place, what, "fetch the list from an office and choose from it, or write its options out")
    saved = items.get("session_key")
    if saved is not None:
        c.known.save(str(saved), "any")
    rest = {key: value for key, value in body.items() if key != "items"}
    if isinstance(rest.get("options"), list) and rest["options"]:
        onward = c.onward(name, items, name, "items")
        menu(c, name, rest)
        _say_first(c.draft, name, f"list {listed}")
        value = naming.unique("item", [str(one["value"]) for one in c.draft.screens[name].body["options"]])
        c.draft.screens[name].body["options"].append(
            {"value": value, "label": f"(list {_plain(listed)})", "go": onward}
        )
        return
    gap = c.draft.missing(f"list {_plain(listed)}")
    c.draft.put(name, "say", {"text": gap}, place, f"from: list {_plain(listed)}; not carried over")
    c.draft.screens[name].body["go"] = c.onward(name, items, name, "items")


def _say_first(draft: Draft, name: str, what: str) -> None:
    draft.screens[name].comments.append(f"from: {_plain(what)}; not carried over")


def _plain(listed: Any) -> str:
    return str(listed).replace("{", "").replace("}", "").replace("%", "").strip()
