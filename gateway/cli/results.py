"""How `gateway test` tells what it found: for people, as JSON lines, as JUnit XML."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from rich.cells import cell_len, chop_cells

from gateway.workshop.rehearsal.coverage import Coverage
from gateway.workshop.rehearsal.judging import Failure
from gateway.workshop.rehearsal.running import Result

WIDE = 32  # characters of a phone's screen
HEADS = ("expected", "seen")
MARKS = {"equal": " ", "replace": "!", "delete": "-", "insert": "+"}


def counted(count: int, what: str) -> str:
    """Return `1 file` or `2 files`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


# --- for people ---------------------------------------------------------------------------------------------------


def line_of(result: Result) -> str:
    """Return the line about one file."""
    if result.complaints:
        return f"{result.file}: cannot be read"
    wrong = sum(bool(told.failures) for told in result.conversations) + len(result.failures)
    count = counted(len(result.conversations), "conversation")
    return f"{result.file}: {count}, {f'{wrong} wrong' if wrong else 'good'}"


def failures_of(result: Result) -> list[Failure]:
    """Return everything that is wrong in a file, in the order of its lines."""
    every = [failure for told in result.conversations for failure in told.failures]
    return sorted([*every, *result.failures], key=lambda failure: failure.line)


def shown(failure: Failure) -> Iterator[str]:
    """Yield the lines about one failure, with the two sides beside each other."""
    yield str(failure)
    if failure.expected is not None and failure.seen is not None:
        yield from beside(failure.expected, failure.seen)


def beside(expected: str, seen: str) -> Iterator[str]:
    """Yield two screens side by side: `!` before lines that differ, `-` before missing and `+` before new ones."""
    left, right = expected.split("\n") if expected else [], seen.split("\n") if seen else []
    yield _row(" ", *HEADS)
    yield _row(" ", "-" * WIDE, "-" * WIDE)
    for kind, i, k, j, m in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        ours, theirs = _wrapped(left[i:k]), _wrapped(right[j:m])
        for place in range(max(len(ours), len(theirs))):
            yield _row(MARKS[kind], _at(ours, place), _at(theirs, place))


def _wrapped(lines: Sequence[str]) -> list[str]:
    return [piece for line in lines for piece in (chop_cells(line, WIDE) or [""])]


def _at(lines: list[str], place: int) -> str:
    return lines[place] if place < len(lines) else ""


def _row(mark: str, left: str, right: str) -> str:
    return f"  {mark} {left}{' ' * (WIDE - cell_len(left))} | {right}".rstrip()


def coverage_lines(coverage: Coverage) -> Iterator[str]:
    """Yield what is not covered, and how much is."""
    yield from (str(one) for one in coverage.uncovered)
    counts = ", ".join(f"{sort} {covered} of {every}" for sort, (covered, every) in coverage.counts.items())
    yield f"covered: {counts}: {coverage.percent}%"


# --- for machines -------------------------------------------------------------------------------------------------


def json_lines(results: Sequence[Result], coverage: Coverage | None) -> Iterator[str]:
    """Yield one JSON object for each conversation, each file that cannot be read, and the coverage."""
    for result in results:
        for complaint in result.complaints:
            yield _json({"file": result.file, "passed": False, "complaint": complaint})
        for told in result.conversations:
            failures = [_plain(failure) for failure in told.failures]
            about = {"file": result.file, "line": told.line, "conversation": told.name}
            yield _json({**about, "passed": not failures, "failures": failures})
        for failure in result.failures:
            yield _json({"file": result.file, "passed": False, "failures": [_plain(failure)]})
    if coverage is not None:
        uncovered = [{"file": one.file, "line": one.line, "what": one.what} for one in coverage.uncovered]
        yield _json({"coverage": coverage.percent, "counts": dict(coverage.counts), "uncovered": uncovered})


def _json(data: dict[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False)


def _plain(failure: Failure) -> dict[str, object]:
    names = ("line", "turn", "what", "todo", "expected", "seen")
    return {name: getattr(failure, name) for name in names if getattr(failure, name) is not None}


def junit(results: Sequence[Result]) -> bytes:
    """Return the results as JUnit XML: a suite for each file, a case for each conversation."""
    root = ElementTree.Element("testsuites", name="gateway test")
    for result in results:
        suite = ElementTree.SubElement(root, "testsuite", name=result.file)
        cases = [(told.name, told.line, told.failures) for told in result.conversations]
        cases += [(failure.conversation, failure.line, (failure,)) for failure in result.failures]
        for name, line, failures in cases:
            case = _case(suite, result.file, name, line)
            for failure in failures:
                element = ElementTree.SubElement(case, "failure", message=failure.what)
                element.text = "\n".join(shown(failure))
        for complaint in result.complaints:
            ElementTree.SubElement(_case(suite, result.file, "the file", 1), "error", message=complaint)
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
        suite.set("errors", str(sum(case.find("error") is not None for case in suite)))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _case(suite: ElementTree.Element, file: str, name: str, line: int) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=file, name=name, file=file, line=str(line))
