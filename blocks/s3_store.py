"""The artifact store on any service that speaks S3: AWS, SelStorage, Supabase Storage.

An object carries its SHA-256 in its metadata. One that others have uploaded is hashed
when it is first looked at, and the hash is added to it.
"""

from __future__ import annotations

import hashlib
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from blocks.s3_errors import is_missing, store_error
from blocks.s3_hashes import CHUNK_BYTES, HASH, adopt, hashed, join, measure, note, retyped, save
from reels.artifacts import Entry, UploadLink, check_source, media_type_of
from reels.errors import ArtifactMissing, StoreUnavailable
from reels.keys import check_key, check_prefix, is_key
from reels.links import check_life, clean_name, content_disposition
from reels.models import ArtifactRef

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")

#: Up to here an upload is one atomic request; above, S3 makes the parts visible at once.
_TRANSFER: Final = TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=16 << 20)
_HEADS_AT_ONCE: Final = 8
_DOWNLOAD_TRIES: Final = 3
_CHECKSUM: Final = "x-amz-checksum-sha256"


class S3Store:
    """Artifacts in `bucket`, every key under `prefix`. Links are signed by `public`.

    `public` is a client of the endpoint that browsers reach, when it is another one.
    `checks_sums` says that the service compares `x-amz-checksum-sha256`, as AWS does; others
    may refuse the header.
    """

    def __init__(
        self,
        client: S3Client,
        *,
        bucket: str,
        prefix: str = "",
        public: S3Client | None = None,
        checks_sums: bool = False,
    ) -> None:
        self._checks_sums = checks_sums
        self._client = client
        self._public = public or client
        self._bucket = bucket
        self._prefix = f"{check_prefix(prefix)}/" if prefix else ""

    def __repr__(self) -> str:
        return f"S3Store(bucket={self._bucket!r}, prefix={self._prefix!r})"

    def put(self, key: str, source: Path | bytes, media_type: str | None = None) -> ArtifactRef:
        """Store a file or bytes under `key`, whole or not at all."""
        name = self._name(key)
        check_source(source)
        sha256, size_bytes = measure(source)
        ref = ArtifactRef(
            key=key,
            sha256=sha256,
            size_bytes=size_bytes,
            media_type=media_type or media_type_of(key),
        )
        about: dict[str, Any] = {"ContentType": ref.media_type, "Metadata": {HASH: sha256}}
        with self._as_store_errors(key):
            if isinstance(source, bytes):
                self._client.put_object(Bucket=self._bucket, Key=name, Body=source, **about)
            else:
                with source.open("rb") as content:
                    self._client.upload_fileobj(
                        content, self._bucket, name, ExtraArgs=about, Config=_TRANSFER
                    )
        return ref

    def read(self, key: str) -> bytes:
        """The whole content."""
        return self._whole(key, join)

    def fetch(self, key: str, to: Path) -> Path:
        """Download to `to`; what arrives is checked against the hash in the metadata."""
        to.parent.mkdir(parents=True, exist_ok=True)
        draft = to.with_name(f".{uuid4().hex}.part")
        try:
            self._whole(key, lambda chunks: save(chunks, draft))
            os.replace(draft, to)
        finally:
            draft.unlink(missing_ok=True)
        return to

    def head(self, key: str) -> ArtifactRef | None:
        """The reference of what lies under `key`, or None."""
        name = self._name(key)
        with self._as_store_errors(key):
            try:
                found = self._client.head_object(Bucket=self._bucket, Key=name)
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
            sha256 = found["Metadata"].get(HASH) or adopt(self._client, self._bucket, name, found)
        return ArtifactRef(
            key=key,
            sha256=sha256,
            size_bytes=found["ContentLength"],
            media_type=found["ContentType"],
        )

    def copy(self, source: str, target: str, media_type: str | None = None) -> ArtifactRef:
        """Make `target` hold what `source` holds, on the server's side."""
        origin = {"Bucket": self._bucket, "Key": self._name(source)}
        name = self._name(target)
        with self._as_store_errors(source):
            about = retyped(self._client, origin, media_type) if media_type else {}
            self._client.copy_object(Bucket=self._bucket, Key=name, CopySource=origin, **about)  # type: ignore[arg-type]
        ref = self.head(target)
        if ref is None:
            raise ArtifactMissing(target)
        return ref

    def list(self, prefix: str) -> list[ArtifactRef]:
        """Everything in the folder `prefix`, sorted by key. Costs one HEAD per object."""
        with ThreadPoolExecutor(_HEADS_AT_ONCE) as pool:
            found = list(pool.map(self.head, self.sizes(prefix)))
        return [ref for ref in found if ref is not None]

    def sizes(self, prefix: str) -> dict[str, int]:
        """The sizes in bytes of everything in the folder `prefix`, sorted by key."""
        return {key: entry.size_bytes for key, entry in self.entries(prefix).items()}

    def entries(self, prefix: str) -> dict[str, Entry]:
        """As `sizes`, with times."""
        folder = check_prefix(prefix)
        start = f"{self._prefix}{folder}/" if folder else self._prefix
        with self._as_store_errors(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=start
            )
            listed = [entry for page in pages for entry in page.get("Contents", ())]
        found = {
            each["Key"].removeprefix(self._prefix): Entry(
                each["Size"], each["LastModified"].timestamp()
            )
            for each in listed
        }
        return {key: found[key] for key in sorted(found) if is_key(key)}

    def delete(self, key: str) -> None:
        """Remove `key`; nothing happens when it is not there."""
        name = self._name(key)
        with self._as_store_errors(key):
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def link(self, key: str, *, expires_s: int = 3600, download_name: str = "") -> str:
        """A presigned GET (signature version 4) at the public endpoint."""
        params = {"Bucket": self._bucket, "Key": self._name(key)}
        if name := clean_name(download_name):
            params["ResponseContentDisposition"] = content_disposition(name)
        with self._as_store_errors(key):
            return self._public.generate_presigned_url(
                "get_object", Params=params, ExpiresIn=check_life(expires_s)
            )

    def upload_link(
        self, key: str, size_bytes: int, *, expires_s: int, sha256: str = ""
    ) -> UploadLink:
        """A presigned PUT (signature version 4) at the public endpoint, for that length only."""
        params = {"Bucket": self._bucket, "Key": self._name(key), "ContentLength": size_bytes}
        headers = {"Content-Length": str(size_bytes)}
        if sha256 and self._checks_sums:
            headers[_CHECKSUM] = b64encode(bytes.fromhex(sha256)).decode()
            params["ChecksumSHA256"] = headers[_CHECKSUM]
        ends = int(time.time()) + check_life(expires_s)
        with self._as_store_errors(key):
            url = self._public.generate_presigned_url(
                "put_object", Params=params, ExpiresIn=expires_s
            )
        return UploadLink(url=url, headers=headers, expires_at=datetime.fromtimestamp(ends, UTC))

    def _name(self, key: str) -> str:
        return self._prefix + check_key(key)

    def _whole(self, key: str, take: Callable[[Iterator[bytes]], T]) -> T:
        """Read an object to its end; one that arrives cut or changed is read again.

        botocore retries requests, but not a body that breaks off. The hash of what others
        have uploaded is known now, and noted.
        """
        for tries_left in reversed(range(_DOWNLOAD_TRIES)):
            with self._as_store_errors(key):
                found = self._client.get_object(Bucket=self._bucket, Key=self._name(key))
                digest = hashlib.sha256()
                try:
                    content = take(hashed(found["Body"].iter_chunks(CHUNK_BYTES), digest))
                except BotoCoreError:
                    if not tries_left:
                        raise
                    continue
            noted = found["Metadata"].get(HASH)
            if noted is None:
                note(self._client, self._bucket, self._name(key), found, digest.hexdigest())
            if noted in (None, digest.hexdigest()):
                return content
        raise StoreUnavailable(
            f"What the bucket {self._bucket!r} sent for {key!r} is not what was stored there.",
            remedy="Try again; if it stays so, remove the object and retry the job.",
        )

    @contextmanager
    def _as_store_errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error, OSError) as error:
            raise store_error(error, key, self._bucket) from None
