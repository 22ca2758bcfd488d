"""Every proof that a channel can ask for against every attack on it, over HTTP to a whole gateway.

Who is refused gets what a path gets that does not exist, byte for byte, and not a row of the database changes.
"""

from __future__ import annotations

import ast
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.web.telecoms import TelecomDoor
from providers.telecom import TELECOMS
from providers.telecom.generic_ussd import Described
from tests.callers import channels
from tests.proving import AT, PROXY, SCHEMES, STRANGER, Ask, Scheme
from tests.town import ROOT, Town, town

# A refused, B accepted; what is not applicable has the letter of its reason. `vonage` are its five methods.
REASONS = {
    "a": "it is no secret that could be cut, but an address in the network",
    "n": "the caller's network address proves nothing",
    "c": "no client certificate is asked for",
    "f": "there is no field or header that could come twice, or it is the network's own",
    "h": "no header proves it",
    "o": "there is one subject of a certificate, and no secret to replace",
    "s": "nothing is signed",
    "t": "nothing tells a time that proves something; a repeat is known by its id",
    "u": "a screen has no id; the same input later is another turn, which who quotes the parameters may send",
}
TABLE = """
                              path peer proxy basic params field twilio vonage smsgate webhook mtls
honest                        B    B    B     B     B      B     B      B      B       B       B
in another letter case        h    h    B     B     h      h     B      h      B       B       B
wrong                         A    A    A     A     A      A     A      A      A       A       A
missing                       A    A    A     A     A      A     A      A      A       A       A
blank                         A    A    A     A     A      A     A      A      A       A       A
cut by a byte                 A    A    A     A     A      A     A      A      A       A       A
longer by a byte              A    a    a     A     A      A     A      A      A       A       A
of another channel            A    A    A     A     A      A     A      A      A       A       A
the next of two               B    B    B     B     B      B     B      B      B       B       o
a third                       A    A    A     A     A      A     A      A      A       A       A
twice, the wrong first        f    f    B     A     A      A     A      A      A       B       A
twice, the wrong last         f    f    A     A     A      A     A      A      A       B       A
in two halves                 f    f    f     f     f      f     f      f      f       f       A
too large                     A    A    A     A     A      A     A      A      A       A       A
old                           t    t    t     t     t      t     t      A      A       A       t
from the future               t    t    t     t     t      t     t      A      A       A       t
without a time                t    t    t     t     t      t     t      A      A       A       t
replayed                      B    B    B     B     B      B     B      B      B       B       B
replayed late                 B    B    B     B     u      B     B      A      A       A       B
changed after signing         s    s    s     s     s      s     A      A      A       A       s
a spoofed X-Forwarded-For     n    A    A     n     n      n     n      n      n       n       A
a spoofed Forwarded           n    A    A     n     n      n     n      n      n       n       A
a spoofed X-Real-IP           n    A    A     n     n      n     n      n      n       n       A
a spoofed certificate         c    c    c     c     c      c     c      c      c       c       A
a good address in front       n    A    A     n     n      n     n      n      n       n       n
mapped, of the network        n    B    B     n     n      n     n      n      n       n       B
mapped, of another            n    A    A     n     n      n     n      n      n       n       A
"""


def table() -> dict[tuple[str, str], str]:
    """Return the letter of each column and attack."""
    head, *lines = [line for line in TABLE.splitlines() if line.strip()]
    told = {line[:30].strip(): line[30:].split() for line in lines}
    return {
        (column, attack): letter
        for attack, row in told.items()
        for column, letter in zip(head.split(), row, strict=True)
    }


EXPECTED = table()


def expected(scheme: str, attack: str) -> str:
    """Return the letter of a pair."""
    return EXPECTED[scheme.partition(" ")[0], attack]


# --- attacks ------------------------------------------------------------------------------------------------------


class Trial(NamedTuple):
    """One scheme, and an id for one message of its."""

    scheme: Scheme
    id: str

    def asks(self, key: int = 0, at: float = AT, channel: str = "theirs") -> Ask:
        """Return a request with the first, the next, a third, or the other channel's key."""
        return self.scheme.asks(self.scheme.keys[key], self.id, at, channel)

    def proof(self, ask: Ask) -> str:
        """Return the proof of a request."""
        return self.scheme.shows.read(ask)

    def with_proof(self, *proofs: str) -> Ask:
        """Return the honest request with another proof."""
        return self.scheme.shows.write(self.asks(), *proofs)

    def right(self) -> str:
        """Return the proof of the honest request."""
        return self.proof(self.asks())

    def wrong(self) -> str:
        """Return the right proof with one letter changed."""
        right = self.right()
        at = right.rindex(":") + 1 if right.startswith("telecom:") else 4
        return f"{right[:at]}{'1' if right[at] != '1' else '0'}{right[at + 1 :]}"

    def from_stranger(self, *headers: tuple[str, str]) -> Ask:
        """Return the request without what only a proxy or the network can say, from a stranger with headers."""
        ask = self.asks()
        bare = self.scheme.shows.write(ask) if self.scheme.shows.name == "x-forwarded-for" else ask
        return bare._replace(peer=STRANGER).telling(*headers)

    def mapped(self, peer: str, good: bool) -> Ask:
        """Return the request from an IPv4 address that is written in IPv6."""
        if self.scheme.shows.kind == "peer":
            return self.asks()._replace(peer=f"::ffff:{peer}")
        if self.scheme.shows.name == "x-forwarded-for":
            return self.with_proof(f"::ffff:{peer}")._replace(peer=f"::ffff:{PROXY}")
        return self.asks()._replace(peer=f"::ffff:{PROXY if good else peer}")


