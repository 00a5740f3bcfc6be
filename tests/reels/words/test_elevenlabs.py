"""The aligner elevenlabs: its real SDK against a fake service over the wire."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deployments.fake_cloud.state import Fault
from reels.errors import BadOutput, TransientFailure
from reels.words import aligner
from tests.reels.cloud.talking import Talking
from tests.reels.sound import assert_covers, write_wav


@pytest.fixture(autouse=True)
def _cloud(cloud):
    return cloud


@pytest.fixture
def speech(tmp_path) -> Path:
    """Half a second of silence, two seconds of sound, half a second of silence."""
    tone = np.sin(np.arange(96_000) * 0.05) * 0.4
    return write_wav(tmp_path / "my secret name.wav", np.pad(tone, 24_000))


@pytest.mark.parametrize(
    "text",
    [
        "The octopus has three hearts.",
        "“Ух ты!” — сказал 21 осьминог 🐙",
        "你好世界。",
        "a\tb\u00a0c\nd",
    ],
)
def test_every_written_word_has_a_time_where_it_sounds(text, speech) -> None:
    words = aligner("elevenlabs").align(speech, text, "en")

    assert_covers(words, text, 3.0)
    assert words[0].start_s == pytest.approx(0.5, abs=0.02)
    assert words[-1].end_s == pytest.approx(2.5, abs=0.02)


@pytest.mark.parametrize(
    "body",
    [
        {"words": [], "characters": [], "loss": 0.1},
        {"words": [{"text": "other", "start": 0, "end": 1, "loss": 0}]},
        {"words": [{"text": "Tea"}]},
        {"words": None},
        {"words": [{"text": "Tea", "start": 2.0, "end": 1.0}]},
        {"words": [{"text": "Tea", "start": 0.0, "end": 99.0}]},
        {"nothing": 1},
    ],
)
def test_an_alignment_that_does_not_fit_is_bad_output(cloud, body, speech) -> None:
    cloud.state.plan("elevenlabs", [Fault(status=200, body=body)])

    with pytest.raises(BadOutput, match="does not fit"):
        aligner("elevenlabs").align(speech, "Tea", "en")


def test_neither_the_files_name_nor_its_tags_are_sent(monkeypatch, speech) -> None:
    with Talking(b"HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\n{}") as (url, heard):
        monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_BASE_URL", url)
        with pytest.raises(TransientFailure):
            aligner("elevenlabs").align(speech, "Tea", "en")

    assert b'filename="speech.wav"' in heard[0]
    assert b"secret" not in heard[0]
