"""What proves a caller: a secret in the path or in a field, its network, a password, a signature with a time. Pure.

Everything is compared in constant time and against every secret that is valid, so that time tells nothing. What has
no timestamp, where one is asked for, is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network, summarize_address_range
from typing import Annotated, Any, Final, Protocol

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from gateway.messages import Refused, Request
from providers.forms import formed

FRESH: Final = 300.0  # seconds that a signature's time may be off, either way


def network(written: str) -> IPv4Network | IPv6Network:
    """Return a network, or one address as one. Raises ValueError, `what is wrong (what to do)`."""
    with suppress(ValueError):
        return ip_network(written)
    raise ValueError(_not_a_network(written))


def _not_a_network(written: str) -> str:
    first, _, last = (part.strip() for part in written.partition("-"))
    with suppress(ValueError, TypeError):
        parts = summarize_address_range(ip_address(first), ip_address(last))
        return f"{written!r} is a range (write it as {', '.join(map(str, parts))})"
    with suppress(ValueError):
        around = ip_network(written, strict=False)
        return f"{written!r} is an address within a network (write {around} for all of it)"
    return f"{written!r} is no network (write it as 192.0.2.0/24, or a single address as 192.0.2.7)"


def _of_a_telecom(value: Any) -> Any:
    if isinstance(value, str) and not network(value).prefixlen:
        raise ValueError(f"{value!r} is every address there is, and proves nobody (write the telecom's own networks)")
    return network(value) if isinstance(value, str) else value


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_of_a_telecom)]


def _fits_a_path(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if len(value) < 8 or not all(letter.isascii() and (letter.isalnum() or letter in "-._~") for letter in value):
        raise ValueError("a path secret has 8 characters or more, of A-Z a-z 0-9 - . _ ~")
    return secret


PathSecret = Annotated[SecretStr, AfterValidator(_fits_a_path)]


def _is_long(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 8:
        raise ValueError("a shared secret has 8 characters or more")
    return secret


SharedSecret = Annotated[SecretStr, AfterValidator(_is_long)]


class Basic(BaseModel):
    """A user whose password the caller sends in HTTP Basic; two passwords while one replaces the other."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    user: Annotated[str, formed(r"[^:\s]{1,64}", "a user is a name without blanks and colons (write it as karibu)")]
    passwords: tuple[SharedSecret, ...] = Field(min_length=1, max_length=2)


class Shown(Protocol):
    """The settings of a channel whose caller shows what it knows and where it is, and signs nothing."""

    @property
    def secrets(self) -> tuple[SecretStr, ...]: ...

    @property
    def addresses(self) -> tuple[Network, ...]: ...

    @property
    def basic(self) -> Basic | None: ...


def shown(settings: Shown) -> list[str]:
    """Say in words what such a caller must show."""
    said = []
    if settings.secrets:
        said.append("a secret in the path")
    if settings.basic is not None:
        said.append("a password (HTTP Basic)")
    if settings.addresses:
        said.append("the caller's network address")
    return said


def prove_shown(request: Request, settings: Shown) -> None:
    """Raise Refused unless all that is configured is right."""
    if settings.secrets and not is_one_of(request.secret, settings.secrets):
        raise Refused("the path secret is wrong")
    if settings.basic is not None and not quotes_a_password(request, settings.basic):
        raise Refused("the user or password of HTTP Basic is wrong or missing")
    if settings.addresses and not calls_from(request, settings.addresses):
        raise Refused("the caller's address is not in `addresses`")


