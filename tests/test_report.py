"""`gateway report`: the ways through services, what they take, and what they cost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gateway import catalogue
from gateway.language.text import SMS, USSD
from gateway.workshop import paths, tariff
from gateway.workshop.report import Measure, Report
from gateway.workshop.tariff import Prices, Tariff, Used
from tests.test_cli import run
from tests.town import ROOT, written_config

HEAD = "service: {0}\nversion: 1\nagency: test\ntitle: Test\nlanguages: [en, am]\nstart: a\n{1}screens:\n"
MENU = """
  a:
    choose:
      text: Which?
      options:
        - {value: short, label: Short, go: bye}
        - {value: long, label: Long, go: b}
        - {value: other, label: Other, do: shared}
  b: {ask: {text: {en: Name?, am: ስም?}, save: name, answer: {kind: text, max: 10}, twice: true, optional: true, go: c}}
  c:
    fetch:
      office: water-billing
      ask: account
      send: {number: "{name}"}
      save: {items: {as: items, most: 30, each: {code: {max: 30}}}}
      go: d
      missing: b
      otherwise: bye
  d: {choose: {text: Pick, from: items, label: "{code}", value: "{code}", save: one, none: e, go: e}}
  e: {branch: [{when: 'name == "x"', go: f}, {go: g}]}
  f: {do: {service: shared, save: {answer: again}, go: g}}
  g: {say: {text: TEXT, go: bye}}
  bye: {end: {text: Good-bye., sms: {en: RECEIPT, am: ደህና ሁኑ}}}
