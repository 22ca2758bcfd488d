"""Everything that can be wrong with menus and configuration: a code for each, which never changes once it is out. Pure.

The code is what `gateway check` ends its line with, and the name of the page that explains it, `docs/checks/<code>.md`.
Codes that begin with `config-` are about config.yaml alone, those with `test-` about conversations that test a menu;
they have no page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]
CONFIG, TEST = "config-", "test-"
PAGELESS = (CONFIG, TEST)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be wrong. Errors stop the load, warnings don't. `group` is the part of the index it is in."""

    level: Level
    title: str
    group: str


# Group by group, the title of each code.
_TITLES: Mapping[str, Mapping[str, str]] = {
    "The file": {
        "not-utf-8": "The file is not UTF-8 text",
        "file-too-large": "The file is too large",
        "empty-file": "The file is empty",
        "unseen-character": "There is a character that cannot be seen",
        "not-yaml": "The file is not YAML",
        "character-out-of-place": "A character stands where it cannot",
        "colon-out-of-place": "A colon stands where it cannot",
        "bracket-not-closed": "Something does not fit between brackets",
        "missing-colon": "A colon is missing",
        "dash-out-of-place": "A list begins on the line of its key",
        "backslash-out-of-place": "A backslash stands where it cannot",
        "bad-indent": "A line does not fit the ones above",
        "quote-not-closed": "Quotes are not closed",
        "yaml-anchor": "An anchor is used",
        "yaml-alias": "An alias is used",
        "yaml-tag": "A tag is used",
        "second-document": "The file holds two documents",
        "too-deep": "The file is nested too deep",
        "merge-key": "A merge key is used",
        "key-not-plain": "A key is not plain text",
        "duplicate-key": "A key is repeated",
    },
    "Keys and values": {
        "not-a-service": "The file has no keys and values",
        "no-kind": "A screen has no kind",
        "two-kinds": "A screen has two kinds, or none",
        "unknown-kind": "There is no such kind of screen",
        "empty-value": "Nothing is written after a key",
        "unknown-key": "There is no such key",
        "missing-key": "A key is missing",
        "not-text": "This must be text",
        "not-a-number": "This must be a whole number",
        "not-true-or-false": "This must be true or false",
        "not-a-list": "This must be a list",
        "not-keys-and-values": "This must have keys and values",
        "no-entries": "A list is empty",
        "too-many-entries": "A list is too long",
        "unknown-word": "This must be one of a few words",
        "out-of-range": "A number is too small or too large",
        "unknown-answer-kind": "There is no such kind of answer",
        "bad-name": "A name is not written as names are",
        "bad-service-name": "A service or agency is not named as services are",
        "bad-language": "A language is not written as languages are",
        "bad-keyword": "A keyword is not one plain word",
        "bad-currency": "A currency is not written as currencies are",
        "bad-country": "A country is not written as countries are",
        "bad-navigation-key": "A key for back, home or more cannot be used",
        "same-navigation-keys": "One key means two things",
        "bad-duration": "A duration is not written as durations are",
        "bad-list-file": "A list of places is not named as lists are",
        "bad-declaration": "What is declared of a value does not fit together",
        "bad-pattern": "A pattern cannot be read",
        "min-above-max": "The least is more than the most",
        "bad-day": "A day is not written as days are",
        "unknown-country": "A country has no phone numbers",
    },
    "Texts": {
        "empty-text": "A text is empty",
        "unknown-channel": "There is no such channel",
        "undeclared-language": "A text is in a language that the service does not have",
        "missing-translation": "A text is missing in a language",
        "unknown-built-in-text": "There is no such built-in text",
        "name-not-in-built-in-text": "A built-in text does not know this name",
        "name-in-title": "A title names a value",
        "halving-character": "One character halves the room on a screen",
        "brace-not-closed": "A brace is not closed",
        "brace-not-opened": "A brace closes nothing",
        "braces-empty": "Nothing stands between the braces",
        "bad-name-in-text": "What stands between the braces is no name",
        "unknown-filter": "There is no such filter",
    },
    "Options": {
        "no-options": "A menu has no options",
        "list-missing": "Options from a list lack the list",
        "list-incomplete": "Options from a list lack a key",
        "option-without-way": "An option leads nowhere",
        "option-with-two-ways": "An option leads to two places",
        "duplicate-option-value": "Two options have the same value",
        "option-renumbered": "A number means something else than before",
    },
    "Conditions": {
        "empty-condition": "A condition is empty",
        "bad-condition": "A condition cannot be read",
        "condition-stops-early": "A condition stops too early",
        "condition-quote-not-closed": "A text in a condition is not closed",
        "condition-too-long": "A condition is too long",
        "condition-too-costly": "A condition walks over too many lists",
        "unknown-function": "There is no such function",
        "never-equal": "Two values of different kinds are compared",
        "mixed-kinds": "Values of different kinds do not go together",
        "not-a-condition": "A condition gives neither true nor false",
        "never-that-value": "A name never has this value",
        "always-true": "A condition is always true",
        "always-false": "A condition is always false",
        "way-never-taken": "A way of a branch is never taken",
        "no-way-holds": "A branch may have no way to go",
    },
    "The way through": {
        "missing-start": "The first screen is not there",
        "missing-target": "A way leads to a screen that is not there",
        "end-without-text": "A last screen says nothing",
        "unreachable-screen": "Nobody comes to a screen",
        "no-way-to-end": "From a screen no end can be reached",
        "silent-circle": "Screens go round without asking anything",
        "unknown-service": "There is no such service",
        "services-in-a-circle": "Services go into each other in a circle",
        "fetch-without-otherwise": "A fetch has no way to go when the office is down",
        "submit-without-confirm": "A request is sent that the citizen did not confirm",
    },
    "Services among themselves": {
        "duplicate-service": "Two services have the same name",
        "file-name": "The file is not called like its service",
        "reserved-keyword": "A keyword is taken by the gateway",
        "keyword-claimed-twice": "A keyword is claimed twice",
    },
    "Names": {
        "reserved-name": "A name is taken by the gateway",
        "unknown-name": "Nothing has this name",
        "name-not-saved": "A name may have no value yet",
        "reference-before-submit": "There is no reference yet",
        "name-never-used": "A name is saved and never used",
        "name-not-given-back": "The other service does not save this name",
        "name-in-label": "The label of an outside value names a value",
        "rating-of-nothing": "A rating is about no request",
    },
    "Lists and places": {
        "no-list": "Options come from something that is no list",
        "unknown-field": "The items of a list have no such field",
        "same-for-every-item": "All options of a list are the same",
        "list-as-text": "A list is shown as a text",
        "list-not-there": "There is no such list of places",
        "unknown-level": "The list of places has no such level",
        "bad-list": "A list of places cannot be read",
        "not-within": "A place is narrowed by something that is not around it",
    },
    "What services hand to each other": {
        "takes-something": "A service that takes something is opened without it",
        "not-handed": "A service is not given what it takes",
        "not-taken": "A service is given what it does not take",
        "wrong-kind-handed": "A service is given a value of the wrong kind",
        "handed-too-long": "A service is given more than it takes",
    },
    "Secrets": {
        "secret-shown": "A secret would be shown",
        "secret-by-sms": "A secret would be sent by SMS",
        "secret-compared": "A secret is compared",
        "secret-handed": "A secret is handed to another service",
    },
    "Lengths": {
        "end-too-long": "A last screen is too long",
        "sms-too-long": "An SMS has too many parts",
        "option-too-long": "An option is longer than a screen",
        "title-too-long": "A title is longer than a line can be",
        "words-too-long": "A built-in text of the agency's own is too long",
        "wrong-too-long": "A reason is too long to stand above its question",
        "too-many-pages": "A text needs too many screens",
    },
    "People": {
        "many-options": "There are many options on one page",
        "too-many-options": "There are too many options on one page",
        "same-beginning": "Two options begin with the same words",
        "long-way": "It takes many turns to come to an end",
        "identical-translation": "A text is the same in two languages",
        "open-pin": "A PIN is not kept secret",
        "twice-in-the-open": "Something that can be seen is asked for twice",
        "skip-key-taken": "The key for skip could be the answer",
        "reference-not-shown": "The number of a request is never shown",
        "waits-too-long": "A citizen may wait too long for offices",
    },
    "Offices": {
        "unknown-office": "There is no such office",
        "unknown-operation": "The office cannot be asked this",
        "not-sent": "The office needs something that is not sent",
        "call-back-needs-more": "An office needs more for a call back than the gateway has",
        "not-answered": "The office does not answer this",
        "answer-is-a-list": "The office answers with a list",
        "answer-is-no-list": "The office does not answer with a list",
    },
    "Conversations": {
        "test-bad-conversation": "A conversation of a test is not written as conversations are",
    },
    "The configuration": {
        "config-unreadable": "The configuration cannot be read",
        "config-not-keys-and-values": "The configuration has no keys and values",
        "config-wrong-value": "A value is wrong",
        "config-not-a-number": "This must be a number",
        "config-missing-secret": "A secret is not in the environment",
        "config-unreadable-secret": "A secret's file cannot be read",
        "config-unreadable-description": "The file that describes a telecom cannot be read",
        "config-bad-short-code": "A short code is not written as short codes are",
        "config-bad-channel-name": "The name of a channel cannot stand in an address",
        "config-no-codes": "A channel opens nothing",
        "config-untold-code": "Nothing says which of several short codes was dialled",
        "config-no-ussd": "The provider has no USSD",
        "config-no-sms": "The provider has no SMS",
        "config-unknown-provider": "There is no such provider",
        "config-unknown-channel": "A route names no channel that sends SMS",
        "config-no-proxy": "No proxy is named that could tell who calls",
        "config-unknown-adapter": "There is no such adapter",
        "config-bad-network": "A network is not written as networks are",
        "config-cost-without-price": "What SMS cost is capped, and nothing says what they cost",
        "config-unproved-channel": "Nothing proves that callbacks are genuine",
        "config-demo-secret": "A demo secret is in use",
        "config-unknown-service": "A short code opens a service that is not there",
        "config-long-cost-notice": "What is said of the cost leaves no room for the first question",
        "config-no-cost-notice": "Nobody tells callers what a short code costs",
        "config-service-takes": "A short code opens a service that takes something",
    },
}
_WARNINGS = frozenset(
    {
        "file-name", "halving-character", "name-never-used", "too-many-pages", "wrong-too-long", "handed-too-long",
        "many-options", "same-beginning", "long-way", "identical-translation", "open-pin", "twice-in-the-open",
        "skip-key-taken", "reference-not-shown", "config-no-cost-notice", "config-long-cost-notice",
    }
)  # fmt: skip

CODES: Mapping[str, Check] = {
    code: Check("warning" if code in _WARNINGS else "error", title, group)
    for group, titles in _TITLES.items()
    for code, title in titles.items()
}
