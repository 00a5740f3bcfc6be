"""The store at endpoints as Supabase Storage and SelStorage have them, and as strict.

A server in front of moto takes the endpoint's own path only, with the bucket in the path and a
signature of version 4 for the region, and refuses what plain S3 does not know.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import boto3
import httpx
import pytest
from prefect_aws import S3Bucket
from pydantic import SecretStr

from blocks.registry import s3_block, store_from_settings
from blocks.s3_store import S3Store
from reels.artifacts import ArtifactStore
from reels.settings import StoreSettings

pytestmark = pytest.mark.slow

#: What every bucket's name here starts with.
BUCKET = "videos-of-"
_KEPT = {
    "authorization",
    "x-amz-date",
    "content-type",
    "content-length",
    "range",
    "x-amz-copy-source",
    "x-amz-metadata-directive",
}
_ANSWERED = {"content-type", "etag", "content-range", "accept-ranges", "last-modified"}


@dataclass(frozen=True)
class Service:
    """`path` is that of the endpoint. One that is forgetful keeps no metadata of users."""

    region: str
    path: str = ""
    is_forgetful: bool = False


SERVICES = {
    "supabase": Service("eu-central-1", "/storage/v1/s3"),
    "selstorage": Service("ru-1"),
    "without metadata": Service("eu-central-1", "/storage/v1/s3", is_forgetful=True),
}


@dataclass
class Front:
    url: str = ""
    refused: list[str] = field(default_factory=list)
    asked: int = 0


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    return SERVICES[request.param]


@pytest.fixture
def front(service: Service, s3_endpoint: str) -> Iterator[Front]:
    state = Front()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            state.asked += 1
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if reason := objection(self, service):
                state.refused.append(reason)
                self.send_response(400)
                self.send_header("content-length", "0")
                self.end_headers()
                return
            kept = {
                name: value
                for name, value in self.headers.items()
                if name.lower() in _KEPT
                or (name.lower().startswith("x-amz-meta-") and not service.is_forgetful)
            }
            path = self.path.removeprefix(service.path)
            got = httpx.request(
                self.command, f"{s3_endpoint}{path}", headers=kept, content=body, timeout=30
            )
            self.send_response(got.status_code)
            for name, value in got.headers.items():
                if name.lower() in _ANSWERED or name.lower().startswith("x-amz-meta-"):
                    self.send_header(name, value)
            is_head = self.command == "HEAD"
            length = got.headers.get("content-length", "0") if is_head else str(len(got.content))
            self.send_header("content-length", length)
            self.end_headers()
            if not is_head:
                self.wfile.write(got.content)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        # By a name: an address of numbers would have the bucket in the path anyway.
        state.url = f"http://localhost:{server.server_port}{service.path}"
        yield state
        server.shutdown()


def objection(request: BaseHTTPRequestHandler, service: Service) -> str:
    """What such a service would refuse the request for; empty when it is fine."""
    if not request.path.startswith(f"{service.path}/{BUCKET}"):
        return f"no bucket in the path: {request.path}"
    if not request.headers["host"].startswith("localhost:"):
        return f"a bucket in the host: {request.headers['host']}"
    scope = rf"/\d{{8}}/{service.region}/s3/aws4_request"
    signed = request.headers.get("authorization", "")
    if not (
        re.match(rf"AWS4-HMAC-SHA256 Credential=[^/]+{scope}, ", signed)
        or re.search(rf"X-Amz-Credential=[^&]+{scope}&".replace("/", "%2F"), request.path)
    ):
        return f"no signature of version 4 for {service.region}"
    strange = ("x-amz-trailer", "x-amz-checksum-", "x-amz-sdk-checksum")
    found = [name for name in request.headers if name.lower().startswith(strange)]
    if found or "aws-chunked" in request.headers.get("content-encoding", ""):
        return f"what plain S3 does not know: {found}"
    return ""


@pytest.fixture
def settings(front: Front, service: Service, s3_endpoint: str, tmp_path: Path) -> StoreSettings:
    bucket = f"{BUCKET}{uuid4().hex[:8]}"
    made = StoreSettings(
        _env_file=None,
        data_dir=tmp_path,
        store="s3",
        s3_endpoint_url=front.url,
        s3_region=service.region,
        s3_bucket=bucket,
        s3_access_key="AKIATESTTESTTEST",
        s3_secret_key=SecretStr("hush-hush-hush"),
    )
    boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id="AKIATESTTESTTEST",
        aws_secret_access_key="hush",
    ).create_bucket(Bucket=bucket)
    return made


@pytest.fixture
def store(settings: StoreSettings) -> ArtifactStore:
    return store_from_settings(settings)


def test_everything_that_a_store_does_works_there(
    store: ArtifactStore, front: Front, tmp_path: Path
) -> None:
    ref = store.put("a/b1.mp4", b"0123456789")
    (tmp_path / "file").write_bytes(b"poster")
    other = store.put("a/c.jpg", tmp_path / "file")
    assert store.read(ref.key) == b"0123456789"
    assert store.fetch(other.key, tmp_path / "back").read_bytes() == b"poster"
    assert store.head(ref.key) == ref
    assert store.head("a/none") is None
    assert store.copy(ref.key, "a/d.mp4").sha256 == ref.sha256
    assert [each.key for each in store.list("a")] == ["a/b1.mp4", "a/c.jpg", "a/d.mp4"]
    for key in ("a/b1.mp4", "a/c.jpg", "a/d.mp4"):
        store.delete(key)
    assert store.list("a") == []
    assert front.refused == []
    assert front.asked > 10


def test_a_large_file_goes_in_parts(
    store: ArtifactStore, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(store, S3Store)
    monkeypatch.setattr("blocks.s3_store._TRANSFER.multipart_threshold", 6 << 20)
    monkeypatch.setattr("blocks.s3_store._TRANSFER.multipart_chunksize", 5 << 20)
    (tmp_path / "large").write_bytes(bytes(11 << 20))
    ref = store.put("large.mp4", tmp_path / "large")
    assert store.fetch("large.mp4", tmp_path / "back").stat().st_size == ref.size_bytes
    assert front.refused == []


def test_a_link_leads_to_the_endpoint_and_serves_parts(
    store: ArtifactStore, settings: StoreSettings, front: Front
) -> None:
    store.put("a/b.mp4", b"0123456789")
    link = store.link("a/b.mp4", expires_s=604_800)
    assert link.startswith(f"{front.url}/{settings.s3_bucket}/a/b.mp4?")
    part = httpx.get(link, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert front.refused == []


def test_an_upload_by_a_link_is_taken_on(
    store: ArtifactStore, front: Front, tmp_path: Path
) -> None:
    sha256 = hashlib.sha256(b"clip").hexdigest()
    link = store.upload_link("uploads/clip", 4, expires_s=60, sha256=sha256)
    httpx.put(link.url, content=b"clip", headers=link.headers).raise_for_status()
    assert store.sizes("uploads") == {"uploads/clip": 4}
    assert store.fetch("uploads/clip", tmp_path / "clip").read_bytes() == b"clip"
    kept = store.copy("uploads/clip", "assets/clip.mp4", "video/mp4")
    assert (kept.sha256, kept.media_type) == (sha256, "video/mp4")
    assert front.refused == []


def test_prefects_results_lie_there_too(settings: StoreSettings, front: Front) -> None:
    results = S3Bucket(
        bucket_name=settings.s3_bucket,
        credentials=s3_block(settings).credentials,
        bucket_folder="results/",
    )
    results.write_path("kept", b"result", _sync=True)
    assert results.read_path("kept", _sync=True) == b"result"
    assert front.refused == []
