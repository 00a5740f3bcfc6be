"""The voice espeak, with the real engine."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reels.errors import InvalidInput, ProviderError, TransientFailure
from reels.models import MAX_NARRATION_CHARS
from reels.voice import Speech
from reels.voice.espeak import Espeak
from tests.reels.sound import assert_covers, read_wav

LINES = [
    ("en", "In 1969, 3.5 million — wow!"),
    ("en", '"Quoted", ‘state-of-the-art’ (really) — don\'t you think… so?'),
    ("en", "Dr. Smith, e.g. of the U.S.A., pays $5.20 at 10:30 a.m. for 50% on 2024-05-06."),
    ("en", "out of the box in the middle of a kind of thing I am going to do"),
    ("en", "Yes"),
    ("en", "So 🙂 good 👍🏽 → **bold** - done 1️⃣"),
    ("en", "12345678901234567890 1,234,567 3 000 000"),
    ("en-GB", "One\ttwo\u00a0three\nfour"),
    ("ru", "В 1969 году 3,5 миллиона — ух ты!"),
    ("ru", "Потому что в 21 веке, т. е. сейчас, 25% «умны», кое-что из-за 100 ₽ и №5."),
    ("de", "Der Hund läuft 100 m schnell, z. B. am 3. Mai – oder?"),
    ("pt-BR", "Não é só isso: são 20 mil pessoas!"),
    ("zh", "你好世界。今天天气很好！"),
    ("hi", "नमस्ते दुनिया, यह अच्छा है"),
]


def speak(line: str, to: Path, language: str = "en", voice: str = "") -> Speech:
    return Espeak().speak(line, language=language, voice=voice, to=to)


@pytest.mark.parametrize(("language", "line"), LINES)
def test_every_written_word_has_a_time_and_the_sound_is_clean(language, line, tmp_path) -> None:
    speech = speak(line, tmp_path / "line.wav", language)

    samples, rate_hz = read_wav(speech.path)
    assert rate_hz == 48_000
    assert speech.duration_s == pytest.approx(len(samples) / rate_hz, abs=1e-6)
    assert_covers(speech.words, line, speech.duration_s)
    assert 0.2 < np.abs(samples).max() < 10 ** (-1.5 / 20)
    assert abs(samples.mean()) < 1e-3


def test_words_sound_when_their_times_say_so(tmp_path) -> None:
    speech = speak("Stop. Listen. Now go.", tmp_path / "line.wav")
    samples, rate_hz = read_wav(speech.path)

    def rms(start_s: float, end_s: float) -> float:
        return float(np.sqrt(np.mean(samples[int(start_s * rate_hz) : int(end_s * rate_hz)] ** 2)))

    assert speech.words is not None
    for word, following in zip(speech.words[:2], speech.words[1:], strict=False):
        pause = rms(word.end_s + 0.03, following.start_s - 0.03)
        assert rms(word.start_s, word.end_s) > 20 * pause


def test_a_number_is_one_word_as_long_as_its_reading(tmp_path) -> None:
    words = speak("In 1969, yes", tmp_path / "line.wav").words

    assert words is not None
    assert words[1].text == "1969,"
    assert words[1].end_s - words[1].start_s > 1.2


def test_a_dash_takes_the_pause_between_its_neighbours(tmp_path) -> None:
    words = speak("Three million — wow", tmp_path / "line.wav").words

    assert words is not None
    assert words[2].text == "—"
    assert words[1].end_s == words[2].start_s
    assert words[2].end_s == words[3].start_s


def test_cyrillic_positions_are_counted_in_characters(tmp_path) -> None:
    words = speak("Первое слово, второе слово", tmp_path / "line.wav", "ru").words

    assert words is not None
    lengths_s = [word.end_s - word.start_s for word in words]
    assert all(0.2 < length_s < 0.8 for length_s in lengths_s)
    assert words[2].start_s - words[1].end_s > 0.1


def test_silence_at_both_ends_is_short(tmp_path) -> None:
    samples, rate_hz = read_wav(speak("Hello there.", tmp_path / "line.wav").path)

    loud = np.flatnonzero(np.abs(samples) > 0.02) / rate_hz
    assert 0.02 < loud[0] < 0.12
    assert 0.08 < len(samples) / rate_hz - loud[-1] < 0.25


def test_loudness_hardly_depends_on_the_voice_or_the_line(tmp_path) -> None:
    levels_db = []
    for language, voice, line in [
        ("en", "", "The octopus has three hearts and nine brains."),
        ("en", "f3", "The octopus has three hearts and nine brains."),
        ("en", "m7", "Blue blood, and eight clever arms."),
        ("ru", "", "У осьминога три сердца и девять мозгов."),
    ]:
        samples, _ = read_wav(speak(line, tmp_path / "line.wav", language, voice).path)
        levels_db.append(20 * np.log10(np.sqrt(np.mean(samples**2))))

    assert max(levels_db) - min(levels_db) < 2.0
    assert -23 < np.mean(levels_db) < -19


def test_the_same_line_gives_the_same_bytes_in_voices_without_breath_noise(tmp_path) -> None:
    """Variants with breath (f5) draw on noise that the engine does not seed."""
    digests = {
        hashlib.sha256(speak("Once more, 42.", tmp_path / "a.wav", voice=voice).path.read_bytes())
        for voice in ("", "klatt4")
        for _ in range(3)
    }

    assert len({digest.hexdigest() for digest in digests}) == 2


def test_markup_and_phoneme_notation_are_plain_text(tmp_path) -> None:
    with_ssml = speak('Say <break time="9s"/> & go', tmp_path / "a.wav")
    marked = speak("Say [[h@'loU]] now", tmp_path / "b.wav")
    read_out = speak("Say h@'loU now", tmp_path / "c.wav")

    assert_covers(with_ssml.words, 'Say <break time="9s"/> & go', with_ssml.duration_s)
    assert with_ssml.duration_s < 8
    assert marked.duration_s == pytest.approx(read_out.duration_s, abs=0.15)


def test_pictures_and_marks_are_not_read_out(tmp_path) -> None:
    decorated = speak("**Good** 🙂 → day", tmp_path / "a.wav")
    plain = speak("Good day", tmp_path / "b.wav")

    assert decorated.duration_s == pytest.approx(plain.duration_s, abs=0.1)


def test_the_longest_narration_is_spoken_whole(tmp_path) -> None:
    line = ("Every sentence of this line counts, and so it is read. " * 20)[:MAX_NARRATION_CHARS]

    speech = speak(line, tmp_path / "line.wav")

    assert_covers(speech.words, line, speech.duration_s)
    assert speech.duration_s > 30


@pytest.mark.parametrize("line", ["", " ", "…", "🙂 👍", "— !", "***"])
def test_a_line_with_nothing_to_speak_is_refused(line, tmp_path) -> None:
    with pytest.raises(InvalidInput) as refused:
        speak(line, tmp_path / "line.wav")

    assert refused.value.field == "narration"
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("language", "voice", "field"),
    [
        ("xx", "", "language"),
        ("ja", "", "language"),
        ("en", "nobody", "voice"),
        ("en", "en-us+nobody", "voice"),
        ("en", "../../en", "voice"),
        ("ru", "en-us", "voice"),
    ],
)
def test_an_unknown_language_or_voice_is_refused_with_a_remedy(
    language, voice, field, tmp_path
) -> None:
    with pytest.raises(InvalidInput) as refused:
        speak("Hello", tmp_path / "line.wav", language, voice)

    assert refused.value.field == field
    assert refused.value.remedy


def test_variants_and_dialects_sound_different(tmp_path) -> None:
    spoken = {
        voice: speak("Hello there, Bob.", tmp_path / "a.wav", voice=voice).path.read_bytes()
        for voice in ("", "f3", "en-gb-x-rp", "en-gb-x-rp+m3", "Annie")
    }

    assert len(set(spoken.values())) == len(spoken)


def test_a_voice_that_takes_too_long_is_stopped(tmp_path) -> None:
    with pytest.raises(TransientFailure) as failed:
        Espeak(time_limit_s=0.001).speak(
            "Too late.", language="en", voice="", to=tmp_path / "line.wav"
        )

    assert failed.value.provider == "espeak"
    assert not (tmp_path / "line.wav").exists()


def test_a_file_that_cannot_be_written_is_the_providers_error(tmp_path) -> None:
    with pytest.raises(ProviderError) as failed:
        speak("Hello", tmp_path / "missing" / "line.wav")

    assert failed.value.provider == "espeak"


@pytest.mark.skipif(sys.platform != "linux", reason="loaded libraries are listed on Linux only")
def test_importing_and_asking_loads_neither_the_engine_nor_numpy() -> None:
    asked = (
        "import sys, reels.voice as v;"
        "assert v.speaks('espeak', 'ru') and len(v.languages('espeak')) > 90;"
        "assert 'numpy' not in sys.modules;"
        "print(any('libespeak-ng' in line for line in open('/proc/self/maps')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )

    assert done.stdout.strip() == "False"


def test_the_engine_sees_none_of_our_environment(tmp_path, monkeypatch) -> None:
    seen: dict[str, str] = {}
    real = subprocess.run

    def spy(*args, env, **rest):
        seen.update(env)
        return real(*args, env=env, **rest)

    monkeypatch.setenv("VIDEO_SERVICE_S3_SECRET_KEY", "secret")
    monkeypatch.setattr(subprocess, "run", spy)
    speak("Hello", tmp_path / "line.wav")

    assert seen["PATH"] == os.environ["PATH"]
    assert "VIDEO_SERVICE_S3_SECRET_KEY" not in seen
