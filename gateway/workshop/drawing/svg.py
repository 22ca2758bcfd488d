"""A plan as an SVG picture: no browser and no other program is needed to make it. Pure."""

from __future__ import annotations

import itertools
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from gateway.workshop.drawing.layout import Layout, layout
from gateway.workshop.drawing.plan import Box, Plan, Shape, Way

MARGIN = 24.0
WRAPPED = 30  # letters of a line in a box
LINE = 18.0
PADDING = 12.0
LETTER, BOLD, SMALL = 7.2, 8.6, 6.4  # width of a letter in a box, of a name, and on a way
LEAST = 96.0
TITLE = 34.0
ROUND: dict[Shape, float] = {"screen": 6, "silent": 2, "service": 0, "end": 22, "start": 22}

# Plain rules without variables: every program that shows SVG knows them. In the dark each colour has its counterpart.
LIGHT: Mapping[str, str] = {
    "svg": "background: {paper}", "text, .label": "fill: {ink}", ".soft": "fill: {soft}", ".bad": "fill: {bad}",
    "rect": "fill: {box}; stroke: {edge}", ".silent rect": "fill: {quiet}", ".service rect": "fill: {other}",
    ".end rect, .start rect": "fill: {last}", ".wrong rect": "stroke: {bad}", ".inner": "stroke: {edge}",
    ".way": "stroke: {line}", "marker path": "fill: {line}", ".paper, .behind": "fill: {paper}; stroke: none",
}  # fmt: skip
COLOURS: Mapping[str, tuple[str, str]] = {  # in the light, in the dark
    "paper": ("#ffffff", "#12181f"), "ink": ("#1c2733", "#e8edf2"), "soft": ("#5b6875", "#a9b4bf"),
    "line": ("#74828f", "#8d9aa7"), "box": ("#f3f6fa", "#1d2731"), "edge": ("#53708f", "#7fa3c8"),
    "quiet": ("#fbf8ef", "#2a271d"), "other": ("#eaf4ec", "#1b2c21"), "last": ("#e6eefb", "#1d2b42"),
    "bad": ("#b3261e", "#ff8a80"),
}  # fmt: skip
STYLE = """
svg { font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-size: 13px }
text { text-anchor: middle } .soft { font-size: 12px } .bad { font-weight: bold } .name { font-weight: bold }
.title { font-size: 17px; font-weight: bold; text-anchor: start } .label { font-size: 11.5px }
rect, .inner { stroke-width: 1.4 } .wrong rect { stroke-width: 2.6 }
.way { fill: none; stroke-width: 1.5 } .fails { stroke-dasharray: 5 4 }
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a box, each with its style, and their size."""

    lines: tuple[tuple[str, str], ...]
    width: float
    height: float


def svg(plan: Plan) -> str:
    """Return the picture as one SVG file, with a line end."""
    again = {way.source: way.labels for way in plan.ways if way.source == way.target}
    sheets = {key: _sheet(box, again.get(key, ())) for key, box in plan.boxes.items()}
    ways = [way for way in plan.ways if way.target in plan.boxes]
    sizes = {key: (sheet.width, sheet.height) for key, sheet in sheets.items()}
    found = layout(sizes, [(way.source, way.target) for way in ways], [_label_size(way) for way in ways])
    return "\n".join(_lines(plan, sheets, ways, found)) + "\n"


def _lines(plan: Plan, sheets: dict[str, Sheet], ways: list[Way], found: Layout) -> Iterator[str]:
    wide = max(found.width, _width(plan.title, 9.5)) + 2 * MARGIN
    tall = found.height + 2 * MARGIN + TITLE
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {tall:.0f}" width="{wide:.0f}" '
        f'height="{tall:.0f}" role="img" aria-labelledby="title desc">'
    )
    yield f'<title id="title">{escape(plan.title)}</title>'
    yield f'<desc id="desc">{escape(_described(plan))}</desc>'
    yield f"<style>{STYLE}{_coloured(0)}@media (prefers-color-scheme: dark) {{\n{_coloured(1)}}}\n</style>"
    yield '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    yield '<path d="M0 0 10 5 0 10z"/></marker></defs>'
    yield f'<rect class="paper" width="{wide:.0f}" height="{tall:.0f}"/>'
    yield f'<text class="title" x="{MARGIN:.0f}" y="{MARGIN + 12:.0f}">{escape(plan.title)}</text>'
    yield f'<g transform="translate({(wide - found.width) / 2:.1f} {MARGIN + TITLE:.1f})">'
    for place, way in enumerate(ways):
        yield _path(place, way, sheets, found)
    for key, box in plan.boxes.items():
        yield from _box(box, sheets[key], found.centres[key])
    for place, way in enumerate(ways):
        yield from _label(way, found, place)
    yield "</g></svg>"


