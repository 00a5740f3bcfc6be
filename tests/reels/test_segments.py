from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from reels import motion
from reels.encode import write
from reels.errors import RenderError
from reels.frames import Painter
from reels.models import Cue
from reels.planes import Planes, empty
from reels.segments import TRANSITION_FRAMES, Segment, encode, encode_all, join, plan
from reels.timeline import Media, Shot, Timeline, TitleCard
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


def test_the_plan_covers_every_frame_once(tmp_path: Path) -> None:
    segments = plan(timeline(tmp_path, (70, 150, 3, 31), transition="slide"))
    ends = [0, *(s.first_frame + s.frames for s in segments)]
    assert ends[:-1] == [s.first_frame for s in segments]
    assert ends[-1] == 70 + 150 + 3 + 31
    assert [s.index for s in segments] == list(range(len(segments)))


def test_no_segment_is_longer_than_two_seconds_and_shots_are_cut_evenly(tmp_path: Path) -> None:
    segments = plan(timeline(tmp_path, (124, 60, 61), transition="cut"))
    assert [s.frames for s in segments] == [41, 41, 42, 60, 30, 31]


def test_a_transition_is_a_segment_of_its_own_with_both_shots(tmp_path: Path) -> None:
    segments = plan(timeline(tmp_path, (60, 60), transition="crossfade"))
    half = TRANSITION_FRAMES["crossfade"] // 2
    assert [s.frames for s in segments] == [60 - half, 2 * half, 60 - half]
    assert [len(s.spans) for s in segments] == [1, 2, 1]
    goes, comes = segments[1].spans
    assert (goes.offset, comes.offset) == (60 - half, 0)
    assert segments[2].spans[0].offset == 2 * half


def test_a_shot_says_how_it_comes_in(tmp_path: Path) -> None:
    made = timeline(tmp_path, (60, 60, 60), transition="cut")
    slides = made.shots[1].model_copy(update={"transition": "slide"})
    made = made.model_copy(update={"shots": (made.shots[0], slides, made.shots[2])})
    assert [s.transition for s in plan(made)] == ["cut", "slide", "cut", "cut"]


def test_a_longer_shot_leaves_the_other_shots_segments_as_they_are(tmp_path: Path) -> None:
    before, after = (timeline(tmp_path, (70, n, 80), transition="slide") for n in (60, 75))
    kept = set(_keys(before)) & set(_keys(after))
    assert kept == {_keys(before)[0], _keys(before)[1], _keys(before)[-1], _keys(before)[-2]}


