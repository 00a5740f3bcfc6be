"""`make up` says what it cannot start with before it starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.up import main


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("VIDEO_SERVICE_TEXT2IMG_PROVIDER", "dalle", "gemini, generated, stock_picture"),
        ("VIDEO_SERVICE_ENCODER", "h266", "'libx264'"),
        ("VIDEO_SERVICE_PROVIDER_ATTEMPTS", "0", "greater than or equal to 1"),
    ],
)
def test_a_setting_that_cannot_be_is_told_by_its_name_with_its_choices(
    setting: str,
    value: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv(setting, value)
    assert main(["--api-port", "0", "--prefect-port", "0"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count(setting) == 1
    assert told in said
    assert not (tmp_path / "data").exists()