def in_another_case(trial: Trial) -> Ask:
    ask = trial.asks()
    return ask._replace(headers=tuple((name.title().swapcase(), value) for name, value in ask.headers))


def without_a_time(trial: Trial) -> Ask:
    assert trial.scheme.unstamped is not None
    return trial.scheme.unstamped(trial.asks(), trial.scheme.keys[0])


def in_two_halves(trial: Trial) -> Ask:
    """Two headers of one name, which are one with a comma between to whoever joins them."""
    first, _, rest = trial.right().partition(", ")
    assert rest
    return trial.with_proof(first, rest)


def changed(trial: Trial) -> Ask:
    ask = trial.asks()
    altered = ask._replace(body=ask.body.replace(b"WATER", b"OTHER"), query=ask.query.replace("WATER", "OTHER"))
    assert altered != ask
    return altered


def with_a_good_address_in_front(trial: Trial) -> Ask:
    """A citizen writes a good address, and the proxy adds where that came from."""
    bare = trial.scheme.shows.write(trial.asks())
    return bare._replace(peer=PROXY).telling(("x-forwarded-for", f"192.0.2.7, {STRANGER}"))


ATTACKS: dict[str, Callable[[Trial], Ask]] = {
    "honest": lambda trial: trial.asks(),
    "in another letter case": in_another_case,
    "wrong": lambda trial: trial.with_proof(trial.wrong()),
    "missing": lambda trial: trial.with_proof(),
    "blank": lambda trial: trial.with_proof(""),
    "cut by a byte": lambda trial: trial.with_proof(trial.right()[:-1]),
    "longer by a byte": lambda trial: trial.with_proof(trial.right() + "0"),
    "of another channel": lambda trial: trial.with_proof(trial.proof(trial.asks(3, channel="other"))),
    "the next of two": lambda trial: trial.asks(1),
    "a third": lambda trial: trial.asks(2),
    "twice, the wrong first": lambda trial: trial.with_proof(trial.wrong(), trial.right()),
    "twice, the wrong last": lambda trial: trial.with_proof(trial.right(), trial.wrong()),
    "in two halves": in_two_halves,
    "too large": lambda trial: trial.with_proof(trial.wrong())._replace(body=b"x" * 17_000),
    "old": lambda trial: trial.asks(at=AT - 301),
    "from the future": lambda trial: trial.asks(at=AT + 301),
    "without a time": without_a_time,
    "replayed": lambda trial: trial.asks(),
    "replayed late": lambda trial: trial.asks(),
    "changed after signing": changed,
    "a spoofed X-Forwarded-For": lambda trial: trial.from_stranger(("x-forwarded-for", f"192.0.2.7, {PROXY}")),
    "a spoofed Forwarded": lambda trial: trial.from_stranger(("forwarded", f"for=192.0.2.7, for={PROXY}")),
    "a spoofed X-Real-IP": lambda trial: trial.from_stranger(("x-real-ip", "192.0.2.7")),
    "a spoofed certificate": lambda trial: trial.asks()._replace(peer=STRANGER),
    "a good address in front": with_a_good_address_in_front,
    "mapped, of the network": lambda trial: trial.mapped("192.0.2.7", good=True),
    "mapped, of another": lambda trial: trial.mapped(STRANGER, good=False),
}


# --- what must come of them ---------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def gateway(folder: Path, scheme: Scheme, clock: Clock) -> AsyncIterator[Town]:
    """A town with two channels that ask for the same kind of proof and know other keys."""
    first, following, _, others = scheme.keys
    theirs = scheme.told(*filter(None, (first, following)))
    lines = {"trusted_proxies": scheme.proxies, "channels": channels(theirs=theirs, other=scheme.told(others))}
    async with town(folder, deliver=False, clock=clock, **lines) as place:
        yield place


