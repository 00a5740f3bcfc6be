"""What S3 answers, in the house's words. Nothing of the answer itself is passed on.

An answer can repeat the request, and with it an access key.
"""

from __future__ import annotations

from botocore.exceptions import (
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from reels.errors import ArtifactMissing, StoreError, StoreForbidden, StoreUnavailable

_MISSING = {"NoSuchKey", "404", "NotFound"}
_REFUSED = {
    "403",
    "AccessDenied",
    "Forbidden",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
}
#: Credentials that are lent for a time are renewed by botocore.
_EXPIRED = {"ExpiredToken", "InvalidToken"}
_CREDENTIALS = (
    "Check VIDEO_SERVICE_S3_ACCESS_KEY and VIDEO_SERVICE_S3_SECRET_KEY (or the credentials "
    "block), and that they may get, put, delete and list in this bucket."
)
_BUCKET = "Create the bucket, or correct VIDEO_SERVICE_S3_BUCKET (or the store's block)."
_ENDPOINT = (
    "Check VIDEO_SERVICE_S3_ENDPOINT_URL and VIDEO_SERVICE_S3_REGION (or the store's block), "
    "and that the endpoint can be reached from here."
)
_LATER = "Try again later; the job can be retried and pays only for what is missing."


def is_missing(error: ClientError) -> bool:
    """Whether the answer says that there is no such object."""
    return _code(error) in _MISSING


def store_error(error: Exception, key: str, bucket: str) -> StoreError:
    """The error to raise for one of botocore's, with what to do about it."""
    place = f"bucket {bucket!r}"
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return StoreForbidden(f"There are no credentials for the {place}.", remedy=_CREDENTIALS)
    if isinstance(error, ClientError):
        return _of_answer(error, key, place)
    if isinstance(error, ConnectionError | HTTPClientError):
        reason = type(error).__name__
        return StoreUnavailable(f"The {place} does not answer ({reason}).", remedy=_ENDPOINT)
    if isinstance(error, OSError):
        return StoreUnavailable(
            f"{key!r} could not be kept on this machine: {error.strerror}.",
            remedy="Check the disk and its free space.",
        )
    reason = type(error).__name__
    return StoreUnavailable(f"Work on {key!r} in the {place} failed ({reason}).", remedy=_LATER)


def _of_answer(error: ClientError, key: str, place: str) -> StoreError:
    code = _code(error)
    if code in _MISSING:
        return ArtifactMissing(key)
    if code == "NoSuchBucket":
        return StoreForbidden(f"There is no {place}.", remedy=_BUCKET)
    if code in _REFUSED | _EXPIRED:
        refusal = StoreForbidden if code in _REFUSED else StoreUnavailable
        return refusal(f"Access to the {place} was refused ({code}).", remedy=_CREDENTIALS)
    return StoreUnavailable(f"The {place} refused {key!r} ({code}).", remedy=_LATER)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
