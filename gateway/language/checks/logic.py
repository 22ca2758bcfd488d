"""Conditions must be about values that can be, and neither always true nor always false. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from gateway.language import conditions, reader
from gateway.language.checks import names
from gateway.language.checks.names import Services
from gateway.language.conditions import Condition, ConditionError
from gateway.language.conditions.tokens import tokens, unquoted
from gateway.language.places import Complaint, Document, Path, advised, nearest
from gateway.language.root import Service
from gateway.language.screens import Branch

CANDIDATES = ("string", "int", "bool")  # what a value can be whose kind is not known: an office's answer
MOST_UNKNOWN = 3
Domains = Mapping[str, tuple[Any, ...]]


def check_conditions(document: Document, service: Service, services: Services) -> Iterator[Complaint]:
    """Yield complaints about the conditions and computed values of a service."""
    kinds, domains = names.kinds(service, services), names.domains(service)
    for screen, kind in service.screens.items():
        for below, source in reader.expressions(kind):
            condition = _compiled(source)
            if condition is None or not condition.names <= kinds.keys():
                continue  # complained of already
            yield from _about(document, ("screens", screen, *below), condition, kinds, domains)
        if isinstance(kind, Branch):
            yield from _arms(document, ("screens", screen, "branch"), kind, domains)


def _compiled(source: str) -> Condition | None:
    try:
        return conditions.compile(source)
    except ConditionError:
        return None


def _about(
    document: Document, path: Path, condition: Condition, kinds: Mapping[str, str], domains: Domains
) -> Iterator[Complaint]:
    computed = path[-2] == "values"
    trouble = _kind_trouble(condition, kinds, "any" if computed else "bool")
    if trouble:
        what, todo = advised(trouble.message, "see the conditions in the guide for agencies")
        what = f"this condition {what[3:]}" if what.startswith("it ") else what
        yield document.complaint(trouble.code, path, what, todo)
        return
    strangers = list(_strangers(condition.source, domains))
    for name, value in strangers:
        todo = nearest(value, [str(known) for known in domains[name]])
        yield document.complaint("never-that-value", path, f"{name!r} is never {value!r}", todo)
    always = None if computed or strangers else conditions.constant(condition, domains)
    if always is not None:
        always_so = "true" if always else "false"
        what = f"this condition is always {always_so}"
        yield document.complaint(f"always-{always_so}", path, what, "correct it, or take it out")


def _kind_trouble(condition: Condition, kinds: Mapping[str, str], result: str) -> ConditionError | None:
    """Return what is wrong whatever the names hold of which the kind is not known."""
    unknown = sorted(name for name in condition.names if kinds[name] == "any")
    if len(unknown) > MOST_UNKNOWN:
        return None
    trouble = None
    for guess in product(CANDIDATES, repeat=len(unknown)):
        trouble = conditions.type_trouble(condition, {**kinds, **dict(zip(unknown, guess, strict=True))}, result)
        if trouble is None:
            return None
    return trouble


def _strangers(source: str, domains: Domains) -> Iterator[tuple[str, str]]:
    """Yield each name that is compared with a text that it never is, such as an option's value written wrongly."""
    words = tokens(source)
    for place, (sort, text) in enumerate(words):
        if sort != "name" or not all(isinstance(value, str) for value in domains.get(text, (0,))):
            continue
        for value in _compared_with(words, place):
            if value not in domains[text]:
                yield text, value


def _compared_with(words: tuple[tuple[str, str], ...], place: int) -> Iterator[str]:
    sign = words[place + 1][1] if place + 1 < len(words) else ""
    if sign in ("==", "!=") and words[place + 2 : place + 3] and words[place + 2][0] == "string":
        yield unquoted(words[place + 2][1])
    if place >= 2 and words[place - 1][1] in ("==", "!=") and words[place - 2][0] == "string":
        yield unquoted(words[place - 2][1])
    if sign == "in" and words[place + 2 : place + 3] and words[place + 2][1] == "[":
        for sort, text in words[place + 3 :]:
            if text == "]":
                break
            if sort == "string":
                yield unquoted(text)


def _arms(document: Document, path: Path, branch: Branch, domains: Domains) -> Iterator[Complaint]:
    """A branch needs a way that always holds, as its last."""
    free = [place for place, arm in enumerate(branch.root) if arm.when is None]
    if free and free[0] < len(branch.root) - 1:
        what = "the ways after this one are never taken: it has no when"
        yield document.complaint("way-never-taken", (*path, free[0]), what, "move it to the end")
    if free:
        return
    together = _compiled(" || ".join(f"({arm.when})" for arm in branch.root))
    if together is None or conditions.constant(together, domains) is not True:
        what = "it may be that none of these ways holds"
        yield document.complaint("no-way-holds", path, what, "end with a way that has no when")
