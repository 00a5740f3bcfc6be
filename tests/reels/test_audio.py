from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from reels import audio, loudness
from reels.audio import Line, mix, to_mp3
from reels.ducking import DEPTH_DB, Duck
from reels.errors import InvalidInput, RenderError
from reels.limiter import limited
from reels.pcm import Sound
from tests.reels.render_kit import RATE, sound_of, speech_like, write_wav


def _tone(seconds: float, level: float, hertz: float = 400) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


@pytest.fixture
def lines(tmp_path: Path) -> tuple[Line, ...]:
    """Three lines of very different levels."""
    return tuple(
        Line(write_wav(tmp_path / f"{n}.wav", speech_like(1.8, level, n)), start_s)
        for n, (level, start_s) in enumerate([(0.5, 1.0), (0.05, 3.5), (0.2, 9.0)])
    )


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Tones with whole numbers of periods in 3.75 s, which is how often 4 s are repeated."""
    return write_wav(tmp_path / "music.wav", np.stack([_tone(4, 0.3), _tone(4, 0.3, 480)]))


def test_a_mix_is_at_its_loudness_under_its_peak_and_of_its_length(
    tmp_path: Path, lines: tuple[Line, ...], music: Path
) -> None:
    to = tmp_path / "mix.m4a"
    found = mix(lines, music, 12.0, to, tmp_path / "work")
    assert found.integrated_lufs == pytest.approx(-14, abs=0.5)
    assert found.true_peak_dbtp <= -1.0
    assert found == audio.measure(to)
    with av.open(str(to)) as container:
        stream = container.streams.audio[0]
        context = stream.codec_context
        assert (context.name, context.sample_rate, context.channels) == ("aac", 48_000, 2)
        assert stream.duration * stream.time_base == 12
    assert not list((tmp_path / "work").iterdir())


def test_lines_are_levelled_each_on_its_own(tmp_path: Path, lines: tuple[Line, ...]) -> None:
    mix(lines, None, 12.0, tmp_path / "mix.m4a", tmp_path)
    sound = sound_of(tmp_path / "mix.m4a")
    levels = [_level(sound, line.start_s + 0.2, line.start_s + 1.6) for line in lines]
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
    mix(lines, music, 12.0, tmp_path / "mix.m4a", tmp_path)
    sound = sound_of(tmp_path / "mix.m4a")
    under, between = _pitch_level(sound, 3.7, 5.2), _pitch_level(sound, 6.8, 8.3)
    assert between - under == pytest.approx(DEPTH_DB, abs=1.5)


def test_music_fades_in_and_out(tmp_path: Path, music: Path) -> None:
    mix((), music, 8.0, tmp_path / "mix.m4a", tmp_path)
    sound = sound_of(tmp_path / "mix.m4a")
    middle = _level(sound, 3, 5)
    assert _level(sound, 0, 0.1) < middle - 12
    assert _level(sound, 7.8, 8.0) < middle - 20


def test_music_that_is_too_short_goes_on_without_a_hole(tmp_path: Path, music: Path) -> None:
    mix((), music, 14.0, tmp_path / "mix.m4a", tmp_path)
    sound = sound_of(tmp_path / "mix.m4a")
    levels = [_level(sound, at / 10, at / 10 + 0.1) for at in range(20, 110)]
    assert max(levels) - min(levels) < 6


def test_speech_alone_reaches_the_loudness_too(tmp_path: Path, lines: tuple[Line, ...]) -> None:
    found = mix(lines, None, 12.0, tmp_path / "mix.m4a", tmp_path)
    assert found.integrated_lufs == pytest.approx(-14, abs=0.5)


def test_silence_stays_silence(tmp_path: Path) -> None:
    found = mix((), None, 2.0, tmp_path / "mix.m4a", tmp_path)
    assert found.integrated_lufs <= -69
    assert len(sound_of(tmp_path / "mix.m4a")) == pytest.approx(2 * RATE, abs=1024)


def test_a_very_dynamic_line_is_limited_and_still_loud(tmp_path: Path) -> None:
    voice = speech_like(4, 0.05)
    voice[:: RATE // 3] = 1.0
    line = Line(write_wav(tmp_path / "v.wav", voice), 0.5)
    found = mix([line], None, 5.0, tmp_path / "mix.m4a", tmp_path)
    assert found.true_peak_dbtp <= -1.0
    assert found.integrated_lufs == pytest.approx(-14, abs=1)


@pytest.mark.parametrize("start_s", [-0.5, 5.0])
def test_a_line_outside_the_video_is_refused(tmp_path: Path, start_s: float) -> None:
    line = Line(write_wav(tmp_path / "v.wav", speech_like(1, 0.1)), start_s)
    with pytest.raises(InvalidInput) as caught:
        mix([line], None, 5.0, tmp_path / "mix.m4a", tmp_path)
    assert caught.value.field == "lines.0.start_s"


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


@pytest.mark.parametrize("hertz", [100, 1000, 5000])
def test_our_meter_reads_what_ffmpegs_reads(tmp_path: Path, hertz: float) -> None:
    sound = np.stack([_tone(5, 0.2, hertz), _tone(5, 0.1, hertz)]).astype(np.float32)
    sound[:, : 2 * RATE] *= 0.02
    path = write_wav(tmp_path / "tone.wav", sound)
    assert loudness.loudness_of(sound) == pytest.approx(
        loudness.measure(path).integrated_lufs, abs=0.15
    )


def test_a_meter_fed_in_pieces_reads_what_it_reads_at_once() -> None:
    sound = np.stack([speech_like(6, 0.1, n) for n in (0, 1)]).astype(np.float32)
    meter = loudness.Meter()
    for start in range(0, sound.shape[1], RATE):
        meter.add(sound[:, start : start + RATE])
    assert meter.integrated_lufs() == pytest.approx(loudness.loudness_of(sound), abs=0.02)


def test_a_full_scale_sine_between_the_samples_has_its_true_peak() -> None:
    """At a quarter of the sampling rate and 45 degrees, samples show 3 dB less than there is."""
    sound = np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4).astype(np.float32)
    assert np.abs(sound).max() < 0.71
    assert loudness.true_peaks(sound)[100:-100].max() == pytest.approx(1.0, abs=0.01)


def test_the_limiter_holds_its_ceiling_and_leaves_quiet_sound_alone() -> None:
    sound = np.stack([speech_like(3, 0.1, n) for n in (0, 1)]).astype(np.float32)
    sound[:, RATE] = 2.0
    out = limited(sound, -1.8)
    peaks = [loudness.true_peaks(channel).max() for channel in out]
    assert 20 * np.log10(max(peaks)) <= -1.75
    assert np.allclose(out[:, 2 * RATE :], sound[:, 2 * RATE :])


def test_ducking_is_smooth_and_down_when_a_line_starts() -> None:
    gains = Duck([(RATE, 2 * RATE), (2 * RATE + 9600, 3 * RATE)]).gains(0, 6 * RATE)
    floor = 10 ** (-DEPTH_DB / 20)
    assert gains[0] == gains[-1] == 1
    assert gains[RATE : 3 * RATE] == pytest.approx(floor, abs=1e-3)
    assert np.abs(np.diff(gains)).max() < 1e-3


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


def _pitch_level(sound: np.ndarray, start_s: float, end_s: float) -> float:
    """The level of the music's 400 Hz alone."""
    part = sound[round(start_s * RATE) : round(end_s * RATE)]
    turn = np.exp(-2j * np.pi * 400 * np.arange(len(part)) / RATE)
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
