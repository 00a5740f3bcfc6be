"""How packaged films are played."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG


class PlayingSettings(BaseSettings):
    """How players reach playlists and segments."""

    model_config = CONFIG

    hls_public_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s?#]+)?$",
        description="base of the segments' public addresses, to which the key is added; empty: "
        "signed links of the store",
    )
    hls_playlist_s: int = Field(
        default=604_800,
        ge=60,
        le=31_536_000,
        description="life of a film's signed playlist address and of its page's, in seconds",
    )
    hls_margin_s: int = Field(
        default=21_600,
        ge=900,
        le=604_800,
        description="seconds that links to segments live on after the film's length; 7 days in "
        "all at most",
    )
