from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reels import ffmpeg
from reels.audio import Line, mix
from reels.errors import CheckFailed
from reels.finished import Promise, check, check_rendered, promised
from reels.loudness import measure
from reels.models import Loudness
from reels.probe import Probe
from reels.segments import Segment, encode_all, join, plan
from reels.timeline import Media, Shot, Timeline
from tests.reels.render_kit import RATE, SMALL, flat, noisy, speech_like, timeline, write_wav

PROMISE = Promise(frames=90, size_px=SMALL, fps=30)
SPOKEN = ((0.5, 2.5),)


@pytest.fixture(scope="module")
def segments(tmp_path_factory: pytest.TempPathFactory) -> tuple[Segment, ...]:
    """Three seconds of two shots that move."""
    return plan(timeline(tmp_path_factory.mktemp("pictures"), (50, 40), captions="none"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Loudness]:
    folder = tmp_path_factory.mktemp("sound")
    voice = write_wav(folder / "v.wav", speech_like(2, 0.2))
    track = folder / "mix.m4a"
    return track, mix([Line(voice, 0.5)], None, 3.0, track, folder)


@pytest.fixture(scope="module")
def video(
    segments: tuple[Segment, ...],
    sound: tuple[Path, Loudness],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """As a job makes it."""
    folder = tmp_path_factory.mktemp("video")
    parts = encode_all(segments, folder / "parts", 2)
    return join(parts, sound[0], folder / "final.mp4", work=folder)


def _with(promise: Promise, **changes: object) -> Promise:
    return promise.model_copy(update=changes)


def test_a_finished_video_passes_its_check_and_is_described(
    video: Path, segments: tuple[Segment, ...], sound: tuple[Path, Loudness]
) -> None:
    found = check(video, promised(segments, loudness=sound[1], spoken=SPOKEN))
    assert isinstance(found, Probe)
    assert check(video, PROMISE) == found


def test_the_loudness_of_the_mix_is_that_of_the_finished_file(
    video: Path, sound: tuple[Path, Loudness]
) -> None:
    """Its packets are copied, so what was measured in the mix holds for the video."""
    assert measure(video) == sound[1]


def test_what_is_promised_follows_from_the_segments(tmp_path: Path) -> None:
    shots = (
        Shot(media=noisy(tmp_path / "0.png", 0), frames=100, motion="zoom_in"),
        Shot(media=noisy(tmp_path / "1.png", 1), frames=60, motion="none"),
        Shot(media=noisy(tmp_path / "1.png", 1), frames=60, motion="pan_left"),
        Shot(media=noisy(tmp_path / "1.png", 1), frames=60, motion="pan_left"),
        Shot(media=_clip(tmp_path), frames=40),
    )
    made = Timeline(size_px=SMALL, shots=shots, transition="cut")
    promise = promised(plan(made), sound=False)
    assert (promise.frames, promise.size_px, promise.fps) == (320, SMALL, 30)
    assert promise.cuts == (0, 50, 100, 160, 220, 280)
    assert promise.moving == ((0, 100), (160, 220), (220, 280))
    assert promise.dark == ((280, 320),)
    assert promise.fades == ((0, 6), (310, 320))


def _clip(folder: Path) -> Media:
    (folder / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    return Media.of(folder / "clip.mp4")


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"frames": 91}, "frames is 90, not 91"),
        ({"size_px": (1080, 1920)}, r"size is \(180, 320\), not \(1080, 1920\)"),
        ({"fps": 25}, "frames per second is 30.0, not 25.0"),
        ({"cuts": (0, 46, 60)}, "no IDR frame stands where a segment starts, at frame 60"),
    ],
)
def test_a_broken_promise_is_named(video: Path, broken: dict[str, object], says: str) -> None:
    with pytest.raises(CheckFailed, match=says):
        check(video, _with(PROMISE, **broken))


_FAST = ["-movflags", "+faststart"]
_X264 = ["-c:v", "libx264", "-preset", "ultrafast"]
_PAL = "setparams=color_primaries=bt470bg"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["-c", "copy"], "index stands behind"),
        (["-c", "copy", "-an", *_FAST], "it has no sound"),
        (["-c", "copy", "-vn", *_FAST], "it has no picture"),
        (["-c:v", "copy", "-af", "atrim=0:2", *_FAST], "sound lasts 2.0"),
        (["-c:v", "copy", "-af", "adelay=60:all=1", "-c:a", "aac", *_FAST], "sound lasts 3.06"),
        (["-c:v", "copy", "-af", "volume=-3dB", *_FAST], r"loudness is -17\.\d LUFS, not -14"),
        (["-c:v", "copy", "-af", "volume=3dB", *_FAST], "peaks at"),
        (["-c:a", "copy", "-c:v", "mpeg4", *_FAST], "codec is mpeg4"),
        (["-c:a", "copy", "-vf", "setpts=PTS+gt(N\\,30)/TB/30", "-fps_mode", "vfr"], "apart"),
        (["-c:a", "copy", *_X264, "-g", "500", *_FAST], "no IDR frame comes within 2 s of frame 0"),
        (["-c:a", "copy", *_X264, "-g", "46", "-vf", _PAL, *_FAST], "not tagged as BT.709"),
    ],
)
def test_a_fault_of_the_file_is_found(
    video: Path, tmp_path: Path, args: list[str], says: str
) -> None:
    bad = tmp_path / "bad.mp4"
    ffmpeg.run(["-i", str(video), *args, bad.name], tmp_path, 60)
    with pytest.raises(CheckFailed, match=says):
        check(bad, PROMISE)


