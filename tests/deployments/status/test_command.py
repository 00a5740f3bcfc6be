"""`python -m deployments.status` makes the table, and says what it needs for that."""

from __future__ import annotations

import pytest

from deployments.status.__main__ import main
from tests.postgres_kit import PASSWORD, running_postgres


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DSN", "WEBHOOK_URL", "WEBHOOK_SECRET"):
        monkeypatch.delenv(f"VIDEO_SERVICE_STATUS_{name}", raising=False)


def test_without_a_database_it_says_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--make-table"]) == 1
    assert "VIDEO_SERVICE_STATUS_DSN" in capsys.readouterr().err


def test_a_setting_that_cannot_be_is_told_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_STATUS_WEBHOOK_URL", "ftp://hidden-word")
    assert main([]) == 1
    told = capsys.readouterr().err
    assert "VIDEO_SERVICE_STATUS_WEBHOOK_URL" in told
    assert "hidden-word" not in told


def test_the_table_is_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_postgres() as server:
        monkeypatch.setenv("VIDEO_SERVICE_STATUS_DSN", server.dsn)
        assert main(["--make-table"]) == 0
        assert server.ask("select count(*) from videos") == [(0,)]
        server.stop()
        assert main(["--make-table"]) == 1
    told = capsys.readouterr()
    assert "cannot be reached (Connection refused)" in told.err
    assert PASSWORD not in told.out + told.err
