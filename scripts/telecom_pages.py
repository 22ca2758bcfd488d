"""Writes docs/telecoms/ussd/: a page for each described telecom, from its preset. Run it after a preset has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from providers.described.answering import Plain
from providers.described.description import Description
from providers.described.marks import Condition, Test
from providers.telecom import TELECOMS
from providers.telecom.generic_ussd import Described

FOLDER = Path(__file__).resolve().parent.parent / "docs/telecoms/ussd"
EVIDENCE = {
    "A": "A: official documentation, recordings, or the provider's own library",
    "B": "B: others' adapters with tests",
    "C": "C: a single small source, or our reading of it; try it before you go live",
}
FAMILIES = {
    "transcript": "everything typed so far, each time; a repeat is told by itself",
    "last": "what was typed last",
}
FIRST = {
    "answer": "blank, or of no account",
    "dialled": "what was dialled",
    "suffix": "what was dialled after the short code",
    "nothing": "of no account",
}


def described() -> dict[str, Description]:
    """Return the description of every preset by its name."""
    found = {name: telecom for name, telecom in TELECOMS.items() if isinstance(telecom, Described) and telecom.preset}
    return {name: telecom.Settings.model_validate({}).describe for name, telecom in found.items()}  # type: ignore[attr-defined]


def page(name: str, told: Description) -> str:
    """Return the page of one telecom."""
    return "\n".join(_lines(name, told)) + "\n"


def _lines(name: str, told: Description) -> Iterator[str]:
    yield f"# {told.name}"
    yield f"\nUSSD. {told.country[0].upper()}{told.country[1:]}. {told.about}"
    yield "\n**Ask the operator for:**\n"
    yield from (f"- {line}" for line in told.ask_for)
    yield "\n```yaml\nchannels:"
    yield f"  {name}:\n    provider: {name}\n    secrets: [env:{name.upper()}_PATH]"
    if told.parameters:
        given = ", ".join(f"{parameter}: env:{name.upper()}_{parameter.upper()}" for parameter in told.parameters)
        yield f"    parameters: {{{given}}}"
    yield '    codes: {"*384*70#": county-home}\n```'
    way = f"/{told.path}" if told.path else ""
    yield f"\nCallbacks go to `https://…/in/{name}/<secret>/ussd{way}`, by {' or '.join(told.allowed_methods)}."
    yield f"\n**Proof:** {', '.join(_proofs(told))}. Nothing is signed. All that is configured must be right."
    yield "\n**What is read**\n\n| what | where |\n|---|---|"
    yield from (f"| {what} | {where} |" for what, where in _read(told))
    yield "\n**What is answered**\n"
    yield from _answered(told)
    yield "\n**Quirks**\n"
    yield from (f"- {line}" for line in told.quirks)
    yield f"\n**Source:** {told.source}. Read in 2026. {EVIDENCE[told.confidence or 'C']}."


def _proofs(told: Description) -> Iterator[str]:
    yield "path secret"
    yield "`addresses`"
    yield "`basic`"
    if told.parameters:
        yield f"`parameters` ({' and '.join(told.parameters)})"


def _read(told: Description) -> Iterator[tuple[str, str]]:
    fields = told.fields
    yield "transport", told.transport if told.transport == "query" else told.transport.upper()
    for what in ("session", "number", "code", "network", "input", "sequence"):
        places = getattr(fields, what)
        if places:
            yield what, " or ".join(f"`{place}`" for place in places)
    yield "a session is known by", told.known_by
    yield "the input is", FAMILIES[told.input_is]
    yield "in the first callback", FIRST[told.first_input]
    marks = told.marks
    for what, mark in (("new", marks.new), ("goes on", marks.goes_on), ("hung up", marks.aborted)):
        if mark is not None:
            yield what, _conditions(mark)
    if marks.timed_out is not None:
        yield "timed out", _conditions(marks.timed_out)


def _conditions(marks: str | tuple[Condition, ...]) -> str:
    if isinstance(marks, str):
        return {"unseen": "its session is unknown", "otherwise": "else"}[marks]
    return ", or ".join(
        " and ".join(f"`{place}` {_test(test)}" for place, test in condition.items()) for condition in marks
    )


def _test(test: Test) -> str:
    if test.words is not None:
        return "is " + " or ".join(f"`{word}`" if word else "blank" for word in test.words)
    if test.begins is not None:
        return f"begins with `{test.begins}`"
    if test.not_ is not None:
        return "is there and not " + " or ".join(f"`{word}`" if word else "blank" for word in test.not_)
    return {"dialled": "is a dialled string"}.get(test.is_ or "", f"is {test.is_}")


def _answered(told: Description) -> Iterator[str]:
    reply = told.reply
    fence = {"json": "json", "xml": "xml"}.get(reply.format, "text")
    bodies = [reply.body] if isinstance(reply.body, str) else [reply.body.goes_on, reply.body.ends]
    for body in bodies:
        yield f"```{fence}\n{body.rstrip()}\n```\n"
    for header, value in reply.headers.items():
        yield f"The header `{header}: {value}`.\n"
    yield f"As `{reply.type}`; notices that a session is over get {_plain(told.ended)}."


def _plain(answer: Plain) -> str:
    return f"`{answer.body.strip()}`" if answer.body else "an empty 200"


def index() -> str:
    """Return the lines of the table in docs/telecoms/README.md that are about these pages."""
    return "\n".join(
        f"| [{told.name}](ussd/{name}.md) | {told.country} | {told.confidence} | {', '.join(_proofs(told))} |"
        for name, told in sorted(described().items(), key=lambda item: item[1].name.lower())
    )


def main() -> None:
    """Write every page, and the table."""
    FOLDER.mkdir(exist_ok=True)
    for name, told in described().items():
        (FOLDER / f"{name}.md").write_text(page(name, told), encoding="utf-8")
    readme = FOLDER.parent / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    readme.write_text(f"{before}{BEGIN}\n{index()}{rest[rest.index(END) :]}", encoding="utf-8")


BEGIN = "| USSD of | where | source | proof |\n|---|---|---|---|"
END = "\n\nUSSD that"

if __name__ == "__main__":
    main()
