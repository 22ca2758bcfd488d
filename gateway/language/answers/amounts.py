"""Reads whole numbers and money as people write them: `1500`, `1,500.50`, `1.500,50`, `Ksh 1500/=`. Pure. No floats."""

from __future__ import annotations

import re

# Where a lone mark before three digits parts thousands though it is a point.
POINT_GROUPS = frozenset({"fr", "pt", "es", "de", "it", "nl", "id"})
NUMBER = re.compile(r"([+-]?)(\d[\d ,.'\u066b\u066c]*)")
GROUPED = re.compile(r"\d{1,3}(?:[ ,.']\d{3})+")
SIGNS = ("/=", "/-", "=", "$", "€", "£", "₦", "₵", "¢")
# What people call their money, besides its code.
EVERYDAY = (
    "ksh kshs tsh tshs ush ushs sh shs shilling shillings shilingi bob birr br naira n cedi cedis gh fcfa cfa f francs"
    " frw fbu rand r kwacha mt meticais kz le d"
)
NAMES = frozenset(EVERYDAY.split())
MOST_DIGITS = 15


def without_currency(text: str, currency: str) -> str:
    """Return the text without the currency's code, sign or everyday name before or after the number."""
    plain = text.casefold().strip()
    for sign in SIGNS:
        plain = plain.removesuffix(sign).removeprefix(sign).strip()
    for name in sorted((*NAMES, currency.lower()), key=len, reverse=True):
        if plain.startswith(name) and not plain[len(name) : len(name) + 1].isalpha():
            return plain[len(name) :].strip(" .:")
        if plain.endswith(name) and not plain[-len(name) - 1 : -len(name)].isalpha():
            return plain[: -len(name)].strip()
    return plain


def written(text: str, decimals: int, language: str) -> int | None:
    """Return the number in units of so many decimals (`1,500.5` with 2 is 150050); None if it is none.

    It is none, too, where it has more decimals than allowed.
    """
    found = NUMBER.fullmatch(text.strip().replace("\u00a0", " ").replace("\u2212", "-"))
    if not found:
        return None
    body = found[2].replace("\u066b", ".").replace("\u066c", ",").strip()
    parts = _parts(body, decimals, language)
    if parts is None:
        return None
    whole, fraction = parts
    kept, lost = fraction[:decimals].ljust(decimals, "0"), fraction[decimals:]
    if lost.strip("0") or len(whole) > MOST_DIGITS:
        return None
    number = int(whole + kept)
    return -number if found[1] == "-" else number


def _parts(body: str, decimals: int, language: str) -> tuple[str, str] | None:
    """Return the digits before and after the decimal mark."""
    marks = [char for char in body if char in ",."]
    if not marks:
        return _whole(body)
    last = marks[-1]
    if len(set(marks)) == 2:
        return _decimal(body, last) if marks.count(last) == 1 else None
    if len(marks) > 1:
        return _whole(body)
    behind = len(body) - body.index(last) - 1
    groups = behind == 3 and GROUPED.fullmatch(body) is not None
    if groups and (decimals > 2 or (decimals == 0 and last == ".")):
        # 1.500 of a currency with three decimals, or of a bare number: only the language can tell.
        groups = (last == ".") == (language.partition("-")[0] in POINT_GROUPS)
    return _whole(body) if groups else _decimal(body, last)


def _decimal(body: str, mark: str) -> tuple[str, str] | None:
    before, _, after = body.partition(mark)
    whole = _whole(before)
    return (whole[0], after) if whole and after.isdecimal() else None


def _whole(body: str) -> tuple[str, str] | None:
    if body.isdecimal():
        return body, ""
    same = len({char for char in body if not char.isdecimal()}) == 1
    return (re.sub(r"\D", "", body), "") if same and GROUPED.fullmatch(body) else None
