"""The same jobs on Postgres, Redis, two Prefect servers and S3, as the Compose file has them."""

from __future__ import annotations

from typing import Any, Final

from deployments.bench_load.jobs import BODY, Through, desk_of, post, through
from deployments.scale.running import Scale

_FIRST_S: Final = 300.0
_DEADLINE_S: Final = 1_200.0


async def measure(scale: Scale, jobs: int, at_once: int) -> dict[str, Any]:
    """Jobs a minute, of jobs that find all work done; none may be refused or lost here either."""
    await _pass(scale, "first", 1, 1, _FIRST_S)
    result = await _pass(scale, "burst", jobs, at_once, _DEADLINE_S)
    return {
        "jobs_per_min_services": result.per_min,
        "services_jobs": jobs,
        "services_refused": result.refused,
        "services_lost": result.lost,
    }


async def _pass(scale: Scale, user: str, jobs: int, at_once: int, deadline_s: float) -> Through:
    headers = {"Authorization": f"Bearer {scale.api_key(user)}"}
    prefect = (scale.prefect_api_url, scale.prefect_auth)
    async with desk_of(user, scale.api_urls, headers, *prefect) as desk:
        return await through(desk, await post(desk, BODY, jobs, at_once), deadline_s)
