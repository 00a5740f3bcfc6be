"""The end of a render: parts and sound in one file that was checked, and its poster."""

from __future__ import annotations

from blocks.registry import load_store
from flows.caching import artifact_key, cached_task
from flows.killed import AGAIN_IF_KILLED
from flows.workspace import bring, workspace
from reels.finished import Promise, check_rendered
from reels.grid import Segment
from reels.join import join
from reels.models import ArtifactRef, Model
from reels.poster import poster as take_poster

#: Where in the video the poster is taken, as a share of its length.
POSTER_AT = 0.12


class Joined(Model):
    """The finished file and its poster, checked."""

    video: ArtifactRef
    poster: ArtifactRef


@cached_task(
    kind="video", version="2", ignore=("segments",), task_run_name="join", **AGAIN_IF_KILLED
)
def join_video(
    parts: tuple[ArtifactRef, ...],
    sound: ArtifactRef,
    promise: Promise,
    segments: tuple[Segment, ...],
) -> Joined:
    """The parts and the sound in one file that was checked, and its poster.

    Raises:
        CheckFailed: the file is not what was planned.
    """
    store = load_store()
    with workspace() as work:
        files = [bring(store, part, work / "parts") for part in parts]
        track = bring(store, sound, work)
        video = join(files, track, work / "video.mp4", work=work)
        check_rendered(video, promise, segments)
        at_s = POSTER_AT * promise.frames / promise.fps
        still = take_poster(video, at_s, work / "poster.jpg")
        return Joined(
            video=store.put(artifact_key(".mp4"), video),
            poster=store.put(artifact_key(".jpg"), still),
        )
