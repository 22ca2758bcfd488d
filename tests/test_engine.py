"""What holds for any input to any sample menu, on both channels and in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway import engine
from gateway.catalogue import edition, menu_files
from gateway.engine import Facts, Fetch, Fetched, Opened, State, Step, Typed
from gateway.language.text import SMS, Limits
from gateway.workshop import samples
from tests.town import ROOT

EDITION = edition("sample", menu_files(ROOT / "menus"))
OPENED = sorted(name for name, service in EDITION.services.items() if not service.takes)
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
REFERENCE = re.compile(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){2}\b")
LIMITS: dict[str, Limits] = {"ussd": Limits(), "sms": SMS}
OWN = [
    {"reference": f"7KQ2-0000-000{n}", "title": "Report a water fault", "state": "queued", "at": "2026-11-20"}
    for n in range(5)
]
GOOD = "as declared"  # the office answers with what the menu declares
ODD = {
    "name": "ஃ" * 90,
    "balance": "x" * 300,
    "status": "a\nb{c}",
    "valid_until": "99",
    "title": "T" * 300,
    "percent": 1e9,
}


def facts(channel: Literal["ussd", "sms"], turn: int) -> Facts:
    return Facts(channel, "+254700000001", NOW, turn, LIMITS[channel], "63902", "*384*70#", "KE", earlier=EDITION)


def blind(text: str) -> str:
    """Return a screen without the reference on it, which is another each time a request is filed."""
    return REFERENCE.sub("REFERENCE", text)


def through_json(state: State) -> State:
    restored = engine.restored(orjson.loads(orjson.dumps(engine.plain(state))))
    assert restored == state
    return restored


@dataclass(slots=True)
class Caller:
    """Steps the engine as `talk` does, state through JSON at every step; what offices answer is given."""

    channel: Literal["ussd", "sms"]
    answers: Iterator[Any]
    state: State | None = None
    effects: tuple[Any, ...] = ()
    turns: int = 0

    def _answer(self, state: State, question: Fetch) -> Any:
        answer = next(self.answers)
        return samples.asked(EDITION.services[state.service], state, question) if answer == GOOD else answer

    def happen(self, event: Opened | Typed) -> Step:
        self.turns += 1
        known = facts(self.channel, self.turns)
        step = engine.step(EDITION, self.state, event, known)
        effects = step.effects
        while step.wish is not None:
            assert step.state is not None
            found = self._answer(step.state, step.wish) if isinstance(step.wish, Fetch) else {"requests": OWN}
            step = engine.step(EDITION, through_json(step.state), Fetched(found), known)
            effects += step.effects
        self.effects += effects
        self.state = through_json(step.state) if step.state is not None and step.more else None
        assert LIMITS[self.channel].fits(step.text), (step.text, self.channel)
        assert step.text.strip()
        return step


keys = st.one_of(
    st.sampled_from(
        ["0", "00", "1", "2", "3", "4", "5", "6", "98", "99", "", " 1. ", "١", "Kalundu", "A000000000Y", "1234"]
    ),
    st.sampled_from(
        [
            "12345678",
            "1001",
            "water",
            "no water",
            "*",
            "1*2",
            "#",
            "{fault}",
            "ndiyo",
            "12345679",
            "BP223184",
            "4000014",
        ]
    ),
    st.text(max_size=60),
)
outcomes = st.sampled_from([GOOD, ODD, {}, "missing", None])
channels = st.sampled_from(["ussd", "sms"])


@settings(max_examples=300, deadline=None)
@given(
    channels, st.sampled_from(OPENED), st.sampled_from(["en", "sw", None]), st.lists(keys, max_size=5),
    st.lists(keys, max_size=14), st.lists(outcomes, min_size=8, max_size=8),
)  # fmt: skip
@example("ussd", "county-home", "sw", [], ["5", "4", "3", "98", "98", "0", "0", "0", "0"], [None] * 8)
@example("sms", "water-fault", "en", ["burst", "Kibera"], ["0", "2", "1", "99", "99", "1"], [None] * 8)
def test_any_input_gives_a_screen_that_fits(
    channel: Literal["ussd", "sms"],
    service: str,
    language: str | None,
    ahead: list[str],
    typed: list[str],
    found: list[Any],
) -> None:
    caller = Caller(channel, iter(found * 20))
    event: Opened | Typed = Opened(service, tuple(ahead), language)
    for key in [*typed, "1"]:
        caller.happen(event)
        if caller.state is None:
            break
        event = Typed(key)
    submitted = [effect for effect in caller.effects if isinstance(effect, engine.Submit)]
    assert len({effect.reference for effect in submitted}) == len(submitted)


@settings(max_examples=150, deadline=None)
@given(channels, st.sampled_from(OPENED), st.lists(keys, max_size=10), st.lists(outcomes, min_size=8, max_size=8))
def test_stepping_equals_replaying(
    channel: Literal["ussd", "sms"], service: str, typed: list[str], found: list[Any]
) -> None:
    def walk() -> tuple[list[str], State | None, tuple[Any, ...]]:
        caller = Caller(channel, iter(found * 20))
        screens = [caller.happen(Opened(service)).text]
        for key in typed:
            if caller.state is None:
                break
            screens.append(caller.happen(Typed(key)).text)
        return screens, caller.state, caller.effects

    assert walk() == walk()


@settings(max_examples=150, deadline=None)
@example(["1", "1", "1", "0", "1"])
@given(st.lists(st.sampled_from(["1", "2", "3", "0", "Kalundu", "12345678", "1001", "A000000000Y", "98"]), max_size=7))
def test_a_long_dial_ends_where_typing_does(typed: list[str]) -> None:
    """As long as every answer is taken, a long dial's screen is the typed one's."""
    by_hand = Caller("ussd", iter([GOOD] * 20))
    step = by_hand.happen(Opened("county-home"))
    for key in typed:
        if by_hand.state is None or by_hand.state.wrong or by_hand.state.notice:
            return
        step = by_hand.happen(Typed(key))
    if by_hand.state is not None and by_hand.state.notice:
        return
    at_once = Caller("ussd", iter([GOOD] * 20))
    assert blind(at_once.happen(Opened("county-home", tuple(typed))).text) == blind(step.text)
    same = [e for e in at_once.effects if not isinstance(e, engine.Submit | engine.Message)]
    assert same == [e for e in by_hand.effects if not isinstance(e, engine.Submit | engine.Message)]


@settings(max_examples=100, deadline=None)
@given(st.lists(keys, max_size=8), st.lists(keys, max_size=4))
def test_a_dropped_conversation_comes_back(typed: list[str], later: list[str]) -> None:
    caller = Caller("ussd", iter([GOOD] * 40))
    caller.happen(Opened("county-home"))
    for key in typed:
        if caller.state is None:
            return
        caller.happen(Typed(key))
    if caller.state is None or not caller.state.begun or caller.state.mode != "menu":
        return
    left = caller.state
    caller.state = None
    offered = caller.happen(Opened("county-home", (), None, engine.Paused(EDITION.hash, left)))
    assert offered.state is not None and offered.state.mode == "resume"
    caller.happen(Typed("1"))
    assert caller.state is not None
    assert caller.state._replace(notice="") == left._replace(notice="", wrong=caller.state.wrong)


def test_secrets_are_never_shown_and_only_sent_where_asked() -> None:
    caller = Caller("ussd", iter([None]))
    caller.happen(Opened("tax-compliance"))
    caller.happen(Typed("A000000000Y"))
    known = facts("ussd", 3)
    assert caller.state is not None
    asked = engine.step(EDITION, caller.state, Typed("4711"), known)
    assert asked.wish == Fetch("tax-authority", "compliance", {"tax_number": "A000000000Y", "pin": "4711"}, 3.0)
    assert asked.state is not None and asked.state.secrets == {"pin": "4711"} and "pin" not in asked.state.values


def test_wrong_answers_lead_to_a_way_back_and_not_to_nowhere() -> None:
    caller = Caller("ussd", iter(()))
    caller.happen(Opened("county-home", ("1",)))
    assert caller.happen(Typed("7")).text.startswith("Reply with a number from the list.\nWhat is wrong?")
    caller.happen(Typed("8"))
    last = engine.step(EDITION, caller.state, Typed("9"), facts("ussd", 9))
    assert not last.more and last.state is not None and "Dial *384*70# to go on" in last.text
