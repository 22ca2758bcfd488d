"""Phone numbers as telecoms write them: in full, or as their own country dials them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.messages import Unreadable
from providers.described.reading import in_full
from providers.forms import anyones_number, msisdn

# digits as a telecom of a country writes them, and the number; "" where it is not sure whose it is
WHOSE = [
    ("254712345678", "254", "+254712345678"),
    ("712345678", "254", "+254712345678"),  # and nobody of +7
    ("0712345678", "254", "+254712345678"),
    ("00254712345678", "254", "+254712345678"),
    ("256772123456", "254", "+256772123456"),  # a guest from Uganda
    ("9198765432", "91", "+919198765432"),  # begins as the country does, and is national all the same
    ("919198765432", "91", "+919198765432"),
    ("390123456", "254", ""),  # one of Italy, or one of Kenya's that is not given out yet
    ("70000012", "254", ""),
    ("999123456789", "254", ""),
    ("712345678", "", "+712345678"),
]


@pytest.mark.parametrize(("digits", "country", "number"), WHOSE)
@pytest.mark.parametrize("read", [anyones_number, lambda digits, country: msisdn(in_full(digits, country))])
def test_a_number_is_nobody_elses(read: Callable[[str, str], str], digits: str, country: str, number: str) -> None:
    if number:
        assert read(digits, country) == number
        return
    with pytest.raises(Unreadable):
        read(digits, country)
