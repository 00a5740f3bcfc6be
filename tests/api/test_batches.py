"""Reads of single runs are put together under load, and come at once without."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import FlowRun

from api.jobs.batches import MOST, Batches


class Source:
    """Knows some runs; a read waits until it is let go."""

    def __init__(self, *known: UUID) -> None:
        self.known = set(known)
        self.reads: list[list[UUID]] = []
        self.may_answer = asyncio.Event()
        self.fails = False

    async def read(self, ids: Sequence[UUID]) -> list[FlowRun]:
        self.reads.append(list(ids))
        await self.may_answer.wait()
        if self.fails:
            raise ConnectionError("away")
        return [FlowRun(id=each, flow_id=uuid4()) for each in reversed(ids) if each in self.known]


async def _asked(batches: Batches, ids: Sequence[UUID]) -> list[asyncio.Task[FlowRun | None]]:
    tasks = [asyncio.create_task(batches.one(each)) for each in ids]
    await asyncio.sleep(0)
    return tasks


async def test_who_comes_alone_is_read_at_once_and_the_rest_together() -> None:
    ids = [uuid4() for _ in range(MOST + 10)]
    source = Source(*ids)
    batches = Batches(source.read)
    first = await _asked(batches, ids[:1])
    await asyncio.sleep(0)
    rest = await _asked(batches, ids[1:])
    source.may_answer.set()
    found = await asyncio.gather(*first, *rest)
    assert [run.id for run in found if run] == ids
    assert [len(read) for read in source.reads] == [1, MOST, 9]


async def test_a_run_is_never_read_before_it_was_asked_for() -> None:
    """Who asks while the same run is being read waits for the next read of it."""
    run = uuid4()
    source = Source(run)
    batches = Batches(source.read)
    early = await _asked(batches, [run])
    await asyncio.sleep(0)
    late = await _asked(batches, [run, run])
    source.may_answer.set()
    found = await asyncio.gather(*early, *late)
    assert [each.id for each in found if each] == [run, run, run]
    assert source.reads == [[run], [run]]


async def test_a_failure_reaches_those_who_asked_and_nobody_after_them() -> None:
    run = uuid4()
    source = Source(run)
    batches = Batches(source.read)
    source.fails = True
    source.may_answer.set()
    with pytest.raises(ConnectionError):
        await batches.one(run)
    source.fails = False
    found = await batches.one(run)
    assert found is not None
    assert found.id == run


async def test_who_gives_up_takes_nobody_along() -> None:
    run = uuid4()
    source = Source(run)
    batches = Batches(source.read)
    gone, staying = await _asked(batches, [run, run])
    gone.cancel()
    source.may_answer.set()
    found = await staying
    assert found is not None
    assert found.id == run
