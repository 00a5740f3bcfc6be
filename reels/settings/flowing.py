"""How the flows work."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG
from reels.settings.checks import media_folder, picture_kind


class FlowSettings(BaseSettings):
    """How the flows wait and what they use."""

    model_config = CONFIG

    default_language: str = Field(
        default="en", description="language of a job that names none and is too short to tell"
    )
    default_style: str = Field(default="", description="style when a job names none")
    default_tone: str = Field(default="", description="tone when a job names none")
    approval_hold_s: int = Field(
        default=60, ge=1, description="seconds that an approval holds its process, then suspends"
    )
    approval_timeout_s: int = Field(
        default=604_800, ge=1, description="seconds after which a waiting job is cancelled"
    )
    tts_provider: str = Field(
        default="espeak", description="voices by their names in reels.voice, the next if one fails"
    )
    tts_voice: str = Field(default="", description="voice variant when a job names none")
    storyboard_provider: str = Field(
        default="outline",
        description="storyboarders by their names in reels.storyboard, the next if one fails",
    )
    words_provider: str = Field(
        default="dtw",
        description="aligners by their names in reels.words, the next if one cannot",
    )
    render_shards: int = Field(
        default=1, ge=1, le=32, description="runs of the render pool that share one video"
    )
    encoder: Literal["auto", "libx264", "h264_nvenc", "h264_qsv", "h264_videotoolbox"] = Field(
        default="auto", description="H.264 encoder; `auto` takes hardware that works, else libx264"
    )
    backing_track: str = Field(
        default="bed",
        description="music makers by their names in reels.music, the next if one fails",
    )
    effects_provider: str = Field(
        default="shipped",
        description="makers of sound effects, the next if one fails: shipped, elevenlabs",
    )
    text2img_provider: Annotated[str, AfterValidator(picture_kind)] = Field(
        default="",
        description="whose pictures storyboards may have beside slides: gemini (which is the "
        "visual kind generated), stock_picture or stock_clip; empty: slides only",
    )
    stock_provider: str = Field(
        default="pexels,pixabay",
        description="stock libraries, the next if one has nothing; those without a key are skipped",
    )
    default_background_folder: Annotated[str, AfterValidator(media_folder)] = Field(
        default="",
        description="folder of media that is shown when a job names none; empty: none",
    )
