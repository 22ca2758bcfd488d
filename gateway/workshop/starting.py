"""A new service from a blueprint: the service and its test, in the languages that are wanted. Reads package data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import resources

FOLDER = resources.files("gateway.workshop") / "blueprints"
BLUEPRINTS = ("report", "lookup", "bill", "appointment", "application", "charter", "menu", "shared")
SCHEMA = "# yaml-language-server: $schema=../service.schema.json\n"
OF_TESTS = "# yaml-language-server: $schema=../service.test.schema.json\n"
WRITTEN = ("en", "sw")  # the languages that blueprints are written in
OWN_NAMES = ("English", "Kiswahili")  # what they are called where a caller chooses
BEGUN = """\
  - name: In {tongue}                 # translate the service, and write here what is typed and seen
    language: {tongue}
    turns:
      - {{part: "[{tongue}] "}}"""
TEXT = re.compile(r'\{en: ("(?:[^"\\]|\\.)*"), sw: ("(?:[^"\\]|\\.)*")\}')
SPOKEN = re.compile(r"^    language: (\w+)\n", re.MULTILINE)


def described() -> Iterator[tuple[str, str]]:
    """Yield each blueprint with a line about it."""
    for name in BLUEPRINTS:
        first = _text(f"{name}.yaml").partition("\n")[0]
        yield name, first.removeprefix("# ")


def service(blueprint: str, name: str, agency: str, languages: Sequence[str]) -> str:
    """Return a service file. A language that blueprints are not written in gets English texts, marked as such."""
    text = TEXT.sub(lambda found: _in(languages, found[1], found[2]), _text(f"{blueprint}.yaml"))
    text = text.replace("languages: [en, sw]", f"languages: [{', '.join(languages)}]")
    return SCHEMA + text.replace("example-name", name).replace("example-agency", agency)


def test(blueprint: str, languages: Sequence[str]) -> str:
    """Return the file of its conversations: those in languages that are wanted, and a beginning in each other one."""
    head, *conversations = re.split(r"^(?=  - name: )", _text(f"{blueprint}.test.yaml"), flags=re.MULTILINE)
    kept = [_chosen(one, languages).rstrip("\n") for one in conversations if _language(one) in languages]
    begun = [BEGUN.format(tongue=tongue) for tongue in languages if tongue not in WRITTEN]
    return OF_TESTS + head + "\n\n".join([*kept, *begun]) + "\n"


def _text(file: str) -> str:
    return (FOLDER / file).read_text(encoding="utf-8")


def _language(conversation: str) -> str:
    found = SPOKEN.search(conversation)
    return found[1] if found else WRITTEN[0]


def _chosen(conversation: str, languages: Sequence[str]) -> str:
    """Return the conversation with languages chosen by the number that they have in this service."""
    for tongue, name in zip(WRITTEN, OWN_NAMES, strict=True):
        if tongue in languages:
            number = languages.index(tongue) + 1
            conversation = re.sub(rf'"\d {name}", type: "\d"', f'"{number} {name}", type: "{number}"', conversation)
    return conversation


def _in(languages: Sequence[str], english: str, swahili: str) -> str:
    written = dict(zip(WRITTEN, (english, swahili), strict=True))
    texts = [f"{tongue}: {written.get(tongue) or _marked(tongue, english)}" for tongue in languages]
    return f"{{{', '.join(texts)}}}"


def _marked(tongue: str, english: str) -> str:
    return f'"[{tongue}] {english[1:]}'
