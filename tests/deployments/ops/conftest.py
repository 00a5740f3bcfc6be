"""Operators' commands in an environment that means this test's directory alone."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory that is not there yet, and no server of anybody's."""
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "VIDEO_SERVICE_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIDEO_SERVICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VIDEO_SERVICE_STORE", "local")
    return tmp_path / "data"
