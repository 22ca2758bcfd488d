"""The sample menus are sound, broken text never breaks the checker, and what a file cannot show alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import catalogue, config
from gateway.language import asked, places, reader
from gateway.language.checks import checker, graph, names
from gateway.language.checks.checker import Operation, Surroundings
from gateway.language.checks.fits import widths
from gateway.language.checks.presence import presence
from gateway.language.places import Complaint
from gateway.language.text import USSD, Limits

ROOT = Path(__file__).parent.parent
FILES = {f"menus/{name}": text for name, text in catalogue.menu_files(ROOT / "menus").items()}
MENUS = catalogue.services_in(FILES)
LISTS = catalogue.lists_in(FILES)
FAULT = "menus/county-water/water-fault.yaml"


def sample_surroundings() -> Surroundings:
    return catalogue.surroundings(config.load(ROOT / "config.example.yaml"))


def judged(files: Mapping[str, str | bytes], around: Surroundings | None = None) -> list[Complaint]:
    """Return everything that is said of the files."""
    reads = [reader.read(text, name) for name, text in files.items()]
    found = [complaint for read in reads for complaint in read.document.complaints]
    return sorted([*found, *checker.check(reads, around, LISTS)])


def altered(old: str, new: str) -> dict[str, str | bytes]:
    """Return the sample menus with one change in the water fault."""
    assert MENUS[FAULT].count(old) == 1
    return {**MENUS, FAULT: MENUS[FAULT].replace(old, new)}


# --- the sample menus ---------------------------------------------------------------------------------------------


def test_sample_menus_are_sound_against_the_sample_configuration() -> None:
    found = judged({**MENUS}, sample_surroundings())
    assert [(complaint.level, complaint.what) for complaint in found] == [
        ("warning", "'customer' is saved and never used"),
        ("warning", "'balance' is saved and never used"),
    ]


def test_the_first_four_options_of_the_root_menu() -> None:
    read = reader.read(MENUS["menus/county-home/county-home.yaml"], "county-home.yaml")
    assert read.service is not None
    first = [option.do for option in read.service.screen("home").options[:4]]  # type: ignore[union-attr]
    assert first == ["water-fault", "tax-compliance", "project-status", "my-requests"]


# --- reading ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["NO", "yes", "on", "0712000000", "1_000", "1e3", "0x10", "12:30:00", "2026-11-23"])
def test_scalars_stay_text(word: str) -> None:
    assert places.read(f"word: {word}\n", "a.yaml").data == {"word": word}


def test_no_is_text_in_a_menu() -> None:
    files = altered("en: No water, ", "en: NO, ")
    read = reader.read(files[FAULT], FAULT)
    assert read.service is not None
    assert read.service.screen("what").options[0].label == {"en": "NO", "sw": "Hakuna maji"}  # type: ignore[union-attr]


def test_a_byte_order_mark_does_no_harm() -> None:
    marked = {name: b"\xef\xbb\xbf" + text.encode() for name, text in MENUS.items()}
    assert judged({**marked}) == judged({**MENUS})


def test_another_encoding_is_said_with_its_line() -> None:
    found = judged({"a.yaml": b"service: a\ntitle: caf\xe9\n"})
    assert list(map(str, found)) == ["a.yaml:2:1: this is not UTF-8 text (save the file as UTF-8 text) [not-utf-8]"]


def test_a_control_character_is_said() -> None:
    found = judged({"a.yaml": "service: a\x07\n"})
    assert len(found) == 1
    assert found[0].todo == "delete it, and type anew what stands around it"


def test_the_largest_file() -> None:
    filling = "# " + "x" * (places.LARGEST - len(MENUS[FAULT].encode()) - 3) + "\n"
    at_most = {**MENUS, FAULT: MENUS[FAULT] + filling}
    assert len(at_most[FAULT].encode()) == places.LARGEST
    assert [c for c in judged({**at_most}) if c.level == "error"] == []
    found = judged({**at_most, FAULT: at_most[FAULT] + "#"})
    assert list(map(str, found)) == [
        f"{FAULT}:1:1: the file is larger than 256 KiB (split the service into smaller ones) [file-too-large]"
    ]


def test_the_deepest_nesting() -> None:
    def nested(depth: int) -> list[Complaint]:
        return places.read("[" * depth + "]" * depth, "a.yaml").complaints

    assert nested(places.DEEPEST) == []
    assert [complaint.what for complaint in nested(places.DEEPEST + 1)] == ["this is nested more than 32 deep"]


@settings(max_examples=60, deadline=None)
@given(
    place=st.integers(0, len(MENUS[FAULT])),
    length=st.integers(0, 40),
    inserted=st.one_of(
        st.sampled_from(["{", "}", "[", "]", ":", "- ", "\n", "\t", "#", '"', "'", "&a ", "*a", "<<: ", "null", "{}"]),
        st.text(max_size=8),
    ),
)
def test_any_slip_of_the_pen_is_answered_with_words(place: int, length: int, inserted: str) -> None:
    """Cut something out of a menu, put something in: there are complaints or none, but never a crash."""
    text = MENUS[FAULT]
    files = {**MENUS, FAULT: (text[:place] + inserted + text[place + length :]).encode("utf-8", "surrogatepass")}
    for complaint in judged(files, AROUND):
        assert complaint.line >= 1
        assert complaint.column >= 1
        assert complaint.what
        assert complaint.todo


# --- surroundings -------------------------------------------------------------------------------------------------

AROUND = Surroundings({}, {"*384*70#": "county-home"}, {"africastalking": USSD}, "config.yaml")


def test_without_surroundings_offices_are_left_out() -> None:
    assert any("there is no office" in complaint.what for complaint in judged({**MENUS}, AROUND))
    assert not any("office" in complaint.what for complaint in judged({**MENUS}, None))


def test_a_short_code_that_opens_nothing() -> None:
    around = Surroundings(sample_surroundings().offices, {"*384*71#": "county-hom"}, {}, "config.yaml")
    errors = [str(complaint) for complaint in judged({**MENUS}, around) if complaint.level == "error"]
    assert errors == [
        "config.yaml:1:1: the short code *384*71# opens 'county-hom', which is no service (did you mean 'county-home'?)"
        " [config-unknown-service]"
    ]


def test_a_short_code_that_opens_what_takes_something() -> None:
    around = Surroundings(sample_surroundings().offices, {"*384*71#": "shared/identify"}, {}, "config.yaml")
    [error] = [complaint for complaint in judged({**MENUS}, around) if complaint.code == "config-service-takes"]
    assert error.what.endswith("'shared/identify', which takes who")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("toll_free: true", []),
        ("cost_notice: 1 bob a turn", []),
        (
            "cost_notice: Each screen that you see costs one shilling and fifty cents from your airtime",
            ["*384*70#: what is said of the cost and the first screen need 2 screens in en"],
        ),
        ("toll_free: false", ["callers pay for *384*70#, and nothing tells them so"]),
    ],
)
def test_who_pays_is_told(tmp_path: Path, written: str, said: list[str]) -> None:
    file = tmp_path / "config.yaml"
    file.write_text((ROOT / "config.example.yaml").read_text("utf-8").replace("toll_free: true", written), "utf-8")
    found = judged({**MENUS}, catalogue.surroundings(config.load(file)))
    assert [complaint.what for complaint in found if "cost-notice" in complaint.code] == said


def test_a_smaller_screen_is_measured() -> None:
    around = Surroundings(sample_surroundings().offices, {}, {"wide": USSD, "small": Limits(90, 40)}, "config.yaml")
    files = altered("en: What is wrong?, sw", 'en: "What is wrong?", sw')
    assert any("90 fit" in complaint.what for complaint in judged(files, around))
    assert not any("90 fit" in complaint.what for complaint in judged(files, AROUND))


def test_complaints_come_sorted_and_all_at_once() -> None:
    files = altered("change: what", "change: waht")
    files["menus/a.yaml"] = "service: a\nservice: b\n"
    found = judged(files, AROUND)
    assert found == sorted(found)
    assert {complaint.file for complaint in found} >= {FAULT, "menus/a.yaml"}


def test_an_operation_that_needs_nothing() -> None:
    around = Surroundings({"billing": {"ping": Operation(frozenset(), frozenset())}}, {}, {}, "config.yaml")
    text = "{office: billing, ask: ping, go: done, otherwise: done}"
    service = (
        "service: a\nversion: 1\nagency: b\ntitle: A\nlanguages: [en]\nstart: first\nscreens:\n"
        f"  first:\n    fetch: {text}\n  done:\n    end: {{text: Good-bye.}}\n"
    )
    assert judged({"a.yaml": service}, around) == []


# --- what two rooms must agree on ---------------------------------------------------------------------------------


def test_every_name_that_is_always_there_has_a_kind_and_a_width() -> None:
    assert set(names.ALWAYS) == set(asked.ALWAYS)
    assert set(widths.ALWAYS) | {"language", "channel", "service"} == names.RESERVED


# --- walking over a graph -----------------------------------------------------------------------------------------

WAYS = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["b"], "e": ["e"], "f": []}


@pytest.mark.parametrize(
    ("start", "goal", "steps"),
    [("a", "d", ("a", "b", "d")), ("b", "b", ("b", "d", "b")), ("e", "e", ("e", "e")), ("f", "f", ()), ("b", "a", ())],
)
def test_routes(start: str, goal: str, steps: tuple[str, ...]) -> None:
    assert graph.route(start, goal.__eq__, WAYS) == steps


def test_circles_are_told_once() -> None:
    assert graph.circles(WAYS) == [("b", "d", "b"), ("e", "e")]


def test_a_name_is_sure_only_if_every_way_saves_it() -> None:
    outs = {
        "a": [graph.Exit((), "b", frozenset("x")), graph.Exit((), "c", frozenset("xy"))],
        "b": [graph.Exit((), "c", frozenset("z"))],
        "c": [graph.Exit((), "a", undoes=frozenset("x"))],
    }
    assert graph.surely("a", outs) == {"a": frozenset(), "b": frozenset("x"), "c": frozenset("x")}


def test_what_has_a_value_where() -> None:
    service = reader.read(MENUS[FAULT], FAULT).service
    assert service is not None
    found = presence(service, {service.service: service})
    answered = {"fault", "place", "account"}
    assert found["what"] == (frozenset(), {*answered, "customer", "balance"}, {"reference"})  # Change leads back to it
    assert found["review"] == (answered, {"customer", "balance"}, {"reference"})
    assert found["done"] == ({*answered, "reference"}, {"customer", "balance"}, frozenset())


def test_no_complaint_without_a_known_code() -> None:
    with pytest.raises(KeyError):
        Complaint("a.yaml", 1, 1, "this is odd", "write something else", "odd")
