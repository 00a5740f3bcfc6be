"""Checkpoints for Whisper, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reels.words.whisper_kit import checkpoint

SETTING = "VIDEO_SERVICE_WHISPER_LOCAL_MODEL"


@pytest.fixture(scope="session")
def whisper_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("whisper", reason="needs the extra whisper")
    return checkpoint(tmp_path_factory.mktemp("whisper") / "known.pt")


@pytest.fixture
def whisper_model(whisper_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings name a model whose alignment is known."""
    monkeypatch.setenv(SETTING, str(whisper_checkpoint))
    return whisper_checkpoint
