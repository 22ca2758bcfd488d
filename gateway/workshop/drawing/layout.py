"""Places for boxes and ways: in layers from top to bottom, with few crossings. Pure.

Even layers hold boxes. Odd ones hold the labels of the ways, so that a label never lies on a box or another label.
A way that spans several layers passes through a knot in each.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

Knot = Hashable
Size = tuple[float, float]  # width, height
Link = tuple[str, str]

SWEEPS = 24
SETTLING = 80  # sweeps until the places of a layer hardly move
PORT = 18.0  # between two ways at a box
BESIDE = 28.0  # between two things of a layer
BELOW = 30.0  # between two layers
THIN = 10.0  # what a way takes of a layer that it crosses


@dataclass(slots=True)
class Layout:
    """Where everything is: the centre of each box and label, and the points each way goes through."""

    centres: dict[Knot, tuple[float, float]] = field(default_factory=dict)
    paths: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    labels: dict[int, tuple[float, float]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


@dataclass(slots=True)
class _Layers:
    """Knots by layer, their sizes, and which of the layer above and below each is tied to."""

    rows: list[list[Knot]]
    sizes: dict[Knot, Size]
    above: dict[Knot, list[Knot]]
    below: dict[Knot, list[Knot]]


def layout(boxes: Mapping[str, Size], links: Sequence[Link], labels: Sequence[Size]) -> Layout:
    """Return places. `links` are pairs of boxes, the first box is on top; `labels` are the sizes of theirs."""
    order = _walk(next(iter(boxes)), boxes, links)
    turned = {place for place, (source, target) in enumerate(links) if order[target] <= order[source]}
    down = [(b, a) if place in turned else (a, b) for place, (a, b) in enumerate(links)]
    ranks = _ranks(boxes, [link for link in down if link[0] != link[1]])
    layers, chains = _layers(boxes, down, labels, ranks)
    _order(layers)
    return _placed(layers, chains, turned)


def _walk(start: str, boxes: Mapping[str, Size], links: Sequence[Link]) -> dict[str, int]:
    """Return an order in which as few ways as can be lead back: the reverse of the one in which a walk leaves boxes."""
    ways: dict[str, list[str]] = {name: [] for name in boxes}
    for source, target in links:
        ways[source].append(target)
    left: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        seen.add(name)
        for other in ways[name]:
            if other not in seen:
                visit(other)
        left.append(name)

    for name in (start, *boxes):
        if name not in seen:
            visit(name)
    return {name: place for place, name in enumerate(reversed(left))}


def _ranks(boxes: Mapping[str, Size], links: Sequence[Link]) -> dict[str, int]:
    """Return the longest way from the top to each box, in layers of boxes."""
    ranks = dict.fromkeys(boxes, 0)
    for _ in boxes:
        moved = False
        for source, target in links:
            if ranks[target] < ranks[source] + 1:
                ranks[target], moved = ranks[source] + 1, True
        if not moved:
            break
    return ranks


def _layers(
    boxes: Mapping[str, Size], links: Sequence[Link], labels: Sequence[Size], ranks: Mapping[str, int]
) -> tuple[_Layers, dict[int, list[Knot]]]:
    rows: list[list[Knot]] = [[] for _ in range(2 * max(ranks.values()) + 1)]
    sizes: dict[Knot, Size] = {name: size for name, size in boxes.items()}  # noqa: C416
    layers = _Layers(rows, sizes, {name: [] for name in boxes}, {name: [] for name in boxes})
    first = {target: place for place, (_, target) in reversed(list(enumerate(links)))}
    for name in sorted(boxes, key=lambda name: first.get(name, -1)):
        rows[2 * ranks[name]].append(name)
    chains: dict[int, list[Knot]] = {}
    for place, (source, target) in enumerate(links):
        if source == target:
            continue
        chain: list[Knot] = [source]
        for row in range(2 * ranks[source] + 1, 2 * ranks[target]):
            knot = (place, row)
            labelled = row == 2 * ranks[source] + 1
            layers.sizes[knot] = labels[place] if labelled and labels[place][0] else (THIN, 0.0)
            rows[row].append(knot)
            layers.above[knot], layers.below[knot] = [], []
            chain.append(knot)
        chain.append(target)
        for upper, lower in itertools.pairwise(chain):
            layers.below[upper].append(lower)
            layers.above[lower].append(upper)
        chains[place] = chain
    return layers, chains


# --- few crossings ------------------------------------------------------------------------------------------------


def _order(layers: _Layers) -> None:
    """Sort each layer by where its neighbours stand, down and up by turns, and keep the order with fewest crossings."""
    best, fewest = [list(row) for row in layers.rows], _crossings(layers)
    for sweep in range(SWEEPS):
        tied = layers.below if sweep % 2 else layers.above
        rows = list(range(len(layers.rows)))
        for row in reversed(rows) if sweep % 2 else rows:
            _sort(layers, row, tied, -1 if tied is layers.above else 1)
        crossings = _crossings(layers)
        if crossings < fewest:
            best, fewest = [list(row) for row in layers.rows], crossings
    layers.rows[:] = best


def _sort(layers: _Layers, row: int, tied: Mapping[Knot, list[Knot]], step: int) -> None:
    if not 0 <= row + step < len(layers.rows):
        return
    there = {knot: place for place, knot in enumerate(layers.rows[row + step])}
    here = {knot: place for place, knot in enumerate(layers.rows[row])}

    def middle(knot: Knot) -> float:
        places = [there[other] for other in tied[knot] if other in there]
        return sum(places) / len(places) if places else float(here[knot])

    layers.rows[row].sort(key=lambda knot: (middle(knot), here[knot]))


def _crossings(layers: _Layers) -> int:
    count = 0
    for upper, lower in zip(layers.rows, layers.rows[1:], strict=False):
        there = {knot: place for place, knot in enumerate(lower)}
        ends = [there[other] for knot in upper for other in sorted(layers.below[knot], key=lambda k: there[k])]
        count += sum(ends[a] > ends[b] for a in range(len(ends)) for b in range(a + 1, len(ends)))
    return count


# --- places -------------------------------------------------------------------------------------------------------


def _placed(layers: _Layers, chains: Mapping[int, list[Knot]], turned: set[int]) -> Layout:
    across = _across(layers)
    left = min(across[knot] - layers.sizes[knot][0] / 2 for knot in across)
    found = Layout(width=max(across[knot] + layers.sizes[knot][0] / 2 for knot in across) - left)
    spans: dict[Knot, Size] = {}  # from where to where the layer of a knot reaches
    top = 0.0
    for row in layers.rows:
        tall = max((layers.sizes[knot][1] for knot in row), default=0.0)
        for knot in row:
            found.centres[knot] = (across[knot] - left, top + tall / 2)
            spans[knot] = (top, top + tall)
        top += tall + BELOW
    found.height = top - BELOW
    ports = _ports(chains, layers, found)
    for place, chain in chains.items():
        points = _through(chain, layers, found, spans)
        for end in (0, -1):
            points[end] = (points[end][0] + ports[place, end], points[end][1])
        points[1] = (points[0][0], points[1][1])
        points[-2] = (points[-1][0], points[-2][1])
        found.labels[place] = found.centres[chain[1]]
        found.paths[place] = points[::-1] if place in turned else points
    return found


def _ports(chains: Mapping[int, list[Knot]], layers: _Layers, found: Layout) -> dict[tuple[int, int], float]:
    """Return how far from the middle of its box each way leaves (end 0) and enters (end -1): side by side."""
    sides: dict[tuple[Knot, int], list[tuple[float, int]]] = {}
    for place, chain in chains.items():
        for end, beside in ((0, 1), (-1, -2)):
            sides.setdefault((chain[end], end), []).append((found.centres[chain[beside]][0], place))
    ports = {}
    for (box, end), tied in sides.items():
        apart = min(PORT, (layers.sizes[box][0] - 2 * PORT) / max(len(tied) - 1, 1))
        for number, (_, place) in enumerate(sorted(tied)):
            ports[place, end] = (number - (len(tied) - 1) / 2) * apart
    return ports


def _through(
    chain: Sequence[Knot], layers: _Layers, found: Layout, spans: Mapping[Knot, Size]
) -> list[tuple[float, float]]:
    """Return the points of a way: upright through each layer, so that it bends between layers only."""
    points = []
    for place, knot in enumerate(chain):
        (x, y), (upper, lower), half = found.centres[knot], spans[knot], layers.sizes[knot][1] / 2
        ends = (y + half, lower) if place == 0 else (upper, y - half) if place == len(chain) - 1 else (upper, lower)
        points += [(x, end) for end in ends]
    return points


def _across(layers: _Layers) -> dict[Knot, float]:
    """Move each thing to the middle of what it is tied to, as far as its neighbours in the layer let it."""
    found: dict[Knot, float] = {}
    for row in layers.rows:
        edge = 0.0
        for knot in row:
            found[knot] = edge + layers.sizes[knot][0] / 2
            edge += layers.sizes[knot][0] + BESIDE
    for sweep in range(SETTLING):
        rows = layers.rows if sweep % 2 == 0 else layers.rows[::-1]
        for row in rows:
            wanted = [_middle(layers, knot, found) for knot in row]
            found.update(zip(row, _apart(layers, row, wanted), strict=True))
    return found


def _middle(layers: _Layers, knot: Knot, found: Mapping[Knot, float]) -> float:
    tied = [found[other] for other in (*layers.above[knot], *layers.below[knot])]
    return sum(tied) / len(tied) if tied else found[knot]


def _apart(layers: _Layers, row: Sequence[Knot], wanted: Sequence[float]) -> list[float]:
    """Return the places nearest to the wanted ones that keep the order and the distances."""
    shifts, edge = [], 0.0
    for place, knot in enumerate(row):
        if place:
            edge += (layers.sizes[row[place - 1]][0] + layers.sizes[knot][0]) / 2 + BESIDE
        shifts.append(edge)
    blocks: list[tuple[float, int]] = []  # mean and count: of neighbours that push each other
    for shift, want in zip(shifts, wanted, strict=True):
        mean, count = want - shift, 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        blocks.append((mean, count))
    means = [mean for mean, count in blocks for _ in range(count)]
    return [mean + shift for mean, shift in zip(means, shifts, strict=True)]
