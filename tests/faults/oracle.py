"""What must hold when a fault test is over, whatever was done meanwhile: one sentence for each thing that does not."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.faults.harness import Ground


def unkept_promises(ground: Ground, promised: dict[str, str], filers: set[str]) -> list[str]:
    """Compare what citizens were told (reference by number) and who may have filed with what the database holds."""
    rows = ground.rows("SELECT number, reference FROM request")
    held = {(number, reference.replace("-", "")) for number, reference in rows}
    times = Counter(number for number, _ in rows)
    lost = [told for number, told in promised.items() if (number, told.replace("-", "")) not in held]
    twice = [number for number, count in times.items() if count > 1]
    unasked = [number for number in times if number not in filers]
    return [
        *([f"{len(lost)} acknowledged requests are lost, such as {lost[0]}"] if lost else []),
        *([f"{len(twice)} citizens' requests were filed twice"] if twice else []),
        *([f"{len(unasked)} requests were filed by nobody"] if unasked else []),
    ]


def unbalanced(ground: Ground) -> list[str]:
    """Return what `gateway verify` says against the books."""
    done = ground.run("verify")
    return [] if done.returncode == 0 else [f"gateway verify exits {done.returncode}: {done.stderr.strip()[:500]}"]


def wrongly_delivered(ground: Ground, received: list[dict[str, Any]]) -> list[str]:
    """Compare what the office has (`GET /received`) with what the database says that it has."""
    had = Counter((entry["key"], json.dumps(entry["body"], sort_keys=True)) for entry in received if entry["key"])
    bodies = Counter(key for key, _ in had)
    sent = ground.rows("SELECT o.key, r.state FROM outbox AS o JOIN request AS r ON r.id = o.request")
    missing = [key for key, state in sent if state == "delivered" and key not in bodies]
    unsettled = Counter(state for _, state in sent if state != "delivered")
    strange = set(bodies) - {key for key, _ in sent}
    return [
        *([f"{len(missing)} requests count as delivered, but the office has never seen them"] if missing else []),
        *([f"the office got different bodies under one key: {key}" for key, count in bodies.items() if count > 1]),
        *([f"the office has {len(strange)} keys that are not in the database"] if strange else []),
        *([f"requests are not delivered: {dict(unsettled)}"] if unsettled else []),
    ]
