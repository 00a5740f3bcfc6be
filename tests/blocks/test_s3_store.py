"""What only the store on S3 promises: links at the public endpoint, and errors that help."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from blocks.registry import s3_block, store_from_settings
from blocks.s3_store import S3Store
from reels.artifacts import ArtifactStore
from reels.errors import StoreUnavailable
from reels.settings import StoreSettings

from .conftest import raw_s3

pytestmark = pytest.mark.slow


@pytest.fixture
def store(s3_settings: StoreSettings) -> ArtifactStore:
    return store_from_settings(s3_settings)


def changed(settings: StoreSettings, **changes: object) -> ArtifactStore:
    return store_from_settings(settings.model_copy(update=changes))


def test_keys_lie_under_the_prefix_with_hash_and_type(
    store: ArtifactStore, s3_settings: StoreSettings
) -> None:
    ref = store.put("a/b.mp4", b"video")
    found = raw_s3(s3_settings).head_object(Bucket=s3_settings.s3_bucket, Key="reels/prod/a/b.mp4")
    assert found["Metadata"] == {"sha256": ref.sha256}
    assert found["ContentType"] == "video/mp4"


def test_a_link_serves_ranges_over_http(store: ArtifactStore) -> None:
    store.put("a/b.mp4", b"0123456789")
    link = store.link("a/b.mp4")
    part = httpx.get(link, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-range"] == "bytes 2-4/10"
    assert part.headers["content-type"] == "video/mp4"


def test_a_link_is_signed_by_version_4_and_names_the_download(store: ArtifactStore) -> None:
    store.put("a/b.mp4", b"0")
    link = store.link("a/b.mp4", expires_s=60, download_name="ролик.mp4")
    query = parse_qs(urlsplit(link).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["60"]
    served = httpx.get(link).headers["content-disposition"]
    assert served.startswith('attachment; filename="_____.mp4"')


def test_links_lead_to_the_public_endpoint_when_there_is_one(
    s3_settings: StoreSettings, s3_endpoint: str
) -> None:
    public = s3_endpoint.replace("127.0.0.1", "localhost")
    store = changed(s3_settings, s3_public_url=public)
    store.put("a", b"here")
    link = store.link("a")
    assert link.startswith(f"{public}/")
    assert httpx.get(link).content == b"here"


def test_a_file_in_parts_is_whole_and_carries_its_hash(
    store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blocks.s3_store._TRANSFER.multipart_threshold", 6 << 20)
    monkeypatch.setattr("blocks.s3_store._TRANSFER.multipart_chunksize", 5 << 20)
    source = tmp_path / "large.mp4"
    source.write_bytes(os.urandom(12 << 20))
    ref = store.put("large.mp4", source)
    assert ref.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert store.head("large.mp4") == ref
    assert store.fetch("large.mp4", tmp_path / "back").read_bytes() == source.read_bytes()


def test_an_upload_of_others_gets_its_hash_when_it_is_first_seen(
    store: ArtifactStore, s3_settings: StoreSettings
) -> None:
    s3 = raw_s3(s3_settings)
    place = {"Bucket": s3_settings.s3_bucket, "Key": "reels/prod/assets/clip.mp4"}
    s3.put_object(**place, Body=b"clip", ContentType="video/x-special", Metadata={"by": "ops"})
    [ref] = store.list("assets")
    assert ref.sha256 == hashlib.sha256(b"clip").hexdigest()
    found = s3.head_object(**place)
    assert found["Metadata"] == {"by": "ops", "sha256": ref.sha256}
    assert found["ContentType"] == "video/x-special"


def test_the_hash_of_what_others_uploaded_is_noted_when_it_is_fetched(
    store: ArtifactStore, s3_settings: StoreSettings, tmp_path: Path
) -> None:
    s3 = raw_s3(s3_settings)
    place = {"Bucket": s3_settings.s3_bucket, "Key": "reels/prod/uploads/clip"}
    s3.put_object(**place, Body=b"clip")
    store.fetch("uploads/clip", tmp_path / "clip")
    noted = s3.head_object(**place)["Metadata"]
    assert noted == {"sha256": hashlib.sha256(b"clip").hexdigest()}


def test_an_uploads_link_is_signed_for_its_length_and_at_aws_for_its_hash(
    store: ArtifactStore, s3_settings: StoreSettings
) -> None:
    sha256 = hashlib.sha256(b"clip").hexdigest()
    plain = store.upload_link("uploads/clip", 4, expires_s=60, sha256=sha256)
    query = parse_qs(urlsplit(plain.url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["60"]
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
    assert plain.headers == {"Content-Length": "4"}
    assert isinstance(store, S3Store)
    at_aws = S3Store(store._client, bucket=s3_settings.s3_bucket, checks_sums=True)
    checked = at_aws.upload_link("uploads/clip", 4, expires_s=60, sha256=sha256)
    assert set(checked.headers) == {"Content-Length", "x-amz-checksum-sha256"}
    [signed] = parse_qs(urlsplit(checked.url).query)["X-Amz-SignedHeaders"]
    assert signed == "content-length;host;x-amz-checksum-sha256"
    httpx.put(checked.url, content=b"clip", headers=checked.headers).raise_for_status()
    assert at_aws.read("uploads/clip") == b"clip"


def test_lists_go_on_beyond_one_page(
    store: ArtifactStore, s3_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(store, S3Store)
    for number in range(7):
        store.put(f"many/{number}", b"")
    real = store._client.get_paginator("list_objects_v2")
    sizes = {"PageSize": 3}
    monkeypatch.setattr(
        store._client,
        "get_paginator",
        lambda _: _Paged(lambda **each: real.paginate(**each, PaginationConfig=sizes)),
    )
    assert [ref.key for ref in store.list("many")] == [f"many/{n}" for n in range(7)]


class _Paged:
    def __init__(self, paginate: object) -> None:
        self.paginate = paginate


def test_content_that_does_not_match_its_hash_is_not_handed_on(
    store: ArtifactStore, s3_settings: StoreSettings, tmp_path: Path
) -> None:
    place = {"Bucket": s3_settings.s3_bucket, "Key": "reels/prod/a"}
    raw_s3(s3_settings).put_object(**place, Body=b"rotten", Metadata={"sha256": "0" * 64})
    for use in (lambda: store.read("a"), lambda: store.fetch("a", tmp_path / "a")):
        with pytest.raises(StoreUnavailable, match="not what was stored"):
            use()
    assert list(tmp_path.glob("*a")) == []


def test_a_missing_bucket_names_its_setting(s3_settings: StoreSettings, tmp_path: Path) -> None:
    store = changed(s3_settings, s3_bucket="no-such-bucket")
    (tmp_path / "file").write_bytes(b"1")
    for use in (
        lambda: store.put("a", b"1"),
        lambda: store.put("a", tmp_path / "file"),
        lambda: store.list(""),
    ):
        with pytest.raises(StoreUnavailable, match="VIDEO_SERVICE_S3_BUCKET") as error:
            use()
        assert "no-such-bucket" in error.value.message


class Answering:
    """An endpoint that gives every request the same answer, or none."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                self.requests += 1
                connection.sendall(self._answer)

    def close(self) -> None:
        self._listener.close()


