"""The store as Prefect blocks: what ops see and edit in Prefect's UI.

A block is the store's configuration; `open_store()` makes the store. They are two things
because a block's own `delete` and `copy` are about the block.
"""

from __future__ import annotations

from pathlib import Path

from botocore.config import Config
from prefect.blocks.core import Block
from prefect_aws import AwsCredentials
from pydantic import Field, SecretStr

from blocks.local_store import LocalStore
from blocks.s3_store import S3Store
from reels.artifacts import ArtifactStore
from reels.links import load_secret
from reels.settings import ApiSettings, StoreSettings


class LocalStoreBlock(Block):
    """Artifacts in a directory of this machine, served by Reelwright's own API."""

    _block_type_name = "Reelwright Local Store"
    _block_type_slug = "reelwright-local-store"

    directory: str = Field(
        default="",
        title="Directory",
        description="where artifacts lie; empty means `store` in VIDEO_SERVICE_DATA_DIR",
    )
    public_url: str = Field(
        default="",
        title="Public address",
        description="base of the links that are handed out; empty means VIDEO_SERVICE_PUBLIC_URL",
    )
    signing_key: SecretStr = Field(
        default=SecretStr(""),
        title="Signing key",
        description="key of the links; empty means VIDEO_SERVICE_SIGNING_KEY, or one that is made "
        "once in the data directory",
    )

    def open_store(self) -> ArtifactStore:
        """The store that this block describes."""
        return open_local(
            StoreSettings(),
            directory=self.directory,
            public_url=self.public_url,
            signing_key=self.signing_key,
        )


class S3StoreBlock(Block):
    """Artifacts in a bucket of AWS or of any service that speaks S3."""

    _block_type_name = "Reelwright S3 Store"
    _block_type_slug = "reelwright-s3-store"

    bucket: str = Field(title="Bucket", description="bucket; it must exist", min_length=1)
    credentials: AwsCredentials = Field(
        title="Credentials",
        description="keys, region, and under client parameters the endpoint when it is not AWS",
    )
    prefix: str = Field(default="", title="Prefix", description="prefix of all keys in the bucket")
    public_endpoint_url: str = Field(
        default="",
        title="Public endpoint",
        description="endpoint that browsers use in presigned links, when it differs",
    )
    path_style: bool = Field(
        default=False,
        title="Path style",
        description="bucket in the path, not in the host's name; most services but AWS need it",
    )

    def open_store(self) -> ArtifactStore:
        """The store that this block describes."""
        params = self.credentials.aws_client_parameters.get_params_override()
        config = params.pop("config", Config())
        params["config"] = client_config(self.path_style).merge(config)
        if self.credentials.region_name:
            params["region_name"] = self.credentials.region_name
        session = self.credentials.get_boto3_session()
        public = None
        if self.public_endpoint_url:
            public = session.client("s3", **{**params, "endpoint_url": self.public_endpoint_url})
        return S3Store(
            session.client("s3", **params),
            bucket=self.bucket,
            prefix=self.prefix,
            public=public,
            checks_sums=not self.path_style,
        )


def open_local(
    settings: StoreSettings,
    *,
    directory: str = "",
    public_url: str = "",
    signing_key: SecretStr | None = None,
) -> LocalStore:
    """The local store; what is empty comes from the settings."""
    key = (signing_key or settings.signing_key).get_secret_value()
    key = key or settings.signing_key.get_secret_value()
    secret = key.encode() if key else load_secret(settings.data_dir / "signing.key")
    return LocalStore(
        Path(directory) if directory else settings.data_dir / "store",
        public_url=public_url or ApiSettings().public_url,
        secret=secret,
    )


def client_config(path_style: bool) -> Config:
    """How any service that speaks S3 is asked: signature version 4, and nothing of AWS's own."""
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if path_style else "auto"},
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 5},
        max_pool_connections=16,
        # Many services that speak S3 refuse the newer checksum trailers. What matters is
        # guarded by the SHA-256 in the metadata.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
