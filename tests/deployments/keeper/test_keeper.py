"""Keepers on a real server: what is silent goes on, what lives is left alone, one keeper acts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import State, StateType
from prefect.states import Paused, Suspended

from deployments.keeper.keeper import Keeper
from reels.settings import RecoverySettings
from reels.stages import RECOVERED_STATE
from tests.deployments.conftest import EmbeddedServer
from tests.deployments.keeper.conftest import Clock, Runs, client_of

NOWHERE = "http://127.0.0.1:9/api"
SETTINGS = RecoverySettings(
    heartbeat_s=15, lease_s=45, start_lease_s=120, keeper_poll_s=5, max_recoveries=1
)


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[PrefectClient]:
    async with client_of(server) as client:
        yield client


async def watch(clock: Clock, seconds: int, *keepers: Keeper) -> int:
    """Let time go by as keepers see it; how many runs were put right."""
    done = 0
    for _ in range(0, seconds, 5):
        clock.now_s += 5
        done += sum([await keeper.look() for keeper in keepers])
    return done


@pytest.fixture
async def keeper(client: PrefectClient, clock: Clock, runs: Runs) -> Keeper:
    """One that has the office: that of another test's has been silent for as long as it may."""
    keeper = Keeper(client, SETTINGS, clock)
    await watch(clock, 40, keeper)
    return keeper


async def test_a_silent_run_is_begun_again_and_one_that_beats_is_not(
    keeper: Keeper, clock: Clock, runs: Runs
) -> None:
    silent, alive = runs.new(StateType.RUNNING, "Audio"), runs.new(StateType.RUNNING, "Audio")
    for beat in range(12):
        runs.beat(alive, f"heart.{beat}")
        await watch(clock, 5, keeper)
    assert runs.name_of(silent) == RECOVERED_STATE
    assert runs.name_of(alive) == "Audio"


async def test_each_state_without_a_process_becomes_the_one_that_is_true(
    keeper: Keeper, clock: Clock, runs: Runs
) -> None:
    crashed = runs.new(StateType.CRASHED, "Crashed")
    assert await watch(clock, 5, keeper) == 1
    assert runs.name_of(crashed) == RECOVERED_STATE

    held, waiting = runs.new(StateType.RUNNING), runs.new(StateType.RUNNING)
    runs.set(held, Paused(pause_key="draft-1-1", timeout_seconds=3_600))
    runs.set(waiting, Suspended(pause_key="draft-1-1", timeout_seconds=3_600))
    cancelling = runs.new(StateType.RUNNING)
    runs.set(cancelling, State(type=StateType.CANCELLING))
    child = runs.new(StateType.RUNNING, tags=["job:1"])
    asked = runs.new(StateType.PENDING)
    assert await watch(clock, 60, keeper) == 3
    assert runs.name_of(held) == "Suspended"
    assert runs.read(held).state.state_details.pause_key == "draft-1-1"  # type: ignore[union-attr]
    assert runs.name_of(waiting) == "Suspended"
    assert runs.name_of(cancelling) == "Cancelled"
    assert runs.name_of(child) == "Crashed"
    assert runs.name_of(asked) == "Pending"
    assert await watch(clock, 90, keeper) == 1
    assert runs.name_of(asked) == RECOVERED_STATE


async def test_a_job_that_ends_its_process_each_time_has_failed(
    keeper: Keeper, clock: Clock, runs: Runs
) -> None:
    poison = runs.new(StateType.CRASHED)
    await watch(clock, 5, keeper)
    assert runs.name_of(poison) == RECOVERED_STATE
    for kind in (StateType.PENDING, StateType.RUNNING, StateType.CRASHED):
        runs.set(poison, State(type=kind))
    await watch(clock, 5, keeper)
    run = runs.read(poison)
    assert run.state_type == StateType.FAILED
    assert "begun again once, which did not help" in (run.state.message or "")  # type: ignore[union-attr]
    assert await watch(clock, 60, keeper) == 0


async def test_after_an_outage_every_run_has_its_lease_again(
    keeper: Keeper, clock: Clock, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.new(StateType.RUNNING)
    await watch(clock, 40, keeper)
    with monkeypatch.context() as away:
        away.setattr(keeper, "_client", PrefectClient(NOWHERE))
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                await keeper.look()
    clock.now_s += 120
    assert await watch(clock, 45, keeper) == 0
    assert await watch(clock, 5, keeper) == 1
    assert runs.name_of(run) == RECOVERED_STATE


async def test_one_of_two_keepers_acts_and_the_other_when_that_is_gone(
    client: PrefectClient, keeper: Keeper, clock: Clock, runs: Runs
) -> None:
    second = Keeper(client, SETTINGS, clock)
    first_run = runs.new(StateType.CRASHED)
    clock.now_s += 5
    assert await second.look() == 0
    assert await keeper.look() == 1
    assert await watch(clock, 60, keeper, second) == 0
    assert runs.name_of(first_run) == RECOVERED_STATE

    left = runs.new(StateType.CRASHED)
    assert await watch(clock, 15, second) == 0
    assert await watch(clock, 15, second) == 1
    assert runs.name_of(left) == RECOVERED_STATE
    later = runs.new(StateType.CRASHED)
    assert await keeper.look() == 0
    assert runs.name_of(later) == "Crashed"
