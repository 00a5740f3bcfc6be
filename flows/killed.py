"""A helper that somebody killed, as the system does for want of memory: its task is run again."""

from __future__ import annotations

from typing import Any, Final

from prefect import Task
from prefect.client.schemas.objects import State, TaskRun

from reels.errors import FfmpegKilled


def was_killed(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Whether the task failed because its ffmpeg was killed. Prefect passes these in order."""
    return isinstance(state.result(raise_on_failure=False), FfmpegKilled)


#: Options of a task that pays for nothing.
AGAIN_IF_KILLED: Final[dict[str, Any]] = {"retries": 2, "retry_condition_fn": was_killed}
