"""What a job survives: its process killed, everything stopped, nobody answering, a full stop."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deployments import procfs
from reels.stages import RECOVERED_STATE
from tests.flows.conftest import Videos, a_stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SENTENCE = "Number {n} of the many lines of this long story is spoken here, slowly and with care."
LONG_TEXT = "\n\n".join(SENTENCE.format(n=n) for n in range(1, 21))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def processes_of(data_dir: Path, words: str) -> list[int]:
    """Processes below the stack in `data_dir` whose command line holds `words`."""
    found = [pid for pid in procfs.pids() if words in procfs.words(pid)]
    return [pid for pid in found if _belongs(pid, data_dir)]


def _belongs(pid: int, data_dir: Path) -> bool:
    """By its environment, or its parent's: the voice's process is given none."""
    family = (pid, procfs.parent(pid))
    return any(
        procfs.has_variable(each, "VIDEO_SERVICE_DATA_DIR", str(data_dir)) for each in family
    )


def test_a_suspended_job_is_approved_after_a_restart_of_everything(data_dir: Path) -> None:
    with a_stack(data_dir) as videos:
        job = videos.post(auto_approve=["draft"])
        videos.until(job, "subtitles_review")
        videos.until_suspended(job)
    with a_stack(data_dir) as videos:
        assert videos.read(job)["status"] == "subtitles_review"
        assert videos.decide(job, "subtitles").status_code == 200
        videos.until(job, "ready")
        assert videos.manifest(job)["artifacts"]["final.mp4"]["size_bytes"] > 100_000


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_held_or_at_work_when_the_stack_stops_goes_on_with_the_next(
    data_dir: Path, signal_number: signal.Signals
) -> None:
    with a_stack(data_dir, VIDEO_SERVICE_APPROVAL_HOLD_S="600") as videos:
        held = videos.post(auto_approve=["subtitles"])
        at_work = videos.post(text=LONG_TEXT, auto_approve=["draft"], music="none")
        videos.until(held, "draft_review")
        videos.until(at_work, "assets", "audio")
        videos.wait(lambda: videos.run(held)["state_type"] == "PAUSED", "the hold")
        os.kill(videos.stack.supervisor_pid, signal_number)
        videos.wait(lambda: not processes_of(data_dir, "python"), "every process to be gone")
    with a_stack(data_dir) as videos:
        assert videos.decide(held, "draft").status_code == 200
        videos.until(held, "rendering", "ready")
        videos.until(at_work, "subtitles", "subtitles_review")


def test_a_job_that_nobody_decides_on_is_cancelled(data_dir: Path) -> None:
    with a_stack(
        data_dir, VIDEO_SERVICE_APPROVAL_HOLD_S="2", VIDEO_SERVICE_APPROVAL_TIMEOUT_S="8"
    ) as videos:
        job = videos.post()
        videos.until(job, "draft_review")
        ended = videos.until(job, "cancelled")
        assert "Nobody decided" in ended["error"]["message"]
        assert videos.decide(job, "draft").status_code == 409


#: Processes are found within seconds, and a job may be begun again twice.
SOON = {
    "VIDEO_SERVICE_HEARTBEAT_S": "2",
    "VIDEO_SERVICE_LEASE_S": "8",
    "VIDEO_SERVICE_KEEPER_POLL_S": "1",
    "VIDEO_SERVICE_MAX_RECOVERIES": "2",
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Videos]:
    with a_stack(tmp_path_factory.mktemp("shared") / "data", **SOON) as videos:
        yield videos


def told_of(videos: Videos, job: str) -> list[str]:
    """The names of the states of a run, in the order of time."""
    answer = videos.prefect.get("/flow_run_states/", params={"flow_run_id": job})
    states = sorted(answer.raise_for_status().json(), key=lambda state: state["timestamp"])
    return [state["name"] for state in states]


def until_begun_again(videos: Videos, job: str, times: int) -> None:
    videos.wait(
        lambda: told_of(videos, job).count(RECOVERED_STATE) == times,
        f"job {job} to be begun again for the {times}. time",
    )


def speaker_of(videos: Videos, job: str, but: Collection[int] = ()) -> int | None:
    """The process of the job that speaks lines, while it does, and none of those in `but`."""
    at_work = processes_of(videos.stack.layout.data_dir, "espeak_process")
    speakers = {procfs.parent(pid) for pid in at_work} - {0, *but}
    in_audio = videos.read(job)["status"] in ("assets", "audio")
    return speakers.pop() if speakers and in_audio else None


def test_a_failing_stage_says_what_failed_and_a_retry_resumes_without_doing_things_twice(
    shared: Videos,
) -> None:
    videos = shared
    speech = videos.stack.layout.data_dir / "store" / "cache" / "speech"
    speech.parent.mkdir(parents=True, exist_ok=True)
    speech.write_text("in the way")
    job = videos.post(text="Nothing can be stored where this line belongs.", auto_approve=True)
    failed = videos.until(job, "failed")
    assert failed["error"]["stage"] == "audio"
    assert "lies under another artifact" in failed["error"]["message"]
    speech.unlink()
    drawn = (videos.stack.layout.data_dir / "store" / "cache" / "visual").glob("*.png")
    pictures = {path: path.stat().st_mtime_ns for path in drawn}
    assert pictures
    assert videos.api.post(f"/videos/{job}:retry").status_code in {200, 202}
    videos.until(job, "ready")
    assert pictures == {path: path.stat().st_mtime_ns for path in pictures}


def test_a_cancel_while_a_render_is_at_work_ends_the_render_too(shared: Videos) -> None:
    videos = shared
    kept = videos.stack.layout.data_dir / "store" / "cache" / "segment"

    def segments() -> set[Path]:
        return set(kept.glob("*.mp4"))

    before = segments()
    job = videos.post(text=LONG_TEXT, auto_approve=True, music="none", aspect="9:16")
    videos.wait(lambda: segments() - before, "the first segment")
    assert videos.api.post(f"/videos/{job}:cancel").status_code in {200, 202}
    videos.until(job, "cancelled")
    # A worker gives a run 30 s to end before it kills it.
    videos.wait(
        lambda: all(run["state_type"] == "CANCELLED" for run in videos.children(job)),
        "the render run to be cancelled",
        90,
    )
    assert not videos.read(job)["artifacts"].get("final")


def test_a_cancelled_job_that_waits_cannot_be_approved(shared: Videos) -> None:
    videos = shared
    job = videos.post()
    videos.until(job, "draft_review")
    videos.until_suspended(job)
    assert videos.api.post(f"/videos/{job}:cancel").status_code in {200, 202}
    videos.until(job, "cancelled")
    assert videos.decide(job, "draft").status_code == 409


def test_a_flow_killed_while_lines_are_spoken_goes_on_and_speaks_no_finished_line_again(
    shared: Videos,
) -> None:
    videos = shared
    speech = videos.stack.layout.data_dir / "store" / "cache" / "speech"
    lines = "\n\n".join(f"Once killed. {line}" for line in LONG_TEXT.split("\n\n"))
    of_others = set(speech.glob("*.record.json"))
    job = videos.post(text=lines, auto_approve=["draft"], music="none")

    def records() -> dict[str, int]:
        own = set(speech.glob("*.record.json")) - of_others
        return {path.name: path.stat().st_mtime_ns for path in own}

    def speaking() -> int | None:
        in_audio = videos.read(job)["status"] == "audio"
        return speaker_of(videos, job) if len(records()) >= 5 and in_audio else None

    process = videos.wait(speaking, "lines being spoken")
    # What is stopped finishes no line while they are counted.
    os.kill(process, signal.SIGSTOP)
    finished, killed_at = records(), datetime.now(UTC)
    os.kill(process, signal.SIGKILL)
    scenes = len(videos.storyboard(job)["scenes"])
    assert 5 <= len(finished) < scenes
    videos.until(job, "subtitles", "subtitles_review")
    assert "Crashed" not in told_of(videos, job)

    def second_attempt() -> list[str] | None:
        runs = [run for run in videos.task_runs(job) if _began(run) > killed_at]
        ends = [run["state_name"] for run in runs if run["name"].startswith("speak")]
        return ends if len(ends) == scenes and set(ends) <= {"Cached", "Completed"} else None

    ends = videos.wait(second_attempt, "the task runs to be recorded", 30)
    assert ends.count("Cached") == len(finished)
    assert ends.count("Completed") == scenes - len(finished)
    unchanged = {name: (speech / name).stat().st_mtime_ns for name in finished}
    assert unchanged == finished
    videos.api.post(f"/videos/{job}:cancel")
    videos.until(job, "cancelled")


def _began(task_run: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(task_run["expected_start_time"])


def test_a_flow_that_is_stopped_is_begun_again_and_one_that_is_killed_each_time_has_failed(
    shared: Videos,
) -> None:
    videos = shared
    lines = "\n\n".join(f"Stopped and killed. {line}" for line in LONG_TEXT.split("\n\n"))
    job = videos.post(text=lines, auto_approve=["draft"], music="none")
    seen: list[int] = []
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGKILL):
        seen.append(videos.wait(lambda: speaker_of(videos, job, seen), "lines being spoken"))
        os.kill(seen[-1], number)
    failed = videos.until(job, "failed")
    assert "was begun again 2 times, which did not help" in failed["error"]["message"]
    assert videos.api.post(f"/videos/{job}:retry").status_code in {200, 202}
    videos.until(job, "subtitles", "subtitles_review")
    videos.api.post(f"/videos/{job}:cancel")
    videos.until(job, "cancelled")


def test_a_job_ends_well_whose_renders_engine_and_own_worker_are_killed(shared: Videos) -> None:
    videos = shared
    lines = LONG_TEXT.split("\n\n")[:3]
    text = "\n\n".join(f"Whatever is killed. {line}" for line in lines)
    job = videos.post(text=text, auto_approve=True, music="none")

    def renders(number: int) -> bool:
        runs = videos.children(job)
        return len(runs) == number and any(run["state_type"] == "RUNNING" for run in runs)

    videos.wait(lambda: renders(1), "a render at work")
    kill_client(videos, "render.sock --preload")
    videos.wait(lambda: renders(2), "another render at work")
    kill_client(videos, "worker start --type process --pool pipeline")
    until_begun_again(videos, job, 1)
    videos.until(job, "ready", deadline_s=300)
    ends = sorted(run["state_type"] for run in videos.children(job))
    assert ends == ["COMPLETED", "CRASHED"]


def kill_client(videos: Videos, words: str) -> None:
    """Kill what stands for a service of the stack, which takes the service along."""
    found = processes_of(videos.stack.layout.data_dir, words)
    clients = [pid for pid in found if "engine/client.py" in procfs.words(pid)]
    assert len(clients) == 1, [procfs.words(pid) for pid in found]
    os.kill(clients[0], signal.SIGKILL)
