from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reels import ffmpeg
from reels.audio import Line, mix
from reels.errors import CheckFailed, RenderError
from reels.probe import check, poster, probe
from reels.segments import encode_all, join, plan
from reels.timeline import Shot, Timeline
from tests.reels.render_kit import (
    RATE,
    SMALL,
    decoded,
    flat,
    sound_of,
    speech_like,
    timeline,
    write_wav,
)

PROMISE = {"frames": 90, "size_px": SMALL, "fps": 30}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds with sound, as a job makes them."""
    folder = tmp_path_factory.mktemp("video")
    made = timeline(folder, (50, 40))
    voice = write_wav(folder / "v.wav", speech_like(2, 0.2))
    mix([Line(voice, 0.5)], None, made.duration_s, folder / "mix.m4a", folder)
    parts = encode_all(plan(made), folder / "parts", 2)
    return join(parts, folder / "mix.m4a", folder / "final.mp4", work=folder)


def test_a_finished_video_passes_its_check_and_is_described(video: Path) -> None:
    found = check(video, **PROMISE)
    assert found.video is not None
    assert found.audio is not None
    assert (found.video.codec, found.video.profile) == ("h264", "High")
    assert found.video.keyframes == (0, 60)
    assert found.video.duration_s == found.audio.duration_s == found.duration_s == 3.0
    assert found.is_fast_start


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"frames": 91}, "frames is 90, not 91"),
        ({"size_px": (1080, 1920)}, r"size is \(180, 320\)"),
        ({"fps": 25}, "frames per second is 30.0, not 25.0"),
    ],
)
def test_a_broken_promise_is_named(video: Path, broken: dict[str, object], says: str) -> None:
    with pytest.raises(CheckFailed, match=says):
        check(video, **(PROMISE | broken))  # type: ignore[arg-type]


def _changed(video: Path, to: Path, *args: str) -> Path:
    ffmpeg.run(["-i", str(video), *args, to.name], to.parent, 60)
    return to


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["-c", "copy"], "index stands behind"),
        (["-c", "copy", "-an", "-movflags", "+faststart"], "it has no sound"),
        (["-c", "copy", "-vn", "-movflags", "+faststart"], "it has no picture"),
        (["-c:v", "copy", "-af", "atrim=0:2", "-movflags", "+faststart"], "sound lasts 2.0"),
        (["-c:v", "mpeg4", "-movflags", "+faststart"], "codec is mpeg4"),
        (["-vf", "setpts=PTS+gt(N\\,30)/TB/30", "-fps_mode", "vfr"], "not one frame apart"),
    ],
)
def test_a_fault_of_the_file_is_found(
    video: Path, tmp_path: Path, args: list[str], says: str
) -> None:
    with pytest.raises(CheckFailed, match=says):
        check(_changed(video, tmp_path / "bad.mp4", *args), **PROMISE)


def test_a_black_video_is_found(tmp_path: Path) -> None:
    shot = Shot(media=flat(tmp_path / "black.png", (0, 0, 0)), frames=30)
    parts = encode_all(plan(Timeline(size_px=SMALL, shots=(shot,))), tmp_path / "parts")
    path = join(parts, None, tmp_path / "black.mp4", work=tmp_path)
    with pytest.raises(CheckFailed, match="black"):
        check(path, frames=30, size_px=SMALL, fps=30, sound=False)


@pytest.mark.parametrize("content", [b"", b"not a video", b"\0\0\0\x18ftypmp42" + b"\0" * 64])
def test_what_is_no_media_cannot_be_probed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.mp4").write_bytes(content)
    with pytest.raises(RenderError, match=r"x\.mp4 cannot be read"):
        probe(tmp_path / "x.mp4")


@pytest.mark.parametrize("at_s", [0.0, 1.0, 2.5, 99.0])
def test_a_poster_is_the_frame_of_its_time(video: Path, tmp_path: Path, at_s: float) -> None:
    with Image.open(poster(video, at_s, tmp_path / "poster.jpg")) as image:
        assert (image.format, image.size) == ("JPEG", SMALL)
        shown = np.asarray(image).astype(int)
    wanted = decoded(video)[min(round(at_s * 30), 89)].astype(int)
    assert np.abs(shown - wanted).mean() < 4


def test_sound_and_picture_of_a_finished_video_are_in_step(tmp_path: Path) -> None:
    """A click and a flash of the same moment are found within 20 ms of each other."""
    shots = (
        Shot(media=flat(tmp_path / "dark.png", (20, 20, 20)), frames=75),
        Shot(media=flat(tmp_path / "light.png", (230, 230, 230)), frames=30),
    )
    made = Timeline(size_px=SMALL, shots=shots, transition="cut")
    click = np.zeros(RATE // 10)
    click[:48] = 0.9
    line = Line(write_wav(tmp_path / "click.wav", click), 75 / 30)
    mix([line], None, made.duration_s, tmp_path / "mix.m4a", tmp_path)
    parts = encode_all(plan(made), tmp_path / "parts", 2)
    path = join(parts, tmp_path / "mix.m4a", tmp_path / "final.mp4", work=tmp_path)
    flash_s = next(n for n, frame in enumerate(decoded(path)) if frame.mean() > 120) / 30
    sound = np.abs(sound_of(path))
    click_s = int(np.argmax(sound > sound.max() / 2)) / RATE
    assert click_s == pytest.approx(flash_s, abs=0.02)
    assert flash_s == 2.5
