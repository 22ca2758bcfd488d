"""Administrative lists: places by level, from a CSV file beside the menus, found by the first letters of a name. Pure.

The header names the levels from wide to narrow (`county,ward,village`); a column `village_code` gives the codes of a
level. Each line is one place of the narrowest level; a line may stop earlier.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.language.answers.folding import folded, tidy
from gateway.language.values import Chosen

CODE = "_code"
LARGEST = 4 * 1024 * 1024  # characters of a file
MOST_OFFERED = 20
APART = str.maketrans("-'/", "   ")  # between the words of a name
LONGEST_NAME = 60  # characters
Trouble = tuple[int, str, str]  # line, what, what to do


class Lines(Protocol):
    """The lines of a CSV file, and how many were read."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """One place: its name, the names of the places around it (wide to narrow, its own last), and its code if any."""

    path: tuple[str, ...]
    code: str = ""

    @property
    def name(self) -> str:
        """The place's own name."""
        return self.path[-1]

    @property
    def value(self) -> str:
        """What offices are sent: the code, else the whole path."""
        return self.code or "/".join(self.path)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """One list: its levels from wide to narrow, and the places of each with the words of their names, in step."""

    levels: tuple[str, ...]
    spots: dict[str, tuple[Spot, ...]] = field(repr=False)
    words: dict[str, tuple[str, ...]] = field(repr=False)

    def search(self, level: str, typed: str, within: Chosen | None = None) -> list[Spot]:
        """Return the places of a level one of whose words begins as typed, exact names first.

        `within` is a place of a wider level that was picked, in which they must lie.
        """
        wanted = _words(typed)
        if not wanted.strip():
            return []
        named = zip(self.spots[level], self.words[level], strict=True)
        begun = [(words != wanted, spot) for spot, words in named if wanted in words]
        if within is not None and begun:
            around = self._paths_of(within)
            begun = [one for one in begun if any(one[1].path[: len(path)] == path for path in around)]
        return [spot for _, spot in sorted(begun, key=lambda one: one[0])]

    def _paths_of(self, picked: Chosen) -> set[tuple[str, ...]]:
        """Return where a picked place lies. Levels may use the same codes: its name says which of them is meant."""
        found = [spot for spots in self.spots.values() for spot in spots if spot.value == picked.value]
        named = {spot.path for spot in found if picked.label in (spot.name, _with_around(spot))}
        return named or {spot.path for spot in found} or {(picked.value,)}


def _words(name: str) -> str:
    """Return the words of a name as they are compared, a blank before each."""
    return " " + folded(name).translate(APART).strip()


def picked(spot: Spot) -> Chosen:
    """Return the value that choosing a place saves."""
    return Chosen(spot.value, spot.name)


def offered(spots: Sequence[Spot]) -> list[str]:
    """Return how places read in a menu: by their name, with the place around it where names are the same."""
    times = Counter(spot.name for spot in spots)
    return [_with_around(spot) if times[spot.name] > 1 else spot.name for spot in spots]


def _with_around(spot: Spot) -> str:
    return f"{spot.name}, {spot.path[-2]}" if spot.path[1:] else spot.name


# --- reading ------------------------------------------------------------------------------------------------------


def read(text: str) -> tuple[Gazetteer | None, list[Trouble]]:
    """Read a list. Returns what could be read, and what is wrong, each with its line."""
    if len(text) > LARGEST:
        return None, [(1, "the list is larger than 4 MiB", "leave out what nobody needs")]
    try:
        text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        return None, [(line, "this is not UTF-8 text", "save the list as CSV in UTF-8")]
    lines = csv.reader(text.removeprefix("\ufeff").splitlines())
    rows: list[tuple[int, list[str]]] = []
    try:
        rows.extend(_rows(lines))
    except csv.Error as error:
        return None, [
            (
                rows[-1][0] + 1 if rows else 1,
                f"this is not CSV: {error}",
                "close the quotes, and put each place on a line",
            )
        ]
    if not rows:
        return None, [(1, "the list is empty", "begin with a line that names the levels, such as county,ward,village")]
    header = [cell.strip() for cell in rows[0][1]]
    levels = tuple(name for name in header if not name.endswith(CODE))
    troubles = list(_header_troubles(header, levels))
    if troubles:
        return None, troubles
    found: dict[str, dict[tuple[str, ...], Spot]] = {level: {} for level in levels}
    for line, cells in rows[1:]:
        troubles += _line(line, dict(zip(header, cells, strict=False)), len(cells) > len(header), levels, found)
    spots = {level: tuple(places.values()) for level, places in found.items()}
    words = {level: tuple(_words(spot.name) for spot in places) for level, places in spots.items()}
    return Gazetteer(levels, spots, words), troubles


def _rows(lines: Lines) -> Iterator[tuple[int, list[str]]]:
    for cells in lines:
        if any(cell.strip() for cell in cells):
            yield lines.line_num, [tidy(cell) for cell in cells]


def _header_troubles(header: list[str], levels: tuple[str, ...]) -> Iterator[Trouble]:
    if len(header) == 1 and ";" in header[0]:
        yield 1, "the columns are separated by semicolons", "save the list as CSV with commas between the columns"
        return
    if len(set(header)) < len(header) or "" in header:
        yield 1, "the first line names a column twice, or not at all", "name each level once: county,ward,village"
    for name in header:
        if name.endswith(CODE) and name.removesuffix(CODE) not in levels:
            yield 1, f"the column {name!r} belongs to no level", f"add a column {name.removesuffix(CODE)!r}"


def _line(
    line: int, cells: dict[str, str], too_many: bool, levels: tuple[str, ...],
    found: dict[str, dict[tuple[str, ...], Spot]],
) -> Iterator[Trouble]:  # fmt: skip
    if too_many:
        yield line, "this line has more columns than the first", "put a name with a comma in quotes"
    path: tuple[str, ...] = ()
    for level in levels:
        name = cells.get(level, "")
        if not name:
            if any(cells.get(below, "") for below in levels[levels.index(level) + 1 :]):
                yield line, f"this line has no {level}, but something below it", f"fill in the {level}"
            return
        if len(name) > LONGEST_NAME:
            yield line, f"the name {name[:20]!r}… is longer than {LONGEST_NAME} characters", "shorten it"
        path = (*path, name)
        spot = Spot(path, cells.get(level + CODE, ""))
        known = found[level].setdefault(path, spot)
        if known.code != spot.code:
            yield line, f"{name!r} has two codes, {known.code!r} and {spot.code!r}", "keep one of them"
        elif known is not spot and level == levels[-1]:
            yield line, f"{name!r} is listed twice", "delete one of the lines"
