"""Runs on the server of these tests, and a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import PrefectClient, SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, State, StateType

from api.jobs.patience import tls
from reels.observing.carried import BEAT_LABEL
from tests.deployments.conftest import EmbeddedServer


@dataclass
class Clock:
    """Seconds."""

    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Runs:
    """Makes runs and moves them, as workers and processes do."""

    client: SyncPrefectClient
    deployment_id: UUID

    def new(self, kind: StateType, name: str | None = None, **made: Any) -> UUID:
        run = self.client.create_flow_run_from_deployment(self.deployment_id, **made)
        self.set(run.id, State(type=kind, name=name))
        return run.id

    def set(self, run_id: UUID, state: State[Any]) -> None:
        self.client.set_flow_run_state(run_id, state, force=True)

    def beat(self, run_id: UUID, beat: str) -> None:
        self.client.update_flow_run_labels(run_id, {BEAT_LABEL: beat})

    def forget(self) -> None:
        for run in self.client.read_flow_runs():
            self.client.delete_flow_run(run.id)

    def read(self, run_id: UUID) -> FlowRun:
        return self.client.read_flow_run(run_id)

    def name_of(self, run_id: UUID) -> str | None:
        return self.read(run_id).state_name


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runs(server: EmbeddedServer) -> Iterator[Runs]:
    """Of no other test are there any."""
    url = server.addresses.prefect_api_url
    with SyncPrefectClient(url, httpx_settings={"verify": tls()}) as client:
        flow_id = client.create_flow_from_name("make-video")
        deployment_id = client.create_deployment(flow_id, name="of-keepers")
        made = Runs(client, deployment_id)
        made.forget()
        yield made
        made.forget()


def client_of(server: EmbeddedServer) -> PrefectClient:
    return PrefectClient(server.addresses.prefect_api_url, httpx_settings={"verify": tls()})
