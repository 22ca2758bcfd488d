"""A good service with one mistake in it is still good, or is complained of where the mistake is.

2,000 mutants with a fixed seed: a key dropped, a name misspelt, a way turned elsewhere, a text lengthened. Each sample
service is first written in one form (a key on each line), so that a mistake has a line. A complaint is near if it
stands within two lines of the mistake, of the block that the mistake is in, or of a line that names what was changed:
whoever misspells what `save` calls an answer is told where the answer is used.

What is not complained of has to be explained: `EXPLAINED` says of each sort of mutant when it is still a good service.
`SHOW=1` lists them instead of judging them.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

import pytest
import yaml

from gateway import catalogue, config
from gateway.language import places, words
from gateway.language.checks import checker
from gateway.language.places import Complaint, Document, Path
from gateway.language.root import Service
from gateway.language.screens import KINDS
from tests.town import ROOT

MUTANTS, SHARDS = 2_000, 4
NEAR = 2  # lines
MOST_MISSED = 0.03
TARGETS = {"go", "otherwise", "missing", "change", "none", "too_many", "decline", "start"}
TEXTS = {"text", "wrong", "sms", "label", "comment", "title"}
Lines = list[str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A service with one mistake: its lines, where the mistake is (from 1), what it names, and in words."""

    sort: str
    lines: Lines
    place: int
    block: int
    named: tuple[str, ...]
    about: str


class Written(yaml.SafeDumper):
    """One key on a line, no flow, no folding."""


Written.ignore_aliases = lambda *_: True  # type: ignore[method-assign]


def plain(data: Any) -> str:
    return yaml.dump(data, Dumper=Written, allow_unicode=True, sort_keys=False, width=100_000, default_flow_style=False)


@cache
def files() -> dict[str, str]:
    """Return the sample menus, each service in its plain form."""
    found = catalogue.menu_files(ROOT / "menus")
    services = catalogue.services_in(found)
    return {**found, **{name: plain(places.read(text, name).data) for name, text in services.items()}}


@cache
def reads() -> dict[str, Any]:
    return {name: catalogue.read(text, name) for name, text in catalogue.services_in(files()).items()}


@cache
def around() -> checker.Surroundings:
    return replace(catalogue.surroundings(config.load(ROOT / "config.example.yaml")), codes={})


def complaints(name: str, text: str) -> list[Complaint]:
    """Return what is said of a service and of those that it goes into, or that go into it."""
    beside = {other: files()[other] for other in neighbours(name)}
    return list(catalogue.judge({**beside, name: text}, around()).complaints)


@cache
def neighbours(name: str) -> frozenset[str]:
    """Return the files that are judged together with one: what it goes into, what goes into it, its lists."""
    by_name = {read.service.service: file for file, read in reads().items()}
    into = {file: {by_name[other] for _, other in checker.gone_into(read.service)} for file, read in reads().items()}
    found = {name}
    for _ in range(len(into)):
        found |= {other for file in found for other in into[file]}
    callers = {file for file, others in into.items() if name in others}
    return frozenset(found | callers | {file for file in files() if file.endswith(catalogue.LISTS)})


@cache
def before(name: str) -> frozenset[tuple[str, str]]:
    """Return what is said of a service while it is good: warnings, perhaps."""
    return frozenset((c.file, c.what) for c in complaints(name, files()[name]))


# --- the mistakes -------------------------------------------------------------------------------------------------


def extent(lines: Lines, line: int) -> int:
    """Return the line after the block that begins in `line` (from 1)."""
    indent = depth(lines[line - 1])
    for number in range(line + 1, len(lines) + 1):
        inner = lines[number - 1]
        if depth(inner) < indent or (depth(inner) == indent and not _goes_on(lines[line - 1], inner)):
            return number
    return len(lines) + 1


def depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _goes_on(first: str, inner: str) -> bool:
    """A list stands as deep as its key."""
    return inner.lstrip().startswith("- ") and not first.lstrip().startswith("- ")


def keys_of(document: Document) -> Iterator[tuple[Path, int]]:
    for path, (line, _) in document.keys.items():
        yield path, line


