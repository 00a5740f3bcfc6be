"""What a timeline file holds: everything that is seen and heard in a video.

Its media are files of the user's own, named by paths. `reels.document.gathering` finds
them and makes the `Timeline` and the `Soundtrack` that are rendered.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Annotated, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

from reels.document.limits import (
    MAX_CUES,
    MAX_EFFECTS,
    MAX_FILMS,
    MAX_FRAMES,
    MAX_LINES,
    MAX_SHOTS,
    MAX_VIDEO_S,
)
from reels.document.media_file import MediaFile
from reels.errors import InvalidInput
from reels.models import (
    FPS,
    CaptionLook,
    CaptionStyle,
    Cue,
    Fit,
    LanguageTag,
    Model,
    Motion,
    Overlay,
    Transition,
    check_cues,
)
from reels.timeline import TitleCard

VERSION = 1

#: The names in `reels.effects`, which is not imported for them: it needs much of the house.
BuiltinEffect = Literal["whoosh", "click"]
Side = Annotated[int, Field(ge=32, le=4096, multiple_of=2)]
Seconds = Annotated[float, Field(ge=0, le=MAX_VIDEO_S, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def _one_of(**kinds: JsonValue) -> ConfigDict:
    """What a schema says of fields of which exactly one is given."""
    ways: list[JsonValue] = [
        {"properties": {name: {"type": kind}}, "required": [name]} for name, kind in kinds.items()
    ]
    return ConfigDict(json_schema_extra={"oneOf": ways})


class ShotEntry(Model):
    """One picture or clip on screen, for `frames` frames or for `duration_s` seconds."""

    model_config = _one_of(frames="integer", duration_s="number")

    media: MediaFile = Field(
        description="A picture (PNG, JPEG, WebP) or a clip (MP4, MOV, WebM, MKV, AVI, TS, GIF)."
    )
    frames: int | None = Field(
        default=None, ge=1, le=MAX_FRAMES, description="How long it is on screen, in frames."
    )
    duration_s: float | None = Field(
        default=None,
        gt=0,
        le=MAX_VIDEO_S,
        allow_inf_nan=False,
        description="The same in seconds, rounded to whole frames. Give one of the two.",
    )
    motion: Motion = Field(
        default="none", description="How the camera moves over a picture. Clips move by themselves."
    )
    fit: Fit = Field(
        default="cover",
        description="How media of another shape fill the frame: `cover` crops them, `blur` shows "
        "them whole over a blurred copy.",
    )
    from_s: Seconds = Field(
        default=0.0,
        description="Where a clip starts, in its own seconds. A clip that is over starts there "
        "again.",
    )
    transition: Transition | None = Field(
        default=None, description="How this shot comes in. Left out or null: as the timeline says."
    )

    @model_validator(mode="after")
    def _has_one_length(self) -> Self:
        if (self.frames is None) == (self.duration_s is None):
            raise ValueError("give either frames or duration_s")
        return self

    def frames_at(self, fps: int) -> int:
        """Its length in frames, at least 1."""
        if self.frames is not None:
            return self.frames
        return max(1, round((self.duration_s or 0) * fps))


class FilmEntry(Model):
    """A clip laid over the whole video, from its start and again and again."""

    media: MediaFile = Field(description="The clip. Its sound is not used.")
    blend: Literal["screen", "alpha"] = Field(
        default="screen",
        description="`screen` adds the clip's light; `alpha` needs a clip with transparency.",
    )
    opacity: Share = Field(default=1.0, description="How strong it is, from 0 to 1.")


class LogoEntry(Model):
    """A picture in a corner of the whole video."""

    media: MediaFile = Field(description="A picture; a PNG or WebP may be transparent.")
    corner: Literal["top_left", "top_right", "bottom_left", "bottom_right"] = Field(
        default="top_right", description="Where it stands."
    )
    width: float = Field(
        default=0.16, gt=0, le=0.5, allow_inf_nan=False, description="Share of the frame's width."
    )
    opacity: Share = Field(default=0.9, description="How strong it is, from 0 to 1.")


class LineEntry(Model):
    """A spoken line. Every line is brought to the same loudness; music steps back under it."""

    media: MediaFile = Field(description="A sound (WAV, MP3, M4A, FLAC, OGG).")
    start_s: Seconds = Field(description="When it starts, in seconds from the video's start.")


class EffectEntry(Model):
    """A short sound at one moment: one that is built in, by its `name`, or a file."""

    model_config = _one_of(name="string", media=["string", "object"])

    name: BuiltinEffect | None = Field(default=None, description="A built-in effect.")
    media: MediaFile | None = Field(
        default=None, description="A sound of your own, at most 30 s long. Give one of the two."
    )
    at_s: Seconds = Field(
        description="The moment that it stresses, in seconds from the video's start. A whoosh "
        "begins a little earlier, a file begins there."
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.name is None) == (self.media is None):
            raise ValueError("give either name or media")
        return self


class Document(Model):
    """A video as a file: its shots, captions and overlays, and its sound.

    Its length is the sum of its shots. Relative paths of media are of the working directory;
    `reels.document.load` makes those of a file absolute.
    """

    schema_address: str | None = Field(
        default=None,
        alias="$schema",
        max_length=2000,
        description="Where this schema lies, for editors. It is not read.",
    )
    version: Literal[1] = Field(description="Version of the format.")
    size_px: tuple[Side, Side] = Field(
        description="Width and height in pixels; both even, 32 to 4096."
    )
    fps: int = Field(default=FPS, ge=1, le=60, description="Frames per second.")
    shots: tuple[ShotEntry, ...] = Field(
        min_length=1, max_length=MAX_SHOTS, description="What is on screen, in order."
    )
    transition: Transition = Field(
        default="crossfade",
        description="How each shot becomes the next. It takes half its time from either shot and "
        "moves nothing.",
    )
    cues: tuple[Cue, ...] = Field(
        default=(), max_length=MAX_CUES, description="Captions, in order, that do not overlap."
    )
    captions: CaptionStyle = Field(
        default="karaoke", description="How captions are shown; `none` hides them."
    )
    caption_look: CaptionLook = Field(
        default=CaptionLook(), description="Font, size, colours and place of the captions."
    )
    language: LanguageTag = Field(
        default="en", description="Language of the captions and the title, as in `en` or `pt-BR`."
    )
    overlay: Overlay = Field(
        default="none", description="A built-in film over the whole video, after `films`."
    )
    films: tuple[FilmEntry, ...] = Field(
        default=(), max_length=MAX_FILMS, description="Clips over the whole video, in order."
    )
    logo: LogoEntry | None = Field(default=None, description="A picture in a corner.")
    title_card: TitleCard | None = Field(default=None, description="A title at the start.")
    fade_in_frames: int = Field(default=6, ge=0, le=60, description="Fade from black, in frames.")
    fade_out_frames: int = Field(default=10, ge=0, le=60, description="Fade to black, in frames.")
    lines: tuple[LineEntry, ...] = Field(
        default=(), max_length=MAX_LINES, description="What is spoken."
    )
    music: MediaFile | None = Field(
        default=None,
        description="Music under the whole video, looped or cut to its length and faded.",
    )
    effects: tuple[EffectEntry, ...] = Field(
        default=(), max_length=MAX_EFFECTS, description="Short sounds at single moments."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.frames > MAX_VIDEO_S * self.fps:
            raise InvalidInput(
                "shots",
                f"The video lasts {self.duration_s:.0f} s, and {MAX_VIDEO_S} s are allowed.",
                remedy="Split it into several files.",
            )
        check_cues(self.cues, self.duration_s)
        self._check_start("lines", [line.start_s for line in self.lines], "start_s")
        self._check_start("effects", [effect.at_s for effect in self.effects], "at_s")
        return self

    def _check_start(self, name: str, starts_s: list[float], field: str) -> None:
        for number, start_s in enumerate(starts_s):
            if start_s >= self.duration_s:
                raise InvalidInput(
                    f"{name}.{number}.{field}",
                    f"It is at {start_s} s, and the video ends at {self.duration_s:.2f} s.",
                    remedy="Give a time inside the video, or make the shots longer.",
                )

    @property
    def frames(self) -> int:
        return sum(shot.frames_at(self.fps) for shot in self.shots)

    @property
    def duration_s(self) -> float:
        return self.frames / self.fps

    @property
    def shot_starts_s(self) -> tuple[float, ...]:
        """When each shot starts, in seconds from the video's start."""
        ends = accumulate(shot.frames_at(self.fps) for shot in self.shots)
        return tuple(start / self.fps for start in [0, *ends][:-1])
