"""Keyed digests and sealing, all from one key file outside the database. Touches that file once, at start."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.messages import GatewayError

KEY_BYTES = 32
NONCE_BYTES = 12
PAGE_BYTES = 4096
SEALED = b"\x01"  # the first byte of every sealed value: its form, so that another can come later


class Chance:
    """Random bits that nobody can guess. The system gives them by the page: a call for each turn would take longer."""

    def __init__(self) -> None:
        self._page, self._place = b"", 0

    def bits(self) -> int:
        """Return 128 of them, as a number. None is given twice."""
        if self._place >= len(self._page):
            self._page, self._place = os.urandom(PAGE_BYTES), 0
        self._place += 16
        return int.from_bytes(self._page[self._place - 16 : self._place], "big")


class KeyTrouble(GatewayError):
    """The key file is unusable, or a sealed value does not open with it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Sub-keys for each purpose, so that no digest can be mistaken for another."""

    number: bytes = field(repr=False)
    turn: bytes = field(repr=False)
    session: bytes = field(repr=False)
    box: AESGCM = field(repr=False)

    @classmethod
    def derive(cls, secret: bytes) -> Keys:
        """Derive the sub-keys from 32 secret bytes (HKDF with SHA-256)."""
        if len(secret) != KEY_BYTES:
            raise KeyTrouble(f"the key holds {len(secret)} bytes instead of {KEY_BYTES}; restore it from its backup")
        return cls(
            number=_sub_key(secret, b"gateway number 1"),
            turn=_sub_key(secret, b"gateway turn 1"),
            session=_sub_key(secret, b"gateway session 1"),
            box=AESGCM(_sub_key(secret, b"gateway seal 1")),
        )

    @classmethod
    def load(cls, path: Path) -> Keys:
        """Read the key file; write a new one, readable by its owner only, where there is none. Raises KeyTrouble."""
        try:
            return cls.derive(_read_or_create(path))
        except OSError as error:
            raise KeyTrouble(f"{path}: the key file cannot be read or written: {error.strerror}") from error

    @property
    def fingerprint(self) -> int:
        """Return 31 bits that tell this key from another and give nothing of it away."""
        return int.from_bytes(blake2b(b"fingerprint", key=self.number, digest_size=4).digest(), "big") % (2**31 - 1) + 1

    def number_mac(self, msisdn: str) -> str:
        """Return 12 hex digits that stand for a phone number in logs."""
        return blake2b(msisdn.encode(), key=self.number, digest_size=6).hexdigest()

    def mark(self, session_key: bytes, text: str) -> bytes:
        """Return the 16-byte mark of a turn or of what was typed, unreadable without the key."""
        return blake2b(session_key + text.encode("utf-8", "surrogatepass"), key=self.turn, digest_size=16).digest()

    def session_key(self, channel: str, msisdn: str, session: str) -> bytes:
        """Return the 16-byte key of a telecom's session. Lengths are part of it, so that fields cannot run together."""
        text = f"{len(channel)}:{len(msisdn)}:{channel}{msisdn}{session}"
        return blake2b(text.encode("utf-8", "surrogatepass"), key=self.session, digest_size=16).digest()

    def seal(self, plain: bytes, about: bytes) -> bytes:
        """Encrypt bytes (AES-256-GCM, fresh nonce). Only who names the same `about` can open them."""
        nonce = os.urandom(NONCE_BYTES)
        return SEALED + nonce + self.box.encrypt(nonce, plain, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """Decrypt what `seal` made. Raises KeyTrouble if key, `about` or a single bit differ."""
        if sealed[:1] != SEALED or len(sealed) < 1 + NONCE_BYTES + 16:
            raise KeyTrouble("this is not a sealed value of ours; it was cut or changed")
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self.box.decrypt(nonce, body, about)
        except InvalidTag:
            raise KeyTrouble("a sealed value does not open: wrong key file, or it was changed or moved") from None


def _sub_key(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


def _read_or_create(path: Path) -> bytes:
    if path.exists():
        if path.stat().st_mode & 0o077:
            raise KeyTrouble(f"{path}: others can read the key file; run `chmod 600 {path}`")
        return path.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = os.urandom(KEY_BYTES)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret
