"""A request becomes a run of its deployment, or finds the run that its key gave first."""

from __future__ import annotations

import hashlib
import json
import uuid
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterIdempotencyKey,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun

from api.jobs.target import Target
from api.metrics import JOBS_CREATED
from reels.errors import InvalidInput
from reels.film import HlsRequest
from reels.models import Model, VideoRequest
from reels.observing import tracing
from reels.observing.about import about
from reels.observing.carried import OURS, REQUEST_LABEL, TRACE_LABEL, USER
from reels.scenarios.models import ScenarioRequest

TAG = OURS
#: Prefect's own limit on a run's parameters, less what it adds.
MAX_PARAMETERS_BYTES = 500_000


class Post(NamedTuple):
    """What was posted, where to and by whom; `largest` is the field that can be too large.

    `tags` are those of its run beside the ones that every run gets.
    """

    user: str
    route: str
    request: Model
    name: str
    largest: str
    idempotency_key: str = ""
    tags: tuple[str, ...] = ()


def user_tag(user: str) -> str:
    """The tag of a user's runs."""
    return f"{USER}{user}"


async def run_for(post: Post, target: Target, place: AbstractAsyncContextManager[None]) -> FlowRun:
    """The run of `target` that is to do what was posted, made inside `place`.

    Raises:
        InvalidInput: the key was used for another request, or the request is too large.
        Unavailable: there is no such deployment.
    """
    # What was not asked for stays the deployment's and the flow's own default.
    asked = post.request.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    parameters = {**asked, "user_id": post.user}
    body = json.dumps(parameters, sort_keys=True)
    if len(body) > MAX_PARAMETERS_BYTES:
        raise InvalidInput(post.largest, "The request is too large, as escaped JSON.")
    body_tag = f"body:{_digest(body)[:16]}"
    async with place:
        run = await target.create_run(
            parameters=parameters,
            name=post.name,
            tags=[user_tag(post.user), TAG, body_tag, *post.tags],
            idempotency_key=_digest(_key(post)),
            labels=_labels(),
        )
    if body_tag not in run.tags:
        raise InvalidInput(
            "Idempotency-Key",
            "This key was used before, for another request.",
            remedy="Use a new key for a new request.",
        )
    _count(run, post)
    return run


async def is_known(post: Post, client: PrefectClient) -> bool:
    """Whether its key has given a run already."""
    if not post.idempotency_key:
        return False
    wanted = FlowRunFilter(
        idempotency_key=FlowRunFilterIdempotencyKey(any_=[_digest(_key(post))]),
        tags=FlowRunFilterTags(all_=[user_tag(post.user), TAG]),
    )
    return bool(await client.read_flow_runs(flow_run_filter=wanted, limit=1))


def _count(run: FlowRun, post: Post) -> None:
    """Repeated posts find a run that another request has made."""
    if run.labels.get(REQUEST_LABEL) == about().request:
        kinds = ((VideoRequest, "video"), (HlsRequest, "film"), (ScenarioRequest, "scenario"))
        kind = next((name for kind, name in kinds if isinstance(post.request, kind)), "slideshow")
        JOBS_CREATED.labels(kind).inc()


def _labels() -> dict[str, str]:
    """By what the job's process knows for which request it works. No part of the job."""
    carried = {REQUEST_LABEL: about().request, TRACE_LABEL: tracing.traceparent()}
    return {name: value for name, value in carried.items() if value}


def _key(post: Post) -> str:
    """A user's keys count for one route each."""
    if not post.idempotency_key:
        return uuid.uuid4().hex
    return f"{post.user}\n{post.route}\n{post.idempotency_key}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
