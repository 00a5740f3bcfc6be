"""Tasks of scenarios: read, and done by outside workers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Response

from api.doors.door import Router
from api.doors.guards import body_of
from api.identity import Asker, User
from api.openapi import json_body
from api.problems import responses
from api.routes.scenarios import ShortId
from api.scenarios.models import (
    ClaimedTask,
    ClaimWanted,
    NextWanted,
    TaskState,
    TaskUpdate,
)
from api.scenarios.views import claimed_view, ended_view, task_view
from api.services import Deps
from reels.errors import Conflict

router = Router(prefix="/tasks", tags=["tasks"])

_WORKER = {"worker": "renderer-1", "lease_s": 120}
_CLAIMS: dict[str, Any] = {"as the template says": {}, "for two minutes": _WORKER}
_NEXT: dict[str, Any] = {
    "anything": {},
    "of two services": {**_WORKER, "services": ["image-service", "video-service"]},
}
_UPDATES: dict[str, Any] = {
    "taken": {"status": "processing"},
    "done": {"status": "success", "result_ref": "s3://bucket/result.mp4"},
    "failed": {"status": "failed", "cause": "The picture could not be drawn."},
}


@router.post(
    ":claim",
    response_model=ClaimedTask,
    responses={
        **responses(400, 401, 413, 415),
        204: {"description": "there is no task for you now"},
    },
    openapi_extra=json_body(NextWanted, _NEXT, required=False),
)
async def claim_next_task(
    user: User,
    asked: Annotated[NextWanted, Depends(body_of(NextWanted, root="services", may_be_empty=True))],
    services: Deps,
) -> ClaimedTask | Response:
    """Take the next task of your scenarios that is ready, free and of one of these services."""
    claimed = await services.scenarios.next_task.claim(user, asked)
    return await claimed_view(services, claimed) if claimed else Response(status_code=204)


@router.get("/{task_id:short_id}", responses=responses(401, 404))
async def read_task(task_id: ShortId, asker: Asker, services: Deps) -> TaskState:
    """A task with its result, the cause of its failure, and the worker that has it."""
    found, task = await services.scenarios.finder.task(asker, task_id)
    return await task_view(services, found, task)


@router.post(
    "/{task_id:short_id}:claim",
    responses=responses(400, 401, 403, 404, 409, 413, 415),
    openapi_extra=json_body(ClaimWanted, _CLAIMS, required=False),
)
async def claim_task(
    task_id: ShortId,
    asker: Asker,
    asked: Annotated[ClaimWanted, Depends(body_of(ClaimWanted, root="worker", may_be_empty=True))],
    services: Deps,
) -> ClaimedTask:
    """Take this task, with the results that it needs, for as long as the lease lasts."""
    claimed = await services.scenarios.outside.claim(asker, task_id, asked)
    return await claimed_view(services, claimed)


@router.patch(
    "/{task_id:short_id}/status",
    response_model=ClaimedTask | TaskState,
    responses=responses(400, 401, 403, 404, 409, 413, 415),
    openapi_extra=json_body(TaskUpdate, _UPDATES),
)
async def update_task(
    task_id: ShortId,
    asker: Asker,
    asked: Annotated[TaskUpdate, Depends(body_of(TaskUpdate, root="status"))],
    services: Deps,
) -> TaskState:
    """Take an outside task or keep it longer (`processing`), or end it (`success`, `failed`).

    A lease that is over gives the task to whoever claims it next; from then on the first
    one's updates are refused (409). Until then they still count.
    """
    outside = services.scenarios.outside
    if asked.status == "pending":
        raise Conflict(
            "A task is pending until it is claimed, and never again.",
            remedy="Let the lease end, and another worker can take it.",
        )
    if asked.status == "processing":
        work = outside.renew if asked.claim else outside.claim
        return await claimed_view(services, await work(asker, task_id, asked))
    return ended_view(await outside.end(asker, task_id, asked, asked.status))
