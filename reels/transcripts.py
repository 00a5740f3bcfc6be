"""What was said in a sound, and when."""

from __future__ import annotations

from pydantic import Field

from reels.models import LanguageTag, Model, Word


class SpokenSegment(Model):
    """A stretch of speech, about a sentence. Times count from the sound's start."""

    start_s: float = Field(ge=0, le=7200, allow_inf_nan=False)
    end_s: float = Field(ge=0, le=7200, allow_inf_nan=False)
    text: str = Field(min_length=1)


class Transcript(Model):
    """All that was said. `words` are those of the segments, in order, inside the sound."""

    language: LanguageTag
    duration_s: float = Field(gt=0)
    provider: str
    words: tuple[Word, ...]
    segments: tuple[SpokenSegment, ...]
