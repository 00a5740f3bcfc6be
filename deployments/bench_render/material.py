"""What every contender shows: pictures, words and the timeline of our own renderer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from reels.captions import cues_from_words
from reels.models import CaptionStyle, Cue, Transition, Word
from reels.timeline import Media, Shot, Timeline

SIZE_PX = (1080, 1920)
FPS = 30
SHOT_S = 4
SHOTS = 5

_WORDS_PER_S = 2.5
_SPOKEN = """
Every great city began as a path between two places. People walked, they traded, and slowly
the path became a road. Along that road somebody opened an inn, and somebody else mended
wheels. Years later there were walls, a market and a river port. The streets you walk today
still follow those first steps. Look closely at an old map, and you can read the story
yourself.
"""


def words(duration_s: float, texts: Sequence[str] = tuple(_SPOKEN.split())) -> tuple[Word, ...]:
    """Speech without a pause, each word as long as its letters make it."""
    mean = sum(len(text) + 2 for text in texts) / len(texts)
    spoken: list[Word] = []
    at = 0.3
    for text in islice(cycle(texts), int(duration_s * _WORDS_PER_S)):
        takes = (len(text) + 2) / mean / _WORDS_PER_S
        if at + takes > duration_s:
            break
        spoken.append(Word(text=text, start_s=at, end_s=at + 0.92 * takes))
        at += takes
    return tuple(spoken)


def cues(duration_s: float) -> tuple[Cue, ...]:
    """Captions from start to end, cut as the product cuts them."""
    return cues_from_words(words(duration_s), size_px=SIZE_PX, end_s=duration_s)


def timeline(
    pictures: Sequence[Path],
    duration_s: int,
    *,
    shot_s: float = SHOT_S,
    transition: Transition = "cut",
    captions: CaptionStyle = "karaoke",
) -> Timeline:
    """Zooms into the pictures, one after the other and from the first again.

    Cuts without a fade are what all contenders can do alike; with any other transition the
    video also fades in and out, as ours does by default.
    """
    count = round(duration_s / shot_s)
    media = [Media.of(picture) for picture in pictures]
    fades = {} if transition != "cut" else {"fade_in_frames": 0, "fade_out_frames": 0}
    return Timeline(
        size_px=SIZE_PX,
        fps=FPS,
        shots=tuple(
            Shot(media=each, frames=round(shot_s * FPS), motion="zoom_in")
            for each in islice(cycle(media), count)
        ),
        cues=cues(duration_s) if captions != "none" else (),
        captions=captions,
        transition=transition,
        **fades,
    )


def edited(whole: Timeline, number: int) -> Timeline:
    """The timeline after an editor has changed one word of cue `number`."""
    cue = whole.cues[number]
    first, *rest = cue.text.split()
    changed = Cue(start_s=cue.start_s, end_s=cue.end_s, text=" ".join(["Indeed", *rest]))
    assert changed.text != cue.text, first
    return whole.model_copy(
        update={"cues": (*whole.cues[:number], changed, *whole.cues[number + 1 :])}
    )
