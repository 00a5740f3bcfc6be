"""A helper of a render: one share of its segments, into the cache."""

from __future__ import annotations

from prefect import flow

from blocks.registry import load_store
from flows.encoding import missing_of, need_of, start_encoding
from flows.memory import memory_for
from flows.observing import observed
from flows.runners import threads
from flows.sharding import share_of
from flows.stopping import tasks_end_with_this
from flows.timelines import timeline_of
from flows.workspace import workspace
from reels.documents import read
from reels.grid import Encoder
from reels.grid import plan as plan_segments
from reels.hardware import is_here
from reels.machine import cores
from reels.models import ArtifactRef
from reels.plans import RenderPlan


@flow(name="encode-segments", task_runner=threads(cores()))
@observed
def encode_segments(plan: ArtifactRef, encoder: Encoder, shard: int, shards: int) -> int:
    """Encode share number `shard` of the plan's segments; returns how many those are.

    A machine without the hardware of `encoder` would make other bytes, so it does nothing.
    """
    if not is_here(encoder):
        return 0
    store = load_store()
    wanted = read(RenderPlan, store.read(plan.key), plan.key)
    with workspace() as work, tasks_end_with_this():
        segments = plan_segments(timeline_of(wanted, store, work), encoder)
        share = share_of(segments, shard, shards)
        with memory_for("A helper of a render", need_of(share, missing_of(share))):
            return len([future.result() for future in start_encoding(share)])
