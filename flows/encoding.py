"""Segments as cached tasks: none is encoded twice, whoever needs it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from prefect.futures import PrefectFuture

from blocks.registry import load_store
from flows.caching import artifact_key, cached_task, is_recorded
from flows.workspace import workspace
from reels.encode import encode
from reels.grid import Segment
from reels.models import ArtifactRef

ASKED_AT_ONCE = 8


@cached_task(
    kind="segment", version="2", ignore=("segment",), task_run_name="encode {segment.index}"
)
def encode_segment(key: str, segment: Segment) -> ArtifactRef:  # noqa: ARG001
    """One segment, as MP4. `key` is the segment's own content key."""
    with workspace() as work:
        part = encode(segment, work / "part.mp4", work)
        return load_store().put(artifact_key(".mp4"), part)


def start_encoding(segments: Sequence[Segment]) -> list[PrefectFuture[ArtifactRef]]:
    """Submit the segments in this order."""
    return [encode_segment.submit(key=each.key, segment=each) for each in segments]


def count_missing(segments: Sequence[Segment]) -> int:
    """How many of the segments nobody has encoded yet."""
    keys = {segment.key for segment in segments}
    # A remote store takes its time to answer, and can answer many at once.
    with ThreadPoolExecutor(ASKED_AT_ONCE) as asking:
        return sum(not held for held in asking.map(_is_encoded, keys))


def _is_encoded(key: str) -> bool:
    return is_recorded(encode_segment, key=key)