def showing(settings: Any) -> tuple[str, dict[str, str]]:
    """Return the path secret, or nothing, and the headers with which a caller shows what `prove_shown` asks for."""
    secrets, basic = getattr(settings, "secrets", ()), getattr(settings, "basic", None)
    secret = secrets[0].get_secret_value() if secrets else ""
    if basic is None:
        return secret, {}
    pair = f"{basic.user}:{basic.passwords[0].get_secret_value()}"
    return secret, {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def is_one_of(given: str, secrets: Iterable[SecretStr]) -> bool:
    """Return whether a value is one of the secrets."""
    said, found = given.encode("utf-8", "replace"), False
    for secret in secrets:  # every USSD turn passes here
        found |= hmac.compare_digest(said, secret.get_secret_value().encode())
    return found


def _any_equal(given: str, wanted: Iterable[str]) -> bool:
    said = given.encode("utf-8", "replace")
    found = False
    for right in wanted:
        found |= hmac.compare_digest(said, right.encode())
    return found


def quotes_a_password(request: Request, basic: Basic) -> bool:
    """Return whether the header Authorization holds the user and one of the passwords."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        said = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        said = ""
    right = _any_equal(said, (f"{basic.user}:{password.get_secret_value()}" for password in basic.passwords))
    return right and kind.lower() == "basic"


def calls_from(request: Request, networks: Iterable[Network]) -> bool:
    """Return whether the network address of the caller is in one of the networks; ::ffff:192.0.2.1 is 192.0.2.1."""
    try:
        address = ip_address(request.peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return any(address.ipv4_mapped in network for network in networks)
    return any(address in network for network in networks)


# --- signatures ---------------------------------------------------------------------------------------------------


def is_fresh(timestamp: str, now: float, within: float = FRESH) -> bool:
    """Return whether a time in unix seconds is at most `within` seconds from now. What is no such time is not fresh."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    return abs(now - int(timestamp)) <= within


def hmac_hex(algorithm: str) -> Callable[[bytes, bytes], str]:
    """Return what signs (key, message) with HMAC, in lower-case hex."""
    return lambda key, message: hmac.new(key, message, algorithm).hexdigest()


def md5_with_secret(key: bytes, message: bytes) -> str:
    """Sign as `md5hash` does: MD5 over the message and the secret after it. Weak, but some telecoms have only that."""
    return hashlib.md5(message + key, usedforsecurity=False).hexdigest()


def is_signed(message: bytes, signature: str, keys: Iterable[SecretStr], sign: Callable[[bytes, bytes], str]) -> bool:
    """Return whether one of the keys makes that signature; hex in either case."""
    return _any_equal(signature.lower(), [sign(key.get_secret_value().encode(), message) for key in keys])


def prove_standard_webhook(request: Request, secrets: Iterable[SecretStr]) -> None:
    """Raise Refused unless the request is signed after standardwebhooks.com, within five minutes.

    A secret may be written `whsec_` and base64. A header may hold several signatures, `v1,…` each.
    """
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    id_, timestamp, signatures = (request.headers.get(name, "") for name in names)
    if not id_ or not signatures:
        raise Refused("the header webhook-id or webhook-signature is missing")
    message = f"{id_}.{timestamp}.".encode("utf-8", "replace") + request.body
    pieces = signatures.replace(", ", " ").split()  # two headers of the name are one with a comma between
    given = [piece.removeprefix("v1,") for piece in pieces if piece.startswith("v1,")]
    right = False
    for secret in secrets:
        digest = hmac.new(_webhook_key(secret), message, hashlib.sha256).digest()
        for one in given:
            right |= _any_equal(one, [base64.b64encode(digest).decode()])
    if not right:
        raise Refused("webhook-signature is wrong")
    if not is_fresh(timestamp, request.at):
        raise Refused("webhook-timestamp is missing, or more than five minutes off; is a clock wrong?")


def standard_webhook(secret: SecretStr, id_: str, at: float, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body after standardwebhooks.com."""
    stamp = str(int(at))
    digest = hmac.new(_webhook_key(secret), f"{id_}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": id_, "webhook-timestamp": stamp, "webhook-signature": signature}


def _webhook_key(secret: SecretStr) -> bytes:
    value = secret.get_secret_value()
    if not value.startswith("whsec_"):
        return value.encode()
    try:
        return base64.b64decode(value.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return value.encode()
