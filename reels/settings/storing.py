"""Where artifacts lie."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG
from reels.settings.checks import media_prefix


class StoreSettings(BaseSettings):
    """Where artifacts lie."""

    model_config = CONFIG

    data_dir: Path = Field(
        default=Path(".reelwright"), description="directory of the embedded stack and its store"
    )
    store: Literal["local", "s3"] = Field(default="local", description="kind of artifact store")
    storage_folder_prefix: str = Field(default="", description="prefix of all keys in the bucket")
    media_root_prefix: Annotated[str, AfterValidator(media_prefix)] = Field(
        default="assets",
        description="prefix of the users' own media: PREFIX/{user}/{folder}/{name}",
    )
    shared_media_prefix: Annotated[str, AfterValidator(media_prefix)] = Field(
        default="shared", description="prefix of everyone's media: PREFIX/{folder}/{name}"
    )
    s3_endpoint_url: str = Field(default="", description="endpoint; empty means AWS")
    s3_region: str = Field(default="us-east-1", description="region")
    s3_public_url: str = Field(
        default="", description="endpoint that browsers use in presigned links, when it differs"
    )
    s3_bucket: str = Field(default="", description="bucket")
    s3_access_key: str = Field(default="", description="access key; empty uses the AWS chain")
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="secret key")
    signing_key: SecretStr = Field(
        default=SecretStr(""),
        description="key of signed local links; empty makes one in the data directory",
    )
    cache_keep_days: int = Field(
        default=30, ge=0, description="days that what was made once is kept for other jobs; 0: ever"
    )
    cache_max_mb: int = Field(
        default=0, ge=0, description="megabytes of it that are kept, the newest; 0: all"
    )
    link_expires_s: int = Field(
        default=3600, ge=1, le=604_800, description="life of a link; 7 days at most"
    )
