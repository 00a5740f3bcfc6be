"""Ideas, before they are videos."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import anyio
import anyio.to_thread
from fastapi import Depends

from api.doors.door import Router
from api.doors.guards import body_of
from api.identity import User
from api.models import IdeaToExpand
from api.openapi import json_body
from api.problems import responses
from api.services import Deps
from reels.ideas import Expansion, expand

router = Router(tags=["ideas"])

#: A service may take minutes to answer: waiting for it may not use up the threads of all routes.
_AT_ONCE = anyio.CapacityLimiter(8)
_EXAMPLES: dict[str, Any] = {
    "an idea": {"idea": "How tea came to Europe"},
    "in Russian": {"idea": "Как чай попал в Европу", "language": "ru"},
}


@router.post(
    "/ideas:expand",
    responses=responses(400, 401, 413, 415, 502),
    openapi_extra=json_body(IdeaToExpand, _EXAMPLES),
)
async def expand_idea(
    user: User,  # noqa: ARG001
    asked: Annotated[IdeaToExpand, Depends(body_of(IdeaToExpand, root="idea"))],
    services: Deps,
) -> Expansion:
    """A hook, a tone, a format, an audience and angles for an idea, by the storyboarder's service.

    Each call may cost money. `provider` says who answered; `outline` works offline and only
    asks the questions that fit any idea.
    """
    language = asked.language or services.flow.default_language
    work = partial(expand, services.flow.storyboard_provider, asked.idea, language)
    return await anyio.to_thread.run_sync(work, limiter=_AT_ONCE)
