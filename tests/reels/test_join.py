from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from reels import ffmpeg
from reels.audio import Line, mix
from reels.finished import check, promised
from reels.segments import encode_all, join, plan
from reels.timeline import Shot, Timeline
from tests.reels.render_kit import RATE, SMALL, decoded, flat, sound_of, timeline, write_wav

FPS = 30
#: Frames in which the picture changes its colour and a click is heard. The line of clicks
#: starts at the first one.
FLASHES = (45, 105, 200, 395)
FRAMES = 420


@pytest.fixture(scope="module")
def flashing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flat pictures that change at known frames, and one line that clicks at those times."""
    folder = tmp_path_factory.mktemp("flashing")
    colours = [flat(folder / f"{level}.png", (level,) * 3) for level in (40, 200)]
    marks = [0, *FLASHES, FRAMES]
    shots = tuple(
        Shot(media=colours[n % 2], frames=end - start)
        for n, (start, end) in enumerate(pairwise(marks))
    )
    made = Timeline(
        size_px=SMALL,
        shots=shots,
        transition="cut",
        captions="none",
        fade_in_frames=0,
        fade_out_frames=0,
    )
    clicks = np.zeros((FRAMES - FLASHES[0]) * RATE // FPS)
    for frame in FLASHES:
        at = (frame - FLASHES[0]) * RATE // FPS
        clicks[at : at + 48] = 0.8
    line = Line(write_wav(folder / "clicks.wav", clicks), FLASHES[0] / FPS)
    mix([line], None, made.duration_s, folder / "mix.m4a", folder)
    parts = encode_all(plan(made), folder / "parts", 2)
    return join(parts, folder / "mix.m4a", folder / "final.mp4", work=folder)


def _changes_s(levels: list[float]) -> list[float]:
    steps = np.abs(np.diff(levels))
    return [(int(n) + 1) / FPS for n in np.flatnonzero(steps > 50)]


def _clicks_s(sound: np.ndarray) -> list[float]:
    """Where each click starts, at most one in a quarter of a second."""
    loud = np.flatnonzero(np.abs(sound) > 0.5 * np.abs(sound).max())
    firsts = loud[np.concatenate([[True], np.diff(loud) > RATE // 4])]
    return [float(at) / RATE for at in firsts]


def test_every_click_is_heard_where_the_picture_changes(flashing: Path) -> None:
    """Read as a player does, by time stamps; 2 ms is a tenth of what is promised."""
    seen = _changes_s([float(frame.mean()) for frame in decoded(flashing)])
    heard = _clicks_s(sound_of(flashing))
    assert seen == [frame / FPS for frame in FLASHES]
    assert heard == pytest.approx(seen, abs=0.002)


def test_another_reader_finds_them_together_too(flashing: Path, tmp_path: Path) -> None:
    """FFmpeg's own program fills gaps and drops what lies before the start (edit lists)."""
    raw = ["-f", "f32le", "-ac", "1", "-ar", str(RATE), "sound.f32"]
    ffmpeg.run(["-i", str(flashing), "-map", "0:a", "-af", "aresample=async=1", *raw], tmp_path, 60)
    grey = ["-map", "0:v", "-vf", "scale=1:1", "-pix_fmt", "gray", "-fps_mode", "cfr"]
    ffmpeg.run(["-i", str(flashing), *grey, "-f", "rawvideo", "levels"], tmp_path, 60)
    sound = np.fromfile(tmp_path / "sound.f32", np.float32)
    levels = np.frombuffer((tmp_path / "levels").read_bytes(), np.uint8).astype(float)
    assert len(levels) == FRAMES
    assert len(sound) == pytest.approx(FRAMES / FPS * RATE, abs=RATE // 100)
    assert _clicks_s(sound) == pytest.approx(_changes_s(list(levels)), abs=0.002)


@pytest.mark.parametrize("fps", [1, 2, 7, 30, 60])
@pytest.mark.parametrize("first", [1, 2, 3])
def test_a_first_part_of_a_frame_or_two_joins_too(tmp_path: Path, fps: int, first: int) -> None:
    """It has less of a reordering delay than the parts behind it, at any speed."""
    made = timeline(tmp_path, (first, 3 * fps, 1), fps=fps, size_px=(64, 64), transition="cut")
    segments = plan(made)
    video = join(
        encode_all(segments, tmp_path / "parts", 1), None, tmp_path / "v.mp4", work=tmp_path
    )
    check(video, promised(segments, sound=False))
