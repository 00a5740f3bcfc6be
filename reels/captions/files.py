"""Cues as SRT and WebVTT files."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from reels.captions.balance import Chunk, balanced
from reels.captions.tokens import break_cost, joined, may_break, tokens
from reels.models import Cue
from reels.scripts import columns

#: The longest line (the limit that broadcasters use); wide letters count as two.
LINE_COLUMNS = 42
_WORST = 100.0


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


def _srt_text(cue: Cue) -> str:
    text = cue.text.replace("-->", "→").replace("<", "‹").replace(">", "›")
    return "\n".join(_lines(text))


def _vtt_text(cue: Cue) -> str:
    escaped = (
        line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for line in _lines(cue.text)
    )
    return "\n".join(escaped)


def _lines(text: str) -> list[str]:
    parts = tokens(text)
    costs = [break_cost(a, b) if may_break(a, b) else _WORST for a, b in pairwise(parts)]
    chunks = [
        Chunk(columns(part.text), float(part.spaced), cost)
        for part, cost in zip(parts, [*costs, 0.0], strict=True)
    ]
    return [joined(parts[a:b]) for a, b in balanced(chunks, LINE_COLUMNS)]


def _clock(seconds: float, mark: str) -> str:
    minutes, ms = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}{mark}{ms % 1000:03}"
