"""Draws docs/phone.svg, the picture in README.md: what `gateway dial '*384*70#' --offline` shows after a fault.

Run it as `python scripts/draw_phone.py [FILE]`; a test compares the picture with the phone as it is.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from gateway import catalogue
from gateway.cli.phone.drawing import drawn
from gateway.cli.phone.handset import Handset
from gateway.cli.phone.lines import Offline
from gateway.engine import Facts
from gateway.language.text import USSD
from gateway.workshop.offline import Walk

ROOT = Path(__file__).resolve().parent.parent
WIDE = 88  # columns
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CODE, NETWORK = "*384*70#", "63902"
TYPED = ("1", "1", "Kalundu", "0", "1")
FONTS = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def picture() -> str:
    """Return the SVG, the same at every run. It asks no other host for a font."""
    edition = catalogue.edition("picture", catalogue.menu_files(ROOT / "menus"))
    about = Facts("ussd", "+254700000001", NOW, 0, USSD, NETWORK, CODE)
    phone = Handset(
        Offline(Walk(edition, "county-home", about, lambda: NOW, lambda: 20261123)), lambda: 0.0, CODE, NETWORK
    )
    phone.start()
    for typed in TYPED:
        phone.typed = typed
        phone.key("send")
    console = Console(record=True, width=WIDE, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(drawn(phone, WIDE))
    svg = console.export_svg(title=f"gateway dial '{CODE}' --offline", theme=MONOKAI, unique_id="phone")
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\s*<!--.*?-->", "", svg)
    svg = re.sub(r"font-family: [^;]*;", f"font-family: {FONTS};", svg)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/phone.svg").write_text(picture(), encoding="utf-8")
