"""Settings say at once, and by their names, what they cannot be."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from reels.checks import CHOSEN
from reels.settings import TEXT2IMG_PROVIDERS, FlowSettings, RecoverySettings

SETTING = "VIDEO_SERVICE_TEXT2IMG_PROVIDER"


@pytest.mark.parametrize(
    ("given", "kind"),
    [("gemini", "generated"), ("Gemini ", "generated"), ("generated", "generated"), ("", "")],
)
def test_whose_pictures_are_wanted_names_a_visual_kind(
    given: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, given)
    assert FlowSettings().text2img_provider == kind


@pytest.mark.parametrize("given", ["dalle", "slide,gemini", "x" * 5000])
def test_a_picture_maker_that_is_none_is_told_with_its_setting_and_the_choices(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, given)
    with pytest.raises(ValidationError) as refused:
        FlowSettings()
    message = refused.value.errors()[0]["msg"]
    assert SETTING in message
    assert "gemini, generated, stock_picture, stock_clip" in message
    assert len(message) < 300


def test_every_choice_is_a_kind_that_storyboarders_choose_from() -> None:
    assert set(filter(None, TEXT2IMG_PROVIDERS.values())) <= set(CHOSEN)


def test_a_lease_that_one_late_sign_of_life_would_end_is_refused() -> None:
    assert RecoverySettings(heartbeat_s=5, lease_s=15).lease_s == 15
    with pytest.raises(ValidationError, match="VIDEO_SERVICE_LEASE_S must be three times"):
        RecoverySettings(heartbeat_s=5, lease_s=14)
