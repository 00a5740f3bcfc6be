"""Outside workers claim tasks, keep them for as long as their leases last, and end them once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from prefect.client.schemas.objects import StateType

from api.jobs.gateway import PrefectGateway
from api.scenarios import logs
from blocks.local_store import LocalStore
from reels.scenarios.claims import Entry
from tests.api.conftest import PUBLIC_URL, client_of
from tests.api.scenarios.conftest import Theatre

AT_ONCE = 20


async def _type(theatre: Theatre, made: dict[str, Any]) -> StateType:
    run = await theatre.prefect.read_flow_run(UUID(made["job_id"]))
    assert run.state is not None
    return run.state.type


async def test_whoever_claims_a_task_gets_the_results_that_it_needs(theatre: Theatre) -> None:
    made, (first, _) = await theatre.offered()

    answer = await theatre.post(f"/tasks/{first}:claim", worker="pen", lease_s=120)

    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["holder"]["worker"]) == ("processing", "pen")
    left = datetime.fromisoformat(body["holder"]["until"]) - datetime.now(UTC)
    assert 60 < left.total_seconds() <= 120
    (given,) = body["inputs"]
    assert given["task_id"] == body["text_task_id"]
    assert given["media_type"] == "text/plain"
    link = given["url"].removeprefix(PUBLIC_URL)
    assert (await theatre.api.get(link)).content == b"Tea is a leaf."
    assert await theatre.statuses(made) == ["success", "processing", "pending", "pending"]
    read = await theatre.get(f"/tasks/{first}")
    assert read["holder"] == body["holder"]
    assert "claim" not in read


async def test_of_twenty_claims_at_once_one_is_taken(theatre: Theatre) -> None:
    _, (first, _) = await theatre.offered()

    answers = await asyncio.gather(
        *(theatre.post(f"/tasks/{first}:claim", worker=f"w{n}") for n in range(AT_ONCE))
    )

    assert Counter(each.status_code for each in answers) == {200: 1, 409: AT_ONCE - 1}
    won = next(each.json() for each in answers if each.status_code == 200)
    assert (await theatre.get(f"/tasks/{first}"))["holder"] == won["holder"]


async def test_of_claims_at_two_apis_at_once_one_is_taken(
    theatre: Theatre, prefect_url: str, store: LocalStore
) -> None:
    """What excludes them is Prefect's, not a process's."""
    _, (first, _) = await theatre.offered()
    async with PrefectGateway(prefect_url) as gateway, client_of(gateway, store) as other:
        answers = await asyncio.gather(
            *(
                api.post(f"/tasks/{first}:claim", headers=theatre.headers)
                for api in [theatre.api, other] * 5
            )
        )
    assert sorted(each.status_code for each in answers) == [200, *[409] * 9]


async def test_of_twenty_who_want_any_task_each_task_goes_to_one(theatre: Theatre) -> None:
    _, tasks = await theatre.offered()

    answers = await asyncio.gather(*(theatre.post("/tasks:claim") for _ in range(AT_ONCE)))

    assert Counter(each.status_code for each in answers) == {200: 2, 204: AT_ONCE - 2}
    assert sorted(each.json()["id"] for each in answers if each.status_code == 200) == sorted(tasks)


async def test_of_two_ends_at_once_one_counts(theatre: Theatre) -> None:
    _, (first, _) = await theatre.offered()
    claim = (await theatre.post(f"/tasks/{first}:claim")).json()["claim"]

    answers = await asyncio.gather(
        theatre.patch(first, "success", claim=claim, result_ref="s3://bucket/a"),
        theatre.patch(first, "failed", claim=claim, cause="No ink."),
    )

    assert sorted(each.status_code for each in answers) == [200, 409]
    won = next(each.json() for each in answers if each.status_code == 200)
    read = await theatre.get(f"/tasks/{first}")
    assert read == won
    ends = {("success", "s3://bucket/a", ""), ("failed", "", "No ink.")}
    assert (read["status"], read["result_ref"], read["cause"]) in ends


async def test_a_task_whose_lease_is_over_is_claimed_by_another_and_the_first_is_refused(
    theatre: Theatre,
) -> None:
    made, (first, _) = await theatre.offered()
    stale = await theatre.claimed_long_ago(made, first)

    taken = await theatre.post(f"/tasks/{first}:claim", worker="b")

    assert taken.status_code == 200
    for status in ("success", "failed", "processing"):
        assert (await theatre.patch(first, status, claim=stale)).status_code == 409
    # Nobody can tell whose word it is that comes without a claim.
    assert (await theatre.patch(first, "success")).status_code == 409
    ended = await theatre.patch(first, "success", claim=taken.json()["claim"])
    assert ended.status_code == 200


async def test_an_end_counts_after_the_lease_as_long_as_nobody_else_has_the_task(
    theatre: Theatre,
) -> None:
    made, (first, _) = await theatre.offered()
    claim = await theatre.claimed_long_ago(made, first)
    assert (await theatre.get(f"/tasks/{first}"))["status"] == "pending"

    assert (await theatre.patch(first, "success", claim=claim)).status_code == 200


async def test_a_claim_is_renewed_by_its_own_name(theatre: Theatre) -> None:
    _, (first, _) = await theatre.offered()
    taken = (await theatre.patch(first, "processing", worker="a")).json()

    kept = await theatre.patch(first, "processing", claim=taken["claim"], lease_s=600)

    assert kept.json()["claim"] == taken["claim"]
    assert kept.json()["holder"]["until"] > taken["holder"]["until"]
    assert kept.json()["holder"]["worker"] == "a"
    assert (await theatre.patch(first, "processing")).status_code == 409
    assert (await theatre.patch(first, "processing", claim="another")).status_code == 409


async def test_the_seeds_own_worker_needs_no_claims(theatre: Theatre) -> None:
    """`processing`, then `success` with a reference: no more than the seed's API asks for."""
    _, (first, _) = await theatre.offered()

    assert (await theatre.patch(first, "processing")).status_code == 200
    ended = await theatre.patch(first, "success", result_ref="s3://bucket/result.mp4")

    assert ended.status_code == 200
    assert ended.json()["result_ref"] == "s3://bucket/result.mp4"


