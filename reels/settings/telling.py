"""Where changes of jobs are told."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from reels.settings.base import CONFIG
from reels.settings.checks import webhook_secret, webhook_url


class StatusSettings(BaseSettings):
    """Where each change of a job is told. Nothing is told while neither is set."""

    # What is secret here must not come back in the words of a refusal.
    model_config = SettingsConfigDict(**CONFIG, hide_input_in_errors=True)

    status_dsn: SecretStr = Field(
        default=SecretStr(""),
        description="Postgres whose table `videos` follows the jobs, as in "
        "`postgresql://user:password@host:5432/postgres`; empty: none",
    )
    status_webhook_url: Annotated[SecretStr, AfterValidator(webhook_url)] = Field(
        default=SecretStr(""),
        description="address to which every change of a job is posted; empty: none",
    )
    status_webhook_secret: Annotated[SecretStr, AfterValidator(webhook_secret)] = Field(
        default=SecretStr(""),
        description="secret that signs what is posted: `whsec_` and 24 to 64 bytes in base64",
    )
    status_media_url: str = Field(
        default="",
        description="base of the videos' public addresses, to which the key is added; empty: "
        "links of the store, which end after 7 days at most",
    )
    status_patience_s: int = Field(
        default=86_400,
        ge=1,
        le=2_592_000,
        description="seconds for which a change that cannot be told is tried again",
    )


class WebhookSettings(BaseSettings):
    """How the changes of jobs are posted to the webhooks of users."""

    model_config = CONFIG

    webhook_timeout_s: float = Field(
        default=15.0, gt=0, le=60, description="seconds that a user's webhook may take to answer"
    )
    webhook_retry_s: float = Field(
        default=5.0,
        gt=0,
        le=600,
        description="seconds before a message to a user's webhook is tried again; four times as "
        "long before each later try, up to 4 hours",
    )
    webhook_patience_s: int = Field(
        default=259_200,
        ge=1,
        le=2_592_000,
        description="seconds for which a message to a user's webhook is tried again",
    )
