"""How much of people's media is kept."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG


class MediaSettings(BaseSettings):
    """How much of people's media is kept, and how it is sent."""

    model_config = CONFIG

    media_max_mb: int = Field(
        default=32, ge=1, le=200, description="megabytes of a file that is sent to POST /media"
    )
    #: S3 takes 5 GB in one request.
    upload_max_mb: int = Field(
        default=2000, ge=1, le=5000, description="megabytes of a file that is sent to the store"
    )
    upload_expires_s: int = Field(
        default=21_600, ge=60, le=604_800, description="life of an upload's link; 7 days at most"
    )
    media_user_mb: int = Field(
        default=0, ge=0, description="megabytes of media that a user may keep; 0: any number"
    )
    media_user_files: int = Field(
        default=10_000, ge=0, description="files of media that a user may keep; 0: any number"
    )
