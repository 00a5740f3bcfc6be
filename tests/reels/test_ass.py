from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reels import ass, ffmpeg
from reels.caption_look import look_for
from reels.models import SIZES_PX, CaptionStyle, Cue, Word
from reels.segments import encode, plan
from reels.timeline import Media, Shot, Timeline
from tests.reels.render_kit import decoded
from tests.reels.test_captions import LONG, MONSTER, spoken

HOSTILE = r"{\fs4000\bord200\blur200}\N\h\{\} plain"
GREY = (90, 110, 120)


def _frames(
    folder: Path, cues: tuple[Cue, ...], size_px: tuple[int, int], style: CaptionStyle = "karaoke"
) -> list[NDArray[np.uint8]]:
    """A grey video of one second with these cues."""
    Image.new("RGB", size_px, GREY).save(folder / "grey.png")
    shot = Shot(picture=Media.of(folder / "grey.png"), frames=30)
    made = Timeline(
        size_px=size_px,
        shots=(shot,),
        cues=cues,
        captions=style,
        fade_in_frames=0,
        fade_out_frames=0,
    )
    (segment,) = plan(made)
    return decoded(encode(segment, folder / "out.mp4", folder / "work"))


def _inked(frame: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """The box around all that is not the ground: x0, y0, x1, y1."""
    away = np.abs(frame.astype(int) - frame[2, 2].astype(int)).max(axis=2) > 40
    ys, xs = np.nonzero(away)
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


@pytest.mark.parametrize("text", [HOSTILE, LONG, MONSTER, "Каждое утро море", "日本語 🎉 עברית"])
@pytest.mark.parametrize("size_px", [(270, 480), (480, 270), (360, 360)])
def test_any_text_is_shown_inside_the_caption_box(
    tmp_path: Path, text: str, size_px: tuple[int, int]
) -> None:
    frame = _frames(tmp_path, (Cue(start_s=0, end_s=1, text=text),), size_px)[15]
    x0, y0, x1, y1 = _inked(frame)
    box = look_for(size_px).box
    assert box[0] <= x0 < x1 <= box[2]
    assert box[1] <= y0 < y1 <= box[3] + 1


def test_a_text_is_as_wide_as_it_was_measured(tmp_path: Path) -> None:
    """So the shipped face is used, and at the size that was asked for."""
    size = (540, 960)
    look = look_for(size)
    frame = _frames(tmp_path, (Cue(start_s=0, end_s=1, text="Measured"),), size, "plain")[15]
    bright = (frame.min(axis=2) > 200).any(axis=0).nonzero()[0]
    assert bright[-1] - bright[0] == pytest.approx(look.width_px("Measured", look.em_px), rel=0.05)


def test_every_face_of_a_mixed_text_is_found_by_libass(tmp_path: Path) -> None:
    """libass names the font that it takes; each must be one of ours and none may be missing."""
    cue = Cue(start_s=0, end_s=1, text="Mix 日本語 한국어 🎉 עברית ไทย ∑ Ж")
    script = ass.Script((540, 960), 30, "plain")
    document = script.document(script.events([cue]), 0, 30)
    (tmp_path / "c.ass").write_text(document.script, encoding="utf-8")
    (tmp_path / "fonts").mkdir()
    for face in document.faces:
        (tmp_path / "fonts" / face.name).symlink_to(face)
    log = ffmpeg.run(
        ["-loglevel", "info", "-f", "lavfi", "-i", "color=gray:s=540x960:r=30",
         "-frames:v", "15", "-vf", "ass=c.ass:fontsdir=fonts", "-f", "null", "-"],
        tmp_path, 30,
    )  # fmt: skip
    chosen = dict(re.findall(r"fontselect: \((.+?), \d+, \d+\) -> (\S+?),", log))
    assert len(document.faces) >= 6
    assert len(chosen) == len(document.faces)
    for wanted, found in chosen.items():
        assert wanted.replace(" ", "").replace("-", "") == found.replace("-", "")
    assert "not found" not in log


def test_no_text_can_open_a_tag_or_an_escape() -> None:
    made = ass.escape(HOSTILE)
    assert not re.search(r"(?<!\\)[{}]", made)
    assert not re.search(r"\\[a-zA-Z]", made)


def test_the_word_that_is_spoken_is_lit(tmp_path: Path) -> None:
    words = (
        Word(text="left", start_s=0, end_s=0.5),
        Word(text="right", start_s=0.5, end_s=1.0),
    )
    frames = _frames(
        tmp_path, (Cue(start_s=0, end_s=1, text="left right", words=words),), (270, 480)
    )
    assert _lit_share_left(frames[10]) > 0.8
    assert _lit_share_left(frames[20]) < 0.2
    assert _lit_share_left(frames[14]) > 0.8
    assert _lit_share_left(frames[15]) < 0.2


def _lit_share_left(frame: NDArray[np.uint8]) -> float:
    """How much of the accent colour lies in the left half."""
    red, green, blue = (frame[..., n].astype(int) for n in range(3))
    lit = (red > 180) & (green > 140) & (blue < 120)
    columns = lit.sum(axis=0)
    return float(columns[:135].sum() / columns.sum())


def test_a_cue_comes_and_goes_on_its_frame(tmp_path: Path) -> None:
    cue = Cue(start_s=0.3, end_s=0.7, text="now")
    frames = _frames(tmp_path, (cue,), (270, 480), "plain")
    shown = [np.ptp(frame.astype(int)) > 100 for frame in frames]
    assert shown == [9 <= n < 21 for n in range(30)]


def test_without_a_style_nothing_is_shown(tmp_path: Path) -> None:
    frames = _frames(tmp_path, (Cue(start_s=0, end_s=1, text="now"),), (270, 480), "none")
    assert all(np.ptp(frame.astype(int)) < 60 for frame in frames)


def test_a_cue_over_a_segments_border_looks_as_in_one_piece() -> None:
    """Every frame's state is the same in the cut scripts as in the whole one."""
    cue = Cue(start_s=1.2, end_s=3, text="over the border", words=spoken("over the border", 1.2))
    script = ass.Script((270, 480), 30, "karaoke")
    events = script.events((cue,))
    cut = [e for first in (0, 60) for e in _states(script.document(events, first, 60), first)]
    assert sorted(set(cut)) == sorted(set(_states(script.document(events, 0, 120), 0)))


def _states(document: ass.Document, first: int) -> list[tuple[int, str]]:
    """(frame of the video, text shown) of every frame that lies within an event."""
    states = []
    for line in document.script.splitlines():
        if line.startswith("Dialogue: 1,"):
            _, start, end, *_, text = line.split(",", 9)
            plain = re.sub(r"\\t\([^)]*\)|\\fsc[xy]\d+", "", text)
            for frame in range(60 if first else 120):
                if _seconds(start) <= frame / 30 < _seconds(end):
                    states.append((first + frame, plain))
    return states


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


@pytest.mark.parametrize("size_px", SIZES_PX.values())
def test_captions_are_large_enough_to_read_on_a_phone(size_px: tuple[int, int]) -> None:
    assert look_for(size_px).em_px >= 0.05 * min(size_px)
