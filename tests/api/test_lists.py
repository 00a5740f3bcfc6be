"""GET /videos: pages and filters."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, StateType

from api.jobs import pages
from api.jobs.gateway import PrefectGateway
from api.jobs.history import JobRecord, needs_history
from reels.stages import PROGRESS
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
    monkeypatch.setattr(pages, "WINDOW", 3)
    jobs = [await stage_hand.new_job(user) for _ in range(8)]

    assert await _walk(stage_hand, user, page_size=2) == jobs[::-1]
    assert await _walk(stage_hand, user, page_size=8) == jobs[::-1]


async def test_nothing_is_lost_or_doubled_when_jobs_come_between_the_pages(
    stage_hand: StageHand, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "WINDOW", 3)
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
    monkeypatch.setattr(pages, "WINDOW", 2)
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
        ({"text": "x" * 61}, "text"),
        ({"text": "\0"}, "text"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"created_after": "2026-01-01T00:00:00"}, "created_after"),
        ({"created_before": "0"}, "created_before"),
        ({"created_before": "2026-01-01"}, "created_before"),
        ({"user_id": "a/b"}, "user_id"),
    ],
)
async def test_a_wrong_query_is_refused_by_name(
    stage_hand: StageHand, query: dict[str, Any], field: str
) -> None:
    answer = await stage_hand.api.get("/videos", params=query)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_time_that_is_none_in_utc_is_refused_by_name(stage_hand: StageHand) -> None:
    times = (
        {"created_after": "0001-01-01T00:00:00+23:59"},
        {"created_before": "9999-12-31T23:59:59-23:59"},
    )
    for query in times:
        answer = await stage_hand.api.get("/videos", params=query)

        assert answer.status_code == 422
        assert [each["field"] for each in answer.json()["errors"]] == list(query)


async def test_a_token_of_another_filter_is_refused(stage_hand: StageHand, user: str) -> None:
    for _ in range(2):
        await stage_hand.new_job(user)
    token = (await _page(stage_hand, user, page_size=1))["next_page_token"]

    answer = await stage_hand.api.get("/videos", params={"page_token": token, "status": "ready"})

    assert answer.status_code == 422


async def test_a_text_finds_titles_in_any_case_and_alphabet(
    stage_hand: StageHand, user: str
) -> None:
    tea, russian, percent = [
        await stage_hand.new_job(user, idea=idea)
        for idea in ("How Tea came", "Откуда Чай взялся", "100% sugar_free")
    ]

    assert await _walk(stage_hand, user, text="tEA") == [tea]
    assert await _walk(stage_hand, user, text="чай взялся") == [russian]
    assert await _walk(stage_hand, user, text="0% S") == [percent]
    assert await _walk(stage_hand, user, text="r_f") == []
    assert await _walk(stage_hand, user, text="%") == [percent]
    assert await _walk(stage_hand, user, text="tea\\") == []
    assert await _walk(stage_hand, user, text="coffee") == []


async def test_a_page_ends_as_it_is_when_what_is_wanted_is_rare_and_others_are_not_even_read(
    stage_hand: StageHand, gateway: PrefectGateway, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = await stage_hand.new_job(user, idea="How tea_came")
    others = [await stage_hand.new_job(user, idea="Coffee") for _ in range(7)]
    for job in others:
        await stage_hand.set(job, StateType.CRASHED)
    monkeypatch.setattr(pages, "WINDOW", 2)
    monkeypatch.setattr(pages, "MOST_LOOKED_AT", 4)
    read: list[str] = []
    record = gateway._records._read

    async def note(run: FlowRun) -> JobRecord:
        read.append(str(run.id))
        return await record(run)

    gateway._records._read = note
    # To SQL the sign stands for any letter.
    first = await _page(stage_hand, user, text="_", page_size=1)

    assert first["videos"] == []
    assert first["next_page_token"]
    assert read == []
    assert await _walk(stage_hand, user, text="tea", page_size=1) == [rare]


async def test_times_bound_a_list_on_both_sides(stage_hand: StageHand, user: str) -> None:
    jobs = [await stage_hand.new_job(user) for _ in range(4)]
    runs = [await stage_hand.prefect.read_flow_run(UUID(job)) for job in jobs]
    times = [run.expected_start_time.isoformat() for run in runs if run.expected_start_time]

    assert await _walk(stage_hand, user, created_after=times[1]) == jobs[:0:-1]
    assert await _walk(stage_hand, user, created_before=times[1]) == jobs[1::-1]
    between = {"created_after": times[1], "created_before": times[2]}
    assert await _walk(stage_hand, user, page_size=1, **between) == jobs[2:0:-1]


async def test_a_waiting_or_untouched_job_is_listed_without_its_history(
    stage_hand: StageHand, user: str
) -> None:
    queued, waiting = [await stage_hand.new_job(user) for _ in range(2)]
    await stage_hand.run(waiting, "drafting")
    await stage_hand.wait_in(waiting, "draft_review", suspended=True, number=2)

    runs = [await stage_hand.prefect.read_flow_run(UUID(job)) for job in (queued, waiting)]
    listed = (await _page(stage_hand, user))["videos"]

    assert [needs_history(run) for run in runs] == [False, False]
    assert [(video["status"], video["progress"]) for video in listed] == [
        ("draft_review", PROGRESS["draft_review"]),
        ("queued", 0),
    ]
    assert listed[0]["review"] == {"gate": "draft", "number": 2}


async def test_a_job_in_a_state_that_was_listed_before_is_not_read_again(
    stage_hand: StageHand, gateway: PrefectGateway, user: str
) -> None:
    job = await stage_hand.new_job(user)
    await stage_hand.run(job, "drafting")
    await stage_hand.set(job, StateType.CRASHED)
    assert (await _page(stage_hand, user))["videos"][0]["status"] == "failed"
    read: list[object] = []

    async def note(run: FlowRun) -> JobRecord:
        read.append(run)
        return await gateway._record(run)

    gateway._records._read = note
    assert (await _page(stage_hand, user))["videos"][0]["status"] == "failed"
    assert read == []
    await stage_hand.api.post(f"/videos/{job}:retry", headers={"X-User-ID": user})
    assert (await _page(stage_hand, user))["videos"][0]["status"] == "drafting"
    assert len(read) == 1
