"""What a configuration must not be beyond this machine: unproven, or with secrets that everybody knows. Pure."""

from __future__ import annotations

from typing import Any

from gateway.config.entries import Config
from gateway.config.secrets import leaves
from gateway.language.places import Document

DEMO_SECRETS = frozenset(
    {
        "demo-secret",
        "0123456789abcdef0123456789abcdef",
        "demo-africastalking-key",
        "demo-water-key",
        "demo-tax-password",
        "demo-tax-key",
        "demo-projects-key",
        "demo-county-key",
    }
)


def check_safety(document: Document, config: Config, resolved: Any) -> None:
    """Beyond loopback every channel proves its caller, and no demo secret is in use."""
    for name, channel in config.channels.items():
        if channel.client_certificate is not None and not config.trusted_proxies:
            place, what = ("channels", name, "client_certificate"), "there is no proxy that could show one"
            document.complain("config-no-proxy", place, what, "name your proxy in trusted_proxies", key=True)
    if config.loopback:
        return
    for name, channel in config.channels.items():
        if not channel.proofs():
            what, todo = "nothing proves that its callbacks are genuine", "give it secrets or addresses, or listen on"
            document.complain("config-unproved-channel", ("channels", name), what, f"{todo} 127.0.0.1", key=True)
    for path, value in leaves(resolved, ()):
        if value in DEMO_SECRETS:
            todo = "make a secret of your own, as env:NAME or file:PATH, or listen on 127.0.0.1"
            document.complain("config-demo-secret", path, "this is the demo secret, which everybody knows", todo)
