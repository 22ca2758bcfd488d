"""What tests of several files need."""

from __future__ import annotations

import pytest

from gateway.config import safety


@pytest.fixture
def known_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the example's secrets pass where they are refused, since everybody knows them: behind a proxy."""
    monkeypatch.setattr(safety, "DEMO_SECRETS", frozenset())