def parent(document: Document, path: Path) -> int:
    """Return the line of the key (or of the list entry) that `path` stands below."""
    above = path[:-1]
    return document.keys.get(above, document.values.get(above, (1, 1)))[0]


def dropped(chance: Random, document: Document, lines: Lines) -> Mutant | None:
    path, line = chance.choice(list(keys_of(document)))
    if lines[line - 1].lstrip().startswith("- "):
        return None  # the first key of a list entry carries the entry's mark
    end = extent(lines, line)
    named = [str(path[-1])] + [str(saved) for saved in _saved_in(document, path)]
    rest = [*lines[: line - 1], *lines[end - 1 :]]
    return Mutant("drop", rest, line, parent(document, path), tuple(named), "/".join(map(str, path)))


def _saved_in(document: Document, path: Path) -> Iterator[str]:
    """Yield the names that are saved below a path."""
    for other in document.values:
        value = _at(document.data, other)
        inside = other[: len(path)] == path
        if inside and isinstance(value, str) and (other[-1] in ("save", "as") or "save" in other or "take" in other):
            yield value
        if inside and "values" in other:
            yield str(other[-1])


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def misspelt_word(chance: Random, word: str) -> str:
    place = chance.randrange(len(word))
    match chance.randrange(3):
        case 0 if len(word) > 2:
            return word[:place] + word[place + 1 :]
        case 1 if place + 1 < len(word) and word[place] != word[place + 1]:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + chance.choice("qxzv") + word[place:]


def misspelt(chance: Random, document: Document, lines: Lines) -> Mutant | None:
    """Misspell a key, a way, a name that is saved or used, an office, an answer's kind, a language."""
    spots = list(_names_in(document))
    path, line, old, sort = chance.choice(spots)
    new = misspelt_word(chance, old)
    if new == old or not re.search(r"[a-z]", new):
        return None
    text = lines[line - 1]
    there = list(re.finditer(rf"(?<![\w-]){re.escape(old)}(?![\w-])", text))
    there = [one for one in there if sort != "slot" or text[one.start() - 1] == "{"]
    if not there:
        return None
    found = there[0 if sort == "key" else -1]
    changed = text[: found.start()] + new + text[found.end() :]
    rest = [*lines[: line - 1], changed, *lines[line:]]
    return Mutant("misspell", rest, line, parent(document, path), (old, new), f"{old} -> {new} in {path}")


def _names_in(document: Document) -> Iterator[tuple[Path, int, str, str]]:
    for path, line in keys_of(document):
        if len(path) < 2 or path[-2] not in ("answer", "send", "each", "labels", "states", "words"):
            yield path, line, str(path[-1]), "key"
    for path, (line, _) in document.values.items():
        value, last = _at(document.data, path), path[-1] if path else ""
        if not isinstance(value, str):
            continue
        if last in TARGETS or last in ("save", "do", "service", "office", "ask", "kind", "from", "as"):
            yield path, line, value, "value"
        for name in re.findall(r"(?<!\{)\{([a-z_]+)", value):
            yield path, line, name, "slot"


def swapped(chance: Random, document: Document, lines: Lines) -> Mutant | None:
    ways = [(path, line) for path, (line, _) in document.values.items() if path and path[-1] in TARGETS]
    path, line = chance.choice(ways)
    old = _at(document.data, path)
    others = [name for name in document.data["screens"] if name != old]
    if not isinstance(old, str) or not others:
        return None
    new = chance.choice(others)
    changed = re.sub(rf": {re.escape(old)}$", f": {new}", lines[line - 1])
    rest = [*lines[: line - 1], changed, *lines[line:]]
    return Mutant("swap", rest, line, parent(document, path), (old, new), f"{'/'.join(map(str, path))}: {old} -> {new}")


