"""Jobs: made, listed, read, cancelled and retried."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response

from api.callbacks import check_callback
from api.doors.door import Router
from api.doors.guards import body_of
from api.doors.idempotency import IdempotencyKey
from api.doors.preferences import IfNoneMatch, Wait
from api.identity import Asker, User
from api.jobs.wanting import WantedJobs
from api.live.reading import answer_response
from api.models import Accepted, Job, JobPage, JobSummary, Retry
from api.openapi import json_body
from api.problems import responses
from api.services import Deps, in_thread
from api.views.checks import complete
from api.views.jobs import job_view, summary_view
from reels.errors import LimitReached, Unavailable
from reels.models import VideoRequest

router = Router(tags=["videos"])

_EXAMPLES = {
    "an idea": {"idea": "How tea came to Europe", "duration_s": 30},
    "a text, without waits": {
        "text": "Tea is a leaf. It crossed an ocean.",
        "voice": "f2",
        "auto_approve": True,
    },
    "a storyboard": {
        "storyboard": {
            "title": "Tea",
            "scenes": [{"narration": "Tea is a leaf.", "on_screen_text": "A leaf"}],
        },
        "auto_approve": ["draft"],
    },
}

_RETRIES: dict[str, Any] = {"as it was": {}, "with a higher budget": {"budget_usd": 2.5}}


@router.post(
    "/videos",
    status_code=202,
    responses=responses(400, 401, 413, 415),
    openapi_extra=json_body(VideoRequest, _EXAMPLES),
)
async def create_video(
    user: User,
    asked: Annotated[VideoRequest, Depends(body_of(VideoRequest, root="idea"))],
    services: Deps,
    response: Response,
    idempotency_key: IdempotencyKey = "",
) -> Accepted:
    """Make a video of exactly one of `idea`, `text` and `storyboard`."""
    await check_callback(services, user, asked.webhook_url)
    request = await in_thread(complete, asked, services.flow)
    job = await services.gateway.create(user, request, idempotency_key=idempotency_key)
    links = services.links(job.id)
    response.headers["Location"] = links.self_
    return Accepted(job_id=job.id, links=links)


@router.get("/videos", responses=responses(401, 403))
async def list_videos(
    wanted: WantedJobs,
    services: Deps,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
    page_token: Annotated[str, Query(max_length=8_000, description="of the page before")] = "",
) -> JobPage:
    """Jobs, newest first: your own, or as an editor those of `user_id`."""
    page = await services.gateway.list(wanted, page_size=page_size, token=page_token)
    return JobPage(
        videos=tuple(summary_view(services, job) for job in page.jobs),
        next_page_token=page.next_token,
    )


@router.get(
    "/videos/{video_id:uuid}",
    response_model=Job,
    responses={
        **responses(401, 404),
        304: {"description": "the job is as in the answer whose `ETag` is in `If-None-Match`"},
    },
)
async def read_video(
    video_id: UUID,
    asker: Asker,
    services: Deps,
    wait_s: Wait,
    if_none_match: IfNoneMatch = "",
) -> Response:
    """A job with its stages, its artifacts so far, and its error if it has one.

    With `Prefer: wait=N` the answer comes at its next change, or after N seconds (at most
    50); with the `ETag` of an answer that is out of date it comes at once.
    """
    view = partial(job_view, services)
    answer = await services.reader.read(asker, video_id, view)
    headers = {}
    if wait_s and if_none_match in ("", answer.etag):
        with suppress(LimitReached, Unavailable), services.places.take(asker.user):
            await services.live.changed(video_id, wait_s)
            headers["Preference-Applied"] = f"wait={wait_s}"
        answer = await services.reader.read(asker, video_id, view)
    return answer_response(answer, if_none_match, headers)


@router.post(
    "/videos/{video_id:uuid}:cancel",
    status_code=202,
    responses=responses(401, 404, 409),
)
async def cancel_video(video_id: UUID, asker: Asker, services: Deps) -> JobSummary:
    """Stop a job that has not ended. It may be `cancelling` for some seconds."""
    async with services.reader.changing(video_id):
        job = await services.gateway.cancel(asker, video_id)
    return summary_view(services, job)


@router.post(
    "/videos/{video_id:uuid}:retry",
    status_code=202,
    responses=responses(400, 401, 404, 409, 413, 415),
    openapi_extra=json_body(Retry, _RETRIES, required=False),
)
async def retry_video(
    video_id: UUID,
    asker: Asker,
    asked: Annotated[Retry, Depends(body_of(Retry, root="budget_usd", may_be_empty=True))],
    services: Deps,
) -> JobSummary:
    """Resume a job that failed or was cancelled; what was done is not done again.

    One that its budget has stopped goes on with a higher `budget_usd`.
    """
    async with services.reader.changing(video_id):
        job = await services.gateway.retry(asker, video_id, budget_usd=asked.budget_usd)
    return summary_view(services, job)
