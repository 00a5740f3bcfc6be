"""A whole job of all services at once, whose words a local Whisper aligns."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.cloud_kit import a_house, adds_up
from tests.reels.words.whisper_kit import checkpoint

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_job_of_all_services_and_whisper_adds_up_to_the_cent(tmp_path: Path) -> None:
    """Gemini writes and draws, ElevenLabs speaks and plays, Whisper aligns, for nothing."""
    pytest.importorskip("whisper", reason="needs the extra whisper")
    with a_house(
        tmp_path / "stack",
        VIDEO_SERVICE_WORDS_PROVIDER="whisper",
        VIDEO_SERVICE_WHISPER_LOCAL_MODEL=str(checkpoint(tmp_path / "known.pt")),
    ) as house:
        manifest = house.ready("Why does an octopus have three hearts?", words="align")
        calls = house.cloud.state.calls
    scenes = manifest["scenes"]
    assert manifest["storyboard_provider"] == "gemini"
    assert "generated" in {scene["visual_provider"] for scene in scenes}
    assert {scene["voice_provider"] for scene in scenes} == {"elevenlabs"}
    assert {scene["words_provider"] for scene in scenes} == {"whisper"}
    assert manifest["music_provider"] == "elevenlabs"
    assert (manifest["degraded"], manifest["fallbacks"]) == ([], [])
    made = [call.operation for call in calls]
    assert {"storyboard", "picture", "music"} <= set(made)
    assert made.count("speech") == len(scenes)
    assert manifest["cost_usd"] > 0
    assert adds_up(manifest, calls)
