"""Captions for the contenders: lines with their places, and which word is lit from when on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import ImageFont

from reels.captions import timed_words
from reels.fonts import font_path
from reels.models import Cue
from reels.safe_area import caption_box

#: The face, sizes and colours of our own captions.
FONT: Path = font_path("extrabold")
EM_PX = 70
OUTLINE_PX = 5
COLOUR, LIT = "#FFFFFF", "#FFD41F"
LINE_PX = 84


class Line(NamedTuple):
    """One line of a cue: the left end and top of its text in pixels, and its words."""

    x: float
    y: float
    words: tuple[str, ...]


class State(NamedTuple):
    """A cue on screen, all lines; word `number` of it is lit from `start_s` to `end_s`."""

    number: int
    start_s: float
    end_s: float


class SetCue(NamedTuple):
    start_s: float
    end_s: float
    lines: tuple[Line, ...]
    states: tuple[State, ...]

    def words(self) -> list[tuple[str, float, float]]:
        """Every word with the left end and top of its text."""
        found = []
        for line in self.lines:
            for number, word in enumerate(line.words):
                before = "".join(f"{earlier} " for earlier in line.words[:number])
                found.append((word, line.x + _width(before), line.y))
        return found


def set_cues(cues: Sequence[Cue], size_px: tuple[int, int]) -> list[SetCue]:
    """Set cues in centred lines that end where our own captions end."""
    return [_set(cue, size_px) for cue in cues]


def as_json(cues: Sequence[SetCue]) -> list[dict[str, Any]]:
    """What a contender in another interpreter reads: lines and lit words with their places."""
    return [
        {
            "start_s": cue.start_s,
            "end_s": cue.end_s,
            "lines": [{"x": x, "y": y, "text": " ".join(words)} for x, y, words in cue.lines],
            "lit": [
                {"start_s": s.start_s, "end_s": s.end_s, **_word_at(cue, s.number)}
                for s in cue.states
            ],
        }
        for cue in cues
    ]


def _word_at(cue: SetCue, number: int) -> dict[str, Any]:
    text, x, y = cue.words()[number]
    return {"text": text, "x": x, "y": y}


def _set(cue: Cue, size_px: tuple[int, int]) -> SetCue:
    x0, _, x1, y1 = caption_box(size_px)
    rows: list[list[str]] = [[]]
    for word in cue.text.split():
        if rows[-1] and _width(" ".join([*rows[-1], word])) > x1 - x0:
            rows.append([])
        rows[-1].append(word)
    lines = tuple(
        Line((x0 + x1 - _width(" ".join(row))) / 2, y1 - LINE_PX * (len(rows) - n), tuple(row))
        for n, row in enumerate(rows)
    )
    timed = timed_words(cue)
    ends = [*(word.start_s for word in timed[1:]), cue.end_s]
    states = tuple(
        State(number, word.start_s, end)
        for number, (word, end) in enumerate(zip(timed, ends, strict=True))
    )
    return SetCue(cue.start_s, cue.end_s, lines, states)


def _width(text: str) -> float:
    return float(ImageFont.truetype(FONT, EM_PX).getlength(text))
