"""GET /scenarios and /scenarios/{id}: how far a scenario and each of its tasks is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from prefect.client.schemas.objects import State, StateType

from reels.scenarios.running import End
from reels.services.base import TaskResult
from tests.api.conftest import PUBLIC_URL
from tests.api.scenarios.conftest import Theatre

DONE = End(status="success", result=TaskResult(address="s3://bucket/x"))
Made = dict[str, Any]


async def _read(theatre: Theatre, made: Made) -> dict[str, Any]:
    return await theatre.get(f"/scenarios/{made['scenario_id']}")


async def test_a_new_scenario_is_queued_with_all_of_its_tasks_pending(theatre: Theatre) -> None:
    made = await theatre.made()
    read = await _read(theatre, made)
    assert (read["status"], read["progress"], read["results"]) == ("queued", 0, {})
    assert read["counts"] == {"pending": 4, "processing": 0, "success": 0, "failed": 0}
    assert read["tasks"] == made["tasks"]
    assert read["title"] == "Tea"


async def test_our_tasks_are_as_far_as_their_last_runs_in_prefect(theatre: Theatre) -> None:
    made = await theatre.made()
    text = made["tasks"][0]["id"]
    await theatre.run(made)
    await theatre.do(made, text, StateType.RUNNING)
    assert (await _read(theatre, made))["counts"]["processing"] == 1
    await theatre.do(made, text, StateType.COMPLETED)
    # Another state of the run is another answer, however fresh the last one is.
    await theatre.set(made, State(type=StateType.RUNNING, name="Later"))

    read = await _read(theatre, made)

    assert (read["status"], read["progress"]) == ("running", 25)
    assert [task["status"] for task in read["tasks"]] == ["success", *["pending"] * 3]


async def test_a_failure_is_told_with_its_cause_on_all_that_it_fails(theatre: Theatre) -> None:
    made = await theatre.made()
    await theatre.run(made)
    prefix = "Task run encountered an exception ProviderError: "
    text = made["tasks"][0]["id"]
    await theatre.do(made, text, StateType.FAILED, f"{prefix}No words.")

    read = await _read(theatre, made)

    assert read["counts"]["failed"] == 4
    causes = [task["cause"] for task in read["tasks"]]
    assert causes[0] == "No words."
    assert all("CreateText: No words." in cause for cause in causes[1:])


async def test_a_scenario_that_is_over_is_told_by_its_manifest(theatre: Theatre) -> None:
    made = await theatre.made()
    await theatre.run(made)
    await theatre.finish(made, {task["id"]: DONE for task in made["tasks"]})

    read = await _read(theatre, made)

    assert (read["status"], read["progress"], read["cost_usd"]) == ("ready", 100, 0.0)
    assert read["counts"]["success"] == 4
    assert read["error"] is None
    link = read["results"]["final.mp4"].removeprefix(PUBLIC_URL)
    assert (await theatre.api.get(link)).content == b"a film"


async def test_a_scenario_that_failed_says_why(theatre: Theatre) -> None:
    made = await theatre.made()
    await theatre.run(made)
    first = made["tasks"][0]["id"]
    await theatre.finish(made, {first: End(status="failed", cause="No words.")})
    failed: State[Any] = State(type=StateType.FAILED, message="1 of 4 tasks failed.")
    await theatre.set(made, failed)

    read = await _read(theatre, made)

    assert (read["status"], read["error"]) == ("failed", "1 of 4 tasks failed.")
    assert read["tasks"][0]["cause"] == "No words."


async def test_in_a_cancelled_scenario_nobody_works_any_more(theatre: Theatre) -> None:
    made, (first, _) = await theatre.offered()
    await theatre.post(f"/tasks/{first}:claim")
    assert await theatre.statuses(made) == ["success", "processing", "pending", "pending"]
    await theatre.set(made, StateType.CANCELLED)

    assert await theatre.statuses(made) == ["success", "pending", "pending", "pending"]


async def test_a_failure_that_a_retry_does_again_is_pending_until_then(theatre: Theatre) -> None:
    made = await theatre.made()
    text = made["tasks"][0]["id"]
    await theatre.run(made)
    await theatre.do(made, text, StateType.FAILED)
    await theatre.set(made, StateType.FAILED)
    await theatre.post(f"/scenarios/{made['scenario_id']}:retry")
    await theatre.run(made)

    assert await theatre.statuses(made) == ["pending"] * 4
    theatre.keep(made, text, End(status="failed", cause="again"))
    await theatre.set(made, State(type=StateType.RUNNING, name="Later"))
    assert (await theatre.statuses(made))[0] == "failed"


async def test_the_graph_is_mermaid_text_in_the_colours_of_the_statuses(theatre: Theatre) -> None:
    made, (first, _) = await theatre.offered()
    await theatre.post(f"/tasks/{first}:claim")

    answer = await theatre.api.get(
        f"/scenarios/{made['scenario_id']}/graph", headers=theatre.headers
    )

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = [line.strip() for line in answer.text.splitlines()]
    assert lines[0] == "graph TD"
    assert 't0["CreateText"]:::success' in lines
    assert 't1["Draw"]:::processing' in lines
    assert "t0 --> t1" in lines


@pytest.mark.parametrize("path", ["/scenarios/{}", "/scenarios/{}/graph", "/tasks/{}"])
async def test_what_is_not_there_is_404_and_no_id_of_another_kind_leads_there(
    path: str, theatre: Theatre
) -> None:
    made = await theatre.made()
    other = made["tasks"][0]["id"] if "scenarios" in path else made["scenario_id"]
    for each in ("0" * 20, other, made["job_id"], "templates2", other.upper(), other[:10]):
        answer = await theatre.api.get(path.format(each), headers=theatre.headers)
        assert answer.status_code == 404, each


async def test_a_scenarios_run_is_no_video(theatre: Theatre) -> None:
    made = await theatre.made()
    answer = await theatre.api.get(f"/videos/{made['job_id']}", headers=theatre.headers)
    assert answer.status_code == 404
    assert (await theatre.get("/videos"))["videos"] == []


async def test_pages_hold_every_scenario_of_ones_own_once_newest_first(theatre: Theatre) -> None:
    made = [(await theatre.made())["scenario_id"] for _ in range(5)]
    found: list[str] = []
    token: str | None = ""
    while token is not None:
        page = await theatre.get(f"/scenarios?page_size=2&page_token={token}")
        found += [each["scenario_id"] for each in page["scenarios"]]
        token = page["next_page_token"]
    assert found == made[::-1]


async def test_a_token_of_a_list_of_videos_is_none_of_scenarios(theatre: Theatre) -> None:
    for _ in range(2):
        await theatre.post("/videos", idea="Tea")
    token = (await theatre.get("/videos?page_size=1"))["next_page_token"]
    answer = await theatre.api.get(
        "/scenarios", params={"page_token": token}, headers=theatre.headers
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "page_token"


async def test_reading_a_scenario_again_asks_prefect_for_its_run_alone(
    theatre: Theatre, gateway: Any
) -> None:
    made, _ = await theatre.offered()
    await _read(theatre, made)
    asked: list[str] = []

    async def note(request: httpx.Request) -> None:
        asked.append(request.url.path)

    gateway.client._client.event_hooks["request"].append(note)
    await _read(theatre, made)

    assert [path.rpartition("/api")[2] for path in asked] == ["/flow_runs/filter"]


async def test_two_scenarios_with_one_mark_are_told_apart(theatre: Theatre) -> None:
    """Another user's run may carry the same tag: 40 bits are no secret and no promise."""
    made = await theatre.made()
    run = await theatre.prefect.read_flow_run(UUID(made["job_id"]))
    mark = next(tag for tag in run.tags if tag.startswith("scenario:"))
    other = Theatre(theatre.api, theatre.prefect, theatre.store, f"{theatre.user}-b")
    theirs = await other.made()
    await theatre.prefect.update_flow_run(
        UUID(theirs["job_id"]), tags=["reelwright", f"user:{other.user}", mark]
    )

    assert (await _read(theatre, made))["job_id"] == made["job_id"]
