from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from reels import audio, ffmpeg
from reels.audio import Accent, Line, mix, to_mp3
from reels.ducking import DEPTH_DB
from reels.effects import SoundEffect, effect
from reels.errors import InvalidInput, RenderError
from reels.loudness import Samples, loudness_of
from reels.pcm import Sound
from reels.stems import Stems
from tests.reels.render_kit import RATE, sound_of, speech_like, write_wav

pytestmark = pytest.mark.slow


def _tone(seconds: float, level: float, hertz: float = 400) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Line, ...]:
    """Three lines of very different levels."""
    folder = tmp_path_factory.mktemp("lines")
    return tuple(
        Line(write_wav(folder / f"{n}.wav", speech_like(1.4, level, n)), start_s)
        for n, (level, start_s) in enumerate([(0.5, 0.3), (0.05, 1.9), (0.2, 5.9)])
    )


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones that `speech_like` has nothing of, and whole in 3.75 s, after which 4 s repeat."""
    path = tmp_path_factory.mktemp("music") / "music.wav"
    return write_wav(path, np.stack([_tone(4, 0.3, 4000), _tone(4, 0.3, 8000)]))


@pytest.fixture(scope="module")
def speech(lines: tuple[Line, ...], tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """The lines alone as they are heard in a finished mix of 7.5 s."""
    folder = tmp_path_factory.mktemp("speech")
    mix(lines, None, 7.5, folder / "mix.m4a", folder)
    return sound_of(folder / "mix.m4a")


def test_a_mix_is_at_its_loudness_under_its_peak_and_of_its_length(
    tmp_path: Path, lines: tuple[Line, ...], music: Path
) -> None:
    to = tmp_path / "mix.m4a"
    found = mix(lines, music, 7.5, to, tmp_path / "work")
    assert found.integrated_lufs == pytest.approx(-14, abs=0.5)
    assert found.true_peak_dbtp <= -1.0
    assert found == audio.measure(to)
    with av.open(str(to)) as container:
        stream = container.streams.audio[0]
        context = stream.codec_context
        assert (context.name, context.sample_rate, context.channels) == ("aac", 48_000, 2)
        assert stream.duration * stream.time_base == 7.5
    assert not list((tmp_path / "work").iterdir())


def test_lines_are_levelled_each_on_its_own(lines: tuple[Line, ...], speech: np.ndarray) -> None:
    levels = [_level(speech, line.start_s + 0.1, line.start_s + 1.3) for line in lines]
    assert max(levels) - min(levels) < 1.5


def test_a_line_stands_at_its_sample(tmp_path: Path) -> None:
    """Within a millisecond of 2.345 s after coding and decoding."""
    click = np.zeros(RATE // 2)
    click[0:40] = 0.9
    line = Line(write_wav(tmp_path / "click.wav", click), 2.345)
    mix([line], None, 5.0, tmp_path / "mix.m4a", tmp_path)
    sound = np.abs(sound_of(tmp_path / "mix.m4a"))
    onset = int(np.argmax(sound > sound.max() / 2))
    assert onset / RATE == pytest.approx(2.345, abs=0.001)


def test_music_steps_back_under_speech_and_comes_back(
    tmp_path: Path, lines: tuple[Line, ...], music: Path
) -> None:
    """Heard at the music's own pitch, in the finished mix."""
    mix(lines, music, 7.5, tmp_path / "mix.m4a", tmp_path)
    sound = sound_of(tmp_path / "mix.m4a")
    under, between = _pitch_level(sound, 2.0, 3.2), _pitch_level(sound, 4.25, 5.5)
    assert between - under == pytest.approx(DEPTH_DB, abs=1)


def test_music_fades_in_and_out(tmp_path: Path, music: Path) -> None:
    mix((), music, 8.0, tmp_path / "mix.m4a", tmp_path)
    sound = sound_of(tmp_path / "mix.m4a")
    middle = _level(sound, 3, 5)
    assert _level(sound, 0, 0.1) < middle - 12
    assert _level(sound, 7.8, 8.0) < middle - 20


