"""Segments as cached tasks: none is encoded twice, whoever needs it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from prefect.futures import PrefectFuture, as_completed
from prefect.runtime import flow_run
from prefect.utilities.annotations import quote

from blocks.registry import load_store
from flows.caching import artifact_key, cached_task, is_recorded
from flows.sharding import helpers, in_turns
from flows.showing import Progress
from flows.stopping import ended, tasks_end_with_this
from flows.workspace import workspace
from reels.encode import encode
from reels.grid import Encoder, Segment
from reels.grid import plan as plan_segments
from reels.models import ArtifactRef
from reels.timeline import Timeline

ASKED_AT_ONCE = 8
MOST_SHARDS = 32


@cached_task(
    kind="segment", version="2", ignore=("segment",), task_run_name="encode {segment.index}"
)
def encode_segment(key: str, segment: Segment) -> ArtifactRef:  # noqa: ARG001
    """One segment, as MP4. `key` is the segment's own content key."""
    with workspace() as work:
        part = encode(segment, work / "part.mp4", work, stop=ended())
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
    """
    segments = plan_segments(timeline, encoder)
    shards = max(1, min(shards, MOST_SHARDS, len(segments)))
    missing = count_missing(segments)
    order = in_turns(segments, shards)
    with helpers(plan, encoder, shards if missing > 1 else 1), tasks_end_with_this():
        pending = start_encoding(order)
        show_progress(pending, beside)
        made = [future.result() for future in pending]
    by_index = {segment.index: part for segment, part in zip(order, made, strict=True)}
    return Encoded(segments, tuple(by_index[each.index] for each in segments), missing)


def start_encoding(segments: Sequence[Segment]) -> list[PrefectFuture[ArtifactRef]]:
    """Submit the segments in this order."""
    # Prefect would look for futures in every word of every caption.
    opaque: list[Any] = [quote(segment) for segment in segments]
    return [
        encode_segment.submit(key=segment.key, segment=quoted)
        for segment, quoted in zip(segments, opaque, strict=True)
    ]


def show_progress(
    pending: Sequence[PrefectFuture[ArtifactRef]], beside: Sequence[PrefectFuture[Any]] = ()
) -> None:
    """Wait for all and show how far we are; what has failed is raised when it has."""
    progress = Progress(f"render-{flow_run.id}", "Segments of the video")
    waited = [*pending, *beside]
    for done, future in enumerate(as_completed(waited), 1):
        future.wait()
        if future.state.is_failed() or future.state.is_crashed():
            # Asked for nothing else: a result would be read from the store twice.
            future.result()
        if done % 5 == 0 or done == len(waited):
            progress.show(100.0 * done / len(waited))


def count_missing(segments: Sequence[Segment]) -> int:
    """How many of the segments nobody has encoded yet."""
    keys = {segment.key for segment in segments}
    # A remote store takes its time to answer, and can answer many at once.
    with ThreadPoolExecutor(ASKED_AT_ONCE) as asking:
        return sum(not held for held in asking.map(_is_encoded, keys))


def _is_encoded(key: str) -> bool:
    return is_recorded(encode_segment, key=key)