async def test_the_order_of_statuses_is_kept(theatre: Theatre) -> None:
    made, (first, _) = await theatre.offered()
    ours, film = made["tasks"][0]["id"], made["tasks"][3]["id"]
    assert (await theatre.patch(first, "success")).status_code == 409
    assert (await theatre.patch(first, "pending")).status_code == 409
    for task in (ours, film):
        assert (await theatre.patch(task, "processing")).status_code == 409
        assert (await theatre.post(f"/tasks/{task}:claim")).status_code == 409
    await theatre.patch(first, "processing")
    await theatre.patch(first, "failed", cause="No ink.")
    for status in ("processing", "success", "failed", "pending"):
        assert (await theatre.patch(first, status)).status_code == 409, status


async def test_a_task_that_waits_for_others_cannot_be_claimed(theatre: Theatre) -> None:
    made = await theatre.made()
    await theatre.run(made)
    answer = await theatre.post(f"/tasks/{made['tasks'][1]['id']}:claim")
    assert answer.status_code == 409
    assert "waits for others" in answer.json()["detail"]
    assert (await theatre.post("/tasks:claim")).status_code == 204


async def test_an_end_wakes_a_scenario_that_waits_without_a_process(theatre: Theatre) -> None:
    made, tasks = await theatre.offered()
    for task in tasks:
        await theatre.post(f"/tasks/{task}:claim")
    await theatre.suspend(made)
    assert (await theatre.get(f"/scenarios/{made['scenario_id']}"))["status"] == "waiting"

    answers = await asyncio.gather(*(theatre.patch(task, "success") for task in tasks))

    assert [each.status_code for each in answers] == [200, 200]
    assert await _type(theatre, made) == StateType.SCHEDULED
    assert (await theatre.get(f"/scenarios/{made['scenario_id']}"))["status"] == "running"


async def test_an_end_that_is_told_again_wakes_what_the_first_one_left_asleep(
    theatre: Theatre,
) -> None:
    """Whoever ended it may have been killed between its end and its scenario's resumption."""
    made, (first, _) = await theatre.offered()
    claim = (await theatre.post(f"/tasks/{first}:claim")).json()["claim"]
    ended = Entry(what="ended", at=datetime.now(UTC), claim=claim, status="success")
    await theatre.append(made, first, 2, ended)
    await theatre.suspend(made)

    again = await theatre.patch(first, "success", claim=claim)

    assert again.status_code == 409
    assert await _type(theatre, made) == StateType.SCHEDULED


async def test_a_pause_that_is_not_for_workers_is_left_alone(theatre: Theatre) -> None:
    made, (first, _) = await theatre.offered()
    await theatre.post(f"/tasks/{first}:claim")
    await theatre.set(made, StateType.PAUSED)
    assert (await theatre.patch(first, "success")).status_code == 200
    assert await _type(theatre, made) == StateType.PAUSED


async def test_for_a_scenario_that_is_over_nobody_works(theatre: Theatre) -> None:
    made, (first, second) = await theatre.offered()
    claim = (await theatre.post(f"/tasks/{first}:claim")).json()["claim"]
    await theatre.post(f"/scenarios/{made['scenario_id']}:cancel")

    assert (await theatre.patch(first, "success", claim=claim)).status_code == 409
    assert (await theatre.post(f"/tasks/{second}:claim")).status_code == 409
    assert (await theatre.post("/tasks:claim")).status_code == 204


async def test_the_next_task_is_of_a_wanted_service_and_of_ones_own_scenarios(
    theatre: Theatre,
) -> None:
    await theatre.offered()
    ben = Theatre(theatre.api, theatre.prefect, theatre.store, f"{theatre.user}-b")

    assert (await theatre.post("/tasks:claim", services=["voice-service"])).status_code == 204
    assert (await ben.post("/tasks:claim")).status_code == 204
    found = await theatre.post("/tasks:claim", services=["voice-service", "image-service"])
    assert found.status_code == 200
    assert found.json()["service"] == "image-service"


async def test_the_next_task_is_one_whose_lease_is_over_when_no_other_is_left(
    theatre: Theatre,
) -> None:
    made, (first, _) = await theatre.offered()
    await theatre.claimed_long_ago(made, first)
    answers = [await theatre.post("/tasks:claim") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 204]
    assert answers[0].json()["id"] == first


@pytest.mark.parametrize("body", [{"lease_s": 0}, {"lease_s": 1e9}, {"worker": 5}, {"x": 1}])
async def test_a_wrong_claim_names_its_field(body: dict[str, Any], theatre: Theatre) -> None:
    answer = await theatre.post(f"/tasks/{'0' * 20}:claim", **body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == list(body)


async def test_whoever_is_always_second_is_told_to_come_back(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "entry_key", lambda task, number: f"outside-{task}-00000")
    _, (first, _) = await theatre.offered()
    answer: httpx.Response = await theatre.post(f"/tasks/{first}:claim")
    assert answer.status_code == 503
