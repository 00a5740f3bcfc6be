"""What every aligner keeps, and what only the good ones reach."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from reels.errors import BadOutput, InvalidInput
from reels.models import Word
from reels.voice.espeak import Espeak
from reels.voice.espeak_engine import Delivery
from reels.words import ALIGNERS, aligner
from tests.reels.sound import Floats, assert_covers, read_wav, write_wav

pytestmark = pytest.mark.slow

OCTOPUS = (
    "The octopus has three hearts, nine brains and blue blood. "
    "Two hearts pump blood to the gills; the third serves the body."
)
MOON = (
    "In 1969, 3.5 million people — wow! — watched one small step for a man, "
    "one giant leap for mankind."
)
OSMINOG = (
    "У осьминога три сердца, девять мозгов и голубая кровь. "
    "Два сердца качают кровь к жабрам, а третье — ко всему телу."
)
LUNA = "В 1969 году 3,5 миллиона человек — ух ты! — смотрели, как человек сделал маленький шаг."

#: Those that run in this process; services have their tests in files of their own.
OFFLINE = ("dtw", "proportional")

LINES = [
    ("en", OCTOPUS),
    ("en", MOON),
    ("en", "Yes"),
    ("en", "\"Don't,\" said Dr. Smith: state-of-the-art tools, e.g. 'lint' (really), cost $5.20…"),
    ("ru", LUNA),
    ("de", "Der Hund läuft 100 m schnell – oder?"),
    ("zh", "你好世界。今天天气很好！"),
]


def speech(
    to: Path, text: str, language: str = "en", voice: str = "f3", rate_wpm: int = 140
) -> tuple[Path, tuple[Word, ...]]:
    """Speech unlike the reference of the aligners, with its true word times."""
    spoken = Espeak(Delivery(rate_wpm=rate_wpm, pitch=60, word_gap=2)).speak(
        text, language=language, voice=voice, to=to
    )
    assert spoken.words is not None
    return spoken.path, spoken.words


def errors_s(found: tuple[Word, ...], true: tuple[Word, ...]) -> Floats:
    """How far the starts and ends of the words that sound are off."""
    return np.array(
        [
            abs(error)
            for a, b in zip(found, true, strict=True)
            if any(char.isalnum() for char in a.text)
            for error in (a.start_s - b.start_s, a.end_s - b.end_s)
        ]
    )


@pytest.mark.parametrize("name", list(ALIGNERS))
def test_every_aligner_is_listed_under_its_own_name(name) -> None:
    if name == "whisper" and find_spec("whisper") is None:
        pytest.skip("needs the extra whisper")
    assert aligner(name).name == name
    assert aligner(name).version


def test_an_unknown_aligner_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput, match="proportional") as refused:
        aligner("nobody")

    assert refused.value.field == "words_provider"


@pytest.mark.parametrize("name", OFFLINE)
@pytest.mark.parametrize(("language", "line"), LINES)
def test_every_written_word_has_a_time_inside_the_audio(name, language, line, tmp_path) -> None:
    path, _ = speech(tmp_path / "line.wav", line, language)

    words = aligner(name).align(path, line, language)

    samples, rate_hz = read_wav(path)
    assert_covers(words, line, len(samples) / rate_hz)


@pytest.mark.parametrize(
    ("language", "text", "voice", "rate_wpm"),
    [
        ("en", OCTOPUS, "f3", 140),
        ("en", MOON, "klatt4", 120),
        ("en", MOON, "en-gb-x-rp+m7", 190),
        ("ru", OSMINOG, "f3", 140),
        ("ru", LUNA, "Annie", 200),
    ],
)
def test_dtw_finds_the_words_of_another_voice_at_another_speed(
    language, text, voice, rate_wpm, tmp_path
) -> None:
    path, true = speech(tmp_path / "line.wav", text, language, voice, rate_wpm)

    errors = errors_s(aligner("dtw").align(path, text, language), true)

    assert np.median(errors) < 0.02
    assert errors.max() < 0.12


def test_dtw_finds_the_words_in_noise_and_around_pauses_that_it_cannot_foresee(tmp_path) -> None:
    path, true = speech(tmp_path / "line.wav", OCTOPUS)
    samples, rate_hz = read_wav(path)
    cut_s = true[3].start_s
    cut, silence = int(cut_s * rate_hz), np.zeros(rate_hz)
    paused = np.concatenate([samples[:cut], silence, samples[cut:]])
    noise = np.random.default_rng(1).normal(0, 0.01, len(paused))
    write_wav(path, paused + noise)

    found = aligner("dtw").align(path, OCTOPUS, "en")

    moved = [word.start_s + (1.0 if word.start_s >= cut_s else 0.0) for word in true]
    errors = np.abs(np.array([word.start_s for word in found]) - moved)
    assert np.median(errors) < 0.02
    assert errors.max() < 0.15


def test_proportional_is_near_and_exact_at_pauses(tmp_path) -> None:
    path, true = speech(tmp_path / "line.wav", OSMINOG, "ru", voice="m7")

    found = aligner("proportional").align(path, OSMINOG, "ru")

    errors = errors_s(found, true)
    assert np.median(errors) < 0.06
    assert errors.max() < 0.3
    for index, word in enumerate(true[:-1]):
        if word.text.endswith((",", ".")):
            assert found[index].end_s == pytest.approx(word.end_s, abs=0.05)
            assert found[index + 1].start_s == pytest.approx(true[index + 1].start_s, abs=0.05)


def test_proportional_beats_an_even_spread_over_a_long_line(tmp_path) -> None:
    text = f"{MOON} {OCTOPUS}"
    path, true = speech(tmp_path / "line.wav", text)
    weights = np.array([len(word.text) for word in true])
    ends = np.cumsum(weights) / weights.sum() * true[-1].end_s
    starts = np.concatenate([[0.0], ends[:-1]])
    naive = np.abs(starts - [word.start_s for word in true])

    errors = errors_s(aligner("proportional").align(path, text, "en"), true)

    assert np.median(errors) < np.median(naive) / 2


def test_dtw_is_proportional_for_a_language_that_it_cannot_speak(tmp_path) -> None:
    path, _ = speech(tmp_path / "line.wav", OCTOPUS)

    assert aligner("dtw").align(path, OCTOPUS, "xx") == aligner("proportional").align(
        path, OCTOPUS, "xx"
    )


def test_dtw_is_proportional_when_the_speech_is_of_another_text(tmp_path) -> None:
    path, _ = speech(tmp_path / "line.wav", OCTOPUS, voice="m7")

    assert aligner("dtw").align(path, MOON, "en") == aligner("proportional").align(path, MOON, "en")


@pytest.mark.parametrize("name", OFFLINE)
@pytest.mark.parametrize("level", [0.0, 0.1])
def test_silence_and_noise_still_give_every_word_a_time(name, level, tmp_path) -> None:
    samples = np.random.default_rng(1).normal(0, 1, 96_000) * level
    path = write_wav(tmp_path / "line.wav", samples)

    assert_covers(aligner(name).align(path, OCTOPUS, "en"), OCTOPUS, 2.0)


@pytest.mark.parametrize("name", list(ALIGNERS))
@pytest.mark.parametrize("content", [b"", b"no sound at all", b"RIFF\x24\0\0\0WAVE"])
def test_a_file_without_sound_is_the_providers_error(name, content, tmp_path) -> None:
    (tmp_path / "line.wav").write_bytes(content)

    with pytest.raises(BadOutput) as failed:
        aligner(name).align(tmp_path / "line.wav", OCTOPUS, "en")

    assert failed.value.provider == name


@pytest.mark.parametrize("name", list(ALIGNERS))
def test_a_text_without_words_is_refused(name, tmp_path) -> None:
    path = write_wav(tmp_path / "line.wav", np.zeros(4800))

    with pytest.raises(InvalidInput) as refused:
        aligner(name).align(path, "  ", "en")

    assert refused.value.field == "narration"


@pytest.mark.slow
def test_a_minute_of_speech_is_aligned_to_the_end(tmp_path) -> None:
    text = " ".join([MOON, OCTOPUS] * 4)
    path, true = speech(tmp_path / "line.wav", text)
    assert true[-1].end_s > 60

    errors = errors_s(aligner("dtw").align(path, text, "en"), true)

    assert np.median(errors) < 0.02
    assert errors.max() < 0.2
