"""The API does not start where it would be open to anybody, and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.serve_api import main as serve
from deployments.up import main as bring_up

OPEN = {"VIDEO_SERVICE_HOST": "0.0.0.0"}
PUBLIC = "-----BEGIN PUBLIC KEY-----"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (OPEN, "VIDEO_SERVICE_AUTH is dev"),
        ({"VIDEO_SERVICE_HOST": "::"}, "VIDEO_SERVICE_AUTH is dev"),
        ({"VIDEO_SERVICE_AUTH": "gateway"}, "VIDEO_SERVICE_GATEWAY_SECRET is empty"),
        (
            {"VIDEO_SERVICE_AUTH": "gateway", "VIDEO_SERVICE_GATEWAY_SECRET": "hunter2"},
            "VIDEO_SERVICE_GATEWAY_SECRET must have 16 characters",
        ),
        ({"VIDEO_SERVICE_AUTH": "jwt"}, "exactly one of VIDEO_SERVICE_JWKS_URL"),
        (
            {"VIDEO_SERVICE_AUTH": "jwt", "VIDEO_SERVICE_JWT_KEY": f"{PUBLIC}\nhunter2"},
            "VIDEO_SERVICE_JWT_KEY holds no public key",
        ),
        ({"VIDEO_SERVICE_AUTH": "none"}, "VIDEO_SERVICE_AUTH"),
        ({"VIDEO_SERVICE_ALLOWED_ORIGINS": "*"}, "VIDEO_SERVICE_ALLOWED_ORIGINS"),
    ],
)
def test_what_would_let_anybody_in_or_nobody_is_told_before_anything_starts(
    settings: dict[str, str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_DATA_DIR", str(tmp_path / "data"))
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    for start in (serve, bring_up):
        assert start(["--port", "0"] if start is serve else ["--api-port", "0"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("error: ")
        assert told in said
        assert "hunter2" not in said
    assert not (tmp_path / "data").exists()