def test_the_same_inputs_have_the_same_keys(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    here = timeline(tmp_path, (90, 90), cues=CUES)
    elsewhere = timeline(tmp_path / "other", (90, 90), cues=CUES)
    assert _keys(here) == _keys(elsewhere)
    assert len(set(_keys(here))) == len(_keys(here)) == 5


def _showing(made: Timeline, start_s: float, end_s: float) -> list[int]:
    return [
        s.index
        for s in plan(made)
        if s.first_frame < end_s * made.fps and s.first_frame + s.frames > start_s * made.fps
    ]


def test_a_changed_cue_changes_the_segments_that_show_it_and_no_other(tmp_path: Path) -> None:
    before = timeline(tmp_path, (90, 90), cues=CUES)
    edited = CUES[1].model_copy(update={"text": "other words"})
    after = before.model_copy(update={"cues": (CUES[0], edited, CUES[2])})
    assert _changed(before, after) == _showing(before, 2.4, 3.5)
    assert len(_changed(before, after)) < len(_keys(before))


def test_shots_are_cut_where_captions_start_so_that_an_edited_one_costs_one_piece(
    tmp_path: Path,
) -> None:
    times = ((0.3, 1.6), (1.6, 3.1), (3.1, 4.7), (4.7, 6.4))
    cues = tuple(Cue(start_s=a, end_s=b, text=f"from {a} on") for a, b in times)
    before = timeline(tmp_path, (195,), cues=cues)
    assert [s.first_frame for s in plan(before)] == [0, 48, 93, 141]
    for number, piece in ((1, 1), (2, 2), (3, 3)):
        edited = [*cues]
        edited[number] = edited[number].model_copy(update={"text": "something else"})
        after = before.model_copy(update={"cues": tuple(edited)})
        assert _changed(before, after) == [piece]


def test_captions_in_quick_succession_do_not_make_splinters(tmp_path: Path) -> None:
    times = [(0.1 + 0.3 * n, 0.4 + 0.3 * n) for n in range(15)]
    cues = tuple(Cue(start_s=round(a, 2), end_s=round(b, 2), text="quick") for a, b in times)
    pieces = plan(timeline(tmp_path, (150,), cues=cues))
    assert min(piece.frames for piece in pieces) >= 36


def test_a_cue_that_only_moves_its_end_in_a_later_segment_leaves_the_earlier_one(
    tmp_path: Path,
) -> None:
    long = Cue(start_s=0.6, end_s=2.0, text="over the border")
    longer = long.model_copy(update={"end_s": 2.4})
    before = timeline(tmp_path, (90, 90), cues=(long,), captions="plain")
    after = timeline(tmp_path, (90, 90), cues=(longer,), captions="plain")
    assert [s.frames for s in plan(before)][:2] == [43, 43]
    assert _changed(before, after) == [1]


def test_a_changed_picture_costs_its_shot_and_the_transitions_beside_it(tmp_path: Path) -> None:
    before = timeline(tmp_path, (90, 90, 90))
    new = flat(tmp_path / "new.png", (200, 30, 30))
    shots = (*before.shots[:2], before.shots[2].model_copy(update={"media": new}))
    # Two pieces and a transition for each of the first two shots, then the third shot.
    assert _changed(before, before.model_copy(update={"shots": shots})) == [5, 6, 7]


@pytest.mark.parametrize(
    "change",
    [
        {"captions": "plain"},
        {"caption_look": {"size": 1.2}},
        {"fps": 25},
        {"size_px": (182, 320)},
        {"transition": "slide"},
        {"language": "tr"},
        {"title_card": {"title": "Hello"}},
        {"fade_in_frames": 0},
    ],
)
def test_everything_that_shapes_a_segment_counts_in_its_key(
    tmp_path: Path, change: dict[str, object]
) -> None:
    before = timeline(tmp_path, (70, 50), cues=CUES[:1])
    fields = before.model_dump() | change
    after = Timeline.model_validate(fields)
    assert _keys(before)[0] != _keys(after)[0]


def test_a_title_card_stands_on_one_side_with_captions_and_without(tmp_path: Path) -> None:
    """A title of digits stands on its language's side, also where nothing is spoken yet."""
    cue = Cue(start_s=1.5, end_s=2.4, text="مرحبا")
    card = TitleCard(title="2026", frames=66)
    made = timeline(tmp_path, (90,), cues=(cue,), title_card=card, language="ar")
    over = [segment for segment in plan(made) if segment.title_card]
    assert [bool(segment.captions) for segment in over] == [False, True]
    assert {segment.language for segment in over} == {"ar"}


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
    starts = [segment.first_frame * step for segment in plan(made)]
    assert [p.pts for p in packets if p.is_keyframe] == starts
    with av.open(str(path)) as container:
        stamps = [frame.pts for frame in container.decode(video=0)]
    assert stamps == [n * step for n in range(made.frames)]


def test_every_frame_of_a_joined_video_is_the_one_that_was_drawn(tmp_path: Path) -> None:
    """A frame lost, doubled or out of order at a join would be far from its drawing."""
    made = timeline(tmp_path, (70, 60), motion="pan_left")
    segments = plan(made)
    parts = encode_all(segments, tmp_path / "parts", 2)
    path = join(parts, None, tmp_path / "out.mp4", work=tmp_path)
    drawn = [luma for segment in segments for luma in _drawn(segment, tmp_path)]
    with av.open(str(path)) as container:
        shown = [_luma(frame) for frame in container.decode(video=0)]
    errors = [np.abs(a.astype(int) - b).mean() for a, b in zip(drawn, shown, strict=True)]
    assert max(errors) < 2.5


def _drawn(segment: Segment, work: Path) -> list[np.ndarray]:
    """The luma of every frame, as the painter leaves it."""
    frame, shown = empty(segment.size_px), []
    with Painter(segment, work) as painter:
        for number in range(segment.frames):
            painter.paint(number, frame)
            shown.append(frame.y.ravel().copy())
    return shown


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
    Image.fromarray(np.repeat(bands[:, None], SMALL[0], axis=1)).save(tmp_path / "bands.png")
    shot = Shot(media=Media.of(tmp_path / "bands.png"), frames=12, motion=motion_name)
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


def _levels(folder: Path, transition: str) -> list[float]:
    """The mean brightness of every frame from a dark shot to a light one, 30 frames each."""
    shots = tuple(
        Shot(media=flat(folder / f"{grey}.png", (grey, grey, grey)), frames=30)
        for grey in (40, 200)
    )
    made = Timeline(
        size_px=SMALL, shots=shots, transition=transition, fade_in_frames=0, fade_out_frames=0
    )
    parts = encode_all(plan(made), folder / "parts")
    shown = decoded(join(parts, None, folder / "out.mp4", work=folder))
    assert len(shown) == 60
    return [float(frame.mean()) for frame in shown]


@pytest.mark.parametrize("transition", ["crossfade", "slide"])
def test_a_transition_goes_from_one_picture_to_the_other(tmp_path: Path, transition: str) -> None:
    levels = _levels(tmp_path, transition)
    half = TRANSITION_FRAMES[transition] // 2
    assert levels[30 - half - 1] == pytest.approx(40, abs=3)
    assert levels[30 + half] == pytest.approx(200, abs=3)
    assert levels == sorted(levels) or max(-np.diff(levels)) < 1


def test_a_crossfade_is_even(tmp_path: Path) -> None:
    levels, frames = _levels(tmp_path, "crossfade"), TRANSITION_FRAMES["crossfade"]
    steps = np.diff(levels[30 - frames // 2 - 1 : 30 + frames // 2 + 1])
    assert steps == pytest.approx([160 / (frames + 1)] * len(steps), abs=5)


def test_a_fade_through_black_is_black_in_the_middle(tmp_path: Path) -> None:
    levels = _levels(tmp_path, "fade_black")
    assert min(levels) < 12
    assert 28 <= int(np.argmin(levels)) <= 31
    assert (levels[15], levels[45]) == pytest.approx((40, 200), abs=3)


def test_a_cut_changes_the_picture_from_one_frame_to_the_next(tmp_path: Path) -> None:
    levels = _levels(tmp_path, "cut")
    assert (levels[29], levels[30]) == pytest.approx((40, 200), abs=3)


def test_a_video_comes_out_of_black_and_goes_into_it(tmp_path: Path) -> None:
    picture = flat(tmp_path / "light.png", (200, 200, 200))
    shots = (Shot(media=picture, frames=62),)
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
    made = timeline(tmp_path, (100,), motion="none", fade_in_frames=0, fade_out_frames=0)
    segments = plan(made)
    assert all(segment.is_still for segment in segments)
    assert len({segment.key for segment in segments}) == 1
    parts = encode_all(segments, tmp_path / "parts")
    assert len(set(parts)) == 1
    assert len(decoded(join(parts, None, tmp_path / "out.mp4", work=tmp_path))) == 100


def test_only_what_is_missing_is_encoded(tmp_path: Path) -> None:
    segments = plan(timeline(tmp_path, (60, 50, 40), transition="cut"))
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
    made.shots[1].media.path.unlink()
    with pytest.raises(RenderError, match=r"1\.png cannot be read"):
        encode_all(plan(made), tmp_path / "parts", 1)
    left = {path.name for path in (tmp_path / "parts").rglob("*.mp4")}
    assert left <= {f"{plan(made)[0].key}.mp4"}
    assert not list((tmp_path / "parts" / "work").iterdir())


@pytest.mark.parametrize("motion_name", ["none", "zoom_in"])
def test_a_picture_that_was_changed_meanwhile_is_kept_under_no_key(
    tmp_path: Path, motion_name: str
) -> None:
    """Else the old picture, brought back, would be shown as the new one from then on."""
    made = timeline(tmp_path, (20,), motion=motion_name)
    flat(made.shots[0].media.path, (200, 0, 0))
    with pytest.raises(RenderError, match=r"0\.png was changed"):
        encode_all(plan(made), tmp_path / "parts", 1)
    assert not list((tmp_path / "parts").glob("*.mp4"))


def test_an_encoding_that_is_told_to_stop_leaves_nothing(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    segment = plan(timeline(tmp_path, (60,)))[0]
    with pytest.raises(RenderError):
        encode(segment, tmp_path / "a.mp4", tmp_path / "work", stop=stop)
    assert not (tmp_path / "a.mp4").exists()
    assert not list((tmp_path / "work").glob("*"))


def test_a_stop_while_frames_are_drawn_ends_the_encoding_before_the_next(tmp_path: Path) -> None:
    stop, painted = threading.Event(), list[int]()

    class Stopping:
        def paint(self, frame: int, onto: Planes) -> None:
            painted.append(frame)
            if frame == 3:
                stop.set()

    with pytest.raises(RenderError):
        write(plan(timeline(tmp_path, (60,)))[0], Stopping(), tmp_path / "a.mp4", stop)
    assert painted == [0, 1, 2, 3]


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
def test_a_render_that_is_stopped_leaves_no_process_and_no_half_file(
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
        assert time.monotonic() < deadline, "a process was left behind"
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
