"""The number a citizen is given for a request: 11 characters and a check character, `XXXX-XXXX-XXXX`. Pure.

Crockford's base 32 (no I, L, O, U), so that it can be read out on a bad line. The check character is the number
modulo 37, which tells every single wrong character and every two neighbours that changed places.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 11
VALUES = {char: value for value, char in enumerate(ALPHABET)}
LOOKALIKES = str.maketrans("OIL", "011")
SEPARATORS = re.compile(r"[\s\-_.\u2010-\u2015]+")


def make(seed: int, nth: int = 0) -> str:
    """Return the reference that belongs to a seed; `nth` gives further ones when that is taken.

    The seed must be unguessable (64 random bits or more) if nobody is to guess another's reference.
    """
    draw = 0
    while True:
        digest = hashlib.blake2b(f"{seed}/{nth}/{draw}".encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "big") >> (64 - 5 * LENGTH)
        if number % 37 < len(ALPHABET):  # the other five remainders have no plain letter or digit: draw again
            return _shown(_digits(number) + ALPHABET[number % 37])
        draw += 1


def read(text: str) -> str | None:
    """Return the reference a person meant, as `make` writes it; None if it is none or a character is wrong.

    Case, blanks and hyphens do not matter; O is read as 0, I and L as 1, and digits of any script as their own.
    """
    plain = SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()
    plain = "".join(_ascii_digit(char) for char in plain).translate(LOOKALIKES)
    if len(plain) != LENGTH + 1 or any(char not in VALUES for char in plain):
        return None
    number = 0
    for char in plain[:LENGTH]:
        number = number * 32 + VALUES[char]
    return _shown(plain) if number % 37 == VALUES[plain[LENGTH]] else None


def _digits(number: int) -> str:
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def _shown(plain: str) -> str:
    return f"{plain[:4]}-{plain[4:8]}-{plain[8:]}"


def _ascii_digit(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)
