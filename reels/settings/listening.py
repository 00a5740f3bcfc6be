"""Who follows jobs as they change."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG


class LiveSettings(BaseSettings):
    """Places for those who follow jobs: streams of events, WebSockets and long polls."""

    model_config = CONFIG

    listeners_per_user: int = Field(
        default=100, ge=1, description="connections over which a user may follow jobs at once"
    )
    listeners_in_all: int = Field(
        default=1_000, ge=1, description="connections over which all users may follow jobs at once"
    )
