"""What a hostile caller, a bad network or an odd office might do, and must not get away with."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

from gateway import config
from gateway.cli import serve
from tests.town import written_config


async def test_who_calls_is_not_taken_from_a_header_unless_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uvicorn by itself believes X-Forwarded-For of whoever connects from this machine."""
    made: list[uvicorn.Config] = []

    def fake(settings: uvicorn.Config) -> Any:
        made.append(settings)

        async def nothing() -> None:
            await made[0].app.store.close()  # type: ignore[union-attr]

        return SimpleNamespace(serve=nothing)

    monkeypatch.setattr(serve.uvicorn, "Server", fake)
    monkeypatch.setattr(serve.signal, "signal", lambda *_: None)
    await serve._served(config.load(written_config(tmp_path)))
    assert not made[0].proxy_headers
