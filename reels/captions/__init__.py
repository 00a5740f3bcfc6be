"""Captions: words become readable cues; cues become files, and pixels over frames."""

from __future__ import annotations

from reels.captions.cues import MIN_CUE_S, cues_from_words, timed_words, to_srt, to_vtt

__all__ = ["MIN_CUE_S", "cues_from_words", "timed_words", "to_srt", "to_vtt"]
