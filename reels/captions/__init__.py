"""Captions: words become readable cues; cues become files, and pixels over frames."""

from __future__ import annotations

from reels.captions.files import to_srt, to_vtt
from reels.captions.grouping import MIN_CUE_S, cues_from_words
from reels.captions.timing import timed_words

__all__ = ["MIN_CUE_S", "cues_from_words", "timed_words", "to_srt", "to_vtt"]
