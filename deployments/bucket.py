"""Makes the bucket of the settings where it is missing: for an S3 store of one's own.

Run as `python -m deployments.bucket`, as often as you like.
"""

from __future__ import annotations

import sys
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.registry import s3_block
from reels.errors import ReelsError, StoreUnavailable
from reels.settings import StoreSettings

_MISSING = frozenset({"404", "NoSuchBucket"})
_OURS_ALREADY = "BucketAlreadyOwnedByYou"


def make_bucket(settings: StoreSettings) -> bool:
    """Whether it was missing.

    Raises:
        InvalidInput: no bucket is named.
        StoreUnavailable: the store does not answer, or refuses.
    """
    client: Any = s3_block(settings).credentials.get_client("s3")
    try:
        return not _is_there(client, settings.s3_bucket) and _make(client, settings)
    except (ClientError, BotoCoreError) as error:
        raise StoreUnavailable(
            f"The bucket {settings.s3_bucket!r} cannot be made: {error}",
            remedy="Check VIDEO_SERVICE_S3_ENDPOINT_URL and the keys, or make the bucket by hand.",
        ) from error


def _is_there(client: Any, bucket: str) -> bool:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return False
        raise
    return True


def _make(client: Any, settings: StoreSettings) -> bool:
    place: dict[str, Any] = {}
    # S3 refuses the name of its first region here.
    if settings.s3_region and settings.s3_region != "us-east-1":
        place["CreateBucketConfiguration"] = {"LocationConstraint": settings.s3_region}
    try:
        client.create_bucket(Bucket=settings.s3_bucket, **place)
    except ClientError as error:
        if error.response["Error"]["Code"] == _OURS_ALREADY:
            return False
        raise
    return True


def main() -> int:
    settings = StoreSettings()
    try:
        made = make_bucket(settings)
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    print(f"The bucket {settings.s3_bucket} {'is made' if made else 'is there'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