def dump(place: Town) -> list[tuple[str, list[Any]]]:
    """Return every row of every table; `pulse` is the store's own and beats by itself."""
    connection = sqlite3.connect(f"file:{place.folder / 'data/gateway.db'}?mode=ro", uri=True)
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'pulse' ORDER BY name"
    try:
        return [
            (name, connection.execute(f'SELECT * FROM "{name}"').fetchall())
            for (name,) in connection.execute(names).fetchall()
        ]
    finally:
        connection.close()


def shown(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.content, answer.headers.multi_items()


async def complaint(place: Town, clock: Clock, trial: Trial, attack: str, letter: str) -> str:
    """Play an attack; say what is not as it must be, or nothing."""
    clock.now = AT
    ask = ATTACKS[attack](trial)
    if attack.startswith("replayed"):
        first = shown(await ask.sent(place))
        if first[0] != trial.scheme.status:
            return f"{attack}: answered {first[0]} the first time"
        clock.now += 301 if attack == "replayed late" else 1
    before = dump(place)
    nowhere = shown(await ask._replace(channel="nobody").sent(place))
    with capture_logs() as logs:
        answer = shown(await ask.sent(place))
    if letter == "A":
        if answer != nowhere or answer[0] != 404:
            return f"{attack}: answered {answer}"
        if dump(place) != before:
            return f"{attack}: something was written"
        return "" if any(line.get("why") for line in logs) else f"{attack}: the log says no reason"
    if answer[0] != trial.scheme.status:
        return f"{attack}: answered {answer}, {logs}"
    if attack.startswith("replayed") and (answer != first or dump(place) != before):
        return f"{attack}: a repeat is not answered as one"
    return ""


async def complaints(folder: Path, name: str) -> list[str]:
    """Play every attack on a scheme; return what is not as the table says."""
    clock, scheme = Clock(), SCHEMES[name]
    found = []
    async with gateway(folder, scheme, clock) as place:
        assert (await scheme.asks(scheme.keys[3], "o", channel="other").sent(place)).status_code == scheme.status
        for number, attack in enumerate(ATTACKS):
            letter = expected(name, attack)
            if letter in "AB":
                found.append(await complaint(place, clock, Trial(scheme, f"m-{number}"), attack, letter))
    return [said for said in found if said]


def test_no_pair_is_missing() -> None:
    columns = {name.partition(" ")[0] for name in SCHEMES}
    assert EXPECTED.keys() == {(column, attack) for column in columns for attack in ATTACKS}
    assert set(EXPECTED.values()) == {"A", "B", *REASONS}
    assert all("A" in {expected(name, attack) for attack in ATTACKS} for name in SCHEMES)


@pytest.mark.usefixtures("known_secrets")
@pytest.mark.parametrize("name", SCHEMES)
async def test_every_attack(name: str, tmp_path: Path) -> None:
    assert await complaints(tmp_path, name) == []


@pytest.mark.usefixtures("known_secrets")
@pytest.mark.parametrize("name", SCHEMES)
async def test_every_attack_is_noticed_where_nothing_is_proven(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: with proofs that let everybody in, every pair that must be refused is complained of."""
    for telecom in TELECOMS.values():
        monkeypatch.setattr(Described if isinstance(telecom, Described) else telecom, "prove", lambda *_: None)
    monkeypatch.setattr(TelecomDoor, "_prove_certificate", lambda *_: None)
    complained = {said.partition(":")[0] for said in await complaints(tmp_path, name)}
    assert complained == {attack for attack in ATTACKS if expected(name, attack) == "A"}


# --- secrets are compared in constant time --------------------------------------------------------------------------

SECRET = {"secret", "secrets", "signature", "sig", "password", "passwords", "token", "digest", "get_secret_value"}
SAFE = "def f(given, secret):\n    return hmac.compare_digest(given, secret)\n"
UNSAFE = [
    "given == secret",
    "settings.password != given",
    "given in secrets",
    "key.get_secret_value() == given",
    "hmac.new(key, b'').hexdigest() == given",
    "sign(a, digest) == b",
    "f(settings.secrets[0]) == x",
]


def compared_openly(source: str) -> list[int]:
    """Return the lines that compare a secret, or what is signed with one, by something else than compare_digest."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and any(isinstance(how, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for how in node.ops)
        and any(_is_secret(side) for side in (node.left, *node.comparators))
    ]


def _is_secret(side: ast.expr) -> bool:
    names = {node.id for node in ast.walk(side) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(side) if isinstance(node, ast.Attribute)}
    return bool(names & (SECRET | {"hexdigest"}))


def test_no_provider_compares_a_secret_openly() -> None:
    assert compared_openly(SAFE) == []
    assert all(compared_openly(line) for line in UNSAFE)
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in [*sorted((ROOT / "providers").rglob("*.py")), ROOT / "gateway/web/telecoms.py"]
        for line in compared_openly(path.read_text(encoding="utf-8"))
    }
    assert found == set()
