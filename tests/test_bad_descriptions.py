"""What is said of a telecom's description that is wrong: once, in its place, with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway import config
from gateway.messages import Misconfigured
from tests.callers import WONDERLAND, channel, channels
from tests.town import written_config

BODY = """'<prompt final="{more ? no : yes}"><line>{text}</line></prompt>'"""

# What is changed in the description of tests/callers.py, the place where it is complained of, and the complaint.
BAD = [
    ("transport: xml", "transport: jason", "2:12", "this must be 'query', 'form', 'json' or 'xml'"),
    ("session: header", "sesion: header", "4:3", "unknown key 'sesion' (did you mean 'session'?)"),
    ("number: party", "number: [par ty]", "5:12", "'par ty' is no place (write SessionId"),
    ("input: said", "input: body.said", "4:3", "'body.said' is no place in XML (part elements with slashes"),
    ("transport: xml", "transport: json", "10:3", "only XML has slashes and @"),
    ("session: header:X-Dialogue", "session: path:id", "4:3", "there is no segment {id} in path"),
    ("  number: party\n", "", "3:1", "the key 'number' is missing (add number: …)"),
    ("  session: header:X-Dialogue\n", "", "1:1", "there is no fields.session to know a session by"),
    ("input_is: last", "input_is: transcript", "8:14", "a transcript never holds the short code itself"),
    ("first_input: dialled", "first_input: suffix", "8:14", "a suffix goes after a short code, and fields.code"),
    ("said\ninput_is: last", "said\n  sequence: n\ninput_is: transcript", "8:11", "a transcript needs no sequence"),
    ("goes_on: {\"@kind\": REPLY}", "goes_on: {\"@kind\": start}", "11:12", "@kind 'start' already marks new"),
    ("aborted: {\"@kind\": HANGUP}", "aborted: {\"@kind\": [HANGUP, REPLY]}", "12:12", "already marks goes_on"),
    ("  goes_on: {\"@kind\": REPLY}\n", "", "10:3", "it is not said what marks a session that goes on"),
    ("new: {\"@kind\": START}", "new: unseen", "11:12", "goes_on has no meaning where new is unseen"),
    ("{\"@kind\": HANGUP}", "{\"@kind\": {is: gone}}", "12:27", "must be 'there', 'missing', 'blank' or 'dialled'"),
    ("{text}", "{txt}", "15:9", "there is no {txt} (use one of {text}"),
    ("{text}", "text", "15:9", "the screen is nowhere in it (put {text} where the screen goes)"),
    ("{more ? no : yes}", "{more ? no}", "15:9", "is no choice (write it as {more ? a : b}"),
    ("{more ? no : yes}", "no", "14:3", "the answer never says whether the session goes on"),
    ("</line></prompt>", "</prompt>", "15:9", "it is not XML once filled in: mismatched tag in its line"),
    ("{text}", "{text}{code}", "14:3", "the answer says {code}, but fields.code is not there (add fields.code)"),
    ("format: xml", "format: xml\n  headers: {Fl ow: x}", "15:12", "'Fl ow' is no header's name"),
    ("format: xml", "format: xml\n  headers: {Flow: '{text}'}", "15:12", "the screen cannot stand in the header Flow"),
    ("transport: xml", "transport: xml\nencoding: ebcdic", "3:11", "this must be 'utf-8' or 'latin-1'"),
    ("transport: xml", "transport: xml\ncountry_code: +254", "3:15", "'+254' is no country code (write its digits"),
    ("name: Wonderland", "name: [Wonderland", "2:10", "close the quotes and brackets"),
    ("said\n", "said\n  sequence: HEADER:x-dialogue\n", "7:13", "fields.session already (sequence changes with every"),
    ("number: party", "number: header:X-Dialogue", "5:11", "'header:X-Dialogue' is fields.session already (say where"),
    ("input: said", "input: [said, party]", "6:10", "'party' is fields.number already"),
    ("transport: xml", "transport: xml\npath: /cb", "3:7", "begins without a slash, since it goes on after /ussd"),
    ("transport: xml", "transport: xml\npath: cb/{sesion}", "3:7", "nothing reads the segment {sesion} of path"),
    ("format: xml", "format: text", "15:9", "this looks like xml, and format says text (write format: xml)"),
    ("format: xml", "format: xml\n  content_type: xml", "15:17", "'xml' is no content type (write it as text/plain"),
    (BODY, "{text}", "15:9", 'braces without quotes mean something else in YAML (put it in quotes: "{text}")'),
    (BODY, "{prompt: {line: '{text}'}}", "15:9", "this is read as keys and values (write it as text in quotes"),
    ("format: xml", "format: xml\n  headers: {F: {more ? C : B}}", "15:16", 'in quotes: "{more ? C: B}")'),
    ("new: {\"@kind\": START}", "new:", "10:7", "it is not said what marks a new session (write new: {Type: initia"),
    ("new: {\"@kind\": START}", "new: START", "10:8", "it is not said what marks a new session"),
]  # fmt: skip


def complaints(folder: Path, description: str, **keys: Any) -> list[str]:
    """Return what the configuration says of a description in a file beside it."""
    (folder / "wonderland.yaml").write_text(description)
    told = channels(wonderland=channel("generic_ussd", **{"describe": "file:wonderland.yaml", **keys}))
    try:
        config.load(written_config(folder, channels=told))
    except Misconfigured as wrong:
        return wrong.complaints
    return []


@pytest.mark.parametrize(("old", "new", "place", "complaint"), BAD, ids=[complaint[:60] for *_, complaint in BAD])
def test_a_bad_description(tmp_path: Path, old: str, new: str, place: str, complaint: str) -> None:
    assert old in WONDERLAND
    said = complaints(tmp_path, WONDERLAND.replace(old, new))
    at = f"{tmp_path}/wonderland.yaml:{place}"
    assert any(line.startswith(at) and complaint in line and " (" in line for line in said), "\n".join(said)


def test_a_good_description(tmp_path: Path) -> None:
    assert complaints(tmp_path, WONDERLAND) == []


ONCE = [
    ('new: {"@kind": START}', "", "9:1", "the key 'new' is missing"),
    ("new: {", "nwe: {", "10:3", "unknown key 'nwe' (did you mean 'new'?)"),
    ('new: {"@kind": START}', "new:", "10:7", "it is not said what marks a new session"),
    ('new: {"@kind": START}', "new: {}", "10:8", "it is not said what marks a new session"),
    ('{"@kind": START}', '{"@kind": {is: gone}}', "10:23", "this must be 'there', 'missing', 'blank' or 'dialled'"),
    ("fields:", "feilds:", "3:1", "unknown key 'feilds' (did you mean 'fields'?)"),
    ("  format: xml\n", "", "13:1", "the key 'format' is missing"),
    (WONDERLAND, "", "1:1", "the file is empty (write the telecom's description into it)"),
]


@pytest.mark.parametrize(("old", "new", "place", "complaint"), ONCE, ids=[f"{c[:40]} {o[:9]}" for o, _, _, c in ONCE])
def test_a_mistake_is_said_once(tmp_path: Path, old: str, new: str, place: str, complaint: str) -> None:
    assert old in WONDERLAND
    [said] = complaints(tmp_path, WONDERLAND.replace(old, new))
    assert said.startswith(f"{tmp_path}/wonderland.yaml:{place}") and complaint in said


# what is changed in the channel, and the one thing that is said of it
NAMED = [
    ("file:nowhere.yaml", "nowhere.yaml cannot be read: it is not there (write the telecom's description"),
    ("file:.", "cannot be read: it is a folder"),
    ("wonderland.yaml", "(write describe: file:wonderland.yaml)"),
    ("env:WONDERLAND", "(write describe: file:wonderland.yaml)"),
]


@pytest.mark.parametrize(("named", "complaint"), NAMED)
def test_a_description_that_is_not_there(tmp_path: Path, named: str, complaint: str) -> None:
    [said] = complaints(tmp_path, WONDERLAND, describe=named)
    assert said.startswith(f"{tmp_path}/config.yaml:") and complaint in said and "Errno" not in said


def test_a_channel_without_a_description(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="the key 'describe' is missing"):
        config.load(written_config(tmp_path, channels=channels(wonderland=channel("generic_ussd"))))


MISSING = [("env:WONDERLAND_PATH", "has no WONDERLAND_PATH"), ("file:no", "not there")]


@pytest.mark.parametrize(("secret", "said"), MISSING)
def test_a_missing_secret_hides_nothing_of_the_description(tmp_path: Path, secret: str, said: str) -> None:
    wrong = WONDERLAND.replace("first_input: dialled", "first_input: dialed")
    of_secret, of_input = complaints(tmp_path, wrong, secrets=[secret])
    assert said in of_secret
    assert of_input.startswith(f"{tmp_path}/wonderland.yaml:8:14: this must be")


def test_a_segment_that_nobody_needs(tmp_path: Path) -> None:
    assert complaints(tmp_path, WONDERLAND.replace("transport: xml", "transport: xml\npath: cb/{_}")) == []


CODES = {"*384*70#": "county-home", "*384*71#": "county-home"}


def test_codes_that_cannot_be_told_apart(tmp_path: Path) -> None:
    assert complaints(tmp_path, WONDERLAND, codes=CODES) == []  # the first input is what was dialled
    silent = WONDERLAND.replace("first_input: dialled", "first_input: nothing")
    [said] = complaints(tmp_path, silent, codes=CODES)
    assert "callbacks do not say which of these codes was dialled (add code to the fields" in said
    assert complaints(tmp_path, silent.replace("input: said", "input: said\n  code: to"), codes=CODES) == []