def test_sound_that_starts_late_is_found(
    video: Path, sound: tuple[Path, Loudness], tmp_path: Path
) -> None:
    late = ["-i", str(video), "-itsoffset", "0.08", "-i", str(sound[0])]
    args = ["-map", "0:v", "-map", "1:a", "-c", "copy", "-t", "3", *_FAST, "late.mp4"]
    ffmpeg.run([*late, *args], tmp_path, 60)
    with pytest.raises(CheckFailed, match=r"sound (starts at 0\.0[5-8]|lasts 2\.9)"):
        check(tmp_path / "late.mp4", PROMISE)


def test_every_fault_is_listed(video: Path, tmp_path: Path) -> None:
    ffmpeg.run(["-i", str(video), "-c", "copy", "-an", "bad.mp4"], tmp_path, 60)
    with pytest.raises(CheckFailed, match=r"frames is 90, not 80.*no sound.*index"):
        check(tmp_path / "bad.mp4", _with(PROMISE, frames=80))


def _silent_video(folder: Path, shot: Shot) -> tuple[Path, tuple[Segment, ...]]:
    segments = plan(Timeline(size_px=SMALL, shots=(shot,), captions="none"))
    parts = encode_all(segments, folder / "parts")
    return join(parts, None, folder / "video.mp4", work=folder), segments


def test_a_black_video_is_found(tmp_path: Path) -> None:
    shot = Shot(media=flat(tmp_path / "black.png", (0, 0, 0)), frames=60)
    path, segments = _silent_video(tmp_path, shot)
    with pytest.raises(CheckFailed, match=r"black from 0\.00 s to 2\.00 s"):
        check(path, promised(segments, sound=False))


def test_a_fade_may_be_black_for_as_long_as_it_takes(tmp_path: Path) -> None:
    """At a frame a second, the first frames of a fade are seconds of black."""
    made = Timeline(
        size_px=SMALL, fps=1, shots=(Shot(media=flat(tmp_path / "a.png", (60, 60, 60)), frames=20),)
    )
    segments = plan(made)
    parts = encode_all(segments, tmp_path / "parts", 1)
    video = join(parts, None, tmp_path / "video.mp4", work=tmp_path)
    promise = promised(segments, sound=False)
    check(video, promise)
    with pytest.raises(CheckFailed, match=r"black from 0\.00 s to 2\.00 s"):
        check(video, _with(promise, fades=()))


def test_a_shot_may_be_black_where_its_picture_is(tmp_path: Path) -> None:
    shot = Shot(media=flat(tmp_path / "black.png", (0, 0, 0)), frames=60)
    path, segments = _silent_video(tmp_path, shot)
    promise = promised(segments, sound=False)
    check_rendered(path, promise, segments)
    flat(tmp_path / "black.png", (90, 90, 90))
    with pytest.raises(CheckFailed, match="black"):
        check_rendered(path, promise, segments)


def test_a_shot_that_should_move_and_does_not_is_found(tmp_path: Path) -> None:
    shot = Shot(media=noisy(tmp_path / "p.png", 5), frames=60)
    path, segments = _silent_video(tmp_path, shot)
    promise = promised(segments, sound=False)
    check(path, promise)
    with pytest.raises(CheckFailed, match=r"should move but stands still from 0\.\d\d s to 1\.\d"):
        check(path, _with(promise, moving=((0, 60),)))


@pytest.mark.parametrize(
    ("loudness", "says"),
    [
        (Loudness(integrated_lufs=-14.3, true_peak_dbtp=-1.2), ""),
        (Loudness(integrated_lufs=-22.0, true_peak_dbtp=-1.2, shortfall="peaks"), ""),
        (Loudness(integrated_lufs=-14.6, true_peak_dbtp=-1.2), "loudness is -14.6"),
        (Loudness(integrated_lufs=-14.0, true_peak_dbtp=-0.9), "peaks at -0.9 dBTP"),
        (Loudness(integrated_lufs=-70.0, true_peak_dbtp=-120.0, shortfall="silent"), "nothing is"),
    ],
)
def test_what_was_measured_in_the_copied_sound_is_judged(
    video: Path, loudness: Loudness, says: str
) -> None:
    promise = _with(PROMISE, loudness=loudness, spoken=SPOKEN)
    if not says:
        check(video, promise)
        return
    with pytest.raises(CheckFailed, match=says):
        check(video, promise)


def test_a_line_with_a_long_hole_is_found(video: Path, tmp_path: Path) -> None:
    """The sound copied in has digital silence from 1 s to 2.4 s of a line of 2 s."""
    voice = speech_like(2.0, 0.2)
    voice[RATE // 2 : round(1.9 * RATE)] = 0
    line = Line(write_wav(tmp_path / "v.wav", voice), 0.5)
    loudness = mix([line], None, 3.0, tmp_path / "mix.m4a", tmp_path)
    copied = ["-i", str(video), "-i", "mix.m4a", "-map", "0:v", "-map", "1:a", "-c", "copy"]
    ffmpeg.run([*copied, *_FAST, "holed.mp4"], tmp_path, 60)
    promise = _with(PROMISE, loudness=loudness)
    check(tmp_path / "holed.mp4", promise)
    with pytest.raises(CheckFailed, match=r"line at 0\.50 s is silent for 1\.\d s"):
        check(tmp_path / "holed.mp4", _with(promise, spoken=SPOKEN))


def test_silence_is_no_fault_where_nobody_speaks(
    segments: tuple[Segment, ...], tmp_path: Path
) -> None:
    loudness = mix([], None, 3.0, tmp_path / "mix.m4a", tmp_path)
    parts = encode_all(segments, tmp_path / "parts", 2)
    path = join(parts, tmp_path / "mix.m4a", tmp_path / "v.mp4", work=tmp_path)
    check(path, promised(segments, loudness=loudness))
    assert np.isclose(loudness.integrated_lufs, -70)
