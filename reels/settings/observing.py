"""What is told of the work, to whom: logs, metrics, errors and traces."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from reels.settings.base import CONFIG
from reels.settings.checks import bearer_token, collector_address, sentry_address


class ObservingSettings(BaseSettings):
    """Logs, metrics, errors and traces. Nothing is sent anywhere unless an address is set."""

    # What is secret here must not come back in the words of a refusal.
    model_config = SettingsConfigDict(**CONFIG, hide_input_in_errors=True)

    log_format: Literal["text", "json"] = Field(
        default="text", description="form of log lines: `text`, or `json` with one object a line"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="what is logged: DEBUG, INFO, WARNING or ERROR, and above"
    )
    metrics_token: Annotated[SecretStr, AfterValidator(bearer_token)] = Field(
        default=SecretStr(""),
        description="bearer token that GET /metrics asks for, of 16 characters at least; empty: "
        "open in the mode dev, else for the role ops only",
    )
    sentry_dsn: Annotated[SecretStr, AfterValidator(sentry_address)] = Field(
        default=SecretStr(""), description="address (DSN) that errors are sent to; empty: none"
    )
    otlp_endpoint: Annotated[SecretStr, AfterValidator(collector_address)] = Field(
        default=SecretStr(""),
        description="OpenTelemetry collector (OTLP over HTTP) that traces are sent to, as in "
        "`http://127.0.0.1:4318`; empty: none",
    )
