"""The end of a package: its manifest."""

from __future__ import annotations

from datetime import UTC, datetime

from flows.heart import fence
from flows.package_job import HLS, STATE, PackageJob
from flows.packaging import Packaged
from flows.showing import show_picture
from flows.stages import StageBoard
from reels.film import FilmFacts, PackageManifest
from reels.models import ArtifactRef


def publish_package(
    job: PackageJob, board: StageBoard, facts: FilmFacts, made: Packaged
) -> ArtifactRef:
    """Write the manifest: with it the film is packaged."""
    ladder, state = made.ladder, made.state
    artifacts = _artifacts(job, made)
    sizes = job.store.sizes(f"{job.key(HLS)}/")
    manifest = PackageManifest(
        job_id=job.id,
        user_id=job.user,
        title=job.title,
        film=facts,
        duration_s=float(ladder.grid.length_s),
        fps=float(ladder.grid.fps),
        variants=state.variants,
        segments_total=len(ladder.grid.segments) * (len(ladder.variants) + len(ladder.sounds)),
        segments_encoded=made.encoded,
        files=len(sizes),
        size_bytes=sum(sizes.values()),
        stages=board.history(),
        artifacts=artifacts,
        finished_at=datetime.now(UTC),
    )
    ref = job.save("manifest.json", manifest)
    show_picture(job, "poster", artifacts["poster.jpg"], job.title)
    board.finish()
    return ref


def _artifacts(job: PackageJob, made: Packaged) -> dict[str, ArtifactRef]:
    """What has a name. The poster lies where those of other jobs do, too."""
    fence()
    poster = job.store.copy(job.key(f"{HLS}/{made.state.poster}"), job.key("poster.jpg"))
    named = ("request.json", "film.json", STATE, f"{HLS}/{made.state.master}")
    beside = (f"{HLS}/{made.state.poster}", f"{HLS}/{made.state.thumbnails}")
    found = {name: job.store.head(job.key(name)) for name in (*named, *beside)}
    return {"poster.jpg": poster, **{name: ref for name, ref in found.items() if ref}}
