"""Segments as cached tasks: none is encoded twice, whoever needs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from prefect.futures import PrefectFuture, as_completed
from prefect.utilities.annotations import quote

from blocks.registry import load_store
from flows.caching import artifact_key, cached_task, is_recorded
from flows.killed import AGAIN_IF_KILLED
from flows.memory import memory_for
from flows.progress import child_telling, counter
from flows.sharding import Elsewhere, helpers, in_turns
from flows.stopping import ended, tasks_end_with_this
from flows.telling import count_at_end
from flows.workspace import workspace
from reels.encode import encode
from reels.footage import footage
from reels.grid import Encoder, Segment
from reels.grid import plan as plan_segments
from reels.machine import cores
from reels.models import ArtifactRef
from reels.needs import RUN_BYTES, render_bytes
from reels.progress import Tally
from reels.timeline import Media, Timeline

ASKED_AT_ONCE = 8
MOST_SHARDS = 32


@cached_task(
    kind="segment",
    version="2",
    ignore=("segment",),
    task_run_name="encode {segment.index}",
    **AGAIN_IF_KILLED,
)
def encode_segment(key: str, segment: Segment) -> ArtifactRef:  # noqa: ARG001
    """One segment, as MP4. `key` is the segment's own content key."""
    with workspace() as work:
        to, count = work / "part.mp4", counter(segment.key)
        part = encode(segment, to, work, stop=ended(), on_progress=count)
        return load_store().put(artifact_key(".mp4"), part)


class Encoded(NamedTuple):
    """A video's segments and their files, in order; `missing` had not been encoded before."""

    segments: tuple[Segment, ...]
    parts: tuple[ArtifactRef, ...]
    missing: int


def encoded(
    timeline: Timeline,
    plan: ArtifactRef,
    encoder: Encoder,
    shards: int,
    beside: Sequence[PrefectFuture[Any]] = (),
) -> Encoded:
    """Every segment of `timeline`, with `shards - 1` other runs helping on the plan.

    The first failure, of a segment or of what is made `beside`, ends all.

    Raises:
        RenderError: a segment could not be encoded.
        TooLarge: the machine has not the memory for it.
    """
    segments = plan_segments(timeline, encoder)
    shards = max(1, min(shards, MOST_SHARDS, len(segments)))
    missing = missing_of(segments)
    order = in_turns(segments, shards)
    if len(missing) < 2:
        shards = 1
    with (
        memory_for("This render", need_of(segments, missing)),
        helpers(plan, encoder, shards),
        tasks_end_with_this(),
        telling_frames(segments, missing, shards) as tally,
    ):
        pending = start_encoding(order)
        for segment, future in zip(order, pending, strict=True):
            # Another run may have made it, so that not a frame of it was counted here.
            count_at_end(tally, segment.key, future)
        wait_for([*pending, *beside])
        made = [future.result() for future in pending]
    by_index = {segment.index: part for segment, part in zip(order, made, strict=True)}
    return Encoded(segments, tuple(by_index[each.index] for each in segments), len(missing))


def need_of(segments: Sequence[Segment], missing: Collection[str]) -> int:
    """The memory, in bytes, for encoding those of the segments that are missing.

    As many at once as there are cores, and one thread more, which mixes the sound.
    """
    wanted = [segment for segment in segments if segment.key in missing]
    if not wanted:
        return RUN_BYTES
    spans = [span.media for segment in wanted for span in segment.spans]
    shown = _largest_px({media for media in spans if media.kind == "clip"})
    laid_over = [_largest_px({film.media}) for film in wanted[0].films]
    at_once = min(cores(), len(wanted)) + 1
    return render_bytes(wanted[0].size_px, at_once, [each for each in (shown, *laid_over) if each])


def _largest_px(clips: Collection[Media]) -> int:
    """How many pixels a picture of the largest clip has; 0: there is none."""
    with workspace() as work, ThreadPoolExecutor(cores()) as looking:
        sizes = looking.map(lambda clip: footage(clip, work).look.size_px, clips)
        return max((width * height for width, height in sizes), default=0)


def start_encoding(segments: Sequence[Segment]) -> list[PrefectFuture[ArtifactRef]]:
    """Submit the segments in this order."""
    # Prefect would look for futures in every word of every caption.
    opaque: list[Any] = [quote(segment) for segment in segments]
    return [
        encode_segment.submit(key=segment.key, segment=quoted)
        for segment, quoted in zip(segments, opaque, strict=True)
    ]


def wait_for(futures: Sequence[PrefectFuture[Any]]) -> None:
    """Wait for all; what has failed is raised when it has."""
    for future in as_completed(list(futures)):
        future.wait()
        if future.state.is_failed() or future.state.is_crashed():
            # Asked for nothing else: a result would be read from the store twice.
            future.result()


def missing_of(segments: Sequence[Segment]) -> frozenset[str]:
    """The keys of those segments that nobody has encoded yet."""
    keys = list(dict.fromkeys(segment.key for segment in segments))
    # A remote store takes its time to answer, and can answer many at once.
    with ThreadPoolExecutor(ASKED_AT_ONCE) as asking:
        held = asking.map(_is_encoded, keys)
        return frozenset(key for key, is_held in zip(keys, held, strict=True) if not is_held)


@contextmanager
def telling_frames(
    segments: Sequence[Segment], missing: Collection[str], shards: int
) -> Iterator[Tally]:
    """Tell how many frames are encoded, by this run and by its helpers, as the body goes on."""
    frames = Counter[str]()
    for segment in segments:
        frames[segment.key] += segment.frames
    far = Elsewhere(segments, shards, _is_encoded) if shards > 1 else None
    with child_telling("render", "Segments of the video", far.count if far else None) as tally:
        for key, size in frames.items():
            tally.expect(key, size)
        for key in frames.keys() - missing:
            tally.count(key)
        yield tally


def _is_encoded(key: str) -> bool:
    return is_recorded(encode_segment, key=key)
