"""The slips behind a file that is not YAML: what libyaml says of it, in words for a clerk, and in its place. Pure.

libyaml often stumbles lines after the slip. So the lines around are looked at for what is known to lead there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

Place = tuple[int, int]
Said = tuple[str, Place, str, str]  # code, place, what is wrong, what to do

UNSEEN = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"  # looks like a blank, or like nothing, and is text
CURLY = "“”„‘’"
VALUE = r"(?:^ *(?:- +)?[\w-]+: +|[{,] *[\w-]+: +)"  # what stands before a value
INSIDE = frozenset({"while parsing a flow mapping", "while parsing a flow sequence", "while scanning a simple key"})


@dataclass(frozen=True, slots=True)
class Slip:
    """What a line looks like that is wrong `at` a place. `sign` is in what libyaml says; `code` is for another one.

    Not `above`: such a line is good YAML where libyaml stumbled only in the next.
    """

    line: re.Pattern[str]
    what: str
    todo: str
    sign: str = ""
    code: str = ""
    above: bool = True


SLIPS = (
    Slip(
        re.compile(rf"(?:^ *(?:- *)?(?:[\w-]+:)?|[{{,] *[\w-]+:)(?P<at>[{UNSEEN}])"),
        "a character that cannot be seen stands here (U+{at:04X})",
        "delete it, and type a blank",
        code="unseen-character",
    ),
    Slip(
        re.compile(rf"{VALUE}(?P<at>[{CURLY}])"), "curly quotes do not quote", 'write straight ones: "…"', above=False
    ),
    Slip(
        re.compile(rf"{VALUE}(?P<at>\{{ *\w[^{{}}:,]*\}}) *[^\s,}}\]#]"),
        "a text that begins with a brace needs quotes",
        'put the whole text in quotes: "{name} …"',
    ),
    Slip(
        re.compile(rf"{VALUE}(?P<at>[*&])"),
        "a text that begins with this sign needs quotes",
        "put the whole text in quotes",
        sign="alphabetic or numeric",
    ),
    Slip(
        re.compile(rf"""{VALUE}(?:"[^"]*"|'[^']*') *(?P<at>[^\s,}}\]#'"])"""),
        "the quotes close before this",
        "put the whole text in the other sort of quotes",
    ),
    Slip(
        re.compile(r"""[{\[][^"']* (?P<at>#)"""),
        "what stands after # is taken for a remark",
        "put a text that has # in it in quotes",
        sign="expected ',' or",
    ),
    Slip(
        re.compile(r"""^ *(?P<at>-)(?=[A-Za-z{"'\[])"""),
        "a blank is missing after the dash",
        "write - and a blank before the item",
    ),
    Slip(
        re.compile(r"^ *(?:- +)?[A-Za-z_][\w-]*(?P<at>:)(?=[^\s:/])"),
        "a blank is missing after the colon",
        "write key: value",
        code="missing-colon",
    ),
    Slip(
        re.compile(r"^ *(?P<at>(?:value|when) *:)"),
        "a dash is missing before this",
        "write - and a blank before it",
        code="bad-indent",
        sign="'-' indicator",
    ),
    Slip(
        re.compile(r"^ *(?P<at>\{ *(?:value|when) *:)"),
        "a dash is missing before this",
        "write - and a blank before it",
        code="bad-indent",
    ),
)
MERGE = re.compile(r"^(?:<{7}|={7}|>{7})(?= |$)", re.MULTILINE)

# What libyaml says, and what to say to a clerk.
_SAID: dict[str, tuple[str, str, str]] = {
    "cannot start any token": (
        "character-out-of-place",
        "this character cannot stand here",
        "put the text in quotes, and indent with blanks, never with tabs",
    ),
    "mapping values are not allowed": (
        "colon-out-of-place",
        "a colon cannot stand here",
        "put the text in quotes, or mend the indent",
    ),
    "did not find expected ',' or": (
        "bracket-not-closed",
        "this does not fit between the brackets",
        "close the quotes and brackets, and put a text with a colon or a comma in quotes",
    ),
    "could not find expected ':'": ("missing-colon", "a colon is missing in this line", "write key: value"),
    "did not find expected key": (
        "bad-indent",
        "this line does not fit the ones above",
        "mend the indent, or close the quotes",
    ),
    "did not find expected '-' indicator": (
        "bad-indent",
        "this line does not fit the ones above",
        "mend the indent, or start the item with -",
    ),
    "block sequence entries are not allowed": (
        "dash-out-of-place",
        "a list cannot begin here",
        "start each item with - on its own line, or put a text with a dash in quotes",
    ),
    "unknown escape character": (
        "backslash-out-of-place",
        "a backslash cannot stand here",
        "put the text in single quotes, or write two backslashes",
    ),
    "unexpected end of stream": ("quote-not-closed", "the file ends inside quotes", "close them"),
}


def said(text: str, error: yaml.YAMLError) -> Said:
    """Return what is wrong with the text that libyaml could not read."""
    if not isinstance(error, yaml.MarkedYAMLError):
        place, unseen = _unseen(text)
        what = f"a character that cannot be seen stands here (U+{ord(unseen):04X})"
        return "unseen-character", place, what, "delete it, and type anew what stands around it"
    merge = MERGE.search(text)
    if merge is not None:
        place = (text.count("\n", 0, merge.start()) + 1, 1)
        todo = "keep one of them, and delete the lines with <<<<<<<, =======, >>>>>>>"
        return "not-yaml", place, "two versions meet here", todo
    problem = str(error.problem or error.context)
    code, what, todo = next(
        (words for sign, words in _SAID.items() if sign in problem),
        ("not-yaml", f"this is not YAML: {problem}", "look at the indent, the colons and the quotes"),
    )
    return _slipped(text, error, problem, code) or (code, _stumbled(error, code), what, todo)


def _unseen(text: str) -> tuple[Place, str]:
    """Return the first character that YAML does not take, with its place. libyaml says which, but not where."""
    index = next((index for index, char in enumerate(text) if yaml.reader.Reader.NON_PRINTABLE.match(char)), 0)
    return (text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)), text[index]


def _stumbled(error: yaml.MarkedYAMLError, code: str) -> Place:
    """Return where to look: for a colon that is missing, where the key begins."""
    mark = error.problem_mark or error.context_mark
    if code == "missing-colon":
        mark = error.context_mark or mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _slipped(text: str, error: yaml.MarkedYAMLError, problem: str, code: str) -> Said | None:
    lines = text.split("\n")
    for number, above in _around(lines, error):
        for slip in SLIPS:
            fits = slip.sign in problem and (slip.above or not above)
            found = slip.line.search(lines[number]) if fits else None
            if found:
                what = slip.what.format(at=ord(found["at"][0]))
                return slip.code or code, (number + 1, found.start("at") + 1), what, slip.todo
    return None


def _around(lines: list[str], error: yaml.MarkedYAMLError) -> Iterator[tuple[int, bool]]:
    """Yield the lines in which the slip can be, from 0: where libyaml stumbled, where that began, and the one above.

    With each, whether it is the one above.
    """
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return
    if mark.line < len(lines):
        yield mark.line, False
    if error.context_mark is not None and error.context in INSIDE and error.context_mark.line != mark.line:
        yield error.context_mark.line, False
    before = [number for number in range(min(mark.line, len(lines))) if lines[number].strip()]
    yield from ((number, True) for number in before[-1:])
