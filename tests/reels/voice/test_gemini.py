"""Speech by Gemini: raw samples become a file, and what is no speech is refused."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from reels.cloud.charges import keep_books
from reels.errors import BadOutput, InvalidInput
from reels.voice import voice
from reels.voice.base import Speech
from tests.reels.cloud.gemini_kit import inline, said
from tests.reels.cloud.ledger import Ledger

LINE = "Tea is a leaf."


def speak(to: Path, line: str = LINE, chosen: str = "") -> Speech:
    return voice("gemini").speak(line, language="en", voice=chosen, to=to / "speech.wav")


def samples(seconds: float, rate_hz: int = 24_000, level: float = 0.3) -> bytes:
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    tone = level * np.sin(2 * np.pi * 440 * at_s)
    return np.rint(tone * 32767).astype("<i2").tobytes()


def raw(data: bytes, mime_type: str = "audio/L16;codec=pcm;rate=24000") -> Fault:
    return said(inline(mime_type, data))


def test_a_line_is_a_wav_of_the_house_without_word_times(cloud: Cloud, tmp_path: Path) -> None:
    found = speak(tmp_path)
    with wave.open(str(found.path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        assert file.getnframes() / 48_000 == pytest.approx(found.duration_s)
    assert found.words is None


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 48_000])
def test_the_rate_of_the_samples_is_the_one_that_the_type_tells(
    cloud: Cloud, tmp_path: Path, rate_hz: int
) -> None:
    kind = f"audio/L16;codec=pcm;rate={rate_hz}"
    cloud.state.plan("gemini", [raw(samples(1.0, rate_hz), kind)])
    assert speak(tmp_path).duration_s == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (said({"text": "I cannot speak."}), "words in place of speech"),
        (raw(b"\0\0" * 24_000), "silent"),
        (raw(samples(30.0)), "spoke for 30 s"),
        (said(inline("audio/mp3", b'{"error": "no"}')), "in place of a sound"),
        (said(inline("audio/wav", b"RIFF....")), "decoded"),
    ],
)
def test_what_is_no_speech_is_refused(
    cloud: Cloud, tmp_path: Path, reply: Fault, words: str
) -> None:
    cloud.state.plan("gemini", [reply])
    with pytest.raises(BadOutput, match=words):
        speak(tmp_path)


def test_speech_costs_what_the_service_counted(cloud: Cloud, tmp_path: Path) -> None:
    books = Ledger()
    with keep_books(books):
        speak(tmp_path, chosen="puck")
    assert books.charges[0].units == cloud.state.counted("gemini", "speech")[0].units


@pytest.mark.parametrize(
    ("language", "name", "field"), [("tlh", "", "language"), ("en", "Nobody", "voice")]
)
def test_a_language_or_a_voice_that_is_not_there_is_refused_without_a_call(
    language: str, name: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        voice("gemini").check(language, name)
    assert caught.value.field == field


def test_nothing_to_speak_is_refused_without_a_call(cloud: Cloud, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        speak(tmp_path, "— … —")
    assert cloud.state.counted("gemini") == []


def test_every_voice_that_is_listed_can_be_asked_for() -> None:
    listed = voice("gemini").voices()
    assert len({each.id for each in listed}) == len(listed) == 30
    for each in listed:
        voice("gemini").check("ru-RU", each.id.upper())


def test_the_version_names_the_model_and_the_default_voice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_TTS_MODEL", "speaker-next")
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_TTS_VOICE", "Puck")
    assert "speaker-next" in voice("gemini").version
    assert "Puck" in voice("gemini").version
