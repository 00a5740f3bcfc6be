"""What of the captions is seen in one segment: part of its content key."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reels.captions.cues import timed_words
from reels.fonts import Weight, runs
from reels.models import CaptionLook, Cue, Model

#: A caption comes in, and a word changes, within this time.
ENTRY_S = 0.12

#: The weight of the shipped faces that a look asks for.
WEIGHTS: dict[str, Weight] = {"sans": "extrabold", "display": "display", "mono": "mono"}


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


def shown_cues(cues: Sequence[Cue], fps: int, first: int, frames: int) -> tuple[ShownCue, ...]:
    """The cues that are seen in frames `first` to `first + frames` of the video."""
    found = []
    for cue in cues:
        start = round(cue.start_s * fps)
        end = max(round(cue.end_s * fps), start + 1)
        if start < first + frames and end > first:
            found.append(_shown(cue, start, end, fps, first, frames))
    return tuple(found)


def faces_in(captions: Sequence[ShownCue], look: CaptionLook) -> tuple[str, ...]:
    """The names of the shipped font files that draw these captions, sorted."""
    weight = WEIGHTS[look.font]
    texts = [cue.text for cue in captions]
    if look.uppercase:
        texts += [text.upper() for text in texts]
    return tuple(sorted({run.face.file for text in texts for run in runs(text, weight)}))


def _shown(cue: Cue, start: int, end: int, fps: int, first: int, frames: int) -> ShownCue:
    earliest = -entry_frames(fps)

    def clipped(frame: int) -> int:
        return min(max(frame - first, earliest), frames)

    marks = []
    at = start
    for word in timed_words(cue):
        at = min(max(round(word.start_s * fps), at), end)
        marks.append(clipped(at))
    return ShownCue(text=cue.text, start=clipped(start), end=clipped(end), marks=tuple(marks))
