"""The phone in the terminal: its keys, its clock, its screen, drops and redials; and one on a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Literal

import pytest
from rich.console import Console

from gateway import catalogue
from gateway.cli.phone.drawing import drawn
from gateway.cli.phone.handset import Handset
from gateway.cli.phone.keyboard import named
from gateway.cli.phone.lines import Offline, Question
from gateway.cli.phone.recorder import Canned
from gateway.engine import Facts, Fetch
from gateway.language.text import SMS, Limits
from gateway.messages import GatewayError
from gateway.workshop.offline import Turn, Walk
from tests.test_cli import run
from tests.test_tutorial import LESSONS, service_of
from tests.town import ROOT, written_config

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
PATIENCE = 60.0  # seconds until a screen that must come has come, on a busy machine
STRANGE = """
service: strange
version: 1
agency: test
title: Strange
languages: [am]
start: hello
screens:
  hello: {say: {text: "ሰላም። የውሃ አገልግሎት እዚህ ነው።", go: long}}
  long: {say: {text: "LONG", go: bye}}
  bye: {end: {text: "ደህና ሁኑ"}}
""".replace("LONG", "Maji ni uhai na kila mtu ana haki ya kupata maji safi ya kutosha. " * 5)


@dataclass
class Hand:
    """A phone in a test, with a clock that stands still until it is moved."""

    service: str = "water-fault"
    channel: Literal["ussd", "sms"] = "ussd"
    ahead: tuple[str, ...] = ()
    options: dict[str, float] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        files = {**catalogue.menu_files(ROOT / "menus"), **self.files}
        limits = SMS if self.channel == "sms" else Limits()
        about = Facts(self.channel, "+254700000001", NOW, 0, limits, "63902", "*384*70#", "KE")
        walk = Walk(catalogue.edition("test", files), self.service, about, lambda: NOW, self._seed)
        options = {"time_out": 180.0, "drop_after": 0, **self.options}
        self.phone = Handset(
            Offline(walk, self.ahead), lambda: self.seconds, "*384*70#", "63902",
            time_out=options["time_out"], drop_after=int(options["drop_after"]), sms=self.channel == "sms",
        )  # fmt: skip
        self.phone.start()

    def _seed(self) -> int:
        self.seed += 1
        return self.seed

    def type(self, *answers: str) -> str:
        """Type answers, each sent; returns the screen."""
        for answer in answers:
            for char in answer:
                self.phone.key(char)
            self.phone.key("send")
        return self.phone.screen

    def seen(self, width: int = 100) -> str:
        """Return the picture as text."""
        console = Console(file=StringIO(), width=width, legacy_windows=False)
        console.print(drawn(self.phone, width))
        assert isinstance(console.file, StringIO)
        return console.file.getvalue()


def test_a_request_is_filed_with_an_office_answered_by_hand() -> None:
    hand = Hand()
    hand.type("1", "Kalundu", "12345678")
    assert hand.phone.question is not None and "water-billing is asked: account" in hand.seen()
    assert "number 12345678" in hand.seen() and "4 Down" in hand.seen()
    hand.type("9")
    assert hand.phone.question is not None, "there is no fifth thing that an office says"
    hand.type("1", "Esther Njeri")
    assert "balance?" in hand.seen()
    assert "No water at Kalundu. Send?" in hand.type("7800")
    assert "water-billing says: {name: Esther Njeri, balance: 7800}" in hand.phone.told
    assert "Received. Your number is" in hand.type("1")
    assert hand.phone.call == "over" and hand.phone.unread == 1 and "✉ 1" in hand.seen()
    hand.phone.key("messages")
    assert "From the service, 1 part" in hand.seen() and "received 23 Nov 2026" in hand.seen()
    assert hand.phone.unread == 0
    hand.phone.key("messages")
    assert "40 of 160 GSM-7" in hand.seen()


@pytest.mark.parametrize(
    ("key", "screen", "told"),
    [
        ("2", "Account number", "water-billing says: there is no such thing"),
        ("3", "Send?", "water-billing says: nothing, it is slow"),
        ("4", "Send?", "water-billing says: nothing, it is down"),
    ],
)
def test_an_office_without_an_answer(key: str, screen: str, told: str) -> None:
    hand = Hand()
    assert screen in hand.type("1", "Kalundu", "12345678", key) and told in hand.phone.told


def test_the_sample_answer_of_an_office_is_taken_with_an_empty_answer() -> None:
    hand = Hand("project-status")
    hand.type("1201", "1")
    assert hand.phone.question is not None
    hand.type(*[""] * len(hand.phone.question.sample))
    assert any(line.startswith("projects-register says: {") for line in hand.phone.told)


@pytest.mark.parametrize(
    ("typed", "screen"),
    [
        ("[{code: RW-9, name: Wote road}]", "1 Wote road"),
        ('[{"code": "RW-9", "name": "Wote road"}]', "1 Wote road"),
        ("", "1 Name 1"),
    ],
)
def test_a_list_of_an_office_is_typed_as_a_test_has_it(typed: str, screen: str) -> None:
    files = {"near.yaml": service_of(next(lesson for lesson in LESSONS if lesson.name.startswith("5")))}
    hand = Hand("road-report", files=files)
    hand.type("Wote", "1")
    assert "Enter alone: [{code: " in hand.seen()
    for wrong in ("Wote road", "[{name: Wote", "{name: Wote}"):
        hand.type(wrong)
        assert hand.phone.question is not None and "works must be a list, such as [{code: " in hand.phone.told[-1]
    assert screen in hand.type(typed)


def test_a_secret_is_not_shown_to_the_office() -> None:
    hand = Hand("tax-compliance")
    hand.type("A123456789Z", "4711")
    assert hand.phone.question is not None and "pin ****" in hand.seen() and "4711" not in hand.seen()


def test_keys_edit_what_is_typed() -> None:
    hand = Hand()
    for key in named("12\x7f\x1b[A3"):
        hand.phone.key(key)
    assert hand.phone.typed == "13" and "> 13" in hand.seen()
    hand.phone.key("clear")
    hand.phone.key("rub")
    assert hand.phone.typed == ""
    hand.phone.key("quit")
    assert not hand.phone.on


@pytest.mark.parametrize("key", ["hang up", "lose"])
def test_a_dropped_call_is_offered_again_at_redial(key: str) -> None:
    hand = Hand()
    hand.type("1", "Kalundu")
    hand.phone.key("7")
    hand.phone.key(key)
    assert hand.phone.call == "dropped" and hand.phone.typed == "" and "Send dials again" in hand.seen()
    assert "1 Continue" in hand.type("")
    assert "Account number" in hand.type("1")
    hand.phone.key("redial")
    assert "2 Start again" in hand.phone.screen
    assert "What is wrong?" in hand.type("2")


def test_a_line_lost_while_an_office_is_asked_forgets_the_answer_before() -> None:
    hand = Hand()
    hand.type("1", "Kalundu", "12345678")
    hand.phone.key("lose")
    assert hand.phone.question is None
    assert "Account number" in hand.type("", "1")


def test_the_line_drops_after_so_many_answers_and_only_once() -> None:
    hand = Hand(options={"drop_after": 2})
    assert "lost" in hand.type("1", "Kalundu")
    assert "Send?" in hand.type("", "1", "0")


def test_the_session_ends_when_its_time_is_up() -> None:
    hand = Hand(options={"time_out": 90})
    hand.type("1")
    assert "1:30" in hand.seen()
    hand.seconds = 60.5
    hand.phone.tick()
    assert "0:30" in hand.seen() and hand.phone.call == "open"
    hand.seconds = 90
    hand.phone.tick()
    assert hand.phone.call == "dropped" and "its time is up" in hand.phone.screen and "0:00" not in hand.seen()
    assert "1 Continue" in hand.type("") and "1:30" in hand.seen()


def test_a_long_dial_is_typed_ahead_once() -> None:
    hand = Hand(ahead=("1", "Kalundu"))
    assert "Account number" in hand.phone.screen
    hand.phone.key("redial")
    assert "1 Continue" in hand.phone.screen


def test_a_ucs2_screen_has_its_own_limit_and_a_long_text_pages() -> None:
    hand = Hand("strange", files={"test/strange.yaml": STRANGE})
    assert re.search(r"\d+ of 70 UCS-2", hand.seen())
    first = hand.type("1")
    assert "98" in first
    second = hand.type("98")
    assert second != first and "of 70 UCS-2" in hand.seen()


def test_texting_shows_both_sides_with_their_parts() -> None:
    hand = Hand("water-fault", "sms")
    assert hand.phone.line.hint.startswith("text a keyword: WATER")
    assert "WATER" in hand.type("hello")
    hand.type("WATER burst Kibera", "0", "1")
    assert "You, 1 part" in hand.seen() and "received 23 Nov 2026" in hand.seen()
    assert "Report a water fault" in hand.type("STATUS") and hand.phone.call == "over"
    hand.phone.key("hang up")
    hand.phone.key("redial")
    assert hand.phone.call == "over", "there is no call to drop, and none to redial"


def test_a_rating_is_told() -> None:
    menu = STRANGE.replace("go: long", "go: rate").replace("  bye:", "  rate: {rate: {of: AAAA, go: bye}}\n  bye:")
    hand = Hand("strange", files={"test/strange.yaml": menu})
    hand.type("1", "5")
    assert "rates AAAA: 5 of 5" in hand.phone.told


def test_a_menu_that_cannot_go_on_says_why() -> None:
    menu = STRANGE.replace("go: long", "go: stuck").replace(
        "  bye:", "  stuck: {branch: [{when: 'false', go: bye}]}\n  bye:"
    )
    hand = Hand("strange", files={"test/strange.yaml": menu})
    hand.type("1")
    assert hand.phone.call == "dropped" and "none of the ways holds (`gateway check` says why)" in hand.phone.told[-1]


def test_it_fits_a_narrow_terminal() -> None:
    lines = Hand().seen(42).splitlines()
    assert max(map(len, lines)) <= 42 and any("what happens" in line for line in lines)


class Dead:
    """A line that worked once."""

    limits, hint, dialled = Limits(), "", 0

    def dial(self) -> Turn:
        self.dialled += 1
        if self.dialled > 1:
            raise GatewayError("no gateway answers")
        return Turn("Hello", True)

    def press(self, typed: str) -> Turn:
        raise GatewayError("no gateway answers")

    def told(self, answer: object) -> Turn:
        raise AssertionError

    def question(self, wish: Fetch) -> Question:
        raise AssertionError


def test_a_gateway_that_went_away_is_told_on_the_screen() -> None:
    phone = Handset(Dead(), lambda: 0.0, "*384*70#", "63902")
    phone.start()
    for _ in range(2):
        phone.key("1")
        phone.key("send")
        assert (
            phone.call == "dropped" and "Connection problem" in phone.screen and phone.told[-1] == "no gateway answers"
        )


# --- a real one ---------------------------------------------------------------------------------------------------


@dataclass
class Terminal:
    """A program in a pseudo-terminal of 100 columns and 40 lines."""

    process: subprocess.Popen[bytes]
    end: int
    shown: str = ""

    def press(self, keys: str) -> None:
        os.write(self.end, keys.encode())

    def until(self, words: str) -> None:
        """Wait until the words are shown, from here on."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.shown:
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self.end], [], [], left)[0], f"{words!r} is not in {self.shown}"
            self.shown += re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", os.read(self.end, 65536).decode(errors="replace"))
        self.shown = self.shown[self.shown.index(words) + len(words) :]


