"""The proxy does to a store what its faults are called, and the store gets over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from blocks.registry import store_from_settings
from reels.artifacts import ArtifactStore
from reels.errors import ReelsError
from reels.settings import StoreSettings
from tests.blocks.conftest import raw_s3
from tests.faults.proxy import Kind, Proxy, Wrong, running_proxy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT = bytes(range(256)) * 64


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        with running_proxy(server.get_host_and_port()[1]) as proxy:
            yield proxy
    finally:
        server.stop()


@pytest.fixture
def settings(proxy: Proxy, tmp_path: Path) -> StoreSettings:
    proxy.wrong = None
    settings = StoreSettings(
        _env_file=None,
        data_dir=tmp_path,
        store="s3",
        s3_endpoint_url=proxy.url,
        s3_bucket=f"bucket-{uuid4().hex[:8]}",
        s3_access_key="AKIATESTTESTTEST",
        s3_secret_key=SecretStr("hush-hush-hush"),
    )
    raw_s3(settings).create_bucket(Bucket=settings.s3_bucket)
    return settings


@pytest.fixture
def store(settings: StoreSettings) -> ArtifactStore:
    return store_from_settings(settings)


def once(settings: StoreSettings) -> S3Client:
    """A client that tries nothing again."""
    return boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint_url,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
        config=Config(retries={"total_max_attempts": 1}, read_timeout=1),
    )


@pytest.mark.parametrize("kind", ["busy", "reset", "truncated", "lost"])
def test_a_store_gets_over_a_fault_of_every_kind(
    proxy: Proxy, store: ArtifactStore, tmp_path: Path, kind: Kind
) -> None:
    proxy.wrong = Wrong(kind, each=1)
    ref = store.put("a/one.bin", CONTENT)
    assert store.head("a/one.bin") == ref
    assert store.read("a/one.bin") == CONTENT
    assert store.fetch("a/one.bin", tmp_path / "one.bin").read_bytes() == CONTENT
    assert store.copy("a/one.bin", "a/two.bin").sha256 == ref.sha256
    assert [each.key for each in store.list("a")] == ["a/one.bin", "a/two.bin"]
    assert proxy.wrong.done > 0


def test_a_lost_reply_comes_after_the_effect(proxy: Proxy, settings: StoreSettings) -> None:
    client = once(settings)
    proxy.wrong = Wrong("lost")
    with pytest.raises(ConnectionClosedError):
        client.put_object(Bucket=settings.s3_bucket, Key="k", Body=b"there")
    proxy.wrong = None
    assert client.get_object(Bucket=settings.s3_bucket, Key="k")["Body"].read() == b"there"


@pytest.mark.parametrize(
    ("kind", "seen"), [("reset", ConnectionClosedError), ("silent", ReadTimeoutError)]
)
def test_a_reset_and_a_silence_come_before_any_effect(
    proxy: Proxy, settings: StoreSettings, kind: Kind, seen: type[Exception]
) -> None:
    client = once(settings)
    proxy.wrong = Wrong(kind)
    with pytest.raises(seen):
        client.put_object(Bucket=settings.s3_bucket, Key="k", Body=b"there")
    proxy.wrong = None
    with pytest.raises(ClientError, match="404"):
        client.head_object(Bucket=settings.s3_bucket, Key="k")


def test_without_rights_a_store_says_which_settings_to_look_at(
    proxy: Proxy, store: ArtifactStore
) -> None:
    proxy.wrong = Wrong("forbidden")
    with pytest.raises(ReelsError, match="VIDEO_SERVICE_S3"):
        store.put("a/one.bin", CONTENT)
