"""The only door to Prefect: jobs are created, read, answered, cancelled and retried here."""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any
from uuid import UUID

import anyio
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, StateType

from api.identity.base import Caller
from api.identity.rights import Reviewers, require_charge, require_review
from api.jobs.history import RETRIABLE, JobRecord, record_of
from api.jobs.naming import run_name, slideshow_name
from api.jobs.packaging import check_made, package_post
from api.jobs.posting import Post, is_known, run_for
from api.jobs.quotas import Quotas
from api.jobs.reading import DEPLOYMENT, PACKAGES, SCENARIOS, SLIDESHOWS, JobReading
from api.jobs.resuming import (
    Resumption,
    is_about_to_wait,
    judge,
    require_effect,
    require_same_wait,
    require_waiting,
)
from api.jobs.retrying import schedule_again
from api.jobs.stopping import stop
from api.jobs.target import Target
from api.jobs.turns import Turns
from reels.errors import Conflict, InvalidInput, LimitReached, Unavailable
from reels.film import HlsRequest
from reels.models import Gate, VideoRequest
from reels.scenarios.models import ScenarioRequest
from reels.settings import LimitSettings
from reels.slideshow import SlideshowRequest

POLL_S = 0.1


class PrefectGateway(JobReading):
    """Jobs are runs of three deployments' flows; a user's have the tag `user:<id>`.

    An async context manager: enter it in the event loop that serves. `patience_s` is how
    long Prefect may be busy, and how long an approval waits for a review that is about to
    start, before the caller is told to come back. `reviewers` says who answers the reviews.
    `limits` says how many jobs are taken on; None: as the environment says.

    Every method raises `Unavailable` when Prefect does not answer, `NotFound` for a job
    that `asker` does not see, and `Forbidden` for what it may not do with one that it sees.
    """

    def __init__(
        self,
        api_url: str = "",
        *,
        deployment: str = DEPLOYMENT,
        slideshows: str = SLIDESHOWS,
        packages: str = PACKAGES,
        scenarios: str = SCENARIOS,
        patience_s: float = 3.0,
        reviewers: Reviewers = "owners",
        limits: LimitSettings | None = None,
    ) -> None:
        super().__init__(api_url, deployment, slideshows, packages, scenarios, patience_s)
        self._reviewers: Reviewers = reviewers
        self._retrying: set[UUID] = set()
        self._turns = Turns()
        self._quotas = Quotas(limits or LimitSettings(), self._count)

    async def create(
        self,
        user: str,
        request: VideoRequest,
        *,
        route: str = "POST /videos",
        idempotency_key: str = "",
    ) -> JobRecord:
        """Schedule a new job; the same key gives the job that it gave first by that route.

        Raises:
            InvalidInput: the key was used for another request, or the request is too large.
            LimitReached: too many wait to begin, or were made today.
        """
        name, largest = run_name(request), "storyboard"
        post = Post(user, route, request, name, largest, idempotency_key)
        return record_of(await self._run_for(post, self._target), user)

    async def create_slideshow(
        self, user: str, request: SlideshowRequest, *, idempotency_key: str = ""
    ) -> JobRecord:
        """As `create`, for pictures and a sound."""
        name, largest = slideshow_name(request), "image_urls"
        post = Post(user, "POST /create-video", request, name, largest, idempotency_key)
        return record_of(await self._run_for(post, self._slideshows), user)

    async def create_package(self, user: str, request: HlsRequest) -> JobRecord:
        """Schedule the packaging of a film.

        Raises:
            Conflict: the user has given the address before; see `api.jobs.packaging`.
            InvalidInput: naming `url`.
            LimitReached: too many wait to begin, or were made today.
        """
        post = await package_post(self._client, user, request)
        try:
            run = await run_for(post, self._packages, self._quotas.place(user))
        except InvalidInput:
            # Another post at the same moment, with another title, made the run.
            await package_post(self._client, user, request)
            raise
        check_made(run, post)
        return record_of(run, user)

    async def create_scenario(
        self, user: str, order: ScenarioRequest, name: str, tag: str, *, idempotency_key: str = ""
    ) -> FlowRun:
        """As `create`, for a graph of tasks that is in its place."""
        post = Post(user, "POST /generate", order, name, "variables", idempotency_key, (tag,))
        return await self._run_for(post, self._scenarios)

    def place_again(self, user: str) -> AbstractAsyncContextManager[None]:
        """A place in the queue for a job of the user's that was made before.

        Raises:
            LimitReached: there is none.
        """
        return self._quotas.place(user, is_new=False)

    async def _run_for(self, post: Post, target: Target) -> FlowRun:
        try:
            return await run_for(post, target, self._quotas.place(post.user))
        except LimitReached:
            if not await is_known(post, self._client):
                raise
            return await run_for(post, target, nullcontext())

    async def resume(
        self,
        asker: Caller,
        job_id: UUID,
        gate: Gate,
        answer: dict[str, Any],
        *,
        number: int | None = None,
    ) -> JobRecord:
        """Answer the review that the job waits in. Of several at once one is accepted.

        With a `number` only the review of that number is answered.

        Raises:
            Conflict: the job waits in no such review (any more).
            InvalidInput: the answer breaks the review's form.
        """
        await self._wait_for_review(asker, job_id, gate, number)
        deadline = time.monotonic() + self._patience_s
        while time.monotonic() < deadline:
            async with self._turns.of(job_id):
                result = await self._client.resume_flow_run(job_id, run_input=answer)
                if judge(result, gate) is Resumption.ACCEPTED:
                    job = await self.get(asker, job_id)
                    require_effect(job, gate)
                    return job
            await anyio.sleep(POLL_S)
            await self._wait_for_review(asker, job_id, gate, number)
        raise Unavailable("The review is not ready for an answer yet.", remedy="Try again.")

    async def cancel(self, asker: Caller, job_id: UUID) -> JobRecord:
        """Stop the job. It may be `cancelling` for some seconds.

        Raises:
            Conflict: it has ended, or the review that it waited in is being answered.
        """
        seen = await self.get(asker, job_id)
        require_charge(asker, seen.user)
        async with self._turns.of(job_id):
            job = await self.get(asker, job_id) if seen.waits else seen
            require_same_wait(seen, job)
            return await self._cancel(asker, job)

    async def _cancel(self, asker: Caller, job: JobRecord) -> JobRecord:
        if job.state_type == StateType.CANCELLING:
            return job
        if not job.has_ended:
            await stop(self._client, job.id, job.state_type)
            job = await self.get(asker, job.id)
            if job.status in ("cancelling", "cancelled"):
                return job
        raise Conflict(f"The video is {job.status}; it can no longer be cancelled.")

    async def retry(
        self, asker: Caller, job_id: UUID, *, budget_usd: float | None = None
    ) -> JobRecord:
        """Run a job again that failed or was cancelled; what was done is not done again.

        A `budget_usd` takes the place of the one that the job was made with.

        Of several retries at once one is accepted, as long as all of them reach this one
        process: Prefect has no step that sets a state only if the last one still stands.
        Two API processes may each accept one; the run is then scheduled twice in a row,
        which is one attempt, unless a worker took it between the two.

        Raises:
            Conflict: it has not failed, or a person has rejected it.
            LimitReached: too many wait to begin.
            InvalidInput: naming `budget_usd`: it is a job that has none.
        """
        require_charge(asker, (await self.get(asker, job_id)).user)
        if job_id in self._retrying:
            raise Conflict("The video is being retried already.")
        self._retrying.add(job_id)
        try:
            job = await self.get(asker, job_id)
            if job.state_type not in RETRIABLE:
                raise Conflict(
                    f"The video is {job.status}; only failed and cancelled ones can be retried."
                )
            if job.was_rejected and job.error:
                raise Conflict(
                    f"A person rejected the video, and that decision stays: {job.error.message}",
                    remedy="Post a new video.",
                )
            if budget_usd is not None:
                await self._change_budget(job_id, budget_usd)
            async with self._quotas.place(job.user, is_new=False):
                await schedule_again(self._client, job_id, "video")
            return await self.get(asker, job_id)
        finally:
            self._retrying.discard(job_id)

    async def _change_budget(self, job_id: UUID, budget_usd: float) -> None:
        """The run reads its parameters anew when it starts again."""
        run = await self._client.read_flow_run(job_id)
        if run.flow_id != await self._target.flow_id():
            raise InvalidInput("budget_usd", "A slideshow pays for nothing and has no budget.")
        await self._client.update_flow_run(
            job_id, parameters={**run.parameters, "budget_usd": budget_usd}
        )

    async def _count(self, runs: FlowRunFilter) -> int:
        return await self._client.count_flow_runs(flow_run_filter=runs)

    async def _wait_for_review(
        self, asker: Caller, job_id: UUID, gate: Gate, number: int | None
    ) -> None:
        """Return when the job waits in the gate's review, which may be about to start."""
        deadline = time.monotonic() + self._patience_s
        job = await self.get(asker, job_id)
        require_review(asker, job.user, self._reviewers)
        while is_about_to_wait(job, gate) and time.monotonic() < deadline:
            await anyio.sleep(POLL_S)
            job = await self.get(asker, job_id)
        require_waiting(job, gate, number)
