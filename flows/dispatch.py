"""Work on another pool: a child run by deployment, whose result comes back typed."""

from __future__ import annotations

from itertools import count
from typing import Any, TypeVar, cast
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from pydantic import BaseModel, JsonValue

from flows.job import JobFiles
from flows.observing import tags_for_child
from flows.progress import share_of_child
from flows.stopping import ended
from reels.artifacts import cache_key, content_key
from reels.documents import written
from reels.errors import JobEnded, RenderError, Unavailable
from reels.progress import OnShare

M = TypeVar("M", bound=BaseModel)

FIRST_POLL_S = 0.25
#: Eight jobs that wait for renders would keep a quarter of the server busy with 32 reads a second.
LONGEST_POLL_S = 1.0
#: How often a child whose process died is started again before the job fails.
CRASH_RETRIES = 2
#: States in which a child that is found will bring nothing more.
OVER = {
    StateType.COMPLETED,
    StateType.FAILED,
    StateType.CRASHED,
    StateType.CANCELLING,
    StateType.CANCELLED,
}
LIVE_TYPES = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED]


def job_tag(job_id: str) -> str:
    """The tag that all child runs of a job carry."""
    return f"job:{job_id}"


def run_child(
    deployment: str,
    plan: BaseModel,
    kind: type[M],
    job: JobFiles,
    on_share: OnShare,
    **how: JsonValue,
) -> M:
    """Run `deployment` on `plan`, which goes through the store, and return its result.

    `on_share` hears how far the child is. `how` are parameters that change how it is made and
    not what comes out.

    The run is named by the job and the plan's content. A job that is entered again
    therefore finds its child, running or finished, instead of starting another; a child
    that failed before, or whose result cannot be read or is gone, is replaced.

    Raises:
        RenderError: the child failed; the message is its own.
        Unavailable: the deployment does not exist.
    """
    key = cache_key("plan", content_key(deployment, "1", plan=plan), ".json")
    ref = job.store.put(key, written(plan))
    crashes = 0
    with get_client(sync_client=True) as client:
        for attempt in count():
            parameters: dict[str, Any] = {"plan": ref.model_dump(mode="json"), **how}
            tags = [job_tag(job.id), *tags_for_child()]
            run = start(deployment, parameters, tags, f"{job.id}:{ref.sha256}:{attempt}")
            if run.state is not None and run.state.type in OVER:
                found = _earlier_result(run.state, kind, job)
                if found is not None:
                    return found
                continue
            state = _wait(client, run, on_share)
            if state.is_completed():
                on_share(1.0)
                return kind.model_validate(_result(state))
            if not state.is_crashed() or crashes == CRASH_RETRIES:
                raise _failure(deployment, state)
            crashes += 1
    raise AssertionError("count() does not end")


def cancel_children(job_id: str) -> None:
    """Cancel every child run of a job that has not ended."""
    children = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[job_tag(job_id)]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=LIVE_TYPES)),
    )
    with get_client(sync_client=True) as client:
        for child in client.read_flow_runs(flow_run_filter=children):
            cancelling: State[Any] = State(
                type=StateType.CANCELLING, message="The job was cancelled."
            )
            client.set_flow_run_state(child.id, cancelling)


def stop_children(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001
    """A hook for flows that are cancelled. Prefect passes these by name."""
    cancel_children(str(flow_run.id))


def start(deployment: str, parameters: dict[str, Any], tags: list[str], name: str) -> FlowRun:
    """Create a run of `deployment`, or find the one that has this name (for idempotency).

    Raises:
        Unavailable: the deployment does not exist.
    """
    try:
        run = run_deployment(
            deployment, parameters=parameters, tags=tags, idempotency_key=name, timeout=0
        )
        return cast(FlowRun, run)
    except ObjectNotFound as error:
        raise Unavailable(
            f"There is no deployment {deployment!r}.",
            remedy="Run python -m deployments.bootstrap.",
        ) from error


def _wait(client: SyncPrefectClient, run: FlowRun, on_share: OnShare) -> State[Any]:
    """The final state of `run`. Polls: a read costs the server 8 ms. The longer it takes, the
    less is lost by looking more rarely.

    Raises:
        JobEnded: the flow that this task belongs to has ended meanwhile.
    """
    run_id: UUID = run.id
    stop, pause_s = ended(), FIRST_POLL_S
    while run.state is None or not run.state.is_final():
        if stop.wait(pause_s):
            raise JobEnded("The flow that waited for this run has ended.")
        pause_s = min(pause_s * 1.2, LONGEST_POLL_S)
        run = client.read_flow_run(run_id)
        on_share(share_of_child(run))
    return run.state


def _result(state: State[Any]) -> Any:
    return state.result(raise_on_failure=False)


def _earlier_result(state: State[Any], kind: type[M], job: JobFiles) -> M | None:
    """What an earlier attempt's child made, if it can be read and all of it is still there."""
    if not state.is_completed():
        return None
    try:
        result = kind.model_validate(_result(state))
    except Exception:
        return None
    return result if job.holds(result) else None


def _failure(deployment: str, state: State[Any]) -> RenderError:
    name = deployment.partition("/")[0]
    reason = state.message or "no reason was given."
    return RenderError(f"The {name} run ended as {state.name}: {reason}")
