"""`reelwright`: what operators do by hand.

reelwright doctor                      is everything here, and what to do if not
reelwright jobs --status draft_review  who waits for what
reelwright approve JOB draft           and cancel JOB, retry JOB
reelwright backup FILE.tar             the embedded stack's data, while it runs
reelwright restore FILE.tar            into an empty data directory
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args
from uuid import UUID

from rich.console import Console

from reels.errors import ReelsError
from reels.models import Gate
from reels.stages import Status

#: Nobody reads more in a terminal.
MOST_JOBS = 10_000
#: A table in a file or a pipe is as wide as its cells.
_WIDE = 400


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    try:
        from deployments.checking import check_settings

        if arguments.command != "doctor":
            check_settings()
        return _COMMANDS[arguments.command](arguments)
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _doctor(_arguments: argparse.Namespace) -> int:
    from deployments.ops.doctor import examine, show
    from deployments.ops.target import adopt, own_layout, running

    stack = running(own_layout())
    if stack is not None and not os.environ.get("PREFECT_API_URL"):
        adopt(stack, os.environ)
    return 0 if show(_console(), examine(stack)) else 1


def _jobs(arguments: argparse.Namespace) -> int:
    from deployments.ops import jobs
    from deployments.ops.rest import open_api

    with open_api(arguments.api, arguments.key) as api:
        found = jobs.list_jobs(
            api, status=arguments.status, user=arguments.user, limit=arguments.limit
        )
    jobs.show_jobs(_console(), found)
    return 0


def _change(arguments: argparse.Namespace) -> int:
    from deployments.ops import jobs
    from deployments.ops.rest import open_api

    job_id = str(arguments.job)
    with open_api(arguments.api, arguments.key) as api:
        if arguments.command == "approve":
            done = f"{arguments.gate} approved", jobs.approve(api, job_id, arguments.gate)
        elif arguments.command == "cancel":
            done = "cancelled", jobs.cancel(api, job_id)
        else:
            done = "tried again", jobs.retry(api, job_id)
    jobs.show_job(_console(), *done)
    return 0


def _backup(arguments: argparse.Namespace) -> int:
    from deployments.ops.backup import back_up
    from deployments.ops.target import own_layout
    from reels.settings import StoreSettings

    held = back_up(own_layout(), arguments.file.absolute())
    print(
        f"{arguments.file}: {held.files:,} files, {held.size_bytes / 1e6:,.1f} MB. Keys are in it."
    )
    if StoreSettings().store == "s3":
        print("Artifacts lie in S3 and are not in it.", file=sys.stderr)
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from deployments.ops.restore import restore
    from deployments.ops.target import own_layout

    layout = own_layout()
    head = restore(layout, arguments.file)
    print(f"{layout.data_dir} is as it was at {head.made_at:%Y-%m-%d %H:%M:%S} UTC.")
    return 0


_COMMANDS = {
    "doctor": _doctor,
    "jobs": _jobs,
    "approve": _change,
    "cancel": _change,
    "retry": _change,
    "backup": _backup,
    "restore": _restore,
}


def _console() -> Console:
    is_terminal = sys.stdout.isatty()
    return Console(highlight=False, width=None if is_terminal else _WIDE)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="reelwright",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help="check this machine, the store, the services and Prefect")
    remote = argparse.ArgumentParser(add_help=False)
    remote.add_argument("--api", default="", metavar="URL", help="the API; by default our own")
    remote.add_argument(
        "--key", default="", help="key or token; better in VIDEO_SERVICE_API_KEY, unseen by others"
    )
    jobs = commands.add_parser("jobs", parents=[remote], help="a table of jobs, newest first")
    jobs.add_argument("--status", choices=get_args(Status))
    jobs.add_argument("--user", default="", help="whose; by default everybody's")
    jobs.add_argument("--limit", type=_limit, default=20, metavar="N")
    for name, what in (
        ("approve", "approve what a job waits for, as it is"),
        ("cancel", "end a job with all that it started"),
        ("retry", "let a failed or cancelled job go on where it stopped"),
    ):
        change = commands.add_parser(name, parents=[remote], help=what)
        change.add_argument("job", type=UUID, help="its id")
        if name == "approve":
            change.add_argument("gate", choices=get_args(Gate))
    for name, what in (
        ("backup", "the embedded stack's data in one file, while it runs or not"),
        ("restore", "a backup becomes the data directory, which must be empty"),
    ):
        commands.add_parser(name, help=what).add_argument("file", type=Path, metavar="FILE.tar")
    return parser.parse_args(argv)


def _limit(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= MOST_JOBS):
        raise argparse.ArgumentTypeError(f"1 to {MOST_JOBS:,}")
    return int(text)
