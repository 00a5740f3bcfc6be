"""A render spread over several runs of the render pool.

Helpers encode their shares of the segments into the cache that all runs use, and nobody
waits for them: the render encodes its own share first and then, from the end of every
other share, what is not there yet. A helper that is late, dies or never gets a slot costs
nothing but its help, and what comes out is the same to the byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, zip_longest
from typing import Any, TypeVar

from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.runtime import flow_run

from flows.dispatch import start
from reels.grid import Encoder, Segment
from reels.models import ArtifactRef
from reels.progress import Tally

T = TypeVar("T")

DEPLOYMENT = "encode-segments/default"
NOT_STARTED = {StateType.SCHEDULED, StateType.PENDING}


def share_of(items: Sequence[T], shard: int, shards: int) -> Sequence[T]:
    """The part of `items` that falls to shard number `shard`, from 0 on."""
    return items[len(items) * shard // shards : len(items) * (shard + 1) // shards]


def in_turns(items: Sequence[T], shards: int) -> list[T]:
    """All items in the order in which the render itself takes them.

    Its own share comes first, then the others' last items in turns: helpers begin at the
    other end, so both meet once.
    """
    own, *others = (share_of(items, shard, shards) for shard in range(shards))
    backwards = (reversed(share) for share in others)
    ends = chain.from_iterable(zip_longest(*backwards, fillvalue=_NONE))
    return [*own, *(item for item in ends if item is not _NONE)]


_NONE: Any = object()


class Elsewhere:
    """What helpers have encoded, as the cache tells: they need not tell themselves.

    A helper begins at the start of its share, so that one question for each of them is
    enough while nothing is new: for the first segment that was not there before.
    """

    def __init__(
        self, segments: Sequence[Segment], shards: int, is_encoded: Callable[[str], bool]
    ) -> None:
        self._shares = [deque(share_of(segments, shard, shards)) for shard in range(1, shards)]
        self._is_encoded = is_encoded

    def count(self, tally: Tally) -> None:
        """Count the segments that have been added to the cache."""
        for share in self._shares:
            while share and self._is_encoded(share[0].key):
                tally.count(share.popleft().key)


@contextmanager
def helpers(plan: ArtifactRef, encoder: Encoder, shards: int) -> Iterator[None]:
    """Have `shards - 1` runs help while the body encodes; those never started are called off."""
    runs: list[FlowRun] = []
    try:
        for shard in range(1, shards):
            runs.append(_start(plan, encoder, shard, shards))
        yield
    except BaseException:
        _call_off(runs, {*NOT_STARTED, StateType.RUNNING})
        raise
    _call_off(runs, NOT_STARTED)


def _start(plan: ArtifactRef, encoder: Encoder, shard: int, shards: int) -> FlowRun:
    parameters = {
        "plan": plan.model_dump(mode="json"),
        "encoder": encoder.model_dump(mode="json"),
        "shard": shard,
        "shards": shards,
    }
    return start(DEPLOYMENT, parameters, list(flow_run.tags), f"{flow_run.id}:{shard}/{shards}")


def _call_off(runs: Sequence[FlowRun], states: set[StateType]) -> None:
    """Best effort: a helper that goes on finds everything done."""
    try:
        with get_client(sync_client=True) as client:
            for run in runs:
                state = client.read_flow_run(run.id).state
                if state is not None and state.type in states:
                    client.set_flow_run_state(run.id, _cancelled(state))
    except Exception as error:
        get_run_logger().warning("A helper could not be called off: %s", error)


def _cancelled(state: State[Any]) -> State[Any]:
    """A run that has a process is cancelled by its worker, another one at once."""
    kind = StateType.CANCELLED if state.type in NOT_STARTED else StateType.CANCELLING
    return State(type=kind, message="The render that it was to help needs it no more.")
