"""How far a run is: a job's per cent for those who watch it, a child's share for its job.

A job's own run alone tells of the job, so that its per cent has one source and never falls
inside a stage. A child run writes its share to a label of itself, where the job, which asks
for the child's state anyway, finds it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.events import emit_event
from prefect.events.related import tags_as_related_resources
from prefect.runtime import flow_run

from flows.showing import Progress
from flows.telling import telling
from reels.progress import OnProgress, OnShare, Tally, percent_of
from reels.stages import PROGRESS, Stage

#: The event of a job that is further; its payload has `percent` and `stage`.
EVENT: Final = "reelwright.progress"
#: The label of a child run that says which share of its work is done.
LABEL: Final = "reelwright.share"

_BAR_STEP: Final = 5

_counting: ContextVar[Tally | None] = ContextVar("counting", default=None)


class JobProgress:
    """The per cent of the job that this flow run is. Within a stage it only rises."""

    def __init__(self, run_id: UUID) -> None:
        self._resource = {"prefect.resource.id": f"prefect.flow-run.{run_id}"}
        self._tags = tags_as_related_resources(set(flow_run.tags or ()))
        self._bar = Progress(f"progress-{run_id}", "How far the video is")
        self._lock = threading.Lock()
        self._stage: Stage | None = None
        self._percent = 0

    def enter(self, stage: Stage) -> None:
        """The run is in this stage now; its state tells those who watch."""
        with self._lock:
            self._stage, self._percent = stage, PROGRESS[stage]
        self._bar.show(PROGRESS[stage])

    def finish(self) -> None:
        """All is done."""
        with self._lock:
            self._stage = None
        self._bar.show(PROGRESS["ready"])

    @contextmanager
    def telling(self) -> Iterator[Tally]:
        """Tell how far the body is with the work of the stage, as it counts. In a stage that
        the run only passes, because it had left it before, nothing is told."""
        stage = self._stage
        with telling(lambda share: self._tell(stage, share)) as tally:
            yield tally

    def _tell(self, stage: Stage | None, share: float) -> None:
        with self._lock:
            if stage is None or stage != self._stage:
                return
            percent = percent_of(stage, share)
            if percent <= self._percent:
                return
            self._percent = percent
            emit_event(
                EVENT,
                resource=self._resource,
                related=self._tags,
                payload={"percent": percent, "stage": stage},
            )
        self._bar.show(percent)


@contextmanager
def child_telling(
    key: str, description: str, look: Callable[[Tally], None] | None = None
) -> Iterator[Tally]:
    """Tell how far this child run is with the body: its job, and Prefect's UI by the bar
    `key`. Tasks that are submitted inside may count (`counter`)."""
    run = _ChildRun(UUID(flow_run.id), Progress(f"{key}-{flow_run.id}", description))
    with telling(run.tell, look, to_the_end=True) as tally:
        token = _counting.set(tally)
        try:
            yield tally
        finally:
            _counting.reset(token)


def counter(piece: str) -> OnProgress | None:
    """What counts a task's progress with the piece, where somebody wants to know."""
    tally = _counting.get()
    return (lambda done, _: tally.count(piece, done)) if tally else None


def share_counter(piece: str) -> OnShare | None:
    """As `counter`, for a piece of the size 1 and work that tells its share."""
    tally = _counting.get()
    return (lambda share: tally.count(piece, share)) if tally else None


def share_of_child(run: FlowRun) -> float:
    """Which share of its work a child run has told to be done, from 0 to 1."""
    told = run.labels.get(LABEL, 0.0)
    return float(told) if isinstance(told, int | float) else 0.0


class _ChildRun:
    def __init__(self, run_id: UUID, bar: Progress) -> None:
        self._run_id = run_id
        self._bar = bar
        self._client: SyncPrefectClient | None = None
        self._told = 0

    def tell(self, share: float) -> None:
        told, hundredths = self._told, int(100 * share)
        if hundredths <= told:
            return
        self._told = hundredths
        if self._client is None:
            self._client = get_client(sync_client=True)
        self._client.update_flow_run_labels(self._run_id, {LABEL: hundredths / 100})
        # The job has a bar that moves by every per cent.
        if hundredths // _BAR_STEP > told // _BAR_STEP:
            self._bar.show(hundredths)
