"""`make demo`: a stack of its own, one real job over REST, and its files in out/demo."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deployments.demo_job import DemoJob, JobFailed
from deployments.demo_request import demo_body
from deployments.demo_show import Show, file_table, stage_table
from deployments.orchestration import Times, measure
from deployments.stack import Stack, running_stack
from reels.errors import InvalidInput, ReelsError
from reels.settings import StoreSettings

OUT = Path("out/demo")
#: The files are downloaded from this stack, wherever the user's own links may point.
OWN_STACK = {
    "VIDEO_SERVICE_PUBLIC_URL": "",
    "VIDEO_SERVICE_HOST": "127.0.0.1",
    "VIDEO_SERVICE_AUTH": "dev",
    "PREFECT_SERVER_API_AUTH_STRING": "",
}
REVIEWS = {"draft_review": "draft", "subtitles_review": "subtitles"}


@dataclass(frozen=True)
class Made:
    """A finished job with its files and its times."""

    job: dict[str, Any]
    files: list[Path]
    times: Times


def make_video(stack: Stack, body: dict[str, Any], out: Path, show: Show) -> Made:
    """Post the job, approve both reviews, download what it made.

    Raises:
        JobFailed: the job did not become ready.
        Unavailable: the API refused a request.
    """
    with (
        httpx.Client(base_url=stack.addresses.api_url, timeout=30, trust_env=False) as client,
        httpx.Client(
            base_url=stack.addresses.prefect_api_url, timeout=30, trust_env=False
        ) as prefect,
    ):
        posted = DemoJob(client, body)
        show.line(f"POST /videos -> job {posted.id}")
        job: dict[str, Any] = {}
        for job in posted.follow():
            show.status(job)
            review = REVIEWS.get(job["status"])
            if review is not None:
                posted.approve(review)
                show.line(f"       POST /videos/.../{review}:approve")
        ready_at = time.time()
        files: list[Path] = []
        posted.download(job, out, files.append)
        times = measure(prefect, posted.id, posted.posted_at, ready_at)
    return Made(job, files, times)


def main() -> int:
    # A stop by signal takes the same way out as Ctrl-C: through every `finally`. A shell that
    # starts jobs in the background has them ignore Ctrl-C, so that is set as well.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    data_dir = StoreSettings().data_dir.absolute()
    try:
        body = demo_body(os.environ)
        shutil.rmtree(OUT, ignore_errors=True)
        _run(body, data_dir)
    except InvalidInput as error:
        return _fail(f"{error.field}: {error}")
    except JobFailed as error:
        return _fail(f"The job failed in stage {error.stage}: {error}", data_dir)
    except (ReelsError, httpx.HTTPError, OSError) as error:
        return _fail(str(error) or repr(error), data_dir)
    except KeyboardInterrupt:
        return _fail("Stopped.")
    return 0


def _run(body: dict[str, Any], data_dir: Path) -> None:
    show = Show()
    with show:
        show.line(f"starting the stack in {data_dir}")
        with running_stack(data_dir, environment=OWN_STACK) as stack:
            show.line(f"the stack is up: API {stack.addresses.api_url}/docs")
            show.line(f"                 Prefect {stack.addresses.prefect_url}")
            made = make_video(stack, body, OUT, show)
            show.line("done; stopping the stack")
    show.console.print(stage_table(made.job, made.times))
    show.console.print(file_table(made.files))
    show.console.print(
        f"While it ran the API was at {stack.addresses.api_url}/docs and Prefect's UI at\n"
        f"{stack.addresses.prefect_url}; its data lies in {data_dir}.\n"
        "`make up` starts the stack again, keeps it, and prints its addresses.",
        markup=False,
    )


def _fail(message: str, data_dir: Path | None = None) -> int:
    print(f"error: {message}", file=sys.stderr)
    if data_dir is not None:
        print(f"Logs: {data_dir / 'logs'}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
