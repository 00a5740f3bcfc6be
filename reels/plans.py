"""What is handed to the pools and what comes back: plans and results, by reference.

A plan lies in the store; a child run is given its `ArtifactRef` only, so that a run's
parameters stay small however long the video is.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Self

from pydantic import Field, model_validator

from reels.chains import Fallback
from reels.models import (
    FPS,
    ArtifactRef,
    CaptionLook,
    CaptionStyle,
    Cue,
    Effect,
    Fit,
    LanguageTag,
    Loudness,
    Model,
    Motion,
    Overlay,
    SpeechRef,
    Transition,
    Word,
)
from reels.timeline import MUSIC_FADES_S, TitleCard


class PlannedBuild(Model):
    """A picture that takes its shot over at `from_frame`, counted from the shot's start."""

    picture: ArtifactRef
    from_frame: int = Field(gt=0)


class PlannedShot(Model):
    """One scene's picture, or clip by its media type, and how long it is on screen.

    `builds`, in order, are the pictures that follow the first one within the shot.
    """

    picture: ArtifactRef
    frames: int = Field(gt=0)
    motion: Motion = "none"
    fit: Fit = "cover"
    builds: tuple[PlannedBuild, ...] = ()

    @model_validator(mode="after")
    def _builds_lie_inside(self) -> Self:
        starts = [0, *(build.from_frame for build in self.builds), self.frames]
        if any(later <= earlier for earlier, later in pairwise(starts)):
            raise ValueError("builds must be in order and within the shot")
        return self


class PlannedLine(Model):
    """One spoken line, when it starts in the video, and how long it lasts (0: not told)."""

    audio: ArtifactRef
    start_s: float = Field(ge=0)
    duration_s: float = Field(default=0.0, ge=0)


class PlannedAccent(Model):
    """A sound effect, the shipped one or the recording `sound`, and the moment it stresses."""

    effect: Effect
    version: str
    at_s: float = Field(ge=0)
    sound: ArtifactRef | None = None


class RenderPlan(Model):
    """Everything that shapes a rendered video, and nothing else: it is a content key.

    `effect_sound` is a recording that is heard as `effects`, in place of the shipped one.
    """

    size_px: tuple[int, int]
    fps: int = FPS
    language: LanguageTag = "en"
    captions: CaptionStyle = "karaoke"
    caption_look: CaptionLook = CaptionLook()
    transition: Transition = "crossfade"
    overlay: Overlay = "none"
    effects: Effect = "none"
    effect_sound: ArtifactRef | None = None
    title_card: TitleCard | None = None
    shots: tuple[PlannedShot, ...] = Field(min_length=1)
    lines: tuple[PlannedLine, ...] = ()
    music: ArtifactRef | None = None
    music_fades_s: tuple[float, float] = MUSIC_FADES_S
    cues: tuple[Cue, ...] = ()

    @property
    def frames(self) -> int:
        return sum(shot.frames for shot in self.shots)

    @property
    def duration_s(self) -> float:
        return self.frames / self.fps

    @property
    def spoken_s(self) -> tuple[tuple[float, float], ...]:
        """From when to when each line is spoken, of those whose length is told."""
        told = (line for line in self.lines if line.duration_s)
        return tuple((line.start_s, line.start_s + line.duration_s) for line in told)

    @property
    def scene_starts_s(self) -> tuple[float, ...]:
        """When each scene starts, in seconds from the video's start."""
        ends = accumulate(shot.frames for shot in self.shots)
        return tuple(start / self.fps for start in [0, *ends][:-1])


class Rendered(Model):
    """A finished video in the store."""

    video: ArtifactRef
    poster: ArtifactRef
    voiceover: ArtifactRef
    frames: int
    duration_s: float
    loudness: Loudness
    segments_total: int
    segments_encoded: int


class LineToAlign(Model):
    """A spoken line whose words are to be found in time."""

    speech: SpeechRef
    text: str


class TranscribePlan(Model):
    """What a transcription run is given: known lines to be aligned, or a sound to be heard.

    `aligner` is a chain of entries of `reels.words`, for a sound one that transcribes.
    `language` may be None for a sound: then it is heard.
    """

    language: LanguageTag | None = None
    aligner: str
    lines: tuple[LineToAlign, ...] = ()
    audio: ArtifactRef | None = None

    @model_validator(mode="after")
    def _has_one_task(self) -> Self:
        if bool(self.lines) == (self.audio is not None):
            raise ValueError("give either lines or audio")
        if self.lines and self.language is None:
            raise ValueError("lines need their language")
        return self


class AlignedLine(Model):
    """Word times of one line, counted from the line's start; `provider` found them."""

    words: tuple[Word, ...]
    provider: str


class Transcribed(Model):
    """One entry per line of the plan, in order, or the `Transcript` of its sound, as JSON.

    `fallbacks` are the steps down the chain of aligners, each once for all lines.
    """

    lines: tuple[AlignedLine, ...] = ()
    fallbacks: tuple[Fallback, ...] = ()
    transcript: ArtifactRef | None = None
