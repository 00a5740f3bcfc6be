"""From a job as Prefect knows it to what the API answers."""

from __future__ import annotations

from api.films.shelf import Film
from api.jobs.history import JobRecord
from api.models import Artifacts, Job, JobSummary
from api.services import Services, in_thread
from api.views.artifacts import links_of
from api.views.checks import stored_storyboard
from reels.artifacts import job_prefix
from reels.models import Storyboard


def summary_view(services: Services, job: JobRecord) -> JobSummary:
    """The job in a list. Its title is the run's name: no store is read."""
    return JobSummary(
        job_id=job.id,
        user_id=job.user,
        status=job.status,
        progress=services.live.percent_heard(job),
        title=job.name,
        created_at=job.created_at,
        review=job.review,
        links=services.links(job.id),
    )


def summary_text(services: Services, job: JobRecord) -> str:
    """The job in a list, as JSON."""
    return summary_view(services, job).model_dump_json(by_alias=True)


async def job_view(services: Services, job: JobRecord) -> Job:
    """The job with its artifacts."""
    artifacts, draft = await in_thread(_stored, services, job)
    percent = await services.live.percent(job)
    return Job(
        job_id=job.id,
        user_id=job.user,
        status=job.status,
        progress=percent,
        title=draft.title if draft else job.name,
        created_at=job.created_at,
        review=job.review,
        stages=job.stages,
        artifacts=artifacts,
        error=job.error,
        links=services.links(job.id),
    )


def _stored(services: Services, job: JobRecord) -> tuple[Artifacts, Storyboard | None]:
    prefix = job_prefix(job.user, str(job.id))
    films, film = services.films, Film(job.user, job.id)
    playing = {"hls": films.playlist(film), "watch": films.page(film)}
    addresses = {name: services.url(path) for name, path in playing.items()}
    artifacts = links_of(services.store, prefix, services.storage.link_expires_s, addresses)
    draft = stored_storyboard(services.store, prefix) if artifacts.storyboard else None
    return artifacts, draft
