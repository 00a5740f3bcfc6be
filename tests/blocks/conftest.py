"""A local store and an S3 store that behave alike, for tests that ask of both the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from blocks.local_store import LocalStore
from blocks.registry import store_from_settings
from reels.artifacts import ArtifactStore, UploadLink
from reels.settings import StoreSettings

SECRET = b"a test's own secret"
#: What a link serves: content, or LinkRefused / an HTTP error status.
Opener = Callable[[str], bytes]
Sender = Callable[[UploadLink, bytes], None]


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_settings(s3_endpoint: str, tmp_path: Path) -> StoreSettings:
    bucket = f"bucket-{uuid4().hex[:8]}"
    settings = StoreSettings(
        _env_file=None,
        data_dir=tmp_path,
        store="s3",
        s3_endpoint_url=s3_endpoint,
        s3_bucket=bucket,
        s3_access_key="AKIATESTTESTTEST",
        s3_secret_key=SecretStr("hush-hush-hush"),
        storage_folder_prefix="reels/prod",
    )
    raw_s3(settings).create_bucket(Bucket=bucket)
    return settings


def raw_s3(settings: StoreSettings):
    """A plain client, to look behind the store."""
    return boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint_url,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
    )


@pytest.fixture
def local_store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store", public_url="http://api.test/", secret=SECRET)


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest) -> ArtifactStore:
    if request.param == "local":
        return request.getfixturevalue("local_store")
    return store_from_settings(request.getfixturevalue("s3_settings"))


@pytest.fixture
def open_link(store: ArtifactStore) -> Opener:
    """Follows a link as its bearer would; the local one as our API does."""
    if isinstance(store, LocalStore):
        return lambda link: _open_local(store, link)
    return lambda link: httpx.get(link).raise_for_status().content


@pytest.fixture
def send(store: ArtifactStore) -> Sender:
    """Sends content by an upload's link as its bearer would; the local one as our API does."""
    if isinstance(store, LocalStore):
        return lambda link, content: _send_local(store, link, content)
    return lambda link, content: (
        httpx.put(link.url, content=content, headers=link.headers).raise_for_status() and None
    )


def _send_local(store: LocalStore, link: UploadLink, content: bytes) -> None:
    incoming = store.receive(store.grant(link.url.rpartition("/")[2], time.time()))
    try:
        for start in range(0, len(content), 5):
            incoming.write(content[start : start + 5])
        incoming.keep()
    finally:
        incoming.drop()


def _open_local(store: LocalStore, link: str) -> bytes:
    address = urlsplit(link)
    key = address.path.removeprefix("/artifacts/")
    store.verify(key, dict(parse_qsl(address.query)), now=0)
    return store.path(key).read_bytes()
