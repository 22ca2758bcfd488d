"""Keys, digests and sealing: stable across restarts, different for each purpose, and nothing opens that was touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateway.crypto import Keys, KeyTrouble

SECRET = bytes(range(32))
KEYS = Keys.derive(SECRET)
OTHERS = Keys.derive(bytes(32))


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "gateway.key"
    first = Keys.load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == 32
    assert Keys.load(path).number_mac("+254700000001") == first.number_mac("+254700000001")
    assert first.number_mac("+254700000001") != KEYS.number_mac("+254700000001")


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gateway.key"
    path.write_bytes(SECRET)
    path.chmod(0o640)
    with pytest.raises(KeyTrouble, match="chmod 600"):
        Keys.load(path)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_the_wrong_size_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "gateway.key"
    path.write_bytes(bytes(size))
    path.chmod(0o600)
    with pytest.raises(KeyTrouble, match=f"{size} bytes"):
        Keys.load(path)


def test_a_key_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyTrouble, match="cannot be read or written"):
        Keys.load(tmp_path / "file" / "gateway.key")


def test_digests_are_keyed_and_of_their_size() -> None:
    assert len(KEYS.number_mac("+254700000001")) == 12
    assert len(KEYS.mark(b"k" * 16, "1*2")) == 16
    assert len(KEYS.session_key("at", "+254700000001", "ATUid_1")) == 16
    assert KEYS.mark(b"k" * 16, "1*2") != OTHERS.mark(b"k" * 16, "1*2")
    assert KEYS.mark(b"k" * 16, "1*2") != KEYS.mark(b"j" * 16, "1*2")
    assert KEYS.session_key("a", "1", "") == Keys.derive(SECRET).session_key("a", "1", "")


@given(some.tuples(some.text(), some.text(), some.text()), some.tuples(some.text(), some.text(), some.text()))
def test_session_keys_never_run_together(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (KEYS.session_key(*one) == KEYS.session_key(*other)) == (one == other)
    assert KEYS.session_key("ab", "c", one[2]) != KEYS.session_key("a", "bc", one[2])


@given(some.binary(max_size=300), some.binary(max_size=40))
def test_what_is_sealed_opens_for_the_same_purpose_only(plain: bytes, about: bytes) -> None:
    sealed = KEYS.seal(plain, about)
    assert KEYS.open(sealed, about) == plain
    assert KEYS.seal(plain, about) != sealed
    for keys, words in ((OTHERS, about), (KEYS, about + b"x")):
        with pytest.raises(KeyTrouble, match="does not open"):
            keys.open(sealed, words)


@given(some.data())
def test_one_bit_is_enough_to_stay_closed(data: some.DataObject) -> None:
    sealed = bytearray(KEYS.seal(b"4711", b"request R1"))
    place = data.draw(some.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    with pytest.raises(KeyTrouble):
        KEYS.open(bytes(sealed), b"request R1")


@pytest.mark.parametrize("value", [b"", b"\x01", b"plain text that was never sealed", b"\x01" + bytes(27)])
def test_what_was_never_sealed_is_refused(value: bytes) -> None:
    with pytest.raises(KeyTrouble):
        KEYS.open(value, b"")


def test_keys_do_not_show_themselves() -> None:
    assert repr(KEYS) == "Keys()"
