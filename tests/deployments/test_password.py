"""Prefect's own port: closed to whoever does not know its password, and open to all of ours."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.client.orchestration import PrefectClient, SyncPrefectClient
from prefect.events.clients import PrefectEventSubscriber
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from api.identity import Caller
from api.jobs.gateway import PrefectGateway
from api.jobs.job_events import Told, job_events
from api.jobs.patience import tls
from api.live.hearing import Hearing
from deployments.layout import Addresses, Layout
from deployments.plan import answers, free_addresses
from deployments.pools import REPOSITORY
from deployments.server import MIN_PASSWORD_CHARS, require_password
from reels.errors import InvalidInput
from reels.models import VideoRequest
from tests.deployments.conftest import Processes, until

PASSWORD = "reels:a password of the tests"
ANN = Caller(user="ann")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_loopback_a_server_needs_no_password(host: str) -> None:
    require_password(host)


@pytest.mark.parametrize("given", ["", "a:short one"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "prefect.example.org"])
def test_elsewhere_a_server_without_a_good_password_does_not_start(
    host: str, given: str, tmp_path: Path
) -> None:
    from prefect.settings import PREFECT_SERVER_API_AUTH_STRING

    with (
        temporary_settings({PREFECT_SERVER_API_AUTH_STRING: given}),
        pytest.raises(InvalidInput) as told,
    ):
        require_password(host)
    assert "PREFECT_SERVER_API_AUTH_STRING" in str(told.value)
    assert "PREFECT_API_AUTH_STRING" in str(told.value)
    assert str(MIN_PASSWORD_CHARS) in str(told.value)
    assert not given or given not in str(told.value)


def test_the_command_says_so_and_ends(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    ended = subprocess.run(
        [sys.executable, "-m", "deployments.server", "--host", "0.0.0.0", "--port", "1"],
        cwd=REPOSITORY,
        env=environment | {"PREFECT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: Prefect is to listen on '0.0.0.0'")
    assert "Traceback" not in ended.stderr


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Addresses, Layout]]:
    """A server with a password, and with the deployments' names."""
    layout = Layout(tmp_path_factory.mktemp("closed"))
    layout.make()
    addresses = free_addresses()
    given = {**os.environ, "PREFECT_SERVER_API_AUTH_STRING": PASSWORD}
    processes = Processes(layout.environment(addresses, given), layout.logs)
    port = addresses.prefect_url.rpartition(":")[2]
    server = processes.python("server", "-m", "deployments.server", "--port", port)
    try:
        until(
            lambda: server.poll() is not None or answers(f"{addresses.prefect_api_url}/health"),
            "the server answers",
            120,
        )
        assert server.poll() is None, (layout.logs / "server.log").read_text()
        options: Any = {"httpx_settings": {"verify": tls()}, "auth_string": PASSWORD}
        with SyncPrefectClient(addresses.prefect_api_url, **options) as client:
            for flow in ("make-video", "make-slideshow"):
                client.create_deployment(client.create_flow_from_name(flow), name="default")
        yield addresses, layout
    finally:
        processes.stop()


class Heard:
    """Keeps what an event stream tells."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[Told] = asyncio.Queue()
        self.began = asyncio.Event()

    def hear(self, told: Told) -> None:
        self.told.put_nowait(told)

    def hear_of_gap(self) -> None:
        self.began.set()


async def test_with_the_password_jobs_are_made_read_and_heard_of(
    closed: tuple[Addresses, Layout],
) -> None:
    url, heard = closed[0].prefect_api_url, Heard()
    with temporary_settings({PREFECT_API_URL: url, PREFECT_API_AUTH_STRING: PASSWORD}):
        hearing = Hearing(url, heard)
        async with PrefectGateway(url) as gateway, asyncio.timeout(30):
            hearing.start()
            await heard.began.wait()
            await gateway.check()
            job = await gateway.create("ann", VideoRequest(idea="Tea"))
            await gateway.cancel(ANN, job.id)
            while (await heard.told.get()).job_id != job.id:
                pass
            assert (await gateway.get(ANN, job.id)).status == "cancelled"
        await hearing.close()


@pytest.mark.parametrize("given", [None, "reels:another password"])
async def test_without_it_nobody_gets_in(
    closed: tuple[Addresses, Layout], given: str | None
) -> None:
    url = closed[0].prefect_api_url
    auth = httpx.BasicAuth(*given.split(":")) if given else None
    async with httpx.AsyncClient(base_url=url, trust_env=False, auth=auth) as client:
        statuses = {
            (await client.post("/flow_runs/filter", json={})).status_code,
            (await client.get("/block_types/slug/secret")).status_code,
            (await client.post("/variables/", json={"name": "a", "value": "b"})).status_code,
        }
    assert statuses == {401}
    with temporary_settings({PREFECT_API_URL: url, PREFECT_API_AUTH_STRING: given}):
        async with PrefectClient(url, auth_string=given) as prefect:
            with pytest.raises(PrefectHTTPStatusError, match="401"):
                await prefect.read_flow_runs()
        with pytest.raises(Exception, match=r"Unable to authenticate|401"):
            async with PrefectEventSubscriber(url, job_events(), reconnection_attempts=0):
                pytest.fail("the stream was opened")


def test_ours_get_it_from_their_environment(closed: tuple[Addresses, Layout]) -> None:
    """As workers, engines, the API and the status watcher do: by the stack's variables."""
    addresses, layout = closed
    given = {**os.environ, "PREFECT_SERVER_API_AUTH_STRING": PASSWORD}
    command = [str(Path(sys.executable).with_name("prefect")), "flow", "ls"]
    for environment, is_in in (
        (layout.environment(addresses, given), True),
        (layout.environment(addresses, os.environ), False),
    ):
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert ("make-video" in ended.stdout) is is_in, ended.stderr
