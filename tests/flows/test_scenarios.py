"""Scenarios on the whole stack: graphs run, fail, are killed, cancelled, and wait for others."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import Abort, Pause

from flows.scenario_waiting import suspend_until_told
from reels.probe import probe
from reels.settings import FlowSettings
from tests.flows.scenario_kit import Scenarios, handed, process_of, scenario_stack, worked
from tests.reels.scenarios.kit import HANDED_OVER

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CAT = "Напиши короткий текст про кота"
#: Two processes of a run work on side by side for as long as a test takes, and a process that is
#: killed is followed by one more.
CALM = {
    "VIDEO_SERVICE_HEARTBEAT_S": "300",
    "VIDEO_SERVICE_LEASE_S": "900",
    "VIDEO_SERVICE_MAX_RECOVERIES": "1",
}


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenarios]:
    with scenario_stack(tmp_path_factory.mktemp("scenarios") / "data", **CALM) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a name that no other test's has."""
    made = tmp_path / f"desk-{tmp_path.name.replace('_', '-')}"[:60].strip("-")
    made.mkdir()
    return made


def test_the_template_that_was_handed_over_ends_with_a_video_and_costs_nothing_again(
    scenarios: Scenarios,
) -> None:
    scenarios.put_template("ScenarioCreateVideo", HANDED_OVER)
    first = scenarios.start("ScenarioCreateVideo", description=CAT, slides_count=3)
    scenarios.until(first, "Completed")
    manifest = scenarios.manifest(first)
    video = scenarios.folder(first) / "final.mp4"
    found = probe(video)
    assert len(manifest.tasks) == 9
    assert {entry.status for entry in manifest.tasks} == {"success"}
    assert found.video is not None
    assert found.video.size_px == (1920, 1080)
    assert found.audio is not None
    assert found.duration_s == pytest.approx(manifest.tasks[-1].result.duration_s, abs=0.1)  # type: ignore[union-attr]

    again = scenarios.start("ScenarioCreateVideo", description=CAT, slides_count=3)
    scenarios.until(again, "Completed")
    names = [run["state_name"] for run in scenarios.videos.task_runs(again)]
    assert scenarios.manifest(again).artifacts["final.mp4"].sha256 == (
        manifest.artifacts["final.mp4"].sha256
    )
    assert scenarios.videos.children(again) == []
    assert set(names) <= {"Cached", "Running", "Pending"}, names


def test_a_failure_fails_what_depends_on_it_and_a_retry_does_only_the_rest(
    scenarios: Scenarios, desk: Path
) -> None:
    (desk / "B.fails").touch()
    tasks = handed("A", "C") + handed("B", "C") + handed("C", "D") + handed("D") + handed("E")
    run = scenarios.start_tasks(desk, tasks)
    state = scenarios.until(run, "Failed")["state"]
    ends = scenarios.entries(run)
    assert "3 of 5 tasks failed. B: B broke." in state["message"]
    assert {name: entry.status for name, entry in ends.items()} == {
        **dict.fromkeys("AE", "success"),
        **dict.fromkeys("BCD", "failed"),
    }
    assert ends["D"].cause == "B: B broke."

    (desk / "B.fails").unlink()
    scenarios.retry(run)
    scenarios.until(run, "Completed")
    ends = scenarios.entries(run)
    assert ends["D"].result is not None
    assert ends["D"].result.text == "D(C(A(), B()))"
    assert worked(desk) == {"A": 1, "B": 2, "C": 1, "D": 1, "E": 1}


def test_a_task_that_may_fail_lets_the_others_go_on_without_it(
    scenarios: Scenarios, desk: Path
) -> None:
    (desk / "A.fails").touch()
    tasks = handed("A", "C", more="optional: true") + handed("B", "C") + handed("C")
    run = scenarios.start_tasks(desk, tasks)
    scenarios.until(run, "Completed")
    ends = scenarios.entries(run)
    assert ends["A"].cause == "A broke."
    assert ends["C"].result is not None
    assert ends["C"].result.text == "C(B())"


