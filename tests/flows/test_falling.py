"""What no provider could make: the job goes on, and says why."""

from __future__ import annotations

from pathlib import Path

from prefect.logging import disable_run_logger

from blocks.local_store import LocalStore
from flows.falling import chosen, gone_without
from flows.job import Job
from reels.errors import BadOutput
from reels.models import VideoRequest


def test_a_job_that_goes_without_music_says_why_and_remembers_it(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, public_url="http://127.0.0.1", secret=b"s" * 32)
    job = Job(id="j", user="ann", store=store, request=VideoRequest(idea="Tea"))
    with disable_run_logger():
        said = gone_without(job, "music", "music", ("a", "b"), BadOutput("b", "It was noise."))
    assert said.startswith("no music: It was noise.")
    settled = chosen(job, "music")
    assert settled is not None
    assert settled.provider == ""
    assert [(each.failed, each.instead) for each in settled.fallbacks] == [("b", "")]
