"""Processes that die while a job is made: each of them at each stage."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from reels.artifacts import job_prefix
from reels.stages import RECOVERED_STATE, STAGES, Stage, state_name
from tests.faults.fault import Fault
from tests.faults.house import USER, House, NotSurvived
from tests.faults.processes import ffmpegs_below, hit, run_pid, service_pid

#: Waits until the job is at the moment of a fault.
Moment = Callable[[House, str], object]
RENDER = "render-video"
#: The lease of a stack that is struck is shorter.
SERVER_STOPPED_S = 12.0
POSTS = 3


def entering(stage: Stage) -> Moment:
    return lambda house, job: house.until_in(job, state_name(stage))


def asking(operation: str) -> Moment:
    return lambda house, job: house.until_asked(job, operation)


def keeping(name: str) -> Moment:
    """The artifact `name` has just come into the store."""

    def wait(house: House, job: str) -> None:
        key = f"{job_prefix(USER, job)}/{name}"
        house.wait(lambda: house.store.head(key), name, of=job)

    return wait


def rendering(house: House, job: str) -> None:
    house.wait(lambda: house.child(job, RENDER), "the render run to work", of=job)


MOMENTS: dict[str, Moment] = {
    **{f"on entering {stage}": entering(stage) for stage in STAGES if "review" not in stage},
    "while the storyboard is asked for": asking("storyboard"),
    "while a picture is asked for": asking("picture"),
    "while a line is asked for": asking("speech"),
    "when the subtitles are kept": keeping("subtitles.srt"),
    "while the render works": rendering,
    "between the film and its manifest": keeping("final.mp4"),
}


def flow_killed(moment: Moment, house: House) -> Sequence[str]:
    job = house.post()
    moment(house, job)
    house.strike(lambda: hit(run_pid(job)))
    return [job]


def held_flow_killed(house: House) -> Sequence[str]:
    """A person looks at the draft meanwhile, and decides afterwards."""
    job = house.post(auto_approve=["subtitles"])
    house.wait(lambda: house.state(job).get("type") == "PAUSED", "the review", of=job)
    house.strike(lambda: hit(run_pid(job)))
    house.approve(job, "draft")
    return [job]


def render_killed(house: House) -> Sequence[str]:
    job = house.post()
    rendering(house, job)
    child = house.child(job, RENDER)
    house.strike(lambda: child and hit(run_pid(child)))
    return [job]


def ffmpeg_killed(house: House) -> Sequence[str]:
    job = house.post()
    render = house.wait(lambda: run_of_render(house, job), "the render's process", of=job)
    # Each lives for a tenth of a second, too short for a look at the job in between.
    found = house.wait(lambda: ffmpegs_below(render), "ffmpeg", 60, pause_s=0.002)
    house.strike(lambda: [hit(pid) for pid in found])
    return [job]


def run_of_render(house: House, job: str) -> int | None:
    """The process of the job's render, once that works."""
    child = house.child(job, RENDER)
    return run_pid(child) if child else None


def flow_stopped(house: House) -> Sequence[str]:
    """It wakes up when another attempt has taken its place."""
    job = house.post()
    house.until_asked(job, "picture")
    stopped = run_pid(job)
    house.strike(lambda: hit(stopped, signal.SIGSTOP))

    def is_replaced() -> bool:
        now = run_pid(job)
        return now not in (None, stopped)

    try:
        house.wait(is_replaced, "another attempt", of=job)
    finally:
        hit(stopped, signal.SIGCONT)
    return [job]


def service_killed(name: str, house: House) -> Sequence[str]:
    """With one job in its first stages and one at the render."""
    first = house.post()
    rendering(house, first)
    second = house.post()
    house.until_asked(second, "storyboard")
    house.strike(lambda: hit(service_pid(house.stack.layout, name)))
    return [first, second]


def keeper_killed(house: House) -> Sequence[str]:
    """And a flow whose process it would have missed."""
    job = house.post()
    house.until_asked(job, "picture")
    house.strike(lambda: hit(service_pid(house.stack.layout, "keeper")) and hit(run_pid(job)))
    return [job]


def worker_stopped(house: House) -> Sequence[str]:
    """It learns late that its run's process has ended, when that run is begun again already."""
    job = house.post()
    house.until_asked(job, "picture")
    worker = service_pid(house.stack.layout, "worker-pipeline")
    house.strike(lambda: hit(worker, signal.SIGSTOP) and hit(run_pid(job)))
    try:
        house.until_in(job, RECOVERED_STATE)
    finally:
        hit(worker, signal.SIGCONT)
    return [job]


def server_stopped(house: House) -> Sequence[str]:
    """Longer than a lease: nobody is called gone whose signs of life could not be taken."""
    job = house.post()
    house.until_asked(job, "picture")
    server = service_pid(house.stack.layout, "server")
    house.strike(lambda: hit(server, signal.SIGSTOP))
    try:
        time.sleep(SERVER_STOPPED_S)
    finally:
        hit(server, signal.SIGCONT)
    return [job]


def api_killed_before_its_replies(house: House) -> Sequence[str]:
    """Clients that got no answer ask again with the same key, and get the job that there is."""
    bodies = [house.body() for _ in range(POSTS)]
    before = house.count_runs()
    with ThreadPoolExecutor(POSTS) as posting:
        jobs = [posting.submit(house.post_body, body) for body in bodies]
        house.wait(lambda: house.count_runs() > before, "the first job", pause_s=0.005)
        house.strike(lambda: hit(service_pid(house.stack.layout, "api")))
        found = [job.result() for job in jobs]
    if (made := house.count_runs() - before) != POSTS:
        raise NotSurvived(f"{made} jobs for {POSTS} requests")
    return found


SERVICES = (
    *("api", "server", "nursery", "status"),
    *("engine-pipeline", "engine-render", "worker-pipeline", "worker-render"),
)

FAULTS = [
    *(
        Fault(f"kill -9 of the flow {when}", partial(flow_killed, moment), beside=True)
        for when, moment in MOMENTS.items()
    ),
    Fault("kill -9 of the flow in a held review", held_flow_killed, beside=True),
    Fault("kill -9 of the render", render_killed, beside=True),
    Fault("kill -9 of ffmpeg", ffmpeg_killed, beside=True),
    Fault("SIGSTOP of the flow beyond its lease", flow_stopped, beside=True),
    Fault("kill -9 of the keeper and a flow", keeper_killed, beside=True),
    *(Fault(f"kill -9 of {name}", partial(service_killed, name)) for name in SERVICES),
    Fault("kill -9 of the API between commit and reply", api_killed_before_its_replies),
    Fault("SIGSTOP of a worker until its run is begun again", worker_stopped),
    Fault("SIGSTOP of the server beyond the lease", server_stopped),
]