def test_a_task_whose_thread_dies_has_failed(scenarios: Scenarios, desk: Path) -> None:
    (desk / "A.dies").touch()
    run = scenarios.start_tasks(desk, handed("A", "B") + handed("B"))
    state = scenarios.until(run, "Failed")["state"]
    assert "2 of 2 tasks failed. A: " in state["message"]
    assert worked(desk) == {"A": 1}


def test_a_flow_that_is_killed_goes_on_and_does_no_finished_task_again(
    scenarios: Scenarios, desk: Path
) -> None:
    (desk / "C.waits").touch()
    tasks = handed("A", "C") + handed("B", "C") + handed("C", "D") + handed("D")
    run = scenarios.start_tasks(desk, tasks)
    scenarios.videos.wait(lambda: worked(desk)["C"], "C to begin")
    os.kill(process_of(desk), signal.SIGKILL)
    scenarios.videos.wait(lambda: worked(desk)["C"] == 2, "C to begin again")
    (desk / "C.waits").unlink()
    scenarios.until(run, "Completed")
    assert worked(desk) == {"A": 1, "B": 1, "C": 2, "D": 1}
    assert scenarios.entries(run)["D"].result is not None


def test_what_had_failed_before_a_crash_is_done_again_by_a_retry(
    scenarios: Scenarios, desk: Path
) -> None:
    (desk / "A.fails").touch()
    (desk / "B.waits").touch()
    run = scenarios.start_tasks(desk, handed("A") + handed("B"))
    ends = scenarios.folder(run) / "ends"
    scenarios.videos.wait(lambda: worked(desk)["B"] and any(ends.glob("*.json")), "A to fail")
    for times in (1, 2):
        scenarios.videos.wait(lambda n=times: worked(desk)["B"] == n, "B to begin")  # type: ignore[misc]
        os.kill(process_of(desk), signal.SIGKILL)
    scenarios.until(run, "Failed")
    for name in ("A.fails", "B.waits"):
        (desk / name).unlink()
    scenarios.retry(run)
    scenarios.until(run, "Completed")
    assert worked(desk) == {"A": 2, "B": 3}


def test_a_second_process_of_a_run_does_nothing_twice(scenarios: Scenarios, desk: Path) -> None:
    (desk / "A.waits").touch()
    run = scenarios.start_tasks(desk, handed("A", "B") + handed("B"))
    scenarios.videos.wait(lambda: worked(desk)["A"], "A to begin")
    with scenarios.second_process(run) as second:
        begun = scenarios.videos.run(run)["run_count"]
        scenarios.videos.wait(
            lambda: scenarios.videos.run(run)["run_count"] > begun, "the second process"
        )
        assert second.poll() is None
        (desk / "A.waits").unlink()
        scenarios.until(run, "Completed")
    assert worked(desk) == {"A": 1, "B": 1}
    assert {entry.status for entry in scenarios.manifest(run).tasks} == {"success"}


def test_a_run_that_is_scheduled_while_it_has_its_process_harms_no_other(
    scenarios: Scenarios, desk: Path
) -> None:
    other = desk / f"{desk.name}-other"
    other.mkdir()
    runs = []
    for each in (desk, other):
        (each / "A.waits").touch()
        runs.append(scenarios.start_tasks(each, handed("A")))
        scenarios.videos.wait(lambda each=each: worked(each)["A"], "A to begin")
    scenarios.retry(runs[0])
    scenarios.until_polled(twice=True)
    for each in (desk, other):
        (each / "A.waits").unlink()
    for run in runs:
        scenarios.until(run, "Completed")
    assert worked(desk)["A"] == worked(other)["A"] == 1


def test_an_artifact_that_is_gone_is_made_again(scenarios: Scenarios, desk: Path) -> None:
    (desk / "B.fails").touch()
    run = scenarios.start_tasks(desk, handed("A", "B") + handed("B"))
    scenarios.until(run, "Failed")
    made = scenarios.entries(run)["A"].result
    assert made is not None
    assert made.artifact is not None
    (scenarios.store / made.artifact.key).unlink()
    (desk / "B.fails").unlink()
    scenarios.retry(run)
    scenarios.until(run, "Completed")
    assert worked(desk) == {"A": 2, "B": 2}


