"""GET /videos: pages and filters."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import StateType

from api import listing
from tests.api.conftest import StageHand


async def _page(hand: StageHand, user: str, **query: Any) -> dict[str, Any]:
    answer = await hand.api.get("/videos", params=query, headers={"X-User-ID": user})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _walk(hand: StageHand, user: str, **query: Any) -> list[str]:
    found: list[str] = []
    token: str | None = ""
    while token is not None:
        page = await _page(hand, user, page_token=token, **query)
        found += [video["job_id"] for video in page["videos"]]
        token = page["next_page_token"]
    return found


@pytest.fixture
def user() -> str:
    return f"u{uuid4().hex[:8]}"


async def test_pages_hold_every_job_once_newest_first(
    stage_hand: StageHand, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "WINDOW", 3)
    jobs = [await stage_hand.new_job(user) for _ in range(8)]

    assert await _walk(stage_hand, user, page_size=2) == jobs[::-1]
    assert await _walk(stage_hand, user, page_size=8) == jobs[::-1]


async def test_nothing_is_lost_or_doubled_when_jobs_come_between_the_pages(
    stage_hand: StageHand, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "WINDOW", 3)
    jobs = [await stage_hand.new_job(user) for _ in range(5)]
    first = await _page(stage_hand, user, page_size=2)
    for _ in range(4):
        await stage_hand.new_job(user)

    rest = await _page(stage_hand, user, page_size=9, page_token=first["next_page_token"])

    assert [video["job_id"] for video in first["videos"] + rest["videos"]][-3:] == jobs[2::-1]
    assert len(rest["videos"]) == 3


async def test_nothing_is_lost_when_jobs_leave_a_filtered_list_between_the_pages(
    stage_hand: StageHand, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "WINDOW", 2)
    jobs = [await stage_hand.new_job(user) for _ in range(6)]
    first = await _page(stage_hand, user, page_size=3, status="queued")
    for video in first["videos"]:
        await stage_hand.set(video["job_id"], StateType.CANCELLED)

    token = first["next_page_token"]
    rest = await _page(stage_hand, user, page_size=9, status="queued", page_token=token)

    assert [video["job_id"] for video in rest["videos"]] == jobs[2::-1]


async def test_a_status_filter_gives_the_jobs_of_that_status_only(
    stage_hand: StageHand, user: str
) -> None:
    queued, drafting, waiting, resumed, failed = [await stage_hand.new_job(user) for _ in range(5)]
    for job in (drafting, waiting, resumed, failed):
        await stage_hand.run(job, "drafting")
    for job in (waiting, resumed):
        await stage_hand.wait_in(job, "draft_review", suspended=True)
    await stage_hand.api.post(f"/videos/{resumed}/draft:approve", headers={"X-User-ID": user})
    await stage_hand.set(failed, StateType.CRASHED)

    assert await _walk(stage_hand, user, status="queued") == [queued]
    assert await _walk(stage_hand, user, status="drafting") == [drafting]
    assert await _walk(stage_hand, user, status="draft_review", page_size=1) == [resumed, waiting]
    assert await _walk(stage_hand, user, status="failed") == [failed]
    assert await _walk(stage_hand, user, status="ready") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page_token": "nonsense"}, "page_token"),
        ({"page_token": "e30"}, "page_token"),
        ({"page_token": "é"}, "page_token"),
        ({"page_size": 0}, "page_size"),
        ({"page_size": 101}, "page_size"),
        ({"status": "done"}, "status"),
    ],
)
async def test_a_wrong_query_is_refused_by_name(
    stage_hand: StageHand, query: dict[str, Any], field: str
) -> None:
    answer = await stage_hand.api.get("/videos", params=query)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_token_of_another_filter_is_refused(stage_hand: StageHand, user: str) -> None:
    for _ in range(2):
        await stage_hand.new_job(user)
    token = (await _page(stage_hand, user, page_size=1))["next_page_token"]

    answer = await stage_hand.api.get("/videos", params={"page_token": token, "status": "ready"})

    assert answer.status_code == 422