@contextmanager
def terminal(*words: str) -> Iterator[Terminal]:
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    process = subprocess.Popen(
        [sys.executable, "-c", "from gateway.cli import main; main()", *words],
        stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The configuration of a copy of the menus, beside it in `menus`: there is room for tests in it."""
    shutil.copytree(ROOT / "menus", tmp_path / "menus")
    return written_config(tmp_path, menus=tmp_path / "menus")


def test_a_phone_in_a_real_terminal_records_what_is_tested_then(copied: Path) -> None:
    test = copied.parent / "menus/county-home/as-dialled.test.yaml"
    with terminal("dial", "*384*70*1#", "--offline", "--record", str(test), "--config", str(copied)) as phone:
        phone.until("What is wrong?")
        phone.press("1\n")
        phone.until("Which village")
        phone.press("Kx\x7falundu\n")
        phone.until("Account number")
        phone.press("\x18")
        phone.until("The call was lost.")
        phone.press("\n")
        phone.until("1 Continue")
        phone.press("1\r")
        phone.until("Account number")
        phone.press("12345678\n")
        phone.until("4 Down")
        phone.press("4\n")
        phone.until("No water at Kalundu. Send?")
        phone.press("1\n")
        phone.until("Received. Your number is")
        phone.press("\t")
        phone.until("From the service, 1 part")
        phone.press("\x11")
        phone.until("for water-crm")
        phone.until("runs it")
        assert phone.process.wait(PATIENCE) == 0
    assert "drop: true" in test.read_text() and "water-billing: {account: down}" in test.read_text()
    tested = run("test", str(test), "--config", str(copied))
    assert tested.returncode == 0 and "1 conversation" in tested.stdout, tested


RECORDED = {
    "with a drop": ("*384*70*1*1#", "--offline", "--keys", "Kalundu 1 0 1", "--drop-after", "1"),
    "with a sealed answer": ("tax-compliance", "--keys", "A123456789Z 4711", "--offices", "{offices}"),
    "in Swahili": ("water-fault*2#", "--keys", "Kwa Vonza*12345678*1", "--language", "sw", "--offices", "{offices}"),
    "over SMS": ("water-fault", "--channel", "sms", "--keys", "MAJI bomba Kibera*0*1"),
}
OFFICES = """
tests: water-fault
offices:
  water-billing: {account: [{name: Esther Njeri, balance: 78500}, slow]}
  tax-authority: {compliance: {status: compliant, name: Esther Njeri, valid_until: 2027-01-31}}
conversations: [{turns: [{part: What}]}]
"""


@pytest.mark.parametrize("words", RECORDED.values(), ids=RECORDED)
def test_a_record_is_a_test_that_passes_and_a_second_one_follows_it(copied: Path, words: tuple[str, ...]) -> None:
    offices = copied.parent / "offices.test.yaml"
    offices.write_text(OFFICES)
    test = copied.parent / "menus/county-water/as-dialled.test.yaml"
    given = [word.format(offices=offices) for word in words]
    for count in (1, 2):
        dialled = run("dial", *given, "--record", str(test), "--config", str(copied))
        assert dialled.returncode == 0 and "runs it" in dialled.stderr, dialled
        tested = run("test", str(test), "--config", str(copied))
        assert tested.returncode == 0 and f"{count} conversation" in tested.stdout, tested
    if "{offices}" in words:
        assert "Esther Njeri" in test.read_text()


def test_offices_of_a_test_answer_in_their_order_and_then_a_person_does() -> None:
    wish = Fetch("water-billing", "account", {}, 3.0)
    found = Canned({"water-billing": {"account": [{"name": "Esther"}, "missing", "down"]}})
    assert [found(wish) for _ in range(4)] == [{"name": "Esther"}, "missing", None, "ask"]
    assert found(Fetch("tax-authority", "compliance", {}, 3.0)) == "ask"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("*384*70#", "--record", "x.test.yaml"), "are for services offline: add --offline"),
        (("water-fault", "--record", "x.yaml"), "the name of a test ends with .test.yaml"),
        (("water-fault", "--offices", "nowhere.test.yaml"), "nowhere.test.yaml: it cannot be read"),
        (("water-fault", "--offices", "README.md"), "README.md:"),
        (("water-fault*1",), "ends with # on a phone"),
        (("*384*70#", "--channel", "sms"), "to text a service, add --offline"),
        ((f"{ROOT}/tests/broken_menus/takes-something/keyword/identify.yaml",), "dial that one"),
        (("water-foul",), "there is no such file and no such service"),
    ],
)
def test_what_cannot_be_dialled(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    found = run("dial", *words, "--config", str(written_config(tmp_path)))
    assert found.returncode == 2 and said in found.stderr and not found.stdout, found


def test_plain_is_line_by_line_in_a_terminal_too(tmp_path: Path) -> None:
    config = written_config(tmp_path)
    with terminal("dial", "water-fault", "--plain", "--config", str(config)) as phone:
        phone.until("52 of 160")
        phone.press("1\n")
        phone.until("Which village")
        phone.press("\x04")
        phone.until("hung up")
        assert phone.process.wait(PATIENCE) == 0


def test_the_picture_in_the_readme_is_the_phone_as_it_is(tmp_path: Path) -> None:
    drawn_now = tmp_path / "phone.svg"
    script = [sys.executable, str(ROOT / "scripts/draw_phone.py"), str(drawn_now)]
    subprocess.run(script, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, check=True)
    svg = drawn_now.read_text(encoding="utf-8")
    assert svg == (ROOT / "docs/phone.svg").read_text(encoding="utf-8"), "run scripts/draw_phone.py"
    assert "url(http" not in svg and "@font-face" not in svg and "Received." in svg
