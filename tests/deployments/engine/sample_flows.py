"""Flows that the tests deploy."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from prefect import flow, task


@flow
def leave_mark(mark: str) -> str:
    """Write who ran this: the parent of the flow's process."""
    Path(mark).write_text(f"{os.getpid()} {os.getppid()} {time.time()}")
    return "done"


@task
def work_like_ffmpeg(mark: str) -> None:
    helper = subprocess.Popen(["sleep", "300"])
    Path(mark).write_text(f"{os.getpid()} {helper.pid}")
    helper.wait()


@flow
def run_helper(mark: str) -> None:
    """Wait for a helper in a task's thread, as a render waits for ffmpeg."""
    work_like_ffmpeg.submit(mark).result()


@flow
def wait_at_gate(mark: str) -> None:
    """Say who waits, until somebody writes to the named pipe `mark`.gate."""
    Path(mark).write_text(str(os.getpid()))
    Path(f"{mark}.gate").read_bytes()
