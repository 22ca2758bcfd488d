"""Check digits and check characters of the numbers that offices issue: names of python-stdnum's algorithms. Pure."""

from __future__ import annotations

from typing import Any, Literal

from stdnum import damm, luhn, verhoeff
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_2, mod_11_10, mod_37_2, mod_37_36, mod_97_10

Checksum = Literal[
    "luhn", "verhoeff", "damm", "mod_11_2", "mod_11_10", "mod_37_2", "mod_37_36", "mod_97_10"
]  # fmt: skip
ALGORITHMS: dict[str, Any] = {
    "luhn": luhn,
    "verhoeff": verhoeff,
    "damm": damm,
    "mod_11_2": mod_11_2,
    "mod_11_10": mod_11_10,
    "mod_37_2": mod_37_2,
    "mod_37_36": mod_37_36,
    "mod_97_10": mod_97_10,
}


def passes(number: str, check: str) -> bool:
    """Return True if the number's check digits are right under the named algorithm."""
    try:
        ALGORITHMS[check].validate(number)
    except (ValidationError, ValueError):
        return False
    return True
