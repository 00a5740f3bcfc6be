"""What each role may do with a job that is its own, and with one that is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.schemas.objects import StateType

from api.identity.base import Caller
from api.identity.rights import require_charge, require_creation, require_review, sees
from api.jobs.gateway import PrefectGateway
from blocks.local_store import LocalStore
from reels.errors import Forbidden
from reels.settings import AuthSettings
from tests.api.conftest import StageHand, client_of

WORDS = ("user", "editor", "ops")


def may(check: Any, *given: Any) -> bool:
    try:
        check(*given)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize(
    ("role", "is_own", "expected"),
    [
        ("user", True, "sees reviews charges creates"),
        ("user", False, ""),
        ("editor", True, "sees reviews reviews-strictly charges creates"),
        ("editor", False, "sees reviews reviews-strictly"),
        ("ops", True, "sees reviews reviews-strictly charges creates"),
        ("ops", False, "sees reviews reviews-strictly charges creates"),
    ],
)
def test_the_rights_are_those_of_the_table(role: Any, is_own: bool, expected: str) -> None:
    caller, owner = Caller(user="ann", role=role), "ann" if is_own else "ben"
    found = {
        "sees": sees(caller, owner),
        "reviews": may(require_review, caller, owner, "owners"),
        "reviews-strictly": may(require_review, caller, owner, "editors"),
        "charges": may(require_charge, caller, owner),
        "creates": may(require_creation, caller, owner),
    }
    assert " ".join(name for name, has in found.items() if has) == expected


def as_role(role: str, user: str = "somebody-else") -> dict[str, str]:
    return {"X-User-ID": user, "X-User-Role": role}


@pytest.fixture
def owner() -> str:
    return f"ann-{uuid4().hex}"


@pytest.fixture
async def waiting(stage_hand: StageHand, owner: str) -> str:
    """A job of `owner`'s that waits for its draft's approval."""
    job = await stage_hand.new_job(user=owner)
    await stage_hand.run(job, "drafting")
    stage_hand.put(job, "poster.jpg", b"x", user=owner)
    await stage_hand.wait_in(job, "draft_review")
    return job


async def statuses(api: httpx.AsyncClient, job: str, headers: dict[str, str]) -> list[int]:
    """Of reading, approving, cancelling and retrying."""
    answers = [
        await api.get(f"/videos/{job}", headers=headers),
        await api.get(f"/api/v1/video/status/{job}", headers=headers),
        await api.post(f"/videos/{job}/draft:approve", headers=headers),
        await api.post(f"/videos/{job}:cancel", headers=headers),
        await api.post(f"/videos/{job}:retry", headers=headers),
    ]
    return [answer.status_code for answer in answers]


async def test_a_user_finds_nothing_of_anothers_job(stage_hand: StageHand, waiting: str) -> None:
    assert await statuses(stage_hand.api, waiting, as_role("user")) == [404] * 5


async def test_an_editor_sees_and_approves_a_users_job_and_does_nothing_else(
    stage_hand: StageHand, waiting: str
) -> None:
    told = await statuses(stage_hand.api, waiting, as_role("editor"))
    assert told == [200, 200, 200, 403, 403]
    assert await stage_hand.answer_of(waiting) == {"action": "approve", "comment": ""}


async def test_ops_may_do_all_with_a_users_job(stage_hand: StageHand, waiting: str) -> None:
    told = await statuses(stage_hand.api, waiting, as_role("ops"))
    assert told == [200, 200, 200, 202, 409]


async def test_whoever_looks_at_a_job_is_shown_what_lies_with_its_owner(
    stage_hand: StageHand, waiting: str, owner: str
) -> None:
    for role in ("editor", "ops"):
        read = await stage_hand.api.get(f"/videos/{waiting}", headers=as_role(role))
        link = read.json()["artifacts"]["poster"]
        assert f"/videos/{owner}/{waiting}/poster.jpg" in link
        assert (await stage_hand.api.get(link)).content == b"x"


async def test_an_editor_has_no_part_in_other_peoples_media(
    stage_hand: StageHand, owner: str
) -> None:
    stage_hand.store.put(f"assets/{owner}/tea.png", b"x")
    for role in ("editor", "ops"):
        listed = await stage_hand.api.get("/media", headers=as_role(role))
        removed = await stage_hand.api.delete("/media/tea.png", headers=as_role(role))
        assert (listed.json()["media"], removed.status_code) == ([], 404)
    assert stage_hand.store.head(f"assets/{owner}/tea.png") is not None


async def test_only_ops_post_slideshows_for_somebody_else(offline_api: httpx.AsyncClient) -> None:
    body = {
        "user_id": "ann",
        "image_urls": ["https://media.example.org/1.jpg"],
        "audio_url": "https://media.example.org/1.mp3",
    }

    async def status(role: str) -> int:
        answer = await offline_api.post("/create-video", json=body, headers=as_role(role))
        return answer.status_code

    # Allowed, it goes on to Prefect, which is not there.
    assert [await status(role) for role in WORDS] == [403, 403, 503]


@pytest.fixture
async def strict(prefect_url: str, stage_hand: StageHand) -> AsyncIterator[httpx.AsyncClient]:
    """The app where only editors review."""
    gateway = PrefectGateway(prefect_url, patience_s=3.0, reviewers="editors")
    auth = AuthSettings(reviewers="editors")
    async with gateway, client_of(gateway, stage_hand.store, auth=auth) as api:
        yield api


async def test_where_editors_review_an_owner_sees_and_does_not_approve(
    strict: httpx.AsyncClient, stage_hand: StageHand, waiting: str, owner: str
) -> None:
    own = {"X-User-ID": owner}
    assert (await strict.get(f"/videos/{waiting}", headers=own)).status_code == 200
    for action in ("approve", "revise", "reject"):
        body = {"action": action, "comment": "So."}
        answer = await strict.post(f"/videos/{waiting}/draft:approve", json=body, headers=own)
        assert answer.status_code == 403, action
    assert (await stage_hand.read(waiting, user=owner))["review"] is not None

    approved = await strict.post(f"/videos/{waiting}/draft:approve", headers=as_role("editor"))
    assert approved.status_code == 200


async def test_a_job_that_ops_started_in_prefect_is_there_for_editors_and_ops_only(
    stage_hand: StageHand, store: LocalStore
) -> None:
    deployment = await stage_hand.prefect.read_deployment_by_name("make-video/default")
    run = await stage_hand.prefect.create_flow_run_from_deployment(
        deployment.id, parameters={"idea": "Tea"}, tags=["video"]
    )
    store.put(f"videos/ops/{run.id}/poster.jpg", b"x")
    path = f"/videos/{run.id}"

    async def status(role: str) -> int:
        return (await stage_hand.api.get(path, headers=as_role(role))).status_code

    assert [await status(role) for role in WORDS] == [404, 200, 200]
    read = await stage_hand.api.get(path, headers=as_role("ops", "olga"))
    assert f"/videos/ops/{run.id}/poster.jpg" in read.json()["artifacts"]["poster"]
    cancelled = await stage_hand.api.post(f"{path}:cancel", headers=as_role("ops", "olga"))
    assert cancelled.status_code == 202


async def test_a_job_that_ops_started_for_a_user_is_that_users(
    stage_hand: StageHand, owner: str
) -> None:
    deployment = await stage_hand.prefect.read_deployment_by_name("make-video/default")
    run = await stage_hand.prefect.create_flow_run_from_deployment(
        deployment.id, parameters={"idea": "Tea", "user_id": owner}, tags=["video"]
    )
    assert (await stage_hand.read(str(run.id), user=owner))["status"] == "queued"
    other = await stage_hand.api.get(f"/videos/{run.id}", headers=as_role("user"))
    assert other.status_code == 404


async def test_a_retry_that_is_under_way_is_not_told_to_others(
    stage_hand: StageHand, gateway: PrefectGateway, owner: str
) -> None:
    job = await stage_hand.new_job(user=owner)
    await stage_hand.set(job, StateType.FAILED)
    gateway._retrying.add(UUID(job))
    answer = await stage_hand.api.post(f"/videos/{job}:retry", headers=as_role("user"))
    assert answer.status_code == 404
