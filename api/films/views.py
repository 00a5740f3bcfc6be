"""From a job as Prefect knows it, and its package in the store, to what is answered of a film."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.films.models import FilmState, FilmVariant
from api.films.rewriting import Listed, variants
from api.films.shelf import Film
from api.jobs.history import JobRecord
from api.services import Services, in_thread
from reels.artifacts import ArtifactStore
from reels.documents import read
from reels.errors import ArtifactMissing, Unreadable
from reels.film import Package, PackagedVariant


async def film_view(services: Services, job: JobRecord) -> FilmState:
    """The film with its variants so far."""
    films, film = services.films, Film(job.user, job.id)
    package = await in_thread(_package, services.store, film)
    sizes, duration_s = await _sizes(services, film, package)
    return FilmState(
        id=job.id,
        user_id=job.user,
        title=str(job.parameters.get("title") or job.name),
        original_url=job.parameters.get("url"),
        playlist_url=services.url(films.playlist(film)),
        watch_url=services.url(films.page(film)),
        poster_url=await films.shelf.poster(film, services.storage.link_expires_s),
        created_at=job.created_at,
        updated_at=_changed_at(job, package),
        status=job.status,
        progress=await services.live.percent(job),
        duration_s=duration_s,
        variants=sizes,
        error=job.error,
    )


def _package(store: ArtifactStore, film: Film) -> Package | None:
    """What the packaging flow says of it; other jobs' packages come without."""
    try:
        return read(Package, store.read(film.key("package.json")), film.key("package.json"))
    except (ArtifactMissing, Unreadable):
        return None


def _changed_at(job: JobRecord, package: Package | None) -> datetime | None:
    stages = (at for stage in job.stages for at in (stage.started_at, stage.ended_at))
    times = (job.created_at, *stages, package.updated_at if package else None)
    return max((at for at in times if at), default=None)


async def _sizes(
    services: Services, film: Film, package: Package | None
) -> tuple[tuple[FilmVariant, ...], float | None]:
    """Those that are or will be, from the smallest on, and the film's length."""
    if package and package.variants:
        return tuple(map(_of_package, package.variants)), package.duration_s
    try:
        master, length_s = await services.films.shelf.read(film)
    except ArtifactMissing:
        return (), None
    listed = sorted(variants(master), key=lambda each: each.bandwidth)
    return tuple(map(_of_master, listed)), round(length_s, 3)


def _of_package(found: PackagedVariant) -> FilmVariant:
    return _shown(found, found.bandwidth_bps, found.state)


def _of_master(found: Listed) -> FilmVariant:
    return _shown(found, found.bandwidth, "ready")


def _shown(
    found: PackagedVariant | Listed, bandwidth: int | None, state: Literal["pending", "ready"]
) -> FilmVariant:
    width, height = found.size_px
    return FilmVariant(
        name=found.name,
        width_px=width,
        height_px=height,
        bandwidth=bandwidth,
        codecs=found.codecs,
        state=state,
    )
