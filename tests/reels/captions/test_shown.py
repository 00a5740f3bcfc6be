"""What of a caption shapes a segment, and what does not."""

from __future__ import annotations

from reels.captions.shown import faces_in, shown_cues
from reels.fonts import FONTS_DIR
from reels.models import CaptionLook, Cue, Word
from tests.reels.captions.kit import FPS, spoken

WORDS = (
    Word(text="one", start_s=1.0, end_s=1.5),
    Word(text="two", start_s=1.5, end_s=2.5),
    Word(text="three", start_s=2.5, end_s=3.0),
)
CUE = Cue(start_s=1, end_s=3, text="one two three", words=WORDS)


def test_frames_count_from_the_segments_start() -> None:
    (shown,) = shown_cues([CUE], FPS, 30, 90)
    assert (shown.start, shown.end, shown.marks) == (0, 60, (0, 15, 45))


def test_only_cues_that_are_seen_are_shown() -> None:
    assert shown_cues([CUE], FPS, 0, 30) == ()
    assert len(shown_cues([CUE], FPS, 0, 31)) == 1
    assert shown_cues([CUE], FPS, 90, 30) == ()
    assert len(shown_cues([CUE], FPS, 89, 30)) == 1


def test_a_cue_that_changes_outside_the_segment_only_looks_the_same_in_it() -> None:
    later = Cue(
        start_s=1,
        end_s=4,
        text="one two three",
        words=(*WORDS[:2], Word(text="three", start_s=2.7, end_s=3.9)),
    )
    assert shown_cues([CUE], FPS, 30, 30) == shown_cues([later], FPS, 30, 30)
    assert shown_cues([CUE], FPS, 60, 30) != shown_cues([later], FPS, 60, 30)
    sooner = Cue(
        start_s=0.2,
        end_s=3,
        text="one two three",
        words=(Word(text="one", start_s=0.4, end_s=1.4), *WORDS[1:]),
    )
    assert shown_cues([CUE], FPS, 60, 30) == shown_cues([sooner], FPS, 60, 30)
    assert shown_cues([CUE], FPS, 30, 30) != shown_cues([sooner], FPS, 30, 30)


def test_times_of_words_do_not_matter_where_no_word_is_lit() -> None:
    spread = Cue(start_s=1, end_s=3, text="one two three")
    assert shown_cues([CUE], FPS, 0, 90) != shown_cues([spread], FPS, 0, 90)
    assert shown_cues([CUE], FPS, 0, 90, "plain") == shown_cues([spread], FPS, 0, 90, "plain")
    assert shown_cues([CUE], FPS, 0, 90, "none") == ()


def test_marks_are_in_order_and_within_the_cue() -> None:
    words = (Word(text="a", start_s=0, end_s=1.5), Word(text="b", start_s=1.9, end_s=9))
    (shown,) = shown_cues([Cue(start_s=1, end_s=1.8, text="a b c", words=words)], FPS, 0, 90)
    assert shown.marks[0] == 30
    assert list(shown.marks) == sorted(shown.marks)
    assert shown.marks[-1] <= shown.end == 54


def test_the_shortest_cue_is_seen_for_a_frame() -> None:
    (shown,) = shown_cues([Cue(start_s=1, end_s=1.001, text="now")], FPS, 0, 90)
    assert shown.end - shown.start == 1


def test_the_faces_are_those_that_have_the_letters() -> None:
    text = "Mix 日本 한 🎉 עב ไท Ж"
    shown = shown_cues([Cue(start_s=0, end_s=1, text=text, words=spoken(text))], FPS, 0, 30)
    faces = faces_in(shown, CaptionLook())
    assert "Inter-ExtraBold.otf" in faces
    assert "NotoSansHebrew-Bold.ttf" in faces
    assert all((FONTS_DIR / face).is_file() for face in faces)
    assert "JetBrainsMono-Medium.ttf" in faces_in(shown, CaptionLook(font="mono"))
    assert faces_in((), CaptionLook()) == ()
