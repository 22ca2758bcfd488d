"""The transcript reader against its vectors, and against any dialogue at all."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.transcript import Began, Diverged, Heard, Reading, Repeated, Typed, heard, read

VECTORS = json.loads((Path(__file__).parent / "samples/text/cumulative_vectors.json").read_text())["vectors"]


def digest(text: str) -> bytes:
    return blake2b(text.encode(), key=b"a key of the test").digest()


def expected(result: dict[str, object]) -> Reading:
    match result:
        case {"kind": "start", "inputs": list(inputs)}:
            return Began(tuple(inputs))
        case {"kind": "input", "input": str(text)}:
            return Typed(text)
        case {"kind": "repeat"}:
            return Repeated()
        case {"kind": "conflict"}:
            return Diverged()
    raise AssertionError(f"a vector of an unknown kind: {result}")


def kept(previous: str | None) -> Heard | None:
    return None if previous is None else heard(previous, digest)


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 13


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['previous']}>{v['text']}")
def test_vector(vector: dict[str, object]) -> None:
    assert read(kept(vector["previous"]), vector["text"], digest) == expected(vector["result"])


def test_a_mac_under_another_key_is_another_transcript() -> None:
    assert read(Heard(1, b"\0" * 64), "1*2", digest) == Diverged()


inputs = st.lists(st.text(st.characters(exclude_characters="*", codec="utf-8"), min_size=1), max_size=6)


@given(inputs)
def test_a_whole_dialogue_gives_back_every_input(typed: list[str]) -> None:
    known, seen = heard("", digest), []
    for n in range(1, len(typed) + 1):
        text = "*".join(typed[:n])
        match read(known, text, digest):
            case Typed(answer):
                seen.append(answer)
        known = heard(text, digest)
        assert read(known, text, digest) == Repeated()
    assert seen == typed


@given(st.text(), st.sampled_from(["", "*"]), st.text(), st.booleans())
def test_only_a_prefix_is_continued(previous: str, star: str, rest: str, continued: bool) -> None:
    text = previous + star + rest if continued else star + rest
    match read(kept(previous), text, digest):
        case Typed(answer):
            assert text == (previous + "*" + answer if previous else answer)
        case Repeated():
            assert text == previous
        case other:
            assert other == Diverged()
            assert text != previous
            assert not text.startswith(previous + "*")