def test_a_cancel_stops_the_scenario_and_its_render(scenarios: Scenarios) -> None:
    run = scenarios.start("CreateVideo", description="Why does the sea taste of salt?")

    def rendering() -> bool:
        return any(child["state_type"] == "RUNNING" for child in scenarios.videos.children(run))

    scenarios.videos.wait(rendering, "the render")
    scenarios.set_state(run, "CANCELLING", "Cancelling")
    scenarios.until(run, "Cancelled")
    scenarios.videos.wait(
        lambda: all(child["state_type"] == "CANCELLED" for child in scenarios.videos.children(run)),
        "the render to be cancelled",
    )
    assert not (scenarios.folder(run) / "manifest.json").exists()


OUTSIDE = "worker: outside"
#: A worker may be quicker than we look.
RESUMED = {"Resuming", "Pending", "Running"}


def test_a_scenario_waits_for_outside_workers_without_a_process_and_goes_on(
    scenarios: Scenarios, desk: Path
) -> None:
    tasks = handed("A", "B") + handed("B", "C", more=OUTSIDE) + handed("C")
    run = scenarios.start_tasks(desk, tasks)
    scenarios.until(run, "Suspended")
    process = process_of(desk)
    scenarios.videos.wait(lambda: not Path(f"/proc/{process}").exists(), "the process to end")
    offered = scenarios.log(run, "B").offer
    assert offered is not None
    assert [each.text for each in offered.results.values()] == ["A()"]

    scenarios.end_outside(run, "B", result_ref="s3://elsewhere/b")
    assert scenarios.resume(run) == "ACCEPT"
    scenarios.until(run, "Completed")
    made = scenarios.entries(run)["C"].result
    assert made is not None
    assert made.text == "C(s3://elsewhere/b)"
    assert worked(desk) == {"A": 1, "C": 1}


def test_an_end_that_comes_while_others_work_is_taken_up_at_once(
    scenarios: Scenarios, desk: Path
) -> None:
    (desk / "A.waits").touch()
    tasks = handed("A") + handed("B", "C", more=OUTSIDE) + handed("C")
    run = scenarios.start_tasks(desk, tasks)
    scenarios.end_outside(run, "B", result_ref="b")
    scenarios.videos.wait(lambda: worked(desk)["C"], "C, while A is at work")
    (desk / "A.waits").unlink()
    scenarios.until(run, "Completed")


def test_a_retry_offers_tasks_anew_that_outside_workers_have_failed(
    scenarios: Scenarios, desk: Path
) -> None:
    run = scenarios.start_tasks(desk, handed("A", "B", more=OUTSIDE) + handed("B"))
    scenarios.end_outside(run, "A", "failed", cause="No film in the camera.")
    state = scenarios.until(run, "Failed")["state"]
    assert "A: No film in the camera." in state["message"]

    scenarios.retry(run)
    scenarios.end_outside(run, "A", result_ref="a")
    scenarios.until(run, "Completed")
    made = scenarios.entries(run)["B"].result
    assert made is not None
    assert made.text == "B(a)"


def ready_to_wait(scenarios: Scenarios, desk: Path) -> UUID:
    """A run that is running as far as the server knows, without a process."""
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2999-01-01T00:00:00Z"}}
    run = scenarios.start_tasks(desk, handed("A", more=OUTSIDE), state=later)
    scenarios.set_state(run, "RUNNING", "Running")
    return UUID(run)


def wait_with(
    scenarios: Scenarios, run: UUID, has_news: Callable[[], bool], linger_s: float = 0
) -> str:
    """What the run's state is called after it has waited as long as there were no news."""
    settings, address = FlowSettings(), scenarios.videos.stack.addresses.prefect_api_url
    with SyncPrefectClient(address) as client, suppress(Pause):
        suspend_until_told(client, run, has_news, settings, linger_s)
    return str(scenarios.videos.run(str(run))["state_name"])


