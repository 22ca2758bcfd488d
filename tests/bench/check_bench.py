"""How long `gateway check` takes for many services, as a whole process.

`python -m tests.bench.check_bench` copies the sample services under other names until there are a hundred, checks them
three times, and says the best time. `--most 2` makes it fail above two seconds.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config.example.yaml"
TIMES = 3


def copied(services: int, folder: Path) -> int:
    """Write so many services or a few more into `folder`, with the lists beside them; return how many there are."""
    samples = sorted(path for path in (ROOT / "menus").rglob("*.yaml") if ".test" not in path.suffixes)
    names = sorted((_name(path) for path in samples), key=len, reverse=True)
    count = -(-services // len(samples)) * len(samples)  # a copy that others go into must be there
    for number in range(count):
        sample = samples[number % len(samples)]
        generation = number // len(samples)
        beside = folder / f"{sample.parent.name}-{generation}"
        beside.mkdir(parents=True, exist_ok=True)
        for listed in sample.parent.glob("*.csv"):
            (beside / listed.name).write_bytes(listed.read_bytes())
        name, text = sample.stem, sample.read_text("utf-8")
        if generation:
            name, text = f"{sample.stem}-{generation}", _renamed(text, names, generation)
        (beside / f"{name}.yaml").write_text(text, "utf-8")
    return count


def _name(sample: Path) -> str:
    found = re.search(r"^service: *(\S+)", sample.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def _renamed(text: str, names: list[str], generation: int) -> str:
    """A copy has another name, goes into copies, and has no keywords."""
    text = re.sub(r"^keywords:.*\n(?:[ ]+.*\n)*", "", text, flags=re.MULTILINE)
    known = "|".join(map(re.escape, names))
    return re.sub(rf"(?P<key>\b(?:service|do): *)(?P<name>{known})(?![\w/-])", rf"\g<key>\g<name>-{generation}", text)


def measured(folder: Path) -> float:
    """Return how many seconds the command takes. Raises CalledProcessError unless the services are good."""
    command = [str(Path(sys.executable).with_name("gateway")), "check", str(folder), "--config", str(CONFIG)]
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - began


def main() -> None:
    """Measure, and say it in one line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--services", type=int, default=100)
    asked.add_argument("--most", type=float, help="seconds it may take")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        count = copied(given.services, Path(folder))
        best = min(measured(Path(folder)) for _ in range(TIMES))
    sys.stdout.write(f"{count} services checked in {best:.2f} s, the best of {TIMES}\n")
    if given.most is not None and best > given.most:
        sys.exit(f"more than {given.most} s")


if __name__ == "__main__":
    main()
