"""How many things a flow does at once."""

from __future__ import annotations

from typing import Any

from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner


def threads(count: int) -> TaskRunner[PrefectFuture[Any]]:
    """Submitted tasks run in `count` threads of the flow's process, in order of submission."""
    runner: Any = ThreadPoolTaskRunner(max_workers=count)
    return runner  # type: ignore[no-any-return]
