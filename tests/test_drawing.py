"""Drawings of services: word for word, nothing on top of another, and no text that is read as anything else."""

from __future__ import annotations

import os
import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import catalogue, config
from gateway.engine import Edition
from gateway.workshop import starting
from gateway.workshop.drawing.layout import layout
from gateway.workshop.drawing.mermaid import escaped, mermaid
from gateway.workshop.drawing.plan import Box, Plan, Way, plan
from gateway.workshop.drawing.svg import svg
from tests.test_cli import run

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent / "drawings"
NAMESPACE = "{http://www.w3.org/2000/svg}"


def edition() -> Edition:
    files = catalogue.menu_files(config.load(ROOT / "config.example.yaml").menus)
    own = {"odd.yaml": (HERE / "odd.yaml").read_text(encoding="utf-8")}
    own["plain.yaml"] = starting.service("report", "plain", "test-agency", ["en", "sw"])
    return catalogue.edition("drawn", files | own)


EDITION = edition()
SERVICES = EDITION.services


def drawn(name: str) -> Plan:
    return plan(EDITION, name, "en", saved=True, opened_by=("*384*70#",), figures={"review": "4% leave"})


@pytest.mark.parametrize("name", ["odd", "plain"])
@pytest.mark.parametrize(("suffix", "write"), [("mmd", mermaid), ("svg", svg)])
def test_a_drawing_is_as_before(name: str, suffix: str, write: object) -> None:
    made = write(drawn(name))  # type: ignore[operator]
    file = HERE / f"{name}.{suffix}"
    if os.environ.get("UPDATE_EXPECTED"):
        file.write_text(made, encoding="utf-8")
    assert made == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_picture_shows_every_screen_and_says_it_in_words(name: str) -> None:
    picture = ElementTree.fromstring(svg(drawn(name)))
    assert picture.get("role") == "img" and picture.get("aria-labelledby") == "title desc"
    texts = {text.text for text in picture.iter(f"{NAMESPACE}text")}
    described = picture.findtext(f"{NAMESPACE}desc") or ""
    assert SERVICES[name].screens.keys() <= texts
    assert all(screen in described for screen in SERVICES[name].screens)
    ways = [path for path in picture.iter(f"{NAMESPACE}path") if "way" in path.get("class", "")]
    assert len(ways) == len(drawn(name).ways)
    assert not list(picture.iter(f"{NAMESPACE}script")) and "<b>" not in svg(drawn(name))


def test_what_goes_wrong_is_dashed_and_what_is_too_long_stands_out() -> None:
    made = drawn("odd")
    failing = {(way.source, way.target): way.labels for way in made.ways if way.fails}
    assert failing == {
        ("end", "ring"): ("too many wrong answers",),
        ("list", "end"): ("no such thing",),
        ("list", "last"): ("slow or down",),
    }
    assert [key for key, box in made.boxes.items() if box.too_long] == ["last"]
    assert made.boxes["do:other/place"].shape == made.boxes["who"].shape == "service"
    assert made.boxes["who"].saved == "picked; maybe citizen, known, reference"


RECTANGLES = st.dictionaries(
    st.sampled_from("abcdefgh"), st.tuples(st.floats(20, 300), st.floats(20, 200)), min_size=1, max_size=8
)


@given(boxes=RECTANGLES, data=st.data())
def test_no_box_and_no_label_lies_on_another(boxes: dict[str, tuple[float, float]], data: st.DataObject) -> None:
    names = st.sampled_from(sorted(boxes))
    links = data.draw(st.lists(st.tuples(names, names), max_size=16, unique=True))
    labels = [(40.0, 15.0)] * len(links)
    found = layout(boxes, links, labels)
    areas = [(found.centres[name], size) for name, size in boxes.items()]
    areas += [(found.labels[place], labels[place]) for place in found.labels]
    for ((x, y), (wide, tall)), ((a, b), (wider, taller)) in combinations(areas, 2):
        assert abs(x - a) >= (wide + wider) / 2 - 0.01 or abs(y - b) >= (tall + taller) / 2 - 0.01
    for place, (source, target) in enumerate(links):
        assert (place in found.paths) == (source != target)


@given(st.text())
def test_no_text_is_read_as_mermaid(text: str) -> None:
    written = mermaid(Plan("t", {"a": Box(text, "screen"), "b": Box("b", "end")}, (Way("a", "b", (text,)),)))
    assert len(written.splitlines()) == 5 or "\x85" in text or not text.isprintable()
    assert not re.search(r"[\"'<>|`{}%;]", re.sub(r"#\d+;", "", escaped(text)))


def test_graph_draws_a_service_or_a_file(tmp_path: Path) -> None:
    named = run("graph", "water-fault")
    assert named.returncode == 0 and named.stdout.startswith("flowchart TD\n") and "What is wrong?" in named.stdout
    file = tmp_path / "odd.svg"
    swahili = ("--format", "svg", "--names", "--language", "sw", "--out", str(file))
    assert run("graph", "menus/county-water/water-fault.yaml", *swahili).returncode == 0
    assert "Tatizo ni nini?" in file.read_text(encoding="utf-8")
    assert "*384*70#" in run("graph", "county-home").stdout.replace("#42;", "*").replace("#35;", "#")
    for words, said in {
        ("water-falt",): "did you mean 'water-fault'?",
        ("water-fault", "--language", "fr"): "its languages are en, sw",
        ("tests/broken_menus/yaml-alias/for-a-screen.yaml",): "an alias",
    }.items():
        found = run("graph", *words)
        assert found.returncode == 2 and said in found.stderr, found
