"""The stacks that are struck, by their names."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from blocks.registry import store_from_settings
from deployments.fake_cloud.running import running_cloud
from deployments.stack import running_stack
from reels.artifacts import ArtifactStore
from reels.settings import StoreSettings
from tests.faults.fault import Ground
from tests.faults.house import House
from tests.faults.proxy import Proxy, running_proxy
from tests.faults.small_disk import small_disk
from tests.faults.stepped_clock import SteppedClock
from tests.receiver_kit import receiving

STORE_BYTES, WORKSPACE_BYTES = 48 << 20, 128 << 20
BUCKET = "films"
#: Little is made, it is paid for, and what is gone is missed soon.
SETTINGS = {
    "VIDEO_SERVICE_STORYBOARD_PROVIDER": "gemini,outline",
    "VIDEO_SERVICE_TEXT2IMG_PROVIDER": "gemini",
    "VIDEO_SERVICE_TTS_PROVIDER": "elevenlabs,espeak",
    "VIDEO_SERVICE_PROVIDER_ATTEMPTS": "8",
    "VIDEO_SERVICE_APPROVAL_HOLD_S": "600",
    "VIDEO_SERVICE_WEBHOOK_RETRY_S": "1",
    "VIDEO_SERVICE_HEARTBEAT_S": "2",
    "VIDEO_SERVICE_LEASE_S": "8",
    "VIDEO_SERVICE_KEEPER_POLL_S": "1",
    # Some services take every run along when they die.
    "VIDEO_SERVICE_MAX_RECOVERIES": "12",
}


@contextmanager
def a_house(data_dir: Path, *, s3: bool = False, **settings: str) -> Iterator[House]:
    """A stack in `data_dir` with the local store or, with `s3`, one behind a proxy."""
    with ExitStack() as held:
        cloud = held.enter_context(running_cloud())
        receiver = held.enter_context(receiving())
        proxy = held.enter_context(_bucket()) if s3 else None
        environment = {
            **SETTINGS,
            **cloud.environment(),
            "VIDEO_SERVICE_FETCH_ALLOWED_HOSTS": f"127.0.0.1:{receiver.port}",
            **(_of_bucket(proxy.url) if proxy else {}),
            **settings,
        }
        stack = held.enter_context(running_stack(data_dir, environment=environment))
        port = proxy.upstream_port if proxy else 0
        yield House(stack, cloud, receiver, _behind(data_dir, port), proxy)


def _behind(data_dir: Path, s3_port: int) -> ArtifactStore:
    """The store as it really is: not through the proxy."""
    if not s3_port:
        settings = StoreSettings(data_dir=data_dir, signing_key=SecretStr("only-to-read-with-it"))
        return store_from_settings(settings)
    values = _of_bucket(f"http://127.0.0.1:{s3_port}")
    given = {name.removeprefix("VIDEO_SERVICE_").lower(): each for name, each in values.items()}
    return store_from_settings(StoreSettings.model_validate({**given, "data_dir": data_dir}))


def _of_bucket(url: str) -> dict[str, str]:
    return {
        "VIDEO_SERVICE_STORE": "s3",
        "VIDEO_SERVICE_S3_ENDPOINT_URL": url,
        "VIDEO_SERVICE_S3_BUCKET": BUCKET,
        "VIDEO_SERVICE_S3_ACCESS_KEY": "AKIATESTTESTTEST",
        "VIDEO_SERVICE_S3_SECRET_KEY": "hush-hush-hush",
    }


@contextmanager
def _bucket() -> Iterator[Proxy]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        port = server.get_host_and_port()[1]
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="AKIATESTTESTTEST",
            aws_secret_access_key="hush-hush-hush",
        )
        client.create_bucket(Bucket=BUCKET)
        with running_proxy(port) as proxy:
            yield proxy
    finally:
        server.stop()


@contextmanager
def on_a_small_disk(data_dir: Path) -> Iterator[House]:
    """The store and the workspace have disks of their own; the flows soon give up."""
    with (
        small_disk(data_dir / "store", STORE_BYTES),
        small_disk(data_dir / "work", WORKSPACE_BYTES),
        a_house(data_dir, VIDEO_SERVICE_PROVIDER_ATTEMPTS="2") as house,
    ):
        yield house


@contextmanager
def with_a_clock_of_its_own(data_dir: Path) -> Iterator[House]:
    clock = SteppedClock.build(data_dir.parent / "clock")
    with a_house(data_dir, **clock.environment) as house:
        house.clock = clock
        yield house


GROUNDS: dict[Ground, Callable[[Path], AbstractContextManager[House]]] = {
    "local": a_house,
    "s3": lambda data_dir: a_house(data_dir, s3=True),
    "disk": on_a_small_disk,
    "clock": with_a_clock_of_its_own,
}
