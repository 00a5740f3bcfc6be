"""`make test-scale`: jobs go through the whole set-up, and end though parts of it are killed.

Starts what deployments/docker/compose.yaml says on this machine, with two workers for each pool;
posts short jobs at both APIs, one of them approved by hand at the API that it was not posted at
and followed there; kills, with work on them, a worker of pipeline and one of render, and one of
Prefect's servers; starts none of them again; kills Postgres, which is back after some seconds.
Every job must end ready, once, with one video.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from deployments.pools import REPOSITORY
from deployments.scale.deaths import busy
from deployments.scale.jobs import ENDED, Api, Follower, apis, bodies, wait_for
from deployments.scale.machine import Machine
from deployments.scale.oracle import faults, recoveries
from deployments.scale.running import Scale, running_scale
from reels.errors import ReelsError

LOGS = REPOSITORY / "out" / "scale" / "logs"
WORKERS = {"worker-pipeline": 2, "worker-render": 2, "worker-gpu": 2}
#: An answer is soon given, so that the wait for it is a suspension: no process holds the job.
SETTINGS = {"VIDEO_SERVICE_APPROVAL_HOLD_S": "5"}
STEP_S = 300.0
ALL_S = 1200.0
#: How long Postgres is away.
AWAY_S = 8.0


class Trial:
    """One pass: what happened is said at once, with the seconds since the first post."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._apis = apis(scale)
        self._began = time.monotonic()
        self.killed: dict[Machine, float] = {}

    def run(self, count: int) -> list[str]:
        """What is wrong at the end, in words."""
        self._began = time.monotonic()
        asked = bodies(count)
        jobs = [self._apis[at % 2].post(body, f"scale-{at}") for at, body in enumerate(asked)]
        self.say(f"{count} jobs are posted, at both APIs in turn")
        # The first was posted at the first API; all else of it happens at the other one.
        here = self._apis[1]
        follower = Follower(here, jobs[0])
        following = follower.start()
        self._kill("server")
        self._approve(here, jobs[0], "draft")
        self._kill("worker-pipeline")
        self._kill("worker-render")
        self._cut_database()
        self._approve(here, jobs[0], "subtitles")
        wait_for(lambda: self._have_ended(here), "all jobs to end", ALL_S)
        took_s = time.monotonic() - self._began
        self.say(f"all have ended: {60 * count / took_s:.1f} jobs a minute")
        following.join(timeout=60)
        return [
            *faults(self._scale, jobs, here.all()),
            *_unfollowed(follower),
            *self._revived(),
        ]

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self._began:7.1f} s  {what}", flush=True)

    def summary(self) -> str:
        names = ", ".join(machine.service.name for machine in self.killed)
        again = sum(api.again for api in self._apis)
        died = {machine.role.name: at for machine, at in self.killed.items()}
        after = [f"{at - died['worker-pipeline']:.0f}" for at in recoveries(self._scale)]
        return (
            f"killed: {names}\n"
            f"jobs begun again, in seconds after their worker's death: {', '.join(after)}\n"
            f"requests that had to be repeated: {again}"
        )

    def _approve(self, api: Api, job: str, review: str) -> None:
        wait_for(lambda: api.read(job)["status"] == f"{review}_review", f"the {review}", STEP_S)
        api.approve(job, review)
        self.say(f"the {review} is approved at the other API")

    def _kill(self, role: str) -> None:
        """One with work on it; of servers any, since all have."""
        group = self._scale.machines[role]
        victim = (
            group[0]
            if role == "server"
            else wait_for(lambda: busy(self._scale, group), f"work on a {role}", STEP_S)
        )
        victim.kill()
        self.killed[victim] = time.time()
        self.say(f"{victim.service.name} is killed")

    def _cut_database(self) -> None:
        self.say("Postgres is killed")
        self._scale.backing.cut_database(AWAY_S)
        self.say("Postgres is back")

    def _have_ended(self, api: Api) -> bool:
        return all(job["status"] in ENDED for job in api.all())

    def _revived(self) -> list[str]:
        """What was to die, must have."""
        return [each.service.name for each in self.killed if each.service.is_running]


def _unfollowed(follower: Follower) -> list[str]:
    told = follower.statuses
    wanted = {"draft_review", "subtitles_review", "rendering", "ready"}
    if told[-1:] == ["ready"] and wanted <= set(told):
        return []
    return [f"the events of job {follower.job} told only {', '.join(told) or 'nothing'}"]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=7, help="how many are posted")
    arguments = parser.parse_args(argv)
    # As Ctrl-C: what was started is stopped on the way out.
    signal.signal(signal.SIGTERM, _interrupt)
    shutil.rmtree(LOGS, ignore_errors=True)
    try:
        with running_scale(LOGS, replicas=WORKERS, settings=SETTINGS, say=_tell) as scale:
            _tell(f"the set-up is up after {scale.started_in_s:.0f} s")
            trial = Trial(scale)
            found = trial.run(arguments.jobs)
            _tell(trial.summary())
    except (ReelsError, KeyboardInterrupt) as error:
        print(f"error: {str(error) or 'interrupted'}\nThe logs: {LOGS}", file=sys.stderr)
        return 1
    for fault in found:
        print(f"WRONG: {fault}")
    print(f"{'FAILED' if found else 'passed'}; the logs: {os.path.relpath(LOGS)}")
    return 1 if found else 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt("asked to stop")


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
