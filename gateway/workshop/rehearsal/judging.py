"""Whether a conversation went as the test says: what differs, where it is written, and both sides of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.language.places import Path, nearest
from gateway.workshop.rehearsal.conversations import Conversation, Rating, Read, Turn
from gateway.workshop.rehearsal.phone import Played, Screen, Trouble
from gateway.workshop.rehearsal.writing import flow, tidy


@dataclass(frozen=True, slots=True)
class Failure:
    """What is wrong with a conversation, in which turn (from 1; 0: in none), and both sides where they differ."""

    file: str
    line: int
    conversation: str
    turn: int
    what: str
    todo: str
    expected: str | None = None
    seen: str | None = None

    def __str__(self) -> str:
        turn = f", turn {self.turn}" if self.turn else ""
        return f"{self.file}:{self.line}: {self.conversation}{turn}: {self.what} ({self.todo})"


Questions = Mapping[str, Collection[str]]  # what services ask, by office
UPDATE = "correct the test or the menu, or run with --update"


def judged(read: Read, place: int, played: Played, questions: Questions) -> list[Failure]:
    """Return what is wrong with the conversation at `place`: the first turn that differs, else what came out of it.

    `questions` are those that some service asks.
    """
    assert read.suite is not None
    conversation = read.suite.conversations[place]
    at: Path = ("conversations", place)

    def failure(path: Path, turn: int, what: str, todo: str, *sides: str) -> Failure:
        return Failure(read.document.file, read.line(*at, *path), conversation.name, turn, what, todo, *sides)

    for turn, (wanted, screen) in enumerate(zip(conversation.turns, played.screens, strict=False)):
        for key, what, todo, *sides in _differences(wanted, screen):
            return [failure(("turns", turn, key), turn + 1, what, todo, *sides)]
    strange = [(office, ask) for office, asks in conversation.offices.items() for ask in asks]
    strange = [key for key in strange if not asked(*key, questions)]
    if strange:
        return [failure(("offices", *key), 0, *unasked(*key, questions)) for key in strange]
    if played.trouble is not None:
        return [_troubled(read, conversation, at, played.trouble)]
    found = []
    for key, said, wanted_of, came in outcomes(conversation, played):
        if wanted_of != came:
            found.append(failure((key,), 0, said, UPDATE, _lines(wanted_of), _lines(came)))
    for office, ask, which in played.unused:
        path = ("offices", office, ask, which)
        what, todo = f"{office} is not asked {ask!r} so often", "delete the answer, or make the conversation ask"
        found.append(failure(path, 0, what, todo))
    return found


def asked(office: str, ask: str, questions: Questions) -> bool:
    """True if some service asks this."""
    return ask in questions.get(office, ())


def unasked(office: str, ask: str, questions: Questions) -> tuple[str, str]:
    """Return what is wrong and what to do with an answer to what no service asks."""
    if office not in questions:
        return f"no service asks an office {office!r}", nearest(office, questions)
    return f"no service asks {office} {ask!r}", nearest(ask, questions[office])


def _differences(turn: Turn, screen: Screen) -> Iterator[tuple[str, ...]]:
    """Yield (key, what, to do, expected, seen) for what a screen is not."""
    if "see" in turn.model_fields_set and turn.see is None:
        yield "see", "nothing is written after see yet", "write the screen, or run with --update", "", tidy(screen.text)
    elif turn.see is not None and tidy(turn.see) != tidy(screen.text):
        yield "see", "the screen is another", UPDATE, tidy(turn.see), tidy(screen.text)
    for piece in turn.pieces:
        if tidy(piece) not in tidy(screen.text):
            key = "part" if piece == turn.part else "parts"
            yield key, "this is not on the screen", "correct the test or the menu", tidy(piece), tidy(screen.text)
    if turn.end is not None and turn.end == screen.more:
        what = "the session goes on after this screen" if turn.end else "the session is over with this screen"
        yield "end", what, UPDATE


def _troubled(read: Read, conversation: Conversation, at: Path, trouble: Trouble) -> Failure:
    line = read.line(*at, "turns", trouble.turn)
    return Failure(read.document.file, line, conversation.name, trouble.turn + 1, trouble.what, trouble.todo)


def outcomes(conversation: Conversation, played: Played) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield (key, what is said if they differ, what the test says, what came out), as plain data."""
    filed = [one.model_dump() for one in conversation.filed or ()]
    yield "filed", "other requests are filed", filed, [one.model_dump() for one in played.filed]
    yield "sms", "other messages are sent", [tidy(text) for text in conversation.sms or ()], played.sms
    named = any(one.reference for one in conversation.rated or ())  # else they may be of any request
    rated = [_rating(one, named) for one in conversation.rated or ()]
    yield "rated", "other ratings are given", rated, [_rating(one, named) for one in played.rated]
    yield "remembers", "another language is remembered", conversation.remembers, played.remembers


def _rating(rating: Rating, named: bool) -> dict[str, Any]:
    return rating.model_dump(exclude_defaults=True, exclude=set() if named else {"reference"})


def _lines(value: Any) -> str:
    """Return what came out, or was to come out, as lines of which those that differ can be seen."""
    if isinstance(value, list):
        return "\n".join(line for part in value for line in _lines_of(part))
    return value or ""


def _lines_of(part: Any) -> list[str]:
    if isinstance(part, str):
        return part.split("\n")
    if "send" not in part:
        return [flow(part)]
    return [f"{part['office']}, {part['ask']}:", *(f"  {key}: {flow(value)}" for key, value in part["send"].items())]
