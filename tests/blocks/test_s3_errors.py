"""What S3 answers, in the house's errors."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from blocks.s3_errors import store_error
from reels.errors import StoreForbidden


@pytest.mark.parametrize(
    ("code", "lasts"),
    [
        ("AccessDenied", True),
        ("NoSuchBucket", True),
        ("InvalidAccessKeyId", True),
        ("ExpiredToken", False),
        ("SlowDown", False),
    ],
)
def test_a_refusal_that_would_come_again_is_told_from_one_that_may_pass(
    code: str, lasts: bool
) -> None:
    refused = ClientError({"Error": {"Code": code, "Message": "No."}}, "PutObject")
    assert isinstance(store_error(refused, "a", "films"), StoreForbidden) == lasts
