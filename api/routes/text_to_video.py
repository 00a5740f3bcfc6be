"""A text becomes a video without anybody being asked: two routes with their own short answers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from api.callbacks import check_callback
from api.doors.door import Router
from api.doors.guards import body_of
from api.doors.idempotency import IdempotencyKey
from api.identity import Asker, User
from api.openapi import json_body
from api.problems import responses
from api.services import Deps, in_thread
from api.views.checks import complete
from api.views.jobs import job_view
from api.views.scenes import scenes_of
from api.views.short import GenerateAccepted, GenerateStatus, TextToVideo
from reels.models import VideoRequest
from reels.stages import short_status

router = Router(prefix="/api/v1/video", tags=["text to video"])

_EXAMPLES = {
    "a text": {"source_text": "Explain machine learning concepts and applications"},
    "Markdown": {"source_text": "# Hello\n\nThis prints a word.\n\n```python\nprint(1)\n```"},
}


@router.post(
    "/generate",
    status_code=202,
    responses=responses(400, 401, 413, 415, 422),
    openapi_extra=json_body(TextToVideo, _EXAMPLES),
)
async def generate(
    user: User,
    asked: Annotated[TextToVideo, Depends(body_of(TextToVideo, root="source_text"))],
    services: Deps,
    idempotency_key: IdempotencyKey = "",
) -> GenerateAccepted:
    """Make a video of a text, plain or Markdown, without waiting for approvals."""
    await check_callback(services, user, asked.webhook_url)
    said = {} if asked.webhook_url is None else {"webhook_url": asked.webhook_url}
    wanted = VideoRequest(text=asked.source_text, auto_approve=True, **said)
    request = await in_thread(complete, wanted, services.flow)
    job = await services.gateway.create(
        user, request, route=f"POST {router.prefix}/generate", idempotency_key=idempotency_key
    )
    return GenerateAccepted(job_id=job.id)


@router.get("/status/{job_id:uuid}", responses=responses(401, 404))
async def status(job_id: UUID, asker: Asker, services: Deps) -> GenerateStatus:
    """How far a video is: the job, the sound and the picture of each scene, and the link."""
    record = await services.gateway.get(asker, job_id)
    job = await job_view(services, record)
    return GenerateStatus(
        job_id=job_id,
        status=short_status(job.status),
        progress=job.progress,
        scenes=await in_thread(scenes_of, services.store, record),
        video_url=job.artifacts.final if job.status == "ready" else None,
        error=job.error.message if job.error else None,
    )
