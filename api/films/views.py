"""From a job as Prefect knows it, and its package in the store, to what is answered of a film."""

from __future__ import annotations

from api.films.models import FilmState, FilmVariant
from api.films.rewriting import variants
from api.films.shelf import Film
from api.jobs.history import JobRecord
from api.services import Services
from reels.errors import ArtifactMissing


async def film_view(services: Services, job: JobRecord) -> FilmState:
    """The film with its variants so far."""
    films, film = services.films, Film(job.user, job.id)
    ready, duration_s = await _variants(services, film)
    times = [at for stage in job.stages for at in (stage.started_at, stage.ended_at) if at]
    return FilmState(
        id=job.id,
        user_id=job.user,
        title=str(job.parameters.get("title") or job.name),
        original_url=job.parameters.get("url"),
        playlist_url=services.url(films.playlist(film)),
        watch_url=services.url(films.page(film)),
        poster_url=await films.shelf.poster(film, services.storage.link_expires_s),
        created_at=job.created_at,
        updated_at=max(times, default=job.created_at),
        status=job.status,
        progress=await services.live.percent(job),
        duration_s=duration_s,
        variants=ready,
        error=job.error,
    )


async def _variants(services: Services, film: Film) -> tuple[tuple[FilmVariant, ...], float | None]:
    """Those that can be played, from the smallest on, and the film's length."""
    try:
        master, length_s = await services.films.shelf.read(film)
    except ArtifactMissing:
        return (), None
    found = (
        FilmVariant(
            name=each.name,
            width_px=each.size_px[0],
            height_px=each.size_px[1],
            bandwidth=each.bandwidth,
            codecs=each.codecs,
            state="ready",
        )
        for each in variants(master)
    )
    return tuple(sorted(found, key=lambda each: each.bandwidth or 0)), round(length_s, 3)