def answer(status: str, code: str) -> bytes:
    body = (
        f"<Error><Code>{code}</Code><Message>key AKIATESTTESTTEST hush-hush-hush</Message></Error>"
    )
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return (head + body).encode()


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (answer("403 Forbidden", "AccessDenied"), "VIDEO_SERVICE_S3_ACCESS_KEY"),
        (answer("403 Forbidden", "SignatureDoesNotMatch"), "VIDEO_SERVICE_S3_SECRET_KEY"),
        (answer("400 Bad Request", "EntityTooLarge"), "EntityTooLarge"),
        (b"", "VIDEO_SERVICE_S3_ENDPOINT_URL"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "does not answer|failed"),
    ],
    ids=["denied", "bad secret", "refused", "hang up", "cut short"],
)
def test_what_s3_refuses_is_said_with_what_to_do_and_without_secrets(
    s3_settings: StoreSettings, reply: bytes, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    endpoint = Answering(reply)
    try:
        store = changed(s3_settings, s3_endpoint_url=endpoint.url)
        with pytest.raises(StoreUnavailable, match=says) as error:
            store.read("a")
    finally:
        endpoint.close()
    told = f"{error.value}{error.value.__context__ if not error.value.__suppress_context__ else ''}"
    assert "hush" not in told
    assert "AKIA" not in told


def test_an_overloaded_service_is_asked_again(
    s3_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    endpoint = Answering(answer("503 Slow Down", "SlowDown"))
    try:
        with pytest.raises(StoreUnavailable, match="SlowDown"):
            changed(s3_settings, s3_endpoint_url=endpoint.url).read("a")
    finally:
        endpoint.close()
    assert endpoint.requests == 5


def test_secrets_are_shown_nowhere(s3_settings: StoreSettings) -> None:
    secret = s3_settings.s3_secret_key
    assert isinstance(secret, SecretStr)
    shown = f"{s3_settings!r}{s3_block(s3_settings)!r}{store_from_settings(s3_settings)!r}"
    assert "hush" not in shown
