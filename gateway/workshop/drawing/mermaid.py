"""A plan as a Mermaid flowchart, which GitHub draws where it stands in a Markdown file. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.workshop.drawing.plan import Box, Plan, Shape, Way

# What would be read as Mermaid, Markdown or HTML is written as an entity.
ENTITIES = str.maketrans({char: f"#{ord(char)};" for char in "#&<>\"'`%;\\|[]{}()*_~@$^"})
BRACKETS: Mapping[Shape, tuple[str, str]] = {
    "screen": ("[", "]"),
    "silent": ("[/", "/]"),
    "service": ("[[", "]]"),
    "end": ("([", "])"),
    "start": ("((", "))"),
}


def mermaid(plan: Plan) -> str:
    """Return the flowchart, with a line end."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    ids = {key: f"n{place}" for place, key in enumerate(plan.boxes)}
    yield "flowchart TD"
    yield f"  accTitle: {_plain(plan.title)}"
    for key, box in plan.boxes.items():
        left, right = BRACKETS[box.shape]
        yield f'  {ids[key]}{left}"{_words(box)}"{right}'
    for way in plan.ways:
        if way.target in ids:
            yield f"  {ids[way.source]} {_arrow(way)} {ids[way.target]}"
    wrong = [ids[key] for key, box in plan.boxes.items() if box.too_long]
    if wrong:
        yield f"  style {','.join(wrong)} stroke:#c00,stroke-width:3px"


def _words(box: Box) -> str:
    head = f"<b>{escaped(box.name)}</b>" + (f" <i>{escaped(box.kind)}</i>" if box.kind else "")
    below = (box.text, box.length, f"has {box.saved}" if box.saved else "", box.figures)
    return "<br/>".join([head, *(escaped(line) for line in below if line)])


def _arrow(way: Way) -> str:
    arrow = "-.->" if way.fails else "-->"
    return f'{arrow}|"{"<br/>".join(map(escaped, way.labels))}"|' if way.labels else arrow


def escaped(text: str) -> str:
    """Return a text of which nothing is read as a sign of Mermaid, Markdown or HTML."""
    return " ".join(text.split()).translate(ENTITIES)


def _plain(text: str) -> str:
    return "".join(char for char in text if char not in '{}#;%<>"`&\n').strip()
