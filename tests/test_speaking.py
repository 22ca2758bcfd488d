"""Every telecom's other side: what it says is understood as it was meant, proof and all, and what we show is heard."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messages import Ended, Inbound, Refused, Reply, Request, Texted, Unreadable
from gateway.speech import Door, Shown, Spoken, Text, Turn
from providers.proofs import showing
from providers.telecom import TELECOMS
from tests.callers import request_of
from tests.test_callbacks import AT, settings_of

USSD = [name for name, telecom in TELECOMS.items() if telecom.USSD and name != "generic_ussd"]
SMS = [name for name, telecom in TELECOMS.items() if telecom.SMS]
DOOR = Door("https://gw.example.org/in/theirs", AT)
CODES = {"moolre": "*203*109#"}
NEVER_TOLD = {"moolre", "mtn_rwanda"}  # what they say of the code is put together again by `turns.dialled`


def come(name: str, spoken: Spoken, chosen: Any, at: float = AT) -> Request:
    """Return a callback as the door hands it over, from an address that the channel allows."""
    secret, headers = showing(chosen)
    spoken = spoken._replace(headers={**spoken.headers, **headers})
    return request_of(spoken, DOOR.url, secret, "192.0.2.7")._replace(at=at)


def understood(name: str, said: Turn | Text, **changes: Any) -> Any:
    telecom, chosen = TELECOMS[name], settings_of(name)
    request = come(name, telecom.speak(said, chosen, DOOR), chosen)._replace(**changes)
    telecom.prove(request, chosen)
    events = telecom.parse(request, chosen)
    return events[0] if isinstance(events, list) else events


# What people type and text; a star would be read as two answers, and XML has no control characters.
letters = st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="*#")
typed = st.text(letters, min_size=1, max_size=30)
numbers = st.from_regex(r"\+2547[0-9]{8}", fullmatch=True)
words = st.lists(st.text(st.sampled_from("abcXYZ019é€ጤ&<'\"+=%"), min_size=1, max_size=8), min_size=1, max_size=5)


@pytest.mark.parametrize("name", USSD)
@given(number=numbers, answers=st.lists(typed, max_size=3), over=st.booleans())
@settings(deadline=None, max_examples=25)
def test_a_turn_is_understood(name: str, number: str, answers: list[str], over: bool) -> None:
    code = CODES.get(name, "*384*70#")
    event = understood(name, Turn("s-1", number, code, tuple(answers), over=over and bool(answers)))
    if isinstance(event, Ended):
        assert over and event.session in ("s-1", "")
        return
    assert isinstance(event, Inbound)
    assert event.session == ("s-1" if event.known_by != "number" else event.session)
    assert event.msisdn in (number, "") and (event.msisdn or answers)
    if over:
        return  # a telecom that says nothing of an end says it as a turn
    if event.cumulative:
        assert event.text.endswith("*".join(answers))
    elif answers:
        assert event.text == answers[-1]
        assert event.first is not True
    else:
        assert event.first is not False
        assert name in NEVER_TOLD or (event.opens or event.code or code) == code or event.first is None


@pytest.mark.parametrize("name", SMS)
@given(number=numbers, said=words.map(" ".join))
@settings(deadline=None, max_examples=25)
def test_a_text_is_understood(name: str, number: str, said: str) -> None:
    event = understood(name, Text("m-1", number, "22384", said, AT - 5))
    assert isinstance(event, Texted)
    assert (event.msisdn, event.text) == (number, said)
    assert "m-1" in event.id
    assert understood(name, Text("m-1", number, "22384", said, AT - 5)) == event




@pytest.mark.parametrize("name", [*SMS, *USSD])
def test_what_is_said_without_its_proof_is_refused(name: str) -> None:
    said: Turn | Text = (
        Text("m-1", "+254700000001", "22384", "WATER", AT) if name in SMS else Turn("s-1", "+254700000001", "*384*70#")
    )
    chosen = settings_of(name)
    secret, _ = showing(chosen)
    stripped = {"secret": "x" * len(secret)} if secret else {"body": b"a=b", "headers": {}, "url": DOOR.url}
    with pytest.raises((Refused, Unreadable)):
        understood(name, said, **stripped)


@pytest.mark.parametrize("name", [name for name in USSD if name != "integrat"])
@given(text=words.map(" ".join).filter(lambda text: text.strip() == text), more=st.booleans())
@settings(deadline=None, max_examples=25)
def test_what_is_shown_is_heard(name: str, text: str, more: bool) -> None:
    telecom, chosen = TELECOMS[name], settings_of(name)
    inbound = understood(name, Turn("s-1", "+254700000001", CODES.get(name, "*384*70#")))
    answer = telecom.render(Reply(text, more), inbound, chosen)
    headers = {key.lower(): value for key, value in answer.headers}
    assert telecom.hear(Shown(answer.status, headers, answer.body), chosen) == Reply(text, more)


def test_integrat_is_heard_by_its_errand() -> None:
    telecom, chosen = TELECOMS["integrat"], settings_of("integrat")
    inbound = understood("integrat", Turn("s-1", "+254700000001", "*384*70#"))
    errand = telecom.render(Reply("Home\n1 Water", True), inbound, chosen).errand
    assert errand is not None
    assert telecom.hear(Shown(200, {}, errand.body), chosen) == Reply("Home\n1 Water", True)
