"""What may be downloaded."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG
from reels.settings.checks import hosts


class FetchSettings(BaseSettings):
    """Downloads of addresses that users give: of public web servers only."""

    model_config = CONFIG

    fetch_allowed_hosts: Annotated[str, AfterValidator(hosts)] = Field(
        default="",
        description="hosts that may be fetched from, and posted to by webhooks, wherever they "
        "are, by commas, as in `media.lan:8080`; empty: none",
    )
    fetch_timeout_s: float = Field(
        default=60.0, gt=0, le=900, description="seconds that one download may take"
    )
    fetch_picture_mb: int = Field(
        default=32, ge=1, le=1000, description="megabytes that a picture may have"
    )
    fetch_sound_mb: int = Field(
        default=256, ge=1, le=4000, description="megabytes that a sound may have"
    )
    fetch_film_mb: int = Field(
        default=2000, ge=1, le=100_000, description="megabytes that a film may have"
    )
    fetch_film_s: float = Field(
        default=3600.0,
        gt=0,
        le=86_400,
        description="seconds that the download of a film may take, its resumptions included",
    )
    film_max_s: float = Field(
        default=7200.0, gt=0, le=7200, description="seconds of the longest film that is packaged"
    )
