"""What of the captions is seen in one segment: part of its content key."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reels.captions.look import WEIGHTS
from reels.captions.timing import timed_words
from reels.captions.tokens import tokens
from reels.fonts import runs
from reels.models import CaptionLook, CaptionStyle, Cue, Model

#: A caption comes in, and a word changes, within this time.
ENTRY_S = 0.12


class ShownCue(Model):
    """One caption as a segment shows it; frames count from the segment's start.

    `marks` are the frames at which its tokens (`reels.captions.tokens`) start. What lies
    before the segment is clipped to the frame from which on nothing moves any more, what
    lies behind it to its end, so a change outside the segment changes nothing here.
    """

    text: str
    start: int
    end: int
    marks: tuple[int, ...]


def entry_frames(fps: int) -> int:
    """How many frames a caption takes to come in."""
    return math.ceil(ENTRY_S * fps - 1e-9)


def shown_cues(
    cues: Sequence[Cue], fps: int, first: int, frames: int, style: CaptionStyle = "karaoke"
) -> tuple[ShownCue, ...]:
    """The cues that are seen in frames `first` to `first + frames` of the video.

    The style `plain` lights no word, so its cues have no marks.
    """
    found = []
    for cue in cues:
        start = round(cue.start_s * fps)
        end = max(round(cue.end_s * fps), start + 1)
        if start < first + frames and end > first and style != "none":
            marks = [] if style == "plain" else _marks(cue, start, end, fps)
            found.append(_clipped(cue.text, (start, end), marks, first, frames, fps))
    return tuple(found)


def faces_in(captions: Sequence[ShownCue], look: CaptionLook) -> tuple[str, ...]:
    """The names of the shipped font files that draw these captions, sorted."""
    weight = WEIGHTS[look.font]
    texts = [token.text for cue in captions for token in tokens(cue.text)]
    if look.uppercase:
        texts += [text.upper() for text in texts]
    return tuple(sorted({run.face.file for text in texts for run in runs(text, weight)}))


def _marks(cue: Cue, start: int, end: int, fps: int) -> list[int]:
    """The frames of the video at which the cue's tokens start, none before the one before."""
    marks: list[int] = []
    for word in timed_words(cue):
        marks.append(min(max(round(word.start_s * fps), start, *marks[-1:]), end))
    return marks


def _clipped(
    text: str, span: tuple[int, int], marks: Sequence[int], first: int, frames: int, fps: int
) -> ShownCue:
    earliest = -entry_frames(fps)
    start, end, *inside = (min(max(frame - first, earliest), frames) for frame in (*span, *marks))
    return ShownCue(text=text, start=start, end=end, marks=tuple(inside))
