"""SRT and WebVTT."""

from __future__ import annotations

from reels.captions import to_srt, to_vtt
from reels.models import Cue
from reels.scripts import columns
from tests.reels.captions.kit import CHINESE, ENGLISH


def test_srt_has_numbers_times_and_short_lines() -> None:
    cues = (Cue(start_s=0, end_s=1.25, text="One."), Cue(start_s=3661.5, end_s=3662, text=ENGLISH))
    blocks = to_srt(cues).split("\n\n")
    assert blocks[0] == "1\n00:00:00,000 --> 00:00:01,250\nOne."
    assert blocks[1].startswith("2\n01:01:01,500 --> 01:01:02,000\nEvery morning")
    assert all(len(line) <= 42 for line in blocks[1].splitlines())


def test_lines_of_wide_letters_are_half_as_long_and_are_joined_without_spaces() -> None:
    lines = to_srt([Cue(start_s=0, end_s=1, text=CHINESE)]).splitlines()[2:]
    assert "".join(lines) == CHINESE
    assert len(lines) > 1
    assert all(columns(line) <= 42 for line in lines)


def test_text_cannot_become_a_time_line_or_a_tag_in_srt_and_vtt() -> None:
    cue = Cue(start_s=0, end_s=1, text="<b>a</b> & 00:00 --> 00:09\n\n2")
    assert to_srt([cue]).count("-->") == 1
    assert "<" not in to_srt([cue])
    assert to_vtt([cue]).count("-->") == 1
    assert "&lt;b&gt;a&lt;/b&gt; &amp; 00:00 --&gt; 00:09 2" in to_vtt([cue]).replace("\n", " ")


def test_vtt_starts_with_its_signature() -> None:
    assert to_vtt([Cue(start_s=0, end_s=1, text="One.")]) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nOne.\n"
    )
