"""A user's scenarios in pages, newest first, without loss while others come."""

from __future__ import annotations

import asyncio
from typing import Literal, NamedTuple

from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort

from api.jobs.gateway import PrefectGateway
from api.jobs.listing import Position, Wanted, filters
from api.jobs.runs import NO_CHILD
from api.scenarios.finding import OF_SCENARIOS, Finder, Found


class WantedScenarios(Wanted):
    """A list of scenarios. Its tokens are none of a list of videos."""

    of: Literal["scenarios"] = "scenarios"


class Page(NamedTuple):
    """Scenarios, and the token of the next page if there is one."""

    scenarios: list[Found]
    next_token: str | None


async def page_of(
    gateway: PrefectGateway, finder: Finder, wanted: WantedScenarios, size: int, token: str
) -> Page:
    """One page; a short one where runs have no scenario yet.

    Raises:
        InvalidInput: naming `page_token`.
        Unavailable: Prefect does not answer.
    """
    position = Position.of_token(token, wanted) if token else None
    runs = await _read(gateway, wanted, position, size + 1)
    for run in runs[:size]:
        position = position.after(run) if position else Position.behind(run, wanted)
    found = await asyncio.gather(*map(finder.of_run, runs[:size]))
    token = position.token() if position and len(runs) > size else ""
    return Page([each for each in found if each], token or None)


async def _read(
    gateway: PrefectGateway, wanted: WantedScenarios, position: Position | None, limit: int
) -> list[FlowRun]:
    _, runs = filters([], wanted, position)
    runs.parent_task_run_id = NO_CHILD
    return await gateway.client.read_flow_runs(
        flow_filter=OF_SCENARIOS,
        flow_run_filter=runs,
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=limit,
    )
