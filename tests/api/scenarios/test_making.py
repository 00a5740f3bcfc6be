"""POST /generate: a template becomes a graph that is in its place before its run is made."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import PrefectClient

from api.jobs.gateway import PrefectGateway
from api.scenarios import making
from blocks.local_store import LocalStore
from reels.scenarios.models import Scenario, mark_of
from reels.scenarios.places import FOLDER, mark_tag, place_of, template_key
from reels.settings import LimitSettings
from tests.api.conftest import NOWHERE, client_of
from tests.api.scenarios.conftest import Theatre

KEY = "Idempotency-Key"
VIDEO = {"scenario": "CreateVideo", "description": "Tea", "slides_count": 3}


async def test_a_scenario_is_told_with_its_tasks_and_runs_with_their_mark(
    theatre: Theatre, store: LocalStore, prefect: PrefectClient
) -> None:
    made = await theatre.made(budget_usd=1.5)

    assert made["name"] == "Drawn"
    assert made["status"] == "queued"
    text, first, second, film = made["tasks"]
    assert text["consumers"] == [first["id"], second["id"]]
    assert first["text_task_id"] == text["id"]
    assert film["slide_ids"] == [first["id"], second["id"]]
    assert [task["queue"] for task in made["tasks"]] == [0, 1, 1, 2]
    assert {task["scenario_id"] for task in made["tasks"]} == {made["scenario_id"]}
    mark = mark_of(made["scenario_id"])
    kept = Scenario.model_validate_json(store.read(place_of(theatre.user, mark)))
    run = await prefect.read_flow_run(UUID(made["job_id"]))
    assert {f"user:{theatre.user}", mark_tag(mark)} <= set(run.tags)
    assert run.name == "Tea"
    assert run.parameters == {
        "scenario": "Drawn",
        "description": "Tea",
        "budget_usd": 1.5,
        "seed": kept.seed,
        "user_id": theatre.user,
    }


async def test_the_template_of_the_house_is_made_without_any_preparation(theatre: Theatre) -> None:
    answer = await theatre.post("/generate", **VIDEO)

    assert answer.status_code == 202
    body = answer.json()
    assert answer.headers["Location"] == body["links"]["self"]
    assert len(body["tasks"]) == 9
    assert body["warnings"] == []


async def test_a_repeated_key_gives_the_same_scenario_even_after_a_restart(
    theatre: Theatre, gateway: PrefectGateway, store: LocalStore
) -> None:
    headers = {**theatre.headers, KEY: str(uuid4())}
    first = await theatre.api.post("/generate", json=VIDEO, headers=headers)
    async with client_of(gateway, store) as restarted:
        again = await restarted.post("/generate", json=VIDEO, headers=headers)

        assert again.json() == first.json()
        before = store.sizes(FOLDER)
        other = {**VIDEO, "description": "Coffee"}
        refused = await restarted.post("/generate", json=other, headers=headers)
        async with client_of(gateway, store) as third:
            unheard = await third.post("/generate", json=other, headers=headers)

    for each in (refused, unheard):
        assert each.status_code == 422
        assert each.json()["errors"][0]["field"] == KEY
    assert store.sizes(FOLDER) == before


async def test_without_a_key_each_post_makes_a_scenario_of_its_own(theatre: Theatre) -> None:
    first, second = await theatre.made(), await theatre.made()
    assert first["scenario_id"] != second["scenario_id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scenario": "Nothing"}, "scenario"),
        ({"scenario": "../ben"}, "scenario"),
        ({"description": ""}, "description"),
        ({"slides_count": 0}, "slides_count"),
        ({"slides_count": "3"}, "slides_count"),
        ({"variables": {"COLOUR": "red"}}, "template"),
        ({"variables": {"STYLE": {"__prefect_kind": "json"}}}, "variables.STYLE.__prefect_kind"),
        ({"variables": {"STYLE": "x" * 600_000}}, "variables"),
    ],
)
async def test_what_cannot_be_made_is_refused_and_leaves_nothing(
    change: dict[str, Any], field: str, theatre: Theatre, store: LocalStore
) -> None:
    answer = await theatre.post("/generate", **{**VIDEO, **change})

    assert answer.status_code == 422, answer.text
    assert field in [each["field"] for each in answer.json()["errors"]]
    assert store.sizes(FOLDER) == {}


async def test_every_fault_of_a_template_is_told_by_its_line(
    theatre: Theatre, store: LocalStore
) -> None:
    wrong = """\
scenario_id: "{{ SHORT_UUID('S') }}"
name: Wrong
tasks:
  - id: "{{ SHORT_UUID('A') }}"
    service: dance-service
    name: A
    consumers: ["{{ SHORT_UUID('Nobody') }}"]
"""
    store.put(template_key(theatre.user, "Wrong"), wrong.encode())

    answer = await theatre.post("/generate", scenario="Wrong", description="Tea")

    assert answer.status_code == 422
    assert {each["field"] for each in answer.json()["errors"]} == {"template.5", "template.7"}


async def test_a_scenario_that_a_limit_refuses_leaves_nothing_in_the_store(
    prefect_url: str, store: LocalStore
) -> None:
    headers = {"X-User-ID": f"u{uuid4().hex}"}
    limits = LimitSettings(jobs_per_day=1)
    async with (
        PrefectGateway(prefect_url, limits=limits) as gateway,
        client_of(gateway, store) as api,
    ):
        assert (await api.post("/generate", json=VIDEO, headers=headers)).status_code == 202
        before = store.sizes(FOLDER)

        assert (await api.post("/generate", json=VIDEO, headers=headers)).status_code == 429
    assert store.sizes(FOLDER) == before


async def test_a_key_that_found_prefect_away_makes_its_scenario_when_it_is_back(
    theatre: Theatre, store: LocalStore
) -> None:
    headers = {**theatre.headers, KEY: str(uuid4())}
    async with PrefectGateway(NOWHERE, patience_s=0.1) as away, client_of(away, store) as api:
        assert (await api.post("/generate", json=VIDEO, headers=headers)).status_code == 503

    answer = await theatre.api.post("/generate", json=VIDEO, headers=headers)

    assert answer.status_code == 202
    assert len(store.sizes(FOLDER)) == 1


def test_a_seed_follows_from_user_key_and_request_alone() -> None:
    asked: dict[str, object] = {"scenario": "A", "description": "b"}
    seed = making._seed("ann", "k", asked)
    assert seed == making._seed("ann", "k", dict(reversed(asked.items())))
    others = [making._seed("ben", "k", asked), making._seed("ann", "l", asked)]
    others += [making._seed("ann", "k", {**asked, "description": "c"})]
    others += [making._seed("ann", "", asked), making._seed("ann", "", asked)]
    assert len({seed, *others}) == 6
