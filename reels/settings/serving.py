"""Where the shim listens."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG


class ApiSettings(BaseSettings):
    """Where the shim listens and how it is reached from outside."""

    model_config = CONFIG

    host: str = Field(default="127.0.0.1", description="address that the API listens on")
    port: int = Field(default=8100, ge=0, le=65535, description="port of the API; 0 picks one")
    public_url: str = Field(
        default="http://127.0.0.1:8100",
        description="base of the links that are handed out, without a slash at the end",
    )
    default_user: str = Field(
        default="dev",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$",
        description="user of requests without X-User-ID, when VIDEO_SERVICE_AUTH is dev",
    )
