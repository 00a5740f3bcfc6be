"""A user's films by their addresses: each is packaged once, unless it had no luck."""

from __future__ import annotations

import hashlib
import uuid

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort

from api.jobs.history import RETRIABLE
from api.jobs.posting import TAG, Post, user_tag
from reels.errors import Conflict
from reels.film import HlsRequest, normalised

ROUTE = "POST /api/videos"


async def package_post(client: PrefectClient, user: str, request: HlsRequest) -> Post:
    """What is to be posted for a film.

    The earlier runs of the same address, all without luck, are part of the key: of several
    posts at once one makes the next run, and the others find it.

    Raises:
        Conflict: the user has given the address before, and that job has not failed and was
            not cancelled.
        InvalidInput: naming `url`.
    """
    address = normalised(request.url)
    tag = f"film:{hashlib.sha256(address.encode()).hexdigest()[:32]}"
    earlier = await _earlier_runs(client, user, tag)
    for run in earlier:
        if run.state is None or run.state.type not in RETRIABLE:
            raise given_before(run)
    return Post(
        user,
        ROUTE,
        request,
        name=request.title,
        largest="url",
        idempotency_key="\n".join([address, *sorted(str(run.id) for run in earlier)]),
        tags=(tag, f"post:{uuid.uuid4().hex}"),
    )


def check_made(run: FlowRun, post: Post) -> None:
    """Raises Conflict when it is another post's run that was found."""
    if not set(post.tags) <= set(run.tags):
        raise given_before(run)


def given_before(run: FlowRun) -> Conflict:
    """The refusal, which names the job that there is."""
    return Conflict(
        f"You have given the address of this film before: it is the video {run.id}.",
        remedy="Use that one. What has failed or was cancelled can be given again, or retried.",
    )


async def _earlier_runs(client: PrefectClient, user: str, tag: str) -> list[FlowRun]:
    tags = FlowRunFilterTags(all_=[user_tag(user), TAG, tag])
    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(tags=tags), sort=FlowRunSort.EXPECTED_START_TIME_DESC
    )
