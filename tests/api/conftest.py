"""A real Prefect server, the app over ASGI, and a stage hand that plays the flow's part."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import State, StateType
from prefect.input import RunInput
from prefect.input.run_input import keyset_from_paused_state
from prefect.states import Paused, Suspended
from pydantic import SecretStr

from api.app import create_app
from api.app_settings import AppSettings
from api.jobs.gateway import PrefectGateway
from api.jobs.patience import tls
from blocks.local_store import LocalStore
from reels.artifacts import job_prefix
from reels.models import Cue, Storyboard
from reels.settings import ApiSettings, AuthSettings, FlowSettings, StoreSettings
from reels.stages import Stage, state_name

SECRET = b"a secret of the tests"
PUBLIC_URL = "http://videos.test"
#: Where no server listens.
NOWHERE = "http://127.0.0.1:9/api"
START_LIMIT_S = 60


class DraftForm(RunInput):
    """As the flow's own form: `action` has no default."""

    action: Literal["approve", "revise", "reject"]
    comment: str = ""
    storyboard: Storyboard | None = None


class SubtitlesForm(RunInput):
    action: Literal["approve", "reject"]
    comment: str = ""
    cues: list[Cue] | None = None


FORMS: dict[Stage, type[RunInput]] = {
    "draft_review": DraftForm,
    "subtitles_review": SubtitlesForm,
}


@pytest.fixture(scope="session")
def prefect_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API address of a Prefect server of our own, on SQLite."""
    home = tmp_path_factory.mktemp("prefect")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "deployments.server", "--port", str(port)],
        env=environment | {"PREFECT_HOME": str(home)},
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/api", server)
        yield f"http://127.0.0.1:{port}/api"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_healthy(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        assert server.poll() is None, "the Prefect server ended while it started"
        try:
            if httpx.get(f"{url}/health").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise TimeoutError("the Prefect server did not start")


@pytest.fixture
async def prefect(prefect_url: str) -> AsyncIterator[PrefectClient]:
    async with PrefectClient(prefect_url, httpx_settings={"verify": tls()}) as client:
        flow_id = await client.create_flow_from_name("make-video")
        await client.create_deployment(flow_id, name="default")
        slideshows = await client.create_flow_from_name("make-slideshow")
        await client.create_deployment(slideshows, name="default")
        packages = await client.create_flow_from_name("package-hls")
        await client.create_deployment(packages, name="default")
        scenarios = await client.create_flow_from_name("run-scenario")
        await client.create_deployment(scenarios, name="default")
        yield client


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store", public_url=PUBLIC_URL, secret=SECRET)


@pytest.fixture
async def gateway(prefect_url: str, prefect: PrefectClient) -> AsyncIterator[PrefectGateway]:
    async with PrefectGateway(prefect_url, patience_s=3.0) as gateway:
        yield gateway


@pytest.fixture
async def api(gateway: PrefectGateway, store: LocalStore) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(gateway, store) as client:
        yield client


@pytest.fixture
async def offline_api(store: LocalStore) -> AsyncIterator[httpx.AsyncClient]:
    """The app without a Prefect server: what it answers here it answers by itself."""
    gateway = PrefectGateway(NOWHERE, patience_s=0.1)
    async with gateway, client_of(gateway, store) as client:
        yield client


def client_of(
    gateway: PrefectGateway,
    store: Any,
    *,
    host: str = "127.0.0.1",
    auth: AuthSettings | None = None,
) -> httpx.AsyncClient:
    app = create_app(
        gateway,
        store,
        AppSettings(
            api=ApiSettings(public_url=PUBLIC_URL, host=host),
            flow=FlowSettings(default_language="de"),
            storage=StoreSettings(signing_key=SecretStr(SECRET.decode())),
            auth=auth or AuthSettings(),
        ),
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)


@pytest.fixture
def stage_hand(api: httpx.AsyncClient, prefect: PrefectClient, store: LocalStore) -> StageHand:
    return StageHand(api, prefect, store)


@dataclass
class StageHand:
    """Brings a job where a test wants it, by the states that the flow itself would set."""

    api: httpx.AsyncClient
    prefect: PrefectClient
    store: LocalStore

    async def new_job(self, user: str = "dev", **body: Any) -> str:
        answer = await self.api.post(
            "/videos", json={"idea": "Tea", **body}, headers={"X-User-ID": user}
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    async def set(self, job: str, state: State[Any] | StateType, message: str = "") -> None:
        new = State(type=state, message=message) if isinstance(state, StateType) else state
        await self.prefect.set_flow_run_state(UUID(job), new)

    async def run(self, job: str, *stages: Stage) -> None:
        """Start the job's run and enter `stages`."""
        await self.set(job, StateType.PENDING)
        await self.set(job, StateType.RUNNING)
        for stage in stages:
            await self.enter(job, stage)

    async def enter(self, job: str, stage: Stage) -> None:
        await self.set(job, State(type=StateType.RUNNING, name=state_name(stage)))

    async def wait_in(
        self, job: str, stage: Stage, *, suspended: bool = False, number: int = 1
    ) -> None:
        """Enter a review and wait there for its form, as `pause_flow_run` does it."""
        await self.enter(job, stage)
        key = f"{stage.removesuffix('_review')}-{number}-1-1"
        paused = await self.pause(job, suspended=suspended, key=key)
        await self.give_form(job, stage, paused)

    async def pause(self, job: str, *, suspended: bool = False, key: str = "") -> State[Any]:
        make = Suspended if suspended else Paused
        paused: State[Any] = make(timeout_seconds=600, pause_key=key or uuid4().hex)
        paused.state_details.run_input_keyset = keyset_from_paused_state(paused)
        await self.set(job, paused)
        return paused

    async def give_form(self, job: str, stage: Stage, paused: State[Any]) -> None:
        keyset = keyset_from_paused_state(paused)
        schema = json.dumps(FORMS[stage].model_json_schema())
        await self.prefect.create_flow_run_input(UUID(job), keyset["schema"], schema)

    async def answer_of(self, job: str) -> dict[str, Any]:
        """The only answer that the flow has been given."""
        inputs = await self.prefect.filter_flow_run_input(
            UUID(job), key_prefix="", limit=9, exclude_keys=set()
        )
        found = [each.value for each in inputs if each.key.endswith("-response")]
        assert len(found) == 1
        return dict(json.loads(found[0]))

    async def read(self, job: str, user: str = "dev") -> dict[str, Any]:
        answer = await self.api.get(f"/videos/{job}", headers={"X-User-ID": user})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def put(self, job: str, name: str, content: bytes, user: str = "dev") -> None:
        self.store.put(f"{job_prefix(user, job)}/{name}", content)
