"""The voice elevenlabs: its real SDK against a fake service over the wire."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deployments.fake_cloud.elevenlabs_sound import encoded, spoken
from deployments.fake_cloud.state import Fault
from reels.errors import BadOutput, InvalidInput, TransientFailure
from reels.voice import Speech, voice
from reels.voice import elevenlabs_voices as catalog
from tests.reels.cloud.talking import Talking
from tests.reels.sound import assert_covers, read_wav
from tests.reels.voice.test_espeak import LINES

DEFAULT = "JBFqnCBsd6RMkjVDRZzb"


@pytest.fixture(autouse=True)
def _cloud(cloud):
    return cloud


def speak(line: str, to: Path, language: str = "en", name: str = "") -> Speech:
    return voice("elevenlabs").speak(line, language=language, voice=name, to=to / "line.wav")


def answer(line: str, **changed: Any) -> Fault:
    """A good answer for `line`, with parts of it changed."""
    sound, starts, ends = spoken(line)
    data, _ = encoded(sound, "mp3_44100_128")
    times = {
        "characters": list(line),
        "character_start_times_seconds": starts,
        "character_end_times_seconds": ends,
    }
    body = {"audio_base64": base64.b64encode(data).decode(), "alignment": times, **changed}
    return Fault(status=200, body=json.loads(json.dumps(body)))


@pytest.mark.parametrize(("language", "line"), LINES[::2])
def test_every_written_word_has_a_time_and_the_sound_is_as_asked(language, line, tmp_path) -> None:
    speech = speak(line, tmp_path, language)

    samples, rate_hz = read_wav(speech.path)
    assert rate_hz == 48_000
    assert speech.duration_s == pytest.approx(len(samples) / rate_hz, abs=1e-6)
    assert_covers(speech.words, line, speech.duration_s)


def test_words_sound_when_their_times_say_so(tmp_path) -> None:
    speech = speak("Oooo. Aaaa. Eeee.", tmp_path)
    samples, rate_hz = read_wav(speech.path)
    loud = np.zeros(len(samples), bool)
    for word in speech.words or ():
        loud[int(word.start_s * rate_hz) : int(word.end_s * rate_hz)] = True

    def rms(part: Any) -> float:
        return float(np.sqrt(np.mean(part**2)))

    assert rms(samples[loud]) > 20 * rms(samples[~loud])


@pytest.mark.parametrize(
    "changed",
    [
        {"alignment": None},
        {"alignment": {"characters": ["x"]}},
        {"alignment": [1, 2]},
        {"alignment": "none"},
        {
            "alignment": {
                "characters": list("Tea is."),
                "character_start_times_seconds": [0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0],
                "character_end_times_seconds": [0.5] * 7,
            }
        },
    ],
    ids=["null", "parts missing", "a list", "text", "backwards"],
)
def test_speech_without_times_that_can_be_has_no_words(cloud, changed, tmp_path) -> None:
    cloud.state.plan("elevenlabs", [answer("Tea is.", **changed)])

    speech = speak("Tea is.", tmp_path)

    assert speech.words is None
    assert speech.duration_s > 0.4


def test_the_normalised_text_is_of_use_where_it_is_the_line(cloud, tmp_path) -> None:
    good = json.loads(answer("Tea is.").model_dump_json())["body"]["alignment"]
    cloud.state.plan("elevenlabs", [answer("Tea is.", alignment=None, normalized_alignment=good)])

    speech = speak("Tea is.", tmp_path)

    assert_covers(speech.words, "Tea is.", speech.duration_s)


@pytest.mark.parametrize(
    "sound",
    ["", "%%%", base64.b64encode(b'{"detail": "x"}').decode(), base64.b64encode(b"RIFF").decode(),
     base64.b64encode(encoded(np.zeros(44_100, np.float32), "mp3")[0]).decode()],
    ids=["empty", "no base64", "JSON", "broken", "silent"],
)  # fmt: skip
def test_what_is_no_speech_is_bad_output(cloud, sound, tmp_path) -> None:
    cloud.state.plan("elevenlabs", [answer("Tea.", audio_base64=sound)])

    with pytest.raises(BadOutput) as failed:
        speak("Tea.", tmp_path)

    assert failed.value.provider == "elevenlabs"
    assert not (tmp_path / "line.wav").exists()


def test_markup_of_the_service_in_a_line_stays_text(monkeypatch, tmp_path) -> None:
    line = 'Wait <break time="3s"/> [shouting] now'
    with Talking(b"HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\n{}") as (url, heard):
        monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_BASE_URL", url)
        with pytest.raises(TransientFailure):
            speak(line, tmp_path)
        monkeypatch.undo()

    sent = json.loads(heard[0].partition(b"\r\n\r\n")[2])
    assert sent["text"] == 'Wait  break time="3s"/   shouting  now'
    assert sent["model_id"] == "eleven_multilingual_v2"
    assert heard[0].startswith(f"POST /v1/text-to-speech/{DEFAULT}/with-timestamps".encode())


@pytest.mark.parametrize("line", ["", "…", "🙂 —"])
def test_a_line_without_anything_to_speak_is_refused_for_nothing(cloud, line, tmp_path) -> None:
    with pytest.raises(InvalidInput) as refused:
        speak(line, tmp_path)

    assert refused.value.field == "narration"
    assert cloud.state.calls == []


@pytest.mark.parametrize("name", ["rachel", "RACHEL", "21m00Tcm4TlvDq8ikWAM", "George"])
def test_a_voice_is_named_by_its_id_or_its_name(name, tmp_path) -> None:
    assert speak("Tea.", tmp_path, name=name).duration_s > 0


def test_a_voice_that_does_not_exist_is_the_callers_error(tmp_path) -> None:
    for name in ("nobody", "AAAAAAAAAAAAAAAAAAAA"):
        with pytest.raises(InvalidInput, match="GET /voices") as refused:
            speak("Tea.", tmp_path, name=name)
        assert refused.value.field == "voice"


def test_the_version_names_all_that_shapes_the_speech(monkeypatch) -> None:
    before = voice("elevenlabs").version
    assert "eleven_multilingual_v2" in before
    assert DEFAULT in before

    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_MODEL_ID", "eleven_v3")
    assert voice("elevenlabs").version != before


def test_languages_and_checks_ask_nobody(cloud, monkeypatch) -> None:
    speaker = voice("elevenlabs")

    speaker.check("pt-BR", "Rachel")
    assert {"en", "ru", "ja"} <= speaker.languages()
    assert not speaker.speaks("th")
    with pytest.raises(InvalidInput) as refused:
        speaker.check("th", "")
    assert refused.value.field == "language"
    with pytest.raises(InvalidInput) as refused:
        speaker.check("en", "../../v1/user")
    assert refused.value.field == "voice"
    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_MODEL_ID", "eleven_v3")
    assert voice("elevenlabs").speaks("th")
    assert cloud.state.calls == []


@pytest.mark.parametrize(
    ("model", "code"),
    [("eleven_multilingual_v2", None), ("eleven_flash_v2_5", "pt"), ("eleven_v3", "pt")],
)
def test_only_models_that_take_a_language_are_told_it(model, code) -> None:
    assert catalog.language_code(model, "pt-BR") == code


def test_the_list_of_voices_has_every_page_and_is_asked_for_once_in_five_minutes(
    cloud, monkeypatch
) -> None:
    monkeypatch.setattr(catalog, "_PAGE", 2)
    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_API_KEY", "a-key-of-this-test")

    first = voice("elevenlabs").voices()
    again = voice("elevenlabs").voices()

    assert [each.name for each in first] == ["George - Warm Storyteller", "Rachel", "Мария"]
    assert first[2].language == "ru"
    assert first[0].preview_url == f"https://voices.example/{DEFAULT}.mp3"
    assert again == first
    assert len(cloud.state.counted("elevenlabs", "voices")) == 2


def test_another_key_does_not_see_the_voices_of_the_first(cloud, monkeypatch) -> None:
    for key in ("key-one-of-a-test", "key-two-of-a-test"):
        monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_API_KEY", key)
        voice("elevenlabs").voices()

    assert len(cloud.state.counted("elevenlabs", "voices")) == 2
