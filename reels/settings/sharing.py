"""What API processes share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from reels.settings.base import CONFIG
from reels.settings.checks import redis_address


class CacheSettings(BaseSettings):
    """Where short-lived state lies: the API's answers, counters and replies, workers' locks."""

    # The address may hold a password, which must not come back in the words of a refusal.
    model_config = SettingsConfigDict(**CONFIG, hide_input_in_errors=True)

    cache_url: Annotated[SecretStr, AfterValidator(redis_address)] = Field(
        default=SecretStr(""),
        description="Redis that API processes share, and that holds the locks of workers on "
        "several machines, as in `redis://:password@host:6379/0`; empty: each process's own "
        "memory, and each machine's own locks",
    )
