"""The configuration: every mistake has its place and a word of advice, and what is unsafe does not start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway import config
from gateway.config import safety
from gateway.language.codes import CODES
from gateway.messages import Misconfigured
from providers.telecom import TELECOMS
from tests.town import ROOT

EXAMPLE = (ROOT / "config.example.yaml").read_text(encoding="utf-8")


def complaints(tmp_path: Path, text: str, **environment: str) -> list[str]:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        config.load(path, environment)
    except Misconfigured as error:
        return [line.replace(str(path), "config.yaml") for line in error.complaints]
    return []


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


# what is replaced, by what, and what is said (at the line of the replacement)
WRONG: list[tuple[str, str, str]] = [
    ("listen: 127.0.0.1:8000", "listne: 127.0.0.1:8000", "unknown key 'listne' (did you mean 'listen'?)"),
    (
        "listen: 127.0.0.1:8000",
        "listen: here",
        "an address to listen on looks like 127.0.0.1:8000 (correct the value) [config-wrong-value]",
    ),
    ("durability: full", "durability: most", "this must be 'full' or 'relaxed' (correct the value)"),
    ("time_zone: Africa/Nairobi", "time_zone: Nairobi", "a time zone looks like Africa/Nairobi (correct the value)"),
    (
        "trusted_proxies: []",
        "trusted_proxies: [10.0.0.0/99]",
        "'10.0.0.0/99' is no network (write it as 192.0.2.0/24, or a single address as 192.0.2.7) [config-bad-network]",
    ),
    (
        "provider: africastalking",
        "provider: africatalking",
        "there is no provider 'africatalking' (did you mean 'africastalking'?) [config-unknown-provider]",
    ),
    (
        '"*384*70#": {service',
        '"384": {service',
        "'384' is no short code (write it as *384*70#) [config-bad-short-code]",
    ),
    ("    username: sandbox", "    user: sandbox", "unknown key 'user'"),
    (
        "adapter: http_json",
        "adapter: http",
        "there is no adapter 'http' (did you mean 'http_json'?) [config-unknown-adapter]",
    ),
    ("    rate: 10 ", "    rate: fast ", "this must be a number (write digits only) [config-not-a-number]"),
    (
        "provider: twilio",
        "provider: twilio\n    codes: {'*1#': x}",
        "twilio has no USSD (remove codes) [config-no-ussd]",
    ),
    (
        "demo-africastalking-key",
        "env:AT_KEY",
        "the environment has no AT_KEY (set AT_KEY before the start) [config-missing-secret]",
    ),
    ("demo-africastalking-key", "file:nowhere", "the file nowhere cannot be read"),
]
WRONG += [
    (
        "routes: []",
        "routes: [{channels: [twillio]}]",
        "'twillio' is no channel with sms (did you mean 'twilio'?) [config-unknown-channel]",
    ),
    (
        "provider: twilio",
        "provider: twilio\n    client_certificate: {header: X-Client, subject: CN=telecom}",
        "there is no proxy that could show one (name your proxy in trusted_proxies) [config-no-proxy]",
    ),
]
SMS_LIMITS = "sms_limits: {notices: {number: 200/day, range: 20000/hour}"
HOME = "{service: county-home, toll_free: true}"
WRONG += [
    ("listen: 127.0.0.1:8000", "listen: 127.0.0.1:80000", "a port is a number from 1 to 65535 (write 127.0.0.1:8000)"),
    ("listen: 127.0.0.1:8000", "listen: 127.0.0.1:0", "a port is a number from 1 to 65535"),
    ("public_url: http://", "public_url: ", "this is not how telecoms reach us (write https://gateway.example.org"),
    ("country: KE", "country: Kenya", "a country is two capital letters (write KE)"),
    (
        "trusted_proxies: []",
        "trusted_proxies: [10.0.0.1/8]",
        "an address within a network (write 10.0.0.0/8 for all of it)",
    ),
    ("number: 200/day", "number: 200 a day", "this is not how often (write 100/day, or by hour or minute)"),
    ("number: 200/day", "number: 0/day", "a cap of 0 lets nobody through (write one that is met, such as 100/day"),
    ("{number: 60/minute, session", "{number: 0/minute, session", "a cap of 0 lets nobody through"),
    (
        SMS_LIMITS,
        SMS_LIMITS.replace("{", "{countries: [254], ", 1),
        'of a phone number (write it with its plus, as "+254")',
    ),
    (SMS_LIMITS, SMS_LIMITS.replace("{", "{cost: 10, ", 1), "this cap never holds (give sms of a channel its price)"),
    ("routes: []", "routes: [{prefix: 254, channels: [twilio]}]", "this is no beginning of a phone number"),
    (
        "addresses: []",
        "addresses: [196.201.214.7/24]",
        "an address within a network (write 196.201.214.0/24 for all of it)",
    ),
    ("addresses: []", "addresses: [192.0.2.0-192.0.2.9]", "is a range (write it as 192.0.2.0/29, 192.0.2.8/31)"),
    (
        "addresses: []",
        "addresses: [telecom.example.org]",
        "is no network (write it as 192.0.2.0/24, or a single address",
    ),
    (
        "addresses: []",
        "addresses: [0.0.0.0/0]",
        "is every address there is, and proves nobody (write the telecom's own",
    ),
    ("addresses: []", "addresses: ['::/0']", "is every address there is, and proves nobody"),
    (
        "secrets: [demo-secret]",
        "secrets: [AT_PATH]",
        "looks like the name of a secret, not like one (did you mean env:AT_PATH?)",
    ),
    ("secrets: [demo-secret]", "secrets: [env: AT_PATH]", "a blank stands after env: (write env:AT_PATH)"),
    (
        "username: sandbox",
        "username: sandbox\n    basic: {user: '', passwords: [made-up-secret]}",
        "a user is a name without",
    ),
    (
        "  africastalking:  ",
        "  africas/talking:  ",
        "'africas/talking' cannot stand in an address (use letters, digits, - and _",
    ),
    ("  africastalking:  ", "  africas talking:  ", "[config-bad-channel-name]"),
    ("\nchannels:", "\nchannels:\n  other: {provider: mtech, secrets: [demo-secret]}", "[config-no-codes]"),
]
# the codes that take more than one replacement to get, each with what is read
MORE: dict[str, str] = {
    "config-unreadable-secret": EXAMPLE.replace("demo-africastalking-key", "file:nowhere"),
    "config-unreadable-description": EXAMPLE.replace("username: sandbox", "describe: file:nowhere"),
    "config-not-keys-and-values": "- listen: 127.0.0.1:8000\n",
    "config-unproved-channel": EXAMPLE.replace("secrets: [demo-secret]", "secrets: []").replace(
        "listen: 127.0.0.1", "listen: 0.0.0.0"
    ),
    "config-demo-secret": EXAMPLE.replace("listen: 127.0.0.1", "listen: 0.0.0.0"),
    "config-cost-without-price": EXAMPLE.replace("sms_limits: {", "sms_limits: {cost: 10, "),
    "config-no-sms": EXAMPLE,  # of a telecom that has none
}
ELSEWHERE = {  # below, in test_bad_descriptions.py and test_checker.py
    "config-untold-code",
    "config-unreadable", "config-unknown-service", "config-service-takes", "config-no-cost-notice",
    "config-long-cost-notice",
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[said[:40] for _, _, said in WRONG])
def test_every_mistake_has_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in EXAMPLE
    text = EXAMPLE.replace(old, new, 1)
    found = complaints(tmp_path, text)
    place = line_of(text, new.splitlines()[-1] if "\n" in new else new)
    assert any(re.match(rf"config\.yaml:{place}:\d+: ", line) and said in line for line in found), found


@pytest.mark.parametrize("code", MORE)
def test_every_mistake_has_its_code(tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if code == "config-no-sms":
        monkeypatch.setattr(TELECOMS["africastalking"], "SMS", False)
    assert any(line.endswith(f" [{code}]") for line in complaints(tmp_path, MORE[code]))


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"say where it is with --config\) \[config-unreadable\]"):
        config.load(tmp_path / "nowhere.yaml", {})


def test_every_code_of_the_configuration_is_proven() -> None:
    told = {code for code in CODES if any(f"[{code}]" in said for _, _, said in WRONG)}
    assert {*told, *MORE, *ELSEWHERE} == {code for code in CODES if code.startswith("config-")}


# what is replaced, by what, and the only thing that is said
ONCE: list[tuple[str, str, str]] = [
    ("[demo-secret]", "[env:AT_PATH]", "the environment has no AT_PATH"),
    ("[demo-secret]", "[file:nowhere]", "the file nowhere cannot be read: it is not there"),
    ("[demo-secret]", "[AT_PATH]", "did you mean env:AT_PATH?"),
    ("provider: africastalking", "provider: env:AT", "the environment has no AT"),
    ("trusted_proxies: []", "trusted_proxies: [env:PROXY]", "the environment has no PROXY"),
    ("addresses: []", "addresses: [192.0.2.0/33]", "is no network"),
    ('{short_code: "+15005550006"}', '{short_code: "+15005550006", price: much}', "this must be a number"),
    ("{number: 60/minute, session", "{nubmer: 60/minute, session", "did you mean 'number'?"),
]


@pytest.mark.parametrize(("old", "new", "said"), ONCE, ids=[said[:40] for _, _, said in ONCE])
def test_a_mistake_is_said_once(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in EXAMPLE
    routed = EXAMPLE.replace("routes: []", "routes: [{channels: [twilio, africastalking]}]")
    [line] = complaints(tmp_path, routed.replace(old, new, 1))
    assert said in line and "Errno" not in line


def test_no_complaint_speaks_of_patterns(tmp_path: Path) -> None:
    said = [line for old, new, _ in WRONG for line in complaints(tmp_path, EXAMPLE.replace(old, new, 1))]
    assert not [line for line in said if re.search(r"pattern|Value error|''|\[A-Z|\\d", line)]


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = EXAMPLE
    for old, new, _ in WRONG[:5]:
        text = text.replace(old, new, 1)
    assert len(complaints(tmp_path, text)) >= 4


def test_the_example_is_good_and_takes_secrets_from_outside(tmp_path: Path) -> None:
    assert complaints(tmp_path, EXAMPLE) == []
    (tmp_path / "secret").write_text("from-a-file\n", encoding="utf-8")
    path = tmp_path / "config.yaml"
    text = EXAMPLE.replace("demo-africastalking-key", "env:AT_KEY").replace("demo-water-key", "file:secret")
    path.write_text(text, encoding="utf-8")
    loaded = config.load(path, {"AT_KEY": "from-the-environment"})
    settings = loaded.channels["africastalking"].settings
    assert settings.api_key.get_secret_value() == "from-the-environment"
    assert "from-" not in repr(loaded)


@pytest.mark.parametrize(
    "exposed",
    [
        ("listen: 127.0.0.1", "listen: 0.0.0.0"),
        ("public_url: http://127.0.0.1:8000", "public_url: https://gw.example.org"),
        ("trusted_proxies: []", "trusted_proxies: [127.0.0.1]"),
    ],
)
def test_demo_secrets_are_refused_beyond_loopback(tmp_path: Path, exposed: tuple[str, str]) -> None:
    found = complaints(tmp_path, EXAMPLE.replace(*exposed))
    for secret in ("[demo-secret]", "demo-africastalking-key", "[0123456789abcdef", "demo-water-key"):
        place = line_of(EXAMPLE, secret)
        assert any(line.startswith(f"config.yaml:{place}:") and "demo secret" in line for line in found), (
            secret,
            found,
        )


def test_a_channel_that_nothing_proves_starts_on_loopback_only(tmp_path: Path) -> None:
    bare = EXAMPLE.replace("secrets: [demo-secret]", "secrets: []")
    assert complaints(tmp_path, bare) == []
    found = complaints(tmp_path, bare.replace("listen: 127.0.0.1", "listen: 0.0.0.0"))
    assert any("nothing proves that its callbacks are genuine" in line for line in found), found


def test_every_demo_secret_of_the_example_is_known(tmp_path: Path) -> None:
    """Whoever adds a demo secret to the example must have it refused, too."""
    values = set(re.findall(r"demo-[a-z-]+", EXAMPLE)) | set(re.findall(r"\b[0-9a-f]{32}\b", EXAMPLE))
    assert values <= safety.DEMO_SECRETS, values - safety.DEMO_SECRETS
    assert values >= safety.DEMO_SECRETS - {"demo-tax-key"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("provider: africastalking", "provider: env:PLACED"),
        ("adapter: http_json", "adapter: env:PLACED"),
        ("trusted_proxies: []", "trusted_proxies: [env:PLACED]"),
        ("health: /health", "health: env:PLACED"),
        ("status: $.status", "status: env:PLACED"),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path, old: str, new: str) -> None:
    said = complaints(tmp_path, EXAMPLE.replace(old, new, 1), PLACED="it's a \\ secret")
    assert said and not any("secret" in line for line in said)
