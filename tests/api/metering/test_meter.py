"""The meter hears of jobs that end, and one of several processes counts each end."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
from prefect.client.schemas.objects import StateType

from api.memory.own import OwnMemory
from api.metering import WorkMeter, meter
from api.metrics import REGISTRY
from blocks.local_store import LocalStore
from tests.api.conftest import NOWHERE, StageHand


def ended(status: str) -> float:
    labels = {"flow": "video", "status": status}
    return REGISTRY.get_sample_value("reelwright_jobs_ended_total", labels) or 0.0


async def until_ended(status: str, number: float) -> None:
    deadline = time.monotonic() + 15
    while ended(status) < number:
        assert time.monotonic() < deadline, ended(status)
        await asyncio.sleep(0.05)


async def test_of_two_processes_with_one_memory_one_counts_an_end(
    stage_hand: StageHand, prefect_url: str, store: LocalStore
) -> None:
    """A job ends; it is retried and ends again, and that counts too."""
    memory = OwnMemory()
    meters = [WorkMeter(prefect_url, store, memory) for _ in range(2)]
    before = ended("failed")
    for each in meters:
        each.start()
    try:
        job = await stage_hand.new_job()
        await stage_hand.run(job, "drafting")
        await stage_hand.set(job, StateType.FAILED, "No.")
        await until_ended("failed", before + 1)
        await stage_hand.api.post(f"/videos/{job}:retry")
        await stage_hand.run(job, "drafting")
        await stage_hand.set(job, StateType.FAILED, "No again.")
        await until_ended("failed", before + 2)
        await asyncio.sleep(2 * meter.GATHER_S)
        assert ended("failed") == before + 2
    finally:
        for each in meters:
            await each.close()


async def test_jobs_and_queues_are_read_when_somebody_asks_and_not_again_at_once(
    stage_hand: StageHand, api: httpx.AsyncClient
) -> None:
    """However often that is: the second answer is the first one's."""
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "assets")
    first = (await api.get("/metrics")).text
    value = next(
        line for line in first.splitlines() if line.startswith('reelwright_jobs{status="assets"}')
    )
    assert float(value.rpartition(" ")[2]) >= 1
    read_at = REGISTRY.get_sample_value("reelwright_work_read_timestamp_seconds")
    await api.get("/metrics")
    assert REGISTRY.get_sample_value("reelwright_work_read_timestamp_seconds") == read_at


async def test_without_prefect_the_metrics_are_answered_all_the_same(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read last stays, with the time when it was read."""
    monkeypatch.setattr(meter, "REFRESH_LIMIT_S", 0.5)
    away = WorkMeter(NOWHERE, store, OwnMemory())
    read_at = REGISTRY.get_sample_value("reelwright_work_read_timestamp_seconds")
    began = time.monotonic()
    await away.refresh()
    assert time.monotonic() - began < 2
    assert REGISTRY.get_sample_value("reelwright_work_read_timestamp_seconds") == read_at
