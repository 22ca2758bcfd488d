"""What a configuration must not be beyond this machine: unproven, or with secrets that everybody knows. Pure."""

from __future__ import annotations

from typing import Any

from gateway.config.entries import Config, is_loopback
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
    """Beyond loopback every channel proves its caller, and no demo secret is in use. A cap holds what it says."""
    _check_proxies(document, config)
    _check_cost(document, config)
    if config.loopback:
        return
    instead = "listen on 127.0.0.1"
    if is_loopback(config.host):
        instead = "try it out with a public_url of http://127.0.0.1:8000"
    for name, channel in config.channels.items():
        if not channel.proofs():
            what, todo = "nothing proves that its callbacks are genuine", f"give it secrets or addresses, or {instead}"
            document.complain("config-unproved-channel", ("channels", name), what, todo, key=True)
    for path, value in leaves(resolved, ()):
        if value in DEMO_SECRETS:
            todo = f"make a secret of your own, as env:NAME or file:PATH, or {instead}"
            document.complain("config-demo-secret", path, "this is the demo secret, which everybody knows", todo)


def _check_proxies(document: Document, config: Config) -> None:
    """Complain of what only a proxy of ours could tell, where none is named."""
    if config.trusted_proxies:
        return
    behind = is_loopback(config.host) and not config.loopback
    for name, channel in config.channels.items():
        path = ("channels", name)
        if channel.client_certificate is not None:
            what, todo = "there is no proxy that could show one", "name your proxy in trusted_proxies"
            document.complain("config-no-proxy", (*path, "client_certificate"), what, todo, key=True)
        if behind and getattr(channel.settings, "addresses", None):
            what = "every call comes from our own proxy, so its address is never the telecom's"
            todo = "set trusted_proxies, such as [127.0.0.1], so that the proxy says who calls"
            document.complain("config-no-proxy", (*path, "addresses"), what, todo, key=True)


def _check_cost(document: Document, config: Config) -> None:
    sending = [channel.sms for channel in config.channels.values() if channel.sms is not None]
    if config.sms_limits.cost is not None and sending and not any(sms.price for sms in sending):
        what, todo = "no channel says what an SMS costs, so this cap never holds", "give sms of a channel its price"
        document.complain("config-cost-without-price", ("sms_limits", "cost"), what, todo)
