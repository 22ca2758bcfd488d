"""Administrative lists: places by level, from a CSV file beside the menus, found by the first letters of a name. Pure.

The header names the levels from wide to narrow (`county,ward,village`); a column `village_code` gives the codes of a
level. Each line is one place of the narrowest level; a line may stop earlier.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.language.answers.folding import folded, tidy
from gateway.language.values import Chosen

CODE = "_code"
LARGEST = 4 * 1024 * 1024  # characters of a file
MOST_OFFERED = 20
LONGEST_NAME = 60  # characters
Trouble = tuple[int, str, str]  # line, what, what to do


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
    """One list: its levels from wide to narrow, and the places of each."""

    levels: tuple[str, ...]
    spots: dict[str, tuple[Spot, ...]] = field(repr=False)

    def search(self, level: str, typed: str, within: str | None = None) -> list[Spot]:
        """Return the places of a level one of whose words begins as typed, exact names first.

        `within` is the value of a place of a wider level, in which they must lie.
        """
        wanted = folded(typed)
        if not wanted:
            return []
        around = self._path_of(within) if within is not None else ()
        inside = (spot for spot in self.spots[level] if spot.path[: len(around)] == around)
        begun = [spot for spot in inside if _begins(spot.name, wanted)]
        return sorted(begun, key=lambda spot: folded(spot.name) != wanted)

    def _path_of(self, value: str) -> tuple[str, ...]:
        found = (spot.path for spots in self.spots.values() for spot in spots if spot.value == value)
        return next(found, (value,))


def _begins(name: str, wanted: str) -> bool:
    plain = folded(name)
    return plain.startswith(wanted) or any(
        plain[place + 1 :].startswith(wanted) for place, char in enumerate(plain) if char in " -'/"
    )


def picked(spot: Spot) -> Chosen:
    """Return the value that choosing a place saves."""
    return Chosen(spot.value, spot.name)


def offered(spots: Sequence[Spot]) -> list[str]:
    """Return how places read in a menu: by their name, with the place around it where names are the same."""
    times = Counter(spot.name for spot in spots)
    return [f"{spot.name}, {spot.path[-2]}" if times[spot.name] > 1 and spot.path[1:] else spot.name for spot in spots]


# --- reading ------------------------------------------------------------------------------------------------------


def read(text: str) -> tuple[Gazetteer | None, list[Trouble]]:
    """Read a list. Returns what could be read, and what is wrong, each with its line."""
    if len(text) > LARGEST:
        return None, [(1, "the list is larger than 4 MiB", "leave out what nobody needs")]
    rows = list(_rows(text.removeprefix("\ufeff")))
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
    return Gazetteer(levels, {level: tuple(spots.values()) for level, spots in found.items()}), troubles


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text.splitlines())
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, [tidy(cell) for cell in cells]


def _header_troubles(header: list[str], levels: tuple[str, ...]) -> Iterator[Trouble]:
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
