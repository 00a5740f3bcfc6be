"""What a run tells of its progress: a job by events, a child run by its label."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import flow, tags
from prefect.client.orchestration import get_client
from prefect.events.schemas.events import Event
from prefect.runtime import flow_run

from flows import telling as told_by
from flows.encoding import encode_segment, missing_of, start_encoding, telling_frames
from flows.progress import child_telling, share_of_child
from flows.runners import threads
from flows.sharding import Elsewhere, share_of
from flows.stages import StageBoard
from reels.grid import Encoder, Segment, plan
from reels.progress import Tally
from tests.flows.listener import heard
from tests.reels.render_kit import timeline

pytestmark = [pytest.mark.slow]

SOON_S = 15.0


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_by, "EVERY_S", 0.05)


def percent(event: Event) -> tuple[str, int]:
    return event.payload["stage"], event.payload["percent"]


def in_a_flow(body: Callable[[], Any]) -> Any:
    return flow(name="in-a-flow", task_runner=threads(2))(body)()


@pytest.mark.usefixtures("often")
def test_a_job_tells_of_every_step_inside_a_stage(prefect_environment: dict[str, str]) -> None:
    tag = f"job-{uuid4()}"
    told: list[Event] = []

    def job() -> str:
        board = StageBoard(UUID(flow_run.id))
        for stage in ("assets", "audio"):
            board.enter(stage)
            with board.telling() as tally:
                count = tally.part("scenes", 2)
                for share in (0.5, 0.25, 1.0):
                    count(share)
                    if share != 0.25:
                        told.append(events.get(timeout=SOON_S))
        return str(flow_run.id)

    with heard(prefect_environment["PREFECT_API_URL"], tag) as events, tags(tag, "video"):
        run = in_a_flow(job)
    assert [percent(event) for event in told] == [
        ("assets", 18),
        ("assets", 24),
        ("audio", 32),
        ("audio", 39),
    ]
    assert {event.resource.id for event in told} == {f"prefect.flow-run.{run}"}
    for event in told:
        roles = {each.id: each.role for each in event.related}
        assert roles[f"prefect.tag.{tag}"] == roles["prefect.tag.video"] == "tag"


@pytest.mark.usefixtures("often")
def test_a_stage_that_is_only_passed_tells_nothing(prefect_environment: dict[str, str]) -> None:
    tag = f"job-{uuid4()}"

    def job() -> None:
        StageBoard(UUID(flow_run.id)).enter("audio")
        again = StageBoard(UUID(flow_run.id))
        for stage in ("assets", "audio"):
            again.enter(stage)
            with again.telling() as tally:
                tally.part("scenes")(0.5)
                if stage == "audio":
                    assert percent(events.get(timeout=SOON_S)) == ("audio", 32)

    with heard(prefect_environment["PREFECT_API_URL"], tag) as events, tags(tag):
        in_a_flow(job)
    assert events.empty()


@pytest.mark.usefixtures("often", "prefect_environment")
def test_a_child_run_tells_its_share_by_its_label() -> None:
    told: queue.Queue[float] = queue.Queue()

    def child() -> None:
        with child_telling("lines", "Lines") as tally, get_client(sync_client=True) as client:
            lines = tally.part("lines", 4)
            for share in (0.25, 0.75):
                lines(share)
                while told.empty() or told.queue[-1] < share:
                    told.put(share_of_child(client.read_flow_run(flow_run.id)))

    in_a_flow(child)
    assert {0.25, 0.75} <= set(told.queue)
    assert list(told.queue) == sorted(told.queue)


@pytest.fixture
def segments(tmp_path: Path) -> tuple[Segment, ...]:
    return plan(timeline(tmp_path, (30, 10, 20, 40)), Encoder())


def frames(segments: Any) -> int:
    return sum(segment.frames for segment in segments)


@pytest.mark.usefixtures("prefect_environment", "data_dir")
def test_a_render_counts_what_is_cached_at_once_and_every_frame_of_the_rest(
    segments: tuple[Segment, ...],
) -> None:
    def encode(some: tuple[Segment, ...]) -> None:
        for future in start_encoding(some):
            future.result()

    def rendering() -> tuple[float, float]:
        encode(segments[:1])
        with telling_frames(segments, missing_of(segments), 1) as tally:
            cached = tally.share
            encode(segments)
            return cached, tally.share

    cached, done = in_a_flow(rendering)
    assert cached == pytest.approx(frames(segments[:1]) / frames(segments))
    assert done == 1


@pytest.mark.usefixtures("prefect_environment", "data_dir")
def test_what_helpers_encode_is_counted_once_however_it_is_met(
    segments: tuple[Segment, ...],
) -> None:
    tally = Tally()
    for segment in segments:
        tally.expect(segment.key, segment.frames)
    far = Elsewhere(segments, 2, lambda key: key not in missing_of(segments))
    share = share_of(segments, 1, 2)

    def helping() -> None:
        encode_segment(key=share[0].key, segment=share[0])
        far.count(tally)
        assert tally.share == pytest.approx(share[0].frames / frames(segments))
        tally.count(share[0].key, 1)
        for segment in share[1:]:
            encode_segment(key=segment.key, segment=segment)
        far.count(tally)

    in_a_flow(helping)
    assert tally.share == pytest.approx(frames(share) / frames(segments))


def test_a_helper_is_asked_after_by_one_question_while_it_does_nothing(
    segments: tuple[Segment, ...],
) -> None:
    asked: list[str] = []

    def is_encoded(key: str) -> bool:
        asked.append(key)
        return False

    far = Elsewhere(segments, 2, is_encoded)
    far.count(Tally())
    assert asked == [share_of(segments, 1, 2)[0].key]
