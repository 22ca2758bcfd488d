"""Messages: what is said, and questions that wait for an answer. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.importers import naming
from gateway.importers.rapidpro.conversion import Conversion, Row, Texts, plain, together
from gateway.importers.rapidpro.export import listed, maps, router, targets
from gateway.importers.rapidpro.questions import Asked, Category, answer, categories, is_menu, menu
from gateway.importers.rapidpro.switches import branch, lead, saved_as

ONE_SCREEN = 120  # characters of messages that are said together
MESSAGES = ("send_msg", "say_msg")


def say(c: Conversion, row: Row, said: list[dict[str, Any]]) -> None:
    """Say messages; short ones that follow each other are one screen."""
    for texts, action in _grouped(c, said):
        wanted = naming.short(next(iter(texts.values())), "message")
        row.add(wanted, "say", {"text": plain(texts), "go": ""}, c.place(action))


def _grouped(c: Conversion, said: list[dict[str, Any]]) -> Iterator[tuple[Texts, dict[str, Any]]]:
    parts: list[Texts] = []
    first: dict[str, Any] = {}
    for action in said:
        text = message(c, action)
        if parts and max(map(len, together([*parts, text]).values())) > ONE_SCREEN:
            yield together(parts), first
            parts = []
        first = first if parts else action
        parts.append(text)
    if parts:
        yield together(parts), first


def message(c: Conversion, action: dict[str, Any]) -> Texts:
    """Return a message's text in all languages; what is not text is noted."""
    attachments = listed(action, "attachments")
    if attachments or action.get("audio_url"):
        kinds = ", ".join(str(one).partition(":")[0] for one in attachments) or "audio"
        what = f"{c.flow.name!r}: a message carries media ({kinds})"
        c.notes.lost(c.place(action), what, "say in words what it shows")
    if action.get("template"):
        c.notes.lost(
            c.place(action), f"{c.flow.name!r}: a message template", "nothing: the text itself is carried over"
        )
    text = c.say(action, "text")
    return text if all(text.values()) else {tongue: said or "..." for tongue, said in text.items()}


# --- questions ----------------------------------------------------------------------------------------------------


def question(c: Conversion, row: Row, node: dict[str, Any], said: list[dict[str, Any]]) -> None:
    switch, saved = router(node), saved_as(c, node)
    text = message(c, said[0]) if said else {}
    replies = _replies(c, said[0]) if said else []
    if not said:
        what = f"{c.flow.name!r} waits for a message before it says anything"
        c.notes.differs(c.place(node), what, "write the question")
    asked = Asked(node, text or dict.fromkeys(c.draft.languages, "..."), replies, saved, _again(c, node))
    _note_wait(c, node)
    place = c.place(said[0] if said else node)
    wanted = naming.name(
        str(switch.get("result_name") or ""), naming.short(next(iter(asked.text.values())), "question")
    )
    if is_menu(asked):
        body = menu(c, asked)
        c.known.save(saved, "text")
        row.add(wanted, "choose", body, place)
        row.ends = []
        _note_retry(c, node, "the gateway says it in its own words")
        return
    _ask(c, row, asked, wanted, place)


def _replies(c: Conversion, action: dict[str, Any]) -> list[Texts]:
    """Return the quick replies of a message, each in all languages."""
    found = []
    for index, one in enumerate(listed(action, "quick_replies")):
        text = str(one.get("text", "")) if isinstance(one, dict) else str(one)
        made = c.translated(action, "quick_replies", index, spare=text)
        found.append({tongue: c.template(said, action) for tongue, said in made.items()})
    return found


def _note_wait(c: Conversion, node: dict[str, Any]) -> None:
    timeout = router(node)["wait"].get("timeout")
    if isinstance(timeout, dict):
        what = f"{c.flow.name!r}: what follows when nobody answers for {timeout.get('seconds')} s"
        c.notes.lost(c.place(node), what, "nothing: who hangs up can go on when she dials again (resume_for)")


def _ask(c: Conversion, row: Row, asked: Asked, wanted: str, place: tuple[str, int]) -> None:
    named, other = categories(asked.node)
    read, kind, is_all = answer(c, asked)
    c.known.save(asked.saved, kind)
    body: dict[str, Any] = {"text": plain(asked.text), "save": asked.saved, "answer": read}
    if asked.replies:
        shown = ", ".join(next(iter(one.values())) for one in asked.replies)
        c.notes.lost(c.place(asked.node), f"{c.flow.name!r}: the quick replies {shown}", "name them in the question")
    wrong = _retry(c, asked.node)
    if wrong:
        body["wrong"] = plain(message(c, wrong))
    body["go"] = ""
    row.add(wanted, "ask", body, place)
    if is_all or not named:
        way = named[0] if named else other
        if named:
            _note_other(c, asked, other)
        lead(c, row, asked.saved, way)
        return
    if read["kind"] != "text":
        _note_other(c, asked, other)
    branch(c, row, asked.node, asked.saved, wanted)


def _again(c: Conversion, node: dict[str, Any]) -> frozenset[str]:
    """Return the nodes from which the question of a node is asked again at once."""
    asking = {node["uuid"], c.owners.get(node["uuid"], "")} - {""}
    retries = {uuid for uuid, one in c.flow.nodes.items() if _is_retry(one) and set(targets(one)) <= asking}
    return frozenset(asking | retries)


def _is_retry(node: dict[str, Any]) -> bool:
    kinds = [one.get("type") for one in maps(node, "actions")]
    return len(kinds) == 1 and kinds[0] in MESSAGES and not router(node) and bool(targets(node))


def _retry(c: Conversion, node: dict[str, Any]) -> dict[str, Any] | None:
    """Return the message that asks for another answer: any other answer leads to it, and it leads back."""
    _, other = categories(node)
    there = c.flow.nodes.get(other.target, {}) if other is not None else {}
    asking = {node["uuid"], c.owners.get(node["uuid"], "")}
    if _is_retry(there) and there["uuid"] not in asking and there["uuid"] in _again(c, node):
        return maps(there, "actions")[0]
    return None


def _note_retry(c: Conversion, node: dict[str, Any], how: str) -> None:
    message = _retry(c, node)
    if message is not None:
        what = f"{c.flow.name!r}: what is said of a wrong answer: {message.get('text')}"
        c.notes.lost(c.place(message), what, how)


def _note_other(c: Conversion, asked: Asked, other: Category | None) -> None:
    """A wrong answer is asked again, wherever it led."""
    if other is None or other.target in asked.back:
        return
    what = f"{c.flow.name!r}: a wrong answer led on as {other.name!r}; here it is asked again"
    c.notes.differs(c.place(other.data), what, "nothing, or ask for any text and branch on it")
