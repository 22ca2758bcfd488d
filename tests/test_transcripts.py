"""Conversations as an office would read them: what is typed, the exact screen, what is filed and which SMS go out.

`tests/transcripts/*.yaml`; over real HTTP and a real database, so that state goes through its stored form between every
two turns. `UPDATE_EXPECTED=1 pytest tests/test_transcripts.py` rewrites what is seen; read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from tests.town import REFERENCE, Phone, Town, town

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*.yaml"))
NOW = 1_764_000_000.0  # 24 November 2025, 19:00 in Nairobi


def plain(text: str) -> str:
    """A reference is a new one each time."""
    return REFERENCE.sub("{reference}", text)


async def heard(place: Town, phone: Phone, number: int, turn: dict[str, str]) -> str:
    """Do what one turn says; return the screen, or the SMS that came back."""
    if "dial" in turn:
        code, _, ahead = turn["dial"].removesuffix("#").partition("*70")
        return await phone.dial(ahead.removeprefix("*"), code=f"{code}*70#")
    if "type" in turn:
        return await phone.press(turn["type"])
    if "text" in turn:
        await phone.text(turn["text"], f"sms-{number}")
        return (await place.gateway.store.list_messages())[0].text
    office, mode = turn["office"].split()
    await place.upset(office, mode)
    return f"{office} is {mode}"


async def conversation(folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Hold a conversation; return the transcript as it really went."""
    async with town(folder, deliver=False, clock=lambda: NOW) as place:
        phone = place.phone(told.get("number", "+254700000001"))
        turns = []
        for number, turn in enumerate(told["turns"]):
            said = {key: value for key, value in turn.items() if key != "see"}
            turns.append({**said, "see": plain(await heard(place, phone, number, turn))})
        rows = [orjson.loads(row[0]) for row in sent(folder)]
        answered = sum("text" in turn for turn in told["turns"])
        messages = await place.gateway.store.list_messages()
        notices = [plain(row.text) for row in reversed(messages)] if not answered else []
        return {**told, "turns": turns, "filed": rows, "sms": notices}


def sent(folder: Path) -> list[tuple[bytes]]:
    """Return the bodies that wait for the offices, the oldest first."""
    from tests.storing import rows

    found: list[Any] = rows(folder / "data", "SELECT body FROM outbox WHERE lane LIKE 'office:%' ORDER BY id")
    return found


class Style(yaml.SafeDumper):
    """Screens as blocks of lines, as they are read."""


Style.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_conversation(tmp_path: Path, file: Path) -> None:
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    real = await conversation(tmp_path, told)
    if os.environ.get("UPDATE_EXPECTED"):
        text = yaml.dump(real, Dumper=Style, allow_unicode=True, sort_keys=False, width=200)
        file.write_text(text, encoding="utf-8")
    for expected, seen in zip(told["turns"], real["turns"], strict=True):
        assert expected == seen
    assert (told["filed"], told["sms"]) == (real["filed"], real["sms"])


def test_there_are_conversations() -> None:
    assert len(FILES) >= 8
