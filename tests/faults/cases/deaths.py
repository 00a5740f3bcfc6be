"""Processes that die while a job is made: each of them at each stage."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from functools import partial

from reels.artifacts import job_prefix
from reels.stages import STAGES, Stage, state_name
from tests.faults.fault import Fault
from tests.faults.house import USER, House
from tests.faults.processes import ffmpeg_pids, hit, run_pid, service_pid

#: Waits until the job is at the moment of a fault.
Moment = Callable[[House, str], object]
RENDER = "render-video"


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
    house.wait(
        lambda: house.ask(lambda: house.api.post(f"/videos/{job}/draft:approve", json={})),
        "the approval to be taken",
    )
    return [job]


def render_killed(house: House) -> Sequence[str]:
    job = house.post()
    rendering(house, job)
    child = house.child(job, RENDER)
    house.strike(lambda: child and hit(run_pid(child)))
    return [job]


def ffmpeg_killed(house: House) -> Sequence[str]:
    job = house.post()
    rendering(house, job)

    def at_work() -> list[int]:
        child = house.child(job, RENDER)
        return ffmpeg_pids(child) if child else []

    found = house.wait(at_work, "ffmpeg", of=job)
    house.strike(lambda: [hit(pid) for pid in found])
    return [job]


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
    *(Fault(f"kill -9 of {name}", partial(service_killed, name)) for name in SERVICES),
]