def test_an_end_before_the_wait_spares_the_run_the_suspension(
    scenarios: Scenarios, desk: Path
) -> None:
    run = ready_to_wait(scenarios, desk)
    assert wait_with(scenarios, run, lambda: True, linger_s=60) == "Running"


def test_an_end_right_before_the_suspension_resumes_the_run(
    scenarios: Scenarios, desk: Path
) -> None:
    run = ready_to_wait(scenarios, desk)
    assert wait_with(scenarios, run, lambda: True) in RESUMED
    scenarios.set_state(str(run), "CANCELLED", "Cancelled")


def test_an_end_right_after_the_suspension_resumes_the_run_once(
    scenarios: Scenarios, desk: Path
) -> None:
    run, answers = ready_to_wait(scenarios, desk), []

    def told_meanwhile() -> bool:
        answers.append(scenarios.resume(str(run)))
        return True

    assert wait_with(scenarios, run, told_meanwhile) in RESUMED
    assert answers == ["ACCEPT"]
    scenarios.set_state(str(run), "CANCELLED", "Cancelled")


def test_a_run_that_is_cancelled_does_not_wait(scenarios: Scenarios, desk: Path) -> None:
    run = ready_to_wait(scenarios, desk)
    scenarios.set_state(str(run), "CANCELLED", "Cancelled")
    with pytest.raises(Abort):
        wait_with(scenarios, run, lambda: False)


def test_a_template_that_there_is_not_is_told_in_the_state(scenarios: Scenarios) -> None:
    state = scenarios.until(scenarios.start("NoSuchTemplate"), "Failed")["state"]
    assert "There is no scenario 'NoSuchTemplate'." in state["message"]


FILMED = """\
scenario_id: "{{ SHORT_UUID('Filmed') }}"
name: Filmed
tasks:
  - id: "{{ SHORT_UUID('Text') }}"
    service: text-service
    name: Text
    prompt: "{{ description }}"
  - id: "{{ SHORT_UUID('Film') }}"
    service: video-service
    name: Film
    worker: outside
    text_task_id: "{{ SHORT_UUID('Text') }}"
    consumers: ["{{ SHORT_UUID('Title') }}"]
  - id: "{{ SHORT_UUID('Title') }}"
    service: text-service
    name: Title
    prompt: "A title"
    text_task_id: "{{ SHORT_UUID('Text') }}"
"""


def test_a_scenario_over_the_api_waits_for_a_worker_and_ends_with_what_it_brings(
    scenarios: Scenarios,
) -> None:
    api, wait = scenarios.videos.api, scenarios.videos.wait
    scenarios.put_template("Filmed", FILMED)
    order = {"scenario": "Filmed", "description": "Why cats purr"}
    made = api.post("/generate", json=order)
    assert made.status_code == 202, made.text
    own = f"/scenarios/{made.json()['scenario_id']}"

    def claimed() -> Any:
        answer = api.post("/tasks:claim", json={"worker": "crew", "services": ["video-service"]})
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.status_code == 200 else None

    task = wait(claimed, "a task to claim")
    assert [each["name"] for each in task["inputs"]] == ["Text"]
    assert api.get(task["inputs"][0]["url"]).text
    scenarios.until(made.json()["job_id"], "Suspended")
    ended = {"status": "success", "result_ref": "s3://crew/film.mp4", "claim": task["claim"]}
    answer = api.patch(f"/tasks/{task['id']}/status", json=ended)
    assert answer.status_code == 200, answer.text

    def ready() -> Any:
        state = api.get(own).json()
        assert state["status"] != "failed", state
        return state if state["status"] == "ready" else None

    state = wait(ready, "the scenario to be ready")
    assert state["progress"] == 100
    assert state["counts"]["success"] == 3
    assert api.get(f"/tasks/{task['id']}").json()["result_ref"] == "s3://crew/film.mp4"
    assert api.patch(f"/tasks/{task['id']}/status", json=ended).status_code == 409
