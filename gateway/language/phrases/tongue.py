"""What the gateway must know of a language. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: the texts that every service needs, and the words that answers are read by.

    Words are lower case and without accents, since that is how an answer is compared. `option` are words that people
    put before the number of an option.
    """

    own_name: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    today: tuple[str, ...]
    yesterday: tuple[str, ...]
    tomorrow: tuple[str, ...]
    option: tuple[str, ...]
    phrases: Mapping[str, str]