def lengthened(chance: Random, document: Document, lines: Lines) -> Mutant | None:
    texts = [
        (path, line)
        for path, (line, _) in document.values.items()
        if isinstance(_at(document.data, path), str) and set(path) & TEXTS and path[-1] not in ("value",)
    ]
    path, line = chance.choice(texts)
    times, old = chance.choice([2, 4, 8, 30]), _at(document.data, path)
    head, _, _ = lines[line - 1].partition(": ")
    new = plain({"x": " ".join([old] * times)}).partition(": ")[2].rstrip("\n")
    rest = [*lines[: line - 1], f"{head}: {new}", *lines[line:]]
    return Mutant("lengthen", rest, line, parent(document, path), (), f"{'/'.join(map(str, path))} x {times}")


SORTS: dict[str, Callable[[Random, Document, Lines], Mutant | None]] = {
    "drop": dropped, "misspell": misspelt, "swap": swapped, "lengthen": lengthened,
}  # fmt: skip


def mutants(first: int, count: int) -> Iterator[tuple[str, Mutant]]:
    """Yield mutants of the sample services, each sort as often as the others."""
    names = sorted(reads())
    for seed in range(first, first + count):
        chance = Random(seed)
        sort = list(SORTS.values())[seed % len(SORTS)]
        mutant = None
        while mutant is None:
            name = chance.choice(names)
            mutant = sort(chance, reads()[name].document, files()[name].splitlines())
        yield name, mutant


# --- what is said of them -----------------------------------------------------------------------------------------


def is_near(name: str, mutant: Mutant, complaint: Complaint) -> bool:
    """True if a complaint stands where its reader finds the mistake."""
    if complaint.file != name:
        return any(word in complaint.what for word in mutant.named)  # another service went into this one
    spots = {mutant.place, mutant.block}
    spots |= {
        number
        for number, line in enumerate(mutant.lines, 1)
        if any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line) for word in mutant.named)
    }
    return any(abs(complaint.line - spot) <= NEAR for spot in spots)


def is_optional(about: str) -> bool:
    """True if a key may be left out, or is one entry of a list, a text or a map that may be shorter."""
    *above, last = about.split("/")
    if not above:
        return not Service.model_fields[last].is_required()
    kind = KINDS.get(above[-1]) if above[0] == "screens" and len(above) == 3 else None
    if kind is not None:
        known = {field.alias or key: field for key, field in kind.model_fields.items()}
        return last in known and not known[last].is_required()
    return True


EXPLAINED: dict[str, Callable[[Mutant], bool]] = {
    "drop": lambda mutant: is_optional(mutant.about),  # what may be left out
    "misspell": lambda mutant: False,  # nothing that is misspelt is still meant
    "swap": lambda mutant: True,  # another way through screens that are all there, all reached, and all lead to an end
    "lengthen": lambda mutant: True,  # the longer text still fits, or is paged
}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_mistake_is_complained_of_where_it_is(shard: int) -> None:
    tally: Counter[str] = Counter()
    unexplained: list[str] = []
    missed: list[str] = []
    good: list[str] = []
    for name, mutant in mutants(shard * (MUTANTS // SHARDS), MUTANTS // SHARDS):
        told = [c for c in complaints(name, "\n".join(mutant.lines) + "\n") if (c.file, c.what) not in before(name)]
        if not told:
            tally[f"{mutant.sort}: still good"] += 1
            good.append(f"{name}:{mutant.place}: {mutant.sort} {mutant.about}")
            if not EXPLAINED[mutant.sort](mutant):
                unexplained.append(f"{name}: {mutant.about}")
        elif any(is_near(name, mutant, complaint) for complaint in told):
            tally[f"{mutant.sort}: caught"] += 1
        else:
            tally[f"{mutant.sort}: elsewhere"] += 1
            missed.append(f"{name}:{mutant.place}: {mutant.sort} {mutant.about}: {told[0]}")
    if os.environ.get("SHOW"):
        pytest.fail("\n".join([*(f"{count:4} {what}" for what, count in sorted(tally.items())), *good]))
    assert unexplained == []
    assert len(missed) <= MOST_MISSED * MUTANTS / SHARDS, "\n".join(missed)
    assert words.WORDS and sum(tally.values()) == MUTANTS // SHARDS
