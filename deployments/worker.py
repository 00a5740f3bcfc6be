"""Prefect's worker, for runs that are resumed before their process has ended.

`python -m deployments.worker start ...` takes what `prefect worker start` takes. A run that is
suspended can be resumed at once, while its process is still on its way out. Of such a run
Prefect's own worker, when it has a limit, takes its slot a second time: that is an error
which ends the worker, and with it the processes of all runs that it has.

A crash is reported twice, by the worker and by its runner; a run that was started again
between the two would be called crashed for good. So a worker looks first.

A worker that is sent SIGUSR1 takes no further run, and keeps those that it has.
"""

from __future__ import annotations

import runpy
import signal
import sys
from threading import Event
from types import FrameType
from typing import Any

from prefect.client.schemas.objects import FlowRun, StateType

TAKE_NO_MORE = signal.SIGUSR1


def leave_held_runs(takes_no_more: Event | None = None) -> None:
    """Have workers leave a scheduled run whose process they still have, until that is gone,
    and every run once `takes_no_more` is set.

    Raises:
        RuntimeError: this Prefect has no such hook; the pinned release has.
    """
    from prefect.workers.base import BaseWorker

    submit: Any = getattr(BaseWorker, "_submit_scheduled_flow_runs", None)
    if submit is None:
        raise RuntimeError("This release of Prefect is unknown; install the pinned one.")

    async def submit_others(self: Any, flow_run_response: list[Any]) -> Any:
        held = set(self._limiter.statistics().borrowers) if self._limiter else set()
        free = [entry for entry in flow_run_response if entry.flow_run.id not in held]
        if takes_no_more is not None and takes_no_more.is_set():
            free = []
        return await submit(self, flow_run_response=free)

    BaseWorker._submit_scheduled_flow_runs = submit_others  # type: ignore[method-assign]


def report_crashes_of_ones_own() -> None:
    """Have workers report a crash only while the run is in the attempt that they started.

    The worker's report follows that of its runner, by seconds on a busy machine. By then
    somebody may have had the run start again, and a report would end it for good.

    Raises:
        RuntimeError: this Prefect has no such hook; the pinned release has.
    """
    from prefect.workers.base import BaseWorker

    propose: Any = getattr(BaseWorker, "_propose_crashed_state", None)
    if propose is None:
        raise RuntimeError("This release of Prefect is unknown; install the pinned one.")

    async def propose_own(self: Any, flow_run: Any, message: str, client: Any = None) -> None:
        if is_ones_own(flow_run, await (client or self.client).read_flow_run(flow_run.id)):
            await propose(self, flow_run, message, client=client)

    BaseWorker._propose_crashed_state = propose_own  # type: ignore[method-assign]


def is_ones_own(submitted: FlowRun, now: FlowRun) -> bool:
    """Whether a run is in the attempt that was `submitted`, which has counted one start."""
    starts = now.run_count - submitted.run_count
    state = now.state_type
    return (state == StateType.PENDING and starts <= 0) or (
        state in (StateType.RUNNING, StateType.CANCELLING) and starts <= 1
    )


def main() -> None:
    takes_no_more = Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        takes_no_more.set()

    # Its default would end the worker.
    signal.signal(TAKE_NO_MORE, on_signal)
    leave_held_runs(takes_no_more)
    report_crashes_of_ones_own()
    sys.argv = ["prefect", "worker", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__")


if __name__ == "__main__":
    main()
