"""A task whose ffmpeg was killed is run again; one that failed for a reason of its own is not."""

from __future__ import annotations

import pytest
from prefect import Task, task
from prefect.client.schemas.objects import TaskRun
from prefect.states import Failed

from flows.joining import join_video
from flows.killed import AGAIN_IF_KILLED, was_killed
from flows.sound import mix_sound
from reels.errors import FfmpegFailed, FfmpegKilled, ReelsError


@pytest.mark.parametrize(
    ("error", "again"), [(FfmpegKilled("By signal 9."), True), (FfmpegFailed("Broken."), False)]
)
def test_a_killed_helper_is_told_from_a_failed_one(error: ReelsError, again: bool) -> None:
    made: Task[..., None] = task(lambda: None)
    run = TaskRun(task_key="t", dynamic_key="0")
    assert was_killed(made, run, Failed(data=error)) is again


@pytest.mark.parametrize("made", [mix_sound, join_video])
def test_the_tasks_of_a_render_are_run_again(made: Task[..., object]) -> None:
    assert made.retries == AGAIN_IF_KILLED["retries"] > 0
    assert made.retry_condition_fn is was_killed
