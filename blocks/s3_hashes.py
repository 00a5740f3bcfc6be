"""The SHA-256 of objects in S3: taken on the way, and noted in their metadata."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES: Final = 1 << 20
#: The name of the hash in an object's metadata.
HASH: Final = "sha256"


def adopt(client: S3Client, bucket: str, name: str, found: Any) -> str:
    """Hash an object that others have uploaded, and note the hash on it."""
    body = client.get_object(Bucket=bucket, Key=name)["Body"]
    digest = hashlib.sha256()
    for _ in hashed(body.iter_chunks(CHUNK_BYTES), digest):
        pass
    note(client, bucket, name, found, digest.hexdigest())
    return digest.hexdigest()


def note(client: S3Client, bucket: str, name: str, found: Any, sha256: str) -> None:
    """Put the hash on an object, if we may and it is still the one that was `found`."""
    with suppress(ClientError):
        client.copy_object(
            Bucket=bucket,
            Key=name,
            CopySource={"Bucket": bucket, "Key": name},
            CopySourceIfMatch=found["ETag"],
            ContentType=found["ContentType"],
            Metadata={**found["Metadata"], HASH: sha256},
            MetadataDirective="REPLACE",
        )


def retyped(client: S3Client, origin: Mapping[str, str], media_type: str) -> dict[str, Any]:
    """What a copy of `origin` needs that is of another type and keeps its hash."""
    found = client.head_object(Bucket=origin["Bucket"], Key=origin["Key"])
    return {
        "CopySourceIfMatch": found["ETag"],
        "ContentType": media_type,
        "Metadata": found["Metadata"],
        "MetadataDirective": "REPLACE",
    }


def measure(source: Path | bytes) -> tuple[str, int]:
    """SHA-256 and size in bytes."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest(), len(source)
    with source.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256")
        return digest.hexdigest(), content.tell()


def hashed(chunks: Iterator[bytes], digest: Any) -> Iterator[bytes]:
    """The chunks themselves, which `digest` learns of as they pass."""
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def join(chunks: Iterator[bytes]) -> bytes:
    """The chunks as one."""
    return b"".join(chunks)


def save(chunks: Iterator[bytes], path: Path) -> None:
    """Write the chunks to `path`."""
    with path.open("wb") as out:
        out.writelines(chunks)
