"""A batch's videos as runs of their own: made once, no more at work than were asked for."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound

from reels.batches.models import Planned
from reels.errors import Unavailable
from reels.observing.carried import OURS, USER

VIDEOS: Final = "make-video/default"
_LOOK_S: Final = 2.0
_PAGE: Final = 100
_OVER = {StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED}
#: A run that waits for a person is left to that person.
_IDLE = {*_OVER, StateType.PAUSED}


class Batch(NamedTuple):
    """Whose videos they are; `key` names them: the same key and video give the same run."""

    user: str
    key: str
    tag: str


class Made(NamedTuple):
    """A video of the batch and its run."""

    video: Planned
    run: FlowRun


def made_in_turn(
    client: SyncPrefectClient,
    batch: Batch,
    videos: Sequence[Planned],
    at_once: int,
    tell: Callable[[Sequence[Made]], None],
) -> list[Made]:
    """Make all, and wait until none is at work; `tell` hears of each change.

    Raises:
        Unavailable: there is no deployment of videos.
    """
    deployment = _deployment(client)
    made: list[Made] = []
    waiting = list(zip(videos, _keys(batch, videos), strict=True))
    while True:
        made = _looked_at(client, made)
        busy = sum(each.run.state is None or each.run.state.type not in _IDLE for each in made)
        for video, key in waiting[: max(0, at_once - busy)]:
            made.append(Made(video, _make(client, deployment, batch, video, key)))
        del waiting[: max(0, at_once - busy)]
        tell(made)
        if not waiting and not busy:
            made = _looked_at(client, made)
            if all(each.run.state and each.run.state.type in _IDLE for each in made):
                return made
        time.sleep(_LOOK_S)


def _deployment(client: SyncPrefectClient) -> UUID:
    try:
        return client.read_deployment_by_name(VIDEOS).id
    except ObjectNotFound as error:
        raise Unavailable(
            f"There is no deployment {VIDEOS!r}.",
            remedy="Run python -m deployments.bootstrap.",
        ) from error


def _make(
    client: SyncPrefectClient, deployment: UUID, batch: Batch, video: Planned, key: str
) -> FlowRun:
    return client.create_flow_run_from_deployment(
        deployment,
        parameters={**video.fields, "user_id": batch.user},
        name=video.title or None,
        tags=[f"{USER}{batch.user}", OURS, batch.tag],
        idempotency_key=key,
    )


def _keys(batch: Batch, videos: Sequence[Planned]) -> Iterator[str]:
    """By what a video is, and which one of those that are alike it is."""
    seen: dict[str, int] = {}
    for video in videos:
        content = json.dumps(video.fields, sort_keys=True, ensure_ascii=False)
        turn = seen[content] = seen.get(content, 0) + 1
        told = f"{batch.user}\nbatch\n{batch.key}\n{turn}\n{content}"
        yield hashlib.sha256(told.encode()).hexdigest()


def _looked_at(client: SyncPrefectClient, made: Sequence[Made]) -> list[Made]:
    """Those that were not over are read again."""
    ids = [each.run.id for each in made if not _is_over(each.run)]
    found: dict[UUID, Any] = {}
    for start in range(0, len(ids), _PAGE):
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=ids[start : start + _PAGE]))
        found |= {run.id: run for run in client.read_flow_runs(flow_run_filter=wanted)}
    return [each._replace(run=found.get(each.run.id, each.run)) for each in made]


def _is_over(run: FlowRun) -> bool:
    return run.state is not None and run.state.type in _OVER
