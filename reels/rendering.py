"""From a timeline to a finished, checked video file, in one call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from reels.document import Document, load
from reels.document.gathering import Gathered, gather
from reels.fallback import with_fallback
from reels.files import publish
from reels.finished import check_rendered, promised
from reels.grid import CodecName, Encoder
from reels.join import join
from reels.making import Making, OnProgress, Progress
from reels.models import Loudness, Model
from reels.preview import PREVIEW_ENCODER, smaller
from reels.segment_cache import Cache, user_directory
from reels.target import check_target, told_plainly
from reels.timeline import Timeline

__all__ = ["OnProgress", "Progress", "Report", "render"]

AnyTimeline = str | PathLike[str] | Document | Timeline


class Report(Model):
    """What was made, with which encoder. Without any sound there is no loudness."""

    video: Path
    size_px: tuple[int, int]
    frames: int
    duration_s: float
    loudness: Loudness | None
    segments_total: int
    segments_encoded: int
    encoder: CodecName
    seconds: float


def render(
    timeline: AnyTimeline,
    to: str | PathLike[str],
    *,
    cache: str | PathLike[str] | Cache | None = None,
    preview: bool = False,
    workers: int | None = None,
    encoder: Encoder | None = None,
    on_progress: OnProgress | None = None,
) -> Report:
    """Render a timeline file, a `Document` or a `Timeline` into the MP4 file `to`.

    What `cache` holds is not made again: segments of two seconds and mixed sounds, of any
    video. It is a directory, by default the user's own, kept to 4 GB unless it is a
    `Cache` that says otherwise; many renders may share it at the same time. `to` appears
    whole and checked, or not at all.

    `preview` gives a quick look: half the width and height, encoded fast. `workers` is
    how many segments are encoded side by side, by default the number of cores. When the
    `encoder` is hardware (`reels.hardware.best_encoder` finds it) and fails, libx264 does
    its work. `on_progress` is called in this thread.

    Raises:
        InvalidInput: the timeline breaks a rule, a file that it names is missing or no
            such media, or `to` cannot be written. `field` says where.
        RenderError: a file cannot be read to its end, the encoder failed, or the disk is
            full.
        CheckFailed: the finished file is not what was planned.
    """
    began = time.monotonic()
    target = Path(to)
    shelf = _shelf(cache)
    wanted = _gathered(timeline)
    check_target(target, _inputs(timeline, wanted))
    shown = smaller(wanted.timeline) if preview else wanted.timeline
    chosen = encoder or (PREVIEW_ENCODER if preview else Encoder())
    tell = on_progress or _nobody
    with told_plainly(shelf.directory, target), shelf.opened() as desk:
        making = Making(shown, wanted.soundtrack, shelf, desk, workers, tell)
        parts, used = with_fallback(chosen, making.parts)
        sound = making.sound()
        video = join(parts.files, sound and sound.path, desk / target.name, work=desk)
        loudness = sound and sound.loudness
        promise = promised(parts.segments, sound=sound is not None, loudness=loudness)
        check_rendered(video, promise, parts.segments)
        publish(video, target)
    return Report(
        video=target,
        size_px=shown.size_px,
        frames=shown.frames,
        duration_s=shown.duration_s,
        loudness=loudness,
        segments_total=len(parts.segments),
        segments_encoded=parts.encoded,
        encoder=used.codec,
        seconds=round(time.monotonic() - began, 3),
    )


def _shelf(cache: str | PathLike[str] | Cache | None) -> Cache:
    shelf = cache if isinstance(cache, Cache) else Cache(Path(cache or user_directory()))
    # Children work in directories of their own.
    return shelf._replace(directory=shelf.directory.absolute())


def _gathered(timeline: AnyTimeline) -> Gathered:
    if isinstance(timeline, Timeline):
        return Gathered(timeline, None)
    return gather(timeline if isinstance(timeline, Document) else load(timeline))


def _inputs(timeline: AnyTimeline, wanted: Gathered) -> Iterator[Path]:
    """The files that the video is made of."""
    if isinstance(timeline, str | PathLike):
        yield Path(timeline)
    shown, heard = wanted
    yield from (shot.media.path for shot in shown.shots)
    yield from (film.media.path for film in shown.films)
    if shown.logo:
        yield shown.logo.media.path
    if heard:
        yield from (line.media.path for line in heard.lines)
        yield from (each.media.path for each in heard.effects if each.media)
        if heard.music:
            yield heard.music.path


def _nobody(progress: Progress) -> None:
    """Nobody wants to know."""
