"""What a service has made before counts only while it would make the same again."""

from __future__ import annotations

import pytest

from reels.services import SERVICES


@pytest.mark.parametrize(
    ("service", "setting", "value"),
    [
        ("text-service", "STORYBOARD_PROVIDER", "gemini,outline"),
        ("text-service", "DEFAULT_LANGUAGE", "ru"),
        ("voice-service", "TTS_PROVIDER", "gemini,espeak"),
        ("voice-service", "TTS_VOICE", "m3"),
        ("voice-service", "DEFAULT_LANGUAGE", "ru"),
        ("image-service", "TEXT2IMG_PROVIDER", "gemini"),
        ("image-service", "DEFAULT_LANGUAGE", "ru"),
        ("video-service", "DEFAULT_LANGUAGE", "ru"),
    ],
)
def test_a_setting_that_shapes_results_is_part_of_the_version(
    service: str, setting: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = SERVICES[service].version
    monkeypatch.setenv(f"VIDEO_SERVICE_{setting}", value)
    assert SERVICES[service].version != before


@pytest.mark.parametrize(
    ("service", "chain", "model"),
    [
        ("text-service", ("STORYBOARD_PROVIDER", "gemini"), "GEMINI_MODEL"),
        ("voice-service", ("TTS_PROVIDER", "gemini"), "GEMINI_TTS_MODEL"),
        ("image-service", ("TEXT2IMG_PROVIDER", "gemini"), "GEMINI_IMAGE_MODEL"),
    ],
)
def test_another_model_is_another_version(
    service: str, chain: tuple[str, str], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"VIDEO_SERVICE_{chain[0]}", chain[1])
    before = SERVICES[service].version
    monkeypatch.setenv(f"VIDEO_SERVICE_{model}", "a-model-of-another-year")
    assert SERVICES[service].version != before


def test_services_are_listed_under_their_own_names() -> None:
    assert {name: service.name for name, service in SERVICES.items()} == {
        name: name for name in SERVICES
    }
