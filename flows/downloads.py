"""The pictures and the sound of a slideshow, fetched from the web side by side.

They are kept by the job and not by the address: what lies there may change, and who may see
it too.
"""

from __future__ import annotations

from prefect.futures import PrefectFuture

from flows.caching import artifact_key, cached_task
from flows.music import FATAL
from flows.patience import patiently
from flows.slideshow_job import SlideshowJob
from flows.tasks import kept
from flows.telling import follow
from flows.workspace import workspace
from reels.errors import InvalidInput, RateLimited, ReelsError, TransientFailure
from reels.models import ArtifactRef, Model
from reels.progress import Tally

#: More failures than these are only counted.
_TOLD = 5


class WebPictureRef(Model):
    """A picture in the store; `shape_px` is its shape, perhaps smaller than it is."""

    picture: ArtifactRef
    shape_px: tuple[int, int]


class Parts(Model):
    """Everything that was fetched; the pictures are in the order of their addresses."""

    pictures: tuple[WebPictureRef, ...]
    sound: ArtifactRef


def gathered(job: SlideshowJob, tally: Tally) -> Parts:
    """All pictures and the sound, in the store. Each is a piece of the tally.

    Raises:
        ReelsError: what could not be fetched, by its address.
    """
    *addresses, (_, audio_url) = job.request.addresses().items()
    pictures = [
        fetch_picture.submit(url=url, named=named, of_job=job.id) for named, url in addresses
    ]
    sound = fetch_sound.submit(url=audio_url, of_job=job.id)
    follow(tally, [*pictures, sound])
    _wait_for_all([*pictures, sound])
    return Parts(pictures=tuple(each.result() for each in pictures), sound=sound.result())


@cached_task(kind="web-picture", version="1", task_run_name="fetch {named}")
def fetch_picture(url: str, named: str, of_job: str) -> WebPictureRef:  # noqa: ARG001
    """The picture at an address that a user gave, which `named` names in errors."""
    from reels.visuals.image import picture_at

    with workspace() as work:
        got = patiently(lambda: picture_at(url, work / "picture", named=named))
        ref = kept(got.path, artifact_key(got.path.suffix))
        return WebPictureRef(picture=ref, shape_px=got.shape_px)


@cached_task(kind="web-sound", version="1", task_run_name="fetch the sound")
def fetch_sound(url: str, of_job: str) -> ArtifactRef:  # noqa: ARG001
    """The sound at an address that a user gave."""
    from reels.fetch import fetch, limits_for

    with workspace() as work:
        to, limits = work / "sound", limits_for("sound")
        got = patiently(lambda: fetch(url, to, limits, ("sound",), named="audio_url"))
        return kept(got.path, artifact_key(got.path.suffix))


def _wait_for_all(
    downloads: list[PrefectFuture[WebPictureRef] | PrefectFuture[ArtifactRef]],
) -> None:
    """Each failure is told: whoever mends one address wants to know of the others."""
    failures: list[ReelsError] = []
    for download in downloads:
        try:
            download.result()
        except FATAL:
            raise
        except ReelsError as error:
            failures.append(error)
    if len(failures) == 1 or (failures and not any(map(_will_not_pass, failures))):
        raise failures[0]
    if failures:
        told = " ".join(error.message for error in failures[:_TOLD])
        fields = [error.field for error in failures if isinstance(error, InvalidInput)]
        raise InvalidInput(
            next(iter(fields), "image_urls"),
            f"{len(failures)} of {len(downloads)} files cannot be used. {told}",
        )


def _will_not_pass(error: ReelsError) -> bool:
    """Whether it says something of the address, and not of the network in between."""
    return not isinstance(error, TransientFailure | RateLimited)
