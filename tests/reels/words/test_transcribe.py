"""What users bring is transcribed: the model of these tests hears a known text in any sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reels.errors import BadOutput, InvalidInput
from reels.words import transcriber
from reels.words.transcribe import transcribe
from tests.reels.sound import assert_covers, write_wav
from tests.reels.words.conftest import SETTING
from tests.reels.words.whisper_kit import TOKEN_S, checkpoint, sound

pytestmark = pytest.mark.slow
SAYS = "Два сердца, a state-of-the-art heart. Stop the heart!"


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("whisper", reason="needs the extra whisper")
    path = tmp_path_factory.mktemp("whisper") / "speaking.pt"
    return checkpoint(path, says=SAYS, language="ru")


@pytest.fixture(autouse=True)
def _model(speaking: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, str(speaking))


def test_a_sound_becomes_its_words_its_sentences_and_its_language(tmp_path: Path) -> None:
    found = transcriber("whisper").transcribe(sound(tmp_path / "own.wav", 8.0), None)
    assert found.language == "ru"
    assert_covers(found.words, SAYS, 8.0)
    assert [segment.text for segment in found.segments] == [
        "Два сердца, a state-of-the-art heart.",
        "Stop the heart!",
    ]
    assert found.segments[1].start_s == found.words[5].start_s
    assert found.words[0].end_s == pytest.approx(2 * TOKEN_S, abs=0.05)


def test_a_long_sound_is_heard_to_its_end(tmp_path: Path) -> None:
    shares: list[float] = []
    found = transcribe(sound(tmp_path / "own.wav", 70.0), "ru", shares.append)
    assert len(shares) >= 3
    assert (shares, shares[-1]) == (sorted(shares), 1.0)
    assert_covers(found.words, " ".join([SAYS] * 3), 70.0)
    assert found.words[-1].start_s > 60.0


def test_silence_has_no_words(tmp_path: Path) -> None:
    found = transcribe(write_wav(tmp_path / "own.wav", np.zeros(160_000), 16_000), "en")
    assert (found.language, found.words, found.segments) == ("en", (), ())


def test_the_sound_of_a_video_is_taken(tmp_path: Path) -> None:
    from reels import ffmpeg

    wav = sound(tmp_path / "own.wav", 4.0)
    args = ["-f", "lavfi", "-i", "color=s=64x64:r=10:d=4", "-i", wav.name, "-shortest", "own.mp4"]
    ffmpeg.run(args, tmp_path, 30)
    found = transcribe(tmp_path / "own.mp4", None)
    assert " ".join(word.text for word in found.words) == SAYS


def test_what_is_no_sound_and_no_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.wav").write_bytes(b"no sound")
    with pytest.raises(BadOutput, match="sound"):
        transcribe(tmp_path / "own.wav", None)
    with pytest.raises(InvalidInput) as refused:
        transcribe(sound(tmp_path / "own.wav", 1.0), "tlh")
    assert refused.value.field == "language"
