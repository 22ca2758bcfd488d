"""Slips of one line that make a file unreadable, or mean something else: each is told in its place."""

from __future__ import annotations

import pytest

from gateway.language import reader

GOOD = """\
service: hours
version: 1
agency: county
title: Hours
languages: [en, sw]
start: hours
screens:
  hours:
    ask:
      text: {en: Which place?, sw: Wapi?}
      save: place
      answer: {kind: text, max: 40}
      go: pick
  pick:
    choose:
      text: {en: Thank you, sw: Asante}
      options:
        - {value: mine, label: {en: Mine, sw: Yangu}, go: send}
        - value: yours
          label: {en: Yours, sw: Yako}
          go: send
  send:
    submit:
      office: crm
      ask: fault
      send: {slot: "{place}"}
      go: bye
  bye:
    end: {text: {en: Bye, sw: Kwaheri}}
"""
# What is replaced in it, by what, and what is said first.
SLIPS = {
    "a comma in a text": (
        "{en: Thank you, sw: Asante}",
        "{en: Thank you, and bye, sw: Asante}",
        '16:29: a text with a comma needs quotes (write en: "Thank you, and bye")',
    ),
    "a comma in the last text": (
        "{en: Bye, sw: Kwaheri}",
        "{en: Bye, sw: Kwaheri, asante}",
        '29:40: a text with a comma needs quotes (write sw: "Kwaheri, asante")',
    ),
    "two commas in a text": (
        "{en: Thank you, sw: Asante}",
        "{en: Good day, dear, caller, sw: Asante}",
        '16:28: a text with a comma needs quotes (write en: "Good day, dear, caller")',
    ),
    "curly quotes around a colon": (
        "text: {en: Thank you, sw: Asante}",
        "text: “Thank you: bye”",
        '16:13: curly quotes do not quote (write straight ones: "…")',
    ),
    "curly quotes around a comma": (
        "text: {en: Thank you, sw: Asante}",
        "text: {en: “Thank you, bye”, sw: Asante}",
        '16:30: curly quotes do not quote (write straight ones: "…")',
    ),
    "a name that is sent": (
        '{slot: "{place}"}',
        "{slot: {place}}",
        '26:21: a text that begins with a brace needs quotes (write "{place}")',
    ),
    "a text that is a name": (
        "text: {en: Thank you, sw: Asante}",
        "text: {place}",
        '16:14: a text that begins with a brace needs quotes (write "{place}")',
    ),
    "a text that begins with a name": (
        "text: {en: Thank you, sw: Asante}",
        "text: {place} it is",
        '16:13: a text that begins with a brace needs quotes (put the whole text in quotes: "{name} …")',
    ),
    "a text in braces that begins with a name": (
        "text: {en: Thank you, sw: Asante}",
        "text: {en: {place} it is, sw: Asante}",
        '16:18: a text that begins with a brace needs quotes (put the whole text in quotes: "{name} …")',
    ),
    "no blank after a colon in braces": (
        "- {value: mine, label",
        "- {value:mine, label",
        "18:12: a blank is missing after the colon of 'value:mine' (write value: mine)",
    ),
    "no blank after a colon": (
        "      go: pick",
        "      go:pick",
        "13:9: a blank is missing after the colon (write key: value)",
    ),
    "an unseen blank after a colon": (
        "      go: pick",
        "      go:\u00a0pick",
        "13:10: a character that cannot be seen stands here (U+00A0) (delete it, and type a blank)",
    ),
    "an unseen blank before a key": (
        "      save: place",
        "\u00a0     save: place",
        "11:1: a character that cannot be seen stands here (U+00A0) (delete it, and type a blank)",
    ),
    "an unseen blank in braces": (
        "{en: Thank you, sw: Asante}",
        "{en:\u00a0Thank you, sw: Asante}",
        "16:14: a character that cannot be seen stands after 'en:' (U+00A0) (delete it, and type a blank)",
    ),
    "no dash before an option": (
        "        - value: yours",
        "          value: yours",
        "19:11: a dash is missing before this (write - and a blank before it)",
    ),
    "no dash before an option in braces": (
        "        - {value: mine",
        "          {value: mine",
        "18:11: a dash is missing before this (write - and a blank before it)",
    ),
    "no dash before the last option": (
        "          go: send\n  send:",
        "          go: send\n        {value: x, label: {en: X, sw: Y}, go: send}\n  send:",
        "22:9: a dash is missing before this (write - and a blank before it)",
    ),
    "no blank after a dash": (
        "- {value: mine",
        "-{value: mine",
        "18:9: a blank is missing after the dash (write - and a blank before the item)",
    ),
    "no blank after the dash of an option of lines": (
        "- value: yours",
        "-value: yours",
        "19:9: a blank is missing after the dash (write - and a blank before the item)",
    ),
    "a short code without quotes": (
        "{en: Thank you, sw: Asante}",
        "\n        en: *384*70#\n        sw: Asante",
        "17:13: a text that begins with this sign needs quotes (put the whole text in quotes)",
    ),
    "a short code without quotes in braces": (
        "{en: Thank you, sw: Asante}",
        "{en: *384*70#, sw: Asante}",
        "16:18: a text that begins with this sign needs quotes (put the whole text in quotes)",
    ),
    "a number sign in braces": (
        "{en: Thank you, sw: Asante}",
        "{en: Room # 5, sw: Asante}",
        "16:23: what stands after # is taken for a remark (put a text that has # in it in quotes)",
    ),
    "the marks of a merge": (
        "      go: pick",
        "<<<<<<< HEAD\n      go: pick\n=======\n      go: bye\n>>>>>>> other",
        "13:1: two versions meet here (keep one of them, and delete the lines with <<<<<<<, =======, >>>>>>>)",
    ),
    "languages as far in as their text": (
        "text: {en: Thank you, sw: Asante}",
        "text:\n      en: Thank you\n      sw: Asante",
        "16:7: what belongs to 'text' does not stand further in (indent it by two more blanks)",
    ),
    "a key of another kind of answer": (
        "answer: {kind: text, max: 40}",
        "answer: {kind: text, check: luhn}",
        "12:28: unknown key 'check' (text has no check; kind id has)",
    ),
    "a screen inside the one before": (
        "  pick:\n    choose",
        "    pick:\n    choose",
        "14:5: 'pick' stands too far in to be a screen (let it begin where 'hours' begins)",
    ),
    "a screen too far in": (
        "  bye:\n    end",
        "    bye:\n      end",
        "28:5: 'bye' stands too far in to be a screen (let it begin where 'send' begins)",
    ),
    "an apostrophe in single quotes": (
        "text: {en: Thank you, sw: Asante}",
        "text: 'Tell the ng'ombe'",
        "16:26: the quotes close before this (put the whole text in the other sort of quotes)",
    ),
}
ABOVE = {
    "curly quotes": ("{en: Thank you, sw: Asante}", "“Thank you”\n     options: []", "17:6"),
    "an unseen blank": ("{en: Thank you, sw: Asante}", '"Note:\u00a0thank you"\n     options: []', "17:6"),
}


@pytest.mark.parametrize(("was", "becomes", "place"), ABOVE.values(), ids=ABOVE)
def test_a_good_line_above_is_not_blamed(was: str, becomes: str, place: str) -> None:
    first = min(reader.read(GOOD.replace(was, becomes), "f").document.complaints)
    assert str(first).startswith(f"f:{place}: this line does not fit the ones above")


@pytest.mark.parametrize(("was", "becomes", "said"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_in_its_place(was: str, becomes: str, said: str) -> None:
    assert GOOD.count(was) == 1
    first = min(reader.read(GOOD.replace(was, becomes), "f").document.complaints)
    assert str(first).rpartition(" [")[0] == f"f:{said}"


def test_a_test_is_no_service() -> None:
    [complaint] = reader.read(
        "tests: hours\nconversations:\n  - turns: ['1']\n", "a/hours.test.yaml"
    ).document.complaints
    assert "2:1: this is a test, not a service (run `gateway test a/hours.test.yaml`)" in str(complaint)


def test_the_file_without_slips_is_good() -> None:
    assert reader.read(GOOD, "f").document.complaints == []
