"""Prefect's worker, for runs that are resumed before their process has ended.

`python -m deployments.worker start ...` takes what `prefect worker start` takes. A run that is
suspended can be resumed at once, while its process is still on its way out. Of such a run
Prefect's own worker, when it has a limit, takes its slot a second time: that is an error
which ends the worker, and with it the processes of all runs that it has.

A worker that is sent SIGUSR1 takes no further run, and keeps those that it has.
"""

from __future__ import annotations

import runpy
import signal
import sys
from threading import Event
from types import FrameType
from typing import Any

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


def main() -> None:
    takes_no_more = Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        takes_no_more.set()

    # Its default would end the worker.
    signal.signal(TAKE_NO_MORE, on_signal)
    leave_held_runs(takes_no_more)
    sys.argv = ["prefect", "worker", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__")


if __name__ == "__main__":
    main()
