"""Text as it may go to a terminal or into a report, wherever it comes from. Pure."""

from __future__ import annotations

from gateway.language.formats import UNSEEN


def printable(text: str) -> str:
    """Return a text in which what a terminal would obey is written out, such as \\x1b. New lines stay."""
    return UNSEEN.sub(lambda found: found[0] if found[0] in "\n\t" else _written(ord(found[0])), text)


def in_a_line(text: str) -> str:
    """Return a text in one line, to stand among others."""
    return printable(text.replace("\r\n", "\n")).replace("\n", "⏎").replace("\t", " ")


def _written(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
