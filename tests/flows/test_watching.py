"""A whole job on the whole stack, as one hears of it who watches."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest
from prefect.events.schemas.events import Event

from reels.stages import PROGRESS, STAGES
from tests.flows.conftest import Videos
from tests.flows.listener import heard

pytestmark = pytest.mark.slow


def percent(event: Event) -> tuple[str, int]:
    return event.payload["stage"], event.payload["percent"]


def test_a_whole_job_rises_inside_its_stages_and_seldom_more_than_once_a_second(
    videos: Videos,
) -> None:
    text = "The crane sleeps on one leg.\n\nIn it, a single lock keeps the knee straight."
    with heard(videos.stack.addresses.prefect_api_url, "video") as events:
        job = videos.post(text=text, auto_approve=True, words="align")
        videos.until(job, "ready")
    told = [event for event in events.queue if event.resource.id == f"prefect.flow-run.{job}"]
    by_stage = {stage: list(group) for stage, group in groupby(told, lambda e: percent(e)[0])}
    assert len(by_stage) == len({percent(event)[0] for event in told})
    assert "rendering" in by_stage
    percents = [percent(event)[1] for event in told]
    assert all(one < other for one, other in pairwise(percents))
    for stage, group in by_stage.items():
        assert stage in STAGES
        assert min(percent(event)[1] for event in group) > PROGRESS[stage]
        times = [event.occurred.timestamp() for event in group]
        assert all(other - one > 0.7 for one, other in pairwise(times))
