"""What a network shows that cannot show Unicode: every text in GSM-7, cut as it is shown, with the original kept."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import config
from gateway.language import text, words
from gateway.language.pages import Footers, paginate
from gateway.language.phrases import TONGUES
from gateway.language.text import Limits, encoding, transliterated
from gateway.messages import Misconfigured
from tests.town import REFERENCE, Town, town, written_config

WITHOUT = Limits(160, 70, unicode=False)
OLD = "63907"  # the network that shows GSM-7 only
ONE_WITHOUT = {"    secrets": f'[demo-secret]\n    networks: {{"{OLD}": {{unicode: false}}}}'}
GSM = st.text(alphabet=st.sampled_from([*text.CODES, *text.EXTENSION]))
ANY = st.one_of(st.text(), st.text(alphabet=st.sampled_from("ab€\néçœ’–አማ뱀北👍\u0301\u200d\ud800\x00\x1b\u0e01")))

# as it is written, as it is shown
SPELLED: list[tuple[str, str]] = [
    ("", ""),
    ("Déjà vu à Ångström, 5 €", "Déjà vu à Ångström, 5 €"),
    ("Garçon, forêt, cœur", "Garcon, foret, coeur"),
    ("L’eau – « ici »\u00a0…", "L'eau - \" ici \" ..."),
    ("e\u0301te\u0302", "éte"),
    ("ɗan ƙasa, ọjà", "dan kasa, ojà"),
    ("ተመለስ", "temeles"),
    ("መጠጥ ውሃ፣ ነጻ።", "met'et' wha, nets'a."),
    ("مياه", "myah"),
    ("Вода", "Voda"),
    ("हिन्दी", "hindi"),
    ("北京", "BeiJing"),
    ("ก\u0e34น", "kin"),
    ("\ud800", "?"),
    ("a\x00b\x1bc", "a?b?c"),
    ("\u0378", "?"),
    ("a\u200db\ufe0f", "ab"),
]


@pytest.mark.parametrize(("written", "shown"), SPELLED)
def test_spelled(written: str, shown: str) -> None:
    assert transliterated(written) == shown


@settings(max_examples=1000, deadline=None)
@given(ANY)
def test_anything_becomes_gsm_and_stays_so(written: str) -> None:
    shown = transliterated(written)
    assert encoding(shown) == "gsm7"
    assert text.pack(shown) is not None
    assert transliterated(shown) == shown


@given(GSM)
def test_gsm_stays_as_it_is(written: str) -> None:
    assert transliterated(written) is written


def test_every_character_there_is_becomes_gsm() -> None:
    shown = "".join(transliterated(chr(code)) for code in range(0x110000))
    assert encoding(shown) == "gsm7"


@pytest.mark.parametrize("written", ["Kalundu\n1 Maji", "L'eau à boire", "Forêt"])
def test_the_library_is_loaded_only_for_what_our_tables_lack(written: str) -> None:
    program = (
        "import sys; from gateway.language.text import transliterated;"
        f"transliterated({written!r}); print('anyascii' in sys.modules);"
        "transliterated('ውሃ'); print('anyascii' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "True"]


# --- what is cut --------------------------------------------------------------------------------------------------

FOOTERS = st.sampled_from(
    [
        Footers("0 Back", "98 More"), Footers("0 ተመለስ", "98 ተጨማሪ"), Footers("", "98 ተጨማሪ"), Footers("0 رجوع", ""),
        Footers(),
    ]
)
LIMITS = st.sampled_from([WITHOUT, replace(WITHOUT, septets=182, units=80), replace(WITHOUT, septets=60, units=30)])


@settings(max_examples=300, deadline=None)
@given(ANY, st.lists(ANY, max_size=9), FOOTERS, LIMITS)
def test_every_page_fits_in_gsm_and_every_option_is_shown_once(
    written: str, options: list[str], footers: Footers, limits: Limits
) -> None:
    pages = paginate(written, tuple(f"{n} {option}" for n, option in enumerate(options, 1)), footers, limits)
    for page in pages:
        assert encoding(page.text) == "gsm7" and text.units(page.text) <= limits.septets
    assert [place for page in pages for place in page.options] == list(range(len(options)))
    assert pages == paginate(written, tuple(f"{n} {o}" for n, o in enumerate(options, 1)), footers, limits)


@given(ANY)
def test_room_is_that_of_what_is_shown(written: str) -> None:
    assert WITHOUT.room(written) == 160 - text.units(transliterated(written))
    assert WITHOUT.as_sms().room(written) == 306 - text.units(transliterated(written))


@pytest.mark.parametrize("language", TONGUES)
@pytest.mark.parametrize("key", words.WORDS)
def test_what_we_say_ourselves_fits_one_screen(language: str, key: str) -> None:
    shown = transliterated(words.phrase(key, language))
    assert encoding(shown) == "gsm7"
    assert text.units(shown) <= 160 if not key.endswith(("_sms", "_keyword")) else text.segments(shown) <= 2


# --- the configuration --------------------------------------------------------------------------------------------

NETWORKS: list[tuple[str, dict[str, bool]]] = [
    ("[demo-secret]", {"": True, "63902": True, OLD: True}),
    ("[demo-secret]\n    unicode: false", {"": False, "63902": False, OLD: False}),
    (f"[demo-secret]\n    networks: {{{OLD}: {{unicode: false}}}}", {"": True, "63902": True, OLD: False}),
    (f'[demo-secret]\n    unicode: false\n    networks: {{"{OLD}": {{unicode: true}}}}', {"": False, OLD: True}),
    (f'[demo-secret]\n    unicode: false\n    networks: {{"{OLD}": {{}}}}', {"": False, OLD: False}),
]


@pytest.mark.parametrize(("line", "unicode"), NETWORKS)
def test_a_network_is_as_it_is_said_or_as_its_channel(tmp_path: Path, line: str, unicode: dict[str, bool]) -> None:
    loaded = config.load(written_config(tmp_path, **{"    secrets": line}))
    channel = loaded.channels["africastalking"]
    assert {code: channel.limits_of(code).unicode for code in unicode} == unicode


def test_an_unknown_key_of_a_network_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="unicod"):
        config.load(written_config(tmp_path, **{"    secrets": '[demo-secret]\n    networks: {"1": {unicod: false}}'}))


# --- national single shift tables ---------------------------------------------------------------------------------

# the table, whether Unicode is shown, a text, how it is shown, and what is left of 160 septets or 70 units
SHIFTED: list[tuple[str, bool, str, str, int]] = [
    ("", True, "Não", "Não", 67),
    ("portuguese", True, "Não", "Não", 156),
    ("portuguese", True, "Não {€}", "Não {€}", 149),
    ("portuguese", True, "Não ş", "Não ş", 65),
    ("portuguese", False, "Não ş", "Não s", 154),
    ("spanish", True, "Adiós, Ángel", "Adiós, Ángel", 146),
    ("spanish", False, "Não", "Nao", 157),
    ("turkish", True, "Işık ĞİŞ", "Işık ĞİŞ", 147),
    ("turkish", False, "ውሃ ş", "wha ş", 154),
    ("portuguese", False, "Na\u0303o e\u0301", "Não é", 154),
]


@pytest.mark.parametrize(("table", "unicode", "written", "shown", "room"), SHIFTED)
def test_a_letter_of_the_table_costs_two_septets(
    table: str, unicode: bool, written: str, shown: str, room: int
) -> None:
    limits = Limits(160, 70, unicode, table)
    assert (limits.shown(written), limits.room(written)) == (shown, room)
    assert limits.as_sms().shift == ""


@given(ANY, st.sampled_from(sorted(text.SHIFT_TABLES)), st.booleans())
@settings(deadline=None)
def test_pages_fit_whatever_the_table(written: str, table: str, unicode: bool) -> None:
    limits = Limits(160, 70, unicode, table)
    for page in paginate(written, (), Footers("0 Back", "98 More"), limits):
        assert limits.fits(page.text)
        assert unicode or limits.is_gsm(page.text)


def test_what_a_channel_says_of_its_networks(tmp_path: Path) -> None:
    networks = '{"1": {unicode: false}, "2": {shift_table: turkish}, "3": {shift_table: none}}'
    lines = f"[demo-secret]\n    shift_table: spanish\n    networks: {networks}"
    channel = config.load(written_config(tmp_path, **{"    secrets": lines})).channels["africastalking"]
    assert channel.limits_of("") == Limits(160, 70, True, "spanish")
    assert channel.limits_of("1") == Limits(160, 70, False, "spanish")
    assert channel.limits_of("2") == Limits(160, 70, True, "turkish")
    assert channel.limits_of("3") == Limits(160, 70)
    wrong = lines.replace("turkish", "welsh")
    with pytest.raises(Misconfigured, match="this must be 'none', 'turkish', 'spanish' or 'portuguese'"):
        config.load(written_config(tmp_path, **{"    secrets": wrong}))


# --- over HTTP ----------------------------------------------------------------------------------------------------

BEGUN, NOW = time.monotonic(), datetime(2026, 11, 24, 9, 0, tzinfo=UTC).timestamp()


def clock() -> float:
    """Go on from a day on which the menus' dates are right; a clock that stands would let no more SMS out."""
    return NOW + time.monotonic() - BEGUN


