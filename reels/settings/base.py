"""What all settings have in common: `VIDEO_SERVICE_<FIELD>` in the environment or in `.env`."""

from __future__ import annotations

from pydantic_settings import SettingsConfigDict

CONFIG = SettingsConfigDict(
    env_prefix="VIDEO_SERVICE_", env_file=".env", extra="ignore", frozen=True
)
