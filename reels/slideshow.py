"""Slideshows: what is asked for, how it is laid out, and what its manifest says."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reels.addresses import MAX_ADDRESS_CHARS
from reels.errors import InvalidInput
from reels.manifest import RenderEntry, StageEntry
from reels.models import (
    FPS,
    SIZES_PX,
    ArtifactRef,
    Aspect,
    CaptionLook,
    CaptionStyle,
    Fit,
    LanguageTag,
    Model,
    Motion,
    Overlay,
    Text,
    Transition,
    WebhookAddress,
)
from reels.sharing import MIN_PICTURE_S, share_out

MAX_PICTURES = 20
MAX_SLIDESHOW_S = 900
#: A picture of another shape is cropped while so much of it stays.
_LEAST_SEEN = 0.6
#: By turns, so that two pictures in a row do not move alike.
_ZOOMS: tuple[Motion, ...] = ("zoom_in", "zoom_out")

WebAddress = Annotated[str, Field(min_length=1, max_length=MAX_ADDRESS_CHARS)]
PictureText = Annotated[Text, Field(max_length=120)]


class SlideshowRequest(Model):
    """Pictures and a sound, by their addresses on the web, and how they become a video.

    `motion` `zoom` moves in and out by turns; `fit` `auto` crops what is of nearly the
    video's shape and shows everything else whole, over a blurred copy. `texts` are the
    pictures', in the order of `image_urls`. `captions` are what Whisper hears, in `language`
    when it is given. `length` is in seconds: the sound is trimmed or looped to it.
    """

    image_urls: tuple[WebAddress, ...] = Field(min_length=1, max_length=MAX_PICTURES)
    audio_url: WebAddress
    aspect: Aspect = "9:16"
    order: Literal["given", "shuffled"] = "given"
    transition: Transition = "crossfade"
    motion: Literal["zoom"] | Motion = "zoom"
    fit: Literal["auto"] | Fit = "auto"
    overlay: Overlay = "dust"
    captions: CaptionStyle = "none"
    caption_look: CaptionLook = CaptionLook()
    language: LanguageTag | None = None
    texts: tuple[PictureText, ...] = Field(default=(), max_length=MAX_PICTURES)
    beats: bool = False
    length: Literal["sound"] | Annotated[float, Field(ge=1, le=MAX_SLIDESHOW_S)] = "sound"
    fade_in_s: float = Field(default=0.3, ge=0, le=10, allow_inf_nan=False)
    fade_out_s: float = Field(default=1.8, ge=0, le=10, allow_inf_nan=False)
    webhook_url: WebhookAddress | None = Field(
        default=None, description="where each change of this job is posted, signed"
    )

    @model_validator(mode="after")
    def _texts_have_room(self) -> Self:
        if len(self.texts) > len(self.image_urls):
            raise ValueError(f"texts: there are {len(self.image_urls)} pictures only")
        if any(self.texts) and self.captions != "none":
            raise ValueError("texts: they stand where captions do; give one of them")
        return self

    @property
    def size_px(self) -> tuple[int, int]:
        return SIZES_PX[self.aspect]

    def addresses(self) -> dict[str, str]:
        """Every address by its field; the sound's is the last."""
        pictures = {f"image_urls.{number}": url for number, url in enumerate(self.image_urls)}
        return {**pictures, "audio_url": self.audio_url}

    def turns(self, seed: str) -> tuple[int, ...]:
        """Which picture is shown when: indexes of `image_urls`. The same seed, the same order."""
        order = list(range(len(self.image_urls)))
        if self.order == "shuffled":
            random.Random(seed).shuffle(order)
        return tuple(order)

    def motion_of(self, turn: int) -> Motion:
        """How the picture that is shown in this turn moves."""
        return _ZOOMS[turn % 2] if self.motion == "zoom" else self.motion

    def fit_of(self, shape_px: tuple[int, int]) -> Fit:
        """How a picture of this shape fills the frame."""
        if self.fit != "auto":
            return self.fit
        ratio = (shape_px[0] / shape_px[1]) / (self.size_px[0] / self.size_px[1])
        return "cover" if min(ratio, 1 / ratio) >= _LEAST_SEEN else "blur"

    def text_of(self, picture: int) -> str:
        return self.texts[picture] if picture < len(self.texts) else ""


class Layout(Model):
    """How many frames each turn lasts, and whether the changes fall on beats."""

    frames: tuple[int, ...]
    on_beats: bool = False


def lay_out(
    request: SlideshowRequest, sound_s: float, beats_s: Sequence[float] = (), loop_s: float = 0.0
) -> Layout:
    """The turns of a slideshow whose sound lasts `sound_s`; they add up to the video.

    `beats_s` are those of the sound, which comes again after `loop_s` (0: never).

    Raises:
        InvalidInput: naming `audio_url` or `length`; it is too long, or too short for so many
            pictures.
    """
    by_sound = request.length == "sound"
    field = "audio_url" if by_sound else "length"
    wanted_s = sound_s if request.length == "sound" else request.length
    if wanted_s > MAX_SLIDESHOW_S:
        raise InvalidInput(
            field,
            f"The sound lasts {wanted_s:.0f} s; a slideshow lasts {MAX_SLIDESHOW_S} s at most.",
            remedy="Give a length; the sound is trimmed to it.",
        )
    pictures, frames = len(request.image_urls), round(wanted_s * FPS)
    least = math.ceil(MIN_PICTURE_S * FPS)
    places = [round(at * FPS) for at in _repeated(beats_s, loop_s, wanted_s)]
    on_beats = share_out(frames, pictures, least=least, beats=places) if places else None
    if on_beats:
        return Layout(frames=on_beats, on_beats=True)
    even = share_out(frames, pictures, least=least)
    if even is None:
        raise InvalidInput(
            field,
            f"{wanted_s:.1f} s are too short for {pictures} pictures: each needs "
            f"{MIN_PICTURE_S} s.",
            remedy="Give fewer pictures, or a length; the sound is looped to it.",
        )
    return Layout(frames=even)


def _repeated(beats_s: Sequence[float], loop_s: float, until_s: float) -> list[float]:
    turns = math.ceil(until_s / loop_s) if loop_s else 1
    every = (turn * loop_s + at for turn in range(turns) for at in beats_s)
    return sorted(at for at in every if at < until_s)


class PictureEntry(Model):
    """One picture as it is shown. `address` is without its query; times are in seconds."""

    number: int
    address: str
    start_s: float
    duration_s: float
    fit: Fit
    motion: Motion
    text: str = ""


class SoundEntry(Model):
    """The sound, and what was done to it. `address` is without its query."""

    address: str
    duration_s: float
    fitted: Literal["whole", "trimmed", "looped"]
    beats: int = 0


class SlideshowManifest(Model):
    """Written last, by rename: a slideshow is ready when its manifest is there."""

    version: Literal[1] = 1
    kind: Literal["slideshow"] = "slideshow"
    job_id: str
    user_id: str
    aspect: Aspect
    language: LanguageTag | None = None
    pictures: tuple[PictureEntry, ...]
    sound: SoundEntry
    stages: tuple[StageEntry, ...]
    render: RenderEntry
    artifacts: dict[str, ArtifactRef]
    degraded: tuple[str, ...] = ()
    finished_at: datetime
