"""The two approvals."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends

from api.doors.door import Router
from api.doors.guards import body_of
from api.identity import Asker, Caller
from api.jobs.history import JobRecord
from api.metrics import REVIEWS_ANSWERED
from api.models import DraftAnswer, JobSummary, SubtitlesAnswer
from api.openapi import json_body
from api.problems import responses
from api.services import Deps, Services, in_thread
from api.views.checks import stored_storyboard, video_duration_s
from api.views.jobs import summary_view
from reels.artifacts import job_prefix
from reels.checks import check_draft, check_subtitles
from reels.decisions import DraftDecision
from reels.models import Gate, Model

router = Router(tags=["reviews"])

_DRAFT_EXAMPLES: dict[str, Any] = {
    "as it is": {},
    "this one": {"action": "approve", "number": 1},
    "another draft": {"action": "revise", "comment": "Shorter, and start with a question."},
    "no": {"action": "reject", "comment": "Not our topic."},
}
_SUBTITLES_EXAMPLES: dict[str, Any] = {
    "as they are": {},
    "edited": {"cues": [{"start_s": 0.0, "end_s": 1.8, "text": "Tea is a leaf."}]},
    "no": {"action": "reject", "comment": "The voice is wrong."},
}


@router.post(
    "/videos/{video_id:uuid}/draft:approve",
    responses=responses(400, 401, 404, 409, 413, 415),
    openapi_extra=json_body(DraftAnswer, _DRAFT_EXAMPLES, required=False),
)
async def approve_draft(
    asker: Asker,
    video_id: UUID,
    answer: Annotated[DraftAnswer, Depends(body_of(DraftAnswer, root="action", may_be_empty=True))],
    services: Deps,
) -> JobSummary:
    """Approve the draft (an empty body does), send it back, or reject the video.

    With the `number` of the draft that was looked at, another one is never decided on.
    """
    job = await services.gateway.get(asker, video_id)
    decision = await in_thread(_checked, services, job, answer)
    return await _send(services, asker, video_id, "draft", decision, answer.number)


@router.post(
    "/videos/{video_id:uuid}/subtitles:approve",
    responses=responses(400, 401, 404, 409, 413, 415),
    openapi_extra=json_body(SubtitlesAnswer, _SUBTITLES_EXAMPLES, required=False),
)
async def approve_subtitles(
    asker: Asker,
    video_id: UUID,
    answer: Annotated[
        SubtitlesAnswer, Depends(body_of(SubtitlesAnswer, root="action", may_be_empty=True))
    ],
    services: Deps,
) -> JobSummary:
    """Approve the subtitles (an empty body does), replace all cues, or reject the video."""
    job = await services.gateway.get(asker, video_id)
    if answer.cues is not None:
        prefix = job_prefix(job.user, str(video_id))
        duration_s = await in_thread(video_duration_s, services.store, prefix)
        check_subtitles(answer, duration_s)
    return await _send(services, asker, video_id, "subtitles", answer, answer.number)


def _checked(services: Services, job: JobRecord, decision: DraftDecision) -> DraftDecision:
    """The decision against the job's draft and voice. Blocks."""
    language = ""
    if decision.storyboard is not None:
        draft = stored_storyboard(services.store, job_prefix(job.user, str(job.id)))
        asked = job.parameters.get("language") or services.flow.default_language
        language = draft.language if draft else asked
    voice_name = job.parameters.get("voice") or ""
    return check_draft(decision, language, voice_name, services.flow)


async def _send(
    services: Services,
    asker: Caller,
    video_id: UUID,
    gate: Gate,
    decision: Model,
    number: int | None,
) -> JobSummary:
    # The form has no default for `action`, so that nothing is approved by an empty answer
    # in Prefect's UI; over REST the empty body is an approval by contract. The number is
    # no part of the form.
    form = decision.model_dump(mode="json", exclude_none=True, exclude={"number"})
    async with services.reader.changing(video_id):
        job = await services.gateway.resume(asker, video_id, gate, form, number=number)
    REVIEWS_ANSWERED.labels(gate, form["action"]).inc()
    return summary_view(services, job)
