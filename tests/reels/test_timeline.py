from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reels.models import Cue
from reels.timeline import (
    LAST_EXTRA_S,
    TAIL_S,
    all_shot_frames,
    line_start_s,
    place_lines,
    shot_frames,
)
from tests.reels.render_kit import timeline

durations = st.lists(st.floats(0.05, 30), min_size=1, max_size=12)


@given(durations)
def test_every_line_lies_inside_its_shot_with_air_on_both_sides(speech_s: list[float]) -> None:
    start = 0
    for speech, line, frames in zip(
        speech_s, place_lines(speech_s), all_shot_frames(speech_s), strict=True
    ):
        assert line - start / 30 >= line_start_s() - 1e-9
        start += frames
        assert start / 30 - (line + speech) >= TAIL_S - 1e-9


def test_the_last_shot_lasts_longer_than_one_in_the_middle() -> None:
    middle, last = shot_frames(2.0), shot_frames(2.0, last=True)
    assert last - middle == pytest.approx(LAST_EXTRA_S * 30, abs=1)


def test_a_timeline_lasts_as_long_as_its_shots(tmp_path: Path) -> None:
    made = timeline(tmp_path, (31, 17, 8))
    assert made.frames == 56
    assert made.duration_s == pytest.approx(56 / 30)


def test_odd_sizes_and_cues_past_the_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="even"):
        timeline(tmp_path, size_px=(181, 320))
    with pytest.raises(Exception, match="after the video's end"):
        timeline(tmp_path, (30,), cues=(Cue(start_s=0.5, end_s=3, text="late"),))
