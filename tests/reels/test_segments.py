from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from reels import ffmpeg, frames, motion
from reels.errors import FfmpegFailed, RenderError
from reels.models import Cue
from reels.segments import DISSOLVE_FRAMES, Segment, encode, encode_all, join, plan
from reels.timeline import Media, Shot, Timeline
from tests.reels.render_kit import SMALL, decoded, flat, timeline

CUES = (
    Cue(start_s=0.3, end_s=1.5, text="first words"),
    Cue(start_s=2.4, end_s=3.5, text="second words"),
    Cue(start_s=4.4, end_s=5.5, text="third words"),
)


def _keys(made: Timeline) -> list[str]:
    return [segment.key for segment in plan(made)]


def _changed(before: Timeline, after: Timeline) -> list[int]:
    pairs = zip(_keys(before), _keys(after), strict=True)
    return [index for index, (a, b) in enumerate(pairs) if a != b]


def test_the_plan_covers_every_frame_once_on_the_grid(tmp_path: Path) -> None:
    segments = plan(timeline(tmp_path, (70, 50, 31)))
    assert [s.first_frame for s in segments] == [0, 60, 120]
    assert [s.frames for s in segments] == [60, 60, 31]
    for segment in segments:
        shown = [0] * segment.frames
        for span in segment.spans:
            for frame in range(span.at, span.at + span.frames):
                shown[frame] += 1
        assert min(shown) == 1
        assert max(shown) <= 2


def test_the_same_inputs_have_the_same_keys(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    here = timeline(tmp_path, (90, 90), cues=CUES)
    elsewhere = timeline(tmp_path / "other", (90, 90), cues=CUES)
    assert _keys(here) == _keys(elsewhere)
    assert len(set(_keys(here))) == 3


def test_a_changed_cue_changes_the_segments_that_show_it_and_no_other(tmp_path: Path) -> None:
    before = timeline(tmp_path, (90, 90), cues=CUES)
    edited = CUES[1].model_copy(update={"text": "other words"})
    assert _changed(before, timeline(tmp_path, (90, 90), cues=(CUES[0], edited, CUES[2]))) == [1]
    later = CUES[1].model_copy(update={"end_s": 4.2})
    assert _changed(before, timeline(tmp_path, (90, 90), cues=(CUES[0], later, CUES[2]))) == [1, 2]


def test_a_cue_that_only_moves_its_end_in_a_later_segment_leaves_the_earlier_one(
    tmp_path: Path,
) -> None:
    long = Cue(start_s=1.0, end_s=3.0, text="over the border")
    longer = long.model_copy(update={"end_s": 3.4})
    before = timeline(tmp_path, (90, 90), cues=(long,), captions="plain")
    after = timeline(tmp_path, (90, 90), cues=(longer,), captions="plain")
    assert _changed(before, after) == [1]


def test_a_changed_picture_changes_the_segments_that_show_it(tmp_path: Path) -> None:
    before = timeline(tmp_path, (70, 110))
    new = flat(tmp_path / "new.png", (200, 30, 30))
    shots = (before.shots[0], before.shots[1].model_copy(update={"picture": new}))
    assert _changed(before, before.model_copy(update={"shots": shots})) == [1, 2]


@pytest.mark.parametrize(
    "change", [{"captions": "plain"}, {"fps": 25}, {"size_px": (182, 320)}, {"transition": "cut"}]
)
def test_everything_that_shapes_a_segment_counts_in_its_key(
    tmp_path: Path, change: dict[str, object]
) -> None:
    before = timeline(tmp_path, (70, 50), cues=CUES[:1])
    fields = before.model_dump() | change
    after = Timeline.model_validate(fields)
    assert _keys(before)[0] != _keys(after)[0]


def test_segments_survive_json(tmp_path: Path) -> None:
    for segment in plan(timeline(tmp_path, (90, 90), cues=CUES)):
        assert Segment.model_validate_json(segment.model_dump_json()) == segment


@pytest.mark.parametrize("size_px", [(180, 320), (320, 180), (200, 200)])
def test_a_joined_video_has_exactly_the_frames_of_its_shots(
    tmp_path: Path, size_px: tuple[int, int]
) -> None:
    made = timeline(tmp_path, (65, 37, 49), size_px=size_px, cues=CUES[:2])
    parts = encode_all(plan(made), tmp_path / "parts", 2)
    path = join(parts, None, tmp_path / "out.mp4", work=tmp_path / "work")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        step = round(1 / (stream.average_rate * stream.time_base))
        packets = [p for p in container.demux(stream) if p.size]
        assert stream.duration == made.frames * step
        assert (stream.codec_context.profile, stream.pix_fmt) == ("High", "yuv420p")
    assert [b.dts - a.dts for a, b in pairwise(packets)] == [step] * 150
    assert [p.pts for p in packets if p.is_keyframe] == [0, 60 * step, 120 * step]
    with av.open(str(path)) as container:
        stamps = [frame.pts for frame in container.decode(video=0)]
    assert stamps == [n * step for n in range(made.frames)]


def test_every_frame_of_a_joined_video_is_the_one_that_was_drawn(tmp_path: Path) -> None:
    """A frame lost, doubled or out of order at a join would be far from its drawing."""
    made = timeline(tmp_path, (70, 60), motion="pan_left")
    segments = plan(made)
    parts = encode_all(segments, tmp_path / "parts", 2)
    path = join(parts, None, tmp_path / "out.mp4", work=tmp_path)
    luma = SMALL[0] * SMALL[1]
    drawn = [np.frombuffer(f, np.uint8)[:luma].copy() for s in segments for f in frames.frames(s)]
    with av.open(str(path)) as container:
        shown = [_luma(frame) for frame in container.decode(video=0)]
    errors = [np.abs(a.astype(int) - b).mean() for a, b in zip(drawn, shown, strict=True)]
    assert max(errors) < 2.5


def _luma(frame: av.VideoFrame) -> np.ndarray:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width].ravel()


