"""The house stands on its floors: imports only go down, and a pure module touches nothing outside itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FLOORS: dict[str, int] = {
    "gateway": 0,  # the package itself: its version
    "gateway.contracts": 0,
    "gateway.messages": 0,
    "gateway.references": 0,
    "gateway.speech": 0,
    "gateway.transcript": 0,
    "gateway.language": 0,
    "gateway.engine": 1,
    "providers": 1,
    "gateway.store": 2,
    "gateway.config": 3,
    "gateway.crypto": 3,
    "gateway.catalogue": 3,
    "gateway.editions": 3,
    "gateway.watch": 3,
    "gateway.importers": 3,
    "gateway.sight": 3,
    "gateway.lookups": 3,
    "gateway.outbox": 3,
    "gateway.parts": 3,
    "gateway.promises": 3,
    "gateway.states": 3,
    "gateway.talk": 3,
    "gateway.turns": 3,
    "gateway.sms": 3,
    "gateway.spending": 3,
    "gateway.workshop": 3,
    "gateway.web": 4,
    "gateway.app": 5,
    "gateway.cli": 5,
}
PURE = (
    "gateway.contracts", "gateway.messages", "gateway.references", "gateway.speech", "gateway.transcript",
    "gateway.language", "gateway.engine", "gateway.spending",
    "gateway.workshop.offline", "gateway.workshop.paths", "gateway.workshop.report",
    "gateway.workshop.samples", "gateway.workshop.tariff", "gateway.workshop.playing.calling",
    "gateway.workshop.conformance.report", "gateway.workshop.conformance.understanding",
    "gateway.workshop.conformance.choosing", "gateway.workshop.conformance.hiding",
    "gateway.workshop.conformance.proving", "gateway.workshop.printable",
    "gateway.importers",
)  # fmt: skip
# What a pure module may not import: chance, clocks, files, networks, databases, frameworks, logs.
OUTSIDE = {
    "asyncio", "fastapi", "glob", "http", "httpx", "io", "logging", "os", "pathlib", "random", "secrets", "shutil",
    "socket", "sqlalchemy", "sqlite3", "sqlmodel", "ssl", "starlette", "structlog", "subprocess", "sys", "tempfile",
    "threading", "time", "urllib", "uuid", "uvicorn",
}  # fmt: skip
CLOCKS = {"now", "today", "utcnow"}


def modules() -> dict[str, Path]:
    found = {}
    for folder in ("gateway", "providers"):
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def floor(module: str) -> int | None:
    """Return the floor of the longest prefix that fits. `gateway` itself is no prefix: each of its rooms is named."""
    while module and module not in FLOORS:
        module = module.rpartition(".")[0]
        if module == "gateway":
            return None
    return FLOORS.get(module)


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports at run time; what stands under TYPE_CHECKING is not imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_only_go_down(module: str) -> None:
    here = floor(module)
    assert here is not None, f"{module} has no floor: add it to FLOORS"
    for name in imports(MODULES[module]):
        if name.split(".")[0] not in ("gateway", "providers"):
            continue
        there = floor(name)
        assert there is not None and there <= here, f"{module} (floor {here}) imports {name} (floor {there})"


@pytest.mark.parametrize("module", [name for name in sorted(MODULES) if name.startswith("providers")])
def test_providers_know_only_the_words_that_all_share(module: str) -> None:
    ours = {name for name in imports(MODULES[module]) if name.startswith("gateway")}
    assert ours <= {"gateway.contracts", "gateway.messages", "gateway.speech"}, f"{module} imports {ours}"


@pytest.mark.parametrize("module", [name for name in sorted(MODULES) if name.startswith(PURE)])
def test_a_pure_module_touches_nothing(module: str) -> None:
    outside = {name for name in imports(MODULES[module]) if name.split(".")[0] in OUTSIDE}
    assert not outside, f"{module} is pure, but imports {outside}"
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    }
    assert not calls, f"{module} is pure, but asks the clock: {calls}"


def test_there_is_no_cycle() -> None:
    graph = {name: {other for other in imports(path) if other in MODULES} for name, path in MODULES.items()}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for other in sorted(graph[module]):
                visit(other, (*path, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_the_floors_have_no_empty_room() -> None:
    for prefix in FLOORS:
        assert any(name == prefix or name.startswith(prefix + ".") for name in MODULES), f"{prefix} is not there"


def test_no_room_is_called_utils() -> None:
    shapeless = {"utils", "helpers", "common", "core", "base", "manager", "service"}
    assert not {name for name in MODULES if name.rpartition(".")[2] in shapeless}
