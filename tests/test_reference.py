"""The reference of the menu language is current and lacks nothing; `UPDATE_EXPECTED=1` writes it anew."""

from __future__ import annotations

import os
from typing import get_args

from gateway.language import asked, declared, screens
from gateway.language.checks.names import RESERVED
from gateway.language.conditions import FUNCTIONS
from gateway.language.formats import FILTERS
from gateway.language.root import Keys, Service
from gateway.language.screens import KINDS
from gateway.workshop import reference
from tests.town import ROOT

FILE = ROOT / "docs/reference.md"
ANSWERS = get_args(get_args(asked.Answer)[0])


def test_it_is_current() -> None:
    made = reference.written()
    if os.environ.get("UPDATE_EXPECTED"):
        FILE.write_text(made, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == made


def test_every_key_has_its_line() -> None:
    made = reference.written()
    for model in (Service, Keys, screens.Option, screens.Arm, declared.Saved, *KINDS.values(), *ANSWERS):
        for name, field in model.model_fields.items():
            key = field.alias or name
            if key not in ("root", "kind"):
                assert f"| `{key}` | {(field.description or '?').replace('|', chr(92) + '|')} |" in made, (model, key)
    assert all(f"### {kind}\n" in made for kind in KINDS)


def test_what_no_model_holds_is_whole() -> None:
    assert reference.FILTERED.keys() == FILTERS.keys()
    assert reference.COMPUTED.keys() == FUNCTIONS
    assert reference.ALWAYS_THERE.keys() == RESERVED
