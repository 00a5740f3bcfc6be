"""Which sinks there are is the settings' word, and what is secret there stays so."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from reels.settings import StatusSettings
from reels.sinks import SINKS, StatusSink, configured_sinks

DSN = "postgresql://a:hidden-word@127.0.0.1:9/b"
URL = "http://127.0.0.1:9/hidden-word"


def test_without_settings_there_is_no_sink() -> None:
    assert configured_sinks(StatusSettings(_env_file=None)) == ()


def test_each_listed_sink_has_its_own_name_and_keeps_the_protocol(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_STATUS_DSN", DSN)
    monkeypatch.setenv("VIDEO_SERVICE_STATUS_WEBHOOK_URL", URL)
    sinks = configured_sinks(StatusSettings(_env_file=None))
    assert len({sink.name for sink in sinks}) == len(SINKS)
    assert all(isinstance(sink, StatusSink) for sink in sinks)
    assert "hidden-word" not in repr(sinks)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBHOOK_URL", "ftp://x/hidden-word"),
        ("WEBHOOK_URL", "hidden-word"),
        ("WEBHOOK_URL", "http://x:99999/hidden-word"),
        ("WEBHOOK_URL", "http://x/hidden-word\nHost: y"),
        ("WEBHOOK_SECRET", "hidden-word"),
        ("WEBHOOK_SECRET", "whsec_aGlkZGVuLXdvcmQ="),
    ],
)
def test_what_cannot_be_is_told_by_its_setting_and_without_the_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"VIDEO_SERVICE_STATUS_{name}", value)
    with pytest.raises(ValidationError) as refused:
        StatusSettings(_env_file=None)
    assert f"VIDEO_SERVICE_STATUS_{name}" in str(refused.value)
    assert "hidden-word" not in str(refused.value)
    assert value not in str(refused.value)
