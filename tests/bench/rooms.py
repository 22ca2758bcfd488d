"""What is measured without a network: the disk's sync, and the engine's step. Touches one file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

import orjson

from gateway import engine
from gateway.language import reader
from gateway.language.text import USSD

ASKED = 8  # questions; with the menu, a branch, the review and the end it is a service of twelve screens
SERVICE = """\
service: permit
version: 1
agency: county
title: {en: Business permit, sw: Kibali cha biashara}
languages: [en, sw]
start: kind
screens:
  kind:
    choose:
      text: {en: What do you want?, sw: Unataka nini?}
      save: kind
      options:
        - {value: new, label: {en: A new permit, sw: Kibali kipya}, go: name}
        - {value: renew, label: {en: Renew a permit, sw: Huisha kibali}, go: name}
        - {value: close, label: {en: Close a business, sw: Funga biashara}, go: name}
  name: {ask: {text: Name of the business, save: name, answer: {kind: text, max: 40}, go: ward}}
  ward: {ask: {text: "{name}: which ward?", save: ward, answer: {kind: text, max: 40}, go: plot}}
  plot: {ask: {text: "Plot number (6 digits)", save: plot, answer: {kind: digits, length: 6}, go: staff}}
  staff: {ask: {text: How many people work there?, save: staff, answer: {kind: number, min: 1, max: 500}, go: fee}}
  fee: {ask: {text: "What was the last fee, in shillings?", save: fee, answer: {kind: number, min: 0}, go: since}}
  since: {ask: {text: "Since when (DD/MM/YYYY)?", save: since, answer: {kind: date}, go: food}}
  food: {ask: {text: Is food sold there?, save: food, answer: {kind: yes_no}, go: road}}
  road: {ask: {text: Which road is it on?, save: road, answer: {kind: text, max: 40}, go: large}}
  large:
    branch:
      - {when: 'staff > 100', go: review}
      - {go: review}
  review: {confirm: {text: "{kind}: {name}, {ward}, plot {plot}. Send?", go: done, change: kind}}
  done: {end: {text: Thank you. We will be in touch.}}
"""
TYPED = ("1", "Kalundu shop {n}", "Ward {n}", "{n:06d}", "7", "1500", "13/02/2019", "2", "Road {n}", "1")


def synced(folder: Path, times: int = 200) -> tuple[float, float]:
    """Return the median and the 99th percentile of writing and syncing 4 KiB, in seconds."""
    took = []
    with (folder / "sync.probe").open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(b"s" * 4096)
            begun = perf_counter()
            os.fdatasync(file.fileno())
            took.append(perf_counter() - begun)
    (folder / "sync.probe").unlink()
    took.sort()
    return median(took), took[int(times * 0.99)]


def file_system(folder: Path) -> str:
    """Return the type of the file system that holds a folder, such as ext4."""
    best = ("", "unknown")
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, mount, kind, *_ = line.split()
        if folder.resolve().is_relative_to(mount) and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1]


def stepped(journeys: int) -> tuple[float, float, float]:
    """Return medians in seconds of walking a service of twelve screens: a step, state to JSON, state from JSON.

    Every journey types something else, so that no cache of screens helps where it would not in life.
    """
    read = reader.read(SERVICE, "permit.yaml")
    assert read.service is not None, [str(complaint) for complaint in read.document.complaints]
    assert len(read.service.screens) == 12
    edition = engine.Edition("bench", {"permit": read.service})
    steps: list[float] = []
    writes: list[float] = []
    reads: list[float] = []
    for number in range(journeys):
        facts = engine.Facts("ussd", f"+999{number:09d}", datetime.now(UTC), number * 2**64 + 7, USSD)
        begun = perf_counter()
        step = engine.step(edition, None, engine.Opened("permit"), facts)
        steps.append(perf_counter() - begun)
        for answer in TYPED:
            typed = engine.Typed(answer.format(n=number))
            assert step.state is not None
            begun = perf_counter()
            stored = orjson.dumps(engine.plain(step.state))
            wrote = perf_counter()
            state = engine.restored(orjson.loads(stored))
            restored = perf_counter()
            step = engine.step(edition, state, typed, facts)
            steps.append(perf_counter() - restored)
            writes.append(wrote - begun)
            reads.append(restored - wrote)
        assert not step.more and step.text.startswith("Thank you"), step.text
    return median(steps), median(writes), median(reads)
