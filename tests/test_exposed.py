"""A configuration that reaches beyond this machine: what it must say, and what may not go out in clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_config import EXAMPLE, complaints, line_of

PUBLIC = EXAMPLE.replace("http://127.0.0.1:8000   #", "https://gw.example.org   #")


def test_addresses_are_no_proof_behind_a_proxy_that_is_not_named(tmp_path: Path) -> None:
    told = PUBLIC.replace("addresses: []", "addresses: [192.0.2.0/24]")
    place, what = line_of(EXAMPLE, "addresses: []"), "every call comes from our own proxy"
    assert any(line.startswith(f"config.yaml:{place}:") and what in line for line in complaints(tmp_path, told))
    for good in (PUBLIC, told.replace("trusted_proxies: []", "trusted_proxies: [127.0.0.1]"), EXAMPLE):
        assert not [line for line in complaints(tmp_path, good) if what in line]


def test_what_is_done_already_is_not_advised(tmp_path: Path) -> None:
    bare = "secrets: [demo-secret]", "secrets: []"
    said = complaints(tmp_path, PUBLIC.replace(*bare))
    assert said and not [line for line in said if "listen on" in line]
    assert any("genuine (give it secrets or addresses, or try it out with a public_url of" in line for line in said)
    said = complaints(tmp_path, EXAMPLE.replace(*bare).replace("listen: 127.0.0.1", "listen: 0.0.0.0"))
    assert any("genuine (give it secrets or addresses, or listen on 127.0.0.1)" in line for line in said)


SMART = """
  smart:
    provider: generic_sms
    receive: {transport: json, id: id, from: from, text: text}
    send: {url: "%s", values: {token: made-up}, json: {to: "{to}", text: "{text}", key: "{token}"}, id: $.id}
    sms: {short_code: "22384"}
"""
FAR = {
    "http://sms.example.org/send": "the secrets of the request would go far in clear (write https://)",
    "https://sms.example.org/send?to={to}": "a URL has no braces, blanks or # in it (values go into query",
    "https://sms.example.org/send": "",
    "http://127.0.0.1:8031/send": "",
    "http://10.0.0.7/send": "",
    "http://smsc:13013/send": "",
}


@pytest.mark.parametrize("url", FAR)
def test_secrets_do_not_go_far_in_clear(tmp_path: Path, url: str) -> None:
    text = EXAMPLE.replace("channels:\n", f"channels:{SMART % url}", 1)
    said = complaints(tmp_path, text)
    assert (FAR[url] in said[0] and f":{line_of(text, url)}:" in said[0]) if FAR[url] else said == []
