"""Cuts a CEL expression into words, for what the compiled program does not tell. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[^\W\d]\w*)"""
    r"""|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:()\[\]{},.])""",
    re.VERBOSE,
)
MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([^\W\d]\w*)\s*,")
WORDS = frozenset({"true", "false", "null", "in"})


@lru_cache(maxsize=1024)
def tokens(source: str) -> tuple[tuple[str, str], ...]:
    """Return the kind and text of each word: `string`, `number`, `name`, `word` (true, in …) or `sign`."""
    found = []
    for match in TOKEN.finditer(source):
        kind, text = match.lastgroup or "", match[0]
        found.append(("word" if text in WORDS else kind, text))
    return tuple(found)


def _without_strings(source: str) -> str:
    return TOKEN.sub(lambda match: '""' if match.lastgroup == "string" else match[0], source)


def bound_names(source: str) -> frozenset[str]:
    """Return the names that the expression itself gives to the members of lists: the `x` of `rows.exists(x, …)`."""
    return frozenset(MACRO.findall(_without_strings(source)))


def macros(source: str) -> int:
    """Return how many times the expression walks over a list."""
    return len(MACRO.findall(_without_strings(source)))


def unquoted(literal: str) -> str:
    """Return the text of a quoted literal."""
    return re.sub(r"\\(.)", r"\1", literal[1:-1])