def _coloured(which: int) -> str:
    colours = {name: pair[which] for name, pair in COLOURS.items()}
    return "".join(f"{chosen} {{ {rule.format(**colours)} }}\n" for chosen, rule in LIGHT.items())


def _described(plan: Plan) -> str:
    """Return the drawing in words, for those who cannot see it."""
    ways = []
    for way in plan.ways:
        if way.target in plan.boxes:
            why = f" ({'; '.join(way.labels)})" if way.labels else ""
            ways.append(f"{plan.boxes[way.source].name} leads to {plan.boxes[way.target].name}{why}.")
    return " ".join(ways)


# --- boxes --------------------------------------------------------------------------------------------------------


def _sheet(box: Box, again: tuple[str, ...]) -> Sheet:
    """Return what a box says; `again` are the labels of the ways that lead back to itself."""
    lines = [(line, "soft" if place else "name") for place, line in enumerate((box.name, box.kind)) if line]
    lines += [(line, "") for line in _wrapped(box.text)]
    lines += [(f"↻ {label}", "") for label in again]
    lines += [(box.length, "bad" if box.too_long else "soft")] if box.length else []
    lines += [(line, "soft") for line in _wrapped(f"has {box.saved}" if box.saved else "")]
    lines += [(line, "soft") for line in _wrapped(box.figures)]
    inset = 8.0 if box.shape == "service" else 0.0
    wide = max(_width(line, BOLD if style == "name" else LETTER) for line, style in lines) + 2 * (PADDING + inset)
    return Sheet(tuple(lines), max(wide, LEAST), len(lines) * LINE + 2 * PADDING - 6)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WRAPPED, break_on_hyphens=False)


def _width(text: str, letter: float) -> float:
    """Return about how wide a text is; scripts with wide signs take twice the room, marks none."""
    wide = {"W": 1.8, "F": 1.8}
    return sum(
        0.0 if unicodedata.combining(char) else letter * wide.get(unicodedata.east_asian_width(char), 1.0)
        for char in text
    )


def _box(box: Box, sheet: Sheet, centre: tuple[float, float]) -> Iterator[str]:
    left, top = centre[0] - sheet.width / 2, centre[1] - sheet.height / 2
    wrong = " wrong" if box.too_long else ""
    yield f'<g class="{box.shape}{wrong}" transform="translate({left:.1f} {top:.1f})">'
    yield f'<rect width="{sheet.width:.1f}" height="{sheet.height:.1f}" rx="{ROUND[box.shape]:.0f}"/>'
    if box.shape == "service":
        right = sheet.width - 8
        yield f'<path class="inner" d="M8 0V{sheet.height:.1f}M{right:.1f} 0V{sheet.height:.1f}"/>'
    for place, (line, style) in enumerate(sheet.lines):
        y = PADDING + 10 + place * LINE
        named = f' class="{style}"' if style else ""
        yield f'<text{named} x="{sheet.width / 2:.1f}" y="{y:.1f}">{escape(line)}</text>'
    yield "</g>"


# --- ways ---------------------------------------------------------------------------------------------------------


def _label_size(way: Way) -> tuple[float, float]:
    if not way.labels:
        return (0.0, 0.0)
    return (max(_width(label, SMALL) for label in way.labels) + 8, 15.0 * len(way.labels) + 2)


def _path(place: int, way: Way, sheets: dict[str, Sheet], found: Layout) -> str:
    style = "way fails" if way.fails else "way"
    if place in found.paths:
        drawn = _curve(found.paths[place])
    else:
        (x, y), sheet = found.centres[way.source], sheets[way.source]
        right = x + sheet.width / 2
        drawn = f"M{right:.1f} {y - 10:.1f}c26 -14 26 34 0 20"
    return f'<path class="{style}" d="{drawn}" marker-end="url(#tip)"/>'


def _curve(points: list[tuple[float, float]]) -> str:
    """Return a path that leaves and enters upright and bends between the layers."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x, y), (a, b) in itertools.pairwise(points):
        half = (b - y) / 2
        parts.append(f"C{x:.1f} {y + half:.1f} {a:.1f} {b - half:.1f} {a:.1f} {b:.1f}")
    return "".join(parts)


def _label(way: Way, found: Layout, place: int) -> Iterator[str]:
    if not way.labels or place not in found.labels:
        return
    (x, y), (wide, tall) = found.labels[place], _label_size(way)
    yield f'<rect class="behind" x="{x - wide / 2:.1f}" y="{y - tall / 2:.1f}" width="{wide:.1f}" height="{tall:.1f}"/>'
    for line, label in enumerate(way.labels):
        yield f'<text class="label" x="{x:.1f}" y="{y - tall / 2 + 12 + 15 * line:.1f}">{escape(label)}</text>'
