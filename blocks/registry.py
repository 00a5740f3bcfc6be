"""Which store is used, and the documents of it in Prefect.

`load_store` decides in this order, and once per process:

1. `VIDEO_SERVICE_STORE` is set: the settings alone count, no server is asked.
2. The block `reelwright-s3-store/default`, then `reelwright-local-store/default`, as it
   stands in Prefect. Ops edit it there; the next run uses it.
3. The settings' defaults: a directory in the data directory.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any, cast

import httpx
from prefect.blocks.core import Block
from prefect_aws import AwsCredentials, S3Bucket
from prefect_aws.client_parameters import AwsClientParameters

from blocks.credentials import ACCESS_BLOCKS
from blocks.documents import LocalStoreBlock, S3StoreBlock, client_config, open_local
from reels.artifacts import ArtifactStore
from reels.errors import InvalidInput, Unavailable
from reels.settings import StoreSettings

DEFAULT = "default"
CREDENTIALS = "reelwright"
RESULTS = "results"
#: The block that Prefect keeps results in when artifacts lie in S3, as in
#: PREFECT_DEFAULT_RESULT_STORAGE_BLOCK.
RESULTS_BLOCK = f"s3-bucket/{RESULTS}"


def store_from_settings(settings: StoreSettings) -> ArtifactStore:
    """The store of the settings; no server is asked.

    Raises:
        InvalidInput: S3 is chosen and no bucket is named.
    """
    if settings.store == "local":
        return open_local(settings)
    return s3_block(settings).open_store()


def load_store() -> ArtifactStore:
    """The store that flows use; see the order above. It is opened once per process."""
    settings = StoreSettings()
    return _load_once(settings, "store" in settings.model_fields_set)


def s3_block(settings: StoreSettings) -> S3StoreBlock:
    """The settings as a block, not saved."""
    if not settings.s3_bucket:
        raise InvalidInput(
            "s3_bucket",
            "VIDEO_SERVICE_STORE is s3, but no bucket is named.",
            remedy="Set VIDEO_SERVICE_S3_BUCKET.",
        )
    return S3StoreBlock(
        bucket=settings.s3_bucket,
        credentials=_credentials(settings),
        prefix=settings.storage_folder_prefix.strip("/"),
        public_endpoint_url=settings.s3_public_url,
        path_style=bool(settings.s3_endpoint_url),
    )


def register_blocks() -> None:
    """Make the block types known to Prefect, so that its UI offers them."""
    stores = (LocalStoreBlock, S3StoreBlock, AwsCredentials, S3Bucket)
    kinds: tuple[type[Block], ...] = (*stores, *ACCESS_BLOCKS)
    for kind in kinds:
        kind.register_type_and_schema(_sync=True)  # type: ignore[call-arg]


def save_default_blocks(settings: StoreSettings, *, overwrite: bool = False) -> None:
    """Save the settings' store as the default block, unless one is there.

    What ops have edited stays, unless `overwrite`. For S3 the credentials and Prefect's
    result storage (`RESULTS_BLOCK`) are saved beside it.
    """
    if settings.store == "local":
        _save(LocalStoreBlock(), DEFAULT, overwrite)
        return
    block = s3_block(settings)
    _save(block.credentials, CREDENTIALS, overwrite)
    credentials = AwsCredentials.load(CREDENTIALS, _sync=True)  # type: ignore[call-arg]
    _save(block.model_copy(update={"credentials": credentials}), DEFAULT, overwrite)
    folder = "/".join(part for part in (block.prefix, RESULTS) if part)
    results = S3Bucket(
        bucket_name=block.bucket, credentials=credentials, bucket_folder=f"{folder}/"
    )
    _save(results, RESULTS, overwrite)


def _credentials(settings: StoreSettings) -> AwsCredentials:
    has_key = bool(settings.s3_access_key)
    return AwsCredentials(
        aws_access_key_id=settings.s3_access_key or None,
        aws_secret_access_key=settings.s3_secret_key if has_key else None,
        region_name=settings.s3_region or None,
        aws_client_parameters=_client_parameters(settings.s3_endpoint_url),
    )


def _client_parameters(endpoint_url: str) -> AwsClientParameters:
    """Also for Prefect's own clients, which keep results: elsewhere than at AWS the checksums
    that newer SDKs add by themselves may be refused."""
    if not endpoint_url:
        return AwsClientParameters()
    config: Any = client_config(path_style=True)
    return AwsClientParameters(endpoint_url=endpoint_url, config=config)


def _save(block: Block, name: str, overwrite: bool) -> None:
    if overwrite or not _is_saved(type(block), name):
        block.save(name, overwrite=overwrite, _sync=True)  # type: ignore[call-arg]


def _is_saved(kind: type[Block], name: str) -> bool:
    return _load(kind, name) is not None


def _load(kind: type[Block], name: str) -> Block | None:
    try:
        return cast(Block, kind.load(name, _sync=True))  # type: ignore[call-arg]
    except httpx.HTTPError as error:
        raise Unavailable(
            f"Prefect does not answer ({type(error).__name__}), so its store block is unknown.",
            remedy="Check PREFECT_API_URL, or choose the store by VIDEO_SERVICE_STORE.",
        ) from error
    except ValueError:
        return None


@lru_cache(maxsize=4)
def _load_once(settings: StoreSettings, chosen: bool) -> ArtifactStore:
    if chosen:
        return store_from_settings(settings)
    for kind in (S3StoreBlock, LocalStoreBlock):
        block = _load(kind, DEFAULT)
        if isinstance(block, S3StoreBlock | LocalStoreBlock):
            return block.open_store()
    return store_from_settings(settings)


# Connections of a parent must not be shared with its forked children.
os.register_at_fork(after_in_child=_load_once.cache_clear)
