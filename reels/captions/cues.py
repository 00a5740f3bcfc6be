"""Captions: words become readable cues, and cues become lines, SRT and VTT."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from reels.caption_look import Look, balanced, look_for
from reels.models import Cue, Word

#: Nobody reads a caption that is shown for less.
MIN_CUE_S = 0.8
#: A caption stays on this much after its last word, and over a gap shorter than the other.
HOLD_S = 0.15
BRIDGE_S = 0.35
#: A pause of this length inside a cue is a reason to start a new one.
PAUSE_S = 0.6
MAX_CUE_S = 4.0
#: The longest line by count, whatever the width allows.
MAX_CHARS = 32
#: The longest line in SRT and VTT files (the limit that broadcasters use).
FILE_LINE_CHARS = 42

_SENTENCE_ENDS = ".!?…。！？"
_PAUSES = ",;:—–،、"
_CLOSERS = "\"'»”’)]"


def cues_from_words(
    words: Sequence[Word],
    *,
    size_px: tuple[int, int] = (1080, 1920),
    max_chars: int = MAX_CHARS,
    max_lines: int = 2,
    end_s: float = math.inf,
) -> tuple[Cue, ...]:
    """Group words (times from the video's start, in order) into cues of one or two lines.

    Cues break at sentences, commas and pauses; none is wider than the caption box at the
    usual size, none overlaps the next or ends after `end_s`.
    """
    if not words:
        return ()
    look = look_for(size_px)
    best: list[tuple[float, int]] = [(0.0, 0)] + [(math.inf, 0)] * len(words)
    for end in range(1, len(words) + 1):
        for start in range(end - 1, -1, -1):
            group = words[start:end]
            if end - start > 1 and not _fits(group, look, max_chars, max_lines):
                break
            cost = best[start][0] + _cost(group, max_chars * max_lines)
            if cost < best[end][0]:
                best[end] = (cost, start)
    groups: list[Sequence[Word]] = []
    end = len(words)
    while end:
        start = best[end][1]
        groups.append(words[start:end])
        end = start
    return _timed(groups[::-1], end_s)


def timed_words(cue: Cue) -> tuple[Word, ...]:
    """The cue's words with their times.

    An edited text that no longer matches the words gets times in proportion to the
    length of its words, over the cue's own time.
    """
    texts = cue.text.split()
    if texts == [word.text for word in cue.words]:
        return cue.words
    weights = [len(text) + 1 for text in texts]
    step = (cue.end_s - cue.start_s) / sum(weights)
    words: list[Word] = []
    at = cue.start_s
    for text, weight in zip(texts, weights, strict=True):
        words.append(Word(text=text, start_s=at, end_s=at + weight * step))
        at += weight * step
    return tuple(words)


def to_srt(cues: Iterable[Cue]) -> str:
    """SubRip. Marks that players read as markup or as a time line are defused."""
    blocks = (
        f"{number}\n{_clock(cue.start_s, ',')} --> {_clock(cue.end_s, ',')}\n{_srt_text(cue)}\n"
        for number, cue in enumerate(cues, 1)
    )
    return "\n".join(blocks)


def to_vtt(cues: Iterable[Cue]) -> str:
    """WebVTT, with `&`, `<` and `>` escaped."""
    blocks = (
        f"{_clock(cue.start_s, '.')} --> {_clock(cue.end_s, '.')}\n{_vtt_text(cue)}\n"
        for cue in cues
    )
    return "\n".join(["WEBVTT\n", *blocks])


def _fits(group: Sequence[Word], look: Look, max_chars: int, max_lines: int) -> bool:
    if group[-1].end_s - group[0].start_s > MAX_CUE_S:
        return False
    lines = balanced(
        [word.text for word in group],
        lambda line: len(line) <= max_chars and look.fits(line, look.em_px),
    )
    return len(lines) <= max_lines


def _cost(group: Sequence[Word], max_chars: int) -> float:
    """How badly a group reads as one cue; the weights were found by reading the results."""
    chars = sum(len(word.text) + 1 for word in group) - 1
    cost = 1.0 + 2.0 * (1 - chars / max_chars) ** 2
    if group[-1].end_s - group[0].start_s < MIN_CUE_S:
        cost += 3.0
    for word, following in pairwise(group):
        if _ends_with(word.text, _SENTENCE_ENDS):
            cost += 4.0
        elif _ends_with(word.text, _PAUSES):
            cost += 0.5
        if following.start_s - word.end_s > PAUSE_S:
            cost += 4.0
    last = group[-1].text
    if not _ends_with(last, _SENTENCE_ENDS + _PAUSES):
        # A line that ends in an article or a preposition makes the eye wait.
        cost += 1.6 if len(last) <= 3 else 0.8
    return cost


def _ends_with(text: str, marks: str) -> bool:
    return text.rstrip(_CLOSERS).endswith(tuple(marks))


def _timed(groups: Sequence[Sequence[Word]], end_s: float) -> tuple[Cue, ...]:
    cues: list[Cue] = []
    for index, group in enumerate(groups):
        start = group[0].start_s
        limit = groups[index + 1][0].start_s if index + 1 < len(groups) else end_s
        end = max(group[-1].end_s + HOLD_S, start + MIN_CUE_S)
        if limit - end < BRIDGE_S and limit < math.inf and index + 1 < len(groups):
            end = limit
        end = max(min(end, limit), start + 0.01)
        text = " ".join(word.text for word in group)
        cues.append(Cue(start_s=start, end_s=end, text=text, words=tuple(group)))
    return tuple(cues)


def _srt_text(cue: Cue) -> str:
    text = cue.text.replace("-->", "→").replace("<", "‹").replace(">", "›")
    return "\n".join(_file_lines(text))


def _vtt_text(cue: Cue) -> str:
    escaped = (
        line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for line in _file_lines(cue.text)
    )
    return "\n".join(escaped)


def _file_lines(text: str) -> list[str]:
    return balanced(text.split(), lambda line: len(line) <= FILE_LINE_CHARS)


def _clock(seconds: float, mark: str) -> str:
    minutes, ms = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}{mark}{ms % 1000:03}"
