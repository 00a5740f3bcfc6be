"""The flow that packages a finished video of ours as HLS: its own pictures are the top size."""

from __future__ import annotations

from prefect import flow

from blocks.registry import load_store
from flows.desks import desk
from flows.observing import observed
from flows.package_job import HLS, STATE, PackageJob
from flows.packaging import Film, packaged
from flows.progress import child_telling
from flows.workspace import bring
from reels.documents import read
from reels.errors import ArtifactMissing
from reels.film import FilmFacts, OwnFilm, OwnPackage, language_name
from reels.hls import Captions
from reels.models import ArtifactRef


@flow(name="package-video", persist_result=True, result_serializer="json")
@observed
def package_video(plan: ArtifactRef) -> OwnPackage:
    """Package the `OwnFilm` that lies under `plan`, below the `hls` of its job."""
    store = load_store()
    wanted = read(OwnFilm, store.read(plan.key), plan.key)
    job = PackageJob(id=wanted.job_id, user=wanted.user_id, store=store, title=wanted.title)
    facts = FilmFacts(address="", sha256=wanted.video.sha256, size_bytes=wanted.video.size_bytes)
    language = Captions(
        language=wanted.language,
        name=language_name(wanted.language),
        in_picture=wanted.captioned,
    )
    captions = {language: wanted.cues} if wanted.cues else {}
    with desk(job.id) as place, child_telling("package", "How far the packaging is") as tally:
        film = Film(bring(store, wanted.video, place / "film"), facts, True, captions)
        made = packaged(job, film, place, tally)
    return OwnPackage(master=_head(job, f"{HLS}/{made.state.master}"), state=_head(job, STATE))


def _head(job: PackageJob, name: str) -> ArtifactRef:
    found = job.store.head(job.key(name))
    if found is None:
        raise ArtifactMissing(job.key(name))
    return found
