"""A large file on its way from a frontend into the store, over real HTTP."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from blocks.registry import store_from_settings
from reels.settings import StoreSettings
from tests.api.test_media import ANN, sound
from tests.blocks.conftest import s3_endpoint, s3_settings

pytestmark = pytest.mark.slow
__all__ = ["s3_endpoint", "s3_settings"]

MB = 1_000_000
START_S = 60
#: Serves the app on the store of the environment, without Prefect.
SERVE = """
import socket, sys
import uvicorn
from api.app import create_app
from api.jobs.gateway import PrefectGateway
from blocks.registry import store_from_settings
from reels.settings import StoreSettings
app = create_app(
    PrefectGateway("http://127.0.0.1:9/api", patience_s=0.1),
    store_from_settings(StoreSettings()),
)
listening = socket.socket(fileno=int(sys.argv[1]))
uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run([listening])
"""


class Served:
    """The app in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process = process
        self.client = httpx.Client(base_url=url, headers=ANN, timeout=60, trust_env=False)

    def peak_bytes(self) -> int:
        """The most memory that the process has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    def start(self, path: Path, **more: Any) -> dict[str, Any]:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        wanted = {"size_bytes": path.stat().st_size, "sha256": sha256, **more}
        answer = self.client.post("/media/uploads", json=wanted)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def upload(self, path: Path, **more: Any) -> dict[str, Any]:
        """All that a frontend does; the stored file."""
        upload = self.start(path, **more)
        with path.open("rb") as file:
            sent = httpx.put(upload["url"], content=file, headers=upload["headers"], timeout=60)
        assert sent.is_success, sent.text
        answer = self.client.post(f"/media/uploads/{upload['upload_id']}:complete")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@contextlib.contextmanager
def served(environment: dict[str, str]) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(listening.fileno())],
            env=os.environ | environment | {"VIDEO_SERVICE_PUBLIC_URL": url},
            pass_fds=[listening.fileno()],
            cwd=Path(__file__).parents[2],
        )
    try:
        # The socket listens already: the first answer comes when the app is there.
        httpx.get(f"{url}/media", headers=ANN, timeout=START_S, trust_env=False)
        yield Served(process, url)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    """The app on a local store, and the store's directory."""
    home = tmp_path_factory.mktemp("local")
    settings = {"VIDEO_SERVICE_DATA_DIR": str(home), "VIDEO_SERVICE_STORE": "local"}
    with served(settings) as app:
        yield app, home / "store"


def long_sound(path: Path, size_bytes: int) -> Path:
    """A sound of noise, of about that size."""
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
        noise = os.urandom(4 * 48_000)
        for _ in range(size_bytes // len(noise)):
            file.writeframesraw(noise)
    return path


def _all_within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_large_file_goes_into_a_local_store_in_little_memory(
    local: tuple[Served, Path], tmp_path: Path
) -> None:
    app, root = local
    (tmp_path / "short.wav").write_bytes(sound())
    app.upload(tmp_path / "short.wav", name="short")
    before = app.peak_bytes()
    told = app.upload(long_sound(tmp_path / "long.wav", 60 * MB), name="long", folder="tones")
    assert app.peak_bytes() - before < 50 * MB
    assert told["facts"] == {"kind": "sound", "suffix": ".wav", "duration_s": 312.0} | {
        "width_px": None,
        "height_px": None,
    }
    assert (root / "assets/ann/tones/long.wav").stat().st_size == told["size_bytes"]
    with app.client.stream("GET", told["url"]) as served_file:
        digest = hashlib.sha256()
        for chunk in served_file.iter_bytes():
            digest.update(chunk)
    assert digest.hexdigest() == told["sha256"]
    assert list((root / ".tmp").iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing_and_is_sent_again(
    local: tuple[Served, Path], tmp_path: Path
) -> None:
    app, root = local
    path = long_sound(tmp_path / "cut.wav", 8 * MB)
    upload = app.start(path, name="cut")
    address = urlsplit(upload["url"])
    head = (
        f"PUT {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Content-Length: {path.stat().st_size}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as sender:
        sender.sendall(head.encode() + path.read_bytes()[: 5 * MB])
        assert _all_within(10, lambda: len(list((root / ".tmp").iterdir())) == 1)
    assert _all_within(10, lambda: list((root / ".tmp").iterdir()) == [])
    completed = f"/media/uploads/{upload['upload_id']}:complete"
    assert app.client.post(completed).status_code == 409
    with path.open("rb") as file:
        assert httpx.put(upload["url"], content=file, headers=upload["headers"]).is_success
    assert app.client.post(completed).json()["name"] == "cut.wav"


def test_a_sender_of_more_than_was_agreed_is_cut_short(
    local: tuple[Served, Path], tmp_path: Path
) -> None:
    app, root = local
    path = long_sound(tmp_path / "small.wav", 1 * MB)
    upload = app.start(path)

    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 20_000 * MB:
            sent += 100_000
            yield bytes(100_000)

    # Cut off while it sends, a client may fail before it reads the answer.
    with contextlib.suppress(httpx.TransportError):
        assert httpx.put(upload["url"], content=endless()).status_code == 422
    assert sent < 20_000 * MB
    assert _all_within(10, lambda: list((root / ".tmp").iterdir()) == [])
    assert not (root / "uploads/ann" / upload["upload_id"] / "content").exists()


def test_a_file_goes_straight_into_a_bucket(s3_settings: StoreSettings, tmp_path: Path) -> None:
    environment = {
        "VIDEO_SERVICE_DATA_DIR": str(tmp_path),
        "VIDEO_SERVICE_STORE": "s3",
        "VIDEO_SERVICE_S3_ENDPOINT_URL": s3_settings.s3_endpoint_url,
        "VIDEO_SERVICE_S3_BUCKET": s3_settings.s3_bucket,
        "VIDEO_SERVICE_S3_ACCESS_KEY": s3_settings.s3_access_key,
        "VIDEO_SERVICE_S3_SECRET_KEY": s3_settings.s3_secret_key.get_secret_value(),
    }
    path = long_sound(tmp_path / "sea.wav", 5 * MB)
    with served(environment) as app:
        upload = app.start(path, folder="tones", name="sea")
        assert upload["url"].startswith(s3_settings.s3_endpoint_url)
        told = app.upload(path, folder="tones", name="sea")
        assert told["media_type"] == "audio/wav"
        assert httpx.get(told["url"]).content == path.read_bytes()
        [listed] = app.client.get("/media?folder=tones").json()["media"]
        assert listed["sha256"] == told["sha256"]
        assert app.client.put("/uploads/x.y", content=b"x").status_code == 404
        (tmp_path / "bad").write_bytes(b"plain text")
        refused = app.start(tmp_path / "bad")
        httpx.put(refused["url"], content=b"plain text", headers=refused["headers"])
        answer = app.client.post(f"/media/uploads/{refused['upload_id']}:complete")
        assert answer.status_code == 422
    store = store_from_settings(s3_settings.model_copy(update={"storage_folder_prefix": ""}))
    names = sorted(key.rpartition("/")[2] for key in store.sizes(""))
    assert names == ["kept.json", "sea.wav", "wanted.json", "wanted.json", "wanted.json"]
