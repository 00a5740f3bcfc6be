"""From a timeline to a finished, checked video file, in one call."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import Literal, NamedTuple

from reels.background import Background
from reels.document import Document, load
from reels.document.gathering import Gathered, gather
from reels.document.looking import look_at_heads
from reels.encode import encode_all
from reels.files import publish
from reels.grid import Encoder, Segment, plan
from reels.join import join
from reels.models import Loudness, Model
from reels.preview import PREVIEW_ENCODER, smaller
from reels.probe import check
from reels.segment_cache import Cache, user_directory
from reels.soundtrack import Mixed, mix
from reels.target import check_target, told_plainly
from reels.timeline import Timeline

AnyTimeline = str | PathLike[str] | Document | Timeline


class Progress(NamedTuple):
    """How far a render is. Frames that were found in the cache count as done."""

    stage: Literal["segments", "sound", "joining"]
    frames_done: int
    frames: int


class Report(Model):
    """What was made. Without any sound there is no loudness."""

    video: Path
    size_px: tuple[int, int]
    frames: int
    duration_s: float
    loudness: Loudness | None
    segments_total: int
    segments_encoded: int
    seconds: float


OnProgress = Callable[[Progress], None]


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
    video. It is a directory, by default the user's own, kept to 4 GiB unless it is a
    `Cache` that says otherwise; many renders may share it at the same time. `to` appears
    whole and checked, or not at all.

    `preview` gives a quick look: half the width and height, encoded fast. `workers` is
    how many segments are encoded side by side, by default the number of cores.
    `on_progress` is called in this thread.

    Raises:
        InvalidInput: the timeline breaks a rule, a file that it names is missing or no
            such media, or `to` cannot be written. `field` says where.
        RenderError: a file cannot be read to its end, the encoder failed, or the disk is
            full.
        CheckFailed: the finished file is not what was planned.
    """
    began = time.monotonic()
    target = Path(to)
    shelf = cache if isinstance(cache, Cache) else Cache(Path(cache or user_directory()))
    wanted = _gathered(timeline)
    check_target(target, _inputs(timeline, wanted))
    shown = smaller(wanted.timeline) if preview else wanted.timeline
    segments = plan(shown, encoder or (PREVIEW_ENCODER if preview else None))
    with told_plainly(shelf.directory, target), shelf.opened() as desk:
        missing = shelf.missing(segments)
        look_at_heads(shown, _media_of(missing), desk)
        work = _Work(shelf.directory, desk, workers, on_progress or _nobody)
        parts, sound = work.make(segments, wanted)
        video = join(parts, sound.path if sound else None, desk / "video.mp4", work=desk)
        check(
            video,
            frames=shown.frames,
            size_px=shown.size_px,
            fps=shown.fps,
            sound=sound is not None,
        )
        publish(video, target)
    return Report(
        video=target,
        size_px=shown.size_px,
        frames=shown.frames,
        duration_s=shown.duration_s,
        loudness=sound.loudness if sound else None,
        segments_total=len(segments),
        segments_encoded=len(missing),
        seconds=round(time.monotonic() - began, 3),
    )


class _Work(NamedTuple):
    """Makes the parts and the sound side by side."""

    directory: Path
    desk: Path
    workers: int | None
    tell: OnProgress

    def make(
        self, segments: tuple[Segment, ...], wanted: Gathered
    ) -> tuple[tuple[Path, ...], Mixed | None]:
        sound = self._start_sound(wanted)
        frames: dict[str, int] = {}
        for segment in segments:
            frames[segment.key] = frames.get(segment.key, 0) + segment.frames
        total = sum(frames.values())
        done = 0

        def on_done(segment: Segment, _: Path) -> None:
            nonlocal done
            if sound:
                sound.raise_if_failed()
            done += frames[segment.key]
            self.tell(Progress("segments", done, total))

        self.tell(Progress("segments", 0, total))
        parts = encode_all(segments, self.directory, self.workers, on_done)
        self.tell(Progress("sound", total, total))
        mixed = sound.result() if sound else None
        self.tell(Progress("joining", total, total))
        return parts, mixed

    def _start_sound(self, wanted: Gathered) -> Background[Mixed] | None:
        soundtrack = wanted.soundtrack
        if soundtrack is None:
            return None
        return Background(lambda: mix(soundtrack, self.directory, self.desk))


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


def _media_of(segments: list[Segment]) -> frozenset[str]:
    """The hashes of all media that these segments show."""
    spans = (span.media for segment in segments for span in segment.spans)
    films = (film.media for segment in segments for film in segment.films)
    logos = (segment.logo.media for segment in segments if segment.logo)
    return frozenset(media.sha256 for media in (*spans, *films, *logos))


def _nobody(progress: Progress) -> None:
    """Nobody wants to know."""
