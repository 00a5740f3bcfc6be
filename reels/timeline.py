"""The timeline: everything that a video shows, frame by frame, and how long lines take."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from reels.models import (
    FPS,
    CaptionLook,
    CaptionStyle,
    Cue,
    Fit,
    LanguageTag,
    Model,
    Motion,
    Phrase,
    Title,
    Transition,
    check_cues,
)

#: Seconds of quiet around a line, so that a scene is seen before it is spoken of.
LEAD_IN_S = 0.25
TAIL_S = 0.45
#: What the first and the last shot get on top: a video must not start or end in a hurry.
FIRST_EXTRA_S = 0.25
LAST_EXTRA_S = 0.75

#: How long music comes in at a video's start and goes out at its end.
MUSIC_FADES_S = (0.8, 1.8)

#: The first bytes of the pictures that are taken; all else is a clip.
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")


class Media(Model):
    """A local file and the SHA-256 of its content. Only the hash counts in content keys."""

    path: Path
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    kind: Literal["picture", "clip"] = "picture"

    @classmethod
    def of(cls, path: Path) -> Self:
        """Hash the file at `path` and tell by its first bytes what it is."""
        with path.open("rb") as file:
            head = file.read(12)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        webp_or_other = head[:4] != b"RIFF" or head[8:] == b"WEBP"
        is_picture = head.startswith(_PICTURES) and webp_or_other
        return cls(path=path, sha256=digest, kind="picture" if is_picture else "clip")


class Shot(Model):
    """One picture or clip on screen for `frames` frames.

    `transition` is how it comes in; None takes the timeline's. A clip plays from `from_s`
    on and again from there when it is over; it has no motion of its own.
    """

    media: Media
    frames: int = Field(gt=0)
    motion: Motion = "none"
    fit: Fit = "cover"
    from_s: float = Field(default=0.0, ge=0, le=7200, allow_inf_nan=False)
    transition: Transition | None = None


class Film(Model):
    """A video laid over the whole frame, from its start and again and again.

    `screen` adds its light, as dust and leaks of light want it; `alpha` needs a clip that
    has transparency. Its sound is not used.
    """

    media: Media
    blend: Literal["screen", "alpha"] = "screen"
    opacity: float = Field(default=1.0, ge=0, le=1, allow_inf_nan=False)


class Logo(Model):
    """A picture, transparent where it is, in a corner. `width` is a share of the frame's."""

    media: Media
    corner: Literal["top_left", "top_right", "bottom_left", "bottom_right"] = "top_right"
    width: float = Field(default=0.16, gt=0, le=0.5, allow_inf_nan=False)
    opacity: float = Field(default=0.9, ge=0, le=1, allow_inf_nan=False)


class TitleCard(Model):
    """A title over the first `frames` frames, which fades in and out."""

    title: Title
    subtitle: Phrase = ""
    frames: int = Field(default=66, ge=1, le=600)


class Timeline(Model):
    """A video without its sound. Its length is the sum of its shots, to the frame.

    A transition takes half its frames from either side of a boundary and moves nothing.
    `fade_in_frames` and `fade_out_frames` are from and to black.
    """

    version: Literal[1] = 1
    size_px: tuple[int, int]
    fps: int = Field(default=FPS, ge=1, le=60)
    shots: tuple[Shot, ...] = Field(min_length=1)
    cues: tuple[Cue, ...] = ()
    captions: CaptionStyle = "karaoke"
    caption_look: CaptionLook = CaptionLook()
    language: LanguageTag = "en"
    transition: Transition = "crossfade"
    films: tuple[Film, ...] = Field(default=(), max_length=3)
    logo: Logo | None = None
    title_card: TitleCard | None = None
    fade_in_frames: int = Field(default=6, ge=0, le=60)
    fade_out_frames: int = Field(default=10, ge=0, le=60)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if any(side % 2 or not 32 <= side <= 4096 for side in self.size_px):
            raise ValueError("size_px: both sides must be even and within 32 to 4096")
        return self

    @model_validator(mode="after")
    def _cues_fit(self) -> Self:
        check_cues(self.cues, self.duration_s)
        return self

    @property
    def frames(self) -> int:
        return sum(shot.frames for shot in self.shots)

    @property
    def duration_s(self) -> float:
        return self.frames / self.fps


def line_start_s(*, first: bool = False) -> float:
    """Seconds from a shot's start to its line's start."""
    return LEAD_IN_S + (FIRST_EXTRA_S if first else 0.0)


def shot_frames(
    speech_duration_s: float, *, first: bool = False, last: bool = False, fps: int = FPS
) -> int:
    """How many frames a shot needs whose line takes `speech_duration_s` seconds."""
    extra_s = LAST_EXTRA_S if last else 0.0
    return math.ceil((line_start_s(first=first) + speech_duration_s + TAIL_S + extra_s) * fps)


def all_shot_frames(durations_s: Sequence[float], fps: int = FPS) -> tuple[int, ...]:
    """`shot_frames` of every line of a video, in order."""
    last = len(durations_s) - 1
    return tuple(
        shot_frames(duration_s, first=index == 0, last=index == last, fps=fps)
        for index, duration_s in enumerate(durations_s)
    )


def place_lines(durations_s: Sequence[float], fps: int = FPS) -> tuple[float, ...]:
    """When every line starts, in seconds from the video's start."""
    starts: list[float] = []
    shot_start = 0
    for index, frames in enumerate(all_shot_frames(durations_s, fps)):
        starts.append(shot_start / fps + line_start_s(first=index == 0))
        shot_start += frames
    return tuple(starts)