NAME = "Zoé Çelik-Forêt ውሃ"
# What is typed from the county's first screen on: a birth in French, a vaccination in Amharic.
FRENCH = ["5", "3", "1", "3", "3", "1", "12345679", "20/11/2026", "1", NAME, "Kalundu", "1"]
AMHARIC = ["5", "3", "2", "3", "3", "1", "20/09/2026", "10000012", "Kalundu", "1", "1"]
WALKS = {"birth": FRENCH, "booking": AMHARIC}


async def walked(place: Town, keys: list[str], number: str, network: str) -> list[str]:
    """Walk to the end, asking for each page again; return the screens without their references."""
    phone, seen = place.phone(number, network), []
    for key in ["", *keys]:
        shown = await (phone.press(key) if key else phone.dial())
        assert await phone.post() == shown, "a repeat shows something else"
        seen.append(REFERENCE.sub("R", shown))
    return seen


def only_gsm(screens: list[str]) -> bool:
    return all(encoding(shown) == "gsm7" and text.units(shown) <= 164 for shown in screens)  # CON and a blank


@pytest.mark.parametrize("ask", WALKS)
async def test_two_networks_of_a_channel_and_one_of_them_shows_gsm_only(tmp_path: Path, ask: str) -> None:
    async with town(tmp_path, clock=clock, **ONE_WITHOUT) as place:
        new = await walked(place, WALKS[ask], "+254700000001", "63902")
        old = await walked(place, WALKS[ask], "+254700000002", OLD)
        assert only_gsm(old) and not only_gsm(new)
        if ask == "birth":
            assert "Zoé Çelik-Foret wha" in old[-2] and "Zoé" in new[-2]
        else:
            assert "ክትባት (ነጻ)" in new[5] and "ktbat (nets'a)" in old[5]
        await place.settled(count=2)
        kept = [one for one in await place.received(2) if one["key"] is not None]  # the others are questions
        filed = [{**one["body"], "phone": "", "reference": ""} for one in kept]
        assert len(filed) == 2 and filed[0] == filed[1]  # what was typed and chosen goes to the office as it is
        assert ask != "birth" or filed[0]["name"] == NAME
        told = {sent["to"]: sent["text"] for sent in await place.messages(2)}
        assert encoding(told["+254700000002"]) == "gsm7"
        assert ask == "birth" or encoding(told["+254700000001"]) == "ucs2"


