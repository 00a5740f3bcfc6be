"""A bench for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reels.services.kit import FileBench


@pytest.fixture
def bench(tmp_path: Path) -> FileBench:
    return FileBench(tmp_path / "bench")
