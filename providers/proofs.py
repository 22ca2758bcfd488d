"""What proves a caller that signs nothing: a secret in the path, and the network it calls from. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from gateway.messages import Request

Network = IPv4Network | IPv6Network


def _fits_a_path(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if len(value) < 8 or not all(letter.isascii() and (letter.isalnum() or letter in "-._~") for letter in value):
        raise ValueError("a path secret has 8 characters or more, of A-Z a-z 0-9 - . _ ~")
    return secret


PathSecret = Annotated[SecretStr, AfterValidator(_fits_a_path)]


def quotes_a_secret(request: Request, secrets: Iterable[SecretStr]) -> bool:
    """Return whether the path holds one of the secrets. All are compared, in constant time, so time tells nothing."""
    given = request.secret.encode("utf-8", "replace")
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(given, secret.get_secret_value().encode())
    return found


def calls_from(request: Request, networks: Iterable[Network]) -> bool:
    """Return whether the network address of the caller is in one of the networks; ::ffff:192.0.2.1 is 192.0.2.1."""
    try:
        address = ip_address(request.peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return any(address.ipv4_mapped in network for network in networks)
    return any(address in network for network in networks)
