"""How values read in the caller's language: money, days, times, phone numbers. Pure.

The data is Babel's (Unicode CLDR), cut to what a small screen can carry: no blanks or marks outside GSM-7, no cents
where there are none, days with a short month name only in languages whose names are GSM-7 or that need UCS-2 anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_precision, get_currency_symbol

from gateway.language.phrases import TONGUES
from gateway.language.values import Amount, Chosen, Value

NAMED_MONTHS = frozenset({"en", "sw", "am"})
# Portuguese on this side of the ocean: blanks between thousands and a comma for decimals, as in Mozambique.
BABEL_NAMES = {"pt": "pt_PT"}
STARS = "***"
BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200e": "", "\u200f": ""})
# Control characters, line and paragraph separators, bidirectional overrides and halves of surrogate pairs.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LETTER_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")


def cleaned(text: str) -> str:
    """Return the text with what cannot be seen (control characters, new lines) replaced by a blank."""
    return text if text.isprintable() else UNSEEN.sub(" ", text)


@lru_cache(maxsize=256)
def babel_locale(language: str) -> Locale:
    """Return Babel's locale for a language tag; English where Babel does not know it."""
    tag = BABEL_NAMES.get(language, language.replace("-", "_"))
    try:
        return Locale.parse(tag)
    except (UnknownLocaleError, ValueError):
        plain = tag.partition("_")[0]
        return Locale.parse("en") if plain == tag else babel_locale(plain)


@lru_cache(maxsize=512)
def currency_exponent(currency: str) -> int:
    """Return how many decimals the currency has (CLDR): 2 for KES, 0 for UGX, 3 for TND."""
    return int(get_currency_precision(currency))


@lru_cache(maxsize=4096)
def money(amount: Amount, language: str) -> str:
    """Return an amount such as `KES 1,500` or `KES 1,500.50`."""
    locale = babel_locale(language)
    exponent = currency_exponent(amount.currency)
    pattern = locale.currency_formats["standard"].pattern
    if get_currency_symbol(amount.currency, locale=locale)[:1] in "₦₵₹₺₽₩₪₫₱₡₲₴₸₿":  # not in GSM-7: write the code
        pattern = pattern.replace("¤", "¤¤")
    if amount.minor % 10**exponent == 0:
        pattern, exponent = pattern.replace(".00", ""), 0
    units = Decimal(amount.minor).scaleb(-currency_exponent(amount.currency))
    text = format_currency(units, amount.currency, pattern, locale=locale, currency_digits=exponent > 0)
    return LETTER_DIGIT.sub(" ", text.translate(BLANKS)).strip()


@lru_cache(maxsize=4096)
def _count(number: int, language: str) -> str:
    return format_decimal(number, locale=babel_locale(language)).translate(BLANKS)


@lru_cache(maxsize=4096)
def day(value: date, language: str) -> str:
    """Return a day such as `23 Nov 2026` or `23/11/2026`."""
    if language.partition("-")[0] in NAMED_MONTHS:
        return format_date(value, "d MMM yyyy", locale=babel_locale(language)).translate(BLANKS)
    return f"{value.day:02}/{value.month:02}/{value.year:04}"


@lru_cache(maxsize=4096)
def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return cleaned(text)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def shown(value: Value, language: str) -> str:
    """Return a value as a text shows it when no filter says otherwise."""
    match value:
        case str():
            return cleaned(value)
        case None:
            return ""
        case bool():
            tongue = TONGUES.get(language) or TONGUES.get(language.partition("-")[0]) or TONGUES["en"]
            return tongue.phrases["yes" if value else "no"]
        case Chosen():
            return cleaned(value.labelled(language))
        case Amount():
            return money(value, language)
        case datetime():
            return f"{day(value.date(), language)} {value:%H:%M}"
        case date():
            return day(value, language)
        case list():
            return ", ".join(shown(item, language) for item in value)
    return cleaned(str(value))


def _money(value: Value, language: str) -> str:
    return money(value, language) if isinstance(value, Amount) else shown(value, language)


def _date(value: Value, language: str) -> str:
    if isinstance(value, datetime):
        return day(value.date(), language)
    if isinstance(value, str):
        try:
            return day(date.fromisoformat(value[:10]), language)
        except ValueError:
            return cleaned(value)
    return shown(value, language)


def _time(value: Value, language: str) -> str:
    if isinstance(value, str):
        try:
            return f"{datetime.fromisoformat(value):%H:%M}"
        except ValueError:
            return cleaned(value)
    return f"{value:%H:%M}" if isinstance(value, datetime) else shown(value, language)


def _mask(value: Value, language: str) -> str:
    text = cleaned(str(_written(value)))
    kept = min(4, len(text) // 2)
    return STARS + (text[-kept:] if kept else "")


def _written(value: Value) -> str:
    match value:
        case None:
            return ""
        case Chosen():
            return value.value
        case Amount():
            return str(value.minor)
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.isoformat()
    return str(value)


def _upper(value: Value, language: str) -> str:
    return shown(value, language).upper()


def _phone_number(value: Value, language: str) -> str:
    return _phone(_written(value))


def _counted(value: Value, language: str) -> str:
    match value:
        case bool():
            return shown(value, language)
        case int():
            return _count(value, language)
        case list() | dict():
            return _count(len(value), language)
    return shown(value, language)


def _value(value: Value, language: str) -> str:
    return cleaned(_written(value))


# The closed list of filters of the menu language.
FILTERS: dict[str, Callable[[Value, str], str]] = {
    "money": _money,
    "date": _date,
    "time": _time,
    "mask": _mask,
    "upper": _upper,
    "phone": _phone_number,
    "count": _counted,
    "value": _value,
    "label": shown,
}
