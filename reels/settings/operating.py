"""How operators' commands prove who they are."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from reels.settings.base import CONFIG


class OpsSettings(BaseSettings):
    """What the command `reelwright` brings along."""

    # A key must not come back in the words of a refusal.
    model_config = SettingsConfigDict(**CONFIG, hide_input_in_errors=True)

    api_key: SecretStr = Field(
        default=SecretStr(""),
        description="key or token that the command `reelwright` sends to the API; empty: none",
    )
