"""Writes services at random: every kind of screen, names used where they surely have a value, ways that lead on.

`written(chance)` gives files as an agency would hand them in, and the offices they ask. What it writes is meant to be
sound; whether it is, the checker says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from gateway.language.checks.offices import Operation

LANGUAGES = (("en", "sw"), ("en",), ("sw", "fr"), ("en", "am"), ("am",), ("pt", "en"))
WORDS = {
    "en": ("water", "road", "bill", "office", "number", "market", "please", "type", "which", "day", "house", "clinic"),
    "sw": ("maji", "barabara", "bili", "ofisi", "nambari", "soko", "tafadhali", "andika", "gani", "siku", "nyumba"),
    "fr": ("eau", "route", "facture", "bureau", "numéro", "marché", "tapez", "jour", "nom", "maison", "reçu"),
    "am": ("ውሃ", "መንገድ", "ሂሳብ", "ቢሮ", "ቁጥር", "ገበያ", "እባክዎ", "ይጻፉ", "የትኛው", "ቀን", "ስም"),
    "pt": ("agua", "estrada", "conta", "escritorio", "numero", "mercado", "escreva", "dia", "nome", "casa"),
}
PLACES = """county,ward,ward_code,village
Kitui,Mutomo,W1,Kalundu
Kitui,Mutomo,W1,Kandae
Kitui,Kwa Vonza,W2,Kalundu
Kitui,Kwa Vonza,W2,Nzambani
Makueni,Wote,W3,Kathonzweni
"""
ANSWERS: dict[str, dict[str, Any]] = {
    "text": {"kind": "text", "max": 25},
    "digits": {"kind": "digits", "length": 6, "allow": ["0"]},
    "number": {"kind": "number", "min": 1, "max": 500},
    "amount": {"kind": "amount", "currency": "KES", "max": 20000},
    "date": {"kind": "date", "min": "today-400", "max": "today+400"},
    "phone": {"kind": "phone"},
    "pin": {"kind": "pin", "length": 4},
    "yes_no": {"kind": "yes_no"},
    "id": {"kind": "id", "min": 4, "max": 10, "check": "luhn"},
    "place": {"kind": "place", "list": "places.csv", "level": "village"},
}
FILTERED = {"amount": "money", "date": "date", "number": "count", "phone": "phone", "text": "upper", "id": "mask"}
LAST = ("end", "end", "end")
Names = dict[str, str]  # the names that surely have a value, each with its kind


@dataclass(slots=True)
class Written:
    """Files, and what the offices can be asked."""

    files: dict[str, str]
    offices: dict[str, dict[str, Operation]]
    first: str


@dataclass(slots=True)
class Pen:
    """One service while it is being written."""

    chance: Random
    name: str
    languages: tuple[str, ...]
    offices: dict[str, dict[str, Operation]]
    shared: dict[str, Any] | None = None
    takes: dict[str, Any] = field(default_factory=dict)
    screens: dict[str, Any] = field(default_factory=dict)
    before: dict[str, list[Names]] = field(default_factory=dict)  # what each way that leads there brings along
    lists: dict[str, list[str]] = field(default_factory=dict)  # the fields of each list
    count: int = 0

    def new(self) -> str:
        self.count += 1
        return f"n{self.count}"

    # --- texts

    def text(self, names: Names, most: int = 60) -> Any:
        """Return a text, in one form or another, that names some of what has a value."""
        if self.chance.random() < 0.1 and self.languages[0] != "am":
            return {"ussd": self._tongues(names, most), "sms": self._tongues(names, most)}
        return self._tongues(names, most)

    def _tongues(self, names: Names, most: int) -> dict[str, str]:
        known = [name for name, kind in names.items() if kind not in ("secret", "list", "@")]
        picked = self.chance.sample(known, min(len(known), self.chance.randint(0, 2)))
        slots = [self._slot(name, names[name]) for name in picked]
        found = {}
        for tongue in self.languages:
            words = [self.chance.choice(WORDS[tongue]) for _ in range(self.chance.randint(1, max(1, most // 9)))]
            for slot in slots:
                words.insert(self.chance.randrange(len(words) + 1), slot)
            found[tongue] = " ".join(words) + self.chance.choice(["?", ".", ":", ""])
        return found

    def _slot(self, name: str, kind: str) -> str:
        chosen = FILTERED.get(kind, "")
        return f"{{{name} | {chosen}}}" if chosen and self.chance.random() < 0.5 else f"{{{name}}}"

    # --- screens

    def write(self, length: int, kinds: list[str], given: Names, ends: bool = True) -> None:
        """Write so many screens, each of which leads to later ones, and the last screens."""
        names = [f"s{place}" for place in range(length)]
        ending = [f"e{place}" for place in range(self.chance.randint(1, 2))]
        self.before["s0"] = [dict(given)]
        for place, screen in enumerate(names):
            sure = self.sure(screen)
            onward = [*names[place + 1 :], *ending]
            kind = self.chance.choice([kind for kind in kinds if self._fits(kind, sure)])
            self.screens[screen] = getattr(self, f"_{kind}")(screen, sure, onward, names[:place])
        for screen in ending:
            if screen not in self.before:
                continue
            sure = self.sure(screen)
            spare = {} if "am" in self.languages else dict(list(sure.items())[:1])
            body: dict[str, Any] = {"text": self.text(spare, 30)}
            if ends and self.chance.random() < 0.3:
                body["sms"] = self._tongues({}, 40)
            self.screens[screen] = {"end": body}

    def sure(self, screen: str) -> Names:
        """Return the names that have a value whichever way was taken."""
        ways = self.before[screen]
        kept = set.intersection(*(set(way) for way in ways))
        return {name: kind for name, kind in ways[0].items() if name in kept and all(w[name] == kind for w in ways)}

    def _fits(self, kind: str, sure: Names) -> bool:
        if kind == "submit":
            return "@confirmed" in sure
        if kind == "rate":
            return "ref" in sure.values()
        if kind == "pick":
            return "list" in sure.values()
        if kind == "branch":
            return any(held in ("option", "number", "bool") for held in sure.values())
        return kind != "do" or self.shared is not None

    def to(self, screen: str, sure: Names, more: Names | None = None) -> str:
        """Note that a way leads to a screen with these names; return its name."""
        self.before.setdefault(screen, []).append({**sure, **(more or {})})
        return screen

    def _later(self, onward: list[str]) -> str:
        return onward[0] if self.chance.random() < 0.7 else self.chance.choice(onward[:3])

    def _say(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        return {"say": {"text": self.text(sure, self.chance.choice([30, 200])), "go": self.to(onward[0], sure)}}

    def _language(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        return {"language": {"go": self.to(onward[0], sure)}}

    def _choose(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        name, options = self.new(), []
        for place in range(self.chance.randint(2, 7)):
            go = onward[0] if place == 0 else self._later(onward)
            option = {
                "value": f"v{place}",
                "label": {tongue: f"{self.chance.choice(WORDS[tongue])} {place}" for tongue in self.languages},
                "go": self.to(go, sure, {name: "option"}),
            }
            if place and self.chance.random() < 0.15:
                option["when"] = 'channel == "ussd"'
            options.append(option)
        body = {"text": self.text(sure, 40), "save": name, "options": options}
        if self.chance.random() < 0.15:
            body["too_many"] = self.to(onward[-1], sure)
        return {"choose": body}

    def _pick(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        name, took = self.new(), self.new()
        source = self.chance.choice([name for name, kind in sure.items() if kind == "list"])
        first, *others = self.lists[source]
        body = {
            "text": self.text(sure, 30),
            "from": source,
            "label": f"{{{first}}}" + (f" {{{others[0]}}}" if others and self.chance.random() < 0.5 else ""),
            "value": f"{{{first}}}",
            "save": name,
            "none": self.to(onward[-1], sure),
            "go": self.to(onward[0], sure, {name: "option", **({took: "any"} if others else {})}),
        }
        if others:
            body["take"] = {others[0]: took}
        return {"choose": body}

    def _ask(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        name, kind = self.new(), self.chance.choice(list(ANSWERS))
        body: dict[str, Any] = {"text": self.text(sure, 40), "save": name, "answer": dict(ANSWERS[kind])}
        held = {"pin": "secret", "yes_no": "bool", "place": "option", "digits": "text"}.get(kind, kind)
        if kind != "pin" and self.chance.random() < 0.2:
            body["optional"], held = True, "any"
        if kind == "pin" and self.chance.random() < 0.4:
            body["twice"] = True
        if self.chance.random() < 0.2:
            body["wrong"] = self._tongues({}, 30)
        if self.chance.random() < 0.15:
            body["attempts"], body["too_many"] = self.chance.randint(1, 4), self.to(onward[-1], sure)
        body["go"] = self.to(onward[0], sure, {name: held})
        return {"ask": body}

    def _fetch(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        save, brought, fields = {}, {}, {}
        for place in range(self.chance.randint(1, 4)):
            name = self.new()
            kind = self.chance.choice(["plain", "text", "labels", "number", "amount", "date", "yes_no", "list"])
            save[f"f{place}"], brought[name] = self._saved(name, kind)
            if kind == "list":
                fields[f"f{place}"] = frozenset(self.lists[name])
        ask = f"{self.name}-{screen}".replace("/", "-")
        self.offices["desk"][ask] = Operation(frozenset({"x"}), frozenset(save), fields)
        body = {
            "office": "desk",
            "ask": ask,
            "send": {"x": self._sent(sure)},
            "save": save,
            "go": self.to(onward[0], sure, brought),
            "otherwise": self.to(self._later(onward), sure),
        }
        if earlier and self.chance.random() < 0.3:
            asks = [name for name in earlier if self.screens[name].get("ask", {}).get("go") == screen]
            if asks:
                body["missing"] = asks[-1]
        return {"fetch": body}

    def _saved(self, name: str, kind: str) -> tuple[Any, str]:
        match kind:
            case "plain":
                return name, "any"
            case "text":
                return {"as": name, "kind": "text", "max": self.chance.randint(5, 70)}, "text"
            case "labels":
                labels = {code: {t: self.chance.choice(WORDS[t]) for t in self.languages} for code in ("a", "b")}
                return {"as": name, "labels": labels, "max": 10}, "option?"
            case "number":
                return {"as": name, "kind": "number", "max": self.chance.choice([10, 1000, 10**8])}, "number"
            case "amount":
                return {"as": name, "kind": "amount", "currency": "KES", "max": 10**6}, "amount"
            case "list":
                self.lists[name] = ["code", "title"]
                each = {"code": {"max": 8}, "title": {"kind": "text", "max": self.chance.choice([12, 30])}}
                return {"as": name, "most": self.chance.choice([3, 12, 40]), "each": each}, "list"
        return {"as": name, "kind": kind}, {"yes_no": "bool"}.get(kind, kind)

    def _sent(self, sure: Names) -> Any:
        known = [name for name, kind in sure.items() if kind not in ("list", "@")]
        return f"{{{self.chance.choice(known)}}}" if known else "{phone}"

    def _confirm(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        change = self.chance.choice(earlier) if earlier else onward[0]
        if not earlier:
            self.to(change, sure)
        return {
            "confirm": {
                "text": self.text(sure, 60),
                "go": self.to(onward[0], sure, {"@confirmed": "@"}),
                "change": change,
            }
        }

    def _submit(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        self.offices["desk"]["file"] = Operation(frozenset({"x"}), frozenset())
        send = {"x": self._sent(sure)}
        return {
            "submit": {
                "office": "desk", "ask": "file", "send": send, "go": self.to(onward[0], sure, {"reference": "ref"}),
            }
        }  # fmt: skip

    def _branch(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        known = {name: kind for name, kind in sure.items() if kind in ("option", "number", "bool")}
        name = self.chance.choice(list(known))
        when = {"option": f'{name} == "v0"', "number": f"{name} > 5", "bool": name}[known[name]]
        return {"branch": [{"when": when, "go": self.to(self._later(onward), sure)}, {"go": self.to(onward[0], sure)}]}

    def _set(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        name = self.new()
        numbers = [held for held, kind in sure.items() if kind == "number"]
        source = f"{numbers[0]} + 1" if numbers else 'language + "-" + channel'
        kind = "number" if numbers else "text"
        return {"set": {"values": {name: source}, "go": self.to(onward[0], sure, {name: kind})}}

    def _status(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        name = self.new()
        body: dict[str, Any] = {"of": self.chance.choice(["mine", "reference"]), "save": name}
        if self.chance.random() < 0.5:
            body["states"] = {"open": {tongue: self.chance.choice(WORDS[tongue]) for tongue in self.languages}}
        return {"status": {**body, "go": self.to(onward[0], sure, {name: "ref"})}}

    def _rate(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        known = [name for name, kind in sure.items() if kind == "ref"]
        body: dict[str, Any] = {"of": f"{{{self.chance.choice(known)}}}"}
        if self.chance.random() < 0.5:
            body["comment"] = self._tongues({}, 30)
        return {"rate": {**body, "go": self.to(onward[0], sure)}}

    def _call_back(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        self.offices["desk"]["ring"] = Operation(frozenset({"phone"}), frozenset())
        go = self.to(onward[0], sure, {"reference": "ref"})
        body: dict[str, Any] = {"office": "desk", "ask": "ring", "go": go}
        if self.chance.random() < 0.5:
            body["decline"] = self.to(self._later(onward), sure)
        return {"call_back": body}

    def _do(self, screen: str, sure: Names, onward: list[str], earlier: list[str]) -> Any:
        assert self.shared is not None
        saved = {theirs: self.new() for theirs in self.shared["gives"]}
        brought = {ours: self.shared["gives"][theirs] for theirs, ours in saved.items()}
        body = {"service": self.shared["name"], "save": saved, "go": self.to(onward[0], sure, brought)}
        if self.shared["takes"]:
            body["with"] = dict.fromkeys(self.shared["takes"], "abc {phone}")
        return {"do": body}


def _file(pen: Pen, keywords: list[str]) -> str:
    service: dict[str, Any] = {
        "service": pen.name,
        "version": 1,
        "agency": "desk",
        "title": {tongue: f"{WORDS[tongue][0]} {pen.name[-1]}" for tongue in pen.languages},
        "languages": list(pen.languages),
        "start": "s0",
    }
    if keywords:
        service["keywords"] = keywords
    if pen.takes:
        service["takes"] = pen.takes
    return json.dumps({**service, "screens": pen.screens}, ensure_ascii=False, indent=1)  # JSON is YAML


ALL = ["say", "choose", "choose", "pick", "pick", "ask", "ask", "ask", "fetch", "fetch", "confirm", "submit", "submit",
       "branch", "set", "status", "rate", "call_back", "do", "language"]  # fmt: skip
SIMPLE = ["say", "choose", "ask", "ask", "fetch", "branch", "set"]


def written(chance: Random) -> Written:
    """Write a service, and one that it may go into."""
    languages = chance.choice(LANGUAGES)
    offices: dict[str, dict[str, Operation]] = {"desk": {}}
    inner = Pen(chance, "shared/inner", languages, offices)
    if chance.random() < 0.5:
        inner.takes = {"t1": {"kind": "text", "max": 20}}
    inner.write(chance.randint(1, 4), SIMPLE, dict.fromkeys(inner.takes, "text"), ends=False)
    endings = [inner.sure(screen) for screen in inner.screens if screen.startswith("e")]
    both = set.intersection(*(set(names) for names in endings)) if endings else set()
    gives = {n: k for n, k in (endings[0] if endings else {}).items() if n in both and n not in inner.takes}
    gives = {name: kind for name, kind in gives.items() if kind not in ("list", "@") and name.startswith("n")}
    shared = {"name": inner.name, "takes": inner.takes, "gives": gives}
    outer = Pen(chance, "outer", languages, offices, shared)
    outer.write(chance.randint(3, 12), ALL, {})
    files = {
        "desk/inner.yaml": _file(inner, []),
        "desk/outer.yaml": _file(outer, ["OUTER"]),
        "desk/places.csv": PLACES,
    }
    return Written(files, offices, outer.name)