""".replace("TEXT", "Many words of advice. " * 12).replace("RECEIPT", "Kept. " * 30)
SHARED = "  a: {confirm: {text: Sure?, go: z, change: a}}\n  z: {end: {text: Done.}}\n"
PRICES = {"ussd_session": 1000, "ussd_20_seconds": 100, "ussd_screen": 10, "sms_out": 3, "sms_in": 2}


def measured(channel: str = "ussd", prices: Tariff | None = None) -> Report:
    files = {"t/test.yaml": HEAD.format("test", "") + MENU, "t/shared.yaml": HEAD.format("shared", "") + SHARED}
    edition = catalogue.edition("test", files)
    limits = SMS if channel == "sms" else USSD
    return Measure(edition.services, edition.lists, channel, limits, tariff=prices).report("test")


def test_every_way_is_told_once_the_longest_first() -> None:
    report = measured()
    told = {" ".join(way.screens) for way in report.ways}
    assert told == {
        "a bye", "a a z", "a b c bye", "a b c d e g bye", "a b c d e f a g bye",
    }  # fmt: skip
    assert report.whole and len(report.ways) == 7, "an item and none are two ways to the same screens"
    assert [way.turns for way in report.ways] == sorted((way.turns for way in report.ways), reverse=True)
    assert report.ways[0].taken[:2] == ("a: long", "c: go") and 'e: name == "x"' in report.ways[0].taken
    # the menu, the name twice, an item, the shared question, two pages of advice; in Amharic, which is longer, five
    assert report.ways[0].figures["en"].turns == 7 and report.ways[0].figures["am"].turns == 10
    assert report.turns == (1, 8, 10) and report.ways[0].seconds == 150
    assert [way.turns for way in report.ways if way.long] == [10, 9, 9]


def test_texts_and_receipts_count_at_their_length_in_each_language() -> None:
    short = next(way for way in measured().ways if way.screens == ("a", "bye"))
    english, amharic = short.figures["en"], short.figures["am"]
    assert (english.turns, english.screens, english.sms_out, english.sms_in) == (1, 2, 2, 0)
    assert amharic.sms_out == 1
    assert english.characters == len("Which?\n1 Short\n2 Long\n3 Other\n0 Back") + len("Good-bye.")


def test_over_sms_each_message_counts_and_the_receipt_is_the_answer() -> None:
    short = next(way for way in measured("sms").ways if way.screens == ("a", "bye"))
    assert (short.figures["en"].sms_in, short.figures["en"].sms_out) == (2, 1 + 2), "a keyword and a choice"
    assert short.figures["am"].sms_out == 1 + 1


@pytest.mark.parametrize(
    ("used", "cost"),
    [
        (Used(1, 60.0, 5, 0, 0), 1000 + 3 * 100 + 5 * 10),
        (Used(1, 61.0, 5, 2, 0), 1000 + 4 * 100 + 5 * 10 + 2 * 3),
        (Used(0, 300.0, 5, 4, 3), 4 * 3 + 3 * 2),
    ],
)
def test_a_price(used: Used, cost: int) -> None:
    assert tariff.price(Prices(**PRICES), used) == cost


def test_a_way_costs_what_the_dearest_language_costs() -> None:
    prices = {"tariff": 1, "currency": "KES", "networks": {"1": {"name": "One", "agency": PRICES}}}
    short = next(way for way in measured(prices=Tariff.model_validate(prices)).ways if way.screens == ("a", "bye"))
    assert [(cost.network, cost.citizen, cost.agency) for cost in short.costs] == [("1 One", 0, 1000 + 100 + 20 + 6)]


def test_a_service_of_too_many_ways_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "MOST", 3)
    report = measured()
    assert len(report.ways) == 3 and not report.whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tariff: 1\ncurrency: KES\nnetworks: {a: {name: A, agency: {sms: 1}}}\n", "t.yaml:3:34: unknown key 'sms'"),
        ("tariff: 1\ncurrency: KES\nnetworks: {a: {name: A, agency: {sms_in: 0.5}}}\n", "t.yaml:3:42: this must be a"),
        ("tariff: 2\ncurrency: KES\nnetworks: {a: {name: A}}\n", "t.yaml:1:9: this must be 1 at most"),
        ("tariff: 1\nnetworks: {a: {name: A}}\n", "the key 'currency' is missing"),
        ("- 1\n", "t.yaml:1:1: this must have keys and values"),
    ],
)
def test_what_is_wrong_with_a_tariff(text: str, said: str) -> None:
    found, complaints = tariff.read(text, "t.yaml")
    assert found is None and any(said in complaint for complaint in complaints), complaints


def test_the_command(tmp_path: Path) -> None:
    config = str(written_config(tmp_path))
    whole = run("report", "--config", config)
    assert whole.returncode == 0 and "county-home" in whole.stdout and whole.stdout.startswith("service"), whole
    priced = run("report", "water-fault", "--tariff", "tariff.example.yaml", "--config", config)
    assert priced.returncode == 0 and "63902 agency" in priced.stdout and "Money is in KES." in priced.stdout, priced
    assert "owner: otherwise" in priced.stdout
    file = str(ROOT / "menus/county-water/water-fault.yaml")
    lines = run("report", file, "--channel", "sms", "--json", "--config", config).stdout.splitlines()
    first = json.loads(lines[0])
    assert (first["service"], first["channel"], first["turns"]) == ("water-fault", "sms", 4)
    assert first["languages"]["sw"] == {"turns": 4, "screens": 5, "characters": 359, "sms_out": 5, "sms_in": 5} | {
        "characters": first["languages"]["sw"]["characters"]
    }
    slow = run("report", "water-fault", "--seconds-per-turn", "40", "--config", config)
    assert "over 8 turns or 120 s" in slow.stdout and "4!" in slow.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing",), "there is no such service and no such file; there are "),
        (("README.md",), "this is none of the services"),
        (("--tariff", "nowhere.yaml"), "nowhere.yaml: it cannot be read"),
        (("--tariff", "config.example.yaml"), "unknown key"),
    ],
)
def test_what_the_command_cannot_do(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    found = run("report", *words, "--config", str(written_config(tmp_path)))
    assert found.returncode == 2 and said in found.stderr and not found.stdout, found


def test_menus_with_errors_are_not_reported(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "menus", tmp_path / "menus")
    bad = tmp_path / "menus/county-water/water-fault.yaml"
    bad.write_text(bad.read_text().replace("go: place}", "go: plaice}", 1))
    found = run("report", "--config", str(written_config(tmp_path, menus=tmp_path / "menus")))
    assert found.returncode == 2 and "plaice" in found.stderr