def test_music_comes_and_goes_as_fast_as_is_asked(tmp_path: Path, music: Path) -> None:
    mix([], music, 3.75, tmp_path / "mix.m4a", tmp_path, fades_s=(0.0, 0.0))
    heard = sound_of(tmp_path / "mix.m4a")
    tenth = RATE // 10
    levels = [float(np.abs(part).mean()) for part in (heard[:tenth], heard[-2 * tenth : -tenth])]
    assert levels == pytest.approx([float(np.abs(heard).mean())] * 2, rel=0.1)


def test_music_as_long_as_the_video_is_not_mixed_with_its_own_start(tmp_path: Path) -> None:
    """Its start is loud and its end is faint: a second turn would be heard at once."""
    loud = np.concatenate([_tone(0.5, 0.5), _tone(2.5, 0.05)])
    path = write_wav(tmp_path / "music.wav", loud)
    stems = Stems([], path, [], 3 * RATE + RATE // 60, tmp_path, (0.0, 0.0))
    block = stems.read(0, 3 * RATE)
    assert np.abs(block[:, -RATE // 8 :]).max() < np.abs(block[:, RATE : 2 * RATE]).max() * 1.05


def test_music_that_is_too_short_goes_on_without_a_hole(tmp_path: Path, music: Path) -> None:
    mix((), music, 12.0, tmp_path / "mix.m4a", tmp_path)
    sound = sound_of(tmp_path / "mix.m4a")
    levels = [_level(sound, at / 10, at / 10 + 0.1) for at in range(20, 100)]
    assert max(levels) - min(levels) < 6


def _spoken(folder: Path, *levels: float) -> list[Line]:
    return [
        Line(write_wav(folder / f"line-{n}.wav", speech_like(1.6, level, n)), 0.2 + 2 * n)
        for n, level in enumerate(levels)
    ]


@pytest.mark.parametrize(
    ("levels", "with_music", "duration_s"),
    [
        ((0.2,), False, 2.0),
        ((0.2,), True, 0.3),
        ((0.01, 0.9, 0.005), True, 6.5),
        ((), True, 6.0),
        ((0.1, 0.1, 0.1), False, 6.5),
    ],
    ids=["one line of 2 s", "0.3 s", "whispered and shouted", "music only", "no music"],
)
def test_hard_cases_reach_the_loudness_too(
    tmp_path: Path, music: Path, levels: tuple[float, ...], with_music: bool, duration_s: float
) -> None:
    to = tmp_path / "mix.m4a"
    bed = music if with_music else None
    found = mix(_spoken(tmp_path, *levels), bed, duration_s, to, tmp_path / "work")
    assert found.integrated_lufs == pytest.approx(-14, abs=0.5)
    assert found.true_peak_dbtp < -1.0
    assert found.shortfall is None
    assert found == audio.measure(to)


@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_silence_and_noise_stay_what_they_are(tmp_path: Path, level: float) -> None:
    lines = [Line(write_wav(tmp_path / "x.wav", speech_like(2, level)), 0)] if level else []
    found = mix(lines, None, 2.0, tmp_path / "mix.m4a", tmp_path)
    assert found.shortfall == "silent"
    assert found.integrated_lufs < -60
    assert len(sound_of(tmp_path / "mix.m4a")) == pytest.approx(2 * RATE, abs=1024)


def test_a_click_in_silence_says_that_its_peak_leaves_no_room(tmp_path: Path) -> None:
    click = np.zeros(3 * RATE)
    click[RATE : RATE + 48] = 0.5
    line = Line(write_wav(tmp_path / "click.wav", click), 0)
    found = mix([line], None, 3.0, tmp_path / "mix.m4a", tmp_path)
    assert found.shortfall == "peaks"
    assert -3 < found.true_peak_dbtp < -1
    assert found.integrated_lufs < -20


def test_a_very_dynamic_line_is_limited_and_still_loud(tmp_path: Path) -> None:
    voice = speech_like(4, 0.05)
    voice[:: RATE // 3] = 1.0
    line = Line(write_wav(tmp_path / "v.wav", voice), 0.5)
    found = mix([line], None, 5.0, tmp_path / "mix.m4a", tmp_path)
    assert found.true_peak_dbtp < -1.0
    assert found.integrated_lufs == pytest.approx(-14, abs=0.5)


class _Blare:
    """An effect as loud as can be."""

    name, version, lead_s = "blare", "1", 0.0

    def samples(self) -> Samples:
        tone = np.sign(_tone(0.5, 1.0, 3000))
        return np.stack([tone, tone]).astype(np.float32)


@pytest.mark.parametrize("sound", [effect("whoosh"), effect("click"), _Blare()])
def test_an_effect_stands_at_its_moment_well_under_the_voice(
    tmp_path: Path, lines: tuple[Line, ...], speech: np.ndarray, sound: SoundEffect
) -> None:
    """Found as the difference between the mix with it and the mix without."""
    accents = [Accent(sound, 4.6)]
    found = mix(lines, None, 7.5, tmp_path / "with.m4a", tmp_path, effects=accents)
    assert found.integrated_lufs == pytest.approx(-14, abs=0.5)
    heard = sound_of(tmp_path / "with.m4a") - speech
    gap = heard[4 * RATE : round(5.6 * RATE)]
    middle_s = 4.0 + _middle_s(gap)
    own_middle_s = _middle_s(sound.samples().mean(axis=0))
    assert middle_s == pytest.approx(4.6 - sound.lead_s + own_middle_s, abs=0.01)
    under = _loudest(speech[2 * RATE : 3 * RATE]) - _loudest(gap)
    assert under == pytest.approx(12, abs=2.5)


def test_no_effect_masks_the_first_syllable(
    tmp_path: Path, lines: tuple[Line, ...], speech: np.ndarray
) -> None:
    """A scene's line starts 0.25 s after its cut: by then the effect is 30 dB under it."""
    at_s = lines[1].start_s
    accents = [Accent(effect("whoosh"), at_s - 0.25)]
    mix(lines, None, 7.5, tmp_path / "with.m4a", tmp_path, effects=accents)
    heard = sound_of(tmp_path / "with.m4a") - speech
    assert _level(speech, at_s, at_s + 0.2) - _level(heard, at_s, at_s + 0.2) > 30
    assert _level(speech, at_s, at_s + 0.2) - _level(heard, at_s - 0.35, at_s - 0.15) < 15


def test_the_voice_alone_comes_from_the_same_mix(
    tmp_path: Path, lines: tuple[Line, ...], music: Path
) -> None:
    voice = tmp_path / "voice.mp3"
    accents = [Accent(effect("click"), 4.6)]
    work = tmp_path / "work"
    mix(lines, music, 7.5, tmp_path / "m.m4a", work, effects=accents, voice_to=voice)
    found = audio.measure(voice)
    assert found.integrated_lufs == pytest.approx(-14, abs=0.5)
    assert found.true_peak_dbtp < -1.0
    sound = sound_of(voice)
    assert _level(sound, 4.0, 5.5) < -60 < _level(sound, 2.0, 3.2)


@pytest.mark.parametrize("start_s", [-0.5, 5.0])
def test_a_line_outside_the_video_is_refused(tmp_path: Path, start_s: float) -> None:
    line = Line(write_wav(tmp_path / "v.wav", speech_like(1, 0.1)), start_s)
    with pytest.raises(InvalidInput) as caught:
        mix([line], None, 5.0, tmp_path / "mix.m4a", tmp_path)
    assert caught.value.field == "lines.0.start_s"


def test_an_effect_outside_the_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        mix([], None, 5.0, tmp_path / "m.m4a", tmp_path, effects=[Accent(effect("click"), 5.0)])
    assert caught.value.field == "effects.0.at_s"


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("line.mp3", ["-b:a", "128k"]),
        ("line.m4a", ["-c:a", "aac"]),
        ("line.ogg", ["-c:a", "libopus"]),
        ("8k.wav", ["-ar", "8000", "-ac", "1"]),
        ("44k.flac", ["-ar", "44100"]),
    ],
)
def test_a_line_of_any_format_and_rate_stands_at_its_sample(
    tmp_path: Path, name: str, args: list[str]
) -> None:
    """Encoders put their delay before the sound; it is taken off again, to 2 ms."""
    ping = np.zeros(RATE)
    ping[RATE // 2 : RATE // 2 + 4800] = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(4800) / RATE)
    source = write_wav(tmp_path / "ping.wav", ping)
    ffmpeg.run(["-i", source.name, *args, name], tmp_path, 30)
    mix([Line(tmp_path / name, 1.2)], None, 3.0, tmp_path / "mix.m4a", tmp_path)
    sound = np.abs(sound_of(tmp_path / "mix.m4a"))
    onset = int(np.argmax(sound > sound.max() / 2))
    assert onset / RATE == pytest.approx(1.7, abs=0.002)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF....",
        b"#EXTM3U\n#EXTINF:1,\nsecret.wav\n",
        b"ffconcat version 1.0\nfile secret.wav",
    ],
)
def test_what_is_no_sound_is_refused_and_opens_no_other_file(
    tmp_path: Path, content: bytes
) -> None:
    write_wav(tmp_path / "secret.wav", speech_like(1, 0.1))
    (tmp_path / "bad.mp3").write_bytes(content)
    with pytest.raises(RenderError, match=r"bad\.mp3 cannot be read"):
        mix([], tmp_path / "bad.mp3", 2.0, tmp_path / "mix.m4a", tmp_path)


def test_a_loop_reads_the_same_in_any_pieces(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "m.wav", np.stack([speech_like(1.5, 0.2, n) for n in (0, 1)]))
    sound = Sound.read(path, tmp_path / "m.f32")
    whole = sound.looped(0, 5 * RATE)
    pieces = [sound.looped(at, at + 7777) for at in range(0, 5 * RATE - 7777, 7777)]
    joined = np.concatenate(pieces, axis=1)
    assert np.allclose(joined, whole[:, : joined.shape[1]], atol=1e-6)


def _level(sound: np.ndarray, start_s: float, end_s: float) -> float:
    part = sound[round(start_s * RATE) : round(end_s * RATE)]
    return float(10 * np.log10(np.square(part).mean() + 1e-12))


def _middle_s(sound: np.ndarray) -> float:
    """When half of the energy is over."""
    energy = np.square(sound).cumsum()
    return float(np.argmax(energy > energy[-1] / 2)) / RATE


def _loudest(sound: np.ndarray) -> float:
    """The loudest 0.4 s, in LUFS."""
    starts = range(0, len(sound) - round(0.4 * RATE), RATE // 20)
    return max(loudness_of(sound[None, at : at + round(0.4 * RATE)]) for at in starts)


def _pitch_level(sound: np.ndarray, start_s: float, end_s: float) -> float:
    """The level of the music's 4 kHz alone."""
    part = sound[round(start_s * RATE) : round(end_s * RATE)]
    turn = np.exp(-2j * np.pi * 4000 * np.arange(len(part)) / RATE)
    return float(20 * np.log10(abs((part * turn * np.hanning(len(part))).mean())))


def test_a_mix_and_a_sound_file_can_be_mp3_too(tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "tone.wav", _tone(2, 0.3))
    mixed = tmp_path / "voice.mp3"
    mix([Line(wav, 0.5)], None, 3.0, mixed, tmp_path / "work")
    for path, seconds in [(to_mp3(wav, tmp_path / "out" / "tone.mp3"), 2.0), (mixed, 3.0)]:
        with av.open(str(path)) as sound:
            assert sound.streams.audio[0].codec_context.name.startswith("mp3")
            assert sound.duration is not None
            assert sound.duration / 1e6 == pytest.approx(seconds, abs=0.1)
