"""What a report must not show: the channel's secrets, and phone numbers wherever they stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from gateway.config import Channel

_PASSWORD: Final = re.compile(r"(<Password>)[^<]*")
_NUMBER: Final = re.compile(r"(\+?\d{3,6})\d{3}(\d{3})\b")
_EXAMPLE: Final = "+254700000000"  # what our own messages show, nobody's number
_DIGITS: Final = re.compile(r"\d(?:[ .-]?\d){6,}")
_TAIL: Final = 7  # digits by which a number is known, however it is written: +254700000001, 0700 000 001
_SHORTEST: Final = 6  # characters of a secret that is looked for


class Hiding:
    """Hides what one report must not show. `numbers` are those of its callbacks; None: they are shown."""

    def __init__(self, channel: Channel, numbers: Iterable[str] | None) -> None:
        found = {value for value in _secrets(channel.settings) if len(value) >= _SHORTEST}
        self._secrets = sorted(found, key=len, reverse=True)
        self._shows_numbers = numbers is None
        bare = (re.sub(r"\D", "", number) for number in numbers or ())
        self._tails = {digits[-_TAIL:] for digits in bare if len(digits) >= _TAIL}

    def hidden(self, text: str) -> str:
        """Return a text without secrets, which some answers hold, and with the callers' numbers masked."""
        for secret in self._secrets:
            text = text.replace(secret, "<secret>")
        text = _PASSWORD.sub(r"\1…", text)
        return _DIGITS.sub(self._masked, text) if self._tails else text

    def number(self, text: str) -> str:
        """Return a text in which whatever looks like a phone number is masked."""
        return text if self._shows_numbers else _NUMBER.sub(_without_middle, text)

    def _masked(self, found: re.Match[str]) -> str:
        """Mask each number of the callers within digits that may have blanks between them."""
        letters = list(found[0])
        places = [place for place, letter in enumerate(letters) if letter.isdigit()]
        digits = "".join(letters[place] for place in places)
        for start in range(len(digits) - _TAIL + 1):
            if digits[start : start + _TAIL] in self._tails:
                for place in places[start + 1 : start + 4]:
                    letters[place] = "·"
        return "".join(letters)


def _without_middle(found: re.Match[str]) -> str:
    return found[0] if found[0] == _EXAMPLE else f"{found[1]}···{found[2]}"


def _secrets(value: Any) -> Iterator[str]:
    """Yield each secret in settings, however deep."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _secrets(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _secrets(one)
