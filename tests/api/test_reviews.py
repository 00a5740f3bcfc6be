"""The approvals, against Prefect's own judgement of their forms."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.schemas.objects import StateType

from reels.stages import Stage
from tests.api.conftest import StageHand

CUES = {
    "version": 1,
    "duration_s": 4.0,
    "cues": [{"start_s": 0.0, "end_s": 2.0, "text": "Tea.", "words": []}],
}


async def _waiting(hand: StageHand, stage: Stage, *, suspended: bool = False) -> str:
    job = await hand.new_job()
    await hand.run(job, "drafting")
    await hand.wait_in(job, stage, suspended=suspended)
    hand.put(job, "subtitles.json", json.dumps(CUES).encode())
    return job


def _cue(start_s: float, end_s: float, text: str = "Tea.") -> dict[str, Any]:
    return {"start_s": start_s, "end_s": end_s, "text": text}


@pytest.mark.parametrize("suspended", [False, True])
@pytest.mark.parametrize("gate", ["draft", "subtitles"])
async def test_an_empty_body_approves_a_held_and_a_suspended_review(
    stage_hand: StageHand, gate: str, suspended: bool
) -> None:
    stage: Stage = "draft_review" if gate == "draft" else "subtitles_review"
    job = await _waiting(stage_hand, stage, suspended=suspended)

    answer = await stage_hand.api.post(f"/videos/{job}/{gate}:approve")

    assert answer.status_code == 200, answer.text
    assert (await stage_hand.answer_of(job))["action"] == "approve"
    again = await stage_hand.api.post(f"/videos/{job}/{gate}:approve")
    assert again.status_code == 409


@pytest.mark.slow
async def test_a_flow_that_really_pauses_gets_the_edited_storyboard(
    stage_hand: StageHand, prefect_url: str
) -> None:
    job = await stage_hand.new_job()
    edited = {"title": "Чай", "scenes": [{"narration": "Чай — это лист."}], "language": "ru"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.api.imitation",
        job,
        env=os.environ | {"PREFECT_API_URL": prefect_url},
    )
    async with asyncio.timeout(60):
        while (await stage_hand.read(job))["status"] != "draft_review":
            assert process.returncode is None
            await asyncio.sleep(0.05)
        # The pause may not be there yet: the approval waits for it.
        body = {"storyboard": edited}
        answer = await stage_hand.api.post(f"/videos/{job}/draft:approve", json=body)
        assert answer.status_code == 200, answer.text
        await process.wait()

    done = await stage_hand.read(job)
    assert (done["status"], process.returncode) == ("ready", 0), done["error"]
    assert [stage["name"] for stage in done["stages"]] == ["draft_review"]


async def test_of_eight_approvals_at_once_exactly_one_is_accepted(stage_hand: StageHand) -> None:
    job = await _waiting(stage_hand, "draft_review")

    answers = await asyncio.gather(
        *(stage_hand.api.post(f"/videos/{job}/draft:approve") for _ in range(8))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


async def test_an_answer_that_names_another_draft_than_the_one_that_waits_is_refused(
    stage_hand: StageHand,
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting")
    await stage_hand.wait_in(job, "draft_review")
    body = {"action": "revise", "comment": "Shorter.", "number": 1}
    revised = await stage_hand.api.post(f"/videos/{job}/draft:approve", json=body)
    assert (revised.status_code, revised.json()["review"]) == (200, None)
    assert await stage_hand.answer_of(job) == {"action": "revise", "comment": "Shorter."}
    await stage_hand.enter(job, "drafting")
    await stage_hand.wait_in(job, "draft_review", number=2)

    late = await stage_hand.api.post(f"/videos/{job}/draft:approve", json={"number": 1})

    assert late.status_code == 409
    assert "draft 1" in late.json()["detail"]
    assert "draft 2" in late.json()["detail"]
    assert (await stage_hand.read(job))["review"] == {"gate": "draft", "number": 2}
    right = await stage_hand.api.post(f"/videos/{job}/draft:approve", json={"number": 2})
    assert right.status_code == 200, right.text


async def test_the_number_is_looked_at_after_the_wait_for_a_review_that_is_just_beginning(
    stage_hand: StageHand,
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "draft_review")
    late = asyncio.create_task(
        stage_hand.api.post(f"/videos/{job}/draft:approve", json={"number": 1})
    )
    await asyncio.sleep(0.2)
    assert not late.done()

    paused = await stage_hand.pause(job, key="draft-2-1-1")
    await stage_hand.give_form(job, "draft_review", paused)

    assert (await late).status_code == 409
    assert (await stage_hand.read(job))["review"] == {"gate": "draft", "number": 2}


@pytest.mark.parametrize("number", [0, -1, "1", True, 1.5])
async def test_a_number_that_no_review_has_is_refused(
    offline_api: httpx.AsyncClient, number: object
) -> None:
    for gate in ("draft", "subtitles"):
        answer = await offline_api.post(
            f"/videos/{uuid4()}/{gate}:approve", json={"number": number}
        )

        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["number"]


async def test_a_job_and_the_list_say_which_review_waits(stage_hand: StageHand) -> None:
    user = f"u{uuid4().hex[:8]}"
    job = await stage_hand.new_job(user)
    await stage_hand.run(job, "drafting")
    before = await stage_hand.read(job, user)
    await stage_hand.wait_in(job, "subtitles_review", suspended=True)

    waiting = await stage_hand.read(job, user)
    listed = await stage_hand.api.get("/videos", headers={"X-User-ID": user})

    assert before["review"] is None
    assert waiting["review"] == {"gate": "subtitles", "number": 1}
    assert [each["review"] for each in listed.json()["videos"]] == [waiting["review"]]


async def test_an_approval_waits_for_the_form_of_a_pause_that_is_just_beginning(
    stage_hand: StageHand,
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "draft_review")
    approval = asyncio.create_task(stage_hand.api.post(f"/videos/{job}/draft:approve"))
    await asyncio.sleep(0.2)
    paused = await stage_hand.pause(job)
    await asyncio.sleep(0.2)
    assert not approval.done(), approval.result().text

    await stage_hand.give_form(job, "draft_review", paused)

    assert (await approval).status_code == 200


async def test_a_form_that_never_comes_is_a_503_that_says_try_again(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "draft_review")
    await stage_hand.pause(job)

    answer = await stage_hand.api.post(f"/videos/{job}/draft:approve")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("stage", "gate"),
    [("audio", "draft"), ("draft_review", "subtitles"), ("subtitles_review", "draft")],
)
async def test_an_approval_of_another_stage_is_a_conflict_that_names_the_stage(
    stage_hand: StageHand, stage: Stage, gate: str
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting")
    await stage_hand.wait_in(job, stage) if stage != "audio" else await stage_hand.enter(job, stage)

    answer = await stage_hand.api.post(f"/videos/{job}/{gate}:approve")

    assert answer.status_code == 409
    assert stage in answer.json()["detail"]
    assert (await stage_hand.read(job))["status"] == stage


async def test_the_review_that_is_entered_but_never_waits_is_a_conflict(
    stage_hand: StageHand,
) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "draft_review")

    answer = await stage_hand.api.post(f"/videos/{job}/draft:approve")

    assert answer.status_code == 409
    assert "yet" in answer.json()["detail"]


async def test_a_reject_carries_its_comment(stage_hand: StageHand) -> None:
    job = await _waiting(stage_hand, "subtitles_review")
    body = {"action": "reject", "comment": "The voice is wrong."}

    await stage_hand.api.post(f"/videos/{job}/subtitles:approve", json=body)

    assert await stage_hand.answer_of(job) == body


async def test_edited_cues_reach_the_flow(stage_hand: StageHand) -> None:
    job = await _waiting(stage_hand, "subtitles_review")
    body = {"cues": [_cue(0, 1.5), _cue(1.5, 4.0, "A leaf.")]}

    answer = await stage_hand.api.post(f"/videos/{job}/subtitles:approve", json=body)

    assert answer.status_code == 200, answer.text
    cues = (await stage_hand.answer_of(job))["cues"]
    assert [(cue["start_s"], cue["text"]) for cue in cues] == [(0.0, "Tea."), (1.5, "A leaf.")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cues": [_cue(0, 2), _cue(1.5, 3)]}, "cues.1.start_s"),
        ({"cues": [_cue(0, 5)]}, "cues.0.end_s"),
        ({"cues": [_cue(2, 1)]}, "cues.0"),
        ({"cues": [_cue(0, 1), {"start_s": "1", "end_s": 2, "text": "x"}]}, "cues.1.start_s"),
        ({"cues": []}, "cues"),
        ({"cues": [_cue(0, 1, "")]}, "cues.0.text"),
        ({"cues": [{"start_s": 0, "end_s": 1}]}, "cues.0.text"),
        ({"action": "revise"}, "action"),
        ({"action": "reject", "cues": [_cue(0, 1)]}, "cues"),
        ({"subtitles": []}, "subtitles"),
    ],
)
async def test_cues_that_do_not_fit_name_their_field_and_leave_the_job_waiting(
    stage_hand: StageHand, body: dict[str, Any], field: str
) -> None:
    job = await _waiting(stage_hand, "subtitles_review")

    answer = await stage_hand.api.post(f"/videos/{job}/subtitles:approve", json=body)

    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    run = await stage_hand.prefect.read_flow_run(UUID(job))
    assert run.state is not None
    assert run.state.type == StateType.PAUSED


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "revise"}, "comment"),
        ({"action": "no"}, "action"),
        ({"storyboard": {"title": "T", "scenes": []}}, "storyboard.scenes"),
        (
            {"storyboard": {"title": "T", "scenes": [{"narration": ""}]}},
            "storyboard.scenes.0.narration",
        ),
        (
            {"storyboard": {"title": "T", "scenes": [{"narration": "x"}], "language": "tlh"}},
            "storyboard.language",
        ),
        (
            {
                "action": "revise",
                "comment": "x",
                "storyboard": {"title": "T", "scenes": [{"narration": "x"}]},
            },
            "storyboard",
        ),
    ],
)
async def test_a_draft_decision_that_cannot_be_names_its_field(
    stage_hand: StageHand, body: dict[str, Any], field: str
) -> None:
    job = await stage_hand.new_job()

    answer = await stage_hand.api.post(f"/videos/{job}/draft:approve", json=body)

    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_an_edited_storyboard_without_a_language_stays_in_the_drafts(
    stage_hand: StageHand,
) -> None:
    job = await _waiting(stage_hand, "draft_review")
    draft = {"title": "Чай", "language": "ru", "scenes": [{"narration": "Чай."}]}
    stage_hand.put(job, "storyboard.json", json.dumps(draft).encode())
    edited = {"title": "Чай", "scenes": [{"narration": "Чай и мёд."}]}

    await stage_hand.api.post(f"/videos/{job}/draft:approve", json={"storyboard": edited})

    assert (await stage_hand.answer_of(job))["storyboard"]["language"] == "ru"


async def test_what_only_the_flows_form_refuses_is_a_422_by_prefect(stage_hand: StageHand) -> None:
    job = await stage_hand.new_job()
    await stage_hand.run(job, "drafting", "draft_review")
    paused = await stage_hand.pause(job)
    # The subtitles' form knows no `revise`.
    await stage_hand.give_form(job, "subtitles_review", paused)
    body = {"action": "revise", "comment": "Shorter."}

    answer = await stage_hand.api.post(f"/videos/{job}/draft:approve", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "action"
    assert (await stage_hand.read(job))["status"] == "draft_review"


@pytest.mark.parametrize("gate", ["draft", "subtitles"])
async def test_a_template_in_an_answer_is_refused(stage_hand: StageHand, gate: str) -> None:
    job = await stage_hand.new_job()
    body = {"comment": {"__prefect_kind": "workspace_variable", "variable_name": "secret"}}

    answer = await stage_hand.api.post(f"/videos/{job}/{gate}:approve", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "comment.__prefect_kind"
