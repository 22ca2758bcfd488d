"""What the checker says of the drafts, and how it is mended where a machine can. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.importers.draft import Draft, Screen, ways
from gateway.importers.notes import Notes
from gateway.importers.writer import written
from gateway.language import reader
from gateway.language.checks import checker
from gateway.language.checks.checker import Operation, Surroundings
from gateway.language.places import Complaint, Document, Path
from gateway.language.reader import Read
from gateway.language.text import USSD

SLOT = re.compile(r"(?<!\{)\{[^{}]*\}")
OTHERS = re.compile(r"_others(_\d+)?\Z")
ROUNDS = 40
LIST_KEYS = frozenset({"from", "label", "value", "take", "none", "go"})
SHORTEST = 12
MANY = 7  # options that a menu keeps, if it has too many
TITLE = 30
Offices = Mapping[str, Mapping[str, Operation]]


def mended(drafts: list[Draft], offices: Offices, notes: Notes) -> None:
    """Mend the drafts until the checker has no error left that we know how to mend."""
    by_path = {draft.path: draft for draft in drafts}
    for _ in range(ROUNDS):
        reads, found = _judged(drafts, offices)
        documents = {read.document.file: read.document for read in reads}
        errors = [one for one in found if one.level == "error" and one.file in by_path]
        if not any(_mend(by_path[one.file], _path(documents[one.file], one), one, notes) for one in errors):
            return


def _judged(drafts: list[Draft], offices: Offices) -> tuple[list[Read], list[Complaint]]:
    reads = [reader.read(written(draft), draft.path) for draft in drafts]
    around = Surroundings(offices=offices, codes={}, limits={"": USSD}, config_file="")
    return reads, [*(one for read in reads for one in read.document.complaints), *checker.check(reads, around)]


def _path(document: Document, complaint: Complaint) -> Path:
    """Return the path of what stands at the place of a complaint."""
    here = [
        (place, len(path), path)
        for places in (document.values, document.keys)
        for path, place in places.items()
        if place[0] == complaint.line and place[1] <= complaint.column
    ]
    return max(here, key=lambda one: one[:2])[2] if here else ()


def _mend(draft: Draft, path: Path, complaint: Complaint, notes: Notes) -> bool:
    """Mend what is at the path; False if we do not know how."""
    if len(path) < 3 or path[0] != "screens" or str(path[1]) not in draft.screens:
        return _mend_service(draft, path, complaint, notes)
    name = str(path[1])
    screen = draft.screens[name]
    mended_by_code = _mend_by_code(draft, name, screen, path, complaint, notes)
    return _mend_by_place(draft, name, screen, path, complaint, notes) if mended_by_code is None else mended_by_code


def _mend_service(draft: Draft, path: Path, complaint: Complaint, notes: Notes) -> bool:
    """Mend the title or the words of a service."""
    if complaint.code == "title-too-long" and path[:1] == ("title",):
        title = str(draft.title)[:TITLE].rsplit(" ", 1)[0]
        notes.differs(draft.place, f"the title {draft.title!r} is longer than a line", "it was cut")
        shorter = bool(title != draft.title)
        draft.title = title
        return shorter
    if complaint.code == "words-too-long" and len(path) > 1 and path[1] in draft.words:
        notes.lost(draft.place, f"the text {draft.words.pop(str(path[1]))!r}: {complaint.what}", "find shorter words")
        return True
    if complaint.code == "empty-text" and path[:1] == ("words",):
        notes.lost(draft.place, f"the text {path[1]!r} is empty", "write it under words")
        return draft.words.pop(str(path[1]), None) is not None
    return False


def _mend_by_code(
    draft: Draft, name: str, screen: Screen, path: Path, complaint: Complaint, notes: Notes
) -> bool | None:
    """Mend what the code alone tells how to mend; None for all other codes."""
    match complaint.code:
        case "same-for-every-item" if path[3] in ("label", "value"):
            return _tell_apart(draft, screen, str(path[3]), notes)
        case "no-list":
            return _unlist(draft, name, screen, notes)
        case "waits-too-long" if screen.kind == "fetch":
            return _pause(draft, name, screen, notes)
        case "too-many-options" if len(screen.body.get("options", ())) > MANY:
            return _part(draft, name, screen, notes)
        case "empty-text":
            return _fill(screen.body, path[3:], screen, notes)
    return None


def _mend_by_place(draft: Draft, name: str, screen: Screen, path: Path, complaint: Complaint, notes: Notes) -> bool:
    """Mend, or leave out, what stands at the place."""
    match path[2:]:
        case ("branch", int(place), *_) if place < len(screen.body):
            return _drop_arm(draft, name, screen, place, complaint, notes)
        case ("branch",):
            screen.body.append({"go": draft.ended("no_way", "no_way")})
            what = f"it may be that nothing in {name!r} holds"
            notes.differs(screen.place, what, "the caller is told to dial again; lead her elsewhere")
            return True
        case ("set", "values", str(key)):
            old = screen.body["values"][key]
            if old == '""':
                return False
            screen.body["values"][key] = '""'
            notes.lost(screen.place, f"{key} = {old}: {complaint.what}", "write it in CEL")
            return True
        case ("choose", "options", int(place), "when", *_):
            old = screen.body["options"][place].pop("when")
            notes.lost(screen.place, f"the condition {old}: {complaint.what}", "write it in CEL")
            return True
        case ("choose", "options", int(place), "label", *_):
            return _shorten(screen, place, complaint, notes)
        case ("end", "text", *_) if complaint.code == "end-too-long":
            return _page(draft, name, screen, notes)
        case ("ask", "answer", *_) if "pattern" in screen.body["answer"]:
            old = screen.body["answer"].pop("pattern")
            notes.lost(
                screen.place, f"the pattern {old}: {complaint.what}", "write it without look-around, as RE2 has it"
            )
            return True
        case ("do", "save", str(theirs), *_):
            del screen.body["save"][theirs]
            notes.lost(screen.place, f"{name!r}: {complaint.what}", "save it in the other service")
            return True
        case ("do", "service", *_):
            return _undo(draft, name, screen, complaint, notes)
    return False


def _drop_arm(draft: Draft, name: str, screen: Screen, place: int, complaint: Complaint, notes: Notes) -> bool:
    """Take a way out whose condition cannot be; one that always holds stays as the last."""
    arm = screen.body[place]
    if "when" not in arm:
        del screen.body[place + 1 :]
        return True
    if complaint.code == "always-true":
        del screen.body[place + 1 :]
        del arm["when"]
        notes.doubt(screen.place, f"{name!r}: the condition always holds", "the ways after it were left out")
        return True
    del screen.body[place]
    notes.lost(
        screen.place, f"{name!r}: the condition {arm['when']} > {arm['go']}: {complaint.what}", "write it in CEL"
    )
    if not screen.body:
        screen.body.append({"go": arm["go"]})
    return True


def _fill(body: Any, path: Path, screen: Screen, notes: Notes) -> bool:
    """Put something where a text is empty."""
    for step in path[:-1]:
        body = body[step]
    if body[path[-1]] == "...":
        return False
    body[path[-1]] = "..."
    notes.lost(screen.place, "a text is empty", "write it")
    return True


def _tell_apart(draft: Draft, screen: Screen, key: str, notes: Notes) -> bool:
    """Give the options of a list a field, where they would all read alike."""
    each = _fields(draft, str(screen.body["from"]))
    if not each:
        return False
    screen.body[key] = f"{{{each[0]}}}"
    notes.lost(screen.place, f"all options of a list had the same {key}", "write it with the fields of the list")
    return True


def _fields(draft: Draft, name: str) -> list[str]:
    """Return the fields of a list that a fetch saves."""
    for screen in draft.screens.values():
        saved = screen.body.get("save", {}) if screen.kind == "fetch" else {}
        for one in saved.values():
            if isinstance(one, dict) and one["as"] == name:
                return list(one.get("each", ()))
    return []


def _unlist(draft: Draft, name: str, screen: Screen, notes: Notes) -> bool:
    """Take a list out of a menu that nobody saves."""
    gone, go = screen.body["from"], screen.body["go"]
    notes.lost(screen.place, f"{name!r}: nothing saves the list {gone!r}", "fetch it from an office")
    if screen.body.get("options"):
        kept = {key: value for key, value in screen.body.items() if key not in LIST_KEYS}
        draft.screens[name] = Screen("choose", kept, screen.place, [f"from: list {gone}; not carried over"])
    else:
        text = draft.missing(f"list {gone}")
        draft.screens[name] = Screen("say", {"text": text, "go": go}, screen.place, screen.comments)
    return True


def _pause(draft: Draft, name: str, screen: Screen, notes: Notes) -> bool:
    """Put a screen behind a question to an office, so that the caller waits for one office at a time."""
    between: dict[str, str] = {}
    for part, key in list(ways(screen)):
        onward = part[key]
        if draft.screens[onward].kind == "end":
            continue
        if onward not in between:
            body = {"text": draft.said("moment"), "go": onward}
            between[onward] = draft.add(f"after_{name}", "say", body, screen.place, made=True)
        part[key] = between[onward]
    what = f"{name!r}: a caller would wait too long for several offices"
    notes.differs(screen.place, what, "a screen stands between")
    return bool(between)


def _part(draft: Draft, name: str, screen: Screen, notes: Notes) -> bool:
    """Move the options that are too many for one menu into another one."""
    rest = screen.body["options"][MANY - 1 :]
    del screen.body["options"][MANY - 1 :]
    kept = {key: value for key, value in screen.body.items() if key not in LIST_KEYS}
    stem = OTHERS.sub("", name)
    more = draft.add(f"{stem}_others", "choose", {**kept, "options": rest}, screen.place, made=True)
    screen.body["options"].append({"value": more, "label": draft.said("others"), "go": more})
    notes.differs(screen.place, f"{name!r} has too many options for one menu", "the others are in a menu of their own")
    return True


def _shorten(screen: Screen, place: int, complaint: Complaint, notes: Notes) -> bool:
    label = screen.body["options"][place]["label"]
    texts = label if isinstance(label, dict) else {"": label}
    longest = max(texts, key=lambda tongue: len(texts[tongue]))
    old = texts[longest]
    if len(old) <= SHORTEST and not SLOT.search(old):
        return False
    short = old[: max(SHORTEST, len(old) * 2 // 3)].rsplit(" ", 1)[0].rstrip(" ,.;{") + "..."
    short = SLOT.sub("...", old) if SLOT.search(old) else short
    screen.body["options"][place]["label"] = {**texts, longest: short} if longest else short
    notes.differs(screen.place, f"the option {old!r} is longer than a screen", "it was cut; find shorter words")
    return True


def _page(draft: Draft, name: str, screen: Screen, notes: Notes) -> bool:
    """A last screen has one page; a longer text is said first."""
    body: dict[str, Any] = dict(screen.body)
    last = draft.ended("thanks", "finished")
    draft.screens[name] = Screen("say", {"text": body["text"], "go": last}, screen.place, screen.comments, screen.made)
    notes.differs(
        screen.place, f"the last screen {name!r} can be longer than one page", "it is said, and an end follows"
    )
    return True


def _undo(draft: Draft, name: str, screen: Screen, complaint: Complaint, notes: Notes) -> bool:
    """Say in place of a service that cannot be gone into what is missing."""
    service, go = screen.body["service"], screen.body["go"]
    notes.lost(screen.place, f"{name!r} goes into {service!r}: {complaint.what}", "lead there another way")
    text = draft.missing(service)
    draft.screens[name] = Screen("say", {"text": text, "go": go}, screen.place, [f"from: {service}; not carried over"])
    return True