RECEIPT = """
service: county-home
version: 1
agency: county
title: Home
languages: [en]
start: done
screens:
  done:
    end: {text: "Işık", sms: "Işık"}
"""
OLD_NETWORK = f'{{"{OLD}": {{unicode: false, shift_table: turkish}}}}'
# What the channel that was dialled and the one that sends say of the network: each alone must see to the letters.
SAID = {"the dialled one": (OLD_NETWORK, "{}"), "the sending one": ("{}", OLD_NETWORK)}


@pytest.mark.parametrize("which", SAID)
async def test_a_receipt_knows_no_shift_table(which: str, tmp_path: Path) -> None:
    dialled, sending = SAID[which]
    keys = {
        "routes": "[{channels: [twilio]}]",
        "    secrets": f"[demo-secret]\n    networks: {dialled}",
        "    account_sid": f"AC00000000000000000000000000000001\n    networks: {sending}",
    }
    async with town(tmp_path, menus=service(tmp_path, RECEIPT), clock=clock, deliver=False, **keys) as place:
        assert await place.phone("+254700000002", OLD).dial() == "END Işık"  # what a screen may hold
        [receipt] = await place.gateway.store.list_messages()
        assert (receipt.channel, receipt.text) == ("twilio", "Isik")


FILED = """
service: county-home
version: 1
agency: county
title: Işık
languages: [en]
start: sure
screens:
  sure: {confirm: {text: Send?, go: filed, change: sure}}
  filed:
    submit:
      office: water-crm
      ask: fault
      send: {type: none, place: Işık, account: "0", phone: "{phone}"}
      go: done
  done:
    end: {text: "{reference}"}
"""


