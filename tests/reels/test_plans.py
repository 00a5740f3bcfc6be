"""What the pools are given: a plan holds one task, and plans of earlier releases stay valid."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from reels.plans import Transcribed, TranscribePlan

AUDIO = {"key": "a.wav", "sha256": "0" * 64, "size_bytes": 1, "media_type": "audio/wav"}
LINE = {
    "speech": {"audio": AUDIO, "duration_s": 1.0, "provider": "espeak", "words": None},
    "text": "Two hearts.",
}


def test_a_plan_of_lines_from_before_sounds_could_be_given_is_still_one() -> None:
    plan = TranscribePlan.model_validate({"language": "en", "aligner": "dtw", "lines": [LINE]})
    assert plan.audio is None
    assert Transcribed.model_validate({"lines": []}).transcript is None


def test_a_sound_needs_no_language() -> None:
    assert TranscribePlan.model_validate({"aligner": "whisper", "audio": AUDIO}).language is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"language": "en"}, "either lines or audio"),
        ({"language": "en", "lines": [LINE], "audio": AUDIO}, "either lines or audio"),
        ({"lines": [LINE]}, "their language"),
    ],
)
def test_a_plan_without_one_clear_task_is_refused(content: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TranscribePlan.model_validate({"aligner": "whisper", **content})
