"""The bucket of an S3 store of one's own is made once."""

from __future__ import annotations

import pytest

from blocks.registry import store_from_settings
from deployments.bucket import make_bucket
from reels.errors import InvalidInput, StoreUnavailable
from reels.settings import StoreSettings
from tests.blocks.conftest import s3_endpoint, s3_settings

__all__ = ["s3_endpoint", "s3_settings"]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_missing_bucket_is_made_and_then_left_alone(
    s3_settings: StoreSettings, region: str
) -> None:
    bucket = f"{s3_settings.s3_bucket}-{region}"
    settings = s3_settings.model_copy(update={"s3_bucket": bucket, "s3_region": region})
    assert make_bucket(settings)
    store_from_settings(settings).put("a/file.txt", b"kept")
    assert not make_bucket(settings)
    assert store_from_settings(settings).read("a/file.txt") == b"kept"


def test_a_refusal_says_what_to_look_at_and_no_key(s3_settings: StoreSettings) -> None:
    settings = s3_settings.model_copy(update={"s3_bucket": "no bucket!"})
    with pytest.raises(StoreUnavailable) as refused:
        make_bucket(settings)
    assert "VIDEO_SERVICE_S3_ENDPOINT_URL" in str(refused.value)
    assert settings.s3_secret_key.get_secret_value() not in str(refused.value)


def test_without_a_name_there_is_nothing_to_make(s3_settings: StoreSettings) -> None:
    with pytest.raises(InvalidInput):
        make_bucket(s3_settings.model_copy(update={"s3_bucket": ""}))