async def test_an_answer_knows_no_shift_table(tmp_path: Path) -> None:
    keys = {"    secrets": f"[demo-secret]\n    networks: {OLD_NETWORK}"}
    async with town(tmp_path, menus=service(tmp_path, FILED), clock=clock, deliver=False, **keys) as place:
        phone = place.phone("+254700000002", OLD)
        await phone.walk("1")
        await phone.text("STATUS", "a1")
        [answer] = await place.gateway.store.list_messages()
        assert answer.text.startswith("Isik ")


async def test_the_twin_without_the_key_sees_unicode(tmp_path: Path) -> None:
    async with town(tmp_path, clock=clock) as place:
        assert not only_gsm(await walked(place, AMHARIC, "+254700000002", OLD))
        [receipt] = await place.messages(1)
        assert encoding(receipt["text"]) == "ucs2"


LONG = """
service: county-home
version: 1
agency: county
title: Home
languages: [am]
keywords: [KETEMA]
start: first
screens:
  first:
    say: {text: "የመንደሩ የመጠጥ ውሃ አገልግሎት በሚቀጥለው ሳምንት ሰኞ ለጥገና ይቋረጣል፣ እባክዎ ውሃ አስቀድመው ያጠራቅሙ እና ለጎረቤቶችዎ ይንገሩ። ስለ ትዕግስትዎ እናመሰግናለን፤ ውሃው ማክሰኞ ማታ ይመለሳል።", go: pick}
  pick:
    choose:
      text: ምን ይፈልጋሉ?
      save: what
      options:
        - {value: water, label: ውሃ, go: typed}
        - {value: light, label: መብራት, go: typed}
  typed:
    ask: {text: "ስም?", save: name, answer: {kind: text, max: 40}, go: done}
  done:
    end: {text: "{what} {name}"}
"""  # noqa: E501


def service(tmp_path: Path, written: str) -> Path:
    menus = tmp_path / "menus"
    (menus / "county").mkdir(parents=True)
    (menus / "county/county-home.yaml").write_text(written, encoding="utf-8")
    return menus


async def test_pages_back_long_dials_and_words_as_they_are_seen(tmp_path: Path) -> None:
    menus = service(tmp_path, LONG)
    async with town(tmp_path, menus=menus, deliver=False, clock=clock, **ONE_WITHOUT) as place:
        phone = place.phone(network=OLD)
        first = await phone.dial()
        second = await phone.press("98")
        assert "98 " in first and only_gsm([first, second]) and first != second
        assert await phone.press("0") == first  # back to the first page
        shown = await phone.press("1")
        assert shown.endswith("\n1 wha\n2 mebrat\n0 temeles")
        assert "smu" not in shown and only_gsm([await phone.press("mebrat")])
        assert await phone.press("ሰላም") == "END mebrat selam"
        again = place.phone("+254700000002", OLD)
        assert await again.dial("1*2*ሰላም") == "END mebrat selam"
        other = place.phone("+254700000003")
        assert await other.dial("1*2*ሰላም") == "END መብራት ሰላም"


async def test_an_sms_is_answered_in_the_letters_of_its_network(tmp_path: Path) -> None:
    menus = service(tmp_path, LONG)
    async with town(tmp_path, menus=menus, clock=clock, **ONE_WITHOUT) as place:
        texts = ("HELP", "KETEMA", "1", "wha", "ሰላም", "STOP")
        for number, network in (("+254700000001", "63902"), ("+254700000002", OLD)):
            phone = place.phone(number, network)
            for id, body in enumerate(texts):
                await phone.text(body if network == OLD or body != "wha" else "ውሃ", f"{number}{id}")
        sent = await place.messages(2 * len(texts))
        by = {end: [one["text"] for one in sent if one["to"].endswith(end)] for end in ("1", "2")}
        assert all(encoding(one) == "gsm7" and text.segments(one) <= 2 for one in by["2"])
        assert any("wha selam" in one for one in by["2"]) and any("ውሃ ሰላም" in one for one in by["1"])
        assert any(encoding(one) == "ucs2" for one in by["1"])


async def test_what_is_said_in_trouble_is_in_the_same_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    menus = service(tmp_path, LONG)
    limits = {"limits": "{number: 2/minute, session: 60/minute}"}
    async with town(tmp_path, menus=menus, deliver=False, **ONE_WITHOUT, **limits) as place:
        with monkeypatch.context() as patch:
            patch.setattr(type(place.gateway.store), "keep", None)
            busy = [await place.phone(network=network).dial() for network in ("63902", OLD)]
        too_often = [await place.phone(network=network).dial() for network in ("63902", OLD)]
        for new, old in (busy, too_often):
            assert encoding(new) == "ucs2" and old == transliterated(new)