def test_encoding_again_gives_the_same_bytes(tmp_path: Path) -> None:
    segment = plan(timeline(tmp_path, (60,), cues=CUES[:1]))[0]
    first = encode(segment, tmp_path / "a.mp4", tmp_path / "work")
    second = encode(segment, tmp_path / "b.mp4", tmp_path / "work")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("motion_name", ["none", "zoom_in"])
def test_a_decoded_frame_has_the_colours_of_its_picture(tmp_path: Path, motion_name: str) -> None:
    colours = [(200, 30, 40), (30, 180, 60), (40, 60, 210), (128, 128, 128)]
    bands = np.repeat(np.array(colours, np.uint8), SMALL[1] // 4, axis=0)
    motion.Image.fromarray(np.repeat(bands[:, None], SMALL[0], axis=1)).save(tmp_path / "bands.png")
    shot = Shot(picture=Media.of(tmp_path / "bands.png"), frames=12, motion=motion_name)
    made = Timeline(size_px=SMALL, shots=(shot,), fade_in_frames=0, fade_out_frames=0)
    path = encode(plan(made)[0], tmp_path / "out.mp4", tmp_path / "work")
    with av.open(str(path)) as container:
        frame = list(container.decode(video=0))[6]
    assert (frame.colorspace, frame.color_range) == (1, 1)
    planes = [
        np.frombuffer(memoryview(p), np.uint8).reshape(p.height, p.line_size) for p in frame.planes
    ]
    for band, colour in enumerate(colours):
        y = SMALL[1] // 8 * (2 * band + 1)
        yuv = np.array([planes[0][y, 90], planes[1][y // 2, 45], planes[2][y // 2, 45]], float)
        assert _rgb_of_bt709(yuv) == pytest.approx(colour, abs=3)


def _rgb_of_bt709(yuv: np.ndarray) -> list[float]:
    """The decoder's side, from the recommendation's numbers and not from ours."""
    y, u, v = (yuv[0] - 16) / 219, (yuv[1] - 128) / 224, (yuv[2] - 128) / 224
    rgb = (y + 1.5748 * v, y - 0.18732427 * u - 0.46812427 * v, y + 1.8556 * u)
    return [255 * channel for channel in rgb]


def test_a_dissolve_goes_evenly_from_one_picture_to_the_other(tmp_path: Path) -> None:
    shots = tuple(
        Shot(picture=flat(tmp_path / f"{grey}.png", (grey, grey, grey)), frames=30)
        for grey in (40, 200)
    )
    made = Timeline(size_px=SMALL, shots=shots, fade_in_frames=0, fade_out_frames=0)
    (segment,) = plan(made)
    shown = decoded(encode(segment, tmp_path / "out.mp4", tmp_path / "work"))
    levels = [float(frame.mean()) for frame in shown]
    half = DISSOLVE_FRAMES // 2
    assert levels[30 - half - 1] == pytest.approx(40, abs=3)
    assert levels[30 + half] == pytest.approx(200, abs=3)
    steps = np.diff(levels[30 - half - 1 : 30 + half + 1])
    assert steps == pytest.approx([160 / (DISSOLVE_FRAMES + 1)] * len(steps), abs=5)


def test_a_video_comes_out_of_black_and_goes_into_it(tmp_path: Path) -> None:
    picture = flat(tmp_path / "light.png", (200, 200, 200))
    shots = (Shot(picture=picture, frames=62),)
    made = Timeline(size_px=SMALL, shots=shots, fade_in_frames=4, fade_out_frames=6)
    parts = encode_all(plan(made), tmp_path / "parts", 2)
    shown = decoded(join(parts, None, tmp_path / "out.mp4", work=tmp_path))
    levels = [float(frame.mean()) for frame in shown]
    assert levels[0] < 50
    assert levels[61] < 40
    assert levels[4] == pytest.approx(200, abs=4)
    assert levels[55] == pytest.approx(200, abs=4)
    assert levels[55:] == sorted(levels[55:], reverse=True)


def test_pictures_at_rest_are_shown_as_often_as_moving_ones(tmp_path: Path) -> None:
    made = timeline(tmp_path, (120,), motion="none", fade_in_frames=0, fade_out_frames=0)
    segments = plan(made)
    assert all(segment.is_still for segment in segments)
    assert len({segment.key for segment in segments}) == 1
    parts = encode_all(segments, tmp_path / "parts")
    assert len(set(parts)) == 1
    assert len(decoded(join(parts, None, tmp_path / "out.mp4", work=tmp_path))) == 120


def test_only_what_is_missing_is_encoded(tmp_path: Path) -> None:
    segments = plan(timeline(tmp_path, (90, 60)))
    parts = encode_all(segments, tmp_path / "parts", 2)
    untouched = parts[0].stat().st_mtime_ns
    parts[1].unlink()
    told: list[int] = []
    encode_all(segments, tmp_path / "parts", 2, lambda segment, _: told.append(segment.index))
    assert sorted(told) == [0, 1, 2]
    assert parts[0].stat().st_mtime_ns == untouched
    assert parts[1].exists()


def test_a_picture_that_is_gone_fails_the_segment_and_leaves_nothing(tmp_path: Path) -> None:
    made = timeline(tmp_path, (60, 60))
    made.shots[1].picture.path.unlink()
    with pytest.raises(RenderError, match=r"1\.png cannot be read"):
        encode_all(plan(made), tmp_path / "parts", 1)
    left = {path.name for path in (tmp_path / "parts").rglob("*.mp4")}
    assert left <= {f"{plan(made)[0].key}.mp4"}
    assert not list((tmp_path / "parts" / "work").iterdir())


def test_an_ffmpeg_that_is_killed_fails_the_segment(tmp_path: Path) -> None:
    group = ffmpeg.Group()
    group.kill()
    segment = plan(timeline(tmp_path, (60,)))[0]
    with pytest.raises(FfmpegFailed, match="signal 9"):
        encode(segment, tmp_path / "a.mp4", tmp_path / "work", group=group)
    assert not (tmp_path / "a.mp4").exists()


RENDER = """
import signal, sys
# A shell without job control hands down an ignored SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from reels.segments import encode_all, plan
from reels.timeline import Timeline
made = Timeline.model_validate_json(Path(sys.argv[1]).read_text())
encode_all(plan(made), Path(sys.argv[2]), 2, lambda segment, _: print(segment.index, flush=True))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_render_that_is_stopped_leaves_no_ffmpeg_and_no_half_file(
    tmp_path: Path, how: signal.Signals
) -> None:
    made = timeline(tmp_path, (900,), size_px=(540, 960))
    (tmp_path / "timeline.json").write_text(made.model_dump_json())
    env = {**os.environ, "PYTHONPATH": str(Path(motion.__file__).parents[1])}
    child = subprocess.Popen(
        [sys.executable, "-c", RENDER, "timeline.json", "parts"],
        cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(how)
    # The pipe ends when the last process that holds it is gone.
    child.stdout.read()
    assert child.wait(20) != 0
    _wait_until_nobody_runs_in(tmp_path)
    keys = {segment.key for segment in plan(made)}
    whole = list((tmp_path / "parts").glob("*.mp4"))
    assert whole
    for path in whole:
        assert path.stem in keys
        assert len(decoded(path)) == 60


def _wait_until_nobody_runs_in(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while any(str(folder) in _cwd(process) for process in Path("/proc").glob("[0-9]*")):
        assert time.monotonic() < deadline, "an ffmpeg was left behind"
        time.sleep(0.05)


def _cwd(process: Path) -> str:
    try:
        return os.readlink(process / "cwd")
    except OSError:
        return ""


def test_parts_that_were_encoded_otherwise_are_not_joined(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    one = encode_all(plan(timeline(tmp_path, (20,))), tmp_path / "parts")
    other = encode_all(
        plan(timeline(tmp_path / "b", (20,), size_px=(200, 320))), tmp_path / "parts"
    )
    with pytest.raises(RenderError, match="not encoded like"):
        join([*one, *other], None, tmp_path / "out.mp4", work=tmp_path)
    assert not (tmp_path / "out.mp4").exists()
    assert not list(tmp_path.glob(".join-*"))


def test_joining_replaces_a_file_at_once(tmp_path: Path) -> None:
    parts = encode_all(plan(timeline(tmp_path, (20,))), tmp_path / "parts")
    target = tmp_path / "out.mp4"
    target.write_bytes(b"old")
    shutil.copy(target, tmp_path / "keep")
    assert len(decoded(join(parts, None, target, work=tmp_path))) == 20
