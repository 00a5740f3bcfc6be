"""`make up FAKE_CLOUD=1`: the paid services on loopback, a part of the stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.plan import answers
from deployments.stack import running_stack
from tests.flows.conftest import Videos

pytestmark = pytest.mark.slow


def test_a_fake_cloud_makes_videos_and_stops_with_its_stack(tmp_path: Path) -> None:
    """Nothing is set but the option; words are aligned here, for nothing."""
    with running_stack(tmp_path, with_cloud=True) as stack:
        health = f"{stack.addresses.cloud_url}/_fake/health"
        assert answers(health)
        videos = Videos(stack)
        asked = {"idea": "Why do cats purr?", "duration_s": 10, "aspect": "1:1"}
        job = videos._post({**asked, "words": "align", "auto_approve": True})
        videos.until(job, "ready")
        manifest = videos.manifest(job)
    assert not answers(health)
    scenes = manifest["scenes"]
    assert manifest["storyboard_provider"] == "gemini"
    assert {scene["voice_provider"] for scene in scenes} == {"elevenlabs"}
    assert {scene["words_provider"] for scene in scenes} == {"dtw"}
    assert manifest["degraded"] == []
    assert manifest["cost_usd"] > 0
