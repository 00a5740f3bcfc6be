"""The flow of films by their addresses: one becomes HLS that players take."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State

from flows.desks import desk
from flows.ending import ended
from flows.observing import observed
from flows.package_job import PackageJob, open_package
from flows.package_publishing import publish_package
from flows.packaging import Film, packaged
from flows.stages import StageBoard
from reels.addresses import read_address
from reels.film import FilmFacts
from reels.film_fetch import fetch_film, film_limits
from reels.models import ArtifactRef
from reels.timeline import Media


@flow(name="package-hls")
@observed
def package_hls(title: str, url: str, user_id: str = "ops") -> ArtifactRef | State[Any]:
    """Package the film at `url` as HLS. Nobody is asked.

    Ends as Completed with a reference to the manifest, or as Failed with the cause and what
    to do. Retried, it goes on with what it had: of the download, and of every variant.
    """
    try:
        job = open_package(user_id, {"title": title, "url": url})
        with desk(job.id) as place:
            return produce(job, place)
    except Exception as error:
        return ended(error)


def produce(job: PackageJob, place: Path) -> ArtifactRef:
    """Every stage of a package, in order. Returns the manifest's reference."""
    board = StageBoard(UUID(job.id))

    board.enter("assets")
    job.tell()
    with board.telling() as tally:
        share = tally.part("film")
        got = fetch_film(job.url, place / "film", film_limits(), on_share=share)
        share(1.0)
    facts = FilmFacts(
        address=read_address(job.url).shown,
        sha256=Media.of(got.path).sha256,
        size_bytes=got.size_bytes,
    )

    board.enter("rendering")
    with board.telling() as tally:
        made = packaged(job, Film(got.path, facts), place, tally)
    return publish_package(job, board, facts, made)
